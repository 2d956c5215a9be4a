"""The PDUs of SMPP 3.4 as field tables, in the specification's words and order (section 4; reference smpp 2).

A PDU is data: adding one is a member of ``Command``, a row in ``PDUS`` and a vector in ``tests/vectors``.
"""

from collections.abc import Mapping
from enum import Enum, IntEnum
from typing import Final, NamedTuple, TypeAlias

import msgspec

from receipted.dialects.smpp.tlvs import Tag, Tlv

RESPONSE: Final = 0x80000000
"""The bit that makes a response's command_id of its request's (3.2)."""
HEADER_OCTETS: Final = 16
LAST_SEQUENCE: Final = 0x7FFFFFFF
VERSION_3_4: Final = 0x34
"""The interface_version that we write."""

Value: TypeAlias = int | str | bytes
"""u8 is an int; a C-Octet String is a str, one character an octet (ISO 8859-1), so nothing is lost; the rest bytes."""


class Command(IntEnum):
    """command_id (5.1.2.1)."""

    BIND_RECEIVER = 0x01
    BIND_TRANSMITTER = 0x02
    QUERY_SM = 0x03
    SUBMIT_SM = 0x04
    DELIVER_SM = 0x05
    UNBIND = 0x06
    REPLACE_SM = 0x07
    CANCEL_SM = 0x08
    BIND_TRANSCEIVER = 0x09
    OUTBIND = 0x0B
    ENQUIRE_LINK = 0x15
    ALERT_NOTIFICATION = 0x102
    DATA_SM = 0x103
    GENERIC_NACK = 0x80000000
    BIND_RECEIVER_RESP = 0x80000001
    BIND_TRANSMITTER_RESP = 0x80000002
    QUERY_SM_RESP = 0x80000003
    SUBMIT_SM_RESP = 0x80000004
    DELIVER_SM_RESP = 0x80000005
    UNBIND_RESP = 0x80000006
    REPLACE_SM_RESP = 0x80000007
    CANCEL_SM_RESP = 0x80000008
    BIND_TRANSCEIVER_RESP = 0x80000009
    ENQUIRE_LINK_RESP = 0x80000015
    DATA_SM_RESP = 0x80000103


BINDS: Final = frozenset({Command.BIND_RECEIVER, Command.BIND_TRANSMITTER, Command.BIND_TRANSCEIVER})


class Kind(Enum):
    """How a field stands on the wire (3.1)."""

    U8 = "u8"
    C_STRING = "C-Octet String"
    """Ends with a NUL; its size is the most it may take, the NUL included."""
    TIME = "C-Octet String of 1 or 17"
    """A time (7.1.1): empty or sixteen characters."""
    SHORT_MESSAGE = "sm_length and short_message"
    """The length in one octet, then so many octets. sm_length is never given: it follows from the message."""


class Field(NamedTuple):
    """One field of a PDU. ``size`` in octets, the NUL of a C-Octet String included."""

    name: str
    kind: Kind
    size: int


def _u8(name: str) -> Field:
    return Field(name, Kind.U8, 1)


def _c(name: str, size: int) -> Field:
    return Field(name, Kind.C_STRING, size)


def _time(name: str) -> Field:
    return Field(name, Kind.TIME, 17)


def _address(prefix: str, name: str, size: int = 21) -> tuple[Field, ...]:
    return (_u8(f"{prefix}_ton"), _u8(f"{prefix}_npi"), _c(name, size))


SOURCE = _address("source_addr", "source_addr")
DESTINATION = _address("dest_addr", "destination_addr")
SHORT_MESSAGE = Field("short_message", Kind.SHORT_MESSAGE, 254)

_BIND: tuple[Field, ...] = (
    _c("system_id", 16),
    _c("password", 9),
    _c("system_type", 13),
    _u8("interface_version"),
    *_address("addr", "address_range", 41),
)
_MESSAGE: tuple[Field, ...] = (
    _c("service_type", 6),
    *SOURCE,
    *DESTINATION,
    _u8("esm_class"),
    _u8("protocol_id"),
    _u8("priority_flag"),
    _time("schedule_delivery_time"),
    _time("validity_period"),
    _u8("registered_delivery"),
    _u8("replace_if_present_flag"),
    _u8("data_coding"),
    _u8("sm_default_msg_id"),
    SHORT_MESSAGE,
)
_SYSTEM_ID = (_c("system_id", 16),)
_MESSAGE_ID = (_c("message_id", 65),)

PDUS: Final[Mapping[int, tuple[Field, ...]]] = {
    Command.BIND_RECEIVER: _BIND,
    Command.BIND_RECEIVER_RESP: _SYSTEM_ID,
    Command.BIND_TRANSMITTER: _BIND,
    Command.BIND_TRANSMITTER_RESP: _SYSTEM_ID,
    Command.BIND_TRANSCEIVER: _BIND,
    Command.BIND_TRANSCEIVER_RESP: _SYSTEM_ID,
    Command.OUTBIND: (_c("system_id", 16), _c("password", 9)),
    Command.UNBIND: (),
    Command.UNBIND_RESP: (),
    Command.GENERIC_NACK: (),
    Command.SUBMIT_SM: _MESSAGE,
    Command.SUBMIT_SM_RESP: _MESSAGE_ID,
    Command.DELIVER_SM: _MESSAGE,
    Command.DELIVER_SM_RESP: (_c("message_id", 1),),
    Command.DATA_SM: (
        _c("service_type", 6),
        *_address("source_addr", "source_addr", 65),
        *_address("dest_addr", "destination_addr", 65),
        _u8("esm_class"),
        _u8("registered_delivery"),
        _u8("data_coding"),
    ),
    Command.DATA_SM_RESP: _MESSAGE_ID,
    Command.QUERY_SM: (*_MESSAGE_ID, *SOURCE),
    Command.QUERY_SM_RESP: (*_MESSAGE_ID, _time("final_date"), _u8("message_state"), _u8("error_code")),
    Command.CANCEL_SM: (_c("service_type", 6), *_MESSAGE_ID, *SOURCE, *DESTINATION),
    Command.CANCEL_SM_RESP: (),
    Command.REPLACE_SM: (
        *_MESSAGE_ID,
        *SOURCE,
        _time("schedule_delivery_time"),
        _time("validity_period"),
        _u8("registered_delivery"),
        _u8("sm_default_msg_id"),
        SHORT_MESSAGE,
    ),
    Command.REPLACE_SM_RESP: (),
    Command.ENQUIRE_LINK: (),
    Command.ENQUIRE_LINK_RESP: (),
    Command.ALERT_NOTIFICATION: (*_address("source_addr", "source_addr", 65), *_address("esme_addr", "esme_addr", 65)),
}

ALWAYS_WITH_BODY: Final = frozenset({Command.DELIVER_SM_RESP})
"""Responses that carry their body in an error, too (4.6.2). The others are a header alone then (4.4.2)."""


class Pdu(msgspec.Struct, frozen=True, kw_only=True):
    """One PDU: the header's ``command`` (command_id), ``status`` (command_status) and ``sequence``, then the body.

    ``fields`` by the specification's names; those left out are 0 or empty on the wire. ``tlvs`` in the order of the
    wire, unknown and repeated ones kept. ``rest`` is what stands behind them that is no TLV.
    """

    command: int
    status: int = 0
    sequence: int = 0
    fields: Mapping[str, Value] = {}
    tlvs: tuple[Tlv, ...] = ()
    rest: bytes = b""

    @property
    def is_response(self) -> bool:
        return self.command >= RESPONSE

    def text(self, name: str) -> str:
        """A C-Octet String by its name; "" if it is not there."""
        value = self.fields.get(name, "")
        return value if isinstance(value, str) else ""

    def number(self, name: str) -> int:
        """An integer by its name; 0 if it is not there."""
        value = self.fields.get(name, 0)
        return value if isinstance(value, int) else 0

    def octets(self, name: str) -> bytes:
        """An Octet String by its name; b"" if it is not there."""
        value = self.fields.get(name, b"")
        return value if isinstance(value, bytes) else b""

    def tlv(self, tag: int) -> bytes | None:
        """The value of the first TLV with that tag, raw; None without one."""
        for tlv in self.tlvs:
            if tlv.tag == tag:
                return tlv.value
        return None

    def message_octets(self) -> bytes:
        """What the message says: short_message, or message_payload where that is empty (4.7.1)."""
        return self.octets("short_message") or self.tlv(Tag.MESSAGE_PAYLOAD) or b""


def name_of(command: int) -> str:
    """The specification's name of a command_id, or the number in hex."""
    try:
        return Command(command).name.lower()
    except ValueError:
        return f"0x{command:08X}"


def response_to(request: Pdu, status: int = 0, fields: Mapping[str, Value] | None = None,
                tlvs: tuple[Tlv, ...] = ()) -> Pdu:  # fmt: skip
    """The response to a request: its command_id with the response bit, its sequence_number."""
    return Pdu(
        command=request.command | RESPONSE, status=status, sequence=request.sequence, fields=fields or {}, tlvs=tlvs
    )
