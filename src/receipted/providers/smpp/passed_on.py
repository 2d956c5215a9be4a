"""Receipts that were handed to the hub under the carrier's own id, since nobody could tell whose they are.

Kept for a while, and tried again when an id becomes known that they may mean. Bounded: the oldest go first.
"""

from collections.abc import Iterable
from typing import Final, NamedTuple

from receipted.dialects.smpp.id_forms import folded, meant
from receipted.dialects.smpp.receipt import DeliveryReceipt

MOST: Final = 1_000
LONGEST: Final = 4_096
"""Receipts have some hundred octets. A longer one is not kept, so that all of them cost 4 MB at most."""


class PassedOn(NamedTuple):
    """A receipt, as it came and as it was read."""

    raw: bytes
    said: DeliveryReceipt


class Riddles:
    """The receipts that wait for an id."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._all: dict[int, PassedOn] = {}
        self._by_id: dict[str, dict[int, None]] = {}
        self._next = 0

    def __len__(self) -> int:
        return len(self._all)

    def keep(self, one: PassedOn) -> None:
        """One more; the oldest is forgotten if there are too many."""
        if len(one.raw) > LONGEST:
            return
        self._next += 1
        self._all[self._next] = one
        for key in _keys(one):
            self._by_id.setdefault(key, {})[self._next] = None
        if len(self._all) > self._most:
            self._take(next(iter(self._all)))

    def about(self, stored_id: str) -> list[PassedOn]:
        """Those that may be about the message with this id. They are kept no longer."""
        return self._take_all(self._by_id.get(folded(stored_id), ()))

    def every(self) -> list[PassedOn]:
        """All of them. They are kept no longer."""
        return self._take_all(self._all)

    def _take_all(self, numbers: Iterable[int]) -> list[PassedOn]:
        return [self._take(number) for number in list(numbers)]

    def _take(self, number: int) -> PassedOn:
        one = self._all.pop(number)
        for key in _keys(one):
            del self._by_id[key][number]
            if not self._by_id[key]:
                del self._by_id[key]
        return one


def _keys(one: PassedOn) -> set[str]:
    return {key for text in one.said.ids for key in meant(text).values()}
