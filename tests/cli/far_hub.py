"""A small hub to run the commands against: the JSON API's shapes on a real socket, with answers that a test decides."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web

TOKEN = "far-token"
ESCAPE = "\x1b[31mred\x1b[0m\u202e\x9b2J[bold]x[/bold]"
"""What a stranger may put into a text: colours, a right-to-left override, a C1 control, rich's markup."""


def message(number: int = 1, **changes: Any) -> dict[str, Any]:
    """A message as the API answers it."""
    return {
        "id": f"019a0000-0000-7000-8000-{number:012d}",
        "to": "447700900000",
        "from": "Acme",
        "status": "delivered",
        "version": 4,
        "final": True,
        "created_at": "2026-01-31T14:02:11.208Z",
        "updated_at": "2026-01-31T14:02:13.208Z",
        "provider": "sandbox",
        "country": "GB",
        "type": "text",
        "text": "Hello",
        "part_count": 1,
        "client_ref": None,
        "err_code": None,
        "reason": None,
        "explanation": None,
        "parts": [],
    } | changes


def event(number: int, **changes: Any) -> dict[str, Any]:
    """An event as the feed answers it."""
    return {
        "id": f"e{number}",
        "message_id": message(number)["id"],
        "version": 2,
        "status": "delivered",
        "previous": "accepted",
        "at": "2026-01-31T14:02:13.208Z",
        "err_code": None,
        "reason": None,
        "client_ref": None,
        "to": "447700900000",
        "from": "Acme",
    } | changes


class FarHub:
    """What a test sets: ``course`` are the states that a sent message goes through, one for each look at it.

    What a test reads: ``asked`` has every request as (method, path, query, body, Idempotency-Key).
    """

    def __init__(self) -> None:
        self.url = ""
        self.course: list[dict[str, Any]] = [message()]
        self.stored: list[dict[str, Any]] = []
        self.receipts: list[dict[str, Any]] = []
        self.ready: tuple[int, dict[str, Any]] = (200, {"status": "ready"})
        self.rejected: list[dict[str, Any]] = []
        self.binds: list[dict[str, Any]] = []
        self.inbound: list[dict[str, Any]] = []
        self.timeline: dict[str, Any] = {}
        self.feed: list[list[dict[str, Any]]] = []
        self.problem: tuple[int, dict[str, Any]] | None = None
        self.asked: list[tuple[str, str, dict[str, str], Any, str | None]] = []
        self._looked = 0

    def app(self) -> web.Application:
        app = web.Application(middlewares=[self._door])
        app.router.add_post("/v1/messages", self._look)
        app.router.add_get("/v1/messages", self._list)
        app.router.add_get("/v1/messages/{id}", self._look)
        app.router.add_get("/v1/messages/{id}/timeline", self._timeline)
        app.router.add_get("/v1/binds", self._binds)
        app.router.add_get("/v1/inbound", self._inbound)
        app.router.add_get("/v1/unmatched", self._unmatched)
        app.router.add_get("/readyz", self._readyz)
        app.router.add_get("/v1/rejected", self._rejected)
        app.router.add_get("/v1/events", self._events)
        return app

    @web.middleware
    async def _door(self, request: web.Request, handler: Any) -> web.StreamResponse:
        body = await request.json() if request.can_read_body else None
        key = request.headers.get("Idempotency-Key")
        self.asked.append((request.method, request.path, dict(request.query), body, key))
        if request.path != "/readyz" and request.headers.get("Authorization") != f"Bearer {TOKEN}":
            return web.json_response({"title": "Unauthorized", "status": 401, "detail": "no"}, status=401)
        if self.problem:
            status, document = self.problem
            return web.json_response(document, status=status, content_type="application/problem+json")
        answer: web.StreamResponse = await handler(request)
        return answer

    async def _look(self, request: web.Request) -> web.Response:
        state = self.course[min(self._looked, len(self.course) - 1)]
        self._looked += 1
        return web.json_response(state)

    async def _list(self, request: web.Request) -> web.Response:
        start, limit = int(request.query.get("cursor", 0)), int(request.query["limit"])
        end = start + limit
        following = str(end) if end < len(self.stored) else None
        return web.json_response({"messages": self.stored[start:end], "next_cursor": following})

    async def _timeline(self, request: web.Request) -> web.Response:
        return web.json_response(self.timeline)

    async def _binds(self, request: web.Request) -> web.Response:
        return web.json_response({"binds": self.binds})

    async def _inbound(self, request: web.Request) -> web.Response:
        return web.json_response({"inbound": self.inbound[: int(request.query["limit"])]})

    async def _unmatched(self, request: web.Request) -> web.Response:
        return web.json_response({"receipts": self.receipts})

    async def _readyz(self, request: web.Request) -> web.Response:
        status, document = self.ready
        return web.json_response(document, status=status)

    async def _rejected(self, request: web.Request) -> web.Response:
        return web.json_response({"rejected": self.rejected[: int(request.query["limit"])]})

    async def _events(self, request: web.Request) -> web.Response:
        batch = self.feed.pop(0) if self.feed else []
        if not batch and int(request.query["wait_s"]):
            self.problem = (401, {"detail": "the feed is over"})
            return web.json_response({"title": "over", "status": 401}, status=401)
        return web.json_response({"events": batch, "cursor": batch[-1]["id"] if batch else "e0"})


@asynccontextmanager
async def far_hub() -> AsyncIterator[FarHub]:
    """A far hub that listens on a free port of this machine."""
    hub = FarHub()
    runner = web.AppRunner(hub.app())
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    hub.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield hub
    finally:
        await runner.cleanup()
