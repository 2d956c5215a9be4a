"""What the SMSC does with one submit, for every row, with given times."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from receipted.carrier.numbers import TABLE
from receipted.carrier.quirks import OWN, Answer
from receipted.carrier.turn import Asked, Clockwork, Kind, Turn, end_of, turn_of
from receipted.dialects.smpp.status import CommandStatus

NOW_MS = 1_700_000_000_000
ENDINGS = [scenario.suffix for scenario in TABLE] + [row.suffix for row in OWN]


def asked(suffix: str, **more: int) -> Asked:
    usual = {"seq": 1, "total": 1, "registered": 1, "valid_ms": 0, "submitted_ms": NOW_MS, "draw": 1}
    return Asked(f"44770090{suffix}", **{**usual, **more})


def turn(suffix: str, *, attempt: int = 1, clockwork: Clockwork | None = None, **more: int) -> Turn:
    return turn_of(asked(suffix, **more), attempt, clockwork or Clockwork())


def words(of: Turn) -> list[str]:
    return [sending.state.word for sending in of.sendings]


@pytest.mark.parametrize(
    ("registered", "suffix", "said"),
    [
        (0, "0000", []),
        (1, "0000", ["DELIVRD"]),
        (2, "0000", []),
        (3, "0000", ["DELIVRD"]),
        (1, "9008", ["UNDELIV"]),
        (2, "9008", ["UNDELIV"]),
        (3, "9008", []),
        (0x10, "9008", ["ACCEPTD"]),
        (0x11, "9008", ["ACCEPTD", "UNDELIV"]),
        (0x11, "9207", ["DELIVRD", "ENROUTE", "ACCEPTD"]),
        (1, "9206", ["DELIVRD"] * 3),
        (1, "9209", ["DELIVRD", "UNDELIV"]),
        (1, "9214", ["PARKED"]),
        (1, "9314", ["ENROUTE", "ACCEPTD", "DELIVRD"]),
        (2, "9314", []),
        (0, "9314", []),
        (1, "9203", []),
    ],
)
def test_what_is_sent(registered: int, suffix: str, said: list[str]) -> None:
    assert words(turn(suffix, registered=registered)) == said


def test_the_end_is_known_whatever_was_asked_for() -> None:
    final = end_of(asked("9008", registered=0), Clockwork())
    assert final is not None
    assert (final.state.word, final.err_code) == ("UNDELIV", "8")
    assert end_of(asked("9204"), Clockwork()) is None


@pytest.mark.parametrize(
    ("valid_ms", "said"), [(30_000, "EXPIRED"), (61_000, "DELIVRD"), (0, "DELIVRD"), (1, "EXPIRED")]
)
def test_a_message_that_waits_for_its_phone_expires(valid_ms: int, said: str) -> None:
    made = turn("9200", valid_ms=NOW_MS + valid_ms if valid_ms else 0)
    assert words(made)[-1] == said


def test_one_that_does_not_wait_never_expires() -> None:
    assert words(turn("0000", valid_ms=NOW_MS + 1)) == ["DELIVRD"]


def test_only_the_last_of_several_parts() -> None:
    assert [words(turn("9212", seq=seq, total=2)) for seq in (1, 2)] == [["DELIVRD"], ["UNDELIV"]]
    assert [turn("9213", seq=seq, total=2).status for seq in (1, 2)] == [0, 0x409]
    assert turn("9213").taken


def test_what_comes_beside_the_receipt() -> None:
    assert [sending.kind for sending in turn("9312").sendings] == [Kind.MALFORMED, Kind.RECEIPT]
    assert turn("9312", registered=0).sendings == ()
    receipt, reply = turn("9313").sendings
    assert (reply.kind, reply.at_ms) == (Kind.REPLY, receipt.at_ms + 1_000)
    assert [sending.kind for sending in turn("9313", registered=0).sendings] == [Kind.REPLY]


def test_first_tries() -> None:
    assert [turn("9300", attempt=n).status for n in (1, 2, 3)] == [CommandStatus.ESME_RTHROTTLED] * 2 + [0]
    assert [turn("9307", attempt=n).answer for n in (1, 2)] == [Answer.CUT, Answer.GIVEN]
    assert [turn("9306", attempt=n).taken for n in (1, 2)] == [False, True]
    assert (turn("9303").taken, turn("9304").taken) == (False, True)


def test_receipts_wait_for_a_slow_answer() -> None:
    made = turn("9305")
    assert made.answer_ms == 5_000
    assert made.sendings[0].at_ms >= NOW_MS + 6_000


@pytest.mark.parametrize("suffix", ENDINGS)
def test_a_restart_finds_the_same_sendings(suffix: str) -> None:
    first = turn(suffix, registered=0x11)
    if first.taken:
        again = turn(suffix, registered=0x11, attempt=2_000_000_000)
        assert again.sendings == first.sendings


@given(
    suffix=st.sampled_from(ENDINGS),
    total=st.integers(1, 5),
    registered=st.integers(0, 255),
    valid_ms=st.integers(0, NOW_MS * 2),
    attempt=st.integers(1, 4),
    speed=st.floats(1e-3, 1e9),
)
def test_any_turn_is_in_order_and_never_before_the_submit(
    suffix: str, total: int, registered: int, valid_ms: int, attempt: int, speed: float
) -> None:
    made = turn(
        suffix,
        seq=total,
        total=total,
        registered=registered,
        valid_ms=valid_ms,
        attempt=attempt,
        clockwork=msgspec.structs.replace(Clockwork(), speed=speed),
    )
    times = [sending.at_ms for sending in made.sendings]
    assert times == sorted(times)
    assert all(at_ms >= NOW_MS for at_ms in times)
    assert made.taken or not made.sendings
    assert not (made.taken and made.status)
