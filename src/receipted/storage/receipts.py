"""Writing receipts: kept once, applied, or kept as unmatched until their message is known (promises 1 to 3)."""

from collections.abc import Collection, Sequence
from typing import TypeAlias

import sqlalchemy as sa

from receipted.domain.receipt import Receipt
from receipted.domain.status import Status, order_key
from receipted.storage import rows, schema
from receipted.storage.hot import HotSession, Move, Taken

Arrived: TypeAlias = tuple[Sequence[Receipt], int]
"""Receipts of one request, and when they were received."""
AWAITED_MS = 259_200_000
"""How long the final receipts of a message are awaited that only a receipt says was sent: the default of providers."""


def append(session: HotSession, arrived: Sequence[Arrived]) -> list[None]:
    """Many requests' receipts: made durable and, since the database is the same, applied in the same transaction."""
    taken = [Taken(receipt, received_ms) for receipts, received_ms in arrived for receipt in receipts]
    if taken:
        apply(session, taken, arrived[-1][1])
    return [None] * len(arrived)


def apply(session: HotSession, taken: Sequence[Taken], now_ms: int) -> None:
    """Keep receipts and let them take effect. Doing it again changes nothing more (DESIGN section 7)."""
    orphans = session.apply(taken, now_ms)
    if orphans:
        adopted, left = _adopt(session, orphans, now_ms)
        if adopted:
            session.apply(adopted, now_ms)
        _keep_unmatched(session, left)


def match(session: HotSession, parts: Sequence[tuple[str, str]], now_ms: int) -> None:
    """Apply the unmatched receipts of parts that have just become known: (provider's id, provider) of each."""
    ids = [provider_message_id for provider_message_id, _ in parts]
    _apply_waiting(session, _load(session, schema.unmatched.c.provider_message_id.in_(ids)), now_ms)


def match_refs(session: HotSession, message_ids: Sequence[str], now_ms: int) -> None:
    """The same for receipts that name a message by client-ref, for messages whose submit answer was lost."""
    waiting = _load(session, schema.unmatched.c.client_ref.in_(message_ids))
    adopted, _ = _adopt(session, waiting, now_ms)
    _apply_waiting(session, adopted, now_ms)


def rematch(session: HotSession, limits: Sequence[tuple[int, int]]) -> list[int]:
    """The slow look: (limit, now) each; unmatched receipts whose part is known by now. How many were applied."""
    return [_rematch(session, limit, now_ms) for limit, now_ms in limits]


def _rematch(session: HotSession, limit: int, now_ms: int) -> int:
    part, unmatched = schema.part, schema.unmatched
    known = (
        sa.select(sa.literal(1))
        .where(part.c.provider_message_id == unmatched.c.provider_message_id, part.c.provider == unmatched.c.provider)
        .exists()
    )
    return _apply_waiting(session, _load(session, known, limit), now_ms)


def _apply_waiting(session: HotSession, waiting: Sequence[Taken], now_ms: int) -> int:
    """Apply unmatched receipts and take those off the list whose part is known. How many those were."""
    if not waiting:
        return 0
    left = {id(orphan) for orphan in session.apply(waiting, now_ms)}
    matched = [item for item in waiting if id(item) not in left]
    if matched:
        _forget_matched(session, matched)
    return len(matched)


def _load(session: HotSession, which: sa.ColumnElement[bool], limit: int = 10_000) -> list[Taken]:
    query = sa.select(schema.unmatched).where(which).limit(limit)
    return [Taken(rows.receipt(row), row["received_ms"]) for row in session.connection.execute(query).mappings()]


def _adopt(session: HotSession, orphans: Sequence[Taken], now_ms: int) -> tuple[list[Taken], list[Taken]]:
    """Give the provider's id in a receipt to the part that its client-ref names, where the submit answer is missing.

    The client-ref that we send is the message's id (promise 3). A part that already has another id keeps it, and the
    receipt stays unmatched. Returns the receipts whose part is known now, and the others.
    """
    free = _parts_without_id(session, {orphan.receipt.client_ref for orphan in orphans if orphan.receipt.client_ref})
    adopted: list[Taken] = []
    left: list[Taken] = []
    given: set[tuple[str, str]] = set()
    for orphan in orphans:
        receipt = orphan.receipt
        key = (receipt.provider_message_id, receipt.provider)
        seqs = free.get((receipt.client_ref or "", receipt.provider))
        if key not in given and seqs:
            given.add(key)
            _give_id(session, receipt, seqs.pop(0), now_ms)
        (adopted if key in given else left).append(orphan)
    return adopted, left


def _parts_without_id(session: HotSession, message_ids: Collection[str]) -> dict[tuple[str, str], list[int]]:
    part = schema.part
    free: dict[tuple[str, str], list[int]] = {}
    if message_ids:
        query = (
            sa.select(part.c.message_id, part.c.provider, part.c.seq)
            .where(part.c.message_id.in_(message_ids), part.c.provider_message_id.is_(None))
            .order_by(part.c.seq)
        )
        for message_id, provider, seq in session.connection.execute(query):
            free.setdefault((message_id, provider), []).append(seq)
    return free


def _give_id(session: HotSession, receipt: Receipt, seq: int, now_ms: int) -> None:
    """Record the provider's id; a message that waits to be tried again was evidently sent, so it is not sent again."""
    assert receipt.client_ref is not None
    part, submission = schema.part, schema.submission
    session.connection.execute(
        part.update()
        .where(part.c.message_id == receipt.client_ref, part.c.seq == seq)
        .values(provider_message_id=receipt.provider_message_id)
    )
    left_queue = session.connection.execute(
        submission.delete().where(
            submission.c.message_id == receipt.client_ref,
            submission.c.state == schema.WAITING,
            submission.c.attempt > 0,
        )
    )
    if left_queue.rowcount:
        _await_receipts(session, receipt.client_ref, now_ms)


def _await_receipts(session: HotSession, message_id: str, now_ms: int) -> None:
    """All parts of a message count as submitted, so that silence about any of them ends."""
    part = schema.part
    seqs = session.connection.execute(sa.select(part.c.seq).where(part.c.message_id == message_id)).scalars()
    key = order_key(Status.SUBMITTED, now_ms)
    session.move([Move(message_id, seq, Status.SUBMITTED, key, None, None, now_ms + AWAITED_MS) for seq in seqs])


def _keep_unmatched(session: HotSession, orphans: Sequence[Taken]) -> None:
    values = [rows.of_receipt(item.receipt, item.received_ms) for item in orphans]
    session.insert("unmatched", rows.RECEIPT_COLUMNS, values, skip=True)


def _forget_matched(session: HotSession, matched: Sequence[Taken]) -> None:
    unmatched = schema.unmatched
    session.connection.execute(
        unmatched.delete().where(
            unmatched.c.provider_message_id == sa.bindparam("id_"),
            unmatched.c.provider == sa.bindparam("provider_"),
            unmatched.c.digest == sa.bindparam("digest_"),
        ),
        [
            {
                "id_": item.receipt.provider_message_id,
                "provider_": item.receipt.provider,
                "digest_": item.receipt.digest,
            }
            for item in matched
        ],
    )
