"""The provider's ids that answers give to parts: whose they were, and written with few statements."""

from collections.abc import Sequence
from typing import NamedTuple

import sqlalchemy as sa

from receipted.domain.message import Part
from receipted.domain.status import FINAL, Status
from receipted.hub.ports import PartAnswer
from receipted.storage import schema
from receipted.storage.hot import HotSession


class Holder(NamedTuple):
    """The part that has an id of a provider's now."""

    message_id: str
    seq: int
    status: Status


class Given:
    """The ids that a batch of answers gives to parts: looked up together, and written together.

    ``known``: (provider's id, provider) of the parts that are known from now on.
    """

    def __init__(self, holders: dict[tuple[str, str], Holder]) -> None:
        self._holders = holders
        self._rows: list[dict[str, object]] = []
        self.known: list[tuple[str, str]] = []

    def give(self, session: HotSession, part: Part, provider_message_id: str) -> bool:
        """Whether the part may have the id. Carriers use ids again after a while (reference smpp 7, deviation 22): one
        whose holder awaits nothing any more passes on, and the holder keeps the receipts that it has."""
        key = (provider_message_id, part.provider)
        holder = self._holders.get(key)
        if holder is not None and (holder.message_id, holder.seq) != (part.message_id, part.seq):
            if holder.status not in FINAL:
                return False
            _take_id_from(session, holder)
        self._holders[key] = Holder(part.message_id, part.seq, Status.SUBMITTED)
        self.known.append(key)
        return True

    def note(self, part: Part, answer: PartAnswer, provider_message_id: str | None) -> None:
        """What the answer says of a part."""
        self._rows.append(
            {
                "of_message": part.message_id,
                "of_seq": part.seq,
                "given_id": provider_message_id or part.provider_message_id,
                "said_network": answer.network,
                "said_price": answer.price,
            }
        )

    def write(self, session: HotSession) -> None:
        """All of it in one go."""
        if self._rows:
            session.connection.execute(_NOTE, self._rows)


_NOTE = (
    schema.part.update()
    .where(schema.part.c.message_id == sa.bindparam("of_message"), schema.part.c.seq == sa.bindparam("of_seq"))
    .values(
        provider_message_id=sa.bindparam("given_id"),
        submit_network=sa.bindparam("said_network"),
        submit_price=sa.bindparam("said_price"),
    )
)


def holders(session: HotSession, answers: Sequence[PartAnswer]) -> dict[tuple[str, str], Holder]:
    """Who has the ids that these answers give, by (provider's id, provider)."""
    ids = [answer.provider_message_id for answer in answers if answer.provider_message_id is not None]
    if not ids:
        return {}
    part = schema.part.c
    query = sa.select(part.provider_message_id, part.provider, part.message_id, part.seq, part.status).where(
        part.provider_message_id.in_(ids)
    )
    return {
        (row.provider_message_id, row.provider): Holder(row.message_id, row.seq, Status(row.status))
        for row in session.connection.execute(query)
    }


def _take_id_from(session: HotSession, holder: Holder) -> None:
    part = schema.part
    session.connection.execute(
        part.update()
        .where(part.c.message_id == holder.message_id, part.c.seq == holder.seq)
        .values(provider_message_id=None)
    )
