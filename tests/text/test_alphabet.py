import pytest

from receipted.domain.message import Kind
from receipted.text.alphabet import BASIC, EXTENSION, Alphabet, alphabet_of, kind_for, unfit


def test_the_table_has_one_place_for_each_septet() -> None:
    assert len(BASIC) == len(set(BASIC)) == 128
    assert len(EXTENSION) == 10
    assert not set(EXTENSION) & set(BASIC)


@pytest.mark.parametrize(
    ("char", "septet"), [("@", 0), ("\n", 10), ("Δ", 16), ("\x1b", 27), (" ", 32), ("A", 65), ("Ä", 91), ("à", 127)]
)
def test_known_places(char: str, septet: int) -> None:
    assert BASIC[septet] == char


@pytest.mark.parametrize(
    ("text", "alphabet", "outside"),
    [
        ("", Alphabet.GSM7, ()),
        ("Hello ^{}\\[~]|€\f", Alphabet.GSM7, ()),
        ("naïve ï ç", Alphabet.UCS2, ("ï", "ç")),
        ("🎉", Alphabet.UCS2, ("🎉",)),
        ("\x1b", Alphabet.UCS2, ("\x1b",)),
        ("Ελλ", Alphabet.UCS2, ("Ε", "λ")),
    ],
)
def test_alphabet(text: str, alphabet: Alphabet, outside: tuple[str, ...]) -> None:
    assert alphabet_of(text) is alphabet
    assert unfit(text) == outside
    assert kind_for(text) is (Kind.TEXT if alphabet is Alphabet.GSM7 else Kind.UNICODE)
