"""One submit: may it be, how often was it tried, what becomes of it, and what is kept of it."""

from hashlib import blake2b
from typing import Final

import msgspec

from receipted.carrier.accepted import Accepted, accepted
from receipted.carrier.long import Part, part_of
from receipted.carrier.numbers import ALWAYS
from receipted.carrier.outbox import Account
from receipted.carrier.quirks import Answer, Row, row_of
from receipted.carrier.settings import SmscSettings
from receipted.carrier.traffic import Tries
from receipted.carrier.turn import Asked, Clockwork, Turn, turn_of
from receipted.dialects.smpp.addresses import MOST_CHARACTERS
from receipted.dialects.smpp.pdus import PDUS, Command, Pdu
from receipted.dialects.smpp.status import CommandStatus
from receipted.dialects.smpp.times import read_validity

_MOST_SERVICE_TYPE: Final = next(field.size for field in PDUS[Command.SUBMIT_SM] if field.name == "service_type") - 1
_SCATTER: Final = 2_654_435_761
"""Multiplying by it spreads numbers that follow each other."""


class Verdict(msgspec.Struct, frozen=True, gc=False):
    """What a submit gets, ``wait_ms`` after it came. ``message`` and ``turn`` only if it was taken."""

    row: Row
    part: Part
    status: int
    answer: Answer = Answer.GIVEN
    wait_ms: int = 0
    message: Accepted | None = None
    turn: Turn | None = None


class Intake:
    """Takes submits, for all accounts. ``now_ms`` is milliseconds since 1970."""

    def __init__(self, settings: SmscSettings, clockwork: Clockwork, now_ms: int) -> None:
        self._settings = settings
        self._clockwork = clockwork
        self._tries = Tries()
        self._draw = 0
        self._number = now_ms * 1_000

    def above(self, number: int) -> None:
        """Give out only ids above this one: it was given out before a restart."""
        self._number = max(self._number, number)

    def take(self, account: Account, submit: Pdu, now_ms: int, *, full: bool) -> Verdict:
        """What becomes of a submit. ``full``: so much is owed already that no more is taken."""
        recipient = submit.text("destination_addr")
        row, part = row_of(recipient), part_of(submit)
        wrong = _wrong(submit, recipient)
        if wrong is None and account.limit.exceeded(now_ms):
            wrong = CommandStatus.ESME_RTHROTTLED
        if wrong is None and full:
            wrong = CommandStatus.ESME_RMSGQFUL
        self._draw += 1
        wait_ms = self._latency_ms()
        if wrong is not None:
            return Verdict(row, part, wrong, wait_ms=wait_ms)
        asked = self._asked(submit, part, recipient, now_ms, now_ms + wait_ms)
        turn = turn_of(asked, self._attempt(account, row, recipient, part), self._clockwork)
        wait_ms += turn.answer_ms
        if not turn.taken:
            return Verdict(row, part, turn.status, turn.answer, wait_ms)
        self._number = max(self._number + 1, now_ms * 1_000)
        message = accepted(
            submit,
            part,
            asked,
            number=self._number,
            account=account.system_id,
            ids=row.ids or self._settings.ids,
            style=row.style or self._settings.receipts,
        )
        return Verdict(row, part, turn.status, turn.answer, wait_ms, message, turn)

    def _asked(self, submit: Pdu, part: Part, recipient: str, now_ms: int, taken_ms: int) -> Asked:
        period = submit.text("validity_period")
        ends_ms = read_validity(period, now_ms) if period else None
        valid_ms = 0 if ends_ms is None else now_ms + self._clockwork.after_ms(max(0, ends_ms - now_ms))
        registered = submit.number("registered_delivery")
        return Asked(recipient, part.seq, part.total, registered, valid_ms, taken_ms, self._draw)

    def _attempt(self, account: Account, row: Row, recipient: str, part: Part) -> int:
        if not 0 < row.first_tries < ALWAYS:
            return 1
        digest = blake2b(part.text, digest_size=8, key=part.seq.to_bytes(2)).digest()
        return self._tries.next(account.system_id, recipient, digest)

    def _latency_ms(self) -> int:
        settings = self._settings
        if not settings.spread_ms:
            return settings.latency_ms
        return settings.latency_ms + ((self._draw + settings.seed) * _SCATTER) % (settings.spread_ms + 1)


def _wrong(submit: Pdu, recipient: str) -> CommandStatus | None:
    """What no receipt could be addressed to is refused at once: our PDUs are exact where we read liberally."""
    if not 0 < len(recipient) <= MOST_CHARACTERS:
        return CommandStatus.ESME_RINVDSTADR
    if len(submit.text("source_addr")) > MOST_CHARACTERS:
        return CommandStatus.ESME_RINVSRCADR
    if len(submit.text("service_type")) > _MOST_SERVICE_TYPE:
        return CommandStatus.ESME_RINVSERTYP
    return None
