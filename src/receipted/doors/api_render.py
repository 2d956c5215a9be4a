"""How the hub's words become the JSON of the API (``api_shapes``)."""

import base64
from collections.abc import Mapping
from datetime import UTC, datetime

import msgspec

from receipted.domain.errors import InvalidRequest
from receipted.domain.event import Event
from receipted.domain.message import Message, Part
from receipted.domain.status import FINAL
from receipted.doors.api_shapes import (
    BindOut,
    Encoding,
    EventOut,
    InboundOut,
    LineOut,
    MessageOut,
    PartOut,
    ReceiptOut,
    RejectedRequestOut,
)
from receipted.hub.explain import Advise, err_source, explanation, no_advice
from receipted.hub.links import Link
from receipted.hub.ports import Provider, RejectedRequest, StoredInbound, StoredReceipt
from receipted.hub.route import Decision
from receipted.hub.timeline import Line

_LAST_MS = 253_402_300_799_999
"""The end of the year 9999: a carrier's time may be anything."""


def iso(at_ms: int) -> str:
    """Milliseconds since 1970 as ``2026-11-23T14:02:11.208Z``; what no calendar has becomes its nearest end."""
    at_ms = min(max(at_ms, 0), _LAST_MS)
    at = datetime.fromtimestamp(at_ms // 1_000, UTC).replace(microsecond=at_ms % 1_000 * 1_000)
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def iso_or_none(at_ms: int | None) -> str | None:
    """The same for a time that may be missing."""
    return None if at_ms is None else iso(at_ms)


def ms_of(field: str, text: str | None) -> int | None:
    """An ISO 8601 time with its zone as milliseconds since 1970. Raises InvalidRequest naming ``field``."""
    if text is None:
        return None
    try:
        at = datetime.fromisoformat(text.upper())
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise InvalidRequest(field, "must be a time with its zone, such as 2026-11-23T14:02:11Z")
    since = at - datetime.fromtimestamp(0, UTC)
    return max(since.days * 86_400_000 + since.seconds * 1_000 + since.microseconds // 1_000, 0)


def advise_of(providers: Mapping[str, Provider], name: str) -> Advise:
    """The code tables of a message's provider, which may not be configured any more."""
    provider = providers.get(name)
    return provider.advise if provider else no_advice


def waits_for(providers: Mapping[str, Provider], name: str) -> str | None:
    """Why a message's provider takes nothing just now; None if it does."""
    provider = providers.get(name)
    return provider.ready() if provider else f"There is no provider {name} any more: nobody sends it."


def message_out(message: Message, providers: Mapping[str, Provider]) -> MessageOut:
    return MessageOut(
        id=message.id,
        to=message.recipient,
        from_=message.sender,
        status=message.status,
        version=message.version,
        final=message.status in FINAL,
        created_at=iso(message.created_ms),
        updated_at=iso(message.updated_ms),
        provider=message.provider,
        country=message.country,
        type=message.content.kind,
        text=message.content.text,
        body=message.content.body,
        udh=message.content.udh,
        part_count=message.part_count,
        client_ref=message.client_ref,
        err_code=message.err_code,
        err_source=err_source(message),
        reason=message.reason,
        explanation=explanation(message, advise_of(providers, message.provider)),
        parts=[_part_out(message, part) for part in message.parts],
        account=message.account,
        route=None if message.route is None else list(msgspec.json.decode(message.route, type=Decision).considered),
    )


def _part_out(message: Message, part: Part) -> PartOut:
    return PartOut(
        seq=part.seq,
        provider_message_id=part.provider_message_id,
        status=part.status,
        err_code=part.err_code,
        err_source=err_source(message, part),
        network=part.network or part.submit_network,
        price=part.price or part.submit_price,
        carrier_at=iso_or_none(part.carrier_ms),
        reason=part.reason,
        due_at=iso_or_none(part.due_ms),
    )


def line_out(line: Line) -> LineOut:
    raw, encoding = (None, None) if line.raw is None else as_text(line.raw)
    facts = {field: getattr(line, field) for field in line.__struct_fields__ if field in LineOut.__struct_fields__}
    return LineOut(
        **{**facts, "raw": raw}, at=iso(line.at_ms), carrier_at=iso_or_none(line.carrier_ms), raw_encoding=encoding
    )


def receipt_out(stored: StoredReceipt) -> ReceiptOut:
    receipt = stored.receipt
    raw, encoding = as_text(receipt.raw)
    return ReceiptOut(
        received_at=iso(stored.received_ms),
        provider=receipt.provider,
        provider_message_id=receipt.provider_message_id,
        status=receipt.status,
        raw_status=receipt.raw_status,
        err_code=receipt.err_code,
        carrier_at=iso_or_none(receipt.carrier_ms),
        network=receipt.network,
        price=receipt.price,
        to=receipt.recipient,
        from_=receipt.sender,
        client_ref=receipt.client_ref,
        transport=receipt.transport,
        signature=receipt.signature,
        raw=raw,
        raw_encoding=encoding,
    )


def rejected_out(request: RejectedRequest) -> RejectedRequestOut:
    query, query_encoding = as_text(request.query)
    body, body_encoding = as_text(request.body)
    return RejectedRequestOut(
        at=iso(request.at_ms),
        door=request.door,
        status=request.status,
        problem=request.problem,
        explanation=request.explanation,
        method=request.method,
        content_type=request.content_type,
        source=request.source,
        query=query,
        query_encoding=query_encoding,
        body=body,
        body_encoding=body_encoding,
    )


def event_out(event: Event) -> EventOut:
    return EventOut(
        id=event.id,
        message_id=event.message_id,
        version=event.version,
        status=event.status,
        previous=event.previous,
        at=iso(event.at_ms),
        err_code=event.err_code,
        reason=event.reason,
        client_ref=event.client_ref,
        to=event.recipient,
        from_=event.sender,
    )


def as_text(raw: bytes) -> tuple[str, Encoding]:
    """Bytes for JSON, and how they were made text."""
    try:
        return raw.decode(), "utf-8"
    except UnicodeDecodeError:
        return base64.b64encode(raw).decode(), "base64"


def inbound_out(stored: StoredInbound) -> InboundOut:
    inbound = stored.inbound
    return InboundOut(
        id=stored.id,
        at=iso(stored.received_ms),
        provider=inbound.provider,
        bind=inbound.bind,
        kind=inbound.kind,
        from_=inbound.sender,
        to=inbound.recipient,
        text=inbound.text,
        segment=inbound.segment,
        data_coding=inbound.data_coding,
        problem=inbound.problem,
        raw=inbound.raw.hex(),
    )


def bind_out(link: Link) -> BindOut:
    return BindOut(
        provider=link.provider,
        bind=link.bind,
        kind=link.kind,
        peer=link.peer,
        state=link.state,
        since=iso(link.since_ms),
        window=link.window,
        in_flight=link.in_flight,
        rate_per_s=link.rate_per_s,
        sent_per_s=link.sent_per_s,
        submitted=link.submitted,
        receipts=link.receipts,
        throttled=link.throttled,
        last_enquire_link_at=iso_or_none(link.last_enquire_ms),
        last_receipt_at=iso_or_none(link.last_receipt_ms),
        id_form=link.id_form,
        problem=link.problem,
    )
