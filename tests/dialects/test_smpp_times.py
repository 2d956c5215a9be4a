from datetime import UTC, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from receipted.dialects.smpp.times import DateForm, read_time, read_validity, validity, write_time, zone_named

DAY_MS = 86_400_000
AT_MS = 1_767_366_240_000
"""2026-01-02 15:04:00 UTC."""


@pytest.mark.parametrize(
    ("text", "at_ms"),
    [
        ("2601021504", AT_MS),
        (" 2601021504\0", AT_MS),
        ("260102150430", AT_MS + 30_000),
        ("202601021504", AT_MS),
        ("20260102150430", AT_MS + 30_000),
        ("260102150430500+", AT_MS + 30_500),
        ("260102170430008+", AT_MS + 30_000),
        ("260102110430016-", AT_MS + 30_000),
        ("180711070003912+", 1_531_281_603_900),
        ("2026-01-02 15:04:30", AT_MS + 30_000),
        ("26/01/02 15:04", AT_MS),
        ("0000000000", None),
        ("000000000000", None),
        ("00000000000000", None),
        ("", None),
        ("260102", None),
        ("2613021504", None),
        ("2601022504", None),
        ("yesterday", None),
        ("２601021504", None),
        ("2601021504" * 10_000, None),
        ("00010101000000", None),
    ],
)
def test_read(text: str, at_ms: int | None) -> None:
    assert read_time(text) == at_ms


@pytest.mark.parametrize(
    ("zone", "text"),
    [
        ("UTC", "2601021504"),
        ("", "2601021504"),
        ("+05:30", "2601022034"),
        ("-0300", "2601021204"),
        ("Europe/Paris", "2601021604"),
    ],
)
def test_zones(zone: str, text: str) -> None:
    assert read_time(text, zone_named(zone)) == AT_MS
    assert write_time(AT_MS, zone=zone_named(zone)) == text


def test_the_smpp_form_has_its_own_offset() -> None:
    assert write_time(AT_MS + 700, DateForm.SMPP, ZoneInfo("Asia/Kolkata")) == "260102203400722+"
    assert read_time("260102203400722+", ZoneInfo("America/Lima")) == AT_MS + 700


@pytest.mark.parametrize("name", ["Mars/Base", "+25:00", "../etc", "+1", "Europe"])
def test_no_zone(name: str) -> None:
    with pytest.raises(ValueError, match="no time zone"):
        zone_named(name)


@given(
    st.integers(1_356_998_400, 4_102_444_799).map(lambda at_s: at_s // 60 * 60_000),
    st.sampled_from(DateForm),
    st.integers(-12 * 4, 14 * 4).map(lambda quarters: timezone(timedelta(minutes=15 * quarters))),
)
def test_what_is_written_is_read(at_ms: int, form: DateForm, zone: timezone) -> None:
    """From 2013 on: before, twelve digits can mean two things."""
    if 2013 <= int(write_time(at_ms, DateForm.YEAR_MINUTES, zone)[:4]) <= 2099:
        assert read_time(write_time(at_ms, form, zone), zone) == at_ms


@given(st.text(st.sampled_from("0123456789+-R :/T\0x"), max_size=20))
def test_any_text_is_read_or_not(text: str) -> None:
    read_time(text, UTC)
    read_validity(text, AT_MS)


@pytest.mark.parametrize(
    ("ttl_ms", "text"),
    [
        (None, ""),
        (3 * DAY_MS, "000003000000000R"),
        (1, "000000000001000R"),
        (0, "000000000001000R"),
        (-5, "000000000001000R"),
        (61_001, "000000000102000R"),
        (31 * DAY_MS, "000031000000000R"),
        (40 * DAY_MS, "000110000000000R"),
        (400 * DAY_MS, "010105000000000R"),
        (10**18, "990000000000000R"),
    ],
)
def test_validity(ttl_ms: int | None, text: str) -> None:
    assert validity(ttl_ms) == text


@given(st.integers(1, 3 * 365 * 86_400))
def test_validity_comes_back(ttl_s: int) -> None:
    assert read_validity(validity(1000 * ttl_s), AT_MS) == AT_MS + 1000 * ttl_s


def test_absolute_validity_and_none() -> None:
    assert read_validity("260102150430000+", 5) == AT_MS + 30_000
    assert read_validity("", 5) is None
    assert read_validity("00000300000000xR", 5) is None
