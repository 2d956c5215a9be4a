"""Getting a connection to a carrier: where, how, and in words why not."""

import asyncio
import ssl
from collections.abc import Callable, Mapping

from receipted.dialects.smpp.pdus import Value
from receipted.dialects.smpp.session import SessionSettings
from receipted.providers.smpp.connection import Connection
from receipted.providers.smpp.settings import SmppSettings


async def connect(settings: SmppSettings, tls: Callable[[], ssl.SSLContext | None], connection: Connection) -> None:
    """Open the connection. Raises OSError, ssl.SSLError or TimeoutError."""
    context = tls()
    async with asyncio.timeout(settings.bind_s):
        await asyncio.get_running_loop().create_connection(
            lambda: connection,
            settings.host,
            settings.port,
            ssl=context,
            server_hostname=(settings.tls_server_name or settings.host) if context is not None else None,
        )


def bind_fields(settings: SmppSettings) -> Mapping[str, Value]:
    """What a bind says (4.1)."""
    return {
        "system_id": settings.system_id,
        "password": settings.password.get_secret_value(),
        "system_type": settings.system_type,
        "addr_ton": settings.address_ton,
        "addr_npi": settings.address_npi,
        "address_range": settings.address_range,
    }


def session_settings(settings: SmppSettings) -> SessionSettings:
    """The session's timers and windows, from the settings' seconds."""
    return SessionSettings(
        window=settings.window,
        bind_ms=int(settings.bind_s * 1000),
        enquire_link_ms=int(settings.enquire_link_s * 1000),
        enquire_answer_ms=int(settings.enquire_answer_s * 1000),
        inactivity_ms=int(settings.inactivity_s * 1000),
        response_ms=int(settings.response_s * 1000),
    )


def unreachable(settings: SmppSettings, error: Exception) -> str:
    """Why there is no connection, and what to look at."""
    where = f"{settings.host}:{settings.port}"
    if isinstance(error, ssl.SSLError):
        why = error.reason or "it failed"
        return f"No TLS with {where}: {why}. Check tls, tls_ca and tls_server_name, and the port."
    if isinstance(error, TimeoutError):
        return f"{where} does not answer. Check host and port, and whether the carrier lets this address in."
    if isinstance(error, ConnectionRefusedError):
        return f"{where} takes no connection: nothing listens there. Check host and port."
    said = getattr(error, "strerror", None) or type(error).__name__
    return f"No connection to {where}: {said}. Check host and port, and whether the carrier lets this address in."
