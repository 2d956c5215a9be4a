"""Whoever reaches the webhook door may send what they like: no 5xx, no fault in the log, and memory stays bounded."""

import asyncio
import json
import resource
from collections.abc import AsyncIterator
from contextlib import suppress
from urllib.parse import quote_from_bytes

import aiohttp
import psutil
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.whole.conftest import MakeHub
from tests.whole.far_vonage import FarVonage, receipt
from tests.whole.hubs import HubProcess, until

DOOR = "/webhooks/vonage"
GROWTH_MB = 150
"""How much more memory the hub may use after all this. Its caches fill, and SQLite maps what it reads."""
HALF_OPEN = 2_000
TYPES = (
    "application/json", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/plain",
    "application/json; charset=utf-16", "application/x-www-form-urlencoded; charset=nonsense", "", "\xff/\xfe",
)  # fmt: skip
ODD = (
    b"", b"{", b"[]", b"null", b"1e999", b'"\xff"', b"\x00", b"%00=%00&messageId=%00&status=%00", b"\xff\xfe\xfd",
    b'{"messageId": ["a"], "status": ["delivered"]}', b'{"messageId": {"a": 1}, "status": "delivered"}',
    b'{"messageId": "a", "status": "delivered", "status": "failed"}', b'{"messageId": "\\ud800", "status": "x"}',
    b'{"messageId": "a\\u0000b", "status": "delivered"}', b'{"messageId": 1e400, "status": true}',
    b'{"messageId": "a", "status": "delivered", "scts": "9999999999", "message-timestamp": "0000-00-00 00:00:00"}',
    b"[" * 60_000, b'{"a":' * 10_000, b"messageId[]=a&status[]=b", b"messageId=a;status=b", b"&" * 60_000,
    b"messageId=a&status=%F0%28%8C%28", b"messageId=" + b"a" * 60_000 + b"&status=delivered", b"=" * 1_000,
    b"--x\r\nContent-Disposition: form-data; name=\"messageId\"\r\n\r\na\r\n--x--",
)  # fmt: skip
EXPECTED = {200, 400, 401, 413, 415}


@pytest.fixture
async def hub(make_hub: MakeHub) -> AsyncIterator[HubProcess]:
    hub = make_hub({"LIMITS__BODY_TIMEOUT_S": "1", "LOG__LEVEL": "warning"})
    await hub.start()
    yield hub
    assert hub.alive
    async with FarVonage() as far:
        assert await far.push(hub.url + DOOR, receipt("AFTERWARDS")) == 200
    assert await hub.stop() == 0


def rss_mb(hub: HubProcess) -> float:
    return float(psutil.Process(hub.pid).memory_info().rss) / 1e6


async def post(session: aiohttp.ClientSession, hub: HubProcess, body: object, content_type: str) -> int:
    headers = {"Content-Type": content_type} if content_type else {}
    async with session.post(hub.url + DOOR, data=body, headers=headers) as answer:
        text = await answer.text()
        assert "Traceback" not in text
        return answer.status


async def test_odd_bodies(hub: HubProcess) -> None:
    met: dict[int, int] = {}
    async with aiohttp.ClientSession(skip_auto_headers=["Content-Type"]) as session:
        for content_type in TYPES:
            for body in ODD:
                status = await post(session, hub, body, content_type.encode("latin-1").decode("ascii", "replace"))
                met[status] = met.get(status, 0) + 1
        for body in ODD:
            async with session.get(f"{hub.url}{DOOR}?{quote_from_bytes(body[:4_000], safe='&=')}") as answer:
                met[answer.status] = met.get(answer.status, 0) + 1
    assert set(met) <= EXPECTED, met


NAMES = st.sampled_from(["messageId", "status", "err-code", "scts", "sig", "timestamp", "client-ref", "price", "text"])
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(["delivered", "a"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
BODIES = st.one_of(
    st.binary(max_size=300),
    st.dictionaries(NAMES | st.text(max_size=5), VALUES, max_size=8).map(lambda value: json.dumps(value).encode()),
    st.lists(st.tuples(NAMES, st.binary(max_size=10)), max_size=8).map(
        lambda pairs: "&".join(f"{name}={quote_from_bytes(value)}" for name, value in pairs).encode()
    ),
)


async def test_any_body_by_any_type(hub: HubProcess) -> None:
    loop = asyncio.get_running_loop()
    async with aiohttp.ClientSession(skip_auto_headers=["Content-Type"]) as session:

        @settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck), database=None)
        @given(BODIES, st.sampled_from(TYPES[:-1]))
        def law(body: bytes, content_type: str) -> None:
            asked = asyncio.run_coroutine_threadsafe(post(session, hub, body, content_type), loop)
            assert asked.result(10) in EXPECTED

        await asyncio.to_thread(law)


async def endless() -> AsyncIterator[bytes]:
    for _ in range(100_000):
        yield b"[" * 4_096


async def huge() -> AsyncIterator[bytes]:
    for _ in range(160):
        yield b"x" * 65_536


async def cut_off(session: aiohttp.ClientSession, hub: HubProcess, body: object, headers: dict[str, str]) -> int:
    """The status of a body that is too large; 0 where the hub hung up while it was still being sent."""
    with suppress(aiohttp.ClientError, OSError):
        async with session.post(hub.url + DOOR, data=body, headers=headers) as answer:
            return answer.status
    return 0


async def test_bodies_without_end_or_measure(hub: HubProcess) -> None:
    before_mb = rss_mb(hub)
    async with aiohttp.ClientSession() as session:
        for _ in range(3):
            lengthy = {"Content-Type": "application/json", "Content-Length": "10485760"}
            met = await asyncio.gather(
                *(cut_off(session, hub, endless(), {"Content-Type": "application/json"}) for _ in range(20)),
                *(cut_off(session, hub, huge(), lengthy) for _ in range(20)),
            )
            assert set(met) <= {0, 413}
        assert 413 in {await cut_off(session, hub, b"x" * 70_000, {}) for _ in range(3)}
    assert rss_mb(hub) - before_mb < GROWTH_MB


async def test_half_open_connections_and_slow_senders(hub: HubProcess) -> None:
    """2,000 connections that never get to the point: in time they are closed, and others are served meanwhile."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 8_192), hard))
    before_mb = rss_mb(hub)
    host, port = "127.0.0.1", int(hub.url.rpartition(":")[2])
    beginnings = (
        b"",
        b"POST ",
        b"POST /webhooks/vonage HTTP/1.1\r\nHost: h\r\nX: ",
        b"POST /webhooks/vonage HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\n{",
        b"POST /webhooks/vonage HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
    )
    opened = []
    for number in range(HALF_OPEN):
        reader, writer = await asyncio.open_connection(host, port)
        writer.write(beginnings[number % len(beginnings)])
        opened.append((reader, writer))
    async with FarVonage() as far:
        assert [await far.push(hub.url + DOOR, receipt(f"M{n}")) for n in range(20)] == [200] * 20
        assert far.slowest_s < 2
    print(f"{HALF_OPEN} half-open connections: {rss_mb(hub) - before_mb:.1f} MB more")
    assert rss_mb(hub) - before_mb < GROWTH_MB

    process = psutil.Process(hub.pid)
    await until(lambda: len(process.net_connections("tcp")) < 50, 20, "the half-open connections to be closed")
    for _, writer in opened:
        writer.close()
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert rss_mb(hub) - before_mb < GROWTH_MB
