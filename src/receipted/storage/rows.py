"""Rows to words and back: the only place that knows how a message, part, receipt or event lies in the tables."""

from collections.abc import Sequence
from typing import TypeAlias

import msgspec
from sqlalchemy import RowMapping

from receipted.domain.event import Event
from receipted.domain.message import NO_OPTIONS, Content, Kind, Message, Options, Part
from receipted.domain.receipt import Receipt, Signature
from receipted.domain.status import FINAL, Status
from receipted.hub.links import Inbound, InboundKind
from receipted.hub.ports import StoredInbound, StoredReceipt, Submission

Row: TypeAlias = RowMapping

MESSAGE_COLUMNS = (
    "id", "provider", "recipient", "sender", "kind", "text", "body", "udh", "country", "part_count", "status",
    "version", "created_ms", "updated_ms", "client_ref", "ttl_ms", "err_code", "reason", "account", "price", "options",
    "route",
)  # fmt: skip
PART_COLUMNS = (
    "message_id", "seq", "provider", "provider_message_id", "status", "status_key", "err_code", "carrier_ms",
    "network", "price", "submit_network", "submit_price", "reason", "due_ms", "account",
)  # fmt: skip
RECEIPT_COLUMNS = (
    "provider_message_id", "provider", "digest", "received_ms", "status", "raw_status", "err_code", "carrier_ms",
    "network", "price", "recipient", "sender", "client_ref", "raw", "transport", "signature",
)  # fmt: skip
EVENT_COLUMNS = ("id", "message_id", "version", "status", "at_ms")


def of_message(message: Message) -> tuple[object, ...]:
    content = message.content
    return (
        message.id, message.provider, message.recipient, message.sender, str(content.kind), content.text, content.body,
        content.udh, message.country, message.part_count, str(message.status), message.version, message.created_ms,
        message.updated_ms, message.client_ref, message.ttl_ms, message.err_code, message.reason, message.account,
        message.price, _of_options(message.options), message.route,
    )  # fmt: skip


def of_part(part: Part) -> tuple[object, ...]:
    return (
        part.message_id, part.seq, part.provider, part.provider_message_id, str(part.status), part.status_key,
        part.err_code, part.carrier_ms, part.network, part.price, part.submit_network, part.submit_price, part.reason,
        part.due_ms, part.account,
    )  # fmt: skip


def of_receipt(receipt: Receipt, received_ms: int) -> tuple[object, ...]:
    """In the order of RECEIPT_COLUMNS."""
    return (
        receipt.provider_message_id, receipt.provider, receipt.digest, received_ms, receipt.status._value_,
        receipt.raw_status, receipt.err_code, receipt.carrier_ms, receipt.network, receipt.price, receipt.recipient,
        receipt.sender, receipt.client_ref, receipt.raw, receipt.transport, receipt.signature._value_,
    )  # fmt: skip


def of_inbound(inbound: Inbound) -> dict[str, object]:
    """A row of ``inbound`` but for its id and time. A NUL, which PostgreSQL cannot keep in a text, is written out."""
    values = {name: _storable(getattr(inbound, name)) for name in Inbound.__struct_fields__}
    return values | {"kind": str(inbound.kind)}


def _storable(value: object) -> object:
    return value.replace("\x00", "\\0").encode(errors="backslashreplace").decode() if isinstance(value, str) else value


def stored_inbound(row: Row) -> StoredInbound:
    values = {name: row[name] for name in Inbound.__struct_fields__}
    values |= {"kind": InboundKind(values["kind"]), "raw": bytes(values["raw"])}
    return StoredInbound(id=row["id"], inbound=Inbound(**values), received_ms=row["received_ms"])


def is_final(status: Status) -> int:
    return 1 if status in FINAL else 0


def message(row: Row, parts: Sequence[Part] = ()) -> Message:
    return Message(
        id=row["id"],
        provider=row["provider"],
        recipient=row["recipient"],
        sender=row["sender"],
        content=_content(row),
        country=row["country"],
        part_count=row["part_count"],
        status=Status(row["status"]),
        version=row["version"],
        created_ms=row["created_ms"],
        updated_ms=row["updated_ms"],
        client_ref=row["client_ref"],
        ttl_ms=row["ttl_ms"],
        err_code=row["err_code"],
        reason=row["reason"],
        account=row["account"],
        price=row["price"],
        options=_options(row),
        route=row["route"],
        parts=tuple(parts),
    )


def part(row: Row) -> Part:
    values = {name: row[name] for name in PART_COLUMNS}
    values["status"] = Status(values["status"])
    return Part(**values)


def receipt(row: Row) -> Receipt:
    values = {name: row[name] for name in RECEIPT_COLUMNS if name != "received_ms"}
    values["status"] = Status(values["status"])
    values["signature"] = Signature(values["signature"])
    values["raw"] = bytes(values["raw"])
    return Receipt(**values)


def stored_receipt(row: Row) -> StoredReceipt:
    return StoredReceipt(receipt=receipt(row), received_ms=row["received_ms"])


def event(row: Row) -> Event:
    """A row of ``event`` joined with its message's recipient, sender and client_ref."""
    return Event(
        id=row["id"],
        message_id=row["message_id"],
        version=row["version"],
        status=Status(row["status"]),
        previous=Status(row["previous"]) if row["previous"] else None,
        at_ms=row["at_ms"],
        err_code=row["err_code"],
        reason=row["reason"],
        client_ref=row["client_ref"],
        recipient=row["recipient"],
        sender=row["sender"],
    )


def submission(row: Row, attempt: int) -> Submission:
    return Submission(
        message_id=row["id"],
        recipient=row["recipient"],
        sender=row["sender"],
        content=_content(row),
        part_count=row["part_count"],
        client_ref=row["id"],
        country=row["country"],
        ttl_ms=row["ttl_ms"],
        attempt=attempt,
        created_ms=row["created_ms"],
        options=_options(row),
        route=row["route"],
    )


def _of_options(options: Options) -> str | None:
    return None if options == NO_OPTIONS else msgspec.json.encode(options).decode()


def _options(row: Row) -> Options:
    return msgspec.json.decode(row["options"], type=Options) if row["options"] else NO_OPTIONS


def _content(row: Row) -> Content:
    return Content(kind=Kind(row["kind"]), text=row["text"], body=row["body"], udh=row["udh"])
