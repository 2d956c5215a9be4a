"""What became of a message and why, in words: one sentence, and one line per fact. Pure.

The CLI, the API and the pages show the same words because all of them take them from here (promise 9).

    explanation   what a message's code means and what to do about it
    sentence      the answer to "what became of it, and why?"
    timeline      everything that happened, oldest first

``advise`` is ``Provider.advise`` of the message's provider, or ``no_advice`` where it is not configured any more.
"""

from collections.abc import Iterator
from enum import StrEnum
from typing import Protocol

import msgspec

from receipted.domain.advice import Advice
from receipted.domain.event import Event
from receipted.domain.message import Message, Part
from receipted.domain.receipt import Receipt, Signature
from receipted.domain.status import BY_STATUS, Status, order_key
from receipted.hub.ports import History, StoredReceipt, SubmitAttempt


class Advise(Protocol):
    """The shape of ``Provider.advise``."""

    def __call__(self, err_code: str, *, at_submit: bool) -> Advice | None: ...


def no_advice(err_code: str, *, at_submit: bool) -> Advice | None:
    """For a provider that is not configured any more: its codes cannot be explained."""
    return None


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
_NO_ERROR: frozenset[str] = frozenset({"", "0", "00", "000"})

_RETRY: dict[bool | None, str] = {
    True: " Trying again may help.",
    False: " Trying again will not help.",
    None: "",
}

_SIGNATURE: dict[Signature, str] = {
    Signature.GOOD: ", signature good",
    Signature.ABSENT: ", not signed",
    Signature.UNCHECKED: ", signature not checked: no secret is configured",
    Signature.NOT_USED: "",
}

_DURATIONS: tuple[tuple[int, int, str], ...] = (
    # up to this many ms, divided by, unit
    (1_000, 1, "ms"),
    (60_000, 1_000, "s"),
    (3_600_000, 60_000, "min"),
    (172_800_000, 3_600_000, "h"),
)


def duration(ms: int) -> str:
    """A length of time for people, to two digits: ``41 ms``, ``2.9 s``, ``3 min``, ``72 h`` becomes ``3 days``."""
    ms = max(ms, 0)
    for below_ms, divisor, unit in _DURATIONS:
        if ms < below_ms:
            value = ms / divisor
            return f"{value:.1f} {unit}" if value < 10 and unit == "s" else f"{value:.0f} {unit}"
    return f"{ms / 86_400_000:.0f} days"


# --- the code ---------------------------------------------------------------------------------------------------------


def advice(message: Message, advise: Advise, part: Part | None = None) -> Advice | None:
    """The row of the provider's table for the code that ``part`` (or the message as a whole) ended with.

    A code comes from a receipt or from the answer to the submit, which are two tables. Only a part that was refused at
    submit has no id of the provider's; of a message without its parts, only the ``reason`` beside the code tells.
    """
    code = part.err_code if part else message.err_code
    if code is None or code in _NO_ERROR:
        return None
    decisive = part or decisive_part(message)
    at_submit = decisive.provider_message_id is None if decisive else message.reason is not None
    return advise(code, at_submit=at_submit)


def explanation(message: Message, advise: Advise) -> str | None:
    """What the message's code means and what to do about it; None where there is no code, or it is not known."""
    row = advice(message, advise)
    return f"{_whole(row.meaning)} {_whole(row.advice)}".strip() if row else None


def decisive_part(message: Message) -> Part | None:
    """The first part whose status is the message's: the one that the message's status rests on."""
    return next((part for part in message.parts if part.status is message.status), None)


# --- the sentence -----------------------------------------------------------------------------------------------------


def sentence(history: History, advise: Advise) -> str:
    """What became of the message, and why, for anyone to read."""
    message = history.message
    last = history.attempts[-1] if history.attempts else None
    match message.status:
        case Status.QUEUED:
            return _queued(message, history.attempts)
        case Status.SUBMITTED:
            if last and last.outcome == "ambiguous":
                return (
                    f"Perhaps sent: {message.provider} was asked and its answer is missing ({_mid(last.detail)}). "
                    "It is not sent again; a receipt settles it."
                )
            return f"Handed to {message.provider}; no receipt yet."
        case Status.ACCEPTED:
            return "On its way: the carrier took it; no final receipt yet."
        case Status.BUFFERED:
            return "On its way: it waits at the carrier, which tries again."
        case Status.DELIVERED:
            whole = "Delivered" if message.part_count == 1 else f"All {message.part_count} parts delivered"
            return f"{whole} after {duration(_reached_ms(history) - message.created_ms)}, as the network says."
        case Status.UNKNOWN:
            why = message.reason or "the carrier does not know what became of it"
            return f"Unknown{_which(message)}: {_mid(why)}. It may have arrived; a later receipt still corrects this."
        case _:
            return f"Not delivered{_which(message)}: {_why(message, advise)}"


def _queued(message: Message, attempts: tuple[SubmitAttempt, ...]) -> str:
    if not attempts:
        return f"Waiting to be handed to {message.provider}."
    tries = "once" if len(attempts) == 1 else f"{len(attempts)} times"
    return f"Waiting to be handed to {message.provider}: tried {tries}, last: {_mid(attempts[-1].detail)}."


def _why(message: Message, advise: Advise) -> str:
    row = advice(message, advise)
    if row:
        return f"{_mid(row.meaning)} (err-code {row.code}).{_RETRY[row.retry]}"
    if message.reason:
        return f"{_mid(message.reason)}."
    if message.err_code and message.err_code not in _NO_ERROR:
        return f"{message.provider} gave err-code {message.err_code}, which is not in our table."
    return _mid(BY_STATUS[message.status].meaning) + "; no reason was given."


def _which(message: Message) -> str:
    part = decisive_part(message)
    if part is None or message.part_count == 1:
        return ""
    same = sum(other.status is message.status for other in message.parts)
    if same == message.part_count:
        return ""
    return f" whole, {same} of {message.part_count} parts"


def _reached_ms(history: History) -> int:
    return next(
        (event.at_ms for event in reversed(history.events) if event.status is history.message.status),
        history.message.updated_ms,
    )


# --- the timeline -----------------------------------------------------------------------------------------------------


def timeline(history: History, advise: Advise) -> list[Line]:
    """Every fact of the message in order of time; at one moment, causes before their effects."""
    lines = [
        _accepted(history.message),
        *(_submit(attempt, history.message) for attempt in history.attempts),
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


def _submit(attempt: SubmitAttempt, message: Message) -> Line:
    took, detail = duration(attempt.ended_ms - attempt.started_ms), attempt.detail and f": {_mid(attempt.detail)}"
    ids = ", ".join(part.provider_message_id for part in message.parts if part.provider_message_id)
    texts = {
        "answered": f"submitted, {message.provider} answered in {took}" + (f", id {ids}" if ids else detail),
        "deferred": f"not taken by {message.provider}{detail}; to be tried again",
        "ambiguous": f"submitted, no answer after {took}{detail}; not sent again, a receipt settles it",
    }
    return Line(
        at_ms=attempt.ended_ms,
        since_ms=attempt.ended_ms - message.created_ms,
        what="submit",
        text=texts.get(attempt.outcome, f"submit {attempt.outcome}{detail}"),
        attempt=attempt.attempt,
        outcome=attempt.outcome,
    )


def _status(event: Event, message: Message) -> Line:
    why = f": {_mid(event.reason)}" if event.reason else ""
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
    coded = receipt.err_code is not None and receipt.err_code not in _NO_ERROR and receipt.status in _ENDS
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
                f", err-code {receipt.err_code}" if coded else "",
                f": {_mid(row.meaning)}" if row else "",
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


# --- words in a sentence ----------------------------------------------------------------------------------------------


def _provider(message: Message) -> str:
    return message.provider


def _whole(text: str) -> str:
    """As a sentence of its own."""
    text = text.strip()
    return text[:1].upper() + text[1:] + ("" if not text or text[-1] in ".!?" else ".")


def _mid(text: str) -> str:
    """Inside a sentence: no full stop, no capital, except where a word like SMS or UCS-2 begins it."""
    text = text.strip().removesuffix(".")
    return text[:1].lower() + text[1:] if text[1:2].islower() or text[1:2] == " " else text
