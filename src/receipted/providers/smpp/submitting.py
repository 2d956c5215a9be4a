"""Handing one message to a carrier: its parts one after the other, each written once (promise 5).

What the carrier takes no part of goes back to the hub's own queue. Once it has a part, the others are tried here for a
while, since only whole messages can go back. A part that was written and never answered is unclear, for good.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import Final, TypeAlias

from receipted.dialects.smpp.codec import Unencodable
from receipted.dialects.smpp.events import Answered as SubmitAnswered
from receipted.dialects.smpp.events import Unanswered
from receipted.dialects.smpp.pdus import Pdu
from receipted.dialects.smpp.status import Reaction, Statuses, code_of
from receipted.dialects.smpp.submit import Submit
from receipted.domain.backoff import delay_ms
from receipted.hub.ports import Ambiguous, Answered, Deferred, Outcome, PartAnswer, Submission
from receipted.providers.smpp.queueing import Queue, Sent

FIRST_TURN_S: Final = 2.0
"""How long a message waits here for room on a bind, before the hub's queue has it back.

Well within what a stop of the hub waits: what is cut off there counts as perhaps sent, which this certainly is not.
"""
LATER_PARTS_S: Final = 120.0
"""How long the rest of a message is tried of which the carrier has a part already."""
FEW: Final = 5
"""How often a message is tried that the carrier refuses without saying why."""
GIVEN_UP_KEPT: Final = 10_000

_Result: TypeAlias = PartAnswer | Deferred


class Submitting:
    """Makes one outcome of a message's parts. ``submitted`` is told each id with its recipient, and gives the one to
    store.
    """

    def __init__(
        self,
        queue: Queue,
        statuses: Statuses,
        submitted: Callable[[str, str], str],
        *,
        later_parts_s: float = LATER_PARTS_S,
        given_up_kept: int = GIVEN_UP_KEPT,
    ) -> None:
        self._queue = queue
        self._statuses = statuses
        self._submitted = submitted
        self._later_parts_s = later_parts_s
        self._given_up_kept = given_up_kept
        self._given_up: dict[int, tuple[Pdu, str]] = {}
        self.under_way = 0
        """Messages whose ids may still be told."""

    async def __call__(self, submission: Submission, pieces: Sequence[Submit]) -> Outcome:
        """Submit the parts in their order."""
        self.under_way += 1
        try:
            return await self._all(submission, pieces)
        finally:
            self.under_way -= 1

    async def _all(self, submission: Submission, pieces: Sequence[Submit]) -> Outcome:
        answers: list[PartAnswer] = []
        for piece in pieces:
            result = await self._part(submission, piece, first=not answers)
            if isinstance(result, Deferred):
                return result
            answers.append(result)
            if result.refused:
                answers += [_not_sent(len(answers), result)] * (len(pieces) - len(answers))
                break
        if all(answer.unclear for answer in answers):
            return Ambiguous(reason=answers[0].reason or "")
        return Answered(parts=tuple(answers))

    def whose(self, request: Pdu) -> str | None:
        """The message of a submit_sm that was given up, when its answer comes after all."""
        found = self._given_up.pop(id(request), None)
        return found[1] if found is not None else None

    async def _part(self, submission: Submission, piece: Submit, *, first: bool) -> _Result:
        """One part, until it is decided. The first may be handed back; the others are tried for ``LATER_PARTS_S``."""
        loop = asyncio.get_running_loop()
        until = loop.time() + self._later_parts_s
        tries = 0
        while True:
            result = await self._once(submission, piece, FIRST_TURN_S if first else until - loop.time(), tries)
            if isinstance(result, PartAnswer) or first:
                return result
            tries += 1
            wait_s = (delay_ms(tries, cap_ms=10_000) if result.wait_ms is None else result.wait_ms) / 1000
            if loop.time() + wait_s >= until:
                reason = f"{result.reason} It was tried for {self._later_parts_s:.0f} s; the parts before it were sent."
                return PartAnswer(err_code=code_of(0xFF), reason=reason)
            await asyncio.sleep(wait_s)

    async def _once(self, submission: Submission, piece: Submit, turn_s: float, tries: int) -> _Result:
        try:
            sent = await self._queue.send(piece, turn_s)
        except Unencodable as error:
            return PartAnswer(err_code=code_of(0x01), reason=f"It cannot be said in SMPP: {error}.")
        if sent is None:
            return Deferred(reason="No bind had room for it.")
        if isinstance(sent.reply, Unanswered):
            return self._unanswered(submission, sent.reply)
        return self._answered(submission, sent, sent.reply, tries)

    def _unanswered(self, submission: Submission, reply: Unanswered) -> _Result:
        if not reply.written:
            return Deferred(reason=f"It was not written before the bind ended: {reply.reason}.")
        self._given_up[id(reply.request)] = (reply.request, submission.message_id)
        if len(self._given_up) > self._given_up_kept:
            del self._given_up[next(iter(self._given_up))]
        return PartAnswer(unclear=True, reason=f"It was written, and {reply.reason}: the carrier may have it.")

    def _answered(self, submission: Submission, sent: Sent, reply: SubmitAnswered, tries: int) -> _Result:
        status = reply.response.status
        advice = self._statuses.advice_for(status)
        match self._statuses.reaction_to(status):
            case Reaction.ACCEPTED:
                sent.bind.went_well()
                return self._accepted(submission, reply.response)
            case Reaction.SLOW_DOWN:
                wait_ms = sent.bind.slow_down(advice.meaning)
                return Deferred(reason=f"{advice.meaning}.", wait_ms=wait_ms, throttled=True)
            case Reaction.REBIND:
                sent.bind.bind_anew()
                return Deferred(reason=f"{advice.meaning}.")
            case Reaction.RETRY:
                return Deferred(reason=f"{advice.meaning}.")
            case Reaction.RETRY_A_FEW if submission.attempt + tries < FEW:
                return Deferred(reason=f"{advice.meaning}.")
            case _:
                return PartAnswer(err_code=advice.code, reason=f"{advice.meaning}. {advice.advice}")

    def _accepted(self, submission: Submission, response: Pdu) -> PartAnswer:
        stored = self._submitted(response.text("message_id"), submission.recipient)
        if not stored:
            return PartAnswer(unclear=True, reason="The carrier took it without giving it an id: receipts cannot tell.")
        return PartAnswer(provider_message_id=stored)


def _not_sent(number: int, refused: PartAnswer) -> PartAnswer:
    return PartAnswer(err_code=refused.err_code, reason=f"It was not sent, because part {number} was refused.")
