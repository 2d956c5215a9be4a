"""How a carrier writes one message id in its submit_sm_resp and in its receipt (reference smpp 7, rows 1 to 6).

Everything is in ``ID_FORMS``. Reading and writing are functions of one row, so that the simulated carrier writes what
the hub reads.
"""

from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

AUTO: Final = "auto"
SAME: Final = "as-given"
HEX_DECIMAL: Final = "hex-decimal"
DECIMAL_HEX: Final = "decimal-hex"

MOST_DIGITS = 40
"""Longer ids are no numbers: 128 bits take 39 decimal digits. It also bounds the work on an endless one."""
MOST_CHARACTERS = 255
"""The longest id that is remembered."""
SPECIFIED_CHARACTERS = 64
"""The longest id that the specification allows, without its NUL (4.4.2, message_id)."""


_HEX = frozenset("0123456789abcdefABCDEF")


def trimmed(message_id: str) -> str:
    """An id without the NULs and blanks that some carriers put around it."""
    return message_id.strip("\0 \t\r\n")


def folded(message_id: str) -> str:
    """An id without case and leading zeros. An id of nothing but zeros is ``0``."""
    trim = trimmed(message_id).casefold()
    return trim.lstrip("0") or trim[-1:]


def decimal(message_id: str) -> int | None:
    """The number that decimal digits say; None if they are none."""
    if len(message_id) > MOST_DIGITS or not (message_id.isascii() and message_id.isdigit()):
        return None
    return int(message_id)


def hexadecimal(message_id: str) -> int | None:
    """The number that hex digits say, without sign or ``0x``; None if they are none."""
    if not message_id or len(message_id) > MOST_DIGITS or not _HEX.issuperset(message_id):
        return None
    return int(message_id, 16)


def meant(message_id: str) -> dict[str, str]:
    """The ids of submits that a receipt's id can mean, folded, by what relates the two.

    Folded, a number is spelled in one way only, so that an id which is a number in hex or decimal is found by it.
    """
    trim = trimmed(message_id)
    if not trim:
        return {}
    found = {SAME: folded(trim)}
    if (as_decimal := decimal(trim)) is not None:
        found[HEX_DECIMAL] = f"{as_decimal:x}"
    if (as_hex := hexadecimal(trim)) is not None:
        found[DECIMAL_HEX] = str(as_hex)
    return found


class IdForm(NamedTuple):
    """One rule for both ends: what is stored for an id of a submit_sm_resp, and what for an id of a receipt.

    Two ids name the same message exactly when these are equal. ``of_receipt`` gives None for what cannot be an id of
    this form.
    """

    name: str
    meaning: str
    of_submit: Callable[[str], str]
    of_receipt: Callable[[str], str | None]


def _number(read: Callable[[str], int | None]) -> Callable[[str], str]:
    def stored(message_id: str) -> str:
        value = read(trimmed(message_id))
        return folded(message_id) if value is None else str(value)

    return stored


def _only_number(read: Callable[[str], int | None]) -> Callable[[str], str | None]:
    def stored(message_id: str) -> str | None:
        value = read(trimmed(message_id))
        return None if value is None else str(value)

    return stored


ID_FORMS: Final[Mapping[str, IdForm]] = {
    form.name: form
    for form in (
        IdForm(SAME, "The receipt has the id as the submit had it.", trimmed, trimmed),
        IdForm("folded", "The same but for case and leading zeros.", folded, folded),
        IdForm(HEX_DECIMAL, "Submit hex, receipt decimal.", _number(hexadecimal), _only_number(decimal)),
        IdForm(DECIMAL_HEX, "Submit decimal, receipt hex.", _number(decimal), _only_number(hexadecimal)),
    )
}
"""The forms that a setting may name. ``auto`` beside them finds out by itself."""


class WrittenIds(NamedTuple):
    """How a carrier writes the message that it counts as ``number``: in its submit_sm_resp, and in its receipt."""

    name: str
    meaning: str
    submit: Callable[[int], str]
    receipt: Callable[[int], str]


def _uuid(number: int) -> str:
    digits = f"{number:032x}"
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


WRITTEN_IDS: Final[Mapping[str, WrittenIds]] = {
    row.name: row
    for row in (
        WrittenIds("decimal", "Decimal in both.", str, str),
        WrittenIds("hex", "Hex in both.", "{:X}".format, "{:X}".format),
        WrittenIds(HEX_DECIMAL, "Hex in the submit, decimal in the receipt.", "{:X}".format, str),
        WrittenIds("padded-hex-decimal", "Hex with zeros up to 8 in the submit, decimal later.", "{:08x}".format, str),
        WrittenIds(DECIMAL_HEX, "Decimal in the submit, hex in the receipt.", str, "{:x}".format),
        WrittenIds("zeros-at-submit", "Zeros in front in the submit only.", "{:020d}".format, str),
        WrittenIds("zeros-in-receipt", "Zeros in front in the receipt only.", str, "{:020d}".format),
        WrittenIds("case", "Hex, upper case in the submit, lower in the receipt.", "{:X}".format, "{:x}".format),
        WrittenIds("uuid", "UUIDs, lower case in the submit, upper in the receipt.", _uuid, lambda n: _uuid(n).upper()),
        WrittenIds("letters", "Letters, dashes and underscores.", "SAR-{0:X}_a-2-1".format, "SAR-{0:X}_a-2-1".format),
    )
}
"""What the simulated carrier can do to ids; each is found out by ``auto``."""
