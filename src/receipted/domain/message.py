"""A message (what was asked to be sent) and its parts (what a carrier carries)."""

from enum import StrEnum

import msgspec

from receipted.domain.status import Status


class Kind(StrEnum):
    """How a text travels (Vonage's ``type``)."""

    TEXT = "text"
    UNICODE = "unicode"
    BINARY = "binary"


class Content(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be sent: ``text``, or for BINARY ``body`` with an optional user data header ``udh``, both hex."""

    kind: Kind
    text: str = ""
    body: str = ""
    udh: str = ""


class Options(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What an application may ask for besides. ``callback`` takes this message's receipts instead of the account's URL.

    ``message_class`` 0-3 (0 is flash) and ``protocol_id`` 0-255 travel to the phone. ``status_report`` False: the
    application wants no receipts.
    """

    callback: str | None = None
    message_class: int | None = None
    protocol_id: int | None = None
    status_report: bool = True


NO_OPTIONS = Options()


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """One SMS segment: the unit that a provider gives an id, bills and sends receipts for. ``seq`` counts from 1.

    ``status_key`` is the ``order_key`` of the statement that gave ``status``. ``err_code``, ``carrier_ms``, ``network``
    and ``price`` are that statement's; the ``submit_`` ones are the estimates of the submit answer. ``reason`` is a
    sentence where no receipt explains the status (refused at submit, silence). ``due_ms`` is when silence makes the
    part `unknown`; None once nothing more is awaited. ``account`` is whose receipts are forwarded; None for nobody's.
    """

    message_id: str
    seq: int
    provider: str
    provider_message_id: str | None
    status: Status
    status_key: str
    err_code: str | None = None
    carrier_ms: int | None = None
    network: str | None = None
    price: str | None = None
    submit_network: str | None = None
    submit_price: str | None = None
    reason: str | None = None
    due_ms: int | None = None
    account: str | None = None


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """One SMS that an application asked for. ``id`` is a UUIDv7; ``recipient`` is an MSISDN (digits, no ``+``).

    ``client_ref`` is the application's own reference. ``version`` counts changes of status, from 1. ``country`` is the
    two-letter region of the recipient or "". Times are milliseconds since 1970, UTC. ``account`` sent it through the
    front door, at ``price`` a part (decimal text). ``route`` is the decision about who takes it, as JSON.
    """

    id: str
    provider: str
    recipient: str
    sender: str
    content: Content
    country: str
    part_count: int
    status: Status
    version: int
    created_ms: int
    updated_ms: int
    client_ref: str | None = None
    ttl_ms: int | None = None
    err_code: str | None = None
    reason: str | None = None
    account: str | None = None
    price: str | None = None
    options: Options = NO_OPTIONS
    route: str | None = None
    parts: tuple[Part, ...] = ()
