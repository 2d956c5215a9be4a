import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from aiohttp import web
from pydantic import ValidationError

from receipted.dialects.vonage.fields import encode
from receipted.dialects.vonage.signature import verify
from receipted.domain.errors import InvalidReceipt, Unauthentic
from receipted.domain.message import Content, Kind
from receipted.domain.receipt import Signature
from receipted.domain.status import Status
from receipted.hub.ports import Ambiguous, Answered, Deferred, Outcome, PartAnswer, Provider, Submission, WebhookRequest
from receipted.providers import Context, build
from receipted.providers.http import AiohttpClient
from tests.vectors.vonage_receipts import FORM, ROWS, TUTORIAL_FORM, Row
from tests.vectors.vonage_signatures import V4

NOW_MS = 1_700_000_000_000
KEY, SECRET, SIGNATURE_SECRET, NUMBER = "abcd1234", "very-secret-1", "my_secret", "447700900123"
ID = "aaaaaaaa-bbbb-cccc-dddd-0123456789ab"
THROTTLED = {"status": "1", "error-text": "Throughput Rate Exceeded - please wait [ 702 ] and retry"}
REFUSED = {"status": "15", "error-text": f"Illegal Sender Address for {NUMBER} {SECRET} - rejected"}
TAKEN = {"status": "0", "message-id": ID, "to": NUMBER, "message-price": "0.0333", "network": "23410"}
SUBMISSION = Submission(
    message_id="m",
    recipient=NUMBER,
    sender="AcmeInc",
    content=Content(kind=Kind.TEXT, text="A & B = C é"),
    part_count=2,
    client_ref="ours-1",
    ttl_ms=60_000,
)


class Far:
    """A server that plays Vonage: ``answer`` decides; what was asked is kept."""

    def __init__(self) -> None:
        self.answer: Callable[[web.Request], Awaitable[web.StreamResponse]] = self.taken
        self.asked: list[dict[str, str]] = []
        self.headers: list[dict[str, str]] = []
        self.url = ""
        self.ending = asyncio.Event()

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.asked.append({name: str(value) for name, value in (await request.post()).items()})
        self.headers.append(dict(request.headers))
        return await self.answer(request)

    async def taken(self, request: web.Request) -> web.StreamResponse:
        return said([TAKEN])


def said(items: list[dict[str, Any]]) -> web.Response:
    return web.json_response({"message-count": str(len(items)), "messages": items})


def always(answer: Callable[[], web.Response]) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def handler(request: web.Request) -> web.StreamResponse:
        return answer()

    return handler


@pytest.fixture
async def far() -> AsyncIterator[Far]:
    far = Far()
    app = web.Application()
    app.router.add_route("*", "/{rest:.*}", far.handle)
    runner = web.AppRunner(app, shutdown_timeout=0)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    far.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield far
    far.ending.set()
    await runner.cleanup()


@pytest.fixture
async def http() -> AsyncIterator[AiohttpClient]:
    client = AiohttpClient()
    yield client
    await client.close()


def provider(http: AiohttpClient, url: str = "http://127.0.0.1:1", name: str = "vonage", **section: Any) -> Provider:
    context = Context(clock=lambda: NOW_MS, http=http, observe=lambda what, **facts: None)
    values = {"kind": "vonage", "api_key": KEY, "api_secret": SECRET, "base_url": url, **section}
    return build(name, values, context)


async def outcome(http: AiohttpClient, far: Far, **section: Any) -> Outcome:
    found = await provider(http, far.url, **section).submit(SUBMISSION)
    told = repr(found)
    assert SECRET not in told
    assert SIGNATURE_SECRET not in told
    assert NUMBER not in told
    return found


async def test_what_is_asked(far: Far, http: AiohttpClient) -> None:
    assert await outcome(http, far) == Answered(
        parts=(PartAnswer(provider_message_id=ID, network="23410", price="0.0333"),)
    )
    assert far.asked == [
        {
            "api_key": KEY,
            "api_secret": SECRET,
            "from": "AcmeInc",
            "to": NUMBER,
            "type": "text",
            "text": "A & B = C é",
            "client-ref": "ours-1",
            "ttl": "60000",
            "status-report-req": "1",
        }
    ]
    assert "Authorization" not in far.headers[0]


async def test_a_signed_request(far: Far, http: AiohttpClient) -> None:
    await outcome(http, far, sign_requests=True, signature_secret=SIGNATURE_SECRET, signature_method="sha512")
    assert "api_secret" not in far.asked[0]
    assert verify(far.asked[0], SIGNATURE_SECRET, "sha512", NOW_MS, 1).good


async def test_a_binary_request(far: Far, http: AiohttpClient) -> None:
    content = Content(kind=Kind.BINARY, body="0011", udh="06050400000000")
    binary = Submission(message_id="m", recipient=NUMBER, sender="A", content=content, part_count=1, client_ref="r")
    await provider(http, far.url).submit(binary)
    assert {name: far.asked[0][name] for name in ("type", "body", "udh")} == {
        "type": "binary",
        "body": "0011",
        "udh": "06050400000000",
    }
    assert not {"text", "ttl"} & far.asked[0].keys()


async def test_parts_accepted_and_refused(far: Far, http: AiohttpClient) -> None:
    far.answer = always(lambda: said([TAKEN, REFUSED, THROTTLED]))
    found = await outcome(http, far)
    assert isinstance(found, Answered)
    assert [part.err_code for part in found.parts] == [None, "15", "1"]
    assert found.parts[1].reason == (
        "Illegal Sender Address for 4477…123 … - rejected (status 15). "
        "Use a sender that the country allows, up to 11 letters."
    )


async def test_one_refusal_is_for_every_part(far: Far, http: AiohttpClient) -> None:
    far.answer = always(lambda: said([{"status": 9}]))
    found = await outcome(http, far)
    assert isinstance(found, Answered)
    assert [(part.err_code, part.reason) for part in found.parts] == [
        ("9", "no credit (status 9). Top the account up, then send again.")
    ] * 2


async def test_a_refusal_that_may_have_been_taken_is_not_sent_again_by_itself(far: Far, http: AiohttpClient) -> None:
    far.answer = always(lambda: said([{"status": "13"}]))
    assert isinstance(await outcome(http, far), Answered)


@pytest.mark.parametrize(
    ("items", "wait_ms", "throttled"),
    [
        ([THROTTLED], 702, True),
        ([THROTTLED, THROTTLED], 702, True),
        ([{"status": "1"}], None, True),
        ([{"status": "5"}], None, False),
        ([{"status": "10"}], None, True),
        ([THROTTLED, {"status": "5"}], 702, True),
    ],
)
async def test_not_taken_now(
    far: Far, http: AiohttpClient, items: list[dict[str, Any]], wait_ms: int | None, throttled: bool
) -> None:
    far.answer = always(lambda: said(items))
    found = await outcome(http, far)
    assert isinstance(found, Deferred)
    assert (found.wait_ms, found.throttled) == (wait_ms, throttled)


@pytest.mark.parametrize(
    ("status", "retry_after", "wait_ms"),
    [
        (429, "7", 7_000),
        (429, "", None),
        (503, "Tue, 14 Nov 2023 22:13:30 GMT", 10_000),
        (503, "Tue, 14 Nov 2023 22:13:00 GMT", 0),
        (503, "soon", None),
        (429, "999999999", 3_600_000),
    ],
)
async def test_http_not_now(far: Far, http: AiohttpClient, status: int, retry_after: str, wait_ms: int | None) -> None:
    far.answer = always(lambda: web.Response(status=status, headers={"Retry-After": retry_after}))
    found = await outcome(http, far)
    assert isinstance(found, Deferred)
    assert (found.wait_ms, found.throttled) == (wait_ms, status == 429)


@pytest.mark.parametrize("status", [408, 500, 502, 504])
async def test_http_unclear(far: Far, http: AiohttpClient, status: int) -> None:
    far.answer = always(lambda: web.Response(status=status))
    assert isinstance(await outcome(http, far), Ambiguous)


@pytest.mark.parametrize(
    ("status", "hint"),
    [(401, "api_secret"), (403, "address filter"), (404, "base_url"), (400, "http-400"), (302, "base_url")],
)
async def test_http_refused(far: Far, http: AiohttpClient, status: int, hint: str) -> None:
    far.answer = always(lambda: web.Response(status=status, headers={"Location": "/"}))
    found = await outcome(http, far)
    assert isinstance(found, Answered)
    assert [part.err_code for part in found.parts] == [f"http-{status}"] * 2
    assert hint in (found.parts[0].reason or "")


@pytest.mark.parametrize(
    "body", [b"", b"OK", b"<html>", b"{}", b'{"messages":[]}', b'{"messages":[{"status":"0"}]}', b"\xff", b"[" * 20_000]
)
async def test_garbage_is_unclear(far: Far, http: AiohttpClient, body: bytes) -> None:
    far.answer = always(lambda: web.Response(body=body))
    assert isinstance(await outcome(http, far), Ambiguous)


async def test_an_answer_in_xml(far: Far, http: AiohttpClient) -> None:
    body = f"<r><messages><message><messageId>{ID}</messageId><status>0</status></message></messages></r>"
    far.answer = always(lambda: web.Response(text=body, content_type="text/xml"))
    assert await outcome(http, far) == Answered(parts=(PartAnswer(provider_message_id=ID),))


async def test_a_hang_up_is_unclear(far: Far, http: AiohttpClient) -> None:
    async def half(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": "100"})
        await response.prepare(request)
        await response.write(b'{"message-count":"1"')
        assert request.transport is not None
        request.transport.abort()
        return response

    far.answer = half
    assert isinstance(await outcome(http, far), Ambiguous)


async def test_silence_is_unclear(far: Far, http: AiohttpClient) -> None:
    async def never(request: web.Request) -> web.StreamResponse:
        await far.ending.wait()
        return web.Response()

    far.answer = never
    assert await outcome(http, far, timeout_s=0.2) == Ambiguous(reason="no answer in time")


async def test_nobody_there_is_not_sent(http: AiohttpClient) -> None:
    found = await provider(http).submit(SUBMISSION)
    assert isinstance(found, Deferred)
    assert not found.throttled


def request(row: Row) -> WebhookRequest:
    query, body = (row.sent, b"") if row.transport == "get" else (b"", row.sent)
    return WebhookRequest(method=row.method, path="/", query=query, content_type=row.content_type, body=body)


def form(fields: dict[str, str]) -> WebhookRequest:
    content_type, body = encode(fields, "form")
    return WebhookRequest(method="POST", path="/", query=b"", content_type=content_type, body=body)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_receipts(http: AiohttpClient, row: Row) -> None:
    (found,) = provider(http, name="other").read(request(row), NOW_MS)
    assert found.provider == "other"
    assert (found.provider_message_id, found.status) == (row.receipt.provider_message_id, row.receipt.status)
    assert (found.raw, found.transport, found.signature) == (row.sent, row.transport, Signature.ABSENT)


def test_a_probe_says_nothing(http: AiohttpClient) -> None:
    for settings in ({}, {"signature_secret": SIGNATURE_SECRET}):
        for method in ("GET", "POST", "HEAD"):
            empty = WebhookRequest(method=method, path="/", query=b"", content_type=FORM, body=b"")
            assert provider(http, **settings).read(empty, NOW_MS) == []


@pytest.mark.parametrize("method", V4.sigs)
def test_signed_receipts(http: AiohttpClient, method: str) -> None:
    signed = {**V4.fields, "sig": V4.sigs[method].upper()}
    checking = provider(http, signature_secret=V4.secret, signature_method=method)
    (found,) = checking.read(form(signed), NOW_MS)
    assert (found.signature, found.client_ref, found.status) == (Signature.GOOD, "order-42", Status.DELIVERED)
    (unchecked,) = provider(http).read(form(signed), NOW_MS)
    assert unchecked.signature is Signature.UNCHECKED
    assert unchecked.digest == found.digest
    with pytest.raises(Unauthentic) as refused:
        checking.read(form({**signed, "status": "failed"}), NOW_MS)
    assert "altered" in refused.value.explanation
    assert V4.secret not in refused.value.explanation
    with pytest.raises(Unauthentic, match="too far from now"):
        checking.read(form(signed), NOW_MS + 259_201_000)
    assert provider(http, signature_secret=V4.secret, signature_method=method, tolerance_s=0).read(form(signed), 0)


@pytest.mark.parametrize("sig", [{}, {"sig": ""}])
def test_whether_a_signature_is_required(http: AiohttpClient, sig: dict[str, str]) -> None:
    unsigned = form({**V4.fields, **sig})
    with pytest.raises(Unauthentic, match="not signed"):
        provider(http, signature_secret="s").read(unsigned, NOW_MS)
    lenient = provider(http, signature_secret="s", require_signature=False)
    assert lenient.read(unsigned, NOW_MS)[0].signature is Signature.ABSENT
    with pytest.raises(Unauthentic):
        lenient.read(form({**V4.fields, "sig": "0" * 32}), NOW_MS)


def test_what_is_no_receipt(http: AiohttpClient) -> None:
    with pytest.raises(InvalidReceipt, match="inbound SMS"):
        provider(http).read(form({"msisdn": NUMBER, "to": "1", "messageId": "1", "text": "Hi"}), NOW_MS)


@pytest.mark.parametrize(
    "section",
    [
        {"colour": "red"},
        {"sign_requests": True},
        {"require_signature": True},
        {"base_url": "rest.nexmo.com"},
        {"signature_method": "md4"},
        {"rate_per_s": -1},
        {"tolerance_s": -1},
    ],
)
def test_wrong_settings(http: AiohttpClient, section: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        provider(http, **section)


@pytest.mark.parametrize(
    ("section", "missing"),
    [
        ({"api_key": "k"}, "api_secret"),
        ({"api_secret": "s"}, "api_key"),
        ({"api_key": "k", "signature_secret": "s"}, "api_secret"),
        ({"signature_secret": "s", "sign_requests": True}, "api_key"),
    ],
)
def test_half_an_account_is_refused_by_the_name_of_the_missing_setting(
    http: AiohttpClient, section: dict[str, Any], missing: str
) -> None:
    with pytest.raises(ValidationError, match=f"{missing} is missing"):
        provider(http, **{"api_key": "", "api_secret": "", **section})


@pytest.mark.parametrize(
    "section",
    [{}, {"signature_secret": "s"}, {"signature_secret": "s", "require_signature": True}, {"base_url": "http://h"}],
)
def test_a_section_without_an_account_only_receives(http: AiohttpClient, section: dict[str, Any]) -> None:
    assert provider(http, **{"api_key": "", "api_secret": "", **section}).ready() is not None


def test_what_the_hub_asks(http: AiohttpClient) -> None:
    vonage = provider(http, receipt_due_s=100, receipt_due_s_by_country={"us": 60})
    assert (vonage.due_s("US"), vonage.due_s("GB"), vonage.due_s("")) == (60, 100, 100)
    assert vonage.webhook_paths == ("/webhooks/vonage", "/sms_delivery_receipts")
    assert provider(http, name="second").webhook_paths == ("/webhooks/second",)
    assert (vonage.retry_status, vonage.rate_per_s, vonage.concurrency) == (503, 30, 16)
    assert vonage.ready() is None
    missing = provider(http, api_key="", api_secret="").ready()
    assert missing is not None
    assert "api_secret" in missing
    assert provider(http, api_secret="", sign_requests=True, signature_secret="s").ready() is None
    failed, refused = vonage.advise("15", at_submit=False), vonage.advise("15", at_submit=True)
    assert failed is not None
    assert refused is not None
    assert (failed.meaning, refused.meaning) == ("prepaid without funds", "invalid sender")
    assert vonage.advise("", at_submit=True) is None


@pytest.mark.parametrize(
    ("status", "date", "ok"),
    [
        (200, "Tue, 14 Nov 2023 22:13:20 GMT", [True, True, True]),
        (401, "Tue, 14 Nov 2023 22:14:20 GMT", [True, False, False]),
        (404, "today", [True, False]),
    ],
)
async def test_check(far: Far, http: AiohttpClient, status: int, date: str, ok: list[bool]) -> None:
    far.answer = always(lambda: web.Response(status=status, headers={"Date": date}, body=b"{}"))
    found = await provider(http, far.url).check()
    assert [finding.ok for finding in found] == ok
    assert all(finding.ok or finding.cure for finding in found)
    assert far.headers[0]["Authorization"] == "Basic YWJjZDEyMzQ6dmVyeS1zZWNyZXQtMQ=="
    assert SECRET not in repr(found)


async def test_check_without_account_or_server(http: AiohttpClient) -> None:
    (nothing,) = await provider(http, api_key="", api_secret="").check()
    assert not nothing.ok
    (unreachable,) = await provider(http).check()
    assert not unreachable.ok
    assert unreachable.cure


def test_the_tutorials_form_needs_no_settings(http: AiohttpClient) -> None:
    bare = build("vonage", {}, Context(clock=lambda: 0, http=http, observe=lambda what, **facts: None))
    posted = WebhookRequest(method="POST", path="/", query=b"", content_type=FORM, body=TUTORIAL_FORM)
    assert bare.read(posted, 0)[0].provider_message_id == "02000000FEA5EE9B"
    assert bare.ready()
