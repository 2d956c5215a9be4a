"""The numbers in SMPP's words: every scenario of the sandbox has its row, and what only SMPP has lies beside them."""

import pytest

from receipted.carrier import numbers, styles
from receipted.carrier.quirks import OWN, Answer, Row, row_of
from receipted.carrier.words import REFUSALS, err_of, state_of, status_of
from receipted.dialects.smpp.id_forms import WRITTEN_IDS
from receipted.dialects.smpp.status import CommandStatus, Reaction, reaction_to
from receipted.domain.status import Status


def row(suffix: str) -> Row:
    return row_of(f"44770090{suffix}")


def test_endings_are_unique_and_start_with_93() -> None:
    endings = [own.suffix for own in OWN]
    assert len(set(endings)) == len(endings)
    assert all(len(ending) == 4 and ending.startswith("93") and ending.isdigit() for ending in endings)
    assert endings == sorted(endings)


def test_names_of_forms_and_styles_are_known() -> None:
    assert {own.ids for own in OWN} - {""} <= WRITTEN_IDS.keys()
    assert {own.style for own in OWN} - {""} <= styles.BY_NAME.keys()


@pytest.mark.parametrize("scenario", numbers.TABLE, ids=lambda scenario: scenario.suffix)
def test_a_scenario_of_the_sandbox_has_a_row(scenario: numbers.Scenario) -> None:
    found = row(scenario.suffix)
    assert (found.what, found.says, found.last, found.early) == (
        scenario.what,
        scenario.says,
        scenario.last,
        scenario.early,
    )
    assert bool(found.status) == (
        scenario.refusal is not None or scenario.submit in (numbers.Submit.THROTTLED, numbers.Submit.UNREACHABLE)
    )


@pytest.mark.parametrize("number", ["447700900000", "12025550199", "", "93", "Acme"])
def test_any_other_number_is_ordinary(number: str) -> None:
    assert (row_of(number).status, row_of(number).says) == (0, numbers.GOOD)


def test_a_refusal_is_permanent_also_in_smpp() -> None:
    refused = [scenario for scenario in numbers.TABLE if scenario.refusal is not None]
    assert refused
    for scenario in refused:
        assert reaction_to(row(scenario.suffix).status) is Reaction.PERMANENT
    assert [reaction_to(refusal.status) for refusal in REFUSALS] == [Reaction.PERMANENT] * len(REFUSALS)


@pytest.mark.parametrize(
    ("suffix", "status"),
    [
        ("9106", CommandStatus.ESME_RINVDSTADR),
        ("9112", CommandStatus.ESME_RINVMSGLEN),
        ("9133", 0x421),
        ("9210", CommandStatus.ESME_RTHROTTLED),
        ("9211", CommandStatus.ESME_RSYSERR),
        ("9213", 0),
    ],
)
def test_a_command_status(suffix: str, status: int) -> None:
    assert row(suffix).status == status


def test_lost_answers() -> None:
    assert (row("9215").answer, row("9215").taken) == (Answer.NEVER, True)
    assert (row("9216").answer, row("9216").taken) == (Answer.NEVER, False)
    assert row("9213").last_status == status_of("9") == 0x409


def test_words() -> None:
    assert (state_of(Status.DELIVERED, "delivered").word, state_of(Status.BUFFERED, "buffered").number) == (
        "DELIVRD",
        1,
    )
    parked = state_of(Status.UNKNOWN, "parked")
    assert (parked.word, parked.number) == ("PARKED", None)
    assert state_of(Status.UNKNOWN, "unknown").word == "UNKNOWN"
    assert [err_of(code) for code in ("0", "8", "99", "777")] == ["000", "008", "099", "777"]
