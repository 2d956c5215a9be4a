"""data_coding: which alphabet a message is in, and its class (5.2.19; 3GPP TS 23.038, 4; reference smpp 2).

What 0 means is the carrier's choice: a setting. The GSM alphabet itself lives in ``text``, a room that no dialect
enters, so its decoder comes in as an argument.
"""

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Final, NamedTuple, TypeAlias

Decode: TypeAlias = Callable[[bytes], str]
"""Octets to text. Never raises."""


class Alphabet(StrEnum):
    """How octets stand for characters."""

    DEFAULT = "default"
    """The carrier's own (data_coding 0)."""
    GSM7 = "gsm7"
    ASCII = "ascii"
    LATIN_1 = "latin-1"
    UCS2 = "ucs2"
    BINARY = "binary"
    CYRILLIC = "iso-8859-5"
    HEBREW = "iso-8859-8"
    JIS = "shift-jis"
    ISO_2022_JP = "iso-2022-jp"
    KOREAN = "ks-c-5601"


class Coding(NamedTuple):
    """What a data_coding says. ``message_class`` 0 is shown at once (flash); None where it says nothing."""

    alphabet: Alphabet
    message_class: int | None = None


_CODINGS: Final[Mapping[int, Alphabet]] = {
    0: Alphabet.DEFAULT,
    1: Alphabet.ASCII,
    2: Alphabet.BINARY,
    3: Alphabet.LATIN_1,
    4: Alphabet.BINARY,
    5: Alphabet.JIS,
    6: Alphabet.CYRILLIC,
    7: Alphabet.HEBREW,
    8: Alphabet.UCS2,
    9: Alphabet.BINARY,
    10: Alphabet.ISO_2022_JP,
    13: Alphabet.BINARY,
    14: Alphabet.KOREAN,
}
_BY_BITS = (Alphabet.GSM7, Alphabet.BINARY, Alphabet.UCS2, Alphabet.DEFAULT)
"""Bits 3 and 2 of the groups that have a class."""


def coding_of(data_coding: int) -> Coding:
    """What a data_coding means. One that no standard has (deviation 26) is the carrier's default alphabet."""
    group = data_coding & 0xF0
    if group == 0:
        return Coding(_CODINGS.get(data_coding, Alphabet.DEFAULT))
    if group in (0x10, 0x30):
        return Coding(Alphabet.BINARY if group == 0x30 else _BY_BITS[data_coding >> 2 & 3], data_coding & 3)
    if group == 0x20:
        return Coding(Alphabet.BINARY)
    if group == 0xF0:
        return Coding(Alphabet.BINARY if data_coding & 4 else Alphabet.GSM7, data_coding & 3)
    return Coding(Alphabet.UCS2 if group == 0xE0 else Alphabet.GSM7 if group in (0xC0, 0xD0) else Alphabet.DEFAULT)


_CODECS: Final[Mapping[Alphabet, str]] = {
    Alphabet.ASCII: "latin-1",
    Alphabet.LATIN_1: "latin-1",
    Alphabet.UCS2: "utf-16-be",
    Alphabet.CYRILLIC: "iso-8859-5",
    Alphabet.HEBREW: "iso-8859-8",
    Alphabet.JIS: "shift-jis",
    Alphabet.ISO_2022_JP: "iso-2022-jp",
    Alphabet.KOREAN: "euc-kr",
}


class Alphabets(NamedTuple):
    """How to read a carrier's octets: ``gsm7`` decodes septets, ``default`` is what its data_coding 0 means."""

    gsm7: Decode
    default: Alphabet = Alphabet.GSM7

    def text(self, octets: bytes, alphabet: Alphabet) -> str:
        """The text; "" for binary. Octets that are no character become U+FFFD."""
        known = self.default if alphabet is Alphabet.DEFAULT else alphabet
        if known is Alphabet.BINARY:
            return ""
        codec = _CODECS.get(known)
        return self.gsm7(octets) if codec is None else octets.decode(codec, "replace")


class ClassGroup(StrEnum):
    """Which of the two ways to say a message class a carrier wants."""

    GENERAL = "general"
    """0x10 to 0x1B: GSM, binary and UCS-2."""
    CLASS = "class"
    """0xF0 to 0xF7: GSM and binary; UCS-2 can be said in the other group only."""


_WITH_CLASS: Final[Mapping[ClassGroup, Mapping[Alphabet, int]]] = {
    ClassGroup.GENERAL: {Alphabet.GSM7: 0x10, Alphabet.BINARY: 0x14, Alphabet.UCS2: 0x18},
    ClassGroup.CLASS: {Alphabet.GSM7: 0xF0, Alphabet.BINARY: 0xF4, Alphabet.UCS2: 0x18},
}

USUAL_CODINGS: Final[Mapping[Alphabet, int]] = {
    Alphabet.GSM7: 0,
    Alphabet.ASCII: 0,
    Alphabet.LATIN_1: 3,
    Alphabet.UCS2: 8,
    Alphabet.BINARY: 4,
}
"""What to write for each alphabet; a carrier's settings may say otherwise (241 for GSM, 0 for Latin-1, 2 binary)."""


def data_coding(
    alphabet: Alphabet,
    message_class: int | None = None,
    *,
    codings: Mapping[Alphabet, int] = USUAL_CODINGS,
    group: ClassGroup = ClassGroup.CLASS,
) -> int:
    """The data_coding of an alphabet and a class (0-3, None for none).

    A text in ASCII or Latin-1 has no class group of its own and takes GSM's: its letters and digits are the same.
    """
    if message_class is None:
        return codings.get(alphabet, USUAL_CODINGS.get(alphabet, 0))
    rows = _WITH_CLASS[group]
    return rows.get(alphabet, rows[Alphabet.GSM7]) | message_class & 3
