"""Tell whoever listens of every change of status: at least once, in order, from where they stopped.

A listener has a name, and its place in the feed is kept under that name: after a crash it goes on where it was.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import TypeAlias

from receipted.domain.backoff import delay_ms
from receipted.domain.errors import Overloaded, StorageUnavailable
from receipted.domain.event import Event
from receipted.hub.ports import Observe, Store, Wake

POLL_S = 1.0
BATCH = 100

Listener: TypeAlias = Callable[[Event], Awaitable[None]]


class Listen:
    """One listener's reader. ``run`` until cancelled.

    A listener that raises is told the same event again after a wait, and later ones only after it; it may hear an
    event twice, never not at all. A listener that is new hears of what happens from now on.
    """

    def __init__(self, *, store: Store, name: str, listener: Listener, wake: Wake, observe: Observe) -> None:
        self._store = store
        self._name = name
        self._listener = listener
        self._wake = wake
        self._observe = observe

    async def begin(self) -> None:
        """Fix the place in the feed, so that nothing after this is missed."""
        if await self._store.cursor(self._name) is None:
            await self._store.advance(self._name, await self._store.last_event() or "")

    async def run(self) -> None:
        """Until cancelled."""
        failures = 0
        while True:
            try:
                told = await self._batch()
                failures = 0
            except (Overloaded, StorageUnavailable) as error:
                failures, told = failures + 1, 0
                self._observe("notify.postponed", listener=self._name, problem=str(error))
            except Exception as error:
                failures, told = failures + 1, 0
                self._observe("listener.failed", listener=self._name, problem=repr(error))
            if failures:
                await asyncio.sleep(delay_ms(failures, cap_ms=60_000, jitter=random.random()) / 1000)  # noqa: S311
            elif not told:
                await self._wake.wait(POLL_S)

    async def _batch(self) -> int:
        events = await self._store.events(await self._store.cursor(self._name), BATCH)
        for event in events:
            await self._listener(event)
            await self._store.advance(self._name, event.id)
        return len(events)
