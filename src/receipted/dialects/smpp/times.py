"""Times on SMPP's wire and in receipt texts, to and from milliseconds since 1970, UTC (7.1.1; reference smpp 2 and 6).

A receipt's dates are in the carrier's own time zone, which it does not state: the zone is a setting of that carrier.
Reading is hot, so it remembers: receipts that come together tell the same minute.
"""

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from enum import StrEnum
from functools import lru_cache
from zoneinfo import ZoneInfo

MOST_VALIDITY_MS = 99 * 365 * 86_400_000
_QUARTER_S = 900
_OFFSET = re.compile(r"([+-])(\d\d):?(\d\d)", re.ASCII)
_SEPARATORS = str.maketrans("", "", " -/:.T")
_SMPP = re.compile(r"(\d{12})(\d)(\d\d)([+-])", re.ASCII)
_MOST_CHARACTERS = 40


class DateForm(StrEnum):
    """How a carrier writes the dates of its receipts."""

    MINUTES = "YYMMDDhhmm"
    """Appendix B."""
    SECONDS = "YYMMDDhhmmss"
    YEAR_MINUTES = "YYYYMMDDhhmm"
    YEAR_SECONDS = "YYYYMMDDhhmmss"
    SMPP = "YYMMDDhhmmsstnnp"
    """7.1.1: with tenths of a second and its own offset from UTC."""


_FORMATS: dict[DateForm, str] = {
    DateForm.MINUTES: "%y%m%d%H%M",
    DateForm.SECONDS: "%y%m%d%H%M%S",
    DateForm.YEAR_MINUTES: "%Y%m%d%H%M",
    DateForm.YEAR_SECONDS: "%Y%m%d%H%M%S",
}


def zone_named(text: str) -> tzinfo:
    """The time zone that a setting names: ``UTC``, ``Europe/Paris``, or an offset as ``+05:30``. Raises ValueError."""
    if text.upper() in ("", "UTC", "GMT", "Z"):
        return UTC
    offset = _OFFSET.fullmatch(text)
    try:
        if offset is None:
            return ZoneInfo(text)
        ahead = timedelta(hours=int(offset[2]), minutes=int(offset[3]))
        return timezone(ahead if offset[1] == "+" else -ahead)
    except (ValueError, OSError, KeyError):
        raise ValueError(f"{text!r} is no time zone: write Europe/Paris, UTC or +05:30") from None


def validity(ttl_ms: int | None) -> str:
    """A relative time for validity_period, such as ``000003000000000R`` for three days; "" (the SMSC's own) for None.

    Whole seconds, rounded up, at least one. A month counts as 30 days and a year as 365: the specification has no
    other way to say more than 31 days, and leaves it open how long those are.
    """
    if ttl_ms is None:
        return ""
    seconds = max(1, -(-min(ttl_ms, MOST_VALIDITY_MS) // 1000))
    days, seconds = divmod(seconds, 86_400)
    years, days = divmod(days, 365)
    months, days = divmod(days, 30) if days > 31 else (0, days)
    return f"{years:02}{months:02}{days:02}{seconds // 3600:02}{seconds // 60 % 60:02}{seconds % 60:02}000R"


def read_validity(text: str, now_ms: int) -> int | None:
    """When a validity_period ends, absolute or relative to ``now_ms``; None for "" and for what is no time."""
    if not text.endswith("R"):
        return read_time(text)
    if len(text) != 16 or not (text.isascii() and text[:15].isdigit()):
        return None
    years, months, days, hours, minutes, seconds = (int(text[at : at + 2]) for at in range(0, 12, 2))
    days += 365 * years + 30 * months
    return now_ms + 1000 * (86_400 * days + 3600 * hours + 60 * minutes + seconds)


def read_time(text: str, zone: tzinfo = UTC) -> int | None:
    """The moment that a date states in any of the forms of ``DateForm``; None if it states none, as ``0000000000``.

    Twelve digits are YYMMDDhhmmss where those can be a date, else YYYYMMDDhhmm: the month would be 13 or more for every
    year from 2013 on (deviations 9 and 10). Separators between the digits are passed over.
    """
    return _read(text, zone) if len(text) <= _MOST_CHARACTERS else None


@lru_cache(4096)
def _read(text: str, zone: tzinfo) -> int | None:
    smpp = _SMPP.fullmatch(text)
    if smpp is not None:
        return _absolute(smpp)
    digits = text.strip("\0 \t\r\n").translate(_SEPARATORS)
    if not (digits.isascii() and digits.isdigit()):
        return None
    if len(digits) in (10, 12):
        at_ms = _moment(2000 + int(digits[:2]), digits[2:], zone)
        if at_ms is not None:
            return at_ms
    return _moment(int(digits[:4]), digits[4:], zone) if len(digits) in (12, 14) else None


def write_time(at_ms: int, form: DateForm = DateForm.MINUTES, zone: tzinfo = UTC) -> str:
    """A moment as a carrier writes it in ``form``, in its time zone; the SMPP form says its offset from UTC itself."""
    moment = datetime.fromtimestamp(at_ms // 1000, zone)
    if form is not DateForm.SMPP:
        return moment.strftime(_FORMATS[form])
    offset = moment.utcoffset() or timedelta()
    quarters = round(offset.total_seconds() / _QUARTER_S)
    moment = datetime.fromtimestamp(at_ms // 1000 + quarters * _QUARTER_S, UTC)
    sign = "-" if quarters < 0 else "+"
    return f"{moment:%y%m%d%H%M%S}{at_ms // 100 % 10}{abs(quarters):02}{sign}"


def _absolute(found: re.Match[str]) -> int | None:
    at_ms = _moment(2000 + int(found[1][:2]), found[1][2:], UTC)
    if at_ms is None:
        return None
    ahead_ms = int(found[3]) * _QUARTER_S * 1000
    return at_ms + int(found[2]) * 100 - (ahead_ms if found[4] == "+" else -ahead_ms)


def _moment(year: int, rest: str, zone: tzinfo) -> int | None:
    """``rest`` is month to minute or second, two digits each. Nothing was sent by SMS before 1992."""
    if year < 1992:
        return None
    month, day, hour, minute, second = (int(rest[at : at + 2] or "0") for at in range(0, 10, 2))
    try:
        return int(datetime(year, month, day, hour, minute, second, tzinfo=zone).timestamp()) * 1000
    except (ValueError, OverflowError):
        return None
