"""The endpoints' readers: what has happened becomes deliveries, event by event, while the endpoint takes them.

An endpoint that is disabled, or has much waiting, is read no further: the rest stays in the feed, where nothing is
lost, until it is back.
"""

import asyncio

from receipted.domain.endpoint import Endpoint
from receipted.domain.event import Event
from receipted.hub.accounts import Accounts
from receipted.hub.outbox import ENDPOINT, Outbox
from receipted.hub.ports import Observe, Store

BATCH = 256
MOST_WAITING = 1_000
"""Deliveries that may wait for one endpoint before its reader stops."""
LOOK_MS = 1_000
"""How often it is counted what waits."""


class Endpoints:
    """``await endpoints.read_on(now_ms)`` makes deliveries of what is new in the feed."""

    def __init__(self, *, accounts: Accounts, store: Store, outbox: Outbox, give_up_ms: int, observe: Observe) -> None:
        self._accounts = accounts
        self._store = store
        self._outbox = outbox
        self._give_up_ms = give_up_ms
        self._observe = observe
        self._full: frozenset[str] = frozenset()
        self._counted_ms = -LOOK_MS
        self._saving: set[asyncio.Task[None]] = set()

    async def read_on(self, now_ms: int) -> None:
        """Raises Overloaded or StorageUnavailable."""
        reading = [endpoint for endpoint in self._accounts.endpoints.values() if not endpoint.disabled]
        if not reading:
            return
        if now_ms - self._counted_ms >= LOOK_MS:
            self._counted_ms = now_ms
            owing = await self._outbox.owing()
            self._full = frozenset(one.target for one in owing if one.waiting >= MOST_WAITING)
        for endpoint in reading:
            if ENDPOINT + endpoint.name not in self._full:
                await self._read(endpoint, now_ms)

    async def _read(self, endpoint: Endpoint, now_ms: int) -> None:
        cursor = await self._store.cursor(ENDPOINT + endpoint.name)
        events = await self._store.events(cursor, BATCH)
        if events:
            wanted = [event for event in events if _wants(endpoint, event)]
            await self._outbox.fan_out(endpoint.name, wanted, events[-1].id, now_ms)

    def answered(self, name: str, *, good: bool, now_ms: int) -> None:
        """An endpoint was asked. One that fails for as long as events are tried is disabled, loudly; none is lost."""
        endpoint = self._accounts.endpoints.get(name)
        if endpoint is None:
            return
        if good and endpoint.failing_since_ms is not None:
            self._change(name, failing_since_ms=None)
        elif not good and endpoint.failing_since_ms is None:
            self._change(name, failing_since_ms=now_ms)
        elif not good and now_ms - (endpoint.failing_since_ms or 0) >= self._give_up_ms and not endpoint.disabled:
            hours = self._give_up_ms // 3_600_000
            why = f"it has not answered well for {hours} h; `receipted endpoint enable {name}` goes on where it was"
            self._change(name, disabled=True, disabled_for=why)
            self._observe("endpoint.disabled", endpoint=name, reason=why)

    def _change(self, name: str, **changes: object) -> None:
        task = asyncio.create_task(self._save(name, changes))
        self._saving.add(task)
        task.add_done_callback(self._saving.discard)

    async def _save(self, name: str, changes: dict[str, object]) -> None:
        try:
            await self._accounts.change_endpoint(name, **changes)
        except Exception as error:
            self._observe("endpoint.not-saved", endpoint=name, problem=str(error))


def _wants(endpoint: Endpoint, event: Event) -> bool:
    return not endpoint.statuses or event.status in endpoint.statuses
