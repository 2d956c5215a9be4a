"""A message as submit_sm, one for each part, in the way that its carrier joins long ones (4.4.1; reference smpp 8).

The text comes cut and coded to octets: how much fits is ``text.segments``' to say. Which part of which message it is,
is said once: by a header, by TLVs, or not at all because the carrier cuts a message_payload itself.
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Final, NamedTuple

import msgspec

from receipted.dialects.smpp.addresses import Address, written
from receipted.dialects.smpp.codec import Unencodable
from receipted.dialects.smpp.codings import Alphabet, ClassGroup, data_coding
from receipted.dialects.smpp.headers import MOST_PARTS, UDHI, Place, header_8, header_16, sar_tlvs
from receipted.dialects.smpp.pdus import Value
from receipted.dialects.smpp.times import validity
from receipted.dialects.smpp.tlvs import Tag, Tlv, make_tlv

MOST_SHORT_MESSAGE: Final = 254
MOST_PAYLOAD: Final = 65_535
"""A TLV's length has two octets."""


class Long(StrEnum):
    """How a carrier wants the parts of a long message joined."""

    UDH8 = "udh8"
    """A header of 6 octets, its reference of 8 bits: what everybody takes."""
    UDH16 = "udh16"
    """A header of 7 octets, its reference of 16 bits: parts of two messages are mixed up more seldom."""
    SAR = "sar"
    """Three TLVs and no header; not every carrier takes them."""
    PAYLOAD = "payload"
    """The whole text in message_payload: the carrier cuts it, and gives one id and mostly one receipt."""


HEADER_OCTETS: Final[Mapping[Long, int]] = {Long.UDH8: 6, Long.UDH16: 7, Long.SAR: 6, Long.PAYLOAD: 6}
"""What a part must leave free, for ``text.segments``: with SAR the carrier makes the header of 6."""


class Wanted(StrEnum):
    """Which receipts to ask for."""

    NONE = "none"
    FINAL = "final"
    FAILURE = "failure"
    INTERMEDIATE = "intermediate"
    """Final ones and, where the carrier knows them, those before."""


REGISTERED_DELIVERY: Final[Mapping[Wanted, int]] = {
    Wanted.NONE: 0x00,
    Wanted.FINAL: 0x01,
    Wanted.FAILURE: 0x02,
    Wanted.INTERMEDIATE: 0x11,
}
"""5.2.17."""


class SubmitForm(msgspec.Struct, frozen=True, kw_only=True):
    """How one carrier wants its submits. ``codings``: its data_coding for an alphabet, where not the usual one."""

    long: Long = Long.UDH8
    codings: Mapping[Alphabet, int] = {}
    class_group: ClassGroup = ClassGroup.CLASS
    wanted: Wanted = Wanted.FINAL
    service_type: str = ""
    protocol_id: int = 0
    priority: int = 0


class Coded(msgspec.Struct, frozen=True, kw_only=True):
    """A message ready to travel: ``parts`` in ``alphabet``'s octets, without headers, at least one.

    ``udh``: the sender's header with its length octet, for a message of one part. ``message_class`` 0-3; 0 is flash.
    """

    alphabet: Alphabet
    parts: Sequence[bytes]
    udh: bytes = b""
    message_class: int | None = None


class Submit(NamedTuple):
    """The fields and TLVs of one submit_sm."""

    fields: Mapping[str, Value]
    tlvs: tuple[Tlv, ...]


USUAL: Final = SubmitForm()


def submits(
    coded: Coded,
    *,
    source: Address,
    destination: Address,
    reference: int,
    ttl_ms: int | None = None,
    form: SubmitForm = USUAL,
) -> list[Submit]:
    """One submit_sm for each part, or a single one that holds them all.

    ``reference`` joins the parts of one message: it should differ from those sent to the same number shortly before;
    its lower 8 or 16 bits count. ``ttl_ms`` becomes the validity_period, None leaves it to the carrier.
    Raises Unencodable for more than 255 parts, and for a header of one's own on a message of several.
    """
    if coded.udh and len(coded.parts) > 1:
        raise Unencodable("short_message", "a message with a header of its own cannot be cut")
    fields: dict[str, Value] = {
        "service_type": form.service_type,
        **written(source, destination),
        "esm_class": UDHI if coded.udh else 0,
        "protocol_id": form.protocol_id,
        "priority_flag": form.priority,
        "validity_period": validity(ttl_ms),
        "registered_delivery": REGISTERED_DELIVERY[form.wanted],
        "data_coding": data_coding(coded.alphabet, coded.message_class, codings=form.codings, group=form.class_group),
    }
    if len(coded.parts) == 1 or form.long is Long.PAYLOAD:
        return [_whole(fields, coded.udh + b"".join(coded.parts))]
    if len(coded.parts) > MOST_PARTS:
        raise Unencodable("short_message", f"{len(coded.parts)} parts; a message has at most {MOST_PARTS}")
    places = (Place(reference, len(coded.parts), number) for number in range(1, len(coded.parts) + 1))
    return [_part(fields, form.long, place, part) for place, part in zip(places, coded.parts, strict=True)]


def _whole(fields: Mapping[str, Value], octets: bytes) -> Submit:
    if len(octets) <= MOST_SHORT_MESSAGE:
        return Submit({**fields, "short_message": octets}, ())
    if len(octets) > MOST_PAYLOAD:
        raise Unencodable("message_payload", f"{len(octets)} octets; it holds {MOST_PAYLOAD}")
    return Submit(fields, (make_tlv(Tag.MESSAGE_PAYLOAD, octets),))


def _part(fields: Mapping[str, Value], long: Long, place: Place, octets: bytes) -> Submit:
    if long is Long.SAR:
        return Submit({**fields, "short_message": octets}, sar_tlvs(place))
    header = header_16(place) if long is Long.UDH16 else header_8(place)
    return Submit({**fields, "esm_class": UDHI, "short_message": header + octets}, ())
