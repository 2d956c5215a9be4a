"""The outbound HTTP client: one aiohttp session that follows nothing, remembers nothing and bounds everything."""

import asyncio
import socket
import ssl
from collections.abc import Mapping
from time import monotonic

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

from receipted.domain.errors import InvalidRequest
from receipted.hub.guard import CURE, Guard
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

    def __init__(
        self,
        *,
        body_bytes: int = BODY_BYTES,
        tls: ssl.SSLContext | None = None,
        guard: Guard | None = None,
        resolver: AbstractResolver | None = None,
    ) -> None:
        """``guard`` says which addresses may be called; ``resolver`` finds those of names, the system's by default."""
        self._body_bytes = body_bytes
        self._tls = tls
        self._guard = guard
        self._resolver = resolver
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
        if self._guard is not None and (refused := _refused(self._guard, url)) is not None:
            return refused
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
            resolver = self._resolver
            if self._guard is not None:
                resolver = GuardedResolver(self._guard, resolver or aiohttp.ThreadedResolver())
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(
                    limit=0, keepalive_timeout=KEEPALIVE_S, ssl=self._tls or True, resolver=resolver
                ),
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
                headers={"User-Agent": "receipted", "Accept-Encoding": "identity"},
                trace_configs=[tracing],
            )
        return self._session


class Guarded(OSError):
    """All addresses of a name are inner ones."""


class GuardedResolver(AbstractResolver):
    """Finds the addresses of a name and leaves out those that may not be called.

    What it finds is what is connected to, so a name that means another address each time gains nothing.
    """

    def __init__(self, guard: Guard, resolver: AbstractResolver) -> None:
        self._guard = guard
        self._resolver = resolver

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        found = await self._resolver.resolve(host, port, family)
        problems = [self._guard.problem(host, one["host"]) for one in found]
        good = [one for one, problem in zip(found, problems, strict=True) if problem is None]
        if not good and found:
            raise Guarded(problems[0])
        return good

    async def close(self) -> None:
        await self._resolver.close()


def _refused(guard: Guard, url: str) -> HttpFailure | None:
    """Addresses that stand in the URL itself are not resolved, so they are looked at here."""
    try:
        guard.check_url(url)
    except InvalidRequest as error:
        return HttpFailure(problem=error.problem, kind="guarded", sent=False)
    return None


async def _note_connected(_session: aiohttp.ClientSession, context: object, _params: object) -> None:
    reached = getattr(context, "trace_request_ctx", None)
    if isinstance(reached, _Reached):
        reached.connected = True


def _failure(problem: Exception, *, sent: bool) -> HttpFailure:
    """Say a failure in the port's words. The order matters: aiohttp's classes overlap."""
    if (guarded := _guarded(problem)) is not None:
        return HttpFailure(problem=f"{guarded}; {CURE}", kind="guarded", sent=False)
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


def _guarded(problem: BaseException | None) -> Guarded | None:
    """The guard's own error among the causes of another."""
    seen = 0
    while problem is not None and seen < 5:
        if isinstance(problem, Guarded):
            return problem
        problem, seen = problem.__cause__ or getattr(problem, "os_error", None), seen + 1
    return None


def _why(problem: Exception) -> str:
    inner = getattr(problem, "certificate_error", None) or getattr(problem, "os_error", None) or problem
    return str(getattr(inner, "verify_message", "") or getattr(inner, "reason", "") or type(inner).__name__)
