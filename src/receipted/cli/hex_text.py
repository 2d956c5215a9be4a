"""PDUs written as hex: on a command line, in a log, copied out of another tool."""

import re
from collections.abc import Iterator

from receipted.dialects.smpp.codec import MOST_OCTETS
from receipted.dialects.smpp.pdus import HEADER_OCTETS

_PREFIX = re.compile(r"0x|\\x", re.IGNORECASE)
_BETWEEN = re.compile(r"[\s:,;.\-\"'<>\[\]]+")
_NO_DIGIT = re.compile(r"[^0-9a-fA-F]")


class NoHex(ValueError):
    """The text is no hex. The message says where."""


def octets_of(text: str) -> bytes:
    """The octets of a hex text; blanks, colons, commas, quotes, ``0x`` and ``\\\\x`` between them are passed over.

    Raises NoHex.
    """
    digits = _BETWEEN.sub("", _PREFIX.sub("", text))
    wrong = _NO_DIGIT.search(digits)
    if wrong is not None:
        raise NoHex(f"{wrong[0]!r} is no hex digit")
    if len(digits) % 2:
        raise NoHex(f"{len(digits)} hex digits are half an octet too many")
    return bytes.fromhex(digits)


def pdus_in(text: str) -> Iterator[bytes]:
    """The PDUs in a text of hex lines, in order; octets that are none come as they are, for ``decode`` to say why.

    A line that is whole PDUs stands for itself, so that a line cut short spoils no other; else a PDU may go on in the
    next line. Empty lines and those that begin with ``#`` are passed over. Raises NoHex naming the line.
    """
    held = b""
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        try:
            octets = octets_of(line)
        except NoHex as problem:
            raise NoHex(f"line {number}: {problem}") from None
        pieces = list(cut(octets))
        if held and not _is_whole(pieces[-1]):
            pieces = list(cut(held + octets))
        elif held:
            yield held
        held = b"" if _is_whole(pieces[-1]) or not _may_go_on(pieces[-1]) else pieces.pop()
        yield from pieces
    if held:
        yield held


def _is_whole(octets: bytes) -> bool:
    return len(octets) >= HEADER_OCTETS and int.from_bytes(octets[:4]) == len(octets)


def _may_go_on(octets: bytes) -> bool:
    return len(octets) < 4 or HEADER_OCTETS <= int.from_bytes(octets[:4]) <= MOST_OCTETS


def cut(octets: bytes) -> Iterator[bytes]:
    """The PDUs that are glued together; what is no whole one comes last, as it is."""
    at = 0
    while len(octets) - at >= HEADER_OCTETS:
        length = int.from_bytes(octets[at : at + 4])
        if not HEADER_OCTETS <= length <= min(MOST_OCTETS, len(octets) - at):
            break
        yield octets[at : at + length]
        at += length
    if at < len(octets) or not octets:
        yield octets[at:]
