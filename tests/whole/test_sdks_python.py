"""Existing Python code, with Vonage's own SDKs (PyPI vonage 4 and nexmo 2.5.2), works once it is pointed at a hub.

Both speak HTTPS only, so the hub does, too. A failure is what that SDK makes of the hub's answer.
"""

import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.whole.conftest import MakeHub
from tests.whole.hubs import Client, HubProcess
from tests.whole.sdks import (
    BODY,
    HMAC,
    KEPT,
    LONG,
    METHODS,
    SECRET,
    SETTINGS,
    SIGNATURE_SECRET,
    TRICKY,
    UDH,
    Reply,
    Webhook,
    ask,
    deliveries,
    kept,
    misjudged,
    open_account,
    open_funded_account,
    over_https,
)

VONAGE = (sys.executable, "vonage_python.py")
NEXMO = (sys.executable, "vonage_nexmo.py")
TO = {"to": "447700900000"}
VONAGE_SMS = {**TO, "from_": "AcmeInc"}
NEXMO_SMS = {**TO, "from": "AcmeInc"}
HELLO: tuple[str, Any] = ("send", {**VONAGE_SMS, "text": "Hello"})


class Served(NamedTuple):
    """A hub over HTTPS, and an open client of it."""

    hub: HubProcess
    client: Client
    authority: Path

    async def vonage(self, asked: dict[str, str], *calls: tuple[str, Any]) -> list[Reply]:
        host = self.hub.url.removeprefix("https://")
        return await ask(VONAGE, {"host": host, **asked}, *calls, authority=self.authority)

    async def nexmo(self, asked: dict[str, str], *calls: tuple[str, Any]) -> list[Reply]:
        host = self.hub.url.removeprefix("https://")
        return await ask(NEXMO, {"host": host, **asked}, *calls, authority=self.authority)


@pytest.fixture
async def served(make_hub: MakeHub, tmp_path: Path) -> AsyncIterator[Served]:
    hub = make_hub(SETTINGS)
    authority = over_https(hub, tmp_path)
    await hub.start()
    async with Client(hub) as client:
        yield Served(hub, client, authority)


# --- vonage 4 ---------------------------------------------------------------------------------------------------------

VONAGE_SENDS: list[tuple[str, Any]] = [
    ("send", {**VONAGE_SMS, "text": "5 € & 3 = 8", "client_ref": TRICKY, "ttl": 900_000, "status_report_req": True}),
    ("send", {**VONAGE_SMS, "text": "Grüße 🎉", "type": "unicode"}),
    ("send", {**VONAGE_SMS, "text": LONG}),
    ("send", {**VONAGE_SMS, "text": "", "type": "binary", "body": BODY, "udh": UDH, "protocol_id": 0}),
]


async def test_vonage_sends_texts_long_ones_and_binaries(served: Served) -> None:
    key = await open_funded_account(served.client)
    replies = await served.vonage({"api_key": key, "api_secret": SECRET}, *VONAGE_SENDS)
    assert [reply.error for reply in replies] == [None] * 4
    items = [reply.result["messages"] for reply in replies]
    assert [reply.result["message_count"] for reply in replies] == ["1", "1", "3", "1"]
    assert await kept(served.client, [item[0]["message_id"] for item in items]) == KEPT
    assert len({one["message_id"] for item in items for one in item}) == 6
    first = items[0][0]
    assert first == {
        "to": "447700900000",
        "message_id": first["message_id"],
        "status": "0",
        "remaining_balance": "9.96670000",
        "message_price": "0.03330000",
        "network": "23410",
        "client_ref": TRICKY,
        "account_ref": None,
    }


@pytest.mark.parametrize("method", HMAC)
async def test_vonage_sends_signed_although_it_signs_what_it_does_not_send(served: Served, method: str) -> None:
    key = await open_account(
        served.client, signature_secret=SIGNATURE_SECRET, signature_method=method, require_signature=True
    )
    asked = {"api_key": key, "signature_secret": SIGNATURE_SECRET, "signature_method": method}
    replies = await served.vonage(asked, *VONAGE_SENDS)
    assert [reply.error for reply in replies] == [None] * 4
    assert await kept(served.client, [reply.result["messages"][0]["message_id"] for reply in replies]) == KEPT


async def test_vonage_raises_its_own_errors(served: Served) -> None:
    key = await open_account(served.client, signature_secret=SIGNATURE_SECRET, signature_method="sha256")
    sms, balance = await served.vonage({"api_key": key, "api_secret": "Wrong1234"}, HELLO, ("balance", {}))
    assert sms.error == ["SmsError", "Sms.send_message method failed with error code 4: Bad Credentials"]
    assert balance.error[0] == "AuthenticationError"
    other = {"api_key": key, "signature_secret": "another_1", "signature_method": "sha256"}
    (signed,) = await served.vonage(other, HELLO)
    assert signed.error[0] == "SmsError"
    assert "error code 14: Invalid Signature" in signed.error[1]


async def test_vonage_is_told_that_it_is_too_fast(served: Served) -> None:
    key = await open_account(served.client, rate_per_s=1)
    first, *others = await served.vonage({"api_key": key, "api_secret": SECRET}, *[HELLO] * 10)
    assert first.error is None
    (problem,) = {reply.error[0] for reply in others if reply.error}
    said = next(reply.error[1] for reply in others if reply.error)
    assert problem == "SmsError"
    assert "error code 1: Throughput Rate Exceeded - please wait [ " in said


async def test_vonage_sees_and_changes_its_account(served: Served) -> None:
    async with Webhook() as webhook:
        key = await open_funded_account(served.client)
        set_url, balance, country, prefix, every, sms, cleared, refused = await served.vonage(
            {"api_key": key, "api_secret": SECRET},
            ("settings", {"dr_callback_url": f"{webhook.url}/dlr"}),
            ("balance", {}),
            ("country prices", {"country_code": "GB"}),
            ("prefix prices", {"prefix": "44"}),
            ("prices", {}),
            ("send", {**VONAGE_SMS, "text": "Hello", "callback": f"{webhook.url}/own"}),
            ("settings", {"dr_callback_url": ""}),
            ("settings", {"dr_callback_url": "ftp://127.0.0.1/"}),
        )
        assert set_url.result["dr_callback_url"] == f"{webhook.url}/dlr"
        assert set_url.result["max_outbound_request"] == 30
        assert balance.result == {"value": 10.0, "auto_reload": False}
        assert country.result["default_price"] == "0.03330000"
        assert country.result["networks"][0]["network_code"] == "23410"
        assert prefix.result == every.result == {"count": 1, "countries": [country.result]}
        assert (await webhook.delivered(sms.result["messages"][0]["message_id"], "/own")).method == "POST"
        assert cleared.result["dr_callback_url"] == ""
        assert refused.error[0] == "HttpRequestError"
        assert "drCallBackUrl" in refused.error[1]


# --- nexmo 2.5.2 ------------------------------------------------------------------------------------------------------

NEXMO_SENDS: list[tuple[str, Any]] = [
    ("send", {**NEXMO_SMS, "text": "5 € & 3 = 8", "client-ref": TRICKY, "ttl": 900_000, "status-report-req": 1}),
    ("send", {**NEXMO_SMS, "text": "Grüße 🎉", "type": "unicode"}),
    ("send", {**NEXMO_SMS, "text": LONG}),
    ("send", {**NEXMO_SMS, "type": "binary", "body": BODY, "udh": UDH}),
]


async def test_nexmo_sends_texts_long_ones_and_binaries(served: Served) -> None:
    key = await open_funded_account(served.client)
    replies = await served.nexmo({"key": key, "secret": SECRET}, *NEXMO_SENDS)
    assert [reply.error for reply in replies] == [None] * 4
    assert [reply.result["message-count"] for reply in replies] == ["1", "1", "3", "1"]
    first = replies[0].result["messages"][0]
    assert await kept(served.client, [reply.result["messages"][0]["message-id"] for reply in replies]) == KEPT
    assert first == {
        "to": "447700900000",
        "message-id": first["message-id"],
        "status": "0",
        "remaining-balance": "9.96670000",
        "message-price": "0.03330000",
        "network": "23410",
        "client-ref": TRICKY,
    }


@pytest.mark.parametrize("method", METHODS)
async def test_nexmo_sends_signed(served: Served, method: str) -> None:
    key = await open_account(
        served.client, signature_secret=SIGNATURE_SECRET, signature_method=method, require_signature=True
    )
    asked = {"key": key, "signature_secret": SIGNATURE_SECRET}
    replies = await served.nexmo(asked | ({} if method == "md5hash" else {"signature_method": method}), *NEXMO_SENDS)
    assert [reply.result["messages"][0]["status"] for reply in replies] == ["0"] * 4
    assert await kept(served.client, [reply.result["messages"][0]["message-id"] for reply in replies]) == KEPT


async def test_nexmo_is_told_what_is_wrong(served: Served) -> None:
    key = await open_account(served.client, rate_per_s=1)
    hello = ("send", {**NEXMO_SMS, "text": "Hello"})
    sms, balance = await served.nexmo({"key": key, "secret": "Wrong1234"}, hello, ("balance", {}))
    assert sms.result["messages"] == [{"status": "4", "error-text": "Bad Credentials"}]
    assert balance.error[0] == "AuthenticationError"
    replies = await served.nexmo({"key": key, "secret": SECRET}, *[hello] * 10)
    assert {reply.result["messages"][0]["status"] for reply in replies} == {"0", "1"}


async def test_nexmo_sees_and_changes_its_account(served: Served) -> None:
    async with Webhook() as webhook:
        key = await open_funded_account(served.client)
        set_url, balance, country, prefix, sms, refused = await served.nexmo(
            {"key": key, "secret": SECRET},
            ("settings", {"drCallBackUrl": f"{webhook.url}/dlr", "httpForwardMethod": "GET_QUERY_PARAMS"}),
            ("balance", {}),
            ("country prices", {"country_code": "GB"}),
            ("prefix prices", {"prefix": "44"}),
            ("send", {**NEXMO_SMS, "text": LONG}),
            ("settings", {"drCallBackUrl": "ftp://127.0.0.1/"}),
        )
        assert set_url.result["dr-callback-url"] == f"{webhook.url}/dlr"
        assert balance.result == {"value": 10, "autoReload": False}
        assert (country.result["defaultPrice"], prefix.result["count"]) == ("0.03330000", 1)
        assert refused.error[0] == "ClientError"
        ids = [item["message-id"] for item in sms.result["messages"]]
        for message_id in ids:
            assert (await webhook.delivered(message_id, "/dlr")).method == "GET"
        one, several = await served.nexmo(
            {"key": key, "secret": SECRET}, ("message", {"message_id": ids[0]}), ("messages", {"ids": ids})
        )
        assert (one.result["message-id"], one.result["final-status"]) == (ids[0], "DELIVRD")
        assert "".join(item["body"] for item in several.result["items"]) == LONG


# --- the webhooks -----------------------------------------------------------------------------------------------------


async def test_both_accept_every_signed_receipt_and_none_that_was_altered(make_hub: MakeHub) -> None:
    hub = make_hub(SETTINGS)
    await hub.start()
    came = await deliveries(hub)
    assert [one.method for one in came.values()] == ["GET", "POST", "POST"] * len(METHODS)
    nobody = {"host": "unused", "api_key": "abcd1234", "api_secret": SECRET}
    assert await misjudged(VONAGE, nobody, came, HMAC) == []
    assert await misjudged(NEXMO, {"host": "unused"}, came, METHODS) == []
