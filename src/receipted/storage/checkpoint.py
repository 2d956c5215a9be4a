"""Write SQLite's log back into the database file beside the writer, so that a commit never has to wait for it.

SQLite would do it inside the commit that finds the log long enough, and with millions of rows that takes a second: the
pages lie all over the file. A passive checkpoint on a connection of its own disturbs no writer; but a log that is
written to all the time is never wholly written back, and only then does it begin again from its start. So the thread
repeats itself until little is left, and the writer does the small rest between two commits.
"""

import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path

EVERY_COMMITS = 200
"""Commits between two checkpoints; a few megabytes of log."""
LITTLE_PAGES = 500
"""What the writer may be left with: some milliseconds."""
MOST_PASSES = 6


class Checkpointer:
    """A thread that is woken every so many commits. ``close`` ends it."""

    def __init__(self, path: Path, connect: Callable[[Path], sqlite3.Connection]) -> None:
        self._path = path
        self._connect = connect
        self._commits = 0
        self._due = threading.Event()
        self._closing = False
        self._rest_due = False
        self._thread = threading.Thread(target=self._run, name="receipted-checkpoint", daemon=True)
        self._thread.start()

    def take_rest(self) -> bool:
        """Whether the writer is to write the rest back now. Until it has, this thread keeps out of its way."""
        rest_due, self._rest_due = self._rest_due, False
        return rest_due

    def committed(self) -> None:
        """Count a commit."""
        if self._rest_due:
            return
        self._commits += 1
        if self._commits >= EVERY_COMMITS:
            self._commits = 0
            self._due.set()

    def close(self) -> None:
        """Let go of the database."""
        self._closing = True
        self._due.set()
        self._thread.join()

    def _run(self) -> None:
        connection = self._connect(self._path)
        try:
            while True:
                self._due.wait()
                self._due.clear()
                if self._closing:
                    return
                self._write_back(connection)
        finally:
            connection.close()

    def _write_back(self, connection: sqlite3.Connection) -> None:
        before = 0
        for _ in range(MOST_PASSES):
            try:
                _, pages, _ = connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
            except sqlite3.OperationalError:
                # The disk is full or away: the next commit meets it too, and says so.
                return
            if self._closing or 0 <= pages - before < LITTLE_PAGES:
                break
            before = pages
        if not self._closing:
            self._due.clear()
        self._commits = 0
        self._rest_due = True
