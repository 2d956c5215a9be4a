"""The HTTP server: uvicorn, with an end to every wait and a bound to all that a peer may make it keep.

uvicorn lets a request take for ever to arrive, and an answer for ever to be taken. A look at all connections once a
second closes those that are too slow; that costs nothing on the way of a healthy request. Nor does uvicorn with
httptools bound the URL and headers of a request, its trailers, or the requests that wait for the one before them:
``BoundedProtocol`` does.
"""

import asyncio
import logging
import socket
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from receipted.doors.webhooks import RETRY_AFTER_S, App, Read, Scope, Send, answer_problem

KEEP_ALIVE_S = 30
LOOK_EVERY_S = 1.0
DRAIN_S = 4
"""How long requests under way may take to be answered when the server stops. With what the hub itself waits for
afterwards it stays below the 10 s after which common supervisors kill."""
ARRIVE_WHILE_STOPPING_S = 1.0
HEAD_OCTETS = 65_536
"""Most octets of a request's URL and headers, or of its trailers."""
MOST_PIPELINED = 1_000
"""Most requests that may wait on one connection for the answer to the one before them (RFC 9112, 9.3.2)."""

_TOO_LARGE = b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"


# As variables, since a look-up by super() would cost more than all that the bounds do.
_data_received = HttpToolsProtocol.data_received
_on_headers_complete = HttpToolsProtocol.on_headers_complete
_on_body = HttpToolsProtocol.on_body


class TooMuch(Exception):
    """More headers, or more requests at once, than any honest peer sends."""


class BoundedProtocol(HttpToolsProtocol):
    """uvicorn's protocol for one connection, with bounds (RFC 6585, 5: 431).

    What arrives is counted until it turns out to be a whole head or a piece of a body, so a healthy request costs an
    addition and two comparisons. A single endless header is seen too: the parser keeps that without telling.
    """

    pauses = 0
    """How often the peer has let what is written to it pile up; ``Server`` tells one such wait from the next by it."""
    _unused_octets = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._earlier: deque[RequestResponseCycle] = deque()

    def connection_lost(self, exc: Exception | None) -> None:
        # uvicorn tells only the latest request of the connection that its peer is gone; an earlier one would go on to
        # write and fail.
        for cycle in self._earlier:
            cycle.disconnected = True
            cycle.message_event.set()
        self._earlier.clear()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        self._unused_octets += len(data)
        _data_received(self, data)
        if self._unused_octets > HEAD_OCTETS and not self.transport.is_closing():
            self.send_400_response("")

    def on_headers_complete(self) -> None:
        if self._unused_octets > HEAD_OCTETS and _head_octets(self) > HEAD_OCTETS:
            raise TooMuch
        self._unused_octets = 0
        before: RequestResponseCycle | None = self.cycle
        _on_headers_complete(self)
        if before is not None and not before.response_complete:
            self._remember(before)

    def on_body(self, body: bytes) -> None:
        self._unused_octets = 0
        _on_body(self, body)

    def pause_writing(self) -> None:
        self.pauses += 1
        super().pause_writing()

    def send_400_response(self, msg: str) -> None:
        """Refuse and close. Where the answer to an earlier request is due, only close: it would be taken for that."""
        if self.cycle is not None and not self.cycle.response_complete:
            self.transport.close()
        elif self._unused_octets > HEAD_OCTETS:
            self.transport.write(_TOO_LARGE)
            self.transport.close()
        else:
            super().send_400_response(msg)

    def _remember(self, cycle: RequestResponseCycle) -> None:
        if len(self.pipeline) > MOST_PIPELINED:
            raise TooMuch
        while self._earlier and self._earlier[0].response_complete:
            self._earlier.popleft()
        self._earlier.append(cycle)


def _head_octets(connection: BoundedProtocol) -> int:
    return len(connection.url) + sum(len(name) + len(value) + 4 for name, value in connection.headers)


class Server(uvicorn.Server):
    """uvicorn, without connections that never get to the point."""

    def __init__(
        self,
        app: App,
        *,
        connections: int,
        arrive_s: float,
        on_stop: Callable[[], None] = lambda: None,
        tls_cert: str | None = None,
        tls_key: str | None = None,
    ) -> None:
        # Its warnings quote nothing that we could act on, and each bad request of a stranger would write one.
        logging.getLogger("uvicorn.error").setLevel(logging.ERROR)
        super().__init__(
            uvicorn.Config(
                app,
                http=BoundedProtocol,
                ws="none",
                lifespan="off",
                interface="asgi3",
                access_log=False,
                log_config=None,
                proxy_headers=False,
                server_header=False,
                limit_concurrency=connections,
                timeout_keep_alive=KEEP_ALIVE_S,
                timeout_graceful_shutdown=DRAIN_S,
                ssl_certfile=tls_cert,
                ssl_keyfile=tls_key,
            )
        )
        self._arrive_s = arrive_s
        self._on_stop = on_stop
        self._unfinished: dict[Any, tuple[object, float]] = {}

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """As uvicorn does, but without raising the signal again afterwards: that would end the process at once, with
        submits under way whose answers are not recorded yet."""
        with super().capture_signals():
            yield
            self._captured_signals.clear()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """As uvicorn's, with little patience for requests that have not arrived yet: their senders send them again."""
        self._on_stop()
        self._arrive_s = min(self._arrive_s, ARRIVE_WHILE_STOPPING_S)
        await super().shutdown(sockets)

    async def close_the_slow(self) -> None:
        """Until cancelled: close connections whose request does not arrive, or whose answer is not taken, in time."""
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            self._look(asyncio.get_running_loop().time())

    def _look(self, now_s: float) -> None:
        seen: dict[Any, tuple[object, float]] = {}
        for connection in list(self.server_state.connections):
            wait = _wait(connection)
            if wait is None:
                continue
            known, since_s = self._unfinished.get(connection, (wait, now_s))
            since_s = since_s if known == wait else now_s
            if now_s - since_s <= self._arrive_s:
                seen[connection] = (wait, since_s)
            elif wait[0] == "arriving":
                connection.transport.close()
            else:
                # An orderly close would wait for what is written to be taken.
                connection.transport.abort()
        self._unfinished = seen


def _wait(connection: Any) -> tuple[str, object] | None:
    """What a connection waits for its peer to do, and which time it is; None if it does not wait for it."""
    if connection.transport.is_closing():
        return "closing", None
    if connection.flow.write_paused:
        return "reading", connection.pauses
    return ("arriving", connection.cycle) if _is_arriving(connection) else None


def _is_arriving(connection: Any) -> bool:
    """Whether a connection has an unfinished request: headers of its first or a later one, or a body."""
    cycle = getattr(connection, "cycle", None)
    if cycle is None:
        return True
    if not cycle.response_complete:
        return bool(cycle.more_body)
    return getattr(connection, "timeout_keep_alive_task", None) is None


def unless_stopped(app: App) -> App:
    """The same application, whose requests may take so long that a stop has to cut them off: those get a 503.

    Without it each of them would stand in the log as a failure of ours.
    """

    async def answering(scope: Scope, read: Read, send: Send) -> None:
        try:
            await app(scope, read, send)
        except asyncio.CancelledError:
            if scope["type"] != "http":
                raise
            close = [(b"retry-after", RETRY_AFTER_S), (b"connection", b"close")]
            await answer_problem(send, 503, "the hub is stopping", headers=close)

    return answering


def listen(host: str, port: int) -> socket.socket:
    """A listening socket. Raises OSError with a sentence that says what to do."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind((host, port))
    except OSError as error:
        sock.close()
        raise OSError(
            f"cannot listen on {host}:{port} ({error.strerror}); choose another port with --port or RECEIPTED_PORT"
        ) from error
    sock.listen(2048)
    sock.setblocking(False)
    return sock
