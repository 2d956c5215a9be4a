"""Which alphabet a text needs: GSM 7-bit with its extension table (3GPP TS 23.038, 6.2.1), or UCS-2."""

from enum import StrEnum

from receipted.domain.message import Kind

ESCAPE = "\x1b"
"""The septet that announces an extension character. It is not a character of its own."""

BASIC = (
    "@£$¥èéùìòÇ\nØø\rÅå"
    "Δ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ"
    " !\"#¤%&'()*+,-./"
    "0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNO"
    "PQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmno"
    "pqrstuvwxyzäöñüà"
)
"""The default alphabet: a character's place is its septet."""

EXTENSION: dict[str, int] = {
    "\f": 0x0A,
    "^": 0x14,
    "{": 0x28,
    "}": 0x29,
    "\\": 0x2F,
    "[": 0x3C,
    "~": 0x3D,
    "]": 0x3E,
    "|": 0x40,
    "€": 0x65,
}
"""The extension table: the septet that follows ESCAPE. Each of these characters takes two septets."""

_FIT = frozenset(BASIC) - {ESCAPE} | frozenset(EXTENSION)


class Alphabet(StrEnum):
    """How the characters of one SMS are coded on the air."""

    GSM7 = "gsm7"
    UCS2 = "ucs2"


def unfit(text: str) -> tuple[str, ...]:
    """The characters that the GSM alphabet does not have, each once, in order of appearance: they force UCS-2."""
    return tuple(dict.fromkeys(char for char in text if char not in _FIT))


def alphabet_of(text: str) -> Alphabet:
    """The cheapest alphabet that can say the text."""
    return Alphabet.GSM7 if _FIT.issuperset(text) else Alphabet.UCS2


def kind_for(text: str) -> Kind:
    """The kind to send a text as when the sender does not say: Vonage does not detect it (reference 1.6)."""
    return Kind.TEXT if alphabet_of(text) is Alphabet.GSM7 else Kind.UNICODE
