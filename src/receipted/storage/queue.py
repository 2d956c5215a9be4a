"""Writing what is to be handed over: the submit queue, from accepting a message to the end of waiting for it."""

from collections.abc import Collection, Sequence
from typing import TypeAlias

import sqlalchemy as sa

from receipted.domain.errors import Conflict, NoCredit, ReceiptedError
from receipted.domain.message import Message, Part
from receipted.domain.status import Status, order_key
from receipted.hub.ports import Accepted, Ambiguous, NewMessage, Submission, SubmitAttempt
from receipted.storage import queries, rows, schema, settling
from receipted.storage.accounts import Purse
from receipted.storage.hot import HotSession, Move
from receipted.storage.schema import SUBMITTING, WAITING
from receipted.storage.settling import leave_queue

_SUBMISSION = ("message_id", "provider", "state", "due_ms", "attempt")


def accept(session: HotSession, new: Sequence[NewMessage]) -> list[Accepted | ReceiptedError]:
    """Store messages with their parts, first events and places in the queue; known keys give the message of then."""
    known = _known_keys(session, {item.key for item in new if item.key is not None})
    purse = Purse(session, {item.message.account for item in new if item.message.account is not None})
    results: list[Accepted | ReceiptedError] = []
    fresh: list[NewMessage] = []
    for item in new:
        if item.key is not None and item.key in known:
            digest, message = known[item.key]
            same = digest == item.key_digest
            results.append(Accepted(message=message) if same else Conflict(_OTHER_REQUEST))
            continue
        if not purse.pay(item):
            results.append(NoCredit("the account's balance does not cover this message"))
            continue
        if item.key is not None:
            known[item.key] = (item.key_digest, item.message)
        fresh.append(item)
        results.append(Accepted(message=item.message, balance=purse.left(item)))
    _insert_messages(session, fresh)
    purse.write()
    return results


_OTHER_REQUEST = "this Idempotency-Key was used for another request; use a new key for a new message"


def _known_keys(session: HotSession, keys: Collection[str]) -> dict[str, tuple[str, Message]]:
    if not keys:
        return {}
    query = sa.select(schema.idempotency.c.key, schema.idempotency.c.digest, schema.message).join(
        schema.message, schema.message.c.id == schema.idempotency.c.message_id
    )
    found = session.connection.execute(query.where(schema.idempotency.c.key.in_(keys))).mappings().all()
    return {
        row["key"]: (row["digest"], rows.message(row, queries.parts(session.connection, row["id"]))) for row in found
    }


def _insert_messages(session: HotSession, new: Sequence[NewMessage]) -> None:
    messages = [item.message for item in new]
    events = [session.next_event_id() for _ in messages]
    session.insert(
        "message",
        (*rows.MESSAGE_COLUMNS, "last_event"),
        [(*rows.of_message(message), event_id) for message, event_id in zip(messages, events, strict=True)],
    )
    session.insert("part", rows.PART_COLUMNS, [rows.of_part(part) for message in messages for part in message.parts])
    session.insert(
        "event",
        rows.EVENT_COLUMNS,
        [
            (event_id, message.id, message.version, str(message.status), message.created_ms)
            for message, event_id in zip(messages, events, strict=True)
        ],
    )
    session.insert(
        "submission",
        _SUBMISSION,
        [(message.id, message.provider, WAITING, message.created_ms, 0) for message in messages],
    )
    session.insert(
        "idempotency",
        ("key", "digest", "message_id", "created_ms"),
        [(item.key, item.key_digest, item.message.id, item.message.created_ms) for item in new if item.key is not None],
    )


def claim(session: HotSession, wanted: Sequence[tuple[str, int, int]]) -> list[list[Submission]]:
    """For each (provider, now, limit): its due messages, marked as being submitted."""
    return [_claim(session, *one) for one in wanted]


def _claim(session: HotSession, provider: str, now_ms: int, limit: int) -> list[Submission]:
    submission, message = schema.submission, schema.message
    query = (
        sa.select(message, submission.c.attempt)
        .join(message, message.c.id == submission.c.message_id)
        .where(submission.c.provider == provider, submission.c.state == WAITING, submission.c.due_ms <= now_ms)
        .order_by(submission.c.due_ms)
        .limit(limit)
    )
    found = session.connection.execute(query).mappings().all()
    if found:
        session.connection.execute(
            submission.update()
            .where(submission.c.message_id.in_([row["id"] for row in found]))
            .values(state=SUBMITTING, attempt=submission.c.attempt + 1)
        )
    return [rows.submission(row, row["attempt"] + 1) for row in found]


def release(session: HotSession, wanted: Sequence[tuple[str, frozenset[str]]]) -> list[int]:
    """For each (provider, message ids under way): claimed messages that are not under way wait again."""
    submission = schema.submission
    return [
        session.connection.execute(
            submission.update()
            .where(
                submission.c.provider == provider,
                submission.c.state == SUBMITTING,
                submission.c.message_id.not_in(in_flight),
            )
            .values(state=WAITING, attempt=submission.c.attempt - 1)
        ).rowcount
        for provider, in_flight in wanted
    ]


Abandoned: TypeAlias = tuple[str, int, str]
"""Message id, now, reason."""


def abandon(session: HotSession, abandoned: Sequence[Abandoned]) -> list[None]:
    """Take messages off the queue that were never handed over."""
    for message_id, now_ms, reason in abandoned:
        key = order_key(Status.EXPIRED, now_ms)
        parts = queries.parts(session.connection, message_id)
        session.move([Move(message_id, part.seq, Status.EXPIRED, key, None, reason, None) for part in parts])
        leave_queue(session, [message_id])
        session.project([message_id], now_ms)
    return [None] * len(abandoned)


Rerouted: TypeAlias = tuple[SubmitAttempt, str, str]
"""The try that failed, the next provider, the decision as JSON."""


def reroute(session: HotSession, rerouted: Sequence[Rerouted]) -> list[None]:
    """Hand messages that nobody has taken to another provider's queue. Doing it again changes nothing."""
    submission, message, part = schema.submission, schema.message, schema.part
    settling.write_attempts(session, [attempt for attempt, _, _ in rerouted])
    for attempt, provider, route in rerouted:
        moved = session.connection.execute(
            submission.update()
            .where(
                submission.c.message_id == attempt.message_id,
                submission.c.state == SUBMITTING,
                submission.c.attempt == attempt.attempt,
            )
            .values(state=WAITING, provider=provider, due_ms=attempt.ended_ms)
        )
        if moved.rowcount:
            mine = message.c.id == attempt.message_id
            session.connection.execute(message.update().where(mine).values(provider=provider, route=route))
            theirs = part.c.message_id == attempt.message_id
            session.connection.execute(part.update().where(theirs).values(provider=provider))
    return [None] * len(rerouted)


def recover(session: HotSession, wanted: Sequence[tuple[int, int, str, bool]]) -> list[int]:
    """For each (now, due, reason, waiting): what a dead process left as being submitted becomes ambiguous.

    With ``waiting``, what still waits does, too.
    """
    return [_recover(session, *one) for one in wanted]


def _recover(session: HotSession, now_ms: int, due_ms: int, reason: str, waiting: bool) -> int:
    submission = schema.submission
    query = sa.select(submission.c.message_id, submission.c.attempt).where(
        submission.c.state.in_((SUBMITTING, WAITING) if waiting else (SUBMITTING,))
    )
    left = session.connection.execute(query).all()
    outcome = Ambiguous(reason=reason)
    settled = [
        settling.Settled(
            SubmitAttempt(
                message_id=message_id,
                attempt=attempt,
                started_ms=now_ms,
                ended_ms=now_ms,
                outcome="ambiguous",
                detail=reason,
            ),
            outcome,
            due_ms=0,
            retry_ms=0,
            unclear_due_ms=due_ms,
        )
        for message_id, attempt in left
    ]
    for start in range(0, len(settled), 500):
        settling.settle(session, settled[start : start + 500])
    return len(settled)


def expire(session: HotSession, wanted: Sequence[tuple[int, int]]) -> list[int]:
    """For each (now, limit): parts whose final receipt is overdue become unknown."""
    return [_expire(session, *one) for one in wanted]


def _expire(session: HotSession, now_ms: int, limit: int) -> int:
    part = schema.part
    query = sa.select(part).where(part.c.due_ms <= now_ms, part.c.due_ms.is_not(None)).order_by(part.c.due_ms)
    overdue = [rows.part(row) for row in session.connection.execute(query.limit(limit)).mappings()]
    if overdue:
        key = order_key(Status.UNKNOWN, now_ms)
        session.move(
            [Move(one.message_id, one.seq, Status.UNKNOWN, key, one.err_code, _silence(one), None) for one in overdue]
        )
        places = [(one.message_id, one.seq) for one in overdue]
        session.connection.execute(
            part.update().where(sa.tuple_(part.c.message_id, part.c.seq).in_(places)).values(due_ms=None)
        )
        session.project((one.message_id for one in overdue), now_ms)
    return len(overdue)


def _silence(part: Part) -> str:
    if part.provider_message_id is None:
        return "whether the provider took it was never answered, and no receipt came"
    return "no final receipt came in time"
