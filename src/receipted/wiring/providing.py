"""Which providers a hub has, and which of them takes a message that names none."""

import asyncio
from collections.abc import Collection
from typing import TypeAlias

from receipted import logs, providers
from receipted.hub.ports import Finding, Observe, Provider
from receipted.providers.http import AiohttpClient
from receipted.settings import Settings
from receipted.storage.store import inspect
from receipted.wiring import simulated
from receipted.wiring.starting import clock

Sections: TypeAlias = dict[str, dict[str, object]]
"""The settings of providers, by name."""


def sections_of(settings: Settings, inside: Sections) -> Sections:
    """The simulated carrier ``inside`` if there is one, what is configured, and what needs no configuration."""
    always: Sections = {name: {} for name in providers.ALWAYS if name not in settings.providers}
    return {**inside, **settings.providers, **always}


def build_all(sections: Sections, http: AiohttpClient, observe: Observe) -> dict[str, Provider]:
    """The providers of those sections. Raises LookupError or pydantic's ValidationError."""
    context = providers.Context(clock=clock, http=http, observe=observe)
    return {name: providers.build(name, section, context) for name, section in sections.items()}


def default_provider_of(settings: Settings, known: dict[str, Provider]) -> str:
    """The one that is set; else the simulated carrier inside; else the first configured account; else the sandbox.

    An account that cannot send just now keeps its messages waiting: they must not go to a simulated one instead.
    """
    if settings.default_provider:
        if settings.default_provider not in known:
            raise LookupError(f"default_provider is {settings.default_provider!r}; there are {', '.join(known)}")
        return settings.default_provider
    if simulated.is_inside(settings):
        return simulated.NAME
    fallback = providers.ALWAYS[-1]
    real = (name for name, section in settings.providers.items() if section.get("kind", name) != fallback)
    return next(real, fallback)


async def examine(settings: Settings, bound: Collection[str] = ()) -> list[Finding]:
    """For ``receipted doctor``: the database, and whether each provider can be reached and accepts us.

    ``bound``: providers that the running hub is bound to. They are not bound a second time, since carriers may refuse
    that.
    """
    findings = await asyncio.to_thread(inspect, settings.database.get_secret_value(), settings.data_dir)
    http = AiohttpClient()
    try:
        for name, provider in build_all(sections_of(settings, {}), http, logs.observe).items():
            if name in bound:
                findings.append(Finding(what=f"provider {name}", ok=True, said="the running hub is bound to it"))
            elif name in settings.providers or provider.missing() is None:
                findings += await provider.check()
    finally:
        await http.close()
    return findings
