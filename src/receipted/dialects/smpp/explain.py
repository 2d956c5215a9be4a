"""A PDU explained to a person, field by field: where it stands, what it holds, what that means.

Passwords are never shown. What a message says is decoded, its header (UDH) and a receipt's words are taken apart.
"""

from collections.abc import Iterator
from typing import Final

import msgspec

from receipted.dialects.smpp import headers, meanings
from receipted.dialects.smpp.codec import Unreadable, decode
from receipted.dialects.smpp.codings import Alphabets, coding_of
from receipted.dialects.smpp.grammars import GRAMMARS
from receipted.dialects.smpp.layout import HEADER, UNREAD, Span, layout
from receipted.dialects.smpp.pdus import BINDS, HEADER_OCTETS, RESPONSE, Command, Pdu, name_of
from receipted.dialects.smpp.receipt import DeliveryReceipt, UnreadableReceipt, read_receipt
from receipted.dialects.smpp.states import state_of
from receipted.dialects.smpp.tlvs import Tag

MASK: Final = "********"
_WITH_PASSWORD: Final = frozenset({*BINDS, Command.OUTBIND})
_MESSAGES: Final = frozenset({"short_message", "message_payload"})
_CARRIED: Final = frozenset({Command.SUBMIT_SM, Command.DELIVER_SM, Command.DATA_SM, Command.REPLACE_SM})


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One field. ``offset`` in octets from the PDU's begin, ``hex`` as on the wire; None and "" for what is derived.

    ``inside``: it is a piece of the row above that is not ``inside``.
    """

    offset: int | None
    hex: str
    name: str
    value: int | str
    meaning: str = ""
    inside: bool = False


class Explained(msgspec.Struct, frozen=True, kw_only=True):
    """One PDU. ``problem`` is "" unless its body could not be read; the rows then go as far as it could."""

    name: str
    command: int
    status: int
    sequence: int
    length: int
    rows: tuple[Row, ...]
    problem: str = ""

    @property
    def is_response(self) -> bool:
        return self.command >= RESPONSE


def explain(octets: bytes, alphabets: Alphabets) -> Explained:
    """Explain one PDU, header included. Never raises: what is no PDU is explained as far as it goes."""
    pdu = decode(octets)
    rows: list[Row] = []
    for span in layout(octets):
        rows += _rows(span, octets, pdu, alphabets)
    return Explained(
        name=name_of(pdu.command) if len(octets) >= HEADER_OCTETS else "no PDU",
        command=pdu.command,
        status=pdu.status,
        sequence=pdu.sequence,
        length=len(octets),
        rows=tuple(rows),
        problem=pdu.problem if isinstance(pdu, Unreadable) else "",
    )


def _rows(span: Span, octets: bytes, pdu: Pdu | Unreadable, alphabets: Alphabets) -> Iterator[Row]:
    if span.name in HEADER and isinstance(span.value, int) and span.end <= HEADER_OCTETS:
        yield _row(span, span.value, meanings.header_meaning(span.name, span.value, octets))
    elif span.name == UNREAD:
        yield _unread(span, pdu)
    elif span.name == "password":
        yield Row(offset=span.offset, hex=" ".join(["**"] * len(span.octets)), name=span.name,
                  value=MASK if span.value else "", meaning="never shown" if span.value else "")  # fmt: skip
    elif span.name in _MESSAGES and isinstance(pdu, Pdu) and pdu.command in _CARRIED:
        yield from _message(span, pdu, alphabets)
    else:
        value = span.value.hex() if isinstance(span.value, bytes) else span.value
        yield _row(span, value, meanings.meaning_of(span.name, span.value, pdu.command))


def _row(span: Span, value: int | str, meaning: str) -> Row:
    return Row(offset=span.offset, hex=span.octets.hex(), name=span.name, value=value, meaning=meaning)


def _unread(span: Span, pdu: Pdu | Unreadable) -> Row:
    """A bind that could not be read may have its password anywhere in what is left."""
    if pdu.command in _WITH_PASSWORD:
        return Row(offset=span.offset, hex=" ".join(["**"] * len(span.octets)), name=span.name, value=MASK,
                   meaning="not shown: the password may be in it")  # fmt: skip
    return _row(span, span.octets.hex(), "no TLV" if isinstance(pdu, Pdu) else "could not be read")


# --- what a message says ----------------------------------------------------------------------------------------------


def _message(span: Span, pdu: Pdu, alphabets: Alphabets) -> Iterator[Row]:
    """The text by its alphabet; beneath it header and receipt, if this is the field that the message stands in."""
    carried = isinstance(span.value, bytes) and span.value != b"" and span.value == pdu.message_octets()
    if not carried:
        other = "it is empty" if pdu.tlv(Tag.MESSAGE_PAYLOAD) is None else "the message is in message_payload"
        octets = span.value if isinstance(span.value, bytes) else b""
        yield _row(span, octets.hex(), "short_message has the message" if octets else other)
        return
    body = headers.body_of(pdu)
    coding = coding_of(pdu.number("data_coding"))
    text = alphabets.text(body.octets, coding.alphabet)
    shown = meanings.data_coding(pdu.number("data_coding"))
    yield _row(span, text or body.octets.hex(), shown)
    yield from _header_rows(span, pdu, body.udh)
    yield from _receipt_rows(pdu, text)


def _header_rows(span: Span, pdu: Pdu, udh: bytes) -> Iterator[Row]:
    """The elements of a header (3GPP TS 23.040, 9.2.3.24)."""
    if not udh:
        if pdu.number("esm_class") & headers.UDHI:
            yield _inside("UDH", "", "esm_class says a header, but its length is beyond the text")
        return
    start = span.end - len(pdu.message_octets())
    place = headers.place_of(pdu, udh)
    part = f"; part {place.number} of {place.total}, reference {place.reference}" if place else ""
    yield _inside("UDH", len(udh), f"octets of header, its length included{part}", start, udh)
    at = 1
    while at + 2 <= len(udh):
        element = udh[at : at + 2 + udh[at + 1]]
        yield _inside("UDH element", f"0x{udh[at]:02X}", _element(element), start + at, element)
        at += 2 + udh[at + 1]


def _element(element: bytes) -> str:
    kind, value = element[0], element[2:]
    if len(value) != element[1]:
        return "ends beyond the header"
    if (kind, len(value)) in ((0x00, 3), (0x08, 4)):
        return f"part {value[-1]} of {value[-2]}, reference {int.from_bytes(value[:-2])}"
    if (kind, len(value)) == (0x05, 4):
        return f"to port {int.from_bytes(value[:2])}, from port {int.from_bytes(value[2:])}"
    if kind in (0x24, 0x25) and len(value) == 1:
        return f"national language {'single' if kind == 0x25 else 'shift'} table {value[0]}"
    return "an element that is not taken apart"


def _receipt_rows(pdu: Pdu, text: str) -> Iterator[Row]:
    """The words of a receipt, and what the whole of it comes to."""
    if pdu.command not in (Command.DELIVER_SM, Command.DATA_SM):
        return
    receipt = read_receipt(pdu)
    if isinstance(receipt, UnreadableReceipt):
        yield _inside("receipt", "", f"cannot be read: {receipt.problem}")
    if not isinstance(receipt, DeliveryReceipt):
        return
    words = GRAMMARS["appendix-b"].read(text)
    for name, value in msgspec.structs.asdict(words).items() if words else ():
        if value:
            yield _inside(name.replace("_", " "), value, _word(name, value))
    notes = "".join(f"; {note}" for note in receipt.notes)
    err = f", err {receipt.raw_err}" if receipt.raw_err else ""
    kind = "intermediate" if receipt.intermediate else "receipt"
    yield _inside(kind, receipt.status.value, f"of message {receipt.id} to {receipt.recipient}{err}{notes}")


def _word(name: str, value: str) -> str:
    if name == "stat":
        state = state_of(value)
        return state.meaning if state else "in no table"
    if name in ("submit_date", "done_date"):
        return meanings.moment(value)
    if name == "id":
        return meanings.identifier(value)
    return {"sub": "parts submitted", "dlvrd": "parts delivered", "err": "the carrier's own error code",
            "text": "how the message began"}.get(name, "")  # fmt: skip


def _inside(name: str, value: int | str, meaning: str, offset: int | None = None, octets: bytes = b"") -> Row:
    return Row(offset=offset, hex=octets.hex(), name=name, value=value, meaning=meaning, inside=True)
