"""The optional parameters (TLVs) of SMPP 3.4 as one table (section 5.3; reference smpp 3)."""

from collections.abc import Mapping
from enum import Enum, IntEnum
from typing import Final, NamedTuple

import msgspec


class Tag(IntEnum):
    """Parameter tags (5.3.2)."""

    DEST_ADDR_SUBUNIT = 0x0005
    DEST_NETWORK_TYPE = 0x0006
    DEST_BEARER_TYPE = 0x0007
    DEST_TELEMATICS_ID = 0x0008
    SOURCE_ADDR_SUBUNIT = 0x000D
    SOURCE_NETWORK_TYPE = 0x000E
    SOURCE_BEARER_TYPE = 0x000F
    SOURCE_TELEMATICS_ID = 0x0010
    QOS_TIME_TO_LIVE = 0x0017
    PAYLOAD_TYPE = 0x0019
    ADDITIONAL_STATUS_INFO_TEXT = 0x001D
    RECEIPTED_MESSAGE_ID = 0x001E
    MS_MSG_WAIT_FACILITIES = 0x0030
    PRIVACY_INDICATOR = 0x0201
    SOURCE_SUBADDRESS = 0x0202
    DEST_SUBADDRESS = 0x0203
    USER_MESSAGE_REFERENCE = 0x0204
    USER_RESPONSE_CODE = 0x0205
    SOURCE_PORT = 0x020A
    DESTINATION_PORT = 0x020B
    SAR_MSG_REF_NUM = 0x020C
    LANGUAGE_INDICATOR = 0x020D
    SAR_TOTAL_SEGMENTS = 0x020E
    SAR_SEGMENT_SEQNUM = 0x020F
    SC_INTERFACE_VERSION = 0x0210
    CALLBACK_NUM_PRES_IND = 0x0302
    CALLBACK_NUM_ATAG = 0x0303
    NUMBER_OF_MESSAGES = 0x0304
    CALLBACK_NUM = 0x0381
    DPF_RESULT = 0x0420
    SET_DPF = 0x0421
    MS_AVAILABILITY_STATUS = 0x0422
    NETWORK_ERROR_CODE = 0x0423
    MESSAGE_PAYLOAD = 0x0424
    DELIVERY_FAILURE_REASON = 0x0425
    MORE_MESSAGES_TO_SEND = 0x0426
    MESSAGE_STATE = 0x0427
    USSD_SERVICE_OP = 0x0501
    DISPLAY_TIME = 0x1201
    SMS_SIGNAL = 0x1203
    MS_VALIDITY = 0x1204
    ALERT_ON_MESSAGE_DELIVERY = 0x130C
    ITS_REPLY_TYPE = 0x1380
    ITS_SESSION_INFO = 0x1383


class TlvKind(Enum):
    """How a TLV's value is read. The number is its size in octets; 0 = any."""

    U8 = 1
    U16 = 2
    U32 = 4
    C_STRING = -1
    OCTETS = 0


class TlvRow(NamedTuple):
    """One parameter: its name in the specification and what its value is."""

    tag: Tag
    kind: TlvKind

    @property
    def name(self) -> str:
        return self.tag.name.lower()


_OTHER_KINDS: dict[Tag, TlvKind] = {
    Tag.DEST_TELEMATICS_ID: TlvKind.U16,
    Tag.QOS_TIME_TO_LIVE: TlvKind.U32,
    Tag.ADDITIONAL_STATUS_INFO_TEXT: TlvKind.C_STRING,
    Tag.RECEIPTED_MESSAGE_ID: TlvKind.C_STRING,
    Tag.SOURCE_SUBADDRESS: TlvKind.OCTETS,
    Tag.DEST_SUBADDRESS: TlvKind.OCTETS,
    Tag.USER_MESSAGE_REFERENCE: TlvKind.U16,
    Tag.SOURCE_PORT: TlvKind.U16,
    Tag.DESTINATION_PORT: TlvKind.U16,
    Tag.SAR_MSG_REF_NUM: TlvKind.U16,
    Tag.CALLBACK_NUM_ATAG: TlvKind.OCTETS,
    Tag.CALLBACK_NUM: TlvKind.OCTETS,
    Tag.NETWORK_ERROR_CODE: TlvKind.OCTETS,
    Tag.MESSAGE_PAYLOAD: TlvKind.OCTETS,
    Tag.SMS_SIGNAL: TlvKind.U16,
    Tag.ALERT_ON_MESSAGE_DELIVERY: TlvKind.OCTETS,
    Tag.ITS_SESSION_INFO: TlvKind.OCTETS,
}

TLVS: Final[Mapping[int, TlvRow]] = {tag: TlvRow(tag, _OTHER_KINDS.get(tag, TlvKind.U8)) for tag in Tag}
"""Every parameter of the specification. All that ``_OTHER_KINDS`` does not name is one octet."""

FIRST_VENDOR_TAG, LAST_VENDOR_TAG = 0x1400, 0x3FFF


class Tlv(msgspec.Struct, frozen=True):
    """One optional parameter as it stands on the wire."""

    tag: int
    value: bytes


def tlv_name(tag: int) -> str:
    """The specification's name of a tag; vendors' and unknown ones in hex."""
    if tag in TLVS:
        return TLVS[tag].name
    return f"vendor_0x{tag:04X}" if FIRST_VENDOR_TAG <= tag <= LAST_VENDOR_TAG else f"0x{tag:04X}"


def tlv_value(tlv: Tlv) -> int | str | bytes:
    """The value as its kind says. One of an odd size, or of an unknown tag, stays bytes: never an exception."""
    row = TLVS.get(tlv.tag)
    if row is None or row.kind is TlvKind.OCTETS:
        return tlv.value
    if row.kind is TlvKind.C_STRING:
        return tlv.value.split(b"\0", 1)[0].decode("latin-1")
    return int.from_bytes(tlv.value) if len(tlv.value) == row.kind.value else tlv.value


def make_tlv(tag: int, value: int | str | bytes) -> Tlv:
    """A TLV of a value, in the form that its kind has on the wire. Raises ValueError for a number that does not fit."""
    if isinstance(value, bytes):
        return Tlv(tag, value)
    if isinstance(value, str):
        return Tlv(tag, value.encode("latin-1", "replace") + b"\0")
    row = TLVS.get(tag)
    size = row.kind.value if row is not None and row.kind.value > 0 else 1
    try:
        return Tlv(tag, value.to_bytes(size))
    except OverflowError:
        raise ValueError(f"{tlv_name(tag)}: {value} does not fit in {size} octets") from None
