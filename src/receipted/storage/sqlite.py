"""SQLite: one file, WAL, one connection that writes, and nothing answered before it is synced.

With ``synchronous=FULL`` SQLite syncs its log in each commit, and the writer waits. Here a commit only appends to the
log, and ``sync`` makes it durable from another thread before anyone is answered: the same promise, without the wait.
(Checkpoints and restarts of the log are synced by SQLite itself, as always with ``synchronous=NORMAL``.)

The hot statements are set-based: a batch is staged in temporary tables (in memory) by a few many-row inserts, and
each statement then handles the whole batch at once. Stepping row by row would give up and take back Python's global
lock for every row, which costs more than the row.
"""

import fcntl
import os
import sqlite3
import sys
import time
import weakref
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event as sa_event

from receipted.storage import rows
from receipted.storage.checkpoint import Checkpointer
from receipted.storage.hot import UNTOLD, Move, Taken, gravity_of, strongest
from receipted.storage.ids import Ascending

STEPS_BETWEEN_LOOKS = 100_000
"""Steps of SQLite's machine between two looks at the clock: a few milliseconds."""
LARGEST_CHUNK = 256
"""Rows in one many-row insert; SQLite binds at most 32,766 values to a statement."""

_RECEIPTS = ", ".join(rows.RECEIPT_COLUMNS)
_MOVED = ("status_key", "final", "best", "event_id")

# Find the part of each receipt of the batch, and whether the receipt is stronger than what the part knows.
_KNOW = """
INSERT INTO known (batch_row, part_row, message_id, seq, moves, event_id)
SELECT b.rowid, p.rowid, p.message_id, p.seq, b.best AND b.status_key > p.status_key, b.event_id
FROM batch AS b CROSS JOIN part AS p ON p.provider_message_id = b.provider_message_id AND p.provider = b.provider
"""

# Keep each receipt as it came, once.
_KEEP = f"""
INSERT INTO receipt (message_id, seq, {_RECEIPTS}) SELECT k.message_id, k.seq, {_RECEIPTS}
FROM known AS k CROSS JOIN batch AS b ON b.rowid = k.batch_row WHERE true ON CONFLICT DO NOTHING
"""

# The one conditional update of promise 2: a part takes the strongest receipt of the batch if it is the stronger.
_APPLY = """
UPDATE part SET status = b.status, status_key = b.status_key, err_code = b.err_code, carrier_ms = b.carrier_ms,
    network = b.network, price = b.price, reason = NULL, due_ms = CASE WHEN b.final THEN NULL ELSE due_ms END
FROM known AS k CROSS JOIN batch AS b ON b.rowid = k.batch_row
WHERE k.moves AND part.rowid = k.part_row AND part.status_key < b.status_key
"""

# Receipts whose part is not known.
_ORPHANS = "SELECT rowid - 1 FROM batch WHERE rowid NOT IN (SELECT batch_row FROM known)"

# Statements about parts by their place: submitted, refused, silent for too long.
_MOVE = """
UPDATE part SET status = m.status, status_key = m.status_key, err_code = m.err_code, reason = m.reason,
    due_ms = m.due_ms
FROM moves AS m
WHERE part.message_id = m.message_id AND part.seq = m.seq AND part.status_key < m.status_key
"""

# A message shows the gravest of its parts, the first of equals. (With max() SQLite takes the other columns from the
# row of the maximum.)
_CHANGE = f"""
INSERT INTO changed (message_row, message_id, status, previous, version, err_code, reason, event_id, previous_event)
SELECT message_row, id, status, previous, version + (status <> previous), err_code, reason,
    CASE WHEN status <> previous THEN event_id ELSE last_event END, last_event FROM (
    SELECT m.rowid AS message_row, m.id, p.status, m.status AS previous, m.version, p.err_code, p.reason, k.event_id,
        m.last_event, m.err_code AS old_err_code, m.reason AS old_reason,
        max(({gravity_of("p.status")}) * 65536 - p.seq)
    FROM known AS k CROSS JOIN message AS m ON m.id = k.message_id CROSS JOIN part AS p ON p.message_id = k.message_id
    WHERE k.moves GROUP BY m.rowid)
WHERE status <> previous OR err_code IS NOT old_err_code OR reason IS NOT old_reason
"""
_SHOW = """
UPDATE message SET status = c.status, err_code = c.err_code, reason = c.reason, updated_ms = NEW.now_ms,
    version = c.version, last_event = c.event_id
FROM changed AS c WHERE message.rowid = c.message_row
"""
_TELL = """
INSERT INTO event (id, message_id, version, status, previous, at_ms, err_code, reason, previous_event)
SELECT event_id, message_id, version, status, previous, NEW.now_ms, err_code, reason, previous_event
FROM changed WHERE status <> previous ORDER BY event_id
"""

# What accounts are to be told of their parts: each new status that a receipt could say, once. Beside a reason stands a
# code of the submit, which is no err-code of a receipt.
_CHANGED_PARTS = f"""
FROM known AS k CROSS JOIN part AS p ON p.message_id = k.message_id
WHERE k.moves AND p.account IS NOT NULL AND p.status IS NOT p.told AND p.status NOT IN ({UNTOLD})
"""
_OWE = f"""
INSERT INTO delivery (
    message_id, seq, target, statement, status, err_code, carrier_ms, network, price, at_ms, due_ms, attempts, outcome,
    said)
SELECT p.message_id, p.seq, p.account, p.status_key, p.status, CASE WHEN p.reason IS NULL THEN p.err_code END,
    p.carrier_ms, p.network, p.price, NEW.now_ms, NEW.now_ms, 0, 'waiting', '' {_CHANGED_PARTS}
ON CONFLICT DO NOTHING
"""
_OWED = f"UPDATE part SET told = status WHERE rowid IN (SELECT p.rowid {_CHANGED_PARTS})"

# The whole of them runs inside one statement, as temporary triggers: between two statements the writer's thread would
# have to win Python's lock back each time, and wait for that longer than the statements take.
_STAGE = f"""
CREATE TEMP TABLE batch ({_RECEIPTS}, {", ".join(_MOVED)});
CREATE TEMP TABLE known (batch_row, part_row, message_id, seq, moves, event_id);
CREATE TEMP TABLE moves (message_id, seq, status, status_key, err_code, reason, due_ms);
CREATE TEMP TABLE changed (
    message_row, message_id, status, previous, version, err_code, reason, event_id, previous_event);
CREATE TEMP TABLE run (step, now_ms);
CREATE TEMP TRIGGER take AFTER INSERT ON run WHEN NEW.step = 'take' BEGIN
    {_KNOW}; {_KEEP}; {_APPLY}; {_CHANGE}; {_SHOW}; {_TELL}; {_OWE}; {_OWED}; DELETE FROM changed; DELETE FROM run;
END;
CREATE TEMP TRIGGER project AFTER INSERT ON run WHEN NEW.step = 'project' BEGIN
    {_CHANGE}; {_SHOW}; {_TELL}; {_OWE}; {_OWED}; DELETE FROM changed; DELETE FROM known; DELETE FROM run;
END;
"""
_RUN = "INSERT INTO run (step, now_ms) VALUES (?, ?)"


class SqliteSession:
    """The one write connection."""

    unavailable: tuple[type[Exception], ...] = (sqlite3.OperationalError, sa.exc.OperationalError)
    synced_by_commit = False

    def __init__(self, path: Path) -> None:
        self._engine = engine(path, writes=True)
        self.connection = self._engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        driver = self.connection.connection.driver_connection
        assert isinstance(driver, sqlite3.Connection)
        self._driver = driver
        driver.executescript(_STAGE)
        last = driver.execute("SELECT max(id) FROM event").fetchone()[0]
        self.next_event_id = Ascending(last)
        self._log = os.open(f"{path}-wal", os.O_RDWR)
        # Closed with the session's last user: a sync that is under way must not meet a number that means another file.
        weakref.finalize(self, os.close, self._log)
        _sync_folder(path.parent)
        self._checkpointer = Checkpointer(path, _plain_connection)

    def begin(self) -> None:
        if self._checkpointer.take_rest():
            self._driver.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
        self._driver.execute("BEGIN IMMEDIATE")

    def commit(self) -> None:
        self._driver.execute("COMMIT")
        self._checkpointer.committed()

    def rollback(self) -> None:
        if self._driver.in_transaction:
            self._driver.execute("ROLLBACK")

    def sync(self) -> None:
        _sync_file(self._log)

    def close(self) -> None:
        self._checkpointer.close()
        self.connection.close()
        self._engine.dispose()

    def apply(self, taken: Sequence[Taken], now_ms: int) -> list[Taken]:
        self._stage(taken)
        execute = self._driver.execute
        execute(_RUN, ("take", now_ms))
        orphans = [taken[index] for (index,) in execute(_ORPHANS).fetchall()]
        execute("DELETE FROM known")
        execute("DELETE FROM batch")
        return orphans

    def move(self, moves: Sequence[Move]) -> None:
        self.insert("moves", Move._fields, moves)
        self._driver.execute(_MOVE)
        self._driver.execute("DELETE FROM moves")

    def project(self, message_ids: Iterable[str], now_ms: int) -> None:
        touched = [(message_id, True, self.next_event_id()) for message_id in dict.fromkeys(message_ids)]
        self.insert("known", ("message_id", "moves", "event_id"), touched)
        self._driver.execute(_RUN, ("project", now_ms))

    def insert(
        self, table: str, columns: Sequence[str], values: Sequence[Sequence[Any]], *, skip: bool = False
    ) -> None:
        done = 0
        while done < len(values):
            chunk = min(LARGEST_CHUNK, 1 << ((len(values) - done).bit_length() - 1))
            flat = [value for row in values[done : done + chunk] for value in row]
            self._driver.execute(_insert_sql(table, tuple(columns), chunk, skip), flat)
            done += chunk

    def _stage(self, taken: Sequence[Taken]) -> None:
        """The batch as rows of ``batch``, in its order."""
        keys, best = strongest(taken)
        self.insert(
            "batch",
            (*rows.RECEIPT_COLUMNS, *_MOVED),
            [
                (
                    *rows.of_receipt(item.receipt, item.received_ms),
                    keys[index],
                    rows.is_final(item.receipt.status),
                    index in best,
                    self.next_event_id(),
                )
                for index, item in enumerate(taken)
            ],
        )


@contextmanager
def deadline(connection: sa.Connection, longest_s: float) -> Iterator[None]:
    """Break a question off that takes too long. (PostgreSQL has ``statement_timeout`` for that.)"""
    driver = connection.connection.driver_connection
    if not isinstance(driver, sqlite3.Connection):
        yield
        return
    until_s = time.monotonic() + longest_s
    driver.set_progress_handler(lambda: time.monotonic() > until_s, STEPS_BETWEEN_LOOKS)
    try:
        yield
    finally:
        driver.set_progress_handler(None, 0)


def _plain_connection(path: Path) -> sqlite3.Connection:
    """A connection that only writes the log back."""
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    connection.execute("PRAGMA synchronous = NORMAL")
    return connection


def _sync_file(number: int) -> None:
    """Make a file's content durable, on macOS beyond the drive's own cache (its plain fsync stops there)."""
    if sys.platform == "darwin":
        fcntl.fcntl(number, fcntl.F_FULLFSYNC)
    else:
        os.fdatasync(number)


def _sync_folder(folder: Path) -> None:
    """Make it durable that the files are there."""
    number = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


def engine(path: Path, *, writes: bool) -> sa.Engine:
    """An SQLAlchemy engine over the file, its connections set up for durable writing or for reading only."""
    made = sa.create_engine(
        f"sqlite:///{path}",
        poolclass=sa.pool.QueuePool,
        pool_size=1 if writes else 4,
        max_overflow=0 if writes else 4,
        connect_args={"check_same_thread": False, "timeout": 5.0, "cached_statements": 512},
    )

    @sa_event.listens_for(made, "connect")
    def set_up(connection: sqlite3.Connection, _: object) -> None:
        connection.isolation_level = None
        for pragma in _PRAGMAS + (_WRITE_PRAGMAS if writes else _READ_PRAGMAS):
            connection.execute(f"PRAGMA {pragma}")

    return made


_PRAGMAS = ("temp_store = MEMORY", "mmap_size = 1073741824")
_WRITE_PRAGMAS = (
    "page_size = 2048",
    "journal_mode = WAL",
    "synchronous = NORMAL",
    "cache_size = -262144",
    "wal_autocheckpoint = 0",
    "journal_size_limit = 67108864",
)
_READ_PRAGMAS = ("query_only = ON", "cache_size = -65536")

_statements: dict[tuple[str, tuple[str, ...], int, bool], str] = {}


def _insert_sql(table: str, columns: tuple[str, ...], count: int, skip: bool) -> str:
    """A many-row insert; kept, since SQLite's statement cache works by the text."""
    key = (table, columns, count, skip)
    if key not in _statements:
        one = f"({', '.join('?' * len(columns))})"
        tail = " ON CONFLICT DO NOTHING" if skip else ""
        _statements[key] = f"INSERT INTO {table} ({', '.join(columns)}) VALUES {', '.join([one] * count)}{tail}"
    return _statements[key]
