"""What is harmless to print, and how times are read."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from receipted.cli import times
from receipted.cli.terminal import MARKS, clean, status_plain, to_json
from receipted.domain.status import Status

NOW = datetime(2026, 1, 31, 14, 0, tzinfo=UTC)


def steers(text: str) -> bool:
    """Whether a terminal would do anything but show it."""
    return any(ord(c) < 32 or 127 <= ord(c) < 160 or c in "\u2028\u2029\u202e\u2066\u200e\ud800" for c in text)


@given(st.text(st.characters()))
def test_nothing_that_is_cleaned_steers_a_terminal(text: str) -> None:
    assert not steers(clean(text))


@given(st.text(st.characters(codec="utf-8")))
def test_json_keeps_every_character_and_steers_no_terminal(text: str) -> None:
    line = to_json({"text": text})
    assert json.loads(line) == {"text": text}
    assert not steers(line)


@pytest.mark.parametrize("text", ["Grüße", "👩‍👩‍👧", "नमस्ते", "=1+1", "[red]", "a\\b"])
def test_what_is_harmless_stays(text: str) -> None:
    assert clean(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [("\x1b[0m", "\\x1b[0m"), ("\u202e", "\\u202e"), ("\U000e0041", "\\U000e0041"), ("a\nb", "a\\nb")],
)
def test_what_is_not_is_shown_as_an_escape(text: str, shown: str) -> None:
    assert clean(text) == shown


def test_every_status_has_a_shape_of_its_own_word() -> None:
    assert set(MARKS) == set(Status)
    assert status_plain("delivered") == "✓✓ delivered"
    assert status_plain("novel\x1b") == "? novel\\x1b"


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("30m", "2026-01-31T13:30:00.000Z"),
        ("2h", "2026-01-31T12:00:00.000Z"),
        ("1.5d", "2026-01-30T02:00:00.000Z"),
        ("2026-01-31T14:00:00Z", "2026-01-31T14:00:00.000Z"),
        ("2026-01-31T15:00+01:00", "2026-01-31T14:00:00.000Z"),
    ],
)
def test_times_that_users_write(text: str, at: str) -> None:
    assert times.exact(times.read(text, NOW)) == at


@pytest.mark.parametrize("text", ["", "soon", "2026-13-01", "9" * 30 + "d", "-2h"])
def test_what_is_no_time(text: str) -> None:
    with pytest.raises(ValueError, match="is not a time"):
        times.read(text, NOW)


@given(st.datetimes(timezones=st.just(UTC)))
def test_an_age_is_never_negative(at: datetime) -> None:
    assert not times.ago(at, NOW).startswith("-")
