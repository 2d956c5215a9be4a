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


def lines_of(text: str) -> Iterator[bytes]:
    """Stretches of octets, each of whole PDUs where that is possible.

    A line that is whole PDUs stands for itself; others go together with those that follow. Empty lines and those that
    begin with ``#`` are passed over. Raises NoHex naming the line.
    """
    held = b""
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        try:
            octets = octets_of(line)
        except NoHex as problem:
            raise NoHex(f"line {number}: {problem}") from None
        if _is_whole(octets):
            if held:
                yield held
            yield octets
            held = b""
        else:
            held += octets
            if _is_whole(held):
                yield held
                held = b""
    if held:
        yield held


def _is_whole(octets: bytes) -> bool:
    *_, last = cut(octets)
    return len(last) >= HEADER_OCTETS and int.from_bytes(last[:4]) == len(last)


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
