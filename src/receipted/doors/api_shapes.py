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
from receipted.hub.timeline import Verdict

Instant = Annotated[str, Meta(examples=["2026-11-23T14:02:11.208Z"])]
Encoding = Literal["utf-8", "base64"]


class NewSms(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename={"from_": "from"}):
    """An SMS to be sent: a text, or a binary body in hex with an optional user data header."""

    to: Annotated[str, Meta(max_length=64, examples=["447700900000"], description="The number, with country code.")]
    from_: Annotated[
        str,
        Meta(max_length=64, examples=["AcmeInc"], description="A name of up to 11 characters, or up to 15 digits."),
    ]
    text: Annotated[str, Meta(max_length=3_200, examples=["Your code is 4711."])] = ""
    body: Annotated[str, Meta(max_length=6_400, description="Hex, two digits an octet; makes the SMS binary.")] = ""
    udh: Annotated[str, Meta(max_length=6_400, description="User data header of a binary SMS, hex.")] = ""
    type: Annotated[Kind, Meta(description="Left out: the alphabet that the text needs.")] | None = None
    client_ref: Annotated[str, Meta(max_length=100, description="Your own reference.")] | None = None
    ttl_s: Annotated[int, Meta(ge=20, le=604_800, description="How long it may take, in seconds.")] | None = None
    provider: Annotated[str, Meta(max_length=64, description="Left out: the default provider.")] | None = None


class PartOut(msgspec.Struct, frozen=True, kw_only=True):
    """One SMS segment, with the provider's id of it."""

    seq: int
    provider_message_id: str | None
    status: Status
    err_code: str | None
    network: str | None
    price: str | None
    carrier_at: Instant | None
    reason: str | None
    due_at: Instant | None


class MessageOut(msgspec.Struct, frozen=True, kw_only=True, rename={"from_": "from"}):
    """A message and its status now. `parts` is empty in lists."""

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
    reason: str | None
    explanation: str | None
    parts: list[PartOut]


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
