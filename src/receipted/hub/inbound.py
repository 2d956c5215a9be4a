"""Take in what a carrier hands over that is no readable receipt: SMS from phones, and riddles. Kept, and shown."""

from collections import Counter
from collections.abc import Sequence

from receipted.hub.links import Inbound
from receipted.hub.ports import Clock, Observe, Store


class TakeInbound:
    """``await take_inbound(those)`` returns when they are durable. Raises Overloaded or StorageUnavailable."""

    def __init__(self, *, store: Store, clock: Clock, observe: Observe) -> None:
        self._store = store
        self._clock = clock
        self._observe = observe

    async def __call__(self, taken: Sequence[Inbound]) -> None:
        await self._store.take_inbound(taken, self._clock())
        for (provider, kind), count in Counter((one.provider, one.kind) for one in taken).items():
            self._observe("inbound.stored", provider=provider, kind=str(kind), count=count)
