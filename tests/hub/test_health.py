"""How a provider stands: shares that prove something, and traffic that eases back and returns."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from receipted.hub.health import Limits, Sample, standing
from receipted.hub.route import Standing

SLOW = Sample(slow=40, awaited=100)
FAST = Sample(slow=30, awaited=100)


def look(sample: Sample, ease: float = 1.0, limits: Limits | None = None) -> Standing:
    return standing(sample, ease=ease, limits=limits or Limits(), unready=None, throttled=False)


def looks(sample: Sample, times: int, ease: float) -> list[float]:
    found = []
    for _ in range(times):
        ease = look(sample, ease).ease
        found.append(ease)
    return found


def test_shares_are_of_what_they_are_counted_among() -> None:
    now = look(Sample(submits=100, failed=42, finals=50, delivered=45, slow=12, awaited=48))
    assert now == Standing(error_share=0.42, delivered_share=0.9, slow_share=0.25)


@pytest.mark.parametrize(
    "sample",
    [Sample(), Sample(submits=9, failed=9, finals=9, delivered=0, slow=9, awaited=9)],
    ids=["nothing", "one too few"],
)
def test_too_few_messages_prove_nothing(sample: Sample) -> None:
    assert look(sample) == Standing()


def test_enough_messages_prove_it() -> None:
    now = look(Sample(submits=10, failed=10, finals=10, delivered=0, slow=10, awaited=10))
    assert now == Standing(error_share=1.0, delivered_share=0.0, slow_share=1.0, ease=0.9)


def test_no_message_is_too_few_even_where_none_are_asked_for() -> None:
    assert look(Sample(), limits=Limits(least=0)) == Standing()


def test_what_the_provider_says_of_itself_is_passed_on() -> None:
    now = standing(Sample(), ease=1.0, limits=Limits(), unready="bind down", throttled=True)
    assert now == Standing(unready="bind down", throttled=True)


def test_traffic_eases_back_step_by_step_and_one_step_is_left() -> None:
    assert looks(SLOW, 11, 1.0) == [0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1, 0.1, 0.1]


def test_traffic_comes_back_step_by_step_up_to_all_of_it() -> None:
    assert looks(FAST, 11, 0.1) == [0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.0, 1.0]


def test_a_provider_that_has_too_little_traffic_to_judge_gets_more() -> None:
    assert look(Sample(slow=9, awaited=9), ease=0.1).ease == 0.2


def test_the_limit_itself_is_still_well() -> None:
    assert [look(sample, 0.5).ease for sample in (FAST, Sample(slow=31, awaited=100))] == [0.6, 0.4]


@given(
    st.lists(st.sampled_from([SLOW, FAST, Sample()]), max_size=60),
    st.sampled_from([0.05, 0.1, 0.3, 1.0]),
    st.floats(0, 1),
)
def test_the_ease_never_leaves_its_bounds(samples: list[Sample], step: float, ease: float) -> None:
    for sample in samples:
        before, ease = ease, look(sample, ease, Limits(step=step)).ease
        assert step <= ease <= 1.0
        assert (ease <= max(before, step)) if sample is SLOW else (ease >= before)


@given(st.integers(0, 9))
def test_as_many_looks_lead_back_as_led_away(times: int) -> None:
    away = looks(SLOW, times, 1.0)
    assert looks(FAST, times, away[-1] if away else 1.0)[-1:] == [1.0][:times]
