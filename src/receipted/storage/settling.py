"""Writing what came of a submit: ids, statuses, due times, and receipts that were faster than the answer."""

from collections.abc import Sequence
from typing import NamedTuple

import sqlalchemy as sa

from receipted.domain.message import Part
from receipted.domain.status import FINAL, Status, order_key
from receipted.hub.ports import Ambiguous, Answered, Deferred, Outcome, PartAnswer, SubmitAttempt
from receipted.storage import receipts, rows, schema
from receipted.storage.giving import Given, holders
from receipted.storage.hot import HotSession, Move
from receipted.storage.schema import SUBMITTING, WAITING

_ATTEMPT = ("message_id", "attempt", "started_ms", "ended_ms", "outcome", "detail")


class Settled(NamedTuple):
    """What came of one claimed submit."""

    attempt: SubmitAttempt
    outcome: Outcome
    due_ms: int
    retry_ms: int
    unclear_due_ms: int


def settle(session: HotSession, settled: Sequence[Settled]) -> list[None]:
    """Record many outcomes. Recording one again changes nothing."""
    now_ms = max(one.attempt.ended_ms for one in settled)
    write_attempts(session, [one.attempt for one in settled])
    sent = _with_ids(session, [one.attempt.message_id for one in settled if isinstance(one.outcome, Deferred)])
    done: list[Settled] = []
    for one in settled:
        if not isinstance(one.outcome, Deferred):
            done.append(one)
        elif one.attempt.message_id in sent:
            done.append(one._replace(outcome=Ambiguous(reason=f"{one.outcome.reason}, but a receipt says it was sent")))
        else:
            _wait_again(session, one)
    if done:
        _decided(session, done, now_ms)
    return [None] * len(settled)


def write_attempts(session: HotSession, attempts: Sequence[SubmitAttempt]) -> None:
    """Record tries, each once."""
    session.insert("submit_attempt", _ATTEMPT, [_attempt_row(attempt) for attempt in attempts], skip=True)


def _attempt_row(attempt: SubmitAttempt) -> tuple[object, ...]:
    return tuple(getattr(attempt, name) for name in _ATTEMPT)


def _with_ids(session: HotSession, message_ids: Sequence[str]) -> set[str]:
    """Those of the messages that a receipt has named by client-ref: they were evidently sent."""
    if not message_ids:
        return set()
    columns = schema.part.c
    query = sa.select(columns.message_id).where(
        columns.message_id.in_(message_ids), columns.provider_message_id.is_not(None)
    )
    return set(session.connection.execute(query).scalars())


def _wait_again(session: HotSession, one: Settled) -> None:
    """Back on the queue, unless this try was recorded before: a later one may be under way."""
    submission = schema.submission
    session.connection.execute(
        submission.update()
        .where(
            submission.c.message_id == one.attempt.message_id,
            submission.c.state == SUBMITTING,
            submission.c.attempt == one.attempt.attempt,
        )
        .values(state=WAITING, due_ms=one.retry_ms)
    )


def _decided(session: HotSession, done: Sequence[Settled], now_ms: int) -> None:
    message_ids = [one.attempt.message_id for one in done]
    parts = _parts_of(session, message_ids)
    moves: list[Move] = []
    given = Given(holders(session, _answers(done)))
    for one in done:
        mine = parts.get(one.attempt.message_id, [])
        if isinstance(one.outcome, Answered):
            _assign(session, mine, one, moves, given)
        else:
            assert isinstance(one.outcome, Ambiguous)
            for part in mine:
                moves.append(_submitted(part, one.attempt.ended_ms, one.unclear_due_ms, one.outcome.reason))
                _await_final(session, part, one.unclear_due_ms)
    given.write(session)
    session.move(moves)
    leave_queue(session, message_ids)
    session.project(message_ids, now_ms)
    if given.known:
        receipts.match(session, given.known, now_ms)
    ambiguous = [one.attempt.message_id for one in done if _unclear(one.outcome)]
    if ambiguous:
        receipts.match_refs(session, ambiguous, now_ms)


def _unclear(outcome: Outcome) -> bool:
    """Whether a part was perhaps sent without our knowing its id, so that only a client-ref can tell of it."""
    return isinstance(outcome, Ambiguous) or (
        isinstance(outcome, Answered) and any(answer.unclear for answer in outcome.parts)
    )


def _parts_of(session: HotSession, message_ids: Sequence[str]) -> dict[str, list[Part]]:
    part = schema.part
    query = sa.select(part).where(part.c.message_id.in_(message_ids)).order_by(part.c.message_id, part.c.seq)
    found: dict[str, list[Part]] = {}
    for row in session.connection.execute(query).mappings():
        found.setdefault(row["message_id"], []).append(rows.part(row))
    return found


def _answers(done: Sequence[Settled]) -> list[PartAnswer]:
    return [answer for one in done if isinstance(one.outcome, Answered) for answer in one.outcome.parts]


def _assign(session: HotSession, parts: list[Part], one: Settled, moves: list[Move], given: Given) -> None:
    """Give each answered part its place: the one with that id already (a receipt was faster), its own, or a new one.

    Unclear ones come last and make no new parts: a receipt may have named theirs.
    """
    assert isinstance(one.outcome, Answered)
    by_id = {part.provider_message_id: part for part in parts if part.provider_message_id}
    free = {part.seq: part for part in parts if part.provider_message_id is None}
    for seq, answer in sorted(enumerate(one.outcome.parts, 1), key=lambda numbered: numbered[1].unclear):
        part = by_id.get(answer.provider_message_id or "") or _take(free, seq)
        if part is None and answer.unclear:
            continue
        _answered_part(session, part or _new_part(session, parts), answer, one, moves, given)
    _unanswered(session, list(free.values()), one, moves)


def _take(free: dict[int, Part], seq: int) -> Part | None:
    """The part of that number if it is free, else the first that is; taken from the free ones."""
    return free.pop(seq if seq in free else min(free)) if free else None


def _answered_part(
    session: HotSession, part: Part, answer: PartAnswer, one: Settled, moves: list[Move], given: Given
) -> None:
    provider_message_id: str | None = None
    move = _submitted(part, one.attempt.ended_ms, one.due_ms)
    if answer.unclear:
        move = _submitted(part, one.attempt.ended_ms, one.unclear_due_ms, answer.reason)
        _await_final(session, part, one.unclear_due_ms)
    elif answer.provider_message_id is None:
        key = order_key(Status.REJECTED, one.attempt.ended_ms)
        move = Move(part.message_id, part.seq, Status.REJECTED, key, answer.err_code, answer.reason, None)
    elif not given.give(session, part, answer.provider_message_id):
        move = move._replace(reason="the provider gave it an id that another message has")
    else:
        provider_message_id = answer.provider_message_id
        _await_final(session, part, one.due_ms)
    given.note(part, answer, provider_message_id)
    moves.append(move)


def _await_final(session: HotSession, part: Part, due_ms: int) -> None:
    """A part that a receipt has moved on before its submit was answered still awaits its final one by the due time."""
    if part.status is not Status.QUEUED and part.status not in FINAL:
        _update_part(session, part, {"due_ms": due_ms})


def _unanswered(session: HotSession, parts: Sequence[Part], one: Settled, moves: list[Move]) -> None:
    """Parts that the provider said nothing of: refused with the others, or cut in fewer parts than we counted."""
    assert isinstance(one.outcome, Answered)
    first = one.outcome.parts[0]
    if all(answer.refused for answer in one.outcome.parts):
        key = order_key(Status.REJECTED, one.attempt.ended_ms)
        moves += [
            Move(part.message_id, part.seq, Status.REJECTED, key, first.err_code, first.reason, None) for part in parts
        ]
        return
    for part in parts:
        session.connection.execute(schema.part.delete().where(*_is(part)))
        _count_parts(session, part.message_id, -1)


def _is(part: Part) -> tuple[sa.ColumnElement[bool], ...]:
    return (schema.part.c.message_id == part.message_id, schema.part.c.seq == part.seq)


def _update_part(session: HotSession, part: Part, values: dict[str, object]) -> None:
    session.connection.execute(schema.part.update().where(*_is(part)).values(values))


def _submitted(part: Part, at_ms: int, due_ms: int, reason: str | None = None) -> Move:
    key = order_key(Status.SUBMITTED, at_ms)
    return Move(part.message_id, part.seq, Status.SUBMITTED, key, None, reason, due_ms)


def _new_part(session: HotSession, parts: list[Part]) -> Part:
    """A part more than we counted: the provider cut the text in its own way."""
    like = parts[-1]
    made = Part(
        message_id=like.message_id,
        seq=like.seq + 1,
        provider=like.provider,
        provider_message_id=None,
        status=Status.QUEUED,
        status_key=order_key(Status.QUEUED, 0),
        account=like.account,
    )
    parts.append(made)
    session.insert("part", rows.PART_COLUMNS, [rows.of_part(made)])
    _count_parts(session, made.message_id, 1)
    return made


def _count_parts(session: HotSession, message_id: str, more: int) -> None:
    message = schema.message
    session.connection.execute(
        message.update().where(message.c.id == message_id).values(part_count=message.c.part_count + more)
    )


def leave_queue(session: HotSession, message_ids: Sequence[str]) -> None:
    submission = schema.submission
    session.connection.execute(submission.delete().where(submission.c.message_id.in_(message_ids)))
