"""The outbound HTTP client: one aiohttp session that follows nothing, remembers nothing and bounds everything."""

import asyncio
import socket
import ssl
from collections.abc import Mapping
from time import monotonic

import aiohttp

from receipted.hub.ports import HttpAnswer, HttpFailure

BODY_BYTES = 1_048_576
KEEPALIVE_S = 3.0
"""Shorter than common servers' own: a connection that they just closed would make a submit's outcome unknown."""


class _Reached:
    """Whether one call got a connection, as told by aiohttp's tracing."""

    connected = False


class AiohttpClient:
    """The Http port. ``body_bytes`` cuts answers; ``tls`` replaces the usual trust in public certificates.

    A failure is told, never raised. An address that is no http(s) URL is a failure of kind ``dns``, never sent.
    """

    def __init__(self, *, body_bytes: int = BODY_BYTES, tls: ssl.SSLContext | None = None) -> None:
        self._body_bytes = body_bytes
        self._tls = tls
        self._session: aiohttp.ClientSession | None = None

    async def call(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        connect_timeout_s: float = 3.0,
        timeout_s: float = 15.0,
    ) -> HttpAnswer | HttpFailure:
        """One request, one answer or the reason for none. See the Http port."""
        started, reached = monotonic(), _Reached()
        try:
            async with self._open().request(
                method,
                url,
                headers=headers,
                data=body,
                allow_redirects=False,
                timeout=aiohttp.ClientTimeout(total=timeout_s, sock_connect=connect_timeout_s),
                trace_request_ctx=reached,
            ) as response:
                return HttpAnswer(
                    status=response.status,
                    headers={name.lower(): value for name, value in response.headers.items()},
                    body=await self._body(response),
                    elapsed_ms=int((monotonic() - started) * 1000),
                )
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as problem:
            return _failure(problem, sent=reached.connected)

    async def close(self) -> None:
        """Close every connection. Harmless when repeated; a later call opens anew."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def _body(self, response: aiohttp.ClientResponse) -> bytes:
        body = bytearray()
        async for chunk in response.content.iter_any():
            body += chunk
            if len(body) >= self._body_bytes:
                response.close()
                break
        return bytes(body[: self._body_bytes])

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            tracing = aiohttp.TraceConfig()
            tracing.on_connection_create_end.append(_note_connected)
            tracing.on_connection_reuseconn.append(_note_connected)
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=KEEPALIVE_S, ssl=self._tls or True),
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
                headers={"User-Agent": "receipted", "Accept-Encoding": "identity"},
                trace_configs=[tracing],
            )
        return self._session


async def _note_connected(_session: aiohttp.ClientSession, context: object, _params: object) -> None:
    reached = getattr(context, "trace_request_ctx", None)
    if isinstance(reached, _Reached):
        reached.connected = True


def _failure(problem: Exception, *, sent: bool) -> HttpFailure:
    """Say a failure in the port's words. The order matters: aiohttp's classes overlap."""
    if isinstance(problem, aiohttp.InvalidURL | aiohttp.NonHttpUrlClientError):
        return HttpFailure(problem="it is not an http(s) URL", kind="dns", sent=False)
    if isinstance(problem, aiohttp.ClientConnectorDNSError | socket.gaierror):
        return HttpFailure(problem="the host name has no address", kind="dns", sent=False)
    if isinstance(problem, aiohttp.ClientConnectorCertificateError):
        return HttpFailure(problem=f"the TLS certificate is not valid: {_why(problem)}", kind="tls", sent=False)
    if isinstance(problem, aiohttp.ClientSSLError | ssl.SSLError):
        return HttpFailure(problem=f"no TLS connection: {_why(problem)}", kind="tls", sent=sent)
    if isinstance(problem, aiohttp.ConnectionTimeoutError) or (isinstance(problem, TimeoutError) and not sent):
        return HttpFailure(problem="no connection in time", kind="connect-timeout", sent=False)
    if isinstance(problem, TimeoutError | asyncio.TimeoutError):
        return HttpFailure(problem="no answer in time", kind="timeout", sent=True)
    if isinstance(problem, aiohttp.ClientConnectorError):
        return HttpFailure(problem=f"no connection: {problem.strerror or 'refused'}", kind="refused", sent=False)
    return HttpFailure(problem=f"the connection broke: {type(problem).__name__}", kind="broken", sent=sent)


def _why(problem: Exception) -> str:
    inner = getattr(problem, "certificate_error", None) or getattr(problem, "os_error", None) or problem
    return str(getattr(inner, "verify_message", "") or getattr(inner, "reason", "") or type(inner).__name__)
