"""When an address is left alone: it has failed again and again, so it is asked only now and then. Pure."""

from receipted.domain.backoff import delay_ms

FAILURES = 5
"""So many failures one after the other open it."""
FIRST_MS = 5_000
LONGEST_MS = 120_000


class Breaker:
    """One address. While it is open nothing goes there; then one request at a time finds out whether it is back."""

    def __init__(self) -> None:
        self._failures = 0
        self._open_until_ms = 0
        self._trying = False

    @property
    def failures(self) -> int:
        """How often it has failed since it last answered well."""
        return self._failures

    def wait_ms(self, now_ms: int) -> int:
        """How long until something may go there; 0 = now."""
        if self._failures < FAILURES:
            return 0
        if self._trying:
            return FIRST_MS
        return max(self._open_until_ms - now_ms, 0)

    def going(self) -> None:
        """A request goes there."""
        self._trying = self._failures >= FAILURES

    def succeeded(self) -> None:
        self._failures = 0
        self._trying = False

    def failed(self, now_ms: int, jitter: float) -> None:
        """``jitter`` from 0, below 1, drawn by the caller."""
        self._failures += 1
        self._trying = False
        if self._failures >= FAILURES:
            number = self._failures - FAILURES + 1
            self._open_until_ms = now_ms + delay_ms(number, first_ms=FIRST_MS, cap_ms=LONGEST_MS, jitter=jitter)
