"""Writing and reading what applications are to be told."""

from collections.abc import Collection, Sequence
from typing import TypeAlias

import sqlalchemy as sa

from receipted.domain.event import Event
from receipted.domain.message import Part
from receipted.domain.status import Status
from receipted.hub.outbox import ENDPOINT, Delivery, Due, Outcome, Owing, Told
from receipted.storage import logbook, queries, rows, schema
from receipted.storage.hot import HotSession

_COLUMNS = tuple(Delivery.__struct_fields__)
_KEY = ("message_id", "seq", "target", "statement")
MOST_SAID = 500
"""Characters kept of what an endpoint answered."""

delivery = schema.delivery


def record(session: HotSession, told: Sequence[Sequence[Told]]) -> list[None]:
    """Record what came of tries."""
    values = [
        {f"{name}_": getattr(one.delivery, name) for name in _KEY}
        | {"outcome_": str(one.outcome), "attempts_": one.attempts, "due_": one.due_ms, "said_": one.said[:MOST_SAID]}
        for together in told
        for one in together
    ]
    if values:
        session.connection.execute(
            delivery.update()
            .where(*(delivery.c[name] == sa.bindparam(f"{name}_") for name in _KEY))
            .values(
                outcome=sa.bindparam("outcome_"),
                attempts=sa.bindparam("attempts_"),
                due_ms=sa.bindparam("due_"),
                said=sa.bindparam("said_"),
            ),
            values,
        )
    return [None] * len(told)


FanOut: TypeAlias = tuple[str, Sequence[Event], str, int]
"""Endpoint name, the events it wants, how far its reader has come, now."""


def fan_out(session: HotSession, wanted: Sequence[FanOut]) -> list[None]:
    """Deliveries of events for endpoints, and the place of their readers, in one."""
    for name, events, cursor, now_ms in wanted:
        values = [
            (event.message_id, 0, ENDPOINT + name, event.id, str(event.status), event.err_code, None, None, None,
             event.at_ms, now_ms, 0, str(Outcome.WAITING), "")
            for event in events
        ]  # fmt: skip
        session.insert("delivery", _COLUMNS, values, skip=True)
        logbook.advance(session, [(ENDPOINT + name, cursor)])
    return [None] * len(wanted)


Replay: TypeAlias = tuple[str, int, int, Outcome | None]
"""Target, since, now, only what ended so."""


def replay(session: HotSession, replays: Sequence[Replay]) -> list[int]:
    """Make deliveries due again, as if they had never been tried."""
    results = []
    for target, since_ms, now_ms, only in replays:
        which = [delivery.c.target == target, delivery.c.at_ms >= since_ms, delivery.c.due_ms.is_(None)]
        if only is not None:
            which.append(delivery.c.outcome == str(only))
        again = delivery.update().where(*which).values(due_ms=now_ms, attempts=0, outcome=str(Outcome.WAITING))
        results.append(session.connection.execute(again).rowcount)
    return results


def targets_due(connection: sa.Connection, now_ms: int) -> list[str]:
    """Targets with something due: from one to the next along the index, however much each of them has."""
    first = sa.select(sa.func.min(delivery.c.target).label("target")).where(delivery.c.due_ms.is_not(None))
    targets = first.cte("targets", recursive=True)
    following = sa.select(sa.func.min(delivery.c.target)).where(
        delivery.c.target > targets.c.target, delivery.c.due_ms.is_not(None)
    )
    targets = targets.union_all(sa.select(following.scalar_subquery()).where(targets.c.target.is_not(None)))
    earliest = sa.select(sa.func.min(delivery.c.due_ms)).where(
        delivery.c.target == targets.c.target, delivery.c.due_ms.is_not(None)
    )
    query = sa.select(targets.c.target).where(targets.c.target.is_not(None), earliest.scalar_subquery() <= now_ms)
    return list(connection.execute(query).scalars())


def due(connection: sa.Connection, target: str, now_ms: int, limit: int) -> list[Due]:
    """The longest due first."""
    later = delivery.alias("later")
    told_later = (
        sa.exists()
        .where(*(later.c[name] == delivery.c[name] for name in ("message_id", "seq", "target")))
        .where(later.c.statement > delivery.c.statement, later.c.outcome == str(Outcome.DELIVERED))
    )
    chosen = (
        sa.select(delivery, told_later.label("stale"))
        .where(delivery.c.target == target, delivery.c.due_ms <= now_ms, delivery.c.due_ms.is_not(None))
        .order_by(delivery.c.due_ms, delivery.c.statement)
        .limit(limit)
    )
    taken = connection.execute(chosen).mappings().all()
    if not taken:
        return []
    found = [_delivery(row) for row in taken]
    messages = _messages(connection, {one.message_id for one in found})
    if not target.startswith(ENDPOINT):
        return [
            Due(delivery=one, message=rows.message(messages[one.message_id]), stale=bool(row["stale"]))
            for one, row in zip(found, taken, strict=True)
        ]
    parts = _parts(connection, messages.keys())
    events = {event.id: event for event in queries.events_with(connection, [one.statement for one in found])}
    return [
        Due(
            delivery=one,
            message=rows.message(messages[one.message_id], parts.get(one.message_id, [])),
            event=events[one.statement],
        )
        for one in found
    ]


def _delivery(row: rows.Row) -> Delivery:
    values = {name: row[name] for name in _COLUMNS}
    return Delivery(**values | {"status": Status(row["status"]), "outcome": Outcome(row["outcome"])})


def _messages(connection: sa.Connection, ids: set[str]) -> dict[str, rows.Row]:
    query = sa.select(schema.message).where(schema.message.c.id.in_(ids))
    return {row["id"]: row for row in connection.execute(query).mappings()}


def _parts(connection: sa.Connection, ids: Collection[str]) -> dict[str, list[Part]]:
    part = schema.part
    found: dict[str, list[Part]] = {}
    query = sa.select(part).where(part.c.message_id.in_(ids)).order_by(part.c.message_id, part.c.seq)
    for row in connection.execute(query).mappings():
        found.setdefault(row["message_id"], []).append(rows.part(row))
    return found


def deliveries(
    connection: sa.Connection, target: str | None, message_id: str | None, only: Outcome | None, limit: int
) -> list[Delivery]:
    """The newest first, of a target or of a message."""
    query = sa.select(delivery).order_by(delivery.c.at_ms.desc(), delivery.c.statement.desc()).limit(limit)
    if target is not None:
        query = query.where(delivery.c.target == target)
    if message_id is not None:
        query = query.where(delivery.c.message_id == message_id)
    if only is Outcome.DEAD:
        query = query.where(sa.text(schema.DEAD))
    elif only is Outcome.WAITING:
        query = query.where(delivery.c.due_ms.is_not(None))
    elif only is not None:
        query = query.where(delivery.c.outcome == str(only))
    return [_delivery(row) for row in connection.execute(query).mappings()]


def owing(connection: sa.Connection) -> list[Owing]:
    """What waits, by target."""
    waiting = (
        sa.select(delivery.c.target, sa.func.count(), sa.func.min(delivery.c.at_ms), sa.func.min(delivery.c.due_ms))
        .where(delivery.c.due_ms.is_not(None))
        .group_by(delivery.c.target)
        .order_by(delivery.c.target)
    )
    return [
        Owing(target=target, waiting=count, oldest_ms=oldest_ms, next_due_ms=next_due_ms)
        for target, count, oldest_ms, next_due_ms in connection.execute(waiting)
    ]
