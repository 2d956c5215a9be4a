"""The JSON API on a real hub with its simulated carrier: what goes in, what comes out, what is refused and how."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest
from msgspec.structs import replace

from receipted.domain.receipt import Receipt
from receipted.domain.status import Status
from receipted.hub.ports import RejectedRequest
from receipted.settings import Settings
from receipted.wiring import Hub

DELIVERED = "447700900000"
ABSENT = "447700909003"
"""Fails with err-code 3 (docs/sandbox.md)."""
REFUSED = "447700909104"
"""Refused at submit with status 4."""


@pytest.fixture
async def hub(tmp_path: Path) -> AsyncIterator[Hub]:
    settings = Settings(data_dir=tmp_path, providers={"sandbox": {"speed": 1e6}})
    async with Hub(settings, observe=lambda what, **facts: None) as running:
        yield running


@pytest.fixture
async def api(hub: Hub) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(hub.app, raise_app_exceptions=False)
    headers = {"Authorization": f"Bearer {hub.token}"}
    async with httpx.AsyncClient(transport=transport, base_url="http://hub", headers=headers) as client:
        yield client


async def send(api: httpx.AsyncClient, to: str = DELIVERED, **more: Any) -> dict[str, Any]:
    answer = await api.post("/v1/messages", json={"to": to, "from": "AcmeInc", "text": "hello", **more})
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def final(api: httpx.AsyncClient, message_id: str) -> dict[str, Any]:
    """The message once nothing more is awaited, followed by the feed."""
    after = None
    while True:
        message = (await api.get(f"/v1/messages/{message_id}")).json()
        if message["final"]:
            return dict(message)
        query = {"wait_s": "10", **({"after": after} if after else {})}
        after = (await api.get("/v1/events", params=query)).json()["cursor"]


def is_problem(answer: httpx.Response, status: int, field: str | None = None) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    problem = dict(answer.json())
    assert problem["status"] == status
    assert problem.get("field") == field
    return problem


# --- sending ----------------------------------------------------------------------------------------------------------


async def test_a_message_is_sent_and_told(api: httpx.AsyncClient) -> None:
    sent = await send(api, client_ref="order-42")
    told = await final(api, sent["id"])
    assert (told["to"], told["from"], told["client_ref"]) == (DELIVERED, "AcmeInc", "order-42")
    assert (told["status"], told["final"], told["version"] > 1) == ("delivered", True, True)
    assert told["created_at"].endswith("Z")
    assert len(told["created_at"]) == len("2026-11-23T14:02:11.208Z")
    assert [part["status"] for part in told["parts"]] == ["delivered"]
    assert told["parts"][0]["provider_message_id"]


async def test_a_failure_is_explained(api: httpx.AsyncClient) -> None:
    told = await final(api, (await send(api, ABSENT))["id"])
    assert (told["status"], told["err_code"], told["err_source"]) == ("failed", "3", "receipt")
    assert told["explanation"]


async def test_a_refusal_at_submit_is_told_from_a_receipt(api: httpx.AsyncClient) -> None:
    told = await final(api, (await send(api, REFUSED))["id"])
    assert (told["status"], told["err_code"], told["err_source"]) == ("rejected", "4", "submit")
    assert [part["err_source"] for part in told["parts"]] == ["submit"]
    timeline = (await api.get(f"/v1/messages/{told['id']}/timeline")).json()
    assert timeline["sentence"] == "Not delivered: invalid credentials (status 4). Trying again will not help."
    assert any("Bad Credentials" in line["text"] for line in timeline["timeline"])
    (listed,) = (await api.get("/v1/messages")).json()["messages"]
    assert (listed["err_source"], listed["parts"]) == ("submit", [])
    delivered = await final(api, (await send(api))["id"])
    assert delivered["err_source"] is None


async def test_the_timeline_has_the_sentence_and_each_fact(api: httpx.AsyncClient) -> None:
    message = await final(api, (await send(api, ABSENT))["id"])
    told = (await api.get(f"/v1/messages/{message['id']}/timeline")).json()
    assert told["message"] == message
    assert told["sentence"].startswith("Not delivered: ")
    assert told["timeline"][0]["what"] == "accepted"
    assert {line["what"] for line in told["timeline"]} == {"accepted", "submit", "receipt", "status"}
    receipt = next(line for line in told["timeline"] if line["status"] == "failed")
    assert (receipt["verdict"], receipt["raw_encoding"]) == ("applied", "utf-8")
    assert [line["since_ms"] for line in told["timeline"]] == sorted(line["since_ms"] for line in told["timeline"])


async def test_the_same_idempotency_key_sends_once(api: httpx.AsyncClient) -> None:
    headers = {"Idempotency-Key": "once"}
    body = {"to": DELIVERED, "from": "AcmeInc", "text": "hello"}
    first, again = [await api.post("/v1/messages", json=body, headers=headers) for _ in range(2)]
    assert first.status_code == again.status_code == 201
    assert first.json()["id"] == again.json()["id"]
    is_problem(await api.post("/v1/messages", json={**body, "text": "other"}, headers=headers), 409)
    assert len((await api.get("/v1/messages")).json()["messages"]) == 1


async def test_a_binary_message_keeps_its_octets(api: httpx.AsyncClient) -> None:
    body = {"to": DELIVERED, "from": "AcmeInc", "body": "00ff", "udh": "0605040b8423f0"}
    sent = (await api.post("/v1/messages", json=body)).json()
    assert (sent["type"], sent["body"], sent["udh"], sent["text"]) == ("binary", "00ff", "0605040b8423f0", "")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"from": "AcmeInc", "text": "x"}, "to"),
        ({"to": "hello", "from": "AcmeInc", "text": "x"}, "to"),
        ({"to": [DELIVERED], "from": "AcmeInc", "text": "x"}, "to"),
        ({"to": DELIVERED, "text": "x"}, "from"),
        ({"to": DELIVERED, "from": "twelve chars", "text": "x"}, "from"),
        ({"to": DELIVERED, "from": "AcmeInc"}, "text"),
        ({"to": DELIVERED, "from": "AcmeInc", "text": ""}, "text"),
        ({"to": DELIVERED, "from": "AcmeInc", "text": "a\x00b"}, "text"),
        ({"to": DELIVERED, "from": "AcmeInc", "text": "x", "client_ref": "\x00"}, "client_ref"),
        ({"to": DELIVERED, "from": "AcmeInc", "text": "x", "ttl_s": "30"}, "ttl_s"),
        ({"to": DELIVERED, "from": "AcmeInc", "text": "x", "ttl_s": 1}, "ttl_s"),
        ({"to": DELIVERED, "from": "AcmeInc", "text": "x", "provider": "nobody"}, "provider"),
        ({"to": DELIVERED, "from": "AcmeInc", "text": "x", "type": "vcard"}, "type"),
        ({"to": DELIVERED, "from": "AcmeInc", "body": "0g"}, "body"),
        ({"to": DELIVERED, "from": "AcmeInc", "text": "x", "wibble": 1}, "wibble"),
    ],
)
async def test_a_refusal_names_the_field(api: httpx.AsyncClient, body: Mapping[str, object], field: str) -> None:
    problem = is_problem(await api.post("/v1/messages", json=body), 400, field)
    assert problem["detail"].startswith(f"{field}: ")
    assert "regex" not in problem["detail"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ({"text": ""}, "text: is missing: it may not be empty"),
        ({}, "text: is missing"),
        ({"text": "x" * 3_201}, "text: may have 3200 characters at most"),
        ({"text": "x", "wibble": 1}, "wibble: is not a field of such a message"),
    ],
)
async def test_a_refusal_is_in_words(api: httpx.AsyncClient, text: Mapping[str, object], said: str) -> None:
    answer = await api.post("/v1/messages", json={"to": DELIVERED, "from": "AcmeInc", **text})
    assert is_problem(answer, 400, said.partition(":")[0])["detail"] == said


@pytest.mark.parametrize(
    "body",
    [b"[]", b"null", b"{", b'{"to":"\xff"}', b'{"to":"\\ud800"}', b"[" * 30_000, b'{"wibble":' + b"[" * 30_000],
)
async def test_what_is_no_message_is_refused_whole(api: httpx.AsyncClient, body: bytes) -> None:
    answer = await api.post("/v1/messages", content=body, headers={"Content-Type": "application/json"})
    is_problem(answer, 400, "request body")


async def test_an_empty_body_a_large_one_and_another_type(api: httpx.AsyncClient) -> None:
    is_problem(await api.post("/v1/messages"), 400)
    large = json.dumps({"to": DELIVERED, "from": "AcmeInc", "text": "x" * 70_000})
    is_problem(await api.post("/v1/messages", content=large), 413)
    is_problem(await api.post("/v1/messages", data={"to": DELIVERED}), 415)


# --- finding ----------------------------------------------------------------------------------------------------------


async def test_messages_are_paged_newest_first(api: httpx.AsyncClient) -> None:
    ids = [(await send(api))["id"] for _ in range(5)]
    seen: list[str] = []
    query: dict[str, str] = {"limit": "2"}
    while True:
        page = (await api.get("/v1/messages", params=query)).json()
        seen += [message["id"] for message in page["messages"]]
        if page["next_cursor"] is None:
            break
        query["cursor"] = page["next_cursor"]
    assert seen == ids[::-1]


async def test_filters_hold_together(api: httpx.AsyncClient) -> None:
    wanted = await final(api, (await send(api, client_ref="a"))["id"])
    await final(api, (await send(api, ABSENT, client_ref="b"))["id"])
    for query in (
        {"to": wanted["to"]},
        {"client_ref": "a"},
        {"status": "delivered"},
        {"provider_message_id": wanted["parts"][0]["provider_message_id"]},
        {"to": wanted["to"], "from": "AcmeInc", "provider": "sandbox", "since": "2020-01-01T00:00:00Z"},
    ):
        found = (await api.get("/v1/messages", params=query)).json()["messages"]
        assert [message["id"] for message in found] == [wanted["id"]], query
    assert (await api.get("/v1/messages", params={"until": "2020-01-01T00:00:00Z"})).json()["messages"] == []


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("limit=0", "limit"),
        ("limit=501", "limit"),
        ("limit=x", "limit"),
        ("status=lost", "status"),
        ("since=2026-01-01", "since"),
        ("until=2026-01-01T00:00:00", "until"),
        ("from=%00", "from"),
        ("to=", "to"),
        ("cursor=x", "cursor"),
        ("recipient=447700900000", "recipient"),
        ("to=447700900000&To=447700900000", "To"),
    ],
)
async def test_a_query_that_cannot_be_used_is_named(api: httpx.AsyncClient, query: str, field: str) -> None:
    is_problem(await api.get(f"/v1/messages?{query}"), 400, field)


@pytest.mark.parametrize("path", ["/v1/events", "/v1/unmatched", "/v1/rejected", "/v1/messages/none/timeline"])
async def test_a_parameter_that_there_is_not_is_named(api: httpx.AsyncClient, path: str) -> None:
    problem = is_problem(await api.get(path, params={"wibble": "1"}), 400, "wibble")
    assert problem["detail"].startswith("wibble: there is no such parameter; there are ")


async def test_figures_and_health_take_any_parameter(api: httpx.AsyncClient) -> None:
    for path in ("/metrics", "/healthz", "/readyz"):
        assert (await api.get(path, params={"wibble": "1"})).status_code == 200


@pytest.mark.parametrize("path", ["/v1/messages/none", "/v1/messages/none/timeline", "/v1/none", "/v1/messages/%ff"])
async def test_what_is_not_there_is_404(api: httpx.AsyncClient, path: str) -> None:
    is_problem(await api.get(path), 404)


async def test_a_nul_in_the_path_is_refused(api: httpx.AsyncClient) -> None:
    is_problem(await api.get("/v1/messages/%00"), 400, "path")


@pytest.mark.parametrize("method", ["DELETE", "PATCH", "PUT", "TRACE"])
async def test_another_method_is_told_which_there_are(api: httpx.AsyncClient, method: str) -> None:
    answer = await api.request(method, "/v1/messages")
    is_problem(answer, 405)
    assert {name.strip() for name in answer.headers["allow"].split(",")} == {"GET", "OPTIONS", "POST"}
    assert (await api.options("/v1/messages")).headers["allow"] == "GET, OPTIONS, POST"


# --- feeds ------------------------------------------------------------------------------------------------------------


async def test_the_feed_tells_each_change_once_and_in_order(api: httpx.AsyncClient) -> None:
    message = await final(api, (await send(api))["id"])
    feed = (await api.get("/v1/events")).json()
    assert [event["version"] for event in feed["events"]] == list(range(1, message["version"] + 1))
    assert feed["events"][-1]["status"] == "delivered"
    after = (await api.get("/v1/events", params={"after": feed["cursor"]})).json()
    assert after == {"events": [], "cursor": feed["cursor"]}
    assert (await api.get("/v1/events", params={"after": "now"})).json() == after


async def test_a_waiting_reader_is_answered_as_soon_as_something_happens(api: httpx.AsyncClient) -> None:
    await final(api, (await send(api))["id"])
    waiting = asyncio.create_task(api.get("/v1/events", params={"after": "now", "wait_s": "30"}, timeout=30))
    done, _ = await asyncio.wait([waiting], timeout=0.1)
    assert not done
    sent = await send(api)
    async with asyncio.timeout(5):
        told = (await waiting).json()
    assert told["events"][0]["message_id"] == sent["id"]


async def test_receipts_without_a_message_are_shown_with_their_bytes(api: httpx.AsyncClient, hub: Hub) -> None:
    first = Receipt(
        provider="vonage",
        provider_message_id="a",
        digest="a" * 32,
        status=Status.DELIVERED,
        raw_status="delivered",
        raw=b"messageId=a",
    )
    odd = replace(first, provider_message_id="b", digest="b" * 32, raw=b"\xff", carrier_ms=10**17)
    await hub.store.append([first, odd], 1_795_442_531_208)
    receipts = {r["provider_message_id"]: r for r in (await api.get("/v1/unmatched")).json()["receipts"]}
    assert (receipts["a"]["raw"], receipts["a"]["raw_encoding"]) == ("messageId=a", "utf-8")
    assert (receipts["b"]["raw"], receipts["b"]["raw_encoding"]) == ("/w==", "base64")
    assert receipts["a"]["received_at"] == "2026-11-23T14:02:11.208Z"
    before = await api.get("/v1/unmatched", params={"before": "2026-11-23T14:02:11.208Z"})
    assert before.json() == {"receipts": []}


async def test_refused_webhook_requests_are_shown(api: httpx.AsyncClient, hub: Hub) -> None:
    await hub.store.reject(
        RejectedRequest(
            at_ms=1_795_442_531_208,
            door="vonage",
            status=401,
            problem="the signature does not hold",
            explanation="a field was altered",
            method="POST",
            content_type="application/json",
            source="192.0.2.1",
            query=b"",
            body=b"{}",
        )
    )
    (told,) = (await api.get("/v1/rejected")).json()["rejected"]
    assert (told["problem"], told["body"], told["body_encoding"]) == ("the signature does not hold", "{}", "utf-8")


# --- carriers ---------------------------------------------------------------------------------------------------------


async def test_a_hub_without_accounts_is_bound_to_its_carrier(tmp_path: Path) -> None:
    settings = Settings.model_validate({"data_dir": tmp_path, "carrier": {"speed": 1e6}})
    async with Hub(settings, observe=lambda what, **facts: None) as hub:
        headers = {"Authorization": f"Bearer {hub.token}"}
        transport = httpx.ASGITransport(hub.app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://hub", headers=headers) as api:
            message = await final(api, (await send(api, "447700909313"))["id"])
            assert (message["status"], message["provider"]) == ("delivered", "carrier")
            (bind,) = (await api.get("/v1/binds")).json()["binds"]
            assert (bind["bind"], bind["state"], bind["kind"]) == ("carrier#1", "bound", "transceiver")
            assert (bind["submitted"], bind["window"], bind["problem"]) == (1, 100, "")
            async with asyncio.timeout(10):
                while not (inbound := (await api.get("/v1/inbound")).json()["inbound"]):
                    await asyncio.sleep(0.02)
            assert (inbound[0]["kind"], inbound[0]["from"]) == ("message", "447700909313")
            assert bytes.fromhex(inbound[0]["raw"])
            assert (await api.get("/v1/inbound", params={"before": inbound[0]["id"]})).json() == {"inbound": []}
            figures = (await api.get("/metrics")).text
            assert 'receipted_bind_up{bind="carrier#1",provider="carrier"} 1.0' in figures
            assert 'receipted_bind_submitted{bind="carrier#1",provider="carrier"} 1.0' in figures


# --- who may, and how it is -------------------------------------------------------------------------------------------

GUARDED = [
    "/v1/messages",
    "/v1/messages/x",
    "/v1/events",
    "/v1/unmatched",
    "/v1/rejected",
    "/v1/binds",
    "/v1/inbound",
    "/v1/openapi.json",
    "/metrics",
]


@pytest.mark.parametrize("authorization", [b"", b"Bearer", b"Bearer wrong", b"Basic x", b"Bearer \xff"])
async def test_without_the_token_there_is_nothing(api: httpx.AsyncClient, authorization: bytes) -> None:
    del api.headers["authorization"]
    for path in GUARDED:
        answer = await api.get(path, headers=[(b"Authorization", authorization)])
        assert "the file `token` of the data folder" in is_problem(answer, 401)["detail"]
        assert answer.headers["www-authenticate"].startswith("Bearer")
        is_problem(await api.get(path), 401)


async def test_health_needs_no_token(api: httpx.AsyncClient) -> None:
    del api.headers["authorization"]
    assert (await api.get("/healthz")).json()["status"] == "ok"
    assert (await api.get("/readyz")).json() == {"status": "ready"}


async def test_without_its_database_the_hub_is_alive_but_not_ready(api: httpx.AsyncClient, hub: Hub) -> None:
    await hub.store.close()
    assert (await api.get("/healthz")).status_code == 200
    answer = await api.post("/v1/messages", json={"to": DELIVERED, "from": "AcmeInc", "text": "hello"})
    is_problem(answer, 503)
    assert answer.headers["retry-after"]


async def test_the_figures_follow_the_work(api: httpx.AsyncClient) -> None:
    await final(api, (await send(api))["id"])
    delivered = 'receipted_receipts_total{provider="sandbox",status="delivered"} 1.0'
    async with asyncio.timeout(10):
        # Receipts are counted a little after they are stored, many at a time.
        while delivered not in (answer := await api.get("/metrics")).text:
            await asyncio.sleep(0.05)
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert 'receipted_accepted_total{provider="sandbox"} 1.0' in answer.text
    assert "receipted_store_up 1.0" in answer.text
    assert "receipted_queued 0.0" in answer.text


async def test_the_document_describes_bodies_as_they_are_enforced(api: httpx.AsyncClient) -> None:
    document = (await api.get("/v1/openapi.json")).json()
    shape = document["components"]["schemas"]["TextSms"]
    assert shape["additionalProperties"] is False
    assert set(shape["required"]) == {"to", "from", "text"}
    assert "sandbox" in shape["properties"]["provider"]["anyOf"][0]["enum"]
    assert "https://" not in json.dumps(document)
