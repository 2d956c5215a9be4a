"""Existing Node code, with Vonage's own SDKs (npm @vonage/server-sdk 3 and nexmo 2.9.1), works when pointed at a hub.

A failure is what that SDK makes of the hub's answer.
"""

from pathlib import Path
from typing import Any

import pytest

from tests.peers.programs import needs_npm_package
from tests.whole.conftest import MakeHub
from tests.whole.hubs import Client, HubProcess
from tests.whole.sdks import (
    BODY,
    KEPT,
    LONG,
    METHODS,
    SECRET,
    SETTINGS,
    SIGNATURE_SECRET,
    TRICKY,
    UDH,
    Webhook,
    ask,
    deliveries,
    kept,
    misjudged,
    open_account,
    open_funded_account,
    over_https,
)

SMS = {"to": "447700900000", "from": "AcmeInc"}
HELLO: tuple[str, Any] = ("send", {**SMS, "text": "Hello"})
BALANCE: tuple[str, Any] = ("balance", {})


def server_sdk() -> tuple[str, str]:
    return needs_npm_package("@vonage/server-sdk"), "vonage_server_sdk.js"


def nexmo() -> tuple[str, str]:
    return needs_npm_package("nexmo"), "vonage_nexmo.js"


def at(hub: HubProcess) -> dict[str, Any]:
    """Where the older SDK is to find the hub."""
    return {"host": "127.0.0.1", "port": int(hub.url.rpartition(":")[2])}


# --- @vonage/server-sdk 3 ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_the_server_sdk_sends_texts_long_ones_and_binaries(
    make_hub: MakeHub, tmp_path: Path, scheme: str
) -> None:
    sdk, hub = server_sdk(), make_hub(SETTINGS)
    authority = over_https(hub, tmp_path) if scheme == "https" else None
    await hub.start()
    assert hub.url.startswith(f"{scheme}://")
    async with Client(hub) as client:
        key = await open_funded_account(client)
        replies = await ask(
            sdk,
            {"url": hub.url, "apiKey": key, "apiSecret": SECRET},
            ("send", {**SMS, "text": "5 € & 3 = 8", "clientRef": TRICKY, "ttl": 900_000, "statusReportReq": True}),
            ("send", {**SMS, "text": "Grüße 🎉", "type": "unicode"}),
            ("send", {**SMS, "text": LONG}),
            ("send", {**SMS, "type": "binary", "body": BODY, "udh": UDH}),
            authority=authority,
        )
        assert [reply.error for reply in replies] == [None] * 4
        assert [reply.result["messageCount"] for reply in replies] == ["1", "1", "3", "1"]
        assert await kept(client, [reply.result["messages"][0]["messageId"] for reply in replies]) == KEPT
    first = replies[0].result["messages"][0]
    names = ("to", "status", "remainingBalance", "messagePrice", "network", "clientRef")
    assert [first[name] for name in names] == ["447700900000", "0", "9.96670000", "0.03330000", "23410", TRICKY]


async def test_the_server_sdk_raises_its_own_errors(make_hub: MakeHub) -> None:
    sdk, hub = server_sdk(), make_hub(SETTINGS)
    await hub.start()
    async with Client(hub) as client:
        key = await open_account(client, rate_per_s=1)
    sms, balance = await ask(sdk, {"url": hub.url, "apiKey": key, "apiSecret": "Wrong1234"}, HELLO, BALANCE)
    # It takes a total failure for a partial one wherever message-count is text, as it is at Vonage.
    assert sms.error[0] == "MessageSendPartialFailure"
    assert [(item["status"], item["errorText"]) for item in sms.error[2]] == [("4", "Bad Credentials")]
    assert (balance.error[0], balance.error[2]) == ("VetchError", 401)
    first, *others = await ask(sdk, {"url": hub.url, "apiKey": key, "apiSecret": SECRET}, *[HELLO] * 10)
    assert first.error is None
    assert {item["status"] for reply in others if reply.error for item in reply.error[2]} == {"1"}


async def test_the_server_sdk_sees_and_changes_its_account(make_hub: MakeHub) -> None:
    sdk, hub = server_sdk(), make_hub(SETTINGS)
    await hub.start()
    async with Client(hub) as client, Webhook() as webhook:
        key = await open_funded_account(client)
        settings, balance, prices, sms = await ask(
            sdk,
            {"url": hub.url, "apiKey": key, "apiSecret": SECRET},
            ("settings", {"drCallBackUrl": f"{webhook.url}/dlr", "moCallBackUrl": ""}),
            BALANCE,
            ("country prices", {"country": "GB"}),
            HELLO,
        )
        assert settings.result["dr-callback-url"] == f"{webhook.url}/dlr"
        assert balance.result == {"value": 10, "autoReload": False}
        assert prices.result["networks"][0]["networkCode"] == "23410"
        await webhook.delivered(sms.result["messages"][0]["messageId"], "/dlr")


# --- nexmo 2.9.1 ------------------------------------------------------------------------------------------------------

NEXMO_SENDS: list[tuple[str, Any]] = [
    ("send", {**SMS, "text": "5 € & 3 = 8", "client-ref": TRICKY, "ttl": 900_000, "status-report-req": 1}),
    ("send", {**SMS, "text": "Grüße 🎉", "type": "unicode"}),
    ("send", {**SMS, "text": LONG}),
    ("binary", {**SMS, "body": BODY, "udh": UDH}),
]


async def test_nexmo_sends_with_everything_in_the_query(make_hub: MakeHub) -> None:
    sdk, hub = nexmo(), make_hub(SETTINGS)
    await hub.start()
    async with Client(hub) as client:
        key = await open_account(client)
        replies = await ask(sdk, {**at(hub), "apiKey": key, "apiSecret": SECRET}, *NEXMO_SENDS)
        assert [reply.result["message-count"] for reply in replies] == ["1", "1", "3", "1"]
        assert await kept(client, [reply.result["messages"][0]["message-id"] for reply in replies]) == KEPT


async def test_nexmo_sends_signed(make_hub: MakeHub) -> None:
    """Without the first SMS: this SDK does not escape ``&`` in what it signs, and Vonage never got it whole."""
    sdk, hub = nexmo(), make_hub(SETTINGS)
    await hub.start()
    async with Client(hub) as client:
        for method in METHODS:
            key = await open_account(
                client, signature_secret=SIGNATURE_SECRET, signature_method=method, require_signature=True
            )
            signing = {"signatureSecret": SIGNATURE_SECRET, "signatureMethod": method}
            asked = {**at(hub), "apiKey": key, "apiSecret": "unused", **signing}
            replies = await ask(sdk, asked, *NEXMO_SENDS[1:])
            assert [reply.result["messages"][0]["status"] for reply in replies] == ["0"] * 3, method
            assert await kept(client, [reply.result["messages"][0]["message-id"] for reply in replies]) == KEPT[1:]


async def test_nexmo_is_told_what_is_wrong(make_hub: MakeHub) -> None:
    sdk, hub = nexmo(), make_hub(SETTINGS)
    await hub.start()
    async with Client(hub) as client:
        key = await open_account(client, rate_per_s=1)
    sms, balance = await ask(sdk, {**at(hub), "apiKey": key, "apiSecret": "Wrong1234"}, HELLO, BALANCE)
    assert sms.result["messages"] == [{"status": "4", "error-text": "Bad Credentials"}]
    assert balance.error[2] == 401
    replies = await ask(sdk, {**at(hub), "apiKey": key, "apiSecret": SECRET}, *[HELLO] * 10)
    assert {reply.result["messages"][0]["status"] for reply in replies} == {"0", "1"}


async def test_nexmo_sees_and_changes_its_account(make_hub: MakeHub) -> None:
    sdk, hub = nexmo(), make_hub(SETTINGS)
    await hub.start()
    async with Client(hub) as client, Webhook() as webhook:
        key = await open_funded_account(client)
        asked = {**at(hub), "apiKey": key, "apiSecret": SECRET}
        settings, balance, prices, sms = await ask(
            sdk,
            asked,
            ("settings", {"url": f"{webhook.url}/dlr"}),
            BALANCE,
            ("country prices", {"country": "GB"}),
            ("send", {**SMS, "text": LONG}),
        )
        assert settings.result["dr-callback-url"] == f"{webhook.url}/dlr"
        assert balance.result == {"value": 10, "autoReload": False}
        assert prices.result["defaultPrice"] == "0.03330000"
        ids = [item["message-id"] for item in sms.result["messages"]]
        for message_id in ids:
            await webhook.delivered(message_id, "/dlr")
        one, several = await ask(sdk, asked, ("message", {"id": ids[0]}), ("messages", {"ids": ids}))
        assert (one.result["message-id"], one.result["final-status"]) == (ids[0], "DELIVRD")
        assert "".join(item["body"] for item in several.result["items"]) == LONG


# --- the webhooks -----------------------------------------------------------------------------------------------------


async def test_both_accept_every_signed_receipt_and_none_that_was_altered(make_hub: MakeHub) -> None:
    newer, older, hub = server_sdk(), nexmo(), make_hub(SETTINGS)
    await hub.start()
    came = await deliveries(hub)
    nobody = {"apiKey": "abcd1234", "apiSecret": SECRET}
    assert await misjudged(newer, {"url": "http://127.0.0.1:1", **nobody}, came, METHODS) == []
    assert await misjudged(older, {"host": "127.0.0.1", "port": 1, **nobody}, came, METHODS) == []
