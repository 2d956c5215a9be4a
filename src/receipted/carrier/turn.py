"""What the simulated SMSC does with one submit: the row of its number with times put in, and what was asked for.

Nothing here waits or remembers. A turn is found again after a restart from what was stored of the message.
"""

from enum import StrEnum
from typing import Final

import msgspec

from receipted.carrier.quirks import Answer, Row, row_of
from receipted.carrier.scenario import DUE_MS, Step, steps_of
from receipted.carrier.words import state_of
from receipted.dialects.smpp.states import BY_STATUS, State
from receipted.dialects.smpp.status import CommandStatus
from receipted.domain.status import Status

REPLY_AFTER_MS: Final = 1_000
"""How long the handset's owner takes to answer, after the receipt."""
EARLY_MS: Final = 300
"""How long an answer is held back so that the receipts are there first."""


UNDERWAY: Final = frozenset({Status.ACCEPTED, Status.BUFFERED})
"""What is said of a message before its end."""


_ASKED: Final = 0x13
"""The bits of registered_delivery that ask the carrier for anything."""


class Kind(StrEnum):
    """What a sending is."""

    RECEIPT = "receipt"
    INTERMEDIATE = "intermediate"
    REPLY = "reply"
    """An SMS from the handset."""
    MALFORMED = "malformed"


class Sending(msgspec.Struct, frozen=True, gc=False):
    """One thing to send to the ESME at ``at_ms``; ``carrier_ms`` is the time that it states. Both since 1970."""

    at_ms: int
    kind: Kind
    state: State
    err_code: str
    carrier_ms: int

    @property
    def underway(self) -> bool:
        """Whether more is to follow, whatever kind of receipt says it."""
        return self.state.status in UNDERWAY


class Asked(msgspec.Struct, frozen=True, gc=False):
    """What a submit asks for. ``valid_ms`` is when its validity ends, milliseconds since 1970; 0 = not said.

    ``draw`` decides the random delays, together with the seed.
    """

    recipient: str
    seq: int
    total: int
    registered: int
    valid_ms: int
    submitted_ms: int
    draw: int


class Clockwork(msgspec.Struct, frozen=True):
    """What all turns of a carrier have in common; see the settings of these names."""

    seed: int = 0
    speed: float = 1.0
    due_ms: int = DUE_MS

    def after_ms(self, delay_ms: float) -> int:
        """A simulated delay as a real one."""
        return round(delay_ms / self.speed)


class Turn(msgspec.Struct, frozen=True, gc=False):
    """What becomes of a submit: its answer, ``answer_ms`` after it came, and what is sent if it is ``taken``."""

    row: Row
    status: int
    answer: Answer
    answer_ms: int
    taken: bool
    sendings: tuple[Sending, ...] = ()


def turn_of(asked: Asked, attempt: int, clockwork: Clockwork) -> Turn:
    """What happens to a submit that comes for the ``attempt``-th time (from 1). Raises nothing for any recipient."""
    row = row_of(asked.recipient)
    failing = attempt <= row.first_tries
    is_last = asked.seq == asked.total > 1
    status = row.last_status if is_last and row.last_status else row.status if failing else CommandStatus.ESME_ROK
    answer = row.answer if failing else Answer.GIVEN
    if status or (failing and not row.taken):
        return Turn(row, status, answer, 0, False)
    answer_ms = clockwork.after_ms(EARLY_MS if row.early else row.answer_ms)
    return Turn(row, status, answer, answer_ms, True, _sendings(asked, row, clockwork))


def end_of(asked: Asked, clockwork: Clockwork) -> Sending | None:
    """How a message that was taken ends and when, whether or not a receipt was asked for; None: never."""
    told = _all_told(asked, row_of(asked.recipient), clockwork)
    return next((one for one in told if not one.underway), None)


def _sendings(asked: Asked, row: Row, clockwork: Clockwork) -> tuple[Sending, ...]:
    if not (asked.registered & _ASKED or row.reply):
        return ()
    told = _all_told(asked, row, clockwork)
    wanted = [one for one in told if _wanted(one, asked.registered)]
    if row.malformed and wanted:
        wanted.insert(0, msgspec.structs.replace(wanted[0], kind=Kind.MALFORMED))
    if row.reply:
        at_ms = told[-1].at_ms + clockwork.after_ms(REPLY_AFTER_MS)
        wanted.append(Sending(at_ms, Kind.REPLY, told[-1].state, "0", at_ms))
    return tuple(wanted)


def _all_told(asked: Asked, row: Row, clockwork: Clockwork) -> list[Sending]:
    """Everything that the carrier has to say of a message, asked for or not."""
    is_last = asked.seq == asked.total > 1
    says = row.last if is_last and row.last is not None else row.says
    begun_ms = asked.submitted_ms + clockwork.after_ms(row.answer_ms)
    steps = steps_of(
        says, str(asked.draw), now_ms=begun_ms, seed=clockwork.seed, speed=clockwork.speed, due_ms=clockwork.due_ms
    )
    return _within_validity([_told(step, row) for step in steps], asked.valid_ms)


def _told(step: Step, row: Row) -> Sending:
    state = state_of(step.status, step.raw_status)
    kind = Kind.INTERMEDIATE if state.status in UNDERWAY and not row.unasked else Kind.RECEIPT
    return Sending(step.at_ms, kind, state, step.err_code, step.carrier_ms)


_EXPIRED: Final = BY_STATUS[Status.EXPIRED]


def _within_validity(told: list[Sending], valid_ms: int) -> list[Sending]:
    """A message that waits for its phone expires when its validity ends (5.2.16); others are too fast for that."""
    if not valid_ms or all(one.state.status is not Status.BUFFERED for one in told) or told[-1].at_ms <= valid_ms:
        return told
    end_ms = max(valid_ms, told[0].at_ms)
    kept = [one for one in told if one.at_ms <= end_ms]
    return [*kept, Sending(end_ms, Kind.RECEIPT, _EXPIRED, "2", end_ms)]


def _wanted(one: Sending, registered: int) -> bool:
    """registered_delivery (5.2.17): bits 1-0 none, all, failures, successes (5.0); bit 4 intermediate ones."""
    if one.kind is Kind.INTERMEDIATE:
        return bool(registered & 0x10)
    asked = registered & 0x03
    if asked in (0, 1):
        return bool(asked)
    return not one.underway and (one.state.status is Status.DELIVERED) is (asked == 3)
