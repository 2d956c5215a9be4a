"""Who an SMS is from and to: type of number, numbering plan and digits (5.2.5, 5.2.6; reference smpp 2)."""

from collections.abc import Mapping
from enum import IntEnum
from typing import Final, NamedTuple

from receipted.dialects.smpp.pdus import Pdu


class Ton(IntEnum):
    """Type of number (5.2.5). Carriers use others too; they are kept."""

    UNKNOWN = 0
    INTERNATIONAL = 1
    NATIONAL = 2
    NETWORK = 3
    SUBSCRIBER = 4
    ALPHANUMERIC = 5
    ABBREVIATED = 6


class Npi(IntEnum):
    """Numbering plan (5.2.6)."""

    UNKNOWN = 0
    ISDN = 1
    DATA = 3
    TELEX = 4
    LAND_MOBILE = 6
    NATIONAL = 8
    PRIVATE = 9
    ERMES = 10
    INTERNET = 14
    WAP = 18


class Address(NamedTuple):
    """An address as it stands in a PDU."""

    ton: int
    npi: int
    addr: str


class Plan(NamedTuple):
    """What to say of a kind of address."""

    ton: int
    npi: int


INTERNATIONAL: Final = Plan(Ton.INTERNATIONAL, Npi.ISDN)
SHORT_CODE: Final = Plan(Ton.NETWORK, Npi.UNKNOWN)
ALPHANUMERIC: Final = Plan(Ton.ALPHANUMERIC, Npi.UNKNOWN)
"""What is usual (reference smpp 2). A carrier that wants otherwise says so by ``ton`` and ``npi``."""

LONGEST_SHORT_CODE = 6
MOST_CHARACTERS = 20
"""source_addr has room for so many (5.2.8). An alphanumeric sender holds 11 on the air."""
FEWEST_OF_A_PHONE = 7
"""Fewer digits are a short code, which is the end of many numbers."""
_PUNCTUATION: Final = str.maketrans("", "", "+-.()/ \0")


def of_sender(text: str, ton: int | None = None, npi: int | None = None) -> Address:
    """The source address for a sender: digits are a number or a short code, anything else is alphanumeric.

    ``ton`` and ``npi`` are what the carrier wants instead of the usual. What is longer than the field is cut, and a
    character that is no ISO 8859-1 becomes ``?``: the carrier then refuses the sender, if it minds.
    """
    digits = text.strip().removeprefix("+")
    if not (digits.isascii() and digits.isdigit()):
        shown = text.encode("latin-1", "replace").decode("latin-1").replace("\0", "")
        return _address(ALPHANUMERIC, shown, ton, npi)
    return _address(SHORT_CODE if len(digits) <= LONGEST_SHORT_CODE else INTERNATIONAL, digits, ton, npi)


def of_recipient(msisdn: str, ton: int | None = None, npi: int | None = None) -> Address:
    """The destination address of an MSISDN (digits, no ``+``)."""
    return _address(INTERNATIONAL, msisdn, ton, npi)


def source_of(pdu: Pdu) -> Address:
    """Who a message is from; in a receipt, the handset that it is about."""
    return Address(pdu.number("source_addr_ton"), pdu.number("source_addr_npi"), pdu.text("source_addr"))


def destination_of(pdu: Pdu) -> Address:
    """Who a message is to; in a receipt, the sender of the message that it is about."""
    return Address(pdu.number("dest_addr_ton"), pdu.number("dest_addr_npi"), pdu.text("destination_addr"))


def written(source: Address, destination: Address) -> Mapping[str, int | str]:
    """Both addresses as the fields of a submit_sm, deliver_sm or data_sm."""
    return {
        "source_addr_ton": source.ton,
        "source_addr_npi": source.npi,
        "source_addr": source.addr,
        "dest_addr_ton": destination.ton,
        "dest_addr_npi": destination.npi,
        "destination_addr": destination.addr,
    }


def number_of(address: Address) -> str:
    """An address in our words: digits without ``+``, or ``00`` where it is said to be international; else as given.

    Carriers write a number their own way, a national form included: for people to read, never for matching.
    """
    addr = address.addr.strip("\0 ")
    digits = addr.removeprefix("+")
    if not (digits.isascii() and digits.isdigit()):
        return addr
    return digits.removeprefix("00") if address.ton == Ton.INTERNATIONAL else digits


def same_number(one: str, other: str) -> bool:
    """Whether two ways to write a number can mean one: a national form is how the international one ends.

    False where one of them is no number at all: an alphanumeric sender, or nothing.
    """
    short, long = sorted((_significant(one), _significant(other)), key=len)
    return short != "" and (short == long or (len(short) >= FEWEST_OF_A_PHONE and long.endswith(short)))


def _significant(text: str) -> str:
    digits = text.translate(_PUNCTUATION)
    return digits.lstrip("0") if digits.isascii() and digits.isdigit() else ""


def _address(usual: Plan, addr: str, ton: int | None, npi: int | None) -> Address:
    return Address(usual.ton if ton is None else ton, usual.npi if npi is None else npi, addr[:MOST_CHARACTERS])
