"""The far company: a server that plays Vonage. It takes and counts submits, and repeats its receipts."""

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import Any, TypeAlias
from uuid import uuid4

import aiohttp
from aiohttp import web

from receipted.dialects.vonage.receipt import signed

Asked: TypeAlias = dict[str, str]
Answer: TypeAlias = Callable[["FarVonage", Asked, web.Request], Awaitable[web.StreamResponse]]
AGAIN_S = 0.05
"""How soon this Vonage repeats a receipt that was not taken. The real one waits 60 s (reference vonage-sms 2.6)."""


class FarVonage:
    """``answer`` decides about each submit; ``taken`` counts by client-ref what was taken, answered or not."""

    def __init__(self) -> None:
        self.answer: Answer = take
        self.asked: list[Asked] = []
        self.taken: Counter[str] = Counter()
        self.ids: dict[str, str] = {}
        self.slowest_s = 0.0
        """The longest that a receipt waited for its answer."""
        self.url = ""
        self._closing = asyncio.Event()

    async def __aenter__(self) -> "FarVonage":
        app = web.Application()
        app.router.add_post("/sms/json", self._submit)
        self._runner = web.AppRunner(app, shutdown_timeout=0, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0, backlog=1024).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        self.session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))
        return self

    async def __aexit__(self, *_: object) -> None:
        self._closing.set()
        await self.session.close()
        await self._runner.cleanup()

    def settings(self) -> dict[str, str]:
        """What points a hub at this server, with an account that it knows."""
        account = {"API_KEY": "abcd1234", "API_SECRET": "very-secret-1", "BASE_URL": self.url, "RATE_PER_S": "0"}
        return {f"PROVIDERS__VONAGE__{name}": value for name, value in account.items()}

    def take(self, asked: Asked, message_id: str = "") -> str:
        """Take a submit, and give it an id."""
        self.taken[asked["client-ref"]] += 1
        self.ids[asked["client-ref"]] = message_id or uuid4().hex[:16].upper()
        return self.ids[asked["client-ref"]]

    async def push(
        self, url: str, fields: Mapping[str, str], how: str = "json", secret: str = "", method: str = "md5hash"
    ) -> int:
        """Send one receipt once, as the account's settings say (reference vonage-sms 2.2). Returns the HTTP status."""
        whole = dict(fields)
        if secret:
            now_ms = int(datetime.now(UTC).timestamp() * 1000)
            whole = signed(whole, secret=secret, method=method, nonce=str(uuid4()), now_ms=now_ms)
        what: dict[str, Any] = {"json": {"json": whole}, "form": {"data": whole}, "get": {"params": whole}}[how]
        begun = time.monotonic()
        async with self.session.request("GET" if how == "get" else "POST", url, **what) as answer:
            await answer.read()
            self.slowest_s = max(self.slowest_s, time.monotonic() - begun)
            return answer.status

    async def push_until_taken(self, url: Callable[[], str], fields: Mapping[str, str], how: str = "json") -> list[int]:
        """Send one receipt until it gets a 2xx. Returns every status met; 0 stands for no answer."""
        met: list[int] = []
        while not met or met[-1] // 100 != 2:
            if met:
                await asyncio.sleep(AGAIN_S)
            try:
                met.append(await self.push(url(), fields, how))
            except (aiohttp.ClientError, OSError):
                met.append(0)
        return met

    async def _submit(self, request: web.Request) -> web.StreamResponse:
        asked = {name: str(value) for name, value in (await request.post()).items()}
        self.asked.append(asked)
        answering = asyncio.ensure_future(self.answer(self, asked, request))
        closing = asyncio.ensure_future(self._closing.wait())
        await asyncio.wait({answering, closing}, return_when=asyncio.FIRST_COMPLETED)
        closing.cancel()
        if answering.done():
            return answering.result()
        answering.cancel()
        return web.Response(status=503)


async def take(far: FarVonage, asked: Asked, _: web.Request) -> web.StreamResponse:
    """Take it and say so."""
    return said(asked, far.take(asked))


async def hang_up(far: FarVonage, asked: Asked, request: web.Request) -> web.StreamResponse:
    """Take it, and break the connection before the answer."""
    far.take(asked)
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


async def never(far: FarVonage, asked: Asked, _: web.Request) -> web.StreamResponse:
    """Take it, and never answer."""
    far.take(asked)
    await asyncio.Event().wait()
    return web.Response()


async def throttle(_: FarVonage, asked: Asked, __: web.Request) -> web.StreamResponse:
    """Do not take it: too fast (reference vonage-sms 1.5, status 1)."""
    text = "Throughput Rate Exceeded - please wait [ 50 ] and retry"
    return web.json_response({"message-count": "1", "messages": [{"status": "1", "error-text": text}]})


def said(asked: Asked, *message_ids: str) -> web.Response:
    """The answer to a submit that was taken, one item for each part (reference vonage-sms 1.4)."""
    items = [
        {
            "to": asked["to"],
            "message-id": message_id,
            "status": "0",
            "remaining-balance": "3.14159265",
            "message-price": "0.03330000",
            "network": "23410",
            "client-ref": asked["client-ref"],
        }
        for message_id in message_ids
    ]
    return web.json_response({"message-count": str(len(items)), "messages": items})


def receipt(message_id: str, status: str = "delivered", *, client_ref: str = "", at: str = "2611231420") -> Asked:
    """The fields of a receipt (reference vonage-sms 2.1). ``at`` is its scts."""
    fields = {
        "msisdn": "447700900000",
        "to": "AcmeInc",
        "network-code": "23410",
        "messageId": message_id,
        "price": "0.03330000",
        "status": status,
        "scts": at,
        "err-code": "0" if status in ("delivered", "accepted", "buffered") else "1",
        "api-key": "abcd1234",
        "client-ref": client_ref,
        "message-timestamp": "2026-11-23 14:20:11",
    }
    return {name: value for name, value in fields.items() if value}
