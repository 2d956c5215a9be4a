"""Take receipts in. Every road ends here: webhooks, the sandbox, later a carrier's bind."""

import asyncio
from collections import Counter
from collections.abc import Sequence

from receipted.domain.receipt import Receipt
from receipted.hub.ports import Clock, Observe, Store

TOLD_EVERY_S = 1.0
"""How often what was stored is told to the log and the metrics: one line a receipt would cost more than the receipt."""


class Receive:
    """``await receive(receipts)`` returns when they are durable; applying them may still be under way (DESIGN 7).

    Raises Overloaded or StorageUnavailable: nothing is certain to be stored, and whoever sent them must send again.
    """

    def __init__(self, *, store: Store, clock: Clock, observe: Observe) -> None:
        self._store = store
        self._clock = clock
        self._observe = observe
        self._stored: Counter[tuple[str, str]] = Counter()

    async def __call__(self, receipts: Sequence[Receipt]) -> None:
        await self._store.append(receipts, self._clock())
        if not self._stored:
            asyncio.get_running_loop().call_later(TOLD_EVERY_S, self.tell)
        for receipt in receipts:
            self._stored[receipt.provider, receipt.status] += 1

    def tell(self) -> None:
        """Tell what was stored since the last time; at the end of the program, too."""
        stored, self._stored = self._stored, Counter()
        for provider in sorted({provider for provider, _ in stored}):
            statuses = {str(status): count for (name, status), count in stored.items() if name == provider}
            self._observe("receipts.stored", provider=provider, count=sum(statuses.values()), statuses=statuses)
