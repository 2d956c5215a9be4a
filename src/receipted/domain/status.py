"""What can be said of a part or a message, and which saying wins.

Everything about statuses is in ``TABLE``. Two orders live there and nowhere else:

* **strength**: which of two receipts for *one part* is believed. A part's status is the strongest receipt it has
  (DESIGN section 4), so any order, delay or repetition of receipts gives the same state.
* **gravity**: which of its parts' statuses *a message* shows. The gravest wins, so a message is delivered when all its
  parts are, and an error is never hidden beside a success (promise 6).
"""

from collections.abc import Iterable
from enum import StrEnum
from typing import NamedTuple


class Status(StrEnum):
    QUEUED = "queued"
    SUBMITTED = "submitted"
    ACCEPTED = "accepted"
    BUFFERED = "buffered"
    UNKNOWN = "unknown"
    EXPIRED = "expired"
    FAILED = "failed"
    REJECTED = "rejected"
    DELIVERED = "delivered"


class Row(NamedTuple):
    """One status: its place in both orders and what it means.

    ``final`` says that nothing more is awaited. It never says that nothing more will be believed: a stronger receipt
    still corrects a final status.
    """

    status: Status
    strength: int
    gravity: int
    final: bool
    meaning: str


TABLE: tuple[Row, ...] = (
    Row(Status.QUEUED, 0, 4, False, "We hold it; no provider has it yet."),
    Row(Status.SUBMITTED, 1, 3, False, "It was handed to the provider."),
    Row(Status.ACCEPTED, 2, 1, False, "The carrier took it."),
    Row(Status.BUFFERED, 2, 2, False, "It waits at the carrier, which tries again."),
    Row(Status.UNKNOWN, 3, 5, True, "No final receipt came in time, or the carrier does not know."),
    Row(Status.EXPIRED, 4, 6, True, "It was not delivered within its validity."),
    Row(Status.FAILED, 5, 7, True, "It was tried and could not be delivered."),
    Row(Status.REJECTED, 5, 8, True, "It was refused before it reached the phone."),
    Row(Status.DELIVERED, 6, 0, True, "The network says that it was delivered."),
)

BY_STATUS: dict[Status, Row] = {row.status: row for row in TABLE}
FINAL: frozenset[Status] = frozenset(row.status for row in TABLE if row.final)
_PREFIX: dict[Status, str] = {row.status: f"{row.strength:02d}" for row in TABLE}
_GRAVITY: dict[Status, int] = {row.status: row.gravity for row in TABLE}


def order_key(status: Status, at_ms: int | None, digest: str = "") -> str:
    """The place of one statement about a part in the one total order, as text that sorts like the order itself.

    Strength first, then the time that the *carrier* gives (``at_ms``, milliseconds since 1970; a missing or negative
    one counts as 0), then the receipt's digest, which only makes the order total. The time of arrival is no part of it:
    that is what makes order and delay harmless. Stores compare the text as bytes.
    """
    at = at_ms if at_ms is not None and at_ms > 0 else 0
    return f"{_PREFIX[status]}{min(at, 999_999_999_999_999):015d}{digest}"


def of_message(parts: Iterable[Status]) -> Status:
    """The status of a message from those of its parts: the gravest of them. Raises ValueError without any part."""
    return max(parts, key=_GRAVITY.__getitem__)
