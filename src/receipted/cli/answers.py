"""What the hub's JSON API answers, as far as commands print it. Everything else passes through ``--json`` untouched.

Reading is liberal: a field that an older or newer hub leaves out has a default, and one that is new is ignored.
"""

from datetime import UTC, datetime
from typing import Any, TypeAlias, TypeVar

import msgspec

from receipted.cli.failure import CommandError

Json: TypeAlias = dict[str, Any]
"""One object as it came."""

Time: TypeAlias = str | None
"""ISO 8601 with its zone."""

T = TypeVar("T")


class PartAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """One part of a message."""

    seq: int = 0
    status: str = "unknown"
    provider_message_id: str | None = None
    err_code: str | None = None
    reason: str | None = None
    network: str | None = None
    price: str | None = None


class ConsideredAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A provider that was considered for a message."""

    provider: str = ""
    taken: bool = False
    reason: str = ""


class DeliveryAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that an application was told of a message, or is to be."""

    target: str = ""
    part: int = 0
    status: str = "unknown"
    outcome: str = ""
    attempts: int = 0
    said: str = ""
    at: Time = None


class MessageAnswer(msgspec.Struct, frozen=True, kw_only=True, rename={"recipient": "to", "sender": "from"}):
    """One message."""

    id: str
    status: str
    recipient: str = ""
    sender: str = ""
    version: int = 0
    final: bool = False
    created_at: Time = None
    updated_at: Time = None
    provider: str = ""
    country: str = ""
    text: str | None = None
    part_count: int = 1
    client_ref: str | None = None
    err_code: str | None = None
    reason: str | None = None
    explanation: str | None = None
    parts: tuple[PartAnswer, ...] = ()
    account: str | None = None
    route: tuple[ConsideredAnswer, ...] | None = None

    @property
    def why(self) -> str:
        """The reason or the explanation of its code, whichever there is."""
        return self.reason or self.explanation or ""


class LineAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """One fact of a timeline. ``raw`` is a receipt as it came."""

    at: Time = None
    since_ms: int = 0
    what: str = ""
    text: str = ""
    verdict: str | None = None
    raw: str | None = None
    raw_encoding: str | None = None


class TimelineAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A message, what became of it in a sentence, and every fact."""

    message: MessageAnswer
    sentence: str = ""
    timeline: tuple[LineAnswer, ...] = ()


class EventAnswer(msgspec.Struct, frozen=True, kw_only=True, rename={"recipient": "to", "sender": "from"}):
    """One change of a message's status."""

    id: str
    message_id: str
    status: str
    previous: str | None = None
    version: int = 0
    at: Time = None
    err_code: str | None = None
    reason: str | None = None
    client_ref: str | None = None
    recipient: str = ""
    sender: str = ""


class ReceiptAnswer(msgspec.Struct, frozen=True, kw_only=True, rename={"recipient": "to", "sender": "from"}):
    """A receipt whose message is not known."""

    provider: str = ""
    provider_message_id: str = ""
    status: str = "unknown"
    raw_status: str = ""
    received_at: Time = None
    err_code: str | None = None
    recipient: str | None = None
    sender: str | None = None
    client_ref: str | None = None
    raw: str | None = None
    raw_encoding: str | None = None


class RejectedAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A webhook request that the hub refused. ``door`` is the provider whose address it came to."""

    at: Time = None
    door: str = ""
    status: int = 0
    problem: str = ""
    explanation: str = ""
    method: str = ""
    content_type: str = ""
    source: str = ""
    query: str = ""
    query_encoding: str | None = None
    body: str = ""
    body_encoding: str | None = None


class BindAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """One bind with a carrier."""

    provider: str = ""
    bind: str = ""
    kind: str = ""
    peer: str = ""
    state: str = "unknown"
    since: Time = None
    window: int = 0
    in_flight: int = 0
    rate_per_s: float = 0.0
    sent_per_s: float = 0.0
    submitted: int = 0
    receipts: int = 0
    throttled: int = 0
    last_enquire_link_at: Time = None
    last_receipt_at: Time = None
    id_form: str = ""
    problem: str = ""


class InboundAnswer(msgspec.Struct, frozen=True, kw_only=True, rename={"recipient": "to", "sender": "from"}):
    """What a carrier handed over that is no readable receipt. ``raw`` is the PDU in hex."""

    at: Time = None
    provider: str = ""
    bind: str = ""
    kind: str = ""
    sender: str = ""
    recipient: str = ""
    text: str = ""
    segment: str = ""
    problem: str = ""
    raw: str = ""


def parse(raw: object, shape: type[T]) -> T:
    """One answer in its shape. Raises CommandError if it is something else: another server, or a hub of another age."""
    try:
        return msgspec.convert(raw, shape, strict=False)
    except msgspec.ValidationError as problem:
        raise CommandError(
            f"The hub's answer cannot be read ({problem}).",
            "Is this the address of a receipted hub, of the same version? `receipted --version` shows yours.",
        ) from None


def time_of(value: Time) -> datetime | None:
    """A time of an answer; None without one, or if it is in no form that we know."""
    if value is None:
        return None
    try:
        return datetime.fromisoformat(value).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def raw_text(raw: str | None, encoding: str | None) -> str:
    """The raw form of a receipt for people; what is not text says that it is base64."""
    return f"base64: {raw}" if raw and encoding == "base64" else raw or ""
