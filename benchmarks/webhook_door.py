"""Receipts per second at the webhook door: the hub beside an empty answer and plain versions of the tutorial.

All run one after the other on the same machine under the same load. Each receipt is for another stored message, so
every one changes something; afterwards what is in the database is counted against what was answered with 200.
"""

import json
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import msgspec
import psutil
import psycopg

from benchmarks import seed, servers, workload
from benchmarks.report import Figure
from benchmarks.servers import Server
from tests.postgres import Postgres, running

MOST_PER_S = 60_000
"""No server here answers faster; so many requests are prepared at most."""

SMS = (
    "CREATE TABLE sms (id {serial}, recipient text, sender text, text text, message_id text, status text, "
    "updated_at text)"
)


class Plan(msgspec.Struct, kw_only=True):
    """What is to be run. ``messages``: how many are stored before, for the hub one run each."""

    seconds: float = 8.0
    connections: int = 64
    messages: tuple[int, ...] = (100_000,)
    only: tuple[str, ...] = ()
    hub: bool = True

    def wants(self, name: str) -> bool:
        return not self.only or any(word in name for word in self.only)


Say = Callable[[str], None]


def drive(
    server: Server,
    figure: Figure,
    path: str,
    plan: Plan,
    *,
    stored: int,
    skip: int = 0,
    database: Callable[[], list[psutil.Process]] | None = None,
) -> None:
    """Put one server under load from another process, and write down what it did and what that cost."""
    count = min(int(plan.seconds * MOST_PER_S), stored - skip)
    command = [sys.executable, "-m", "benchmarks.load", "--port", str(server.port), "--path", path]
    command += ["--form", figure.form, "--order", figure.order, "--stored", str(stored), "--count", str(count)]
    command += ["--skip", str(skip), "--seconds", str(plan.seconds), "--connections", str(plan.connections)]
    with subprocess.Popen(command, cwd=servers.ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as load:
        if load.stdin is None or load.stdout is None or load.stdout.readline().strip() != "ready":
            raise RuntimeError("the load generator did not start")
        before = servers.cpu_s(server.processes)
        database_before = servers.cpu_s(database()) if database else 0.0
        load.stdin.write("\n")
        load.stdin.flush()
        seen: dict[str, Any] = json.loads(load.stdout.readline())
        used_s = servers.cpu_s(server.processes) - before
        database_used_s = servers.cpu_s(database()) - database_before if database else None
    answered = max(int(seen["answered"]), 1)
    for name in ("rate", "p50_ms", "p99_ms", "p999_ms", "ok", "not_ok", "load_cpu_us"):
        setattr(figure, name, seen[name])
    figure.cpu_us = round(used_s * 1e6 / answered, 1)
    figure.database_cpu_us = None if database_used_s is None else round(database_used_s * 1e6 / answered, 1)
    figure.rss_mib = servers.peak_rss_mib(server.processes)


def empty(plan: Plan, folder: Path) -> Iterator[Figure]:
    for form in ("form", "json"):
        figure = Figure(name="empty 200 (uvicorn)", ceiling=form == "form", form=form)
        with servers.uvicorn("benchmarks.peers.empty:app", folder) as server:
            drive(server, figure, "/", plan, stored=10_000_000)
        yield figure


def flask(plan: Plan, folder: Path) -> Iterator[Figure]:
    stored = plan.messages[0]
    file = folder / "flask.db"
    with closing(sqlite3.connect(file)) as db:
        db.execute(SMS.format(serial="INTEGER PRIMARY KEY"))
        db.executemany("INSERT INTO sms VALUES (?, ?, ?, ?, ?, ?, ?)", _sms(stored))
        db.execute("CREATE INDEX sms_message_id ON sms (message_id)")
        db.commit()
    figure = Figure(name="Flask, SQLAlchemy", plain=True, database="SQLite", messages=stored)
    where = {"PEER_DATABASE": str(file)}
    with servers.gunicorn("benchmarks.peers.tutorial_flask:app", folder, where) as server:
        drive(server, figure, "/sms_delivery_receipts", plan, stored=stored)
    with closing(sqlite3.connect(file)) as db:
        figure.stored = db.execute("SELECT count(*) FROM sms WHERE status = 'delivered'").fetchone()[0]
    yield figure


def fastapi(plan: Plan, folder: Path, postgres: Postgres) -> Iterator[Figure]:
    stored = plan.messages[0]
    for form, path in (("form", "/sms_delivery_receipts"), ("json", "/sms_delivery_receipts_json")):
        url = postgres.create()
        with psycopg.connect(url) as db:
            db.execute(SMS.format(serial="bigint PRIMARY KEY").encode())
            with db.cursor().copy(b"COPY sms FROM STDIN") as copy:
                for row in _sms(stored):
                    copy.write_row(row)
            db.execute("CREATE INDEX sms_message_id ON sms (message_id)")
        figure = Figure(name="FastAPI, asyncpg", plain=True, database="PostgreSQL", messages=stored, form=form)
        with servers.uvicorn("benchmarks.peers.tutorial_fastapi:app", folder, {"PEER_DATABASE": url}) as server:
            drive(server, figure, path, plan, stored=stored, database=lambda: postgres.processes)
        with psycopg.connect(url) as db:
            figure.stored = _one(db, "SELECT count(*) FROM sms WHERE status = 'delivered'")
        postgres.drop(url)
        yield figure


def _sms(count: int) -> Iterator[tuple[int, str, str, str, str, str, None]]:
    for n in range(count):
        yield n, workload.recipient(n), "AcmeInc", seed.TEXT, workload.provider_message_id(n), "sent", None


def hub_on_sqlite(plan: Plan, folder: Path, say: Say) -> Iterator[Figure]:
    for messages in plan.messages:
        filled = folder / f"hub-{messages}"
        filled.mkdir()
        with servers.hub(filled, ""):
            pass
        (database,) = filled.glob("*.db")
        say(f"storing {messages:,} messages in SQLite")
        seed.fill(str(database), messages)
        for figure in _hub_runs("SQLite", messages):
            data_dir = folder / "hub-run"
            shutil.copytree(filled, data_dir)
            with servers.hub(data_dir, "") as server:
                drive(server, figure, "/webhooks/vonage", plan, stored=messages)
            with closing(sqlite3.connect(data_dir / database.name)) as db:
                figure.stored = db.execute(COUNT).fetchone()[0]
            shutil.rmtree(data_dir)
            yield figure
        shutil.rmtree(filled)


def hub_on_postgres(plan: Plan, folder: Path, postgres: Postgres, say: Say) -> Iterator[Figure]:
    for messages in plan.messages:
        filled = postgres.create()
        data_dir = folder / f"hub-postgres-{messages}"
        data_dir.mkdir()
        with servers.hub(data_dir, filled):
            pass
        say(f"storing {messages:,} messages in PostgreSQL")
        seed.fill(filled, messages)
        for figure in _hub_runs("PostgreSQL", messages):
            url = postgres.create(template=filled)
            with servers.hub(data_dir, url) as server:
                drive(server, figure, "/webhooks/vonage", plan, stored=messages, database=lambda: postgres.processes)
            with psycopg.connect(url) as db:
                figure.stored = _one(db, COUNT)
            postgres.drop(url)
            yield figure
        postgres.drop(filled)


COUNT = (
    "SELECT min(n) FROM (SELECT count(*) AS n FROM receipt"
    " UNION ALL SELECT count(*) FROM message WHERE status = 'delivered'"
    " UNION ALL SELECT count(*) FROM event WHERE status = 'delivered') AS counted"
)
"""Receipts that are kept, have reached their message, and of which an event tells: the least of the three."""


def _hub_runs(database: str, messages: int) -> Iterator[Figure]:
    for form, order in (("form", "recent"), ("json", "recent"), ("form", "uniform")):
        yield Figure(name=f"receipted, {database}", database=database, messages=messages, form=form, order=order)


def _one(db: psycopg.Connection[Any], query: str) -> int:
    row = db.execute(query.encode()).fetchone()
    return int(row[0]) if row else 0


@contextmanager
def _folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="receipted-bench-") as name:
        yield Path(name)


def run(plan: Plan, say: Say) -> Iterator[Figure]:
    """Run everything that the plan wants, one after the other. Yields each figure when it is there."""
    with _folder() as folder, running() as postgres:
        suites: tuple[tuple[str, Callable[[], Iterator[Figure]]], ...] = (
            ("empty", lambda: empty(plan, folder)),
            ("flask", lambda: flask(plan, folder)),
            ("fastapi", lambda: fastapi(plan, folder, postgres)),
            ("hub sqlite", lambda: hub_on_sqlite(plan, folder, say)),
            ("hub postgres", lambda: hub_on_postgres(plan, folder, postgres, say)),
        )
        for name, suite in suites:
            if plan.wants(name):
                say(name)
                yield from suite()
