"""What the numbers in a PDU's fields mean, in words (SMPP 3.4 sections 5.2 and 5.3; reference smpp 2 and 3)."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Final

from receipted.dialects.smpp import status as statuses
from receipted.dialects.smpp.codings import Alphabet, coding_of
from receipted.dialects.smpp.headers import UDHI
from receipted.dialects.smpp.pdus import LAST_SEQUENCE, PDUS, RESPONSE, Command, Value, name_of
from receipted.dialects.smpp.states import BY_NUMBER
from receipted.dialects.smpp.times import read_time, read_validity

_TON: Final = {
    0: "unknown", 1: "international", 2: "national", 3: "network specific", 4: "subscriber number", 5: "alphanumeric",
    6: "abbreviated",
}  # fmt: skip
_NPI: Final = {
    0: "unknown", 1: "ISDN (E.164)", 3: "data (X.121)", 4: "telex (F.69)", 6: "land mobile (E.212)", 8: "national",
    9: "private", 10: "ERMES", 14: "Internet (IP)", 18: "WAP client id",
}  # fmt: skip
_NETWORK: Final = {1: "ANSI-136", 2: "IS-95", 3: "GSM", 4: "ANSI 136 cause", 5: "IS 95 cause", 6: "ANSI-41",
                   7: "SMPP", 8: "message centre"}  # fmt: skip

_NAMED: Final[Mapping[str, Mapping[int, str]]] = {
    "interface_version": {0x33: "SMPP 3.3", 0x34: "SMPP 3.4", 0x50: "SMPP 5.0"},
    "sc_interface_version": {0x33: "SMPP 3.3", 0x34: "SMPP 3.4", 0x50: "SMPP 5.0"},
    "protocol_id": {0: "an ordinary SMS", 0x40: "silent (short message type 0)", 0x7F: "download to the SIM"},
    "priority_flag": {0: "no priority", 1: "priority 1", 2: "priority 2", 3: "priority 3, the highest"},
    "replace_if_present_flag": {0: "do not replace", 1: "replaces an earlier message that still waits"},
    "sm_default_msg_id": {0: "no predefined message"},
    "more_messages_to_send": {0: "no more follow", 1: "more follow"},
    "payload_type": {0: "default", 1: "WCMP"},
    "privacy_indicator": {0: "not restricted", 1: "restricted", 2: "confidential", 3: "secret"},
    "ms_availability_status": {0: "the handset is available", 1: "denied", 2: "unavailable"},
    "delivery_failure_reason": {
        0: "destination unavailable", 1: "destination address invalid", 2: "permanent error of the network",
        3: "temporary error of the network",
    },
    "dpf_result": {0: "delivery pending flag not set", 1: "delivery pending flag set"},
    "set_dpf": {0: "do not set the delivery pending flag", 1: "set the delivery pending flag"},
    "language_indicator": {0: "unspecified", 1: "English", 2: "French", 3: "Spanish", 4: "German", 5: "Portuguese"},
    "dest_addr_subunit": {0: "unknown", 1: "the display", 2: "the handset", 3: "the SIM", 4: "an external unit"},
    "source_addr_subunit": {0: "unknown", 1: "the display", 2: "the handset", 3: "the SIM", 4: "an external unit"},
    "error_code": {0: "no error"},
}  # fmt: skip

_TYPES_TO_US: Final = {
    0x00: "an ordinary message", 0x04: "a delivery receipt", 0x08: "a delivery acknowledgement",
    0x10: "an acknowledgement by the user", 0x18: "conversation abort", 0x20: "an intermediate notification",
}  # fmt: skip
_TYPES_TO_CARRIER: Final = {
    0x00: "an ordinary message", 0x08: "a delivery acknowledgement", 0x10: "an acknowledgement by the user",
}  # fmt: skip
_MODES: Final = ("the carrier's mode", "datagram", "forward (transaction)", "store and forward")
_RECEIPTS: Final = (
    "no receipt", "a receipt of success and failure", "a receipt of failure only", "a receipt of success only (5.0)"
)  # fmt: skip
_BY_USER: Final = {0x04: "the handset's acknowledgement", 0x08: "the user's acknowledgement", 0x0C: "both of theirs"}
_ALPHABETS: Final = {
    Alphabet.DEFAULT: "the carrier's default alphabet, mostly GSM 7-bit", Alphabet.GSM7: "GSM 7-bit",
    Alphabet.ASCII: "ASCII", Alphabet.LATIN_1: "ISO-8859-1", Alphabet.UCS2: "UCS-2", Alphabet.BINARY: "binary",
    Alphabet.CYRILLIC: "ISO-8859-5, Cyrillic", Alphabet.HEBREW: "ISO-8859-8, Hebrew", Alphabet.JIS: "JIS",
    Alphabet.ISO_2022_JP: "ISO-2022-JP", Alphabet.KOREAN: "KS C 5601, Korean",
}  # fmt: skip
_CLASSES: Final = ("class 0: flash", "class 1: to the handset", "class 2: to the SIM", "class 3: to other equipment")


def esm_class(value: int, command: int) -> str:
    """Mode, type and features (5.2.12). The types differ by direction."""
    types = _TYPES_TO_US if command == Command.DELIVER_SM else _TYPES_TO_US | _TYPES_TO_CARRIER
    said = [types.get(value & 0x3C, f"a type that is reserved (0x{value & 0x3C:02X})")]
    if command != Command.DELIVER_SM:
        said.append(_MODES[value & 3])
    if value & UDHI:
        said.append("a header (UDH) in front of the text")
    if value & 0x80:
        said.append("reply path")
    return ", ".join(said)


def registered_delivery(value: int) -> str:
    """Which receipts are asked for (5.2.17)."""
    said = [_RECEIPTS[value & 3]]
    if value & 0x0C:
        said.append(_BY_USER[value & 0x0C])
    if value & 0x10:
        said.append("intermediate notifications")
    return ", ".join(said)


def data_coding(value: int) -> str:
    """Alphabet and class (5.2.19; 3GPP TS 23.038, 4)."""
    coding = coding_of(value)
    message_class = "" if coding.message_class is None else f", {_CLASSES[coding.message_class]}"
    return _ALPHABETS[coding.alphabet] + message_class


def message_state(value: int) -> str:
    """The state's word and what it says (5.2.28)."""
    state = BY_NUMBER.get(value)
    return f"{state.word}: {state.meaning}" if state else "in no table"


def network_error(value: bytes) -> str:
    """The network and its own code (5.3.2.31)."""
    if len(value) != 3:
        return f"{len(value)} octets; there should be 3"
    return f"{_NETWORK.get(value[0], f'network {value[0]}')}, its error {int.from_bytes(value[1:])}"


def moment(text: str) -> str:
    """A date in any form that carriers use, in words; "" for none. Only SMPP's own form says its time zone."""
    at_ms = read_time(text)
    if at_ms is None:
        return "no date" if text else ""
    zone = "UTC" if len(text) == 16 and text[-1] in "+-" else "in the carrier's time zone"
    return f"{datetime.fromtimestamp(at_ms / 1000, UTC):%Y-%m-%d %H:%M:%S} {zone}"


def time(text: str) -> str:
    """schedule_delivery_time, validity_period and the like: absolute, or relative with an R (7.1.1)."""
    if not text.endswith("R"):
        return moment(text)
    after_ms = read_validity(text, 0)
    if after_ms is None:
        return "no time"
    seconds = after_ms // 1000
    parts = ((seconds // 86_400, "d"), (seconds // 3600 % 24, "h"), (seconds // 60 % 60, "min"), (seconds % 60, "s"))
    return "after " + (" ".join(f"{number} {unit}" for number, unit in parts if number) or "0 s")


def identifier(text: str) -> str:
    """A message id that may be written otherwise elsewhere: hex here, decimal there (reference smpp 7)."""
    if not text or len(text) > 20 or not text.isascii():
        return ""
    said = []
    if text.isdigit():
        said.append(f"hex {int(text):X} if it is decimal")
    if all(char in "0123456789abcdefABCDEF" for char in text):
        said.append(f"decimal {int(text, 16)} if it is hex")
    return ", ".join(said)


_STRINGS: Final[Mapping[str, Callable[[str], str]]] = {
    "schedule_delivery_time": lambda text: time(text) or "at once",
    "validity_period": lambda text: time(text) or "as long as the carrier likes",
    "final_date": lambda text: moment(text) or "not final yet",
    "message_id": identifier,
    "receipted_message_id": identifier,
}
_NUMBERS: Final[Mapping[str, Callable[[int], str]]] = {
    "registered_delivery": registered_delivery,
    "data_coding": data_coding,
    "message_state": message_state,
}
_UNITS: Final = {"qos_time_to_live": "seconds", "sm_length": "octets", "command_length": "octets"}


def meaning_of(name: str, value: Value, command: int) -> str:
    """A field in words, by its name in the specification; "" where there is nothing to add."""
    if isinstance(value, str):
        return _STRINGS[name](value) if name in _STRINGS else ""
    if isinstance(value, bytes):
        return network_error(value) if name == "network_error_code" else as_text(value)
    if name == "esm_class":
        return esm_class(value, command)
    if name in _NUMBERS:
        return _NUMBERS[name](value)
    if name.endswith(("_ton", "_npi")):
        return (_TON if name.endswith("_ton") else _NPI).get(value, "in no table")
    return _NAMED.get(name, {}).get(value) or _UNITS.get(name, "")


def header_meaning(name: str, value: int, octets: bytes) -> str:
    """One of the four numbers of the header (3.2), in words."""
    command = int.from_bytes(octets[4:8])
    if name == "command_length":
        return "octets" if value == len(octets) else f"octets; but there are {len(octets)}"
    if name == "command_id":
        kind = "a response" if value >= RESPONSE else "a request"
        return f"{name_of(value)}, {kind}" if value in PDUS else "in no table of PDUs"
    if name == "sequence_number":
        return "" if 1 <= value <= LAST_SEQUENCE else "outside 1 to 0x7FFFFFFF"
    if command < RESPONSE:
        return "0 in every request" if value == 0 else "should be 0 in a request"
    advice = statuses.advice_for(value)
    return advice.meaning if value == 0 else f"{advice.meaning}. {advice.advice}"


def as_text(value: bytes) -> str:
    """Octets of no known form, where they are printable text."""
    text = value.rstrip(b"\0")
    return f'as text "{text.decode("ascii")}"' if text and all(32 <= octet < 127 for octet in text) else ""
