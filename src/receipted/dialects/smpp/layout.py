"""Where each field of a PDU stands: the same tables as ``codec`` reads by, with the offsets kept.

For people who look at bytes. Nothing is fast here and nothing raises: what cannot be read is one last span.
"""

from collections.abc import Iterator
from typing import Final, NamedTuple

from receipted.dialects.smpp.pdus import HEADER_OCTETS, PDUS, Field, Kind, Value
from receipted.dialects.smpp.tlvs import Tlv, tlv_name, tlv_value

HEADER: Final = ("command_length", "command_id", "command_status", "sequence_number")
UNREAD: Final = "unread"
"""The name of what follows the last thing that could be read."""
_TLV_HEADER_OCTETS = 4


class Span(NamedTuple):
    """One field on the wire: the offset in its PDU, its octets, and the value that they stand for.

    ``tag`` is that of a TLV, whose octets include tag and length; None for all else.
    """

    offset: int
    octets: bytes
    name: str
    value: Value
    tag: int | None = None

    @property
    def end(self) -> int:
        return self.offset + len(self.octets)


def layout(octets: bytes) -> list[Span]:
    """The spans of a PDU in the order of the wire; together they are all of its octets."""
    spans = list(_header(octets))
    at = spans[-1].end if spans else 0
    if at == HEADER_OCTETS:
        for span in _body(octets):
            spans.append(span)
            at = span.end
    if at < len(octets):
        spans.append(Span(at, octets[at:], UNREAD, octets[at:]))
    return spans


def _header(octets: bytes) -> Iterator[Span]:
    for at, name in zip(range(0, HEADER_OCTETS, 4), HEADER, strict=True):
        four = octets[at : at + 4]
        if len(four) < 4:
            return
        yield Span(at, four, name, int.from_bytes(four))


def _body(octets: bytes) -> Iterator[Span]:
    at = HEADER_OCTETS
    fields = PDUS.get(int.from_bytes(octets[4:8]))
    if fields is None:
        return
    for field in fields if at < len(octets) else ():
        found = list(_field(octets, at, field, last=field is fields[-1]))
        yield from found
        if not found or found[-1].name != field.name:
            return
        at = found[-1].end
    while at + _TLV_HEADER_OCTETS <= len(octets):
        tag, end = int.from_bytes(octets[at : at + 2]), at + 4 + int.from_bytes(octets[at + 2 : at + 4])
        if end > len(octets):
            return
        yield Span(at, octets[at:end], tlv_name(tag), tlv_value(Tlv(tag, octets[at + 4 : end])), tag)
        at = end


def _field(octets: bytes, at: int, field: Field, *, last: bool) -> Iterator[Span]:
    """The field at this offset; nothing if the octets end inside it. A short_message has sm_length before it."""
    if at >= len(octets):
        return
    if field.kind is Kind.U8:
        yield Span(at, octets[at : at + 1], field.name, octets[at])
    elif field.kind is Kind.SHORT_MESSAGE:
        yield Span(at, octets[at : at + 1], "sm_length", octets[at])
        text = octets[at + 1 : at + 1 + octets[at]]
        if len(text) == octets[at]:
            yield Span(at + 1, text, field.name, text)
    else:
        end = octets.find(0, at)
        if end >= 0 or last:
            text = octets[at:end] if end >= 0 else octets[at:]
            yield Span(at, octets[at : end + 1] if end >= 0 else text, field.name, text.decode("latin-1"))
