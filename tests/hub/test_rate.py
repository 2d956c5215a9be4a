"""The rate of a provider: never more than it says in any second."""

from hypothesis import given
from hypothesis import strategies as st

from receipted.hub.rate import Rate, Trouble


@given(
    st.sampled_from([0.2, 0.5, 1, 1.5, 3, 30]),
    st.lists(st.tuples(st.integers(0, 700), st.integers(1, 40), st.integers(0, 3)), max_size=60),
)
def test_no_second_has_more_than_the_rate(per_s: float, steps: list[tuple[int, int, int]]) -> None:
    rate, now_ms = Rate(per_s), 0
    gone: list[int] = []
    for after_ms, wanted, unused in steps:
        now_ms += after_ms
        taken = rate.take(now_ms, wanted)
        unused = min(unused, taken)
        rate.give_back(unused)
        gone += [now_ms] * (taken - unused)
    window_ms = 1_000 if per_s >= 1 else 1_000 / per_s
    for start_ms in gone:
        assert sum(start_ms <= at_ms < start_ms + window_ms for at_ms in gone) <= max(1, per_s)


@given(st.sampled_from([0.5, 1, 7, 30]), st.lists(st.integers(0, 1_500), min_size=1, max_size=30))
def test_after_the_wait_one_may_go_and_before_it_none(per_s: float, steps: list[int]) -> None:
    rate, now_ms = Rate(per_s), 0
    for after_ms in steps:
        now_ms += after_ms
        rate.take(now_ms, 1_000)
        wait_ms = rate.wait_ms(now_ms)
        assert wait_ms > 0
        assert rate.take(now_ms + wait_ms - 1, 1) == 0
        now_ms += wait_ms
        assert rate.wait_ms(now_ms) == 0
        assert rate.take(now_ms, 1) == 1


def test_a_steady_stream_goes_at_the_rate() -> None:
    rate = Rate(30)
    assert sum(rate.take(now_ms, 1) for now_ms in range(0, 10_000, 5)) == 300


def test_no_limit() -> None:
    rate = Rate(0)
    assert rate.take(0, 10_000) == 10_000
    rate.give_back(5)
    assert rate.wait_ms(0) == 0


def test_a_pause_holds_everything_up() -> None:
    for rate in (Rate(0), Rate(10)):
        rate.pause(5_000)
        rate.pause(3_000)
        assert (rate.take(4_999, 5), rate.wait_ms(4_000)) == (0, 1_000)
        assert rate.take(5_000, 5) == 5


def test_a_clock_turned_back_stalls_for_one_second_at_most() -> None:
    rate = Rate(2)
    assert rate.take(3_600_000, 2) == 2
    assert rate.wait_ms(0) == 1_000
    assert rate.take(0, 1) == 0
    assert rate.take(1_000, 2) == 2


def test_unclear_answers_are_followed_by_growing_pauses_until_a_clear_one() -> None:
    trouble, now_ms = Trouble(), 1_000_000
    waits_ms = []
    for _ in range(8):
        trouble.unclear(now_ms, now_ms + 15_000)
        now_ms += 15_000
        waits_ms.append(trouble.wait_ms(now_ms))
        assert trouble.wait_ms(now_ms + 1) == waits_ms[-1] - 1
        now_ms += waits_ms[-1]
        assert trouble.wait_ms(now_ms) == 0
    assert waits_ms == [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000]
    trouble.unclear(now_ms, now_ms)
    trouble.over()
    assert trouble.wait_ms(now_ms) == 0
    trouble.unclear(now_ms, now_ms)
    assert trouble.wait_ms(now_ms) == 1_000


def test_trouble_begins_with_an_unclear_answer_and_ends_with_a_clear_one() -> None:
    on = []
    trouble = Trouble()
    on.append(trouble.on)
    trouble.unclear(0, 1)
    on.append(trouble.on)
    trouble.over()
    on.append(trouble.on)
    assert on == [False, True, False]


def test_unclear_answers_of_submits_under_way_together_are_one() -> None:
    trouble = Trouble()
    for started_ms in (0, 1, 14_999):
        trouble.unclear(started_ms, 15_000)
    assert trouble.wait_ms(15_000) == 1_000
    trouble.unclear(16_000, 16_500)
    assert trouble.wait_ms(16_500) == 2_000
