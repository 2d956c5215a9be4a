"""The door for receipts: durable before the 200, and never a 500.

Plain ASGI, since it is the hottest path of the hub. What it answers, and why:

====  =================================================================================================================
200   stored, synced and safe; or a probe without content, as providers send when a URL is saved
400   cannot be read: the field is named, and the request is kept in the bounded log of refused ones
401   the signature does not hold; kept likewise, with the explanation for the hub's owner only
405   neither GET nor POST
413   larger than ``limits.body_bytes``
503   it could not be stored now, or anything unforeseen: the provider's own status for "send it again"
====  =================================================================================================================
"""

from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from contextlib import suppress
from typing import Any, TypeAlias

import msgspec

from receipted.domain.errors import InvalidReceipt, Overloaded, ReceiptedError, StorageUnavailable, Unauthentic
from receipted.hub.ports import Clock, Observe, Provider, RejectedRequest, Store, WebhookRequest
from receipted.hub.receive import Receive

Scope: TypeAlias = MutableMapping[str, Any]
Message: TypeAlias = MutableMapping[str, Any]
Read: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
App: TypeAlias = Callable[[Scope, Read, Send], Awaitable[None]]

_OK_START: Message = {"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]}
_OK_BODY: Message = {"type": "http.response.body", "body": b""}
RETRY_AFTER_S = b"5"


class TooLarge(ReceiptedError):
    """A body over the limit."""


class Gone(Exception):
    """The other side hung up before its request was whole."""


class PerSecond:
    """Counts up to a limit within each second, so that a flood is not also one in the log."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._second = 0
        self._count = 0

    def exceeded(self, now_ms: int) -> bool:
        """Count one more; whether it is more than the limit allows in this second."""
        second = now_ms // 1000
        self._count = self._count + 1 if second == self._second else 1
        self._second = second
        return self._count > self._limit


class WebhookDoor:
    """One provider's webhook, as an ASGI application."""

    def __init__(
        self,
        *,
        provider: Provider,
        receive: Receive,
        store: Store,
        clock: Clock,
        observe: Observe,
        body_bytes: int,
        rejected_per_s: int,
    ) -> None:
        self._provider = provider
        self._receive = receive
        self._store = store
        self._clock = clock
        self._observe = observe
        self._body_bytes = body_bytes
        self._kept = PerSecond(rejected_per_s)
        self._told = PerSecond(rejected_per_s)

    async def __call__(self, scope: Scope, read: Read, send: Send) -> None:
        if scope["method"] not in ("GET", "POST"):
            await self._answer_other_method(scope, send)
            return
        body = b""
        try:
            if scope["method"] == "POST":
                body = await read_body(read, self._body_bytes)
            receipts = self._provider.read(_request(scope, body), self._clock())
            if receipts:
                await self._receive(receipts)
        except Gone:
            return
        except Exception as error:
            await self._refuse(_request(scope, body), error, send)
            return
        await _answer_ok(send)

    async def _answer_other_method(self, scope: Scope, send: Send) -> None:
        if scope["method"] == "HEAD":
            await _answer_ok(send)
        else:
            await answer_problem(
                send, 405, "only GET and POST bring receipts", headers=[(b"allow", b"GET, POST, HEAD")]
            )

    async def _refuse(self, request: WebhookRequest, error: Exception, send: Send) -> None:
        """Answer for what went wrong, in the one place where errors become statuses."""
        match error:
            case InvalidReceipt(field=field, problem=problem):
                await self._keep(request, 400, "malformed", str(error))
                await answer_problem(send, 400, problem, field=field)
            case Unauthentic(explanation=explanation):
                await self._keep(request, 401, "unauthentic", str(error), explanation)
                await answer_problem(send, 401, "the signature of this receipt does not hold")
            case TooLarge():
                await self._keep(request, 413, "too-large", str(error))
                await answer_problem(send, 413, str(error), headers=[(b"connection", b"close")])
            case Overloaded() | StorageUnavailable():
                reason = "overloaded" if isinstance(error, Overloaded) else "storage"
                self._count(reason, str(error), quiet=self._told.exceeded(self._clock()))
                await self._send_again(send, str(error))
            case _:
                flooded = self._told.exceeded(self._clock())
                self._observe("door.broke", provider=self._provider.name, problem=repr(error), quiet=flooded)
                await self._send_again(send, "the hub could not take this now")

    async def _send_again(self, send: Send, problem: str) -> None:
        await answer_problem(send, self._provider.retry_status, problem, headers=[(b"retry-after", RETRY_AFTER_S)])

    async def _keep(
        self, request: WebhookRequest, status: int, reason: str, problem: str, explanation: str = ""
    ) -> None:
        """Put a refused request into the bounded log. A flood is counted, not stored."""
        now_ms = self._clock()
        flooded = self._kept.exceeded(now_ms)
        self._count(reason, problem, quiet=flooded)
        if flooded:
            return
        try:
            await self._store.reject(
                RejectedRequest(
                    at_ms=now_ms,
                    door=self._provider.name,
                    status=status,
                    problem=problem,
                    explanation=explanation,
                    method=request.method,
                    content_type=request.content_type,
                    source=request.source,
                    query=request.query,
                    body=request.body,
                )
            )
        except Exception as error:
            self._observe("rejected.not-kept", provider=self._provider.name, problem=str(error))

    def _count(self, reason: str, problem: str, *, quiet: bool = False) -> None:
        self._observe("receipt.rejected", provider=self._provider.name, reason=reason, problem=problem, quiet=quiet)


def _request(scope: Scope, body: bytes) -> WebhookRequest:
    content_type = ""
    for name, value in scope["headers"]:
        if name == b"content-type":
            content_type = value.decode("latin-1")
            break
    client = scope.get("client")
    return WebhookRequest(
        method=scope["method"],
        path=scope["path"],
        query=scope["query_string"],
        content_type=content_type,
        body=body,
        source=client[0] if client else "",
    )


async def read_body(read: Read, limit: int) -> bytes:
    """The whole body. Raises TooLarge, or Gone. How long it may take is the server's to enforce."""
    message = await read()
    body: bytes = message.get("body", b"")
    if message["type"] == "http.request" and not message.get("more_body", False) and len(body) <= limit:
        return body
    pieces = [body]
    size = len(body)
    while message["type"] == "http.request" and message.get("more_body", False) and size <= limit:
        message = await read()
        pieces.append(message.get("body", b""))
        size += len(pieces[-1])
    if message["type"] != "http.request":
        raise Gone
    if size > limit:
        raise TooLarge(f"a body may have {limit} bytes at most")
    return b"".join(pieces)


async def _answer_ok(send: Send) -> None:
    # What was stored stays stored when there is nobody left to hear of it; the provider sends it again. The server says
    # so by a RuntimeError of its transport.
    with suppress(RuntimeError):
        await send(_OK_START)
        await send(_OK_BODY)


async def answer_problem(
    send: Send, status: int, detail: str, *, field: str | None = None, headers: Iterable[tuple[bytes, bytes]] = ()
) -> None:
    """An answer in the form of RFC 9457; to nobody, if the other side has hung up."""
    problem: dict[str, object] = {"status": status, "detail": detail}
    if field is not None:
        problem["field"] = field
    await send_answer(send, status, "application/problem+json", msgspec.json.encode(problem), headers)


async def send_answer(
    send: Send, status: int, content_type: str, body: bytes, headers: Iterable[tuple[bytes, bytes]] = ()
) -> None:
    """One whole answer; to nobody, if the other side has hung up."""
    fixed = [(b"content-type", content_type.encode()), (b"content-length", str(len(body)).encode())]
    with suppress(RuntimeError):
        await send({"type": "http.response.start", "status": status, "headers": [*fixed, *headers]})
        await send({"type": "http.response.body", "body": body})


class Doorway:
    """All webhook doors by their paths; whatever else comes goes to ``beyond``.

    Mounted under a prefix in another application, a path counts with or without that prefix. A slash at its end counts
    for nothing: Litestar adds one to what it mounts.
    """

    def __init__(self, doors: dict[str, App], beyond: App) -> None:
        self._doors = doors
        self._beyond = beyond

    async def __call__(self, scope: Scope, read: Read, send: Send) -> None:
        if scope["type"] == "http":
            door = self._doors.get(scope["path"]) or self._mounted(scope)
            if door is not None:
                await door(scope, read, send)
                return
        await self._beyond(scope, read, send)

    def _mounted(self, scope: Scope) -> App | None:
        prefix = scope.get("root_path") or ""
        return self._doors.get(scope["path"].removeprefix(prefix).rstrip("/"))


async def not_found(scope: Scope, read: Read, send: Send) -> None:
    """What stands beyond the doors where there is nothing else."""
    if scope["type"] == "http":
        await answer_problem(send, 404, "there is nothing here")
