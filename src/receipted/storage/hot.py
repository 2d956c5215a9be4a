"""What the two engines each write in their own set-based SQL, and the rules that both follow.

An engine's session gives these primitives; everything else in this room is built from them and from SQLAlchemy Core.
"""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple, Protocol

import sqlalchemy as sa

from receipted.domain.receipt import Receipt
from receipted.domain.status import TABLE, Status
from receipted.storage.ids import Ascending
from receipted.storage.session import Session

GRAVITY_CASE = "CASE {status} " + " ".join(f"WHEN '{row.status}' THEN {row.gravity}" for row in TABLE) + " END"
"""``domain.status.TABLE``'s gravity as an SQL expression over a status column: one table, also inside the database."""


UNTOLD = f"'{Status.QUEUED}', '{Status.SUBMITTED}'"
"""Statuses that no receipt says, so that nobody is told of them by one."""


def gravity_of(column: str) -> str:
    """The SQL expression that ranks a status column by gravity."""
    return GRAVITY_CASE.format(status=column)


class Taken(NamedTuple):
    """One receipt on its way into the tables."""

    receipt: Receipt
    received_ms: int


class Move(NamedTuple):
    """A statement about one part, to be applied if it is stronger than what is known (promise 2)."""

    message_id: str
    seq: int
    status: str
    status_key: str
    err_code: str | None
    reason: str | None
    due_ms: int | None


class HotSession(Session, Protocol):
    """The write connection of one engine."""

    connection: sa.Connection
    """The same connection for SQLAlchemy Core; never begins or commits by itself."""
    next_event_id: Ascending

    def apply(self, taken: Sequence[Taken], now_ms: int) -> list[Taken]:
        """Keep the receipts of known parts, once each, and let them take effect on parts, messages and events.

        Returns those whose part is not known; nothing was kept of them. Applying again changes nothing.
        """
        ...

    def move(self, moves: Sequence[Move]) -> None:
        """Apply statements about parts by their place, each only if its key is greater than the part's."""
        ...

    def project(self, message_ids: Iterable[str], now_ms: int) -> None:
        """Bring messages up to their parts: status, error, version; one event for each change of status."""
        ...

    def insert(self, table: str, columns: Sequence[str], rows: Sequence[Sequence[Any]], *, skip: bool = False) -> None:
        """Insert rows by one statement; with ``skip``, those whose key is there already are left out."""
        ...


def strongest(taken: Sequence[Taken]) -> tuple[list[str], set[int]]:
    """The order keys of a batch, and the positions of the strongest receipt for each part in it.

    It is ``domain.status``'s maximum, taken before the database: a statement that updates a part from several rows of
    a batch would take any of them.
    """
    keys = [item.receipt.order_key for item in taken]
    best: dict[tuple[str, str], int] = {}
    for index, item in enumerate(taken):
        part = (item.receipt.provider_message_id, item.receipt.provider)
        known = best.setdefault(part, index)
        if keys[index] > keys[known]:
            best[part] = index
    return keys, set(best.values())
