"""The JSON API's feeds: events as they happen, receipts without a message, refused webhook requests."""

import asyncio
from typing import Annotated

from litestar import get
from litestar.handlers import HTTPRouteHandler
from litestar.params import QueryParameter

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

    return [list_events, list_unmatched, list_rejected]
