"""Which part of which message a submit is: its header (UDH), its SAR TLVs, or its length tell (reference smpp 8)."""

from typing import Final, NamedTuple

from receipted.dialects.smpp.pdus import Pdu
from receipted.dialects.smpp.tlvs import Tag
from receipted.text.segments import OCTETS, SEPTETS, Size

UDHI: Final = 0x40
"""The bit of esm_class that says: the text begins with a header (5.2.12)."""
_EIGHT, _SIXTEEN = (0x00, 3), (0x08, 4)
"""Identifier and length of the elements that join parts, by an 8-bit and a 16-bit reference (23.040, 9.2.3.24)."""
_IN_OCTETS: Final = frozenset({2, 4, 8})
"""data_coding values of which an SMS holds 140 octets and not 160 characters."""


class Part(NamedTuple):
    """Number ``seq`` (from 1) of ``total`` parts; ``text`` is what is left without the header."""

    seq: int
    total: int
    text: bytes


def part_of(submit: Pdu) -> Part:
    """The place of a submit in its message. What makes no sense (part 3 of 2) counts as a message of one part.

    A message_payload that is longer than one SMS is cut by the carrier itself: it counts as the last of those parts,
    since its one receipt tells of all of them.
    """
    text = submit.message_octets()
    if submit.number("esm_class") & UDHI:
        return _by_header(text)
    if submit.tlvs:
        total, seq = submit.tlv(Tag.SAR_TOTAL_SEGMENTS), submit.tlv(Tag.SAR_SEGMENT_SEQNUM)
        if total and seq:
            return _part(seq[-1], total[-1], text)
        if submit.tlv(Tag.MESSAGE_PAYLOAD):
            count = _count(len(text), OCTETS if submit.number("data_coding") in _IN_OCTETS else SEPTETS)
            return Part(count, count, text)
    return Part(1, 1, text)


def _part(seq: int, total: int, text: bytes) -> Part:
    return Part(seq, total, text) if 1 <= seq <= total else Part(1, 1, text)


def _by_header(octets: bytes) -> Part:
    end = 1 + octets[0] if octets else 0
    text, at = octets[end:], 1
    while at + 2 <= end <= len(octets):
        element, size = octets[at], octets[at + 1]
        if (element, size) in (_EIGHT, _SIXTEEN) and at + 2 + size <= end:
            total, seq = octets[at + size], octets[at + size + 1]
            return _part(seq, total, text)
        at += 2 + size
    return Part(1, 1, text)


def _count(length: int, size: Size) -> int:
    return 1 if length <= size.alone else -(-length // size.joined)
