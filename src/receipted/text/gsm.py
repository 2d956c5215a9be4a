"""GSM septets to text and back (3GPP TS 23.038, 6.1.2.1 and 6.2.1; reference smpp 8).

SMPP carries them *unpacked*, one septet in an octet. On the air, and at a few carriers, they are *packed*: eight
septets in seven octets.
"""

import re

from receipted.text.alphabet import BASIC, ESCAPE, EXTENSION

_CARRIAGE_RETURN = 0x0D

_ENCODED: dict[int, str] = {
    **{ord(char): chr(septet) for septet, char in enumerate(BASIC) if char != ESCAPE},
    **{ord(char): ESCAPE + chr(septet) for char, septet in EXTENSION.items()},
}
_BASIC: dict[int, str] = {septet: char for septet, char in enumerate(BASIC) if char != ESCAPE}
_EXTENDED: dict[str, str] = {chr(septet): char for char, septet in EXTENSION.items()}
_PAIR = re.compile("\x1b(.?)|[^\x1b]+", re.DOTALL)


class _ToSeptets(dict[int, str]):
    """A table for ``str.translate``: a character that it does not have is a question mark."""

    def __missing__(self, char: int) -> str:
        return "?"


_TO_SEPTETS = _ToSeptets(_ENCODED)


def encode_gsm(text: str) -> bytes:
    """The septets of a text, one in each octet; an extension character takes two. What does not fit becomes ``?``."""
    return text.translate(_TO_SEPTETS).encode("latin-1")


def decode_gsm(octets: bytes) -> str:
    """The text of unpacked septets; never raises.

    An unknown escape pair shows the basic character, a lone escape a space (23.038, 6.2.1 and its notes). An octet
    above 0x7F is no septet: it is shown as the ISO 8859-1 character that carriers mean who mix the two up.
    """
    return _PAIR.sub(_shown, octets.decode("latin-1"))


def _shown(run: re.Match[str]) -> str:
    septet = run[1]
    if septet is None:
        return run[0].translate(_BASIC)
    return _EXTENDED.get(septet) or septet.translate(_BASIC).replace(ESCAPE, "") or " "


def pack(septets: bytes) -> bytes:
    """Unpacked septets as they stand on the air, eight in seven octets, the first in the lowest bits (23.038, 6.1.2.1).

    Seven spare bits at the end would read as one more ``@``: a carriage return fills them, as the clause asks.
    """
    if len(septets) % 8 == 7:
        septets += bytes((_CARRIAGE_RETURN,))
    packed = sum((septet & 0x7F) << (7 * place) for place, septet in enumerate(septets))
    return packed.to_bytes((7 * len(septets) + 7) // 8, "little")


def unpack(octets: bytes) -> bytes:
    """The septets that packed octets hold; a carriage return that only fills the last seven bits is left out.

    A text that really ends in a carriage return at that place loses it, which the clause accepts.
    """
    packed = int.from_bytes(octets, "little")
    septets = bytes((packed >> (7 * place)) & 0x7F for place in range(8 * len(octets) // 7))
    fills = len(septets) % 8 == 0 and septets[-1:] == bytes((_CARRIAGE_RETURN,))
    return septets[:-1] if fills else septets
