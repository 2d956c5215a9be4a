import pytest
from hypothesis import given
from hypothesis import strategies as st

from receipted.domain.errors import InvalidRequest
from receipted.domain.message import Content, Kind
from receipted.text.alphabet import EXTENSION
from receipted.text.segments import count, segments

GSM = st.text(st.sampled_from("aZ é\n€{}[]~|^\\\f@"), max_size=700)


def text(kind: Kind, value: str) -> Content:
    return Content(kind=kind, text=value)


@pytest.mark.parametrize(
    ("content", "parts"),
    [
        (text(Kind.TEXT, ""), 1),
        (text(Kind.TEXT, "a" * 160), 1),
        (text(Kind.TEXT, "a" * 161), 2),
        (text(Kind.TEXT, "a" * 306), 2),
        (text(Kind.TEXT, "a" * 307), 3),
        (text(Kind.TEXT, "€" * 80), 1),
        (text(Kind.TEXT, "€" * 81), 2),
        (text(Kind.TEXT, "a" * 152 + "€" + "a" * 152), 3),
        (text(Kind.UNICODE, "я" * 70), 1),
        (text(Kind.UNICODE, "я" * 71), 2),
        (text(Kind.UNICODE, "я" * 134), 2),
        (text(Kind.UNICODE, "🎉" * 35), 1),
        (text(Kind.UNICODE, "🎉" * 36), 2),
        (text(Kind.UNICODE, "🎉" * 67), 3),
        (Content(kind=Kind.BINARY, body="00" * 140), 1),
        (Content(kind=Kind.BINARY, body="00" * 141), 2),
        (Content(kind=Kind.BINARY, body="00" * 269), 3),
        (Content(kind=Kind.BINARY, body="00" * 133, udh="06050400000000"), 1),
    ],
)
def test_count(content: Content, parts: int) -> None:
    assert count(content) == parts


@pytest.mark.parametrize(
    ("content", "field"),
    [
        (Content(kind=Kind.BINARY, body="0"), "body"),
        (Content(kind=Kind.BINARY, body="xx"), "body"),
        (Content(kind=Kind.BINARY, body="00", udh="zz"), "udh"),
        (Content(kind=Kind.BINARY, body="00" * 134, udh="06050400000000"), "body"),
    ],
)
def test_what_cannot_be_cut(content: Content, field: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        segments(content)
    assert refused.value.field == field


@given(GSM)
def test_gsm_parts(value: str) -> None:
    parts = segments(text(Kind.TEXT, value))
    assert "".join(str(part) for part in parts) == value
    limit = 160 if len(parts) == 1 else 153
    for part in parts:
        assert sum(2 if char in EXTENSION else 1 for char in str(part)) <= limit


@given(st.text(max_size=300))
def test_unicode_parts(value: str) -> None:
    parts = segments(text(Kind.UNICODE, value))
    assert "".join(str(part) for part in parts) == value
    limit = 70 if len(parts) == 1 else 67
    for part in parts:
        units = str(part).encode("utf-16-be")
        assert len(units) <= 2 * limit
        assert units.decode("utf-16-be") == part


@given(st.binary(max_size=600))
def test_binary_parts(value: bytes) -> None:
    parts = segments(Content(kind=Kind.BINARY, body=value.hex()))
    assert b"".join(part for part in parts if isinstance(part, bytes)) == value
    assert all(len(part) <= (140 if len(parts) == 1 else 134) for part in parts)


@pytest.mark.parametrize(
    ("content", "size"),
    [
        (text(Kind.TEXT, "a" * 160), 160),
        (text(Kind.TEXT, "a" * 320), 152),
        (text(Kind.UNICODE, "я" * 140), 66),
        (Content(kind=Kind.BINARY, body="00" * 280), 133),
    ],
)
def test_a_longer_header_leaves_less(content: Content, size: int) -> None:
    """The sizes beside a header of 7 octets (reference smpp 8); alone an SMS holds as much as ever."""
    parts = segments(content, 7)
    assert len(parts[0]) == size
    assert len(parts) == (1 if size == 160 else 3)
