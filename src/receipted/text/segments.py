"""How many SMS a content takes, and what goes into each (reference 1.6; 3GPP TS 23.040, 9.2.3.24.1 for the header)."""

from collections.abc import Callable
from typing import NamedTuple

from receipted.domain.errors import InvalidRequest
from receipted.domain.message import Content, Kind
from receipted.text.alphabet import EXTENSION


class Size(NamedTuple):
    """What one SMS holds: alone, and as one of several, beside the header that joins those."""

    alone: int
    joined: int


SMS_OCTETS = 140
HEADER_OCTETS = 6
"""The header with an 8-bit reference. One with a 16-bit reference has 7."""


def _sizes(header_octets: int) -> tuple[Size, Size, Size]:
    """In septets, UTF-16 units and octets: all share the same 140 octets with the header."""
    left = SMS_OCTETS - header_octets
    return Size(160, left * 8 // 7), Size(70, left // 2), Size(SMS_OCTETS, left)


SEPTETS, UTF16_UNITS, OCTETS = _sizes(HEADER_OCTETS)


def segments(content: Content, header_octets: int = HEADER_OCTETS) -> list[str | bytes]:
    """The content cut into the parts that travel, at least one; together they are the content again.

    A character of two septets or two UTF-16 units is never cut. A character that the GSM alphabet does not have counts
    as one septet in Kind.TEXT: networks put a ``?`` in its place. ``header_octets`` is the size of the header that
    joins several: 6, or 7 with a 16-bit reference. Raises InvalidRequest naming ``body`` or ``udh`` for what is not
    hex, and for a binary content with a header of its own that is longer than one SMS: the header says how its parts
    belong together, so only its author can cut it.
    """
    septets, units, room = _sizes(header_octets)
    if content.kind is Kind.BINARY:
        return list(_binary(content, room))
    if content.kind is Kind.UNICODE:
        return list(_cut(content.text, _units, units))
    return list(_cut(content.text, _septets, septets))


def count(content: Content) -> int:
    """How many parts the content takes. Raises InvalidRequest as ``segments`` does."""
    return len(segments(content))


def octets(field: str, digits: str) -> bytes:
    """The octets that hex digits stand for. Raises InvalidRequest naming ``field``."""
    try:
        return bytes.fromhex(digits)
    except ValueError:
        raise InvalidRequest(field, "must be hex digits, two for each octet") from None


def _septets(char: str) -> int:
    return 2 if char in EXTENSION else 1


def _units(char: str) -> int:
    return 2 if char > "\uffff" else 1


def _cut(text: str, weight: Callable[[str], int], size: Size) -> list[str]:
    if sum(map(weight, text)) <= size.alone:
        return [text]
    parts = []
    start = used = 0
    for at, char in enumerate(text):
        need = weight(char)
        if used + need > size.joined:
            parts.append(text[start:at])
            start, used = at, 0
        used += need
    parts.append(text[start:])
    return parts


def _binary(content: Content, size: Size) -> list[bytes]:
    body, header = octets("body", content.body), octets("udh", content.udh)
    if header and len(header) + len(body) > size.alone:
        raise InvalidRequest("body", f"with the udh it is {len(header) + len(body)} octets; an SMS holds {size.alone}")
    if len(body) <= size.alone:
        return [body]
    return [body[at : at + size.joined] for at in range(0, len(body), size.joined)]
