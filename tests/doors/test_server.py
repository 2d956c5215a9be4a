"""The server: no wait without an end, and no cut for whoever is merely waiting for an answer."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from receipted.doors.server import HEAD_OCTETS, MOST_PIPELINED, Server, listen

WAIT_S = 10
GET = b"GET / HTTP/1.1\r\nhost: hub\r\n\r\n"


class App:
    """Reads the whole body and answers 200; at /slow only when the gate is open."""

    def __init__(self) -> None:
        self.gate = asyncio.Event()
        self.ok = b"ok"

    async def __call__(self, scope: Any, read: Any, send: Any) -> None:
        more = True
        while more:
            message = await read()
            if message["type"] != "http.request":
                return
            more = message["more_body"]
        if scope["path"] == "/slow":
            await self.gate.wait()
        length = b"%d" % len(self.ok)
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", length)]})
        await send({"type": "http.response.body", "body": self.ok})


class Client:
    """One connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def say(self, said: bytes) -> None:
        self.writer.write(said)
        await self.writer.drain()

    async def answer(self) -> bytes:
        async with asyncio.timeout(WAIT_S):
            return await self.reader.readuntil(b"ok")

    async def trickle(self, said: bytes) -> None:
        """Say it again and again, a little at a time, until the other side has had enough."""
        try:
            while not self.reader.at_eof():
                await self.say(said)
                await asyncio.sleep(0.05)
        except OSError:
            return

    async def ends(self) -> bool:
        """Wait until the server closes."""
        try:
            async with asyncio.timeout(WAIT_S):
                while await self.reader.read(1_000):
                    pass
        except ConnectionResetError:
            return True
        except TimeoutError:
            return False
        return True


class Serving:
    """A running server."""

    def __init__(self, server: Server, port: int, app: App) -> None:
        self.server = server
        self.port = port
        self.app = app
        self.clients: list[Client] = []

    async def client(self, said: bytes = b"") -> Client:
        made = Client(*await asyncio.open_connection("127.0.0.1", self.port))
        self.clients.append(made)
        await made.say(said)
        return made


@asynccontextmanager
async def serving(*, arrive_s: float = 0.3, connections: int = 100, keep_alive_s: int = 30) -> AsyncIterator[Serving]:
    app = App()
    server = Server(app, connections=connections, arrive_s=arrive_s)
    server.config.timeout_keep_alive = keep_alive_s
    sock = listen("127.0.0.1", 0)
    tasks = [asyncio.create_task(server.serve(sockets=[sock])), asyncio.create_task(server.close_the_slow())]
    running = Serving(server, sock.getsockname()[1], app)
    try:
        yield running
    finally:
        app.gate.set()
        for client in running.clients:
            client.writer.close()
        server.should_exit = True
        await asyncio.wait_for(tasks[0], WAIT_S)
        tasks[1].cancel()
        await asyncio.wait(tasks)
        sock.close()


async def test_who_never_gets_to_the_point_is_cut_off_and_who_waits_is_not() -> None:
    post = b"POST / HTTP/1.1\r\nhost: hub\r\ncontent-length: 1000000\r\n\r\n"
    async with serving() as there:
        silent = await there.client()
        half_headers = await there.client(b"GET / HTTP/1.1\r\nhost: hub\r\n")
        trickled_headers = await there.client(b"GET / HTTP/1.1\r\n")
        half_body = await there.client(post + b"half")
        trickled_body = await there.client(post)
        second_headers = await there.client(GET)
        await second_headers.answer()
        await second_headers.say(b"GET / HT")
        waiting = await there.client(GET.replace(b"/ ", b"/slow "))
        idle = await there.client(GET)
        await idle.answer()
        trickling = [
            asyncio.create_task(trickled_headers.trickle(b"x-slow: 1\r\n")),
            asyncio.create_task(trickled_body.trickle(b"x")),
        ]
        slow = (silent, half_headers, trickled_headers, half_body, trickled_body, second_headers)
        assert await asyncio.gather(*(client.ends() for client in slow)) == [True] * len(slow)
        await asyncio.gather(*trickling)
        there.app.gate.set()
        assert (await waiting.answer()).startswith(b"HTTP/1.1 200")
        await idle.say(GET)
        assert (await idle.answer()).startswith(b"HTTP/1.1 200")


async def test_a_healthy_slow_body_has_its_time() -> None:
    async with serving(arrive_s=WAIT_S) as there:
        client = await there.client(b"POST / HTTP/1.1\r\nhost: hub\r\ncontent-length: 3\r\n\r\n")
        for piece in (b"a", b"b", b"c"):
            await client.say(piece)
            await asyncio.sleep(0.02)
        assert (await client.answer()).startswith(b"HTTP/1.1 200")


async def test_an_idle_connection_is_closed_in_time() -> None:
    async with serving(keep_alive_s=1) as there:
        idle = await there.client(GET)
        await idle.answer()
        assert await idle.ends()


async def test_more_connections_than_the_limit_are_answered_503() -> None:
    async with serving(connections=3, arrive_s=WAIT_S) as there:
        for _ in range(2):
            client = await there.client(GET)
            await client.answer()
        late = await there.client(GET)
        async with asyncio.timeout(WAIT_S):
            assert (await late.reader.readline()).startswith(b"HTTP/1.1 503")


async def test_what_is_not_http_is_refused() -> None:
    async with serving(arrive_s=WAIT_S) as there:
        client = await there.client(b"\x16\x03\x01\x02\x00\r\n\r\n")
        async with asyncio.timeout(WAIT_S):
            assert (await client.reader.readline()).startswith(b"HTTP/1.1 400")
        assert await client.ends()


async def test_a_port_in_use_says_what_to_do() -> None:
    sock = listen("127.0.0.1", 0)
    with pytest.raises(OSError, match=r"cannot listen on 127\.0\.0\.1:\d+ .*--port"):
        listen("127.0.0.1", sock.getsockname()[1])
    sock.close()


def head_of(octets: int) -> bytes:
    """A request whose URL and header take as many octets."""
    rest = len(b"/?" + b"host" + b"hub" + b"x" + 2 * b": \r\n")
    half = (octets - rest) // 2
    return b"GET /?%s HTTP/1.1\r\nhost: hub\r\nx: %s\r\n\r\n" % (b"a" * half, b"b" * (octets - rest - half))


CHUNKED = b"POST / HTTP/1.1\r\nhost: hub\r\ntransfer-encoding: chunked\r\n\r\n"


@pytest.mark.parametrize(
    ("start", "more"),
    [
        (b"GET /?", b"a" * 65_536),
        (b"GET / HTTP/1.1\r\nhost: hub\r\nx: ", b"a" * 65_536),
        (b"GET / HTTP/1.1\r\nhost: hub\r\n", b"x: y\r\n" * 10_000),
        (b"GET / HTTP/1.1\r\n" + b"a" * 10_000, b"a" * 10_000),
        (head_of(66_000), b""),
        (CHUNKED + b"2\r\nab\r\n0\r\n", b"x: y\r\n" * 10_000),
        (CHUNKED + b"2\r\nab\r\n0\r\nx: ", b"a" * 10_000),
        (CHUNKED + b"2;", b"a" * 10_000),
    ],
    ids=["url", "header", "headers", "name", "whole", "trailers", "trailer", "extension"],
)
async def test_endless_heads_are_cut_off(start: bytes, more: bytes) -> None:
    async with serving(arrive_s=1_000) as there:
        client = await there.client(start)
        said = asyncio.create_task(client.trickle(more)) if more else None
        assert await client.ends()
        if said is not None:
            await said


async def test_a_head_too_large_is_answered_431() -> None:
    async with serving(arrive_s=WAIT_S) as there:
        client = await there.client(GET)
        await client.answer()
        await client.say(head_of(HEAD_OCTETS + 1))
        async with asyncio.timeout(WAIT_S):
            assert (await client.reader.readline()).startswith(b"HTTP/1.1 431")
        assert await client.ends()


async def test_heads_up_to_the_bound_are_taken_and_bodies_do_not_count() -> None:
    large = b"POST / HTTP/1.1\r\nhost: hub\r\ncontent-length: 500000\r\n\r\n" + b"x" * 500_000
    async with serving(arrive_s=WAIT_S) as there:
        client = await there.client()
        for said in (head_of(HEAD_OCTETS), large, head_of(HEAD_OCTETS), large + GET):
            await client.say(said)
            assert (await client.answer()).startswith(b"HTTP/1.1 200")
        assert (await client.answer()).startswith(b"HTTP/1.1 200")


async def test_more_requests_at_once_than_may_wait_are_cut_off() -> None:
    async with serving(arrive_s=WAIT_S) as there:
        many = await there.client(GET.replace(b"/ ", b"/slow ") + GET * (MOST_PIPELINED - 1))
        more = await there.client(GET.replace(b"/ ", b"/slow ") + GET * (MOST_PIPELINED + 1))
        assert await more.ends()
        there.app.gate.set()
        for _ in range(MOST_PIPELINED):
            await many.answer()


async def test_who_never_reads_is_cut_off() -> None:
    async with serving() as there:
        there.app.ok = b"ok" * 8_000_000
        client = await there.client(GET)
        client.writer.transport.pause_reading()  # type: ignore[attr-defined]
        async with asyncio.timeout(WAIT_S):
            while not there.server.server_state.tasks:
                await asyncio.sleep(0)
            while there.server.server_state.connections:
                await asyncio.sleep(0.01)


async def test_who_hangs_up_leaves_nothing_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    async with serving(arrive_s=WAIT_S) as there:
        client = await there.client(GET.replace(b"/ ", b"/slow ") + GET)
        async with asyncio.timeout(WAIT_S):
            while not there.server.server_state.tasks:
                await asyncio.sleep(0)
            client.writer.close()
            while there.server.server_state.connections:
                await asyncio.sleep(0)
            there.app.gate.set()
            while there.server.server_state.tasks:
                await asyncio.sleep(0)
    assert caplog.text == ""


async def test_what_strangers_send_leaves_nothing_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    upgrade = GET.replace(b"host", b"connection: upgrade, close\r\nupgrade: websocket\r\nhost")
    async with serving(connections=2, arrive_s=WAIT_S) as there:
        for said in (b"\x16\x03\x01garbage\r\n\r\n", upgrade):
            client = await there.client(said)
            assert await client.ends()
    assert [record.getMessage() for record in caplog.records if record.name.startswith("uvicorn")] == []
