"""When an application is told again that did not answer well. Pure: the schedule is a table of attempts."""

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import msgspec

from receipted.domain.backoff import delay_ms

LONGEST_NAMED_MS = 3_600_000
"""The longest Retry-After that is followed."""


class Ladder(msgspec.Struct, frozen=True, kw_only=True):
    """Waits from ``first_ms``, doubling up to ``cap_ms``, for as long as ``life_ms`` after the event."""

    first_ms: int
    cap_ms: int
    life_ms: int

    def next_ms(self, attempts: int, at_ms: int, now_ms: int, *, jitter: float, named_ms: int | None) -> int | None:
        """When to try again after so many tries of what happened ``at_ms``; None when it has been tried long enough.

        ``named_ms``: the wait that the other side asked for. The last try is made when the time is up.
        """
        wait_ms = delay_ms(attempts, first_ms=self.first_ms, cap_ms=self.cap_ms, jitter=jitter)
        wait_ms = max(wait_ms, min(named_ms or 0, LONGEST_NAMED_MS))
        end_ms = at_ms + self.life_ms
        if now_ms >= end_ms:
            return None
        return min(now_ms + wait_ms, end_ms)


def receipts(life_s: int) -> Ladder:
    """For receipts: from 5 s, doubling up to 15 minutes (reference vonage-sms 2.6, retry B)."""
    return Ladder(first_ms=5_000, cap_ms=900_000, life_ms=life_s * 1000)


def events(life_s: int) -> Ladder:
    """For events: from 5 s, doubling up to 8 hours."""
    return Ladder(first_ms=5_000, cap_ms=28_800_000, life_ms=life_s * 1000)


def retry_after_ms(headers: Mapping[str, str], now_ms: int) -> int | None:
    """What Retry-After asks for, in seconds or as a date (RFC 9110, 10.2.3); None where it says nothing."""
    text = headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit():
        return min(int(text[:9]), LONGEST_NAMED_MS // 1000) * 1000
    try:
        at = parsedate_to_datetime(text)
    except (ValueError, TypeError):
        return None
    if at.tzinfo is None:
        at = at.replace(tzinfo=UTC)
    return max(int((at - datetime.fromtimestamp(now_ms / 1000, UTC)).total_seconds() * 1000), 0)
