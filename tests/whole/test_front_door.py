"""The front door of a running hub over plain HTTP: each way to ask, the account's own APIs, and the commands."""

import json
import xml.etree.ElementTree as ET
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from tests.whole.conftest import MakeHub
from tests.whole.hubs import Client, HubProcess, until

KEY, SECRET = "abcd1234", "Secret123"
AUTH = {"api_key": KEY, "api_secret": SECRET}
SMS = {"from": "AcmeInc", "to": "447700900000", "text": "Hello", "client-ref": "r1"}
PRICES = "prefix,price,country,network,network_name\n4477,0.0333,GB,23410,O2\n44,0.03,GB,,\n33,0.05,FR,20801,Orange\n"


def basic(key: str, secret: str) -> dict[str, str]:
    return {"Authorization": aiohttp.encode_basic_auth(key, secret)}


class Application:
    """What receives webhooks: each request's path and fields, answered with ``status``."""

    def __init__(self) -> None:
        self.status = 200
        self.told: list[tuple[str, str, dict[str, Any]]] = []

    async def __aenter__(self) -> "Application":
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._take)
        self._runner = web.AppRunner(app)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()

    async def _take(self, request: web.Request) -> web.Response:
        body = await request.read()
        fields = dict(request.query) | (json.loads(body) if body[:1] == b"{" else dict(await request.post()))
        self.told.append((request.method, request.path, fields))
        return web.Response(status=self.status)

    def receipts(self, message_id: str) -> list[str]:
        return [fields["status"] for _, _, fields in self.told if fields.get("messageId") == message_id]


@pytest.fixture
async def app() -> AsyncIterator[Application]:
    async with Application() as running:
        yield running


@pytest.fixture
async def hub(make_hub: MakeHub, app: Application) -> HubProcess:
    """A hub with the simulated carrier, an account with prices, and its application."""
    hub = make_hub({"WEBHOOKS__ALLOW": '["127.0.0.1"]', "CARRIER__SPEED": "100"})
    await hub.start()
    async with Client(hub) as client:
        status, opened = await client.call("POST", "/v1/accounts", {**AUTH, "dlr_url": f"{app.url}/dlr"})
        assert (status, opened["api_secret"]) == (201, SECRET)
        await client.call("POST", f"/v1/accounts/{KEY}/payments", {"amount": "10"})
    return hub


async def import_prices(hub: HubProcess, folder: Path) -> None:
    file = folder / "prices.csv"
    file.write_text(PRICES)
    code, _, errors = await hub.command("prices", "import", str(file))
    assert (code, errors) == (0, "3 prices count from now on.\n")


@pytest.mark.parametrize("how", ["form", "json", "query", "get", "basic"])
async def test_an_sms_is_taken_in_each_way_and_its_receipts_come_back(
    hub: HubProcess, app: Application, how: str
) -> None:
    url = f"{hub.url}/sms/json"
    async with aiohttp.ClientSession() as session:
        match how:
            case "form":
                asked = session.post(url, data={**AUTH, **SMS})
            case "json":
                asked = session.post(url, json={**AUTH, **SMS, "ttl": 60_000, "status-report-req": True})
            case "query":
                asked = session.post(url, params={**AUTH, **SMS})
            case "get":
                asked = session.get(url, params={**AUTH, **SMS})
            case _:
                asked = session.post(url, data=SMS, headers=basic(KEY, SECRET))
        async with asked as answer:
            assert (answer.status, answer.content_type) == (200, "application/json")
            told = await answer.json()
    assert (told["message-count"], told["messages"][0]["status"]) == ("1", "0")
    message_id = told["messages"][0]["message-id"]
    await until(lambda: app.receipts(message_id) == ["accepted", "delivered"], 20, "both receipts")
    fields = next(fields for _, _, fields in app.told if fields.get("messageId") == message_id)
    assert (fields["client-ref"], fields["api-key"], fields["to"], fields["msisdn"]) == (
        "r1",
        KEY,
        "AcmeInc",
        "447700900000",
    )


async def test_xml_is_answered_in_xml(hub: HubProcess) -> None:
    async with aiohttp.ClientSession() as session, session.post(f"{hub.url}/sms/xml", data={**AUTH, **SMS}) as answer:
        assert (answer.status, answer.content_type) == (200, "text/xml")
        root = ET.fromstring(await answer.text())
    assert root.tag == "mt-submission-response"
    assert (root.findtext("messages/message/status"), root.findtext("messages/message/clientRef")) == ("0", "r1")


@pytest.mark.parametrize(
    ("body", "content_type", "status", "code"),
    [
        (b"", "application/x-www-form-urlencoded", 200, "2"),
        (b"{", "application/json", 200, "3"),
        (b"[]", "application/json", 200, "3"),
        (b"\xff=\xff", "application/x-www-form-urlencoded", 200, "3"),
        (b'{"api_key":{"a":1}}', "application/json", 200, "3"),
        (b"api_key=abcd1234&api_secret=" + b"x" * 40_000, "application/x-www-form-urlencoded", 200, "4"),
        (b"x" * 70_000, "application/x-www-form-urlencoded", 413, None),
    ],
)
async def test_nothing_that_a_stranger_sends_is_more_than_a_refusal(
    hub: HubProcess, body: bytes, content_type: str, status: int, code: str | None
) -> None:
    headers = {"Content-Type": content_type}
    async with aiohttp.ClientSession() as session:
        async with session.post(f"{hub.url}/sms/json", data=body, headers=headers) as answer:
            assert answer.status == status
            if code:
                assert (await answer.json(content_type=None))["messages"][0]["status"] == code
        async with session.put(f"{hub.url}/sms/json") as answer:
            assert answer.status == 405


async def test_an_account_sees_its_settings_balance_prices_and_messages(
    hub: HubProcess, app: Application, tmp_path: Path
) -> None:
    await import_prices(hub, tmp_path)
    async with aiohttp.ClientSession() as session:

        async def ask(method: str, path: str, status: int = 200, **params: str) -> Any:
            in_body = method == "POST"
            query, body = (AUTH, params) if in_body else ({**AUTH, **params}, None)
            async with session.request(method, f"{hub.url}{path}", params=query, data=body) as answer:
                assert answer.status == status, await answer.text()
                return await answer.json()

        async with session.post(f"{hub.url}/sms/json", data={**AUTH, **SMS}) as answer:
            (item,) = (await answer.json())["messages"]
        assert (item["message-price"], item["remaining-balance"], item["network"]) == (
            "0.03330000",
            "9.96670000",
            "23410",
        )
        assert await ask("GET", "/account/get-balance") == {"value": 9.9667, "autoReload": False}
        priced = await ask("GET", "/account/get-pricing/outbound/sms", country="GB")
        assert (priced["defaultPrice"], [one["networkCode"] for one in priced["networks"]]) == (
            "0.03000000",
            ["", "23410"],
        )
        assert (await ask("GET", "/account/get-prefix-pricing/outbound", prefix="33"))["count"] == 1
        assert (await ask("GET", "/account/get-full-pricing/outbound"))["count"] == 2
        await ask("GET", "/account/get-pricing/outbound", 404, country="DE")
        settings = await ask("POST", "/account/settings", moCallBackUrl="", drCallBackUrl=f"{app.url}/other")
        assert (settings["dr-callback-url"], settings["max-outbound-request"]) == (f"{app.url}/other", 30)
        app.status = 404
        refused = await ask("POST", "/account/settings", 420, drCallbackUrl=f"{app.url}/gone")
        assert refused["error-code"] == "420"
        assert "answered 404: there is nothing at that path" in refused["error-code-label"]
        app.status = 200
        inner = await ask("POST", "/account/settings", 420, drCallBackUrl="http://10.0.0.1/")
        assert "inner network" in inner["error-code-label"]

        async def is_delivered() -> bool:
            found = await ask("GET", "/search/message", id=item["message-id"])
            return bool(found.get("final-status") == "DELIVRD")

        await until(is_delivered, 20, "the message to be found as delivered")
        found = await ask("GET", "/search/message", id=item["message-id"])
        assert (found["body"], found["account-id"], found["error-code"], found["to"]) == (
            "Hello",
            KEY,
            "0",
            "447700900000",
        )
        today = datetime.now(UTC).strftime("%Y-%m-%d")
        assert (await ask("GET", "/search/messages", date=today, to="447700900000"))["count"] == 1
        assert (await ask("GET", "/search/messages", ids=item["message-id"]))["count"] == 1
        assert (await ask("GET", "/search/rejections", date=today))["count"] == 0
        await ask("GET", "/search/message", 404, id="0199c82c-c000-7000-8000-000000000000")
        async with session.get(f"{hub.url}/account/get-balance", params={**AUTH, "api_secret": "wrong"}) as answer:
            assert (answer.status, (await answer.json())["error-code"]) == (401, "401")


async def test_one_account_never_sees_anothers_messages(hub: HubProcess) -> None:
    async with Client(hub) as client:
        await client.call("POST", "/v1/accounts", {"api_key": "wxyz5678", "api_secret": "Other1234"})
    other = {"api_key": "wxyz5678", "api_secret": "Other1234"}
    async with aiohttp.ClientSession() as session:
        async with session.post(f"{hub.url}/sms/json", data={**AUTH, **SMS}) as answer:
            (item,) = (await answer.json())["messages"]
        async with session.get(f"{hub.url}/search/message", params={**other, "id": item["message-id"]}) as answer:
            assert answer.status == 404


async def test_accounts_endpoints_and_routes_by_command(hub: HubProcess, app: Application) -> None:
    code, out, _ = await hub.command("account", "add", "--name", "Shop", "--rate", "5", "--prepaid", "--json")
    opened = json.loads(out)
    key, secret = opened["account"]["api_key"], opened["api_secret"]
    assert (code, len(key), opened["account"]["postpaid"], opened["account"]["rate_per_s"]) == (0, 8, False, 5)
    assert secret not in hub.log()
    code, out, _ = await hub.command("account", "pay", key, "2.50")
    assert (code, out) == (0, "2.50000000\n")
    code, out, _ = await hub.command(
        "account", "set", key, "--dlr-url", f"{app.url}/x", "--dlr-method", "GET", "--json"
    )
    assert (code, json.loads(out)["dlr_method"]) == (0, "GET")
    code, _, errors = await hub.command("account", "set", key, "--dlr-url", "http://127.0.0.1:1/")
    assert code == 2
    assert "must answer 200 to a GET request: no connection" in errors
    code, out, _ = await hub.command("account", "rotate-secret", key)
    newer = out.split("\t")[1].strip()
    async with aiohttp.ClientSession() as session:
        for good in (secret, newer):
            async with session.get(f"{hub.url}/account/get-balance", headers=basic(key, good)) as answer:
                assert await answer.json() == {"value": 2.5, "autoReload": False}
        await hub.command("account", "rotate-secret", key, "--end-old")
        async with session.get(f"{hub.url}/account/get-balance", headers=basic(key, secret)) as answer:
            assert answer.status == 401
        await hub.command("account", "disable", key)
        async with session.post(f"{hub.url}/sms/json", data=SMS, headers=basic(key, newer)) as answer:
            assert (await answer.json())["messages"][0]["status"] == "8"
    code, out, _ = await hub.command("account", "list")
    assert {line.split("\t")[0] for line in out.splitlines()} == {KEY, key}
    code, out, _ = await hub.command("endpoint", "add", "own", f"{app.url}/events", "--status", "delivered")
    assert (code, out.startswith("whsec_")) == (0, True)
    assert (await hub.command("endpoint", "test", "own"))[0] == 0
    app.status = 500
    code, out, _ = await hub.command("endpoint", "test", "own")
    assert (code, out) == (1, "wrong\tanswered 500\n")
    app.status = 200
    async with Client(hub) as client:
        sent = await client.send()
        await client.becomes(sent["id"], "delivered")

    def events() -> list[dict[str, Any]]:
        return [
            fields for _, path, fields in app.told if path == "/events" and fields["data"]["message_id"] == sent["id"]
        ]

    await until(lambda: len(events()) == 1, 10, "the event")
    assert events()[0]["type"] == "message.delivered"
    await hub.command("endpoint", "disable", "own")
    assert (await hub.command("endpoint", "replay", "own", "--since", "1h"))[2] == "1 told again.\n"
    code, out, _ = await hub.command("endpoint", "list")
    assert out.split("\t")[:3] == ["own", "disabled", "1"]
    await hub.command("endpoint", "enable", "own")
    await until(lambda: len(events()) == 2, 10, "the event again")
    code, out, _ = await hub.command("deliveries", "--message", sent["id"])
    assert [line.split("\t")[1] for line in out.splitlines()] == ["@own"]
    code, out, _ = await hub.command("show", sent["id"])
    assert "told @own: delivered: delivered, answered 200" in out
    code, out, _ = await hub.command("route", "+44 7700 900000")
    assert (code, out) == (0, "carrier\n")


async def test_what_is_owed_survives_kill_9_and_is_told_after_the_restart(hub: HubProcess, app: Application) -> None:
    app.status = 503
    async with aiohttp.ClientSession() as session:
        ids = []
        for _ in range(20):
            async with session.post(f"{hub.url}/sms/json", data={**AUTH, **SMS}) as answer:
                ids.append((await answer.json())["messages"][0]["message-id"])
    await until(lambda: hub.rows("SELECT count(*) FROM submission") == [(0,)], 20, "every message to be submitted")
    await until(lambda: any(app.receipts(one) for one in ids), 20, "a first try")
    hub.kill()
    app.status = 200
    before = len(app.told)
    await hub.start()
    await hub.command("endpoint", "replay", KEY, "--account", "--since", "1h")

    def final() -> set[str]:
        return {f["messageId"] for _, _, f in app.told[before:] if f.get("status") == "delivered"}

    await until(lambda: final() == set(ids), 60, "the receipt of every message")
    assert hub.rows("SELECT count(*) FROM delivery WHERE outcome = 'dead'") == [(0,)]


async def test_events_are_streamed_and_a_reader_that_comes_back_misses_nothing(hub: HubProcess) -> None:
    async with Client(hub) as client:
        sent = await client.send()
        await client.becomes(sent["id"], "delivered")
        seen: list[tuple[str, str]] = []
        headers = {"Authorization": f"Bearer {hub.token}"}

        async def read(number: int, **more: str) -> None:
            async with client.session.get(f"{hub.url}/v1/events/stream", headers={**headers, **more}) as answer:
                assert (answer.status, answer.content_type) == (200, "text/event-stream")
                cursor = ""
                async for raw in answer.content:
                    name, _, value = raw.decode().strip().partition(": ")
                    cursor = value if name == "id" else cursor
                    if name == "event":
                        seen.append((cursor, value))
                    if len(seen) >= number and name == "data":
                        return

        await read(2)
        await read(4, **{"Last-Event-ID": seen[-1][0]})
    assert [what for _, what in seen] == [f"message.{one}" for one in ("queued", "submitted", "accepted", "delivered")]
