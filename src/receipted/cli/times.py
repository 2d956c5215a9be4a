"""Times as people read and write them: relative to read, dates or "2h" to write, exact for pipes and programs."""

import re
from datetime import UTC, datetime, timedelta

from receipted.hub.explain import duration

_AGO = re.compile(r"(\d+(?:\.\d+)?)\s*(s|m|min|h|d|w)")
_AGO_S: dict[str, float] = {"s": 1, "m": 60, "min": 60, "h": 3_600, "d": 86_400, "w": 604_800}


def now() -> datetime:
    """The time, UTC."""
    return datetime.now(UTC)


def ago(at: datetime, seen_from: datetime) -> str:
    """How long ago ``at`` was: "12 s ago". A time in the future (the clocks differ) counts as now."""
    seconds = max(0, round((seen_from - at).total_seconds()))
    return f"{duration(seconds * 1_000)} ago" if seconds else "now"


def exact(at: datetime) -> str:
    """ISO 8601, UTC, milliseconds."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def read(text: str, seen_from: datetime) -> datetime:
    """A time that a user wrote: "2h" or "3d" ago, or a date or time in ISO 8601 (this machine's zone if it names none).

    Raises ValueError with a sentence.
    """
    found = _AGO.fullmatch(text.strip())
    try:
        if found:
            return seen_from - timedelta(seconds=float(found[1]) * _AGO_S[found[2]])
        return datetime.fromisoformat(text.strip()).astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError(f"{text!r} is not a time: write 30m, 2h or 3d, or 2026-01-31 or 2026-01-31T14:00") from None
