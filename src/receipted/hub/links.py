"""What a carrier's binds tell beside receipts: how they stand, and what came in that is no readable receipt."""

from enum import StrEnum

import msgspec


class InboundKind(StrEnum):
    """What came in that is no receipt we can read."""

    MESSAGE = "message"
    """An SMS from a phone (mobile originated)."""
    UNREADABLE = "unreadable-receipt"
    """Marked as a receipt, and in no form that we know. Kept as it came."""


class Inbound(msgspec.Struct, frozen=True, kw_only=True):
    """Something a carrier handed to us that is no receipt we can read: an SMS from a phone, or a riddle.

    ``sender`` and ``recipient`` as they came. ``segment`` is ``reference/total/number`` where it is one of several.
    ``raw`` is the whole PDU. ``problem`` says in words what could not be read, "" where all could.
    """

    provider: str
    kind: InboundKind
    sender: str
    recipient: str
    text: str
    raw: bytes
    data_coding: int = 0
    segment: str = ""
    problem: str = ""
    bind: str = ""


class LinkState(StrEnum):
    """Where a bind stands."""

    CONNECTING = "connecting"
    BOUND = "bound"
    THROTTLED = "throttled"
    """Bound, and left alone for a moment because the carrier asked for it."""
    REFUSED = "refused"
    DOWN = "down"


class Link(msgspec.Struct, frozen=True, kw_only=True):
    """One bind with a carrier, as it is now. Times are milliseconds since 1970; None for never.

    ``rate_per_s`` is the limit (0 = none), ``sent_per_s`` what was measured over the last seconds. ``id_form`` says in
    words how the carrier writes its message ids. ``problem`` is a sentence with what to do, "" where all is well.
    """

    provider: str
    bind: str
    kind: str
    peer: str
    state: LinkState
    since_ms: int
    window: int
    in_flight: int
    rate_per_s: float
    sent_per_s: float
    submitted: int
    receipts: int
    throttled: int
    last_enquire_ms: int | None = None
    last_receipt_ms: int | None = None
    id_form: str = ""
    problem: str = ""
