"""Take in what a carrier hands over that is no readable receipt: SMS from phones, and riddles. Kept, and shown."""

import asyncio
from collections import Counter
from collections.abc import Sequence

from receipted.hub.links import Inbound, InboundKind
from receipted.hub.ports import Clock, Observe, Store
from receipted.hub.receive import TOLD_EVERY_S


class TakeInbound:
    """``await take_inbound(those)`` returns when they are durable. Raises Overloaded or StorageUnavailable."""

    def __init__(self, *, store: Store, clock: Clock, observe: Observe) -> None:
        self._store = store
        self._clock = clock
        self._observe = observe
        self._stored: Counter[tuple[str, InboundKind]] = Counter()

    async def __call__(self, taken: Sequence[Inbound]) -> None:
        await self._store.take_inbound(taken, self._clock())
        if taken and not self._stored:
            asyncio.get_running_loop().call_later(TOLD_EVERY_S, self.tell)
        self._stored.update((one.provider, one.kind) for one in taken)

    def tell(self) -> None:
        """Tell what was stored since the last time; at the end of the program, too."""
        stored, self._stored = self._stored, Counter()
        for (provider, kind), count in stored.items():
            self._observe("inbound.stored", provider=provider, kind=str(kind), count=count)
