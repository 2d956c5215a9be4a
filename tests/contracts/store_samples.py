"""What the suites of the store speak in: a database of one test's own, messages, receipts and answers."""

from collections.abc import Iterable
from hashlib import blake2b
from itertools import count, pairwise
from pathlib import Path

import sqlalchemy as sa

from receipted.domain.message import Content, Kind, Message, Part
from receipted.domain.receipt import Receipt
from receipted.domain.status import Status, order_key
from receipted.hub.ports import (
    Ambiguous,
    Answered,
    Deferred,
    NewMessage,
    Outcome,
    PartAnswer,
    Store,
    Submission,
    SubmitAttempt,
)
from receipted.hub.wake import LocalWake
from receipted.storage import postgres, sqlite
from receipted.storage.store import SqlStore, open_store, sqlite_file

NOW = 1_760_000_000_000
DUE = NOW + 259_200_000
UNCLEAR_DUE = NOW + 600_000
RETRY = NOW + 5_000

_numbers = count(1)


class Place:
    """A database: ``postgresql://…``, or "" for a file in ``folder``. It can be left and opened again."""

    def __init__(self, database: str, folder: Path) -> None:
        self.database = database
        self.folder = folder
        self.observed: list[tuple[str, dict[str, object]]] = []
        self.events = LocalWake()
        self.store: SqlStore

    async def open(self, *, waiting: int = 10_000, rejected_kept: int = 5) -> SqlStore:
        self.store = await open_store(
            self.database,
            self.folder,
            waiting=waiting,
            rejected_kept=rejected_kept,
            observe=self.observe,
            events=self.events,
        )
        return self.store

    async def close(self) -> None:
        await self.store.close()

    def observe(self, what: str, **facts: object) -> None:
        self.observed.append((what, facts))

    def raw(self) -> sa.Engine:
        """A way past the store, to arrange what only a crash or another program could. Dispose it."""
        if self.database:
            return postgres.engine(self.database, pool_size=1)
        return sqlite.engine(sqlite_file(self.folder), writes=True)

    def run(self, statement: sa.Executable) -> None:
        """Run one statement past the store."""
        engine = self.raw()
        with engine.begin() as connection:
            connection.execute(statement)
        engine.dispose()


def id_at(at_ms: int) -> str:
    """A message id (UUIDv7) of that millisecond, another one each time."""
    time = f"{at_ms:012x}"
    return f"{time[:8]}-{time[8:]}-7000-8000-{next(_numbers):012x}"


def provider_id(prefix: str = "") -> str:
    """An id as a provider gives one, another each time."""
    return f"{prefix}{next(_numbers):016X}"


def message(
    parts: int = 1,
    *,
    provider: str = "vonage",
    at_ms: int = NOW,
    recipient: str = "447700900000",
    sender: str = "AcmeInc",
    client_ref: str | None = None,
    text: str = "Hi",
) -> Message:
    """A message as ``hub.accept`` makes it."""
    message_id = id_at(at_ms)
    return Message(
        id=message_id,
        provider=provider,
        recipient=recipient,
        sender=sender,
        content=Content(kind=Kind.TEXT, text=text),
        country="GB",
        part_count=parts,
        status=Status.QUEUED,
        version=1,
        created_ms=at_ms,
        updated_ms=at_ms,
        client_ref=client_ref,
        parts=tuple(
            Part(
                message_id=message_id,
                seq=seq,
                provider=provider,
                provider_message_id=None,
                status=Status.QUEUED,
                status_key=order_key(Status.QUEUED, at_ms),
            )
            for seq in range(1, parts + 1)
        ),
    )


def receipt(
    provider_message_id: str,
    status: Status = Status.DELIVERED,
    *,
    carrier_ms: int | None = NOW + 1_000,
    err_code: str | None = None,
    provider: str = "vonage",
    client_ref: str | None = None,
    raw_status: str | None = None,
    raw: bytes = b"raw",
) -> Receipt:
    """A receipt; what it says makes its digest, as with every provider."""
    said = f"{provider}|{provider_message_id}|{status}|{carrier_ms}|{err_code}|{raw_status}"
    return Receipt(
        provider=provider,
        provider_message_id=provider_message_id,
        digest=blake2b(said.encode(), digest_size=16).hexdigest(),
        status=status,
        raw_status=raw_status or str(status),
        err_code=err_code,
        carrier_ms=carrier_ms,
        network="23410",
        price="0.03330000",
        recipient="447700900000",
        sender="AcmeInc",
        client_ref=client_ref,
        raw=raw,
        transport="json",
    )


def answered(*ids: str | None) -> Answered:
    """An answer: an id for each part that was taken, None for one that was refused."""
    return Answered(
        parts=tuple(
            PartAnswer(provider_message_id=one, network="23415", price="0.02")
            if one
            else PartAnswer(err_code="9", reason="Partner quota exceeded")
            for one in ids
        )
    )


async def accepted(store: Store, parts: int = 1, **more: object) -> Message:
    """A stored message."""
    made = message(parts, **more)  # type: ignore[arg-type]
    await store.accept(NewMessage(message=made))
    return made


async def claimed(store: Store, parts: int = 1, **more: object) -> Message:
    """A stored message that is being submitted."""
    made = await accepted(store, parts, **more)
    found = await claim(store, made.provider)
    assert made.id in [one.message_id for one in found]
    return made


async def claim(store: Store, provider: str = "vonage", *, now_ms: int = NOW, limit: int = 1_000) -> list[Submission]:
    return await store.claim(provider, now_ms, limit)


async def sent(store: Store, *ids: str, **more: object) -> Message:
    """A stored message whose parts the provider gave these ids."""
    made = await claimed(store, len(ids), **more)
    await settle(store, made, answered(*ids))
    return made


async def settle(store: Store, made: Message, outcome: Outcome, *, number: int = 1, ended_ms: int = NOW + 100) -> None:
    """Record what came of try ``number``. A receipt is due at DUE, or at UNCLEAR_DUE if the answer was unclear."""
    attempt = SubmitAttempt(
        message_id=made.id,
        attempt=number,
        started_ms=NOW,
        ended_ms=ended_ms,
        outcome=type(outcome).__name__.lower(),
        detail="" if isinstance(outcome, Answered) else outcome.reason,
    )
    await store.settle(attempt, outcome, due_ms=DUE, retry_ms=RETRY, unclear_due_ms=UNCLEAR_DUE)


LOST = Ambiguous(reason="no answer came in time")
LATER = Deferred(reason="throttled")


async def statuses(store: Store, made: Message) -> list[Status]:
    """Of the message, then of its parts."""
    now = await store.message(made.id)
    return [now.status, *(part.status for part in now.parts)]


async def ids_of(store: Store, made: Message) -> list[str | None]:
    return [part.provider_message_id for part in (await store.message(made.id)).parts]


async def told(store: Store, made: Message) -> list[Status]:
    """The statuses that a message's events tell, having looked that they are a history without a gap."""
    history = await store.history(made.id)
    events = history.events
    assert [event.version for event in events] == list(range(1, len(events) + 1))
    assert [event.previous for event in events] == [None, *(event.status for event in events[:-1])]
    assert all(before.id < after.id for before, after in pairwise(events))
    assert all(event.status is not event.previous for event in events)
    assert (history.message.version, history.message.status) == (len(events), events[-1].status)
    assert {event.message_id for event in events} == {made.id}
    return [event.status for event in events]


async def unmatched_ids(store: Store) -> set[str]:
    return {stored.receipt.provider_message_id for stored in await store.unmatched(1_000)}


def strongest(keys: Iterable[tuple[str, Status]]) -> Status:
    """What domain/status says of a part: the statement with the greatest key."""
    return max(keys)[1]
