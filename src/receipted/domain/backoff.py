"""When to try again: a pure function from the number of tries so far to a delay."""


def delay_ms(attempt: int, *, first_ms: int = 1_000, cap_ms: int = 300_000, jitter: float = 0.0) -> int:
    """The wait before the next try after ``attempt`` failed ones (from 1): doubling, capped, shortened by jitter.

    ``jitter`` is a number in [0, 1) that the caller draws; up to half of the delay is taken away by it, so that many
    waiters do not come back at once.
    """
    whole = min(cap_ms, first_ms * 2 ** min(max(attempt, 1) - 1, 32))
    return int(whole * (1 - jitter / 2))
