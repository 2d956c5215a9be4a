"""The store: the hub's ports over one SQL database, SQLite or PostgreSQL. Writes go to the writer, reads to a pool.

Long because it is the list of all operations, a line or two each; what they do is in the files beside it.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

import sqlalchemy as sa

from receipted.domain.account import Account, Funded
from receipted.domain.endpoint import Endpoint
from receipted.domain.errors import Overloaded, StorageUnavailable
from receipted.domain.event import Event
from receipted.domain.message import Message
from receipted.domain.price import Price
from receipted.domain.receipt import Receipt
from receipted.hub.health import Sample
from receipted.hub.links import Inbound
from receipted.hub.outbox import Delivery, Due, Owing, Told
from receipted.hub.outbox import Outcome as Delivered
from receipted.hub.ports import (
    Accepted,
    Counts,
    Filter,
    Finding,
    History,
    NewMessage,
    Observe,
    Outcome,
    Outstanding,
    RejectedRequest,
    StoredInbound,
    StoredReceipt,
    Submission,
    SubmitAttempt,
    Wake,
)
from receipted.storage import accounts, logbook, migrate, outbox, postgres, queries, queue, receipts, settling, sqlite
from receipted.storage.hot import HotSession
from receipted.storage.writer import Writer

CHECK_KEPT_S = 1.0
LONGEST_S = 10.0
"""How long a question may take; then its asker is told to narrow it, and others get the connection."""

READ_S = 20.0
"""How long a database may not answer a question at all."""

P = ParamSpec("P")
R = TypeVar("R")


class SqlStore:
    """Implements ``hub.ports.Store``. Use ``open_store``; ``close`` when done, which commits what waits."""

    def __init__(
        self,
        *,
        reading: sa.Engine,
        open_session: Callable[[], HotSession],
        waiting: int,
        rejected_kept: int,
        observe: Observe,
        events: Wake,
    ) -> None:
        self._reading = reading
        self._writer: Writer[HotSession] = Writer(
            open_session, waiting=waiting, observe=observe, prove=lambda session: logbook.check(session, [None])
        )
        self._checked: tuple[float, list[Finding]] = (-CHECK_KEPT_S, [])
        self._log = logbook.Logbook(rejected_kept)
        self._events = events

    @property
    def stuck(self) -> bool:
        """Whether the database has not answered a write for long, and still does not."""
        return self._writer.stuck

    async def start(self) -> None:
        """Open the write connection. Raises what opening it raises."""
        await self._writer.start()

    async def close(self) -> None:
        """Commit what waits and let go of the database. Harmless when repeated."""
        await self._writer.close()
        if not self._writer.stuck:
            await asyncio.to_thread(self._reading.dispose)

    # --- writes -------------------------------------------------------------------------------------------------------

    async def append(self, taken: Sequence[Receipt], received_ms: int) -> None:
        await self._writer.write(receipts.append, (taken, received_ms))
        self._events.set()

    async def accept(self, new: NewMessage) -> Accepted:
        accepted = await self._writer.write(queue.accept, new)
        self._events.set()
        return accepted

    async def claim(self, provider: str, now_ms: int, limit: int) -> list[Submission]:
        return await self._writer.write(queue.claim, (provider, now_ms, limit))

    async def settle(
        self, attempt: SubmitAttempt, outcome: Outcome, *, due_ms: int, retry_ms: int, unclear_due_ms: int
    ) -> None:
        settled = settling.Settled(attempt, outcome, due_ms, retry_ms, unclear_due_ms)
        await self._writer.write(settling.settle, settled)
        self._events.set()

    async def reroute(self, attempt: SubmitAttempt, provider: str, route: str) -> None:
        await self._writer.write(queue.reroute, (attempt, provider, route))

    async def abandon(self, message_id: str, now_ms: int, reason: str) -> None:
        await self._writer.write(queue.abandon, (message_id, now_ms, reason))
        self._events.set()

    async def release(self, provider: str, in_flight: frozenset[str]) -> int:
        return await self._writer.write(queue.release, (provider, in_flight))

    async def recover(self, now_ms: int, due_ms: int, reason: str, *, waiting: bool = False) -> int:
        return await self._writer.write(queue.recover, (now_ms, due_ms, reason, waiting))

    async def expire(self, now_ms: int, limit: int) -> int:
        expired = await self._writer.write(queue.expire, (now_ms, limit))
        if expired:
            self._events.set()
        return expired

    async def rematch(self, limit: int, now_ms: int) -> int:
        return await self._writer.write(receipts.rematch, (limit, now_ms))

    async def take_inbound(self, taken: Sequence[Inbound], received_ms: int) -> None:
        await self._writer.write(logbook.take_inbound, (taken, received_ms))

    async def reject(self, request: RejectedRequest) -> None:
        await self._writer.write(self._log.reject, request)

    async def advance(self, endpoint: str, event_id: str) -> None:
        await self._writer.write(logbook.advance, (endpoint, event_id))

    async def told(self, told: Sequence[Told]) -> None:
        await self._writer.write(outbox.record, told)

    async def fan_out(self, endpoint: str, wanted: Sequence[Event], cursor: str, now_ms: int) -> None:
        await self._writer.write(outbox.fan_out, (endpoint, wanted, cursor, now_ms))

    async def replay(self, target: str, since_ms: int, now_ms: int, only: Delivered | None = None) -> int:
        replayed = await self._writer.write(outbox.replay, (target, since_ms, now_ms, only))
        self._events.set()
        return replayed

    async def save_account(self, account: Account) -> None:
        await self._writer.write(accounts.save_accounts, account)

    async def pay_in(self, api_key: str, amount: Decimal) -> Decimal:
        return await self._writer.write(accounts.pay_in, (api_key, amount))

    async def replace_prices(self, account: str, rows: Sequence[Price]) -> None:
        await self._writer.write(accounts.replace_prices, (account, rows))

    async def save_endpoint(self, endpoint: Endpoint) -> None:
        await self._writer.write(accounts.save_endpoints, endpoint)

    # --- reads --------------------------------------------------------------------------------------------------------

    async def message(self, message_id: str) -> Message:
        return await self._read(queries.message, message_id)

    async def messages(self, which: Filter) -> list[Message]:
        return await self._read(queries.messages, which)

    async def history(self, message_id: str) -> History:
        return await self._read(queries.history, message_id)

    async def unmatched(self, limit: int, before_ms: int | None = None) -> list[StoredReceipt]:
        return await self._read(queries.unmatched, limit, before_ms)

    async def inbound(self, limit: int, before: str | None = None) -> list[StoredInbound]:
        return await self._read(queries.inbound, limit, before)

    async def rejected(self, limit: int) -> list[RejectedRequest]:
        return await self._read(queries.rejected, limit)

    async def events(self, after: str | None, limit: int) -> list[Event]:
        return await self._read(queries.events, after, limit)

    async def last_event(self) -> str | None:
        return await self._read(queries.last_event)

    async def cursor(self, endpoint: str) -> str | None:
        return await self._read(queries.cursor, endpoint)

    async def outstanding(self, provider: str, limit: int) -> list[Outstanding]:
        return await self._read(queries.outstanding, provider, limit)

    async def targets_due(self, now_ms: int) -> list[str]:
        return await self._read(outbox.targets_due, now_ms)

    async def due(self, target: str, now_ms: int, limit: int) -> list[Due]:
        return await self._read(outbox.due, target, now_ms, limit)

    async def deliveries(
        self,
        *,
        target: str | None = None,
        message_id: str | None = None,
        only: Delivered | None = None,
        limit: int = 50,
    ) -> list[Delivery]:
        return await self._read(outbox.deliveries, target, message_id, only, limit)

    async def owing(self) -> list[Owing]:
        return await self._read(outbox.owing)

    async def accounts(self) -> list[Funded]:
        return await self._read(accounts.accounts)

    async def prices(self) -> dict[str, list[Price]]:
        return await self._read(accounts.prices)

    async def endpoints(self) -> list[Endpoint]:
        return await self._read(accounts.endpoints)

    async def message_of_part(self, told_id: str) -> Message:
        return await self._read(queries.message_of_part, told_id)

    async def samples(self, since_ms: int, now_ms: int, slow_ms: int, limit: int) -> dict[str, Sample]:
        return await self._read(queries.samples, since_ms, now_ms, slow_ms, limit)

    async def counts(self) -> Counts:
        return await self._read(queries.counts)

    async def check(self) -> list[Finding]:
        """Whether it can be written to, found out by writing; believed for a second, since anybody may ask."""
        at_s, findings = self._checked
        if time.monotonic() - at_s >= CHECK_KEPT_S:
            findings = [await self._check()]
            self._checked = (time.monotonic(), findings)
        return findings

    async def _check(self) -> Finding:
        try:
            await self._writer.write(logbook.check, None)
        except (Overloaded, StorageUnavailable) as error:
            cure = "look at the hub's log and at the database server; nothing that was answered is lost"
            return Finding(what="database", ok=False, said=str(error), cure=cure)
        return Finding(what="database", ok=True, said=f"can be written to, schema {migrate.head()}")

    async def _read(self, question: Callable[Concatenate[sa.Connection, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        try:
            async with asyncio.timeout(READ_S):
                return await asyncio.to_thread(self._ask, lambda connection: question(connection, *args, **kwargs))
        except TimeoutError as error:
            raise StorageUnavailable("the database does not answer") from error

    def _ask(self, question: Callable[[sa.Connection], R]) -> R:
        try:
            with self._reading.connect() as connection, sqlite.deadline(connection, LONGEST_S):
                return question(connection)
        except (sa.exc.OperationalError, sa.exc.InterfaceError, sa.exc.TimeoutError) as error:
            if "interrupt" in str(error):
                raise StorageUnavailable(
                    "this takes the database too long; narrow it with a number or times"
                ) from error
            raise StorageUnavailable("the database cannot be read at the moment") from error


async def open_store(
    database: str, folder: Path, *, waiting: int, rejected_kept: int, observe: Observe, events: Wake
) -> SqlStore:
    """The store at ``database`` (``postgresql://…``, or "" for SQLite in ``folder``), upgraded and ready.

    Raises migrate.DatabaseTooNew, postgres.AnotherHub or what the engine says when it cannot be reached.
    """
    file = None if database else sqlite_file(folder)
    await asyncio.to_thread(_upgrade, database, file, observe)
    store = SqlStore(
        reading=sqlite.engine(file, writes=False) if file else postgres.engine(database, pool_size=4),
        open_session=(lambda: sqlite.SqliteSession(file)) if file else (lambda: postgres.PostgresSession(database)),
        waiting=waiting,
        rejected_kept=rejected_kept,
        observe=observe,
        events=events,
    )
    await store.start()
    return store


def sqlite_file(folder: Path) -> Path:
    """Where the SQLite database is in a data folder."""
    return folder / "receipted.db"


def place(database: str, folder: Path) -> str:
    """Where the data is, for a person: a path, or a URL without its password."""
    if not database:
        return str(sqlite_file(folder))
    parsed = sa.engine.make_url(database)
    shown = {name: value for name, value in parsed.query.items() if name == "host"}
    return parsed.set(query=shown).render_as_string(hide_password=True)


def inspect(database: str, folder: Path) -> list[Finding]:
    """For ``receipted doctor``: look at a database from outside, whether or not a hub uses it, and change nothing."""
    where = place(database, folder)
    file = None if database else sqlite_file(folder)
    if file is not None and not file.exists():
        return [Finding(what="database", ok=True, said=f"{where} does not exist yet; the first start makes it")]
    engine = sqlite.engine(file, writes=False) if file else postgres.engine(database, pool_size=1)
    try:
        with engine.connect() as connection:
            found = migrate.version(connection)
    except sa.exc.DatabaseError as error:
        cure = "check the setting `database`, that the server runs, and the file's permissions"
        return [Finding(what="database", ok=False, said=f"{where}: {error.orig}", cure=cure)]
    finally:
        engine.dispose()
    if found == migrate.head():
        return [Finding(what="database", ok=True, said=f"{where} can be read, schema {found}")]
    said = f"{where} has schema {found}, this version uses {migrate.head()}"
    if found is None or found in migrate.revisions():
        return [Finding(what="database", ok=True, said=f"{said}; the next start upgrades it")]
    return [Finding(what="database", ok=False, said=said, cure=migrate.DatabaseTooNew.__doc__ or "")]


def _upgrade(database: str, file: Path | None, observe: Observe) -> None:
    if file is not None:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        file.touch(mode=0o600)
    engine = sqlite.engine(file, writes=True) if file else postgres.engine(database, pool_size=1)
    try:
        copy = migrate.upgrade(engine, file)
    finally:
        engine.dispose()
    if copy is not None:
        observe("store.upgraded", backup=str(copy), version=migrate.head())
