"""command_status: every code of the specification has a row that a person and a program can use."""

import pytest

from receipted.dialects.smpp.status import (
    RESEND,
    TABLE,
    CommandStatus,
    Reaction,
    Statuses,
    advice_for,
    code_of,
    name_of,
    reaction_to,
)
from receipted.domain.advice import Fault


def test_every_code_has_one_row() -> None:
    assert sorted(row.status for row in TABLE) == sorted(CommandStatus)


@pytest.mark.parametrize("status", list(CommandStatus), ids=lambda status: status.name)
def test_every_code_is_explained(status: CommandStatus) -> None:
    advice = advice_for(status)
    assert advice.code == f"0x{status:08X}"
    assert advice.meaning.startswith(f"{status.name}: ")
    assert advice.advice.endswith(".")
    assert name_of(status) == status.name


@pytest.mark.parametrize(
    ("reaction", "codes"),
    [
        (Reaction.ACCEPTED, {0x00}),
        (Reaction.SLOW_DOWN, {0x14, 0x58}),
        (Reaction.RETRY, {0x05, 0x08, 0x64, 0x67}),
        (Reaction.RETRY_A_FEW, {0x45, 0xFE, 0xFF}),
        (Reaction.REBIND, {0x04}),
        (Reaction.CONFIGURATION, {0x0D, 0x0E, 0x0F, 0x53}),
    ],
)
def test_what_a_program_does_about_it(reaction: Reaction, codes: set[int]) -> None:
    """Reference 4; all that is not named is permanent."""
    assert {int(row.status) for row in TABLE if row.reaction is reaction} == codes
    assert all(reaction_to(code) is reaction for code in codes)


def test_after_these_answers_a_carrier_sends_a_receipt_again() -> None:
    assert {0x08, 0x14, 0x45, 0x58, 0x67, 0xFE, 0xFF} == RESEND


@pytest.mark.parametrize(
    ("status", "meaning"),
    [(0x400, "a code of this carrier's own"), (0x4FF, "a code of this carrier's own"), (0x500, "an undocumented code")],
)
def test_a_code_in_no_table_is_a_refusal_with_its_number(status: int, meaning: str) -> None:
    advice = advice_for(status)
    assert (advice.code, advice.meaning, advice.fault, advice.retry) == (code_of(status), meaning, Fault.PROVIDER, None)
    assert (reaction_to(status), name_of(status)) == (Reaction.PERMANENT, code_of(status))


def test_advice_and_reaction_agree_on_trying_again() -> None:
    for row in TABLE:
        retry = advice_for(row.status).retry
        expected = {Reaction.PERMANENT: False, Reaction.ACCEPTED: None}.get(row.reaction, True)
        assert retry is expected


def test_a_carrier_may_mean_something_else() -> None:
    statuses = Statuses({0x405: Reaction.SLOW_DOWN, 0x08: Reaction.PERMANENT})
    assert [statuses.reaction_to(code) for code in (0x405, 0x08, 0x58)] == [
        Reaction.SLOW_DOWN,
        Reaction.PERMANENT,
        Reaction.SLOW_DOWN,
    ]
    assert (statuses.advice_for(0x405).retry, statuses.advice_for(0x08).retry) == (True, False)
    assert "slow-down" in statuses.advice_for(0x405).advice
    assert statuses.advice_for(0x58) == advice_for(0x58)
