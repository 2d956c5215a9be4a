"""Which providers a hub has, and which of them takes a message that names none."""

import asyncio

from receipted import logs, providers
from receipted.hub.ports import Finding, Observe, Provider
from receipted.providers.http import AiohttpClient
from receipted.settings import Settings
from receipted.storage.store import inspect
from receipted.wiring.starting import clock


def sections(settings: Settings) -> dict[str, dict[str, object]]:
    """The settings of all providers: those that are configured, then those that need no configuration."""
    return {**settings.providers, **{name: {} for name in providers.ALWAYS if name not in settings.providers}}


def build_all(settings: Settings, http: AiohttpClient, observe: Observe) -> dict[str, Provider]:
    context = providers.Context(clock=clock, http=http, observe=observe)
    return {name: providers.build(name, section, context) for name, section in sections(settings).items()}


def default_provider_of(settings: Settings, known: dict[str, Provider]) -> str:
    """The one that is set; else the first that can send, the simulated carrier last."""
    if settings.default_provider:
        if settings.default_provider not in known:
            raise LookupError(f"default_provider is {settings.default_provider!r}; there are {', '.join(known)}")
        return settings.default_provider
    fallback = providers.ALWAYS[-1]
    able = [name for name, provider in known.items() if provider.ready() is None]
    return next((name for name in able if name != fallback), fallback)


async def examine(settings: Settings) -> list[Finding]:
    """For ``receipted doctor``: the database, and whether each provider can be reached and accepts us."""
    findings = await asyncio.to_thread(inspect, settings.database.get_secret_value(), settings.data_dir)
    http = AiohttpClient()
    try:
        for name, provider in build_all(settings, http, logs.observe).items():
            if name in settings.providers or provider.ready() is None:
                findings += await provider.check()
    finally:
        await http.close()
    return findings
