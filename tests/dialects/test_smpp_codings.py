import pytest

from receipted.dialects.smpp.codings import Alphabet, Alphabets, ClassGroup, Coding, coding_of, data_coding
from receipted.text.gsm import decode_gsm

CARRIER = Alphabets(gsm7=decode_gsm)


@pytest.mark.parametrize(
    ("octet", "coding"),
    [
        (0x00, Coding(Alphabet.DEFAULT)),
        (0x01, Coding(Alphabet.ASCII)),
        (0x02, Coding(Alphabet.BINARY)),
        (0x03, Coding(Alphabet.LATIN_1)),
        (0x04, Coding(Alphabet.BINARY)),
        (0x08, Coding(Alphabet.UCS2)),
        (0x0B, Coding(Alphabet.DEFAULT)),
        (0x10, Coding(Alphabet.GSM7, 0)),
        (0x15, Coding(Alphabet.BINARY, 1)),
        (0x18, Coding(Alphabet.UCS2, 0)),
        (0x20, Coding(Alphabet.BINARY)),
        (0x31, Coding(Alphabet.BINARY, 1)),
        (0x80, Coding(Alphabet.DEFAULT)),
        (0xC8, Coding(Alphabet.GSM7)),
        (0xD8, Coding(Alphabet.GSM7)),
        (0xE8, Coding(Alphabet.UCS2)),
        (0xF0, Coding(Alphabet.GSM7, 0)),
        (0xF1, Coding(Alphabet.GSM7, 1)),
        (0xF5, Coding(Alphabet.BINARY, 1)),
    ],
)
def test_what_an_octet_means(octet: int, coding: Coding) -> None:
    assert coding_of(octet) == coding


@pytest.mark.parametrize("octet", range(256))
def test_every_octet_is_readable(octet: int) -> None:
    CARRIER.text(bytes(range(256)) + b"\x1b", coding_of(octet).alphabet)


@pytest.mark.parametrize(
    ("alphabet", "octets", "text"),
    [
        (Alphabet.DEFAULT, b"\x00\x11", "@_"),
        (Alphabet.GSM7, b"\x1be", "€"),
        (Alphabet.LATIN_1, b"\xe9", "é"),
        (Alphabet.UCS2, "я🎉".encode("utf-16-be"), "я🎉"),
        (Alphabet.UCS2, b"\x04\x4f\x04", "я\ufffd"),
        (Alphabet.UCS2, b"\xd8\x3c", "\ufffd"),
        (Alphabet.CYRILLIC, b"\xcf", "Я"),
        (Alphabet.BINARY, b"\x01", ""),
    ],
)
def test_text(alphabet: Alphabet, octets: bytes, text: str) -> None:
    assert CARRIER.text(octets, alphabet) == text


def test_a_carrier_may_mean_something_else_by_0() -> None:
    assert Alphabets(decode_gsm, Alphabet.LATIN_1).text(b"\xe9_", Alphabet.DEFAULT) == "é_"


@pytest.mark.parametrize(
    ("alphabet", "message_class", "group", "octet"),
    [
        (Alphabet.GSM7, None, ClassGroup.CLASS, 0),
        (Alphabet.UCS2, None, ClassGroup.CLASS, 8),
        (Alphabet.LATIN_1, None, ClassGroup.CLASS, 3),
        (Alphabet.BINARY, None, ClassGroup.CLASS, 4),
        (Alphabet.GSM7, 0, ClassGroup.CLASS, 0xF0),
        (Alphabet.GSM7, 0, ClassGroup.GENERAL, 0x10),
        (Alphabet.UCS2, 0, ClassGroup.CLASS, 0x18),
        (Alphabet.UCS2, 2, ClassGroup.GENERAL, 0x1A),
        (Alphabet.BINARY, 1, ClassGroup.CLASS, 0xF5),
        (Alphabet.BINARY, 1, ClassGroup.GENERAL, 0x15),
    ],
)
def test_written(alphabet: Alphabet, message_class: int | None, group: ClassGroup, octet: int) -> None:
    assert data_coding(alphabet, message_class, group=group) == octet
    found = coding_of(octet)
    assert found.message_class == message_class
    assert found.alphabet in (alphabet, Alphabet.DEFAULT)


def test_a_carrier_may_want_other_octets() -> None:
    codings = {Alphabet.GSM7: 241, Alphabet.BINARY: 2}
    assert [data_coding(a, codings=codings) for a in (Alphabet.GSM7, Alphabet.BINARY, Alphabet.UCS2)] == [241, 2, 8]
