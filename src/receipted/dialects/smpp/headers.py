"""How parts of a long message say that they belong together: a header in the text (UDH), or TLVs (reference smpp 8).

3GPP TS 23.040, 9.2.3.24.1 and 9.2.3.24.8 for the header; SMPP 3.4, 5.3.2.22 to 5.3.2.24 for the TLVs.
"""

from typing import Final, NamedTuple

from receipted.dialects.smpp.pdus import Pdu
from receipted.dialects.smpp.tlvs import Tag, Tlv, make_tlv

UDHI: Final = 0x40
"""The bit of esm_class that says: the text starts with a header (5.2.12)."""
MOST_PARTS: Final = 255
_CONCAT_8, _CONCAT_16 = 0x00, 0x08


class Place(NamedTuple):
    """Which part of which message: ``number`` counts from 1 to ``total``."""

    reference: int
    total: int
    number: int


class Body(NamedTuple):
    """What a PDU carries, its header apart. ``udh`` has its length octet; b"" without one."""

    udh: bytes
    octets: bytes


def header_8(place: Place) -> bytes:
    """The header of 6 octets, with an 8-bit reference."""
    return bytes((5, _CONCAT_8, 3, place.reference & 0xFF, place.total, place.number))


def header_16(place: Place) -> bytes:
    """The header of 7 octets, with a 16-bit reference."""
    return bytes((6, _CONCAT_16, 4, *(place.reference & 0xFFFF).to_bytes(2), place.total, place.number))


def sar_tlvs(place: Place) -> tuple[Tlv, ...]:
    """The three TLVs; all of them stand on every part."""
    return (
        make_tlv(Tag.SAR_MSG_REF_NUM, place.reference & 0xFFFF),
        make_tlv(Tag.SAR_TOTAL_SEGMENTS, place.total),
        make_tlv(Tag.SAR_SEGMENT_SEQNUM, place.number),
    )


def body_of(pdu: Pdu) -> Body:
    """The header and the rest of what a submit_sm, deliver_sm or data_sm carries; never raises.

    A header that is longer than the text is none: the text is shown whole.
    """
    octets = pdu.message_octets()
    if not pdu.number("esm_class") & UDHI or not octets or octets[0] >= len(octets):
        return Body(b"", octets)
    end = octets[0] + 1
    return Body(octets[:end], octets[end:])


def place_of(pdu: Pdu, udh: bytes) -> Place | None:
    """Which part it is, by its header or by its TLVs; None for a message of its own, and for what makes no sense."""
    place = _place_in(udh) or _place_by_tlvs(pdu)
    return place if place is not None and 1 <= place.number <= place.total else None


def _place_in(udh: bytes) -> Place | None:
    at = 1
    while at + 2 <= len(udh):
        element, size = udh[at], udh[at + 1]
        value = udh[at + 2 : at + 2 + size]
        if (element, len(value)) in ((_CONCAT_8, 3), (_CONCAT_16, 4)):
            return Place(int.from_bytes(value[:-2]), value[-2], value[-1])
        at += 2 + size
    return None


def _place_by_tlvs(pdu: Pdu) -> Place | None:
    tags = (Tag.SAR_MSG_REF_NUM, Tag.SAR_TOTAL_SEGMENTS, Tag.SAR_SEGMENT_SEQNUM)
    reference, total, number = (pdu.tlv(tag) for tag in tags)
    if not (reference and total and number):
        return None
    return Place(int.from_bytes(reference[-2:]), total[-1], number[-1])
