"""The tutorial (reference/tutorial.md), whole: an SMS is sent, its receipt comes, the stored message is updated."""

import asyncio
import json
import re

import pytest
from aiohttp import web

from tests.whole.conftest import MakeHub
from tests.whole.far_vonage import Asked, FarVonage, hang_up, receipt, said, take
from tests.whole.hubs import Client, HubProcess, until

ID = "02000000FEA5EE9B"
RECEIPT = {
    "msisdn": "12015555522",
    "to": "12025555511",
    "network-code": "310090",
    "messageId": ID,
    "price": "0.00570000",
    "status": "delivered",
    "scts": "1208121359",
    "err-code": "0",
    "message-timestamp": "2017-06-29 22:40:30",
}
"""The tutorial's own example, word for word."""
DOORS = ("/webhooks/vonage", "/sms_delivery_receipts")
SECRET = "signature-secret-of-tests"
BETWEEN = "An SMS whose answer comes"


def answering(*ids: str) -> object:
    """Answers with these message-ids, one submit after the other."""
    left = list(ids)

    async def answer(far: FarVonage, asked: Asked, _: web.Request) -> web.StreamResponse:
        return said(asked, far.take(asked, left.pop(0)))

    return answer


async def send(hub: HubProcess, *more: str) -> str:
    """``receipted send``; returns the message's id."""
    code, out, errors = await hub.command(
        "send", "--to", "12015555522", "--from", "12025555511", "--text", "Hello", *more
    )
    assert code == 0, errors
    found = re.search(r"[0-9a-f]{8}-[0-9a-f-]{27}", out)
    assert found, out
    return found[0]


async def test_the_tutorial_word_for_word(make_hub: MakeHub, far: FarVonage) -> None:
    far.answer = answering(ID)  # type: ignore[assignment]
    hub = make_hub(far.settings())
    await hub.start()
    message_id = await send(hub)
    async with Client(hub) as client:
        message = await client.becomes(message_id, "submitted")
        assert [part["provider_message_id"] for part in message["parts"]] == [ID]
        assert await far.push(hub.url + "/sms_delivery_receipts", RECEIPT) == 200
        message = await client.message(message_id)
    assert message["status"] == "delivered"
    assert message["parts"][0]["price"] == "0.00570000"
    assert message["parts"][0]["network"] == "310090"
    code, out, _ = await hub.command("show", message_id)
    assert code == 0
    assert "delivered" in out
    assert ID in out


@pytest.mark.parametrize("moment", ["after", "before", "lost"])
async def test_every_transport_at_every_path(make_hub: MakeHub, far: FarVonage, moment: str) -> None:
    """Receipts after the submit answer, before it, and where it never came: one hub, all transports and paths."""
    hub = make_hub(far.settings())
    await hub.start()
    cases = [(how, path) for how in ("json", "form", "get") for path in DOORS]
    met: list[int] = []

    async def answer(far: FarVonage, asked: Asked, request: web.Request) -> web.StreamResponse:
        if asked["text"] == BETWEEN:
            return said(asked, f"between-{len(far.asked)}")
        number = len(far.taken)
        how, path = cases[number]
        fields = {**RECEIPT, "messageId": f"{ID[:-2]}{number:02d}"}
        if moment == "lost":
            await hang_up(far, asked, request)
            met.append(await far.push(hub.url + path, {**fields, "client-ref": asked["client-ref"]}, how))
            return web.Response()
        message_id = far.take(asked, fields["messageId"])
        if moment == "before":
            met.append(await far.push(hub.url + path, fields, how))
        return said(asked, message_id)

    far.answer = answer
    async with Client(hub) as client:
        ids = []
        for number, (how, path) in enumerate(cases):
            ids.append((await client.send())["id"])
            if moment == "after":
                await client.becomes(ids[-1], "submitted")
                fields = {**RECEIPT, "messageId": f"{ID[:-2]}{number:02d}"}
                met.append(await far.push(hub.url + path, fields, how))
            await client.becomes(ids[-1], "delivered")
            if moment == "lost":
                # Lost answers in a row would be waited for longer and longer.
                await client.becomes((await client.send(BETWEEN))["id"], "submitted")
        _, unmatched = await client.call("GET", "/v1/unmatched")
    assert met == [200] * len(cases)
    assert unmatched == {"receipts": []}
    assert far.taken == dict.fromkeys(ids, 1)


@pytest.mark.parametrize("method", ["md5hash", "md5", "sha1", "sha256", "sha512"])
async def test_signed_receipts(make_hub: MakeHub, far: FarVonage, method: str) -> None:
    far.answer = answering(ID)  # type: ignore[assignment]
    account = {"PROVIDERS__VONAGE__SIGNATURE_SECRET": SECRET, "PROVIDERS__VONAGE__SIGNATURE_METHOD": method}
    hub = make_hub({**far.settings(), **account})
    await hub.start()
    async with Client(hub) as client:
        message_id = (await client.send())["id"]
        await client.becomes(message_id, "submitted")
        for how in ("json", "form", "get"):
            assert await far.push(hub.url + DOORS[0], RECEIPT, how) == 401
            assert await far.push(hub.url + DOORS[0], RECEIPT, how, "wrong", method) == 401
        assert (await client.message(message_id))["status"] == "submitted"
        for how in ("json", "form", "get"):
            assert await far.push(hub.url + DOORS[0], RECEIPT, how, SECRET, method) == 200
        assert (await client.message(message_id))["status"] == "delivered"
        _, rejected = await client.call("GET", "/v1/rejected")
        assert len(rejected["rejected"]) == 6
    assert hub.rows("SELECT count(*) FROM receipt") == [(1,)]


async def test_a_throttled_message_goes_out_once_it_may(make_hub: MakeHub, far: FarVonage) -> None:
    async def first_too_fast(far: FarVonage, asked: Asked, request: web.Request) -> web.StreamResponse:
        if len(far.asked) > 1:
            return await take(far, asked, request)
        text = "Throughput Rate Exceeded - please wait [ 50 ] and retry"
        return web.json_response({"message-count": "1", "messages": [{"status": "1", "error-text": text}]})

    far.answer = first_too_fast
    hub = make_hub(far.settings())
    await hub.start()
    async with Client(hub) as client:
        message_id = (await client.send())["id"]
        await client.becomes(message_id, "submitted")
    assert far.taken == {message_id: 1}
    assert len(far.asked) == 2


async def test_order_and_repetition_do_not_matter(make_hub: MakeHub, far: FarVonage) -> None:
    hub = make_hub(far.settings())
    await hub.start()
    async with Client(hub) as client:
        message_id = (await client.send(text="x" * 161))["id"]
        await until(lambda: far.taken, what="the submit")
        await client.becomes(message_id, "submitted")
        given = far.ids[message_id]
        stated = [receipt(given, status) for status in ("delivered", "accepted", "buffered", "failed", "delivered")]
        met = await asyncio.gather(*(far.push(hub.url + DOORS[0], fields) for fields in stated * 3))
        assert met == [200] * 15
        assert (await client.message(message_id))["status"] == "delivered"
    assert hub.rows("SELECT count(*) FROM receipt") == [(4,)]
    assert json.loads(hub.rows("SELECT raw FROM receipt WHERE status = 'delivered'")[0][0]) == receipt(given)
