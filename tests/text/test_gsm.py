import pytest
from hypothesis import given
from hypothesis import strategies as st

from receipted.text.alphabet import BASIC, ESCAPE, EXTENSION, alphabet_of
from receipted.text.gsm import decode_gsm, encode_gsm, pack, unpack

FITS = st.text(st.sampled_from([char for char in BASIC if char != ESCAPE] + list(EXTENSION)), max_size=300)
SEPTETS = st.binary(max_size=170).map(lambda octets: bytes(octet & 0x7F for octet in octets))


@pytest.mark.parametrize(
    ("text", "octets"),
    [
        ("Hello", b"Hello"),
        ("@£$_", bytes.fromhex("00010211")),
        ("¤¡Ä§¿à", bytes.fromhex("24405b5f607f")),
        ("€[]{}\\^~|\f", bytes.fromhex("1b651b3c1b3e1b281b291b2f1b141b3d1b401b0a")),
        ("", b""),
    ],
)
def test_both_ways(text: str, octets: bytes) -> None:
    assert encode_gsm(text) == octets
    assert decode_gsm(octets) == text


@pytest.mark.parametrize("char", ["`", "ç", "“", "\u00a0", "я", "🎉", "\x1b"])
def test_what_does_not_fit_is_a_question_mark(char: str) -> None:
    assert encode_gsm(f"a{char}b") == b"a?b"


@pytest.mark.parametrize(
    ("octets", "text"),
    [
        (b"a\x1b", "a "),
        (b"a\x1bAb", "aAb"),
        (b"\x1b\x1b", " "),
        (b"\x1b\x1be", " e"),
        (b"\x1b\x00", "@"),
        (b"\xe9", "é"),
        (b"\x1b\xe9", "é"),
        (b"\x1b\x1b\x1b\x65", " €"),
    ],
)
def test_odd_octets(octets: bytes, text: str) -> None:
    assert decode_gsm(octets) == text


@given(FITS)
def test_what_fits_comes_back(text: str) -> None:
    assert decode_gsm(encode_gsm(text)) == text


@given(st.text(max_size=200))
def test_any_text_is_encoded_and_only_what_fits_is_kept(text: str) -> None:
    back = decode_gsm(encode_gsm(text))
    assert len(back) == len(text)
    assert all(shown in (char, "?") for shown, char in zip(back, text, strict=True))
    assert alphabet_of(back) == "gsm7"


@given(st.binary(max_size=500))
def test_any_octets_are_shown(octets: bytes) -> None:
    assert ESCAPE not in decode_gsm(octets)


def test_packed() -> None:
    assert pack(b"hellohello") == bytes.fromhex("e8329bfd4697d9ec37")
    assert unpack(bytes.fromhex("e8329bfd4697d9ec37")) == b"hellohello"


@given(SEPTETS)
def test_packing_is_undone(septets: bytes) -> None:
    packed = pack(septets)
    assert len(packed) == (7 * len(septets) + 7) // 8 if len(septets) % 8 != 7 else 7 * (len(septets) + 1) // 8
    back = unpack(packed)
    lost = len(septets) % 8 == 0 and septets.endswith(b"\r")
    assert back == (septets[:-1] if lost else septets)
