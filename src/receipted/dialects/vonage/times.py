"""The two time formats of Vonage's wire, to and from milliseconds since 1970, UTC.

Reading is hot, so it slices, and remembers: receipts that come together tell the same minute.
"""

from datetime import UTC, datetime
from functools import lru_cache


@lru_cache(4096)
def read_scts(text: str) -> int | None:
    """``YYMMDDHHMM``, taken as UTC: 2017's documentation says so, one example contradicts it (reference 2.1)."""
    if len(text) != 10 or not (text.isascii() and text.isdigit()):
        return None
    return _at(2000 + int(text[:2]), text[2:4], text[4:6], text[6:8], text[8:], "0")


def write_scts(at_ms: int) -> str:
    """``YYMMDDHHMM`` in UTC."""
    return f"{datetime.fromtimestamp(at_ms // 1000, UTC):%y%m%d%H%M}"


@lru_cache(4096)
def read_timestamp(text: str) -> int | None:
    """``YYYY-MM-DD HH:MM:SS``, UTC, with the blank or a ``T`` or a ``+`` between date and time."""
    digits = text[:4] + text[5:7] + text[8:10] + text[11:13] + text[14:16] + text[17:]
    if len(text) != 19 or not (digits.isascii() and digits.isdigit() and len(digits) == 14):
        return None
    return _at(int(text[:4]), text[5:7], text[8:10], text[11:13], text[14:16], text[17:])


def write_timestamp(at_ms: int) -> str:
    """``YYYY-MM-DD HH:MM:SS`` in UTC."""
    return f"{datetime.fromtimestamp(at_ms // 1000, UTC):%Y-%m-%d %H:%M:%S}"


def _at(year: int, month: str, day: str, hour: str, minute: str, second: str) -> int | None:
    try:
        moment = datetime(year, int(month), int(day), int(hour), int(minute), int(second), tzinfo=UTC)
    except ValueError:
        return None
    return int(moment.timestamp()) * 1000
