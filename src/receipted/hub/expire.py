"""Silence is not failure: what has no final receipt in time becomes `unknown` (promise 4)."""

from receipted.domain.errors import Overloaded, StorageUnavailable
from receipted.hub.ports import Clock, Observe, Store, Wake

BATCH = 1_000


class Expire:
    """Looks for overdue parts and for receipts that can be matched by now, every ``every_s`` seconds.

    Matching is otherwise done in the transaction that makes a message known; the look here is what makes a missed one
    cost seconds instead of a receipt.
    """

    def __init__(self, *, store: Store, clock: Clock, observe: Observe, stop: Wake, every_s: float) -> None:
        self._store = store
        self._clock = clock
        self._observe = observe
        self._stop = stop
        self._every_s = every_s

    async def once(self) -> int:
        """Do all that is due now. Returns how many parts became unknown."""
        expired = 0
        while batch := await self._store.expire(self._clock(), BATCH):
            expired += batch
            self._observe("messages.expired", count=batch)
        if rematched := await self._store.rematch(BATCH, self._clock()):
            self._observe("receipts.rematched", count=rematched)
        return expired

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            try:
                await self.once()
            except (Overloaded, StorageUnavailable) as error:
                self._observe("expire.postponed", problem=str(error))
            await self._stop.wait(self._every_s)
