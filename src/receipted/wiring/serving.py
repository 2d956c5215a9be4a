"""``receipted serve``: a hub behind our own HTTP server, in a process of its own."""

import gc
import os
import resource
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import msgspec
import uvloop

from receipted import logs
from receipted.doors.server import Server, listen, unless_stopped
from receipted.settings import Settings
from receipted.storage.store import place
from receipted.wiring.hub import Hub
from receipted.wiring.providing import default_provider_of
from receipted.wiring.starting import beside

GARBAGE_THRESHOLD = 10_000
"""New objects between two looks for garbage; requests make hardly any that is not freed at once."""
SWITCH_S = 0.00002
"""How soon the writer's thread gets Python's lock back from a busy event loop; a tenth of Python's own default."""


class ServeInfo(msgspec.Struct, frozen=True, kw_only=True):
    """What the banner of ``receipted serve`` says. ``token_new`` is the API token, at the first start only."""

    urls: list[str]
    data: str
    provider: str
    token_file: Path
    token_new: str | None
    webhook_urls: list[str]


def serve(settings: Settings, *, banner: Callable[[ServeInfo], None], after_restore: bool = False) -> None:
    """Run the hub until SIGINT or SIGTERM. ``banner`` is called once it listens; ``after_restore`` as in ``Hub``.

    Raises OSError (port or data folder in use), LookupError or ValidationError (a provider's settings),
    or what the database says when it cannot be reached.
    """
    logs.configure(settings.log.level, json_lines=settings.log.json_lines)
    sys.setswitchinterval(SWITCH_S)
    _many_files()
    uvloop.run(_serve(settings, banner, after_restore))


async def _serve(settings: Settings, banner: Callable[[ServeInfo], None], after_restore: bool) -> None:
    sock = listen(settings.host, settings.port)
    try:
        async with Hub(settings, after_restore=after_restore) as hub:
            server = Server(
                unless_stopped(hub.app),
                connections=settings.limits.connections,
                arrive_s=settings.limits.body_timeout_s,
                on_stop=hub.let_go,
                tls_cert=str(settings.tls_cert) if settings.tls_cert else None,
                tls_key=str(settings.tls_key) if settings.tls_key else None,
            )
            store = hub.store
            async with beside(server.close_the_slow()):
                banner(_info(hub, sock.getsockname()[1]))
                _settle_garbage()
                await server.serve(sockets=[sock])
        if store.stuck:
            # Its threads wait for a database that does not answer, and would keep the process alive for ever.
            os._exit(1)
    finally:
        sock.close()


def _many_files() -> None:
    """Allow as many open files as the system lets us: each connection is one."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def _settle_garbage() -> None:
    """Keep what was loaded at the start out of the garbage collector's sight: looking through it again and again
    halts everything for a tenth of a second each time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(GARBAGE_THRESHOLD, 20, 20)


def _info(hub: Hub, port: int) -> ServeInfo:
    settings = hub.settings
    scheme = "https" if settings.tls_cert else "http"
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    url = f"{scheme}://{host}:{port}"
    return ServeInfo(
        urls=[url],
        data=place(settings.database.get_secret_value(), settings.data_dir),
        provider=default_provider_of(settings, hub.providers),
        token_file=settings.token_file,
        token_new=hub.token if hub.token_new else None,
        webhook_urls=[url + path for provider in hub.providers.values() for path in provider.webhook_paths],
    )
