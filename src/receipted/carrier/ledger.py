"""Where the SMSC writes down what it owes: nowhere, or in an SQLite file that survives kill -9.

A write is a transaction for everything that happened in one turn of the event loop, and the answers go out after it.
WAL with synchronous=NORMAL: what was committed survives the end of the process, though not a power cut.
"""

import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Final, Protocol

import msgspec

from receipted.carrier.accepted import Accepted

SCHEMA: Final = 1
"""user_version of the file. An older or newer file is not touched."""

_COLUMNS: Final = [field.name for field in msgspec.structs.fields(Accepted)]
_TABLE: Final = f"CREATE TABLE owed (number INTEGER PRIMARY KEY, {', '.join(_COLUMNS[1:])}, done INTEGER)"
_INSERT: Final = f"INSERT INTO owed VALUES ({', '.join('?' * len(_COLUMNS))}, 0)"  # noqa: S608 only question marks
_SELECT: Final = "SELECT * FROM owed ORDER BY number"


class WrongFile(OSError):
    """The state file cannot be used."""


class Ledger(Protocol):
    """What the SMSC owes, written down."""

    def owed(self) -> list[tuple[int, Accepted]]:
        """Everything that was owed when the last process ended, each with how many of its sendings were answered."""

    def write(self, taken: Sequence[Accepted], done: Sequence[tuple[int, int]], settled: Sequence[int]) -> None:
        """Messages taken; (sendings answered, number) of those that go on; numbers of those that owe nothing more."""

    def close(self) -> None: ...


class Memory:
    """Writes nothing down: what is owed is lost with the process."""

    def owed(self) -> list[tuple[int, Accepted]]:
        return []

    def write(self, taken: Sequence[Accepted], done: Sequence[tuple[int, int]], settled: Sequence[int]) -> None:
        pass

    def close(self) -> None:
        pass


class SqliteLedger:
    """One file, one process at a time."""

    def __init__(self, file: Path) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        self._connection = sqlite3.connect(file, isolation_level=None, timeout=0)
        try:
            self._open(file)
        except BaseException:
            self._connection.close()
            raise

    def _open(self, file: Path) -> None:
        execute = self._connection.execute
        # Held until the end, so that a second carrier is refused instead of sending everything twice.
        execute("PRAGMA locking_mode = EXCLUSIVE")
        execute("PRAGMA journal_mode = WAL")
        execute("PRAGMA synchronous = NORMAL")
        execute("BEGIN IMMEDIATE")
        (version,) = execute("PRAGMA user_version").fetchone()
        if version not in (0, SCHEMA):
            raise WrongFile(
                f"the state file {file} is of another version of the carrier: choose another one, or remove it"
            )
        if version == 0:
            execute(_TABLE)
            execute(f"PRAGMA user_version = {SCHEMA}")
        execute("COMMIT")

    def owed(self) -> list[tuple[int, Accepted]]:
        return [(done, Accepted(*row)) for *row, done in self._connection.execute(_SELECT)]

    def write(self, taken: Sequence[Accepted], done: Sequence[tuple[int, int]], settled: Sequence[int]) -> None:
        connection = self._connection
        connection.execute("BEGIN")
        try:
            connection.executemany(_INSERT, map(msgspec.structs.astuple, taken))
            connection.executemany("UPDATE owed SET done = ? WHERE number = ?", done)
            connection.executemany("DELETE FROM owed WHERE number = ?", [(number,) for number in settled])
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise

    def close(self) -> None:
        self._connection.close()


def open_ledger(file: Path | None) -> Ledger:
    """The ledger for a setting. Raises OSError when the file cannot be used."""
    if file is None:
        return Memory()
    try:
        return SqliteLedger(file)
    except sqlite3.Error as problem:
        raise WrongFile(f"the state file {file} cannot be used: {problem}") from problem
