"""The HTTP server: uvicorn, with an end to every wait.

uvicorn lets a request take for ever to arrive. A look at all connections once a second closes those that are too slow
with their headers or body; that costs nothing on the way of a healthy request.
"""

import asyncio
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import uvicorn

from receipted.doors.webhooks import App, Read, Scope, Send, answer_problem

KEEP_ALIVE_S = 30
LOOK_EVERY_S = 1.0
DRAIN_S = 4
"""How long requests under way may take to be answered when the server stops. With what the hub itself waits for
afterwards it stays below the 10 s after which common supervisors kill."""
ARRIVE_WHILE_STOPPING_S = 1.0


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
        super().__init__(
            uvicorn.Config(
                app,
                http="httptools",
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
        """Until cancelled: close connections whose request has not arrived in time."""
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            self._look(asyncio.get_running_loop().time())

    def _look(self, now_s: float) -> None:
        seen: dict[Any, tuple[object, float]] = {}
        for connection in list(self.server_state.connections):
            if not _is_arriving(connection):
                continue
            cycle = getattr(connection, "cycle", None)
            known, since_s = self._unfinished.get(connection, (cycle, now_s))
            since_s = since_s if known is cycle else now_s
            if now_s - since_s > self._arrive_s:
                connection.transport.close()
            else:
                seen[connection] = (cycle, since_s)
        self._unfinished = seen


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
            with suppress(RuntimeError):
                await answer_problem(send, 503, "the hub is stopping", headers=[(b"connection", b"close")])

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
