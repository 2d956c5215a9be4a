from hypothesis import given
from hypothesis import strategies as st

from receipted.domain.backoff import delay_ms

ATTEMPTS = st.integers(min_value=1, max_value=10_000)
JITTER = st.floats(min_value=0, max_value=1, exclude_max=True)


def test_it_doubles_from_a_second_to_five_minutes() -> None:
    assert [delay_ms(n) for n in range(1, 12)] == [
        1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 64_000, 128_000, 256_000, 300_000, 300_000,
    ]  # fmt: skip


def test_the_schedule_is_the_callers() -> None:
    assert [delay_ms(n, first_ms=50, cap_ms=300) for n in (1, 2, 3, 4)] == [50, 100, 200, 300]


def test_an_attempt_below_one_waits_as_the_first() -> None:
    assert delay_ms(0) == delay_ms(-5) == delay_ms(1)


@given(ATTEMPTS, JITTER)
def test_jitter_takes_away_at_most_half(attempt: int, jitter: float) -> None:
    whole = delay_ms(attempt)
    assert whole / 2 - 1 <= delay_ms(attempt, jitter=jitter) <= whole


@given(ATTEMPTS)
def test_waits_never_shrink(attempt: int) -> None:
    assert delay_ms(attempt) <= delay_ms(attempt + 1) <= 300_000
