"""Take receipts in. Every road ends here: webhooks, the sandbox, later a carrier's bind."""

from collections import Counter
from collections.abc import Sequence

from receipted.domain.receipt import Receipt
from receipted.hub.ports import Clock, Observe, Store


class Receive:
    """``await receive(receipts)`` returns when they are durable. Applying them may still be under way (DESIGN section 7).

    Raises Overloaded or StorageUnavailable: nothing is certain to be stored, and whoever sent them must send again.
    """

    def __init__(self, *, store: Store, clock: Clock, observe: Observe) -> None:
        self._store = store
        self._clock = clock
        self._observe = observe

    async def __call__(self, receipts: Sequence[Receipt]) -> None:
        if not receipts:
            return
        await self._store.append(receipts, self._clock())
        self._observe(
            "receipts.stored",
            provider=receipts[0].provider,
            count=len(receipts),
            statuses=receipts[0].status if len(receipts) == 1 else Counter(receipt.status for receipt in receipts),
        )
