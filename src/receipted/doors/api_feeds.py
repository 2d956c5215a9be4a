"""The JSON API's feeds: events as they happen, receipts without a message, refused webhook requests."""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated

import msgspec
from litestar import get
from litestar.handlers import HTTPRouteHandler
from litestar.params import HeaderParameter, QueryParameter
from litestar.response import ServerSentEvent, ServerSentEventMessage

from receipted.doors.api_patterns import AFTER
from receipted.doors.api_problems import documented
from receipted.doors.api_render import event_out, ms_of, receipt_out, rejected_out
from receipted.doors.api_request import time
from receipted.doors.api_shapes import EventsOut, RejectedOut, UnmatchedOut
from receipted.hub.ports import Store, Wake

NOW = "now"
"""As ``after``: the cursor of the newest event, to follow the feed from here on."""
LOOK_EVERY_S = 1.0
"""A waiting reader looks this often even if it was not woken: a wake-up is only a hint."""

STREAM_BATCH = 100
COMMENT_EVERY_S = 15.0

Limit = Annotated[int, QueryParameter(ge=1, le=500, description="How many at most.")]


def feeds(store: Store, wake_events: Wake) -> list[HTTPRouteHandler]:
    """The operations that read what happened, closed over what they work with."""

    @get(
        "/v1/events",
        operation_id="list_events",
        summary="The feed of status changes, oldest first",
        description="Waits up to `wait_s` seconds for the first event after the cursor.",
        tags=["events"],
        responses=documented(400, 401, 503),
    )
    async def list_events(
        after: Annotated[
            str | None,
            QueryParameter(
                pattern=AFTER,
                description="The `cursor` of the answer before; `now` for what is still to come; left out: all.",
            ),
        ] = None,
        limit: Limit = 100,
        wait_s: Annotated[float, QueryParameter(ge=0, le=30, description="How long to wait, in seconds.")] = 0.0,
    ) -> EventsOut:
        cursor = await store.last_event() if after == NOW else after
        loop = asyncio.get_running_loop()
        until = loop.time() + wait_s
        found = await store.events(cursor, limit)
        while not found and not wake_events.closed and (left_s := until - loop.time()) > 0:
            await wake_events.wait(min(left_s, LOOK_EVERY_S))
            found = await store.events(cursor, limit)
        return EventsOut(events=[event_out(event) for event in found], cursor=found[-1].id if found else cursor)

    @get(
        "/v1/unmatched",
        operation_id="list_unmatched",
        summary="Receipts whose message is not known, newest first",
        tags=["receipts"],
        responses=documented(400, 401, 503),
    )
    async def list_unmatched(
        before: Annotated[str | None, time("Received before this time (ISO 8601, with zone).")] = None,
        limit: Limit = 100,
    ) -> UnmatchedOut:
        found = await store.unmatched(limit, ms_of("before", before))
        return UnmatchedOut(receipts=[receipt_out(stored) for stored in found])

    @get(
        "/v1/rejected",
        operation_id="list_rejected",
        summary="Webhook requests that were refused, newest first",
        tags=["receipts"],
        responses=documented(400, 401, 503),
    )
    async def list_rejected(limit: Limit = 100) -> RejectedOut:
        return RejectedOut(rejected=[rejected_out(request) for request in await store.rejected(limit)])

    @get(
        "/v1/events/stream",
        operation_id="stream_events",
        summary="The feed of status changes as server-sent events",
        description="Each has the cursor as its id, so a client that reconnects with Last-Event-ID misses nothing.",
        tags=["events"],
        media_type="text/event-stream",
        include_in_schema=False,
    )
    async def stream_events(
        after: Annotated[str | None, QueryParameter(pattern=AFTER)] = None,
        last_event_id: Annotated[str | None, HeaderParameter(name="Last-Event-ID", pattern=AFTER)] = None,
    ) -> ServerSentEvent:
        begin = last_event_id or after
        cursor = await store.last_event() if begin == NOW else begin
        return ServerSentEvent(_stream(store, wake_events, cursor))

    return [list_events, stream_events, list_unmatched, list_rejected]


async def _stream(store: Store, wake_events: Wake, cursor: str | None) -> AsyncIterator[ServerSentEventMessage]:
    """Events from the cursor on, until the hub stops; a comment now and then, so that a dead reader is noticed."""
    loop = asyncio.get_running_loop()
    said_s = loop.time()
    while not wake_events.closed:
        for event in await store.events(cursor, STREAM_BATCH):
            cursor, said_s = event.id, loop.time()
            yield ServerSentEventMessage(
                id=event.id, event=f"message.{event.status}", data=msgspec.json.encode(event_out(event)).decode()
            )
        if loop.time() - said_s >= COMMENT_EVERY_S:
            said_s = loop.time()
            yield ServerSentEventMessage(comment="still here")
        await wake_events.wait(LOOK_EVERY_S)
