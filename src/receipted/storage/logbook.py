"""Writing what is kept beside the loop: inbound SMS, refused requests, and how far listeners have been told."""

from collections.abc import Sequence
from typing import TypeAlias

import sqlalchemy as sa

from receipted.hub.links import Inbound
from receipted.hub.ports import RejectedRequest
from receipted.storage import rows, schema
from receipted.storage.hot import HotSession
from receipted.storage.ids import new_id

CHECK = "(check)"
"""The name under which ``check`` writes: no listener has it."""
BODY_KEPT = 8_192
"""Bytes of a refused body that are kept."""


class Logbook:
    """The bounded log of refused requests: the newest ``kept``, trimmed as new ones come."""

    def __init__(self, kept: int) -> None:
        self._kept = kept

    def reject(self, session: HotSession, requests: Sequence[RejectedRequest]) -> list[None]:
        """Add to the log and let the oldest go."""
        names = RejectedRequest.__struct_fields__
        values = [
            (
                new_id(),
                *(_bounded(getattr(request, name)) for name in names),
            )
            for request in requests
        ]
        table = schema.rejected_request
        session.connection.execute(table.insert(), [dict(zip(("id", *names), row, strict=True)) for row in values])
        newest_gone = sa.select(table.c.id).order_by(table.c.id.desc()).limit(1).offset(self._kept).scalar_subquery()
        session.connection.execute(table.delete().where(table.c.id <= newest_gone))
        return [None] * len(requests)


def _bounded(value: object) -> object:
    if isinstance(value, bytes):
        return value[:BODY_KEPT]
    if isinstance(value, str):
        return value[:BODY_KEPT].replace("\x00", "\\0").encode(errors="backslashreplace").decode()
    return value


TakenInbound: TypeAlias = tuple[Sequence[Inbound], int]
"""What came in together, and when (milliseconds since 1970)."""


def take_inbound(session: HotSession, taken: Sequence[TakenInbound]) -> list[None]:
    """Keep what carriers handed over, each as often as it came."""
    values = [
        {"id": new_id(), "received_ms": received_ms} | rows.of_inbound(inbound)
        for together, received_ms in taken
        for inbound in together
    ]
    if values:
        session.connection.execute(schema.inbound.insert(), values)
    return [None] * len(taken)


Advanced: TypeAlias = tuple[str, str]
"""Endpoint name, event id."""


def advance(session: HotSession, advanced: Sequence[Advanced]) -> list[None]:
    """Remember how far each listener has been told."""
    table = schema.endpoint
    for name, event_id in dict(advanced).items():
        done = session.connection.execute(table.update().where(table.c.name == name).values(cursor=event_id))
        if not done.rowcount:
            session.connection.execute(table.insert().values(name=name, cursor=event_id))
    return [None] * len(advanced)


def check(session: HotSession, items: Sequence[None]) -> list[None]:
    """Write something and take it away again: proves that the database can be written to."""
    session.connection.execute(schema.endpoint.insert().values(name=CHECK, cursor=""))
    session.connection.execute(schema.endpoint.delete().where(schema.endpoint.c.name == CHECK))
    return [None] * len(items)
