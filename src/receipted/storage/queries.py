"""Reading: each question once, for both engines."""

from collections.abc import Sequence
from typing import Any

import msgspec
import sqlalchemy as sa

from receipted.domain.errors import NotFound
from receipted.domain.event import Event
from receipted.domain.message import Message, Part
from receipted.domain.part_id import range_of, seq_of
from receipted.domain.status import FINAL, Status
from receipted.hub.health import Sample
from receipted.hub.ports import (
    Counts,
    Filter,
    History,
    Outstanding,
    RejectedRequest,
    StoredInbound,
    StoredReceipt,
    SubmitAttempt,
)
from receipted.storage import rows, schema

TROUBLE_STATUSES = frozenset({Status.UNKNOWN, Status.EXPIRED, Status.FAILED, Status.REJECTED})
"""What the index over ``schema.TROUBLE`` holds."""

message_table, part, receipt, event = schema.message, schema.part, schema.receipt, schema.event


def message(connection: sa.Connection, message_id: str) -> Message:
    """Raises NotFound."""
    row = connection.execute(sa.select(message_table).where(message_table.c.id == message_id)).mappings().first()
    if row is None:
        raise NotFound(f"there is no message {message_id}")
    return rows.message(row, parts(connection, message_id))


def message_of_part(connection: sa.Connection, told_id: str) -> Message:
    """The message of which a part has this id outside. Raises NotFound."""
    try:
        least, most = range_of(told_id)
    except ValueError:
        raise NotFound(f"{told_id} is no message id") from None
    query = sa.select(message_table).where(message_table.c.id >= least, message_table.c.id <= most)
    for row in connection.execute(query).mappings():
        if seq_of(row["id"], told_id) <= row["part_count"]:
            return rows.message(row, parts(connection, row["id"]))
    raise NotFound(f"there is no message {told_id}")


def parts(connection: sa.Connection, message_id: str) -> list[Part]:
    """A message's parts in their order."""
    query = sa.select(part).where(part.c.message_id == message_id).order_by(part.c.seq)
    return [rows.part(row) for row in connection.execute(query).mappings()]


def messages(connection: sa.Connection, which: Filter) -> list[Message]:
    """Newest first. Ids are UUIDv7, so their order is that of time."""
    columns = message_table.c
    query = sa.select(message_table).where(*_conditions(which)).order_by(columns.id.desc()).limit(which.limit)
    return [rows.message(row) for row in connection.execute(query).mappings()]


def _conditions(which: Filter) -> list[sa.ColumnElement[bool] | sa.TextClause]:
    columns = message_table.c
    equal = {
        columns.account: which.account,
        columns.recipient: which.recipient,
        columns.sender: which.sender,
        columns.provider: which.provider,
        columns.client_ref: which.client_ref,
    }
    conditions: list[sa.ColumnElement[bool] | sa.TextClause] = [
        column == value for column, value in equal.items() if value is not None
    ]
    if which.status is not None:
        conditions.append(columns.status == which.status)
        if which.status in TROUBLE_STATUSES:
            # Said in the very words of the partial index: that is how SQLite knows that it may use it.
            conditions.append(sa.text(schema.TROUBLE))
        elif which.status is Status.QUEUED:
            conditions.append(columns.id.in_(sa.select(schema.submission.c.message_id)))
        elif which.status not in FINAL:
            conditions.append(columns.id.in_(sa.select(part.c.message_id).where(part.c.due_ms.is_not(None))))
    if which.provider_message_id is not None:
        owner = sa.select(part.c.message_id).where(part.c.provider_message_id == which.provider_message_id)
        conditions.append(columns.id.in_(owner))
    if which.since_ms is not None:
        conditions.append(columns.id >= _first_id_at(which.since_ms))
    if which.until_ms is not None:
        conditions.append(columns.id < _first_id_at(which.until_ms))
    if which.before is not None:
        conditions.append(columns.id < which.before)
    return conditions


def _first_id_at(at_ms: int) -> str:
    """The least UUIDv7 of a millisecond (RFC 9562 section 5.7: its first 48 bits are the time)."""
    digits = f"{min(max(at_ms, 0), (1 << 48) - 1):012x}"
    return f"{digits[:8]}-{digits[8:]}-0000-0000-000000000000"


def history(connection: sa.Connection, message_id: str) -> History:
    """Raises NotFound."""
    found = message(connection, message_id)
    return History(
        message=found,
        events=tuple(_events_of(connection, message_id)),
        attempts=tuple(_attempts(connection, message_id)),
        receipts=tuple(_receipts(connection, message_id)),
    )


def _attempts(connection: sa.Connection, message_id: str) -> list[SubmitAttempt]:
    table = schema.submit_attempt
    query = sa.select(table).where(table.c.message_id == message_id).order_by(table.c.attempt)
    return [SubmitAttempt(**row) for row in connection.execute(query).mappings()]


def _receipts(connection: sa.Connection, message_id: str) -> list[StoredReceipt]:
    order = (receipt.c.received_ms, receipt.c.digest)
    query = sa.select(receipt).where(receipt.c.message_id == message_id).order_by(*order)
    return [rows.stored_receipt(row) for row in connection.execute(query).mappings()]


def _events_of(connection: sa.Connection, message_id: str) -> list[Event]:
    """A message's events, oldest first: from its last one along the chain to the first."""
    last = sa.select(message_table.c.last_event).where(message_table.c.id == message_id).scalar_subquery()
    chain = sa.select(event).where(event.c.id == last).cte("chain", recursive=True)
    chain = chain.union_all(sa.select(event).join(chain, event.c.id == chain.c.previous_event))
    return _told(connection, sa.select(chain), chain.c.version)


def events(connection: sa.Connection, after: str | None, limit: int) -> list[Event]:
    """One writer makes the ids in the order of its commits, so nothing can appear below a cursor."""
    return _told(connection, sa.select(event).where(event.c.id > (after or "")).limit(limit), event.c.id)


def events_with(connection: sa.Connection, ids: Sequence[str]) -> list[Event]:
    """The events with these ids."""
    return _told(connection, sa.select(event).where(event.c.id.in_(ids)), event.c.id)


def _told(connection: sa.Connection, which: sa.Select[Any], order: sa.ColumnElement[Any]) -> list[Event]:
    """Events with what a listener is told of their messages."""
    chosen = which.order_by(order).subquery()
    query = (
        sa.select(chosen, message_table.c.client_ref, message_table.c.recipient, message_table.c.sender)
        .join(message_table, message_table.c.id == chosen.c.message_id)
        .order_by(chosen.c[order.key or ""])
    )
    return [rows.event(row) for row in connection.execute(query).mappings()]


def last_event(connection: sa.Connection) -> str | None:
    return connection.execute(sa.select(sa.func.max(event.c.id))).scalar()


def cursor(connection: sa.Connection, endpoint: str) -> str | None:
    table = schema.endpoint
    return connection.execute(sa.select(table.c.cursor).where(table.c.name == endpoint)).scalar()


def unmatched(connection: sa.Connection, limit: int, before_ms: int | None) -> list[StoredReceipt]:
    table = schema.unmatched
    query = sa.select(table).order_by(table.c.received_ms.desc()).limit(limit)
    if before_ms is not None:
        query = query.where(table.c.received_ms < before_ms)
    return [rows.stored_receipt(row) for row in connection.execute(query).mappings()]


def inbound(connection: sa.Connection, limit: int, before: str | None) -> list[StoredInbound]:
    """Newest first. Ids are UUIDv7, so their order is that of time."""
    table = schema.inbound
    query = sa.select(table).order_by(table.c.id.desc()).limit(limit)
    if before is not None:
        query = query.where(table.c.id < before)
    return [rows.stored_inbound(row) for row in connection.execute(query).mappings()]


def rejected(connection: sa.Connection, limit: int) -> list[RejectedRequest]:
    table = schema.rejected_request
    names = RejectedRequest.__struct_fields__
    query = sa.select(*(table.c[name] for name in names)).order_by(table.c.id.desc()).limit(limit)
    return [RejectedRequest(**row) for row in connection.execute(query).mappings()]


def outstanding(connection: sa.Connection, provider: str, limit: int) -> list[Outstanding]:
    """Parts with an id and without a final status, oldest first."""
    query = (
        sa.select(message_table, part.c.seq, part.c.provider_message_id, schema.submit_attempt.c.ended_ms)
        .join(message_table, message_table.c.id == part.c.message_id)
        .join(schema.submit_attempt, schema.submit_attempt.c.message_id == part.c.message_id)
        .where(
            part.c.due_ms.is_not(None),
            part.c.provider == provider,
            part.c.provider_message_id.is_not(None),
            part.c.status.not_in(FINAL),
            schema.submit_attempt.c.outcome == "answered",
        )
        .order_by(part.c.due_ms, part.c.message_id, part.c.seq)
        .limit(limit)
    )
    return [
        Outstanding(
            submission=rows.submission(row, 1),
            seq=row["seq"],
            provider_message_id=row["provider_message_id"],
            submitted_ms=row["ended_ms"],
        )
        for row in connection.execute(query).mappings()
    ]


def counts(connection: sa.Connection) -> Counts:
    states = sa.select(schema.submission.c.state, sa.func.count()).group_by(schema.submission.c.state)
    by_state = {row.state: row[1] for row in connection.execute(states)}
    left = connection.execute(sa.select(sa.func.count()).select_from(schema.unmatched)).scalar_one()
    return Counts(queued=by_state.get(schema.WAITING, 0), submitting=by_state.get(schema.SUBMITTING, 0), unmatched=left)


def samples(connection: sa.Connection, since_ms: int, now_ms: int, slow_ms: int, limit: int) -> dict[str, Sample]:
    """How the receipts of the newest messages since then came, by provider."""
    columns = message_table.c
    newest = (
        sa.select(columns.provider, columns.status, columns.created_ms, columns.updated_ms)
        .where(columns.id >= _first_id_at(since_ms))
        .order_by(columns.id.desc())
        .limit(limit)
        .subquery()
    )
    done = newest.c.status.in_(FINAL)
    late = sa.case((done, newest.c.updated_ms), else_=now_ms) - newest.c.created_ms > slow_ms
    query = sa.select(newest.c.provider, newest.c.status, sa.func.count(), sa.func.sum(sa.case((late, 1), else_=0)))
    found: dict[str, Sample] = {}
    for provider, status, number, slow in connection.execute(query.group_by(newest.c.provider, newest.c.status)):
        found[provider] = _with(found.get(provider, Sample()), Status(status), number, int(slow))
    return found


def _with(sample: Sample, status: Status, number: int, slow: int) -> Sample:
    """The sample with so many messages more that have this status, of which so many took, or take, too long."""
    if status is Status.QUEUED:
        return sample
    if status is Status.DELIVERED:
        return msgspec.structs.replace(
            sample,
            finals=sample.finals + number,
            delivered=sample.delivered + number,
            slow=sample.slow + slow,
            awaited=sample.awaited + number,
        )
    if status in FINAL:
        return msgspec.structs.replace(sample, finals=sample.finals + number)
    return msgspec.structs.replace(sample, slow=sample.slow + slow, awaited=sample.awaited + slow)
