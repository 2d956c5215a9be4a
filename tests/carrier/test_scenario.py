"""The simulated carrier's plans: every row of the table, and what holds for all of them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from receipted.carrier import numbers
from receipted.carrier.networks import ELSEWHERE, network_of
from receipted.carrier.numbers import ORDINARY, TABLE, scenario_of
from receipted.carrier.scenario import DUE_MS, Plan, Submit, plan
from receipted.domain.status import Status

NOW_MS = 1_700_000_000_000
PREFIX = "44770090"


def planned(suffix: str, part_count: int = 1, **more: object) -> Plan:
    arguments: dict[str, object] = {"now_ms": NOW_MS, **more}
    return plan(f"{PREFIX}{suffix}", "0190c0de-0000-7000-8000-000000000001", part_count, **arguments)  # type: ignore[arg-type]


def words(of: Plan, part: int = 0) -> list[tuple[str, str]]:
    return [(step.raw_status, step.err_code) for step in of.parts[part].steps]


def test_suffixes_are_four_digits_and_unique() -> None:
    suffixes = [row.suffix for row in TABLE]
    assert len(set(suffixes)) == len(suffixes)
    assert all(len(suffix) == 4 and suffix.isdigit() and suffix[:2] in {"90", "91", "92"} for suffix in suffixes)


@pytest.mark.parametrize("number", ["447700900000", "447700900999", "12025550100", "12025550199", "", "9", "hello"])
def test_example_numbers_are_ordinary(number: str) -> None:
    assert scenario_of(number) is ORDINARY


def test_an_ordinary_message_is_accepted_and_then_delivered_after_one_to_three_seconds() -> None:
    made = planned("0000")
    assert (made.submit, made.answer_at_ms, made.early) == (Submit.ANSWERED, NOW_MS, False)
    assert words(made) == [("accepted", "0"), ("delivered", "0")]
    assert 1_000 <= made.parts[0].steps[-1].at_ms - NOW_MS <= 3_000


@pytest.mark.parametrize(
    ("suffix", "said"),
    [
        ("9000", [("accepted", "0"), ("delivered", "0")]),
        ("9003", [("accepted", "0"), ("failed", "3")]),
        ("9099", [("accepted", "0"), ("failed", "99")]),
        ("9200", [("accepted", "0"), ("buffered", "0"), ("delivered", "0")]),
        ("9201", [("accepted", "0"), ("buffered", "0"), ("expired", "2")]),
        ("9202", [("rejected", "14")]),
        ("9203", []),
        ("9204", [("accepted", "0")]),
        ("9205", [("accepted", "0"), ("delivered", "0")]),
        ("9206", [("accepted", "0")] * 3 + [("delivered", "0")] * 3),
        ("9207", [("delivered", "0"), ("buffered", "0"), ("accepted", "0")]),
        ("9208", [("accepted", "0"), ("delivered", "0")]),
        ("9209", [("accepted", "0"), ("delivered", "0"), ("failed", "8")]),
        ("9212", [("accepted", "0"), ("delivered", "0")]),
        ("9213", [("accepted", "0"), ("delivered", "0")]),
        ("9214", [("accepted", "0"), ("parked", "777")]),
    ],
)
def test_receipts_of_a_single_part(suffix: str, said: list[tuple[str, str]]) -> None:
    assert words(planned(suffix)) == said


@pytest.mark.parametrize("row", [row for row in TABLE if row.refusal is not None], ids=lambda row: row.suffix)
def test_a_refusal_has_its_code_and_no_receipts(row: numbers.Scenario) -> None:
    made = planned(row.suffix, 2)
    assert made.submit is Submit.ANSWERED
    assert [part.refusal for part in made.parts] == [row.refusal, row.refusal]
    assert not any(part.steps for part in made.parts)
    assert row.refusal is not None
    assert row.suffix == f"91{int(row.refusal.code):02d}"


@pytest.mark.parametrize(("suffix", "submit"), [("9210", Submit.THROTTLED), ("9211", Submit.UNREACHABLE)])
def test_the_third_try_is_taken(suffix: str, submit: Submit) -> None:
    tries = [planned(suffix, attempt=attempt) for attempt in (1, 2, 3)]
    assert [made.submit for made in tries] == [submit, submit, Submit.ANSWERED]
    assert [len(made.parts) for made in tries] == [0, 0, 1]
    assert tries[0].wait_ms == (702 if submit is Submit.THROTTLED else 0)


def test_a_lost_answer_with_and_without_receipts() -> None:
    with_receipts, without = planned("9215"), planned("9216", attempt=9)
    assert with_receipts.submit is without.submit is Submit.UNANSWERED
    assert with_receipts.answer_at_ms == NOW_MS + 5_000
    assert words(with_receipts) == [("accepted", "0"), ("delivered", "0")]
    assert words(without) == []


def test_only_the_last_of_several_parts_goes_wrong() -> None:
    fails, refused = planned("9212", 3), planned("9213", 3)
    assert [words(fails, index)[-1] for index in range(3)] == [("delivered", "0"), ("delivered", "0"), ("failed", "8")]
    assert [part.refusal is None for part in refused.parts] == [True, True, False]


def test_late_is_after_the_senders_time_out() -> None:
    assert planned("9205").parts[0].steps[-1].at_ms == NOW_MS + DUE_MS * 3 // 2
    assert planned("9205", due_ms=2_000, speed=2.0).parts[0].steps[-1].at_ms == NOW_MS + 1_500


def test_out_of_order_receipts_state_the_order_in_which_things_happened() -> None:
    steps = planned("9207").parts[0].steps
    assert [step.status for step in sorted(steps, key=lambda step: step.carrier_ms)] == [
        Status.ACCEPTED,
        Status.BUFFERED,
        Status.DELIVERED,
    ]


def test_a_word_that_nobody_knows_is_unknown_and_kept() -> None:
    step = planned("9214").parts[0].steps[-1]
    assert (step.status, step.raw_status) == (Status.UNKNOWN, "parked")


def test_another_seed_or_message_gives_other_delays() -> None:
    delays = {planned("0000", seed=seed).parts[0].steps[-1].at_ms for seed in range(20)}
    assert len(delays) > 10
    parts = {part.steps[-1].at_ms for part in planned("0000", 20).parts}
    assert len(parts) > 10


any_number = st.one_of(st.sampled_from([f"{PREFIX}{row.suffix}" for row in TABLE]), st.text(max_size=20))


@given(
    recipient=any_number,
    message_id=st.text(max_size=40),
    part_count=st.integers(1, 5),
    attempt=st.integers(1, 5),
    now_ms=st.integers(0, 10**13),
    seed=st.integers(),
    speed=st.floats(1e-3, 1e9),
)
def test_a_plan_is_the_same_each_time_in_order_and_never_before_the_submit(
    recipient: str, message_id: str, part_count: int, attempt: int, now_ms: int, seed: int, speed: float
) -> None:
    made, again = (
        plan(recipient, message_id, part_count, now_ms=now_ms, attempt=attempt, seed=seed, speed=speed)
        for _ in range(2)
    )
    assert made == again
    assert [part.seq for part in made.parts] == ([] if not made.parts else list(range(1, part_count + 1)))
    assert made.answer_at_ms >= now_ms
    for part in made.parts:
        times = [step.at_ms for step in part.steps]
        assert times == sorted(times)
        assert all(now_ms <= step.carrier_ms <= step.at_ms for step in part.steps)


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.suffix)
def test_speed_divides_every_delay(row: numbers.Scenario) -> None:
    slow, fast = planned(row.suffix, 2, attempt=3), planned(row.suffix, 2, attempt=3, speed=100.0)
    assert fast.answer_at_ms - NOW_MS == (slow.answer_at_ms - NOW_MS) / 100
    for slow_part, fast_part in zip(slow.parts, fast.parts, strict=True):
        for slow_step, fast_step in zip(slow_part.steps, fast_part.steps, strict=True):
            assert fast_step.at_ms - NOW_MS == pytest.approx((slow_step.at_ms - NOW_MS) / 100, abs=1)


def test_networks_are_of_the_right_country() -> None:
    assert network_of("447700900000").code == "23410"
    assert network_of("66837000111").code == "52099"
    assert network_of("999") is network_of("") is ELSEWHERE
