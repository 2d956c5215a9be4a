"""What each recipient number asks of the simulated SMSC: the rows of ``numbers`` in SMPP's words, and rows of its own.

``OWN`` has what only SMPP has, the endings 9300 to 9399. ``row_of`` knows both tables, so nothing else needs to.
docs/carrier.md is made from these tables.
"""

from enum import StrEnum
from typing import Final

import msgspec

from receipted.carrier.numbers import ALWAYS, DELIVERED, GOOD, ORDINARY, TABLE, Say, Scenario, Submit
from receipted.carrier.words import status_of
from receipted.dialects.smpp.status import CommandStatus


class Answer(StrEnum):
    """What becomes of the answer to a submit."""

    GIVEN = "given"
    NEVER = "never"
    CUT = "cut"
    """The connection is cut instead."""


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One ending: what it does in a sentence, and in what it differs from an ordinary message.

    ``first_tries`` is how many tries get ``status`` or ``answer``; one of these takes a message only if ``taken``.
    ``last`` and ``last_status`` apply to the last of several parts. ``early`` holds the answer back until the receipts
    are out. ``elsewhere`` sends them on another bind. ``unasked`` sends intermediate states as if they were final ones.
    ``ids`` and ``style`` are names of ``WRITTEN_IDS`` and ``styles``; empty is the carrier's own.
    """

    suffix: str
    what: str
    says: tuple[Say, ...] = GOOD
    last: tuple[Say, ...] | None = None
    status: int = CommandStatus.ESME_ROK
    last_status: int = CommandStatus.ESME_ROK
    answer: Answer = Answer.GIVEN
    first_tries: int = 0
    taken: bool = False
    answer_ms: int = 0
    early: bool = False
    elsewhere: bool = False
    unasked: bool = False
    malformed: bool = False
    reply: str = ""
    ids: str = ""
    style: str = ""


_S = CommandStatus

OWN: Final[tuple[Row, ...]] = (
    Row(
        suffix="9300", what="Refused twice with ESME_RTHROTTLED, then taken.", status=_S.ESME_RTHROTTLED, first_tries=2
    ),
    Row(suffix="9301", what="Refused twice with ESME_RMSGQFUL, then taken.", status=_S.ESME_RMSGQFUL, first_tries=2),
    Row(suffix="9302", what="Refused twice with ESME_RSYSERR, then taken.", status=_S.ESME_RSYSERR, first_tries=2),
    Row(suffix="9303", what="Never answered, and nothing is sent.", answer=Answer.NEVER, first_tries=ALWAYS),
    Row(
        suffix="9304", what="Never answered, but it is delivered.", answer=Answer.NEVER, first_tries=ALWAYS, taken=True
    ),
    Row(suffix="9305", what="Answered after 5 s; the receipts wait until then.", answer_ms=5_000),
    Row(
        suffix="9306", what="The connection is cut once, before the message is taken.", answer=Answer.CUT, first_tries=1
    ),
    Row(
        suffix="9307",
        what="The connection is cut once, after the message is taken: it is delivered, its id is lost.",
        answer=Answer.CUT,
        first_tries=1,
        taken=True,
    ),
    Row(
        suffix="9310",
        what="The receipt comes on another bind of the same system_id, where there is one.",
        elsewhere=True,
    ),
    Row(
        suffix="9311",
        what="The receipt comes before the submit_sm_resp.",
        early=True,
        says=(Say("accepted"), Say("delivered")),
    ),
    Row(suffix="9312", what="A deliver_sm that cannot be read comes before the receipt.", malformed=True),
    Row(suffix="9313", what="Delivered, and a second later the handset answers with an SMS.", reply="Thank you!"),
    Row(
        suffix="9314",
        what="ENROUTE and ACCEPTD come as receipts like any other, though not asked for, then DELIVRD.",
        unasked=True,
        says=(Say("buffered", after_ms=200), Say("accepted", after_ms=500), DELIVERED),
    ),
    Row(suffix="9320", what="The id is hex in the submit_sm_resp and decimal in the receipt.", ids="hex-decimal"),
    Row(suffix="9321", what="The id is decimal in the submit_sm_resp and hex in the receipt.", ids="decimal-hex"),
    Row(suffix="9322", what="The id has leading zeros in the receipt only.", ids="zeros-in-receipt"),
    Row(suffix="9323", what="The id has leading zeros in the submit_sm_resp only.", ids="zeros-at-submit"),
    Row(suffix="9324", what="The id is hex, in capitals in the submit_sm_resp only.", ids="case"),
    Row(suffix="9325", what="The id has letters, dashes and underscores.", ids="letters"),
    Row(suffix="9330", what="The receipt has TLVs and no text.", style="tlv-only"),
    Row(suffix="9331", what="The receipt has its text in message_payload.", style="payload"),
    Row(suffix="9332", what="The receipt is a data_sm.", style="data-sm"),
    Row(suffix="9333", what="The receipt's text is in UCS-2.", style="ucs2"),
    Row(suffix="9334", what="The receipt's esm_class does not say that it is one.", style="unmarked"),
    Row(suffix="9335", what="The receipt's dates have 12 digits, seconds included.", style="seconds"),
    Row(suffix="9336", what="The receipt has only id, stat and err.", style="short"),
    Row(suffix="9337", what="The receipt has text and no TLVs.", style="text-only"),
    Row(suffix="9338", what="The receipt cannot be read.", style="unreadable"),
    Row(suffix="9339", what="The receipt's dates have 12 digits, the year first.", style="year-first"),
)


def _in_smpp(scenario: Scenario) -> Row:
    """A scenario of ``numbers``. One that cannot be reached says ESME_RSYSERR: surely nothing was sent, either."""
    status, tries = CommandStatus.ESME_ROK.value, scenario.first_tries
    if scenario.refusal is not None:
        status, tries = status_of(scenario.refusal.code), ALWAYS
    elif scenario.submit is Submit.THROTTLED:
        status = CommandStatus.ESME_RTHROTTLED
    elif scenario.submit is Submit.UNREACHABLE:
        status = CommandStatus.ESME_RSYSERR
    lost = scenario.submit is Submit.UNANSWERED
    return Row(
        suffix=scenario.suffix,
        what=scenario.what,
        says=scenario.says,
        last=scenario.last,
        status=status,
        last_status=status_of(scenario.last_refusal.code) if scenario.last_refusal else CommandStatus.ESME_ROK,
        answer=Answer.NEVER if lost else Answer.GIVEN,
        first_tries=tries,
        taken=lost and bool(scenario.says),
        early=scenario.early,
    )


_ORDINARY: Final = _in_smpp(ORDINARY)
_BY_SUFFIX: Final = {row.suffix: row for row in (*map(_in_smpp, TABLE), *OWN)}


def row_of(recipient: str) -> Row:
    """The row for a number, by its last four digits; an ordinary one for any other text."""
    return _BY_SUFFIX.get(recipient[-4:], _ORDINARY)
