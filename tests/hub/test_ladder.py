"""When an application is told again, and when an address is left alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from receipted.hub.breaker import FAILURES, FIRST_MS, LONGEST_MS, Breaker
from receipted.hub.ladder import LONGEST_NAMED_MS, events, receipts, retry_after_ms

AT = 1_760_000_000_000
DAY_MS = 86_400_000


def test_receipts_are_told_again_for_24_hours_and_once_at_their_end() -> None:
    ladder, now_ms, attempts, waits = receipts(86_400), AT, 0, []
    while True:
        attempts += 1
        next_ms = ladder.next_ms(attempts, AT, now_ms, jitter=0, named_ms=None)
        if next_ms is None:
            break
        waits.append(next_ms - now_ms)
        now_ms = next_ms
    assert waits[:5] == [5_000, 10_000, 20_000, 40_000, 80_000]
    assert max(waits) == 900_000
    assert now_ms == AT + DAY_MS
    assert 90 < attempts < 120


def test_events_are_told_again_for_three_days() -> None:
    assert events(259_200).next_ms(99, AT, AT + 3 * DAY_MS - 1, jitter=0, named_ms=None) == AT + 3 * DAY_MS
    assert events(259_200).next_ms(99, AT, AT + 3 * DAY_MS, jitter=0, named_ms=None) is None


@given(st.integers(1, 200), st.integers(0, DAY_MS - 1), st.floats(0, 0.999), st.none() | st.integers(0, 10**9))
def test_a_try_is_never_later_than_the_end_nor_sooner_than_half_a_step(
    attempts: int, age_ms: int, jitter: float, named_ms: int | None
) -> None:
    next_ms = receipts(86_400).next_ms(attempts, AT, AT + age_ms, jitter=jitter, named_ms=named_ms)
    assert next_ms is not None
    assert next_ms <= AT + DAY_MS
    assert next_ms >= min(AT + age_ms + 2_500, AT + DAY_MS)
    if named_ms is not None:
        assert next_ms >= min(AT + age_ms + min(named_ms, LONGEST_NAMED_MS), AT + DAY_MS)


@pytest.mark.parametrize(
    ("text", "ms"),
    [
        ("120", 120_000),
        ("999999999999", LONGEST_NAMED_MS),
        ("Thu, 09 Oct 2025 08:53:30 GMT", 10_000),
        ("Thu, 09 Oct 2025 08:53:10 GMT", 0),
        ("soon", None),
        ("-1", None),
        ("", None),
        ("²", None),
    ],
)
def test_retry_after_is_read_in_both_its_forms(text: str, ms: int | None) -> None:
    assert retry_after_ms({"retry-after": text}, AT) == ms


def test_an_address_that_fails_again_and_again_is_left_alone_and_then_tried_once() -> None:
    breaker, now_ms = Breaker(), AT
    for _ in range(FAILURES - 1):
        breaker.failed(now_ms, 0)
        assert breaker.wait_ms(now_ms) == 0
    breaker.failed(now_ms, 0)
    assert breaker.wait_ms(now_ms) == FIRST_MS
    assert breaker.wait_ms(now_ms + FIRST_MS) == 0
    breaker.going()
    assert breaker.wait_ms(now_ms + FIRST_MS) > 0
    breaker.failed(now_ms + FIRST_MS, 0)
    assert breaker.wait_ms(now_ms + FIRST_MS) == 2 * FIRST_MS
    for _ in range(20):
        breaker.failed(now_ms, 0)
    assert breaker.wait_ms(now_ms) == LONGEST_MS
    breaker.going()
    breaker.succeeded()
    assert (breaker.wait_ms(now_ms), breaker.failures) == (0, 0)
