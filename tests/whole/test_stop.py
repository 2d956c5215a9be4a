"""SIGTERM and kill -9 on a hub with work under way: it ends in time, sends nothing twice, and goes on later."""

import asyncio
import time

from aiohttp import web

from tests.whole.conftest import MakeHub
from tests.whole.far_vonage import Asked, FarVonage, never, said, take
from tests.whole.hubs import Client, until

STOP_S = 10.0


async def test_sigterm_waits_for_the_answer_under_way_and_resumes_the_rest(make_hub: MakeHub, far: FarVonage) -> None:
    gate = asyncio.Event()

    async def after_the_gate(far: FarVonage, asked: Asked, request: web.Request) -> web.StreamResponse:
        message_id = far.take(asked)
        await gate.wait()
        return said(asked, message_id)

    far.answer = after_the_gate
    hub = make_hub({**far.settings(), "PROVIDERS__VONAGE__CONCURRENCY": "2", "PROVIDERS__VONAGE__RATE_PER_S": "2"})
    await hub.start()
    async with Client(hub) as client:
        ids = [(await client.send(f"Hello {n}"))["id"] for n in range(6)]
        await until(lambda: len(far.asked) == 2, what="two submits under way")
    stopping = asyncio.create_task(hub.stop())
    await until(hub.refuses, what="the hub to begin stopping")
    gate.set()
    assert await stopping == 0
    handed_over = set(far.taken)
    told = dict(hub.rows("SELECT id, status FROM message"))
    assert told == {message_id: "submitted" if message_id in handed_over else "queued" for message_id in ids}

    far.answer = take
    await hub.start()
    async with Client(hub) as client:
        for message_id in ids:
            await client.becomes(message_id, "submitted")
    assert await hub.stop() == 0
    assert far.taken == dict.fromkeys(ids, 1)


async def test_sigterm_ends_in_time_though_nobody_else_does(make_hub: MakeHub, far: FarVonage) -> None:
    """A Vonage that never answers, a reader that waits for events, a sender that never finishes its body."""
    far.answer = never
    hub = make_hub(far.settings())
    await hub.start()
    async with Client(hub) as client:
        message_id = (await client.send())["id"]
        await until(lambda: far.asked, what="a submit under way")
        waiting = asyncio.create_task(client.call("GET", "/v1/events?after=now&wait_s=30"))
        _, writer = await asyncio.open_connection("127.0.0.1", int(hub.url.rpartition(":")[2]))
        writer.write(b"POST /webhooks/vonage HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\n{")
        await writer.drain()
        begun = time.monotonic()
        assert await hub.stop() == 0
        assert time.monotonic() - begun < STOP_S
        waiting.cancel()
        writer.close()
    assert hub.rows("SELECT status, reason FROM message WHERE id = ?", message_id) == [("queued", None)]

    hub.environment["RECEIPTED_EXPIRY__AMBIGUOUS_S"] = "1"
    hub.environment["RECEIPTED_EXPIRY__EVERY_S"] = "0.1"
    await hub.start()
    async with Client(hub) as client:
        assert "never answered" in (await client.becomes(message_id, "unknown"))["reason"]
    assert far.taken == {message_id: 1}


async def test_the_sandbox_goes_on_after_kill_9(make_hub: MakeHub) -> None:
    hub = make_hub()
    await hub.start()
    async with Client(hub) as client:
        ids = [(await client.send(f"Hello {n}"))["id"] for n in range(20)]
        await until(lambda: hub.rows("SELECT id FROM message WHERE status <> 'queued'"), what="a submit")
    hub.kill()
    before = [status for (status,) in hub.rows("SELECT status FROM message")]
    assert "delivered" not in before
    assert len(before) == 20

    await hub.start()
    async with Client(hub) as client:
        for message_id in ids:
            message = await client.message(message_id)
            if message["status"] == "unknown" or "stopped before" in (message["reason"] or ""):
                continue
            await client.becomes(message_id, "delivered", 15)
    delivered = hub.rows("SELECT count(*) FROM message WHERE status = 'delivered'")[0][0]
    assert delivered >= 1
    assert await hub.stop() == 0
