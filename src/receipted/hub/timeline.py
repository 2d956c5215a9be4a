"""What happened to a message: one line per fact, oldest first, each receipt with what it did. Pure.

A receipt's verdict is not stored. It follows from the one total order of ``domain/status.py``: the receipts are played
again in the order of their arrival and each is compared with what was known until then, and with what counts now.
"""

import re
from collections.abc import Iterator, Sequence
from enum import StrEnum
from itertools import groupby

import msgspec

from receipted.domain.event import Event
from receipted.domain.message import Message, Part
from receipted.domain.receipt import Receipt, Signature
from receipted.domain.status import Status, order_key
from receipted.hub.explain import CODE_WORD, NO_ERROR, Advise, duration, inside_sentence
from receipted.hub.ports import History, StoredReceipt, SubmitAttempt


class Verdict(StrEnum):
    """What a receipt did to its part."""

    APPLIED = "applied"
    """It is what the part's status rests on."""
    SUPERSEDED = "superseded"
    """It was applied, and something stronger came later."""
    OUTRANKED = "outranked"
    """Something at least as strong was known already; kept, not applied."""
    CONTRADICTION = "contradiction"
    """Outranked, and it says a different end than what was known already."""
    NOT_MATCHED = "not-matched"
    """It names a part that the message does not have."""


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One fact of the timeline. ``what``: accepted, submit, receipt or status; ``text`` says it to a person.

    ``since_ms`` counts from when the message was accepted. ``part`` is the part's ``seq``. Only a receipt has ``raw``.
    """

    at_ms: int
    since_ms: int
    what: str
    text: str
    part: int | None = None
    status: Status | None = None
    attempt: int | None = None
    outcome: str | None = None
    provider_message_id: str | None = None
    raw_status: str | None = None
    err_code: str | None = None
    meaning: str | None = None
    network: str | None = None
    price: str | None = None
    carrier_ms: int | None = None
    signature: Signature | None = None
    verdict: Verdict | None = None
    transport: str | None = None
    raw: bytes | None = None


_ENDS: frozenset[Status] = frozenset({Status.EXPIRED, Status.FAILED, Status.REJECTED, Status.DELIVERED})
_TURN: dict[str, int] = {"accepted": 0, "submit": 1, "receipt": 2, "status": 3}

_SIGNATURE: dict[Signature, str] = {
    Signature.GOOD: ", signature good",
    Signature.ABSENT: ", not signed",
    Signature.UNCHECKED: ", signature not checked: no secret is configured",
    Signature.NOT_USED: "",
}


def timeline(history: History, advise: Advise) -> list[Line]:
    """Every fact of the message in order of time; at one moment, causes before their effects."""
    lines = [
        _accepted(history.message),
        *_submits(history.attempts, history.message),
        *_receipts(history, advise),
        *(_status(event, history.message) for event in history.events if event.previous is not None),
    ]
    return sorted(lines, key=lambda line: (line.at_ms, _TURN[line.what]))


def _accepted(message: Message) -> Line:
    parts = "" if message.part_count == 1 else f" · {message.part_count} parts"
    country = f" · to {message.country}" if message.country else ""
    return Line(
        at_ms=message.created_ms,
        since_ms=0,
        what="accepted",
        text=f"accepted by us · for {message.provider}{country}{parts}",
        status=Status.QUEUED,
    )


def _submits(attempts: Sequence[SubmitAttempt], message: Message) -> Iterator[Line]:
    """A line for each try, and one for a run of tries that were put off for the same reason."""
    for _, run in groupby(attempts, key=_sameness):
        yield _submit(list(run), message)


def _sameness(attempt: SubmitAttempt) -> object:
    # Waits that the provider names differ from one try to the next.
    return re.sub(r"\d+", "", attempt.detail) if attempt.outcome == "deferred" else attempt.attempt


def _submit(tries: list[SubmitAttempt], message: Message) -> Line:
    first, attempt = tries[0], tries[-1]
    took = duration(attempt.ended_ms - attempt.started_ms)
    detail = attempt.detail and f": {inside_sentence(attempt.detail)}"
    ids = ", ".join(part.provider_message_id for part in message.parts if part.provider_message_id)
    since_ms = attempt.ended_ms - message.created_ms
    deferred = f"not taken by {message.provider}{detail}"
    if len(tries) > 1:
        span = f"from {duration(first.ended_ms - message.created_ms)} to {duration(since_ms)} after it was accepted"
        deferred = f"not taken by {message.provider}: tried {len(tries)} times {span}{detail and ', last' + detail}"
    texts = {
        "answered": f"submitted, {message.provider} answered in {took}" + (f", id {ids}" if ids else detail),
        "deferred": f"{deferred}; to be tried again",
        "rerouted": f"not taken by {inside_sentence(attempt.detail)}; given to the next provider",
        "ambiguous": f"submitted, no clear answer after {took}{detail}; not sent again, a receipt settles it",
    }
    return Line(
        at_ms=attempt.ended_ms,
        since_ms=since_ms,
        what="submit",
        text=texts.get(attempt.outcome, f"submit {attempt.outcome}{detail}"),
        attempt=attempt.attempt,
        outcome=attempt.outcome,
    )


def _status(event: Event, message: Message) -> Line:
    why = f": {inside_sentence(event.reason)}" if event.reason else ""
    return Line(
        at_ms=event.at_ms,
        since_ms=event.at_ms - message.created_ms,
        what="status",
        text=f"now {event.status}, was {event.previous}{why}",
        status=event.status,
        err_code=event.err_code,
    )


def _receipts(history: History, advise: Advise) -> Iterator[Line]:
    """Each receipt with what it did, found by playing the part's statements again in the order of their arrival.

    The silences are among them: a status event `unknown` that has a reason was our own statement, not a receipt's.
    """
    silences = [e.at_ms for e in history.events if e.status is Status.UNKNOWN and e.reason]
    known: dict[int, tuple[str, Status]] = {}
    for stored in sorted(history.receipts, key=lambda stored: stored.received_ms):
        receipt = stored.receipt
        part = _part_of(receipt, history.message)
        before = known.get(part.seq, ("", Status.SUBMITTED)) if part else ("", Status.SUBMITTED)
        if any(at_ms <= stored.received_ms for at_ms in silences):
            before = max(before, (order_key(Status.UNKNOWN, None), Status.UNKNOWN))
        verdict = _verdict(receipt, part, before)
        if part:
            known[part.seq] = max(before, (receipt.order_key, receipt.status))
        yield _receipt(stored, history.message, part, verdict, before[1], advise)


def _part_of(receipt: Receipt, message: Message) -> Part | None:
    for part in message.parts:
        if part.provider == receipt.provider and part.provider_message_id == receipt.provider_message_id:
            return part
    # A message of one part can be meant by no other: the receipt was matched by our own reference.
    return message.parts[0] if len(message.parts) == 1 else None


def _verdict(receipt: Receipt, part: Part | None, before: tuple[str, Status]) -> Verdict:
    if part is None:
        return Verdict.NOT_MATCHED
    if receipt.order_key == part.status_key:
        return Verdict.APPLIED
    if receipt.order_key > before[0]:
        return Verdict.SUPERSEDED
    if receipt.status is not before[1] and {receipt.status, before[1]} <= _ENDS:
        return Verdict.CONTRADICTION
    return Verdict.OUTRANKED


def _receipt(
    stored: StoredReceipt, message: Message, part: Part | None, verdict: Verdict, before: Status, advise: Advise
) -> Line:
    receipt = stored.receipt
    # An intermediate receipt's err-code must be ignored (vonage-sms.md 2.3), so only an end is explained by it.
    coded = receipt.err_code is not None and receipt.err_code not in NO_ERROR and receipt.status in _ENDS
    row = advise(receipt.err_code, at_submit=False) if coded and receipt.err_code else None
    words = {
        Verdict.APPLIED: "",
        Verdict.SUPERSEDED: f"; later corrected to {part.status}" if part and receipt.status in _ENDS else "",
        Verdict.OUTRANKED: f"; came after {before}; kept, not applied",
        Verdict.CONTRADICTION: f"; says {receipt.status} after {before}; kept, not applied",
        Verdict.NOT_MATCHED: "; names no part of this message; kept, not applied",
    }
    return Line(
        at_ms=stored.received_ms,
        since_ms=stored.received_ms - message.created_ms,
        what="receipt",
        text="".join(
            (
                f"receipt: {receipt.status}",
                f" for part {part.seq}" if part and message.part_count > 1 else "",
                f" (written {receipt.raw_status})" if receipt.raw_status.lower() != receipt.status else "",
                f", {CODE_WORD['receipt']} {receipt.err_code}" if coded else "",
                f": {inside_sentence(row.meaning)}" if row else "",
                f", network {receipt.network}" if receipt.network else "",
                f", price {receipt.price}" if receipt.price else "",
                _SIGNATURE[receipt.signature],
                words[verdict],
            )
        ),
        part=part.seq if part else None,
        status=receipt.status,
        provider_message_id=receipt.provider_message_id,
        raw_status=receipt.raw_status,
        err_code=receipt.err_code,
        meaning=row.meaning if row else None,
        network=receipt.network,
        price=receipt.price,
        carrier_ms=receipt.carrier_ms,
        signature=receipt.signature,
        verdict=verdict,
        transport=receipt.transport or None,
        raw=receipt.raw,
    )
