"""What applications are to be told by webhook, as the store keeps it: promised to be told at least once (promise 7).

A delivery is one statement for one target. An account's are made by the transaction that changes a part's status; an
endpoint's by its reader, which takes events out of the feed. They wait in a table, so a crash forgets none.
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import Protocol

import msgspec

from receipted.domain.event import Event
from receipted.domain.message import Message
from receipted.domain.status import Status

ENDPOINT = "@"
"""What the target of an endpoint begins with, before its name; no api key does."""


class Outcome(StrEnum):
    """Where a delivery stands."""

    WAITING = "waiting"
    DELIVERED = "delivered"
    DEAD = "dead"
    """Tried for as long as is promised; waits to be replayed."""
    SKIPPED = "skipped"
    """Nobody wanted it: no address is set, or no intermediate receipts."""


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """One statement for one target. ``seq`` is the part (0: the whole message).

    ``statement`` names it: a part's ``status_key`` for an account, the event's id for an endpoint. Both ascend.
    """

    message_id: str
    seq: int
    target: str
    statement: str
    status: Status
    err_code: str | None
    carrier_ms: int | None
    network: str | None
    price: str | None
    at_ms: int
    due_ms: int | None
    attempts: int
    outcome: Outcome
    said: str = ""


class Due(msgspec.Struct, frozen=True, kw_only=True):
    """A delivery with what is needed to write it. ``event`` and the message's parts are there for endpoints only.

    ``stale``: an account was told something later of this part already, so that this would take it back.
    """

    delivery: Delivery
    message: Message
    stale: bool = False
    event: Event | None = None


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a try, or that it is put off. ``due_ms`` None: nothing more is to be done."""

    delivery: Delivery
    outcome: Outcome
    attempts: int
    due_ms: int | None = None
    said: str = ""


class Owing(msgspec.Struct, frozen=True, kw_only=True):
    """What waits for one target: how much, since when, and when the next is due."""

    target: str
    waiting: int
    oldest_ms: int
    next_due_ms: int


class Outbox(Protocol):
    """The store's side of telling applications. Writes return when they are durable."""

    async def targets_due(self, now_ms: int) -> list[str]:
        """Targets that have something due."""
        ...

    async def due(self, target: str, now_ms: int, limit: int) -> list[Due]:
        """Up to ``limit`` deliveries that are due for a target, the longest due first."""
        ...

    async def told(self, told: Sequence[Told]) -> None:
        """Record what came of tries. A delivery that was replayed meanwhile is recorded all the same."""
        ...

    async def fan_out(self, endpoint: str, wanted: Sequence[Event], cursor: str, now_ms: int) -> None:
        """Make deliveries of events for an endpoint, and remember that its reader has come to ``cursor``."""
        ...

    async def replay(self, target: str, since_ms: int, now_ms: int, only: Outcome | None = None) -> int:
        """Make everything due again that was made for a target since then, or only what ended so. How many."""
        ...

    async def deliveries(
        self, *, target: str | None = None, message_id: str | None = None, only: Outcome | None = None, limit: int = 50
    ) -> list[Delivery]:
        """The newest first. Give a target or a message."""
        ...

    async def owing(self) -> list[Owing]:
        """What waits, by target."""
        ...
