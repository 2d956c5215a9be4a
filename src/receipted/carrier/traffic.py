"""What the SMSC counts of each account: how fast it submits, and how often it has tried the same message."""

from collections import OrderedDict
from typing import Final

import msgspec

TRIES_KEPT: Final = 10_000
SECOND_MS: Final = 1_000


class Counts(msgspec.Struct):
    """What a carrier saw since its start. ``bound`` and ``waiting`` are as of now."""

    connections: int = 0
    bound: int = 0
    binds: int = 0
    binds_refused: int = 0
    submits: int = 0
    accepted: int = 0
    refused: int = 0
    throttled: int = 0
    receipts: int = 0
    receipts_taken: int = 0
    receipts_again: int = 0
    receipts_lost: int = 0
    waiting: int = 0


class Limit:
    """At most ``per_s`` submits in each second, counted from the first one; 0 = no limit."""

    def __init__(self, per_s: int) -> None:
        self._per_s = per_s
        self._since_ms = -SECOND_MS
        self._count = 0

    def exceeded(self, now_ms: int) -> bool:
        """Counts one more; whether it was one too many. ``now_ms``: any clock in milliseconds, even one that is set."""
        if not self._per_s:
            return False
        if not 0 <= now_ms - self._since_ms < SECOND_MS:
            self._since_ms, self._count = now_ms, 0
        self._count += 1
        return self._count > self._per_s


class Tries:
    """How often each message was tried whose first tries fail; the ``TRIES_KEPT`` last seen."""

    def __init__(self) -> None:
        self._seen: OrderedDict[tuple[str, str, bytes], int] = OrderedDict()

    def next(self, system_id: str, recipient: str, content: bytes) -> int:
        """The number of this try, from 1. ``content``: a digest."""
        key = (system_id, recipient, content)
        attempt = self._seen.pop(key, 0) + 1
        self._seen[key] = attempt
        if len(self._seen) > TRIES_KEPT:
            self._seen.popitem(last=False)
        return attempt

    def __len__(self) -> int:
        return len(self._seen)
