from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from aiohttp import web

from receipted.dialects.vonage import receipt as receipts
from receipted.dialects.vonage.fields import RECEIPT, decode
from receipted.dialects.vonage.signature import verify
from receipted.hub.ports import HttpAnswer, HttpFailure
from receipted.hub.probe import FAILURES, MESSAGE_ID, ProbeResult, probe
from receipted.providers.http import AiohttpClient

NOW_MS = 1_700_000_000_000
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@pytest.fixture
async def http() -> AsyncIterator[AiohttpClient]:
    client = AiohttpClient()
    yield client
    await client.close()


class Failing:
    """A far side that always fails in one way, and counts how often it was asked."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.calls = 0

    async def call(self, method: str, url: str, **options: object) -> HttpAnswer | HttpFailure:
        self.calls += 1
        return HttpFailure(problem="it failed", kind=self.kind, sent=False)


async def probed(http: AiohttpClient, handler: Handler, secret: str = "", path: str = "/hook") -> list[ProbeResult]:
    app = web.Application()
    app.router.add_route("*", "/hook", handler)
    runner = web.AppRunner(app, shutdown_timeout=0)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    found = await probe(http, f"http://127.0.0.1:{runner.addresses[0][1]}{path}", now_ms=NOW_MS, secret=secret)
    await runner.cleanup()
    assert [result.format for result in found] == ["GET", "POST", "POST-JSON"]
    assert all(result.ok is not bool(result.cure) for result in found)
    return found


@pytest.mark.parametrize(("secret", "path"), [("", "/hook"), ("s", "/hook?token=1")])
async def test_a_good_address_gets_three_receipts(http: AiohttpClient, secret: str, path: str) -> None:
    seen: list[tuple[str, str]] = []

    async def handler(request: web.Request) -> web.StreamResponse:
        fields, transport, raw = decode(
            request.method,
            request.rel_url.raw_query_string.removeprefix("token=1&").encode(),
            request.headers.get("Content-Type", ""),
            await request.read(),
            RECEIPT,
        )
        assert receipts.read(fields, provider="x", raw=raw).provider_message_id == MESSAGE_ID
        assert bool(secret) is verify(fields, secret, "md5hash", NOW_MS, 1).good
        seen.append((request.method, transport))
        return web.Response()

    found = await probed(http, handler, secret, path)
    assert [(result.ok, result.said, result.status) for result in found] == [(True, "answered 200", 200)] * 3
    assert seen == [("GET", "get"), ("POST", "form"), ("POST", "json")]


@pytest.mark.parametrize(
    ("status", "words", "cure"),
    [
        (204, "fine for receipts", ""),
        (302, "a redirect to /login", "redirects are not followed"),
        (401, "checks signatures or wants a login", "--secret"),
        (403, "forbidden", "CSRF"),
        (404, "nothing at that path", "path"),
        (405, "another method", "format"),
        (418, "refused", "log"),
        (500, "the server failed", "log"),
        (503, "away for the moment", "again"),
    ],
)
async def test_answers(http: AiohttpClient, status: int, words: str, cure: str) -> None:
    async def handler(request: web.Request) -> web.StreamResponse:
        return web.Response(status=status, headers={"Location": "/login"})

    for result in await probed(http, handler):
        assert result.status == status
        assert words in result.said
        assert cure in result.cure


@pytest.mark.parametrize(
    ("content_type", "body", "said"),
    [
        (
            "application/problem+json",
            b'{"status":401,"detail":"the receipt\\n is not signed."}',
            "a login (the receipt is not signed)",
        ),
        ("Application/Problem+JSON; charset=utf-8", b'{"detail":"' + b"x" * 9_999 + b'"}', f"({'x' * 300})"),
        ("application/json", b'{"detail":"no"}', "a login"),
        ("application/problem+json", b'{"detail":5}', "a login"),
        ("application/problem+json", b"\xff", "a login"),
        ("application/problem+json", b"[]", "a login"),
    ],
)
async def test_what_the_server_says_itself_is_quoted(
    http: AiohttpClient, content_type: str, body: bytes, said: str
) -> None:
    async def handler(request: web.Request) -> web.StreamResponse:
        return web.Response(status=401, body=body, headers={"Content-Type": content_type})

    assert all(result.said.endswith(said) for result in await probed(http, handler))


async def test_each_format_has_its_own_result(http: AiohttpClient) -> None:
    async def only_post(request: web.Request) -> web.StreamResponse:
        return web.Response(status=200 if request.method == "POST" else 405)

    assert [result.ok for result in await probed(http, only_post)] == [False, True, True]


@pytest.mark.parametrize(
    "url",
    ["", "example.com/hook", "ftp://example.com/", "http://", "http://a b.com/", "http://[::1", "http://a_b.com/"],
)
async def test_not_a_url(url: str) -> None:
    far = Failing("dns")
    found = await probe(far, url, now_ms=NOW_MS)
    assert len(found) == 3
    assert not any(result.ok for result in found)
    assert all(result.cure for result in found)
    assert far.calls == 0


@pytest.mark.parametrize(
    ("kind", "calls"), [("dns", 1), ("refused", 1), ("connect-timeout", 1), ("tls", 1), ("timeout", 3), ("broken", 3)]
)
async def test_failures(kind: str, calls: int) -> None:
    far = Failing(kind)
    found = await probe(far, "https://example.com/hook", now_ms=NOW_MS)
    assert [(result.ok, result.said, result.cure) for result in found] == [(False, "it failed", FAILURES[kind])] * 3
    assert far.calls == calls
