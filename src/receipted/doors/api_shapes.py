"""The JSON of the API: the shapes that go in and out. They are the OpenAPI document's schemas, docstrings included.

Times are ISO 8601 in UTC with milliseconds; names are snake_case. Bytes as they came are text where they are UTF-8 and
base64 otherwise, and the field beside them says which.
"""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from receipted.domain.message import Kind
from receipted.domain.receipt import Signature
from receipted.domain.status import Status
from receipted.doors.api_patterns import HEX, NUMBER, PLAIN, SENDER
from receipted.hub.explain import Source
from receipted.hub.links import InboundKind, LinkState
from receipted.hub.route import Considered
from receipted.hub.timeline import Verdict

Instant = Annotated[str, Meta(examples=["2026-11-23T14:02:11.208Z"])]
Encoding = Literal["utf-8", "base64"]


# --- what comes in ----------------------------------------------------------------------------------------------------


class _Sms(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename={"from_": "from"}):
    """What every SMS to be sent has."""

    to: Annotated[
        str,
        Meta(
            max_length=64,
            examples=["447700900000"],
            description="The number, with country code.",
            extra_json_schema={"pattern": NUMBER},
        ),
    ]
    from_: Annotated[
        str,
        Meta(pattern=SENDER, examples=["AcmeInc"], description="A name of up to 11 characters, or up to 15 digits."),
    ]
    client_ref: Annotated[str, Meta(max_length=100, pattern=PLAIN, description="Your own reference.")] | None = None
    ttl_s: Annotated[float, Meta(ge=20, le=604_800, description="How long it may take, in seconds.")] | None = None
    provider: Annotated[str, Meta(max_length=64, description="Left out: the default provider.")] | None = None


class TextSms(_Sms, frozen=True, kw_only=True, forbid_unknown_fields=True, rename={"from_": "from"}):
    """An SMS with a text."""

    text: Annotated[str, Meta(min_length=1, max_length=3_200, pattern=PLAIN, examples=["Your code is 4711."])]
    type: (
        Annotated[Literal["text", "unicode"], Meta(description="Left out: the alphabet that the text needs.")] | None
    ) = None


class BinarySms(_Sms, frozen=True, kw_only=True, forbid_unknown_fields=True, rename={"from_": "from"}):
    """An SMS with octets for a program on the phone, in hex."""

    body: Annotated[
        str, Meta(max_length=280, pattern=HEX, examples=["0011BBFF"], description="With the udh 140 octets at most.")
    ]
    udh: Annotated[str, Meta(max_length=280, pattern=HEX, description="User data header.")] | None = None
    type: Literal["binary"] | None = None


# --- what goes out ----------------------------------------------------------------------------------------------------


class PartOut(msgspec.Struct, frozen=True, kw_only=True):
    """One SMS segment, with the provider's id of it. `err_source` says which of two tables `err_code` is of."""

    seq: int
    provider_message_id: str | None
    status: Status
    err_code: str | None
    err_source: Source | None
    network: str | None
    price: str | None
    carrier_at: Instant | None
    reason: str | None
    due_at: Instant | None


class MessageOut(msgspec.Struct, frozen=True, kw_only=True, rename={"from_": "from"}):
    """A message and its status now. `parts` is empty in lists.

    `account` sent it through the front door. `route`: who was considered for it, in the order of trying, and why.
    """

    id: str
    to: str
    from_: str
    status: Status
    version: int
    final: bool
    created_at: Instant
    updated_at: Instant
    provider: str
    country: str
    type: Kind
    text: str
    body: str
    udh: str
    part_count: int
    client_ref: str | None
    err_code: str | None
    err_source: Source | None
    reason: str | None
    explanation: str | None
    parts: list[PartOut]
    account: str | None
    route: list[Considered] | None


class MessagesOut(msgspec.Struct, frozen=True, kw_only=True):
    """One page of messages, newest first. `next_cursor` is null on the last."""

    messages: list[MessageOut]
    next_cursor: str | None


class LineOut(msgspec.Struct, frozen=True, kw_only=True):
    """One fact of a timeline. What a fact does not have is null."""

    at: Instant
    since_ms: int
    what: Literal["accepted", "submit", "receipt", "status"]
    text: str
    part: int | None
    status: Status | None
    attempt: int | None
    outcome: str | None
    provider_message_id: str | None
    raw_status: str | None
    err_code: str | None
    meaning: str | None
    network: str | None
    price: str | None
    carrier_at: Instant | None
    signature: Signature | None
    verdict: Verdict | None
    transport: str | None
    raw: str | None
    raw_encoding: Encoding | None


class TimelineOut(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a message, in a sentence and fact by fact."""

    message: MessageOut
    sentence: str
    timeline: list[LineOut]


class ReceiptOut(msgspec.Struct, frozen=True, kw_only=True, rename={"from_": "from"}):
    """A receipt whose message is not known."""

    received_at: Instant
    provider: str
    provider_message_id: str
    status: Status
    raw_status: str
    err_code: str | None
    carrier_at: Instant | None
    network: str | None
    price: str | None
    to: str | None
    from_: str | None
    client_ref: str | None
    transport: str
    signature: Signature
    raw: str
    raw_encoding: Encoding


class UnmatchedOut(msgspec.Struct, frozen=True, kw_only=True):
    """Newest first."""

    receipts: list[ReceiptOut]


class RejectedRequestOut(msgspec.Struct, frozen=True, kw_only=True):
    """A webhook request that was refused, and why."""

    at: Instant
    door: str
    status: int
    problem: str
    explanation: str
    method: str
    content_type: str
    source: str
    query: str
    query_encoding: Encoding
    body: str
    body_encoding: Encoding


class RejectedOut(msgspec.Struct, frozen=True, kw_only=True):
    """Newest first."""

    rejected: list[RejectedRequestOut]


class InboundOut(msgspec.Struct, frozen=True, kw_only=True, rename={"from_": "from"}):
    """Something a carrier handed over that is no readable receipt. `raw` is the whole PDU in hex."""

    id: str
    at: Instant
    provider: str
    bind: str
    kind: InboundKind
    from_: str
    to: str
    text: str
    segment: str
    data_coding: int
    problem: str
    raw: str


class InboundListOut(msgspec.Struct, frozen=True, kw_only=True):
    """Newest first. For older ones ask again with `before` set to the last `id`."""

    inbound: list[InboundOut]


class BindOut(msgspec.Struct, frozen=True, kw_only=True):
    """One bind with a carrier, as it is now. `rate_per_s` is the limit, 0 for none; `sent_per_s` was measured."""

    provider: str
    bind: str
    kind: str
    peer: str
    state: LinkState
    since: Instant
    window: int
    in_flight: int
    rate_per_s: float
    sent_per_s: float
    submitted: int
    receipts: int
    throttled: int
    last_enquire_link_at: Instant | None
    last_receipt_at: Instant | None
    id_form: str
    problem: str


class BindsOut(msgspec.Struct, frozen=True, kw_only=True):
    """By provider, in the order of the settings."""

    binds: list[BindOut]


class EventOut(msgspec.Struct, frozen=True, kw_only=True, rename={"from_": "from"}):
    """One change of a message's status. `id` is the cursor that follows it."""

    id: str
    message_id: str
    version: int
    status: Status
    previous: Status | None
    at: Instant
    err_code: str | None
    reason: str | None
    client_ref: str | None
    to: str
    from_: str


class EventsOut(msgspec.Struct, frozen=True, kw_only=True):
    """Oldest first. Ask again with `after` set to `cursor`."""

    events: list[EventOut]
    cursor: str | None
