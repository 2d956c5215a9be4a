"""Fills a hub's database with messages that await their receipt, in bulk: ``python -m benchmarks.seed --help``.

The tables must be there already (the hub makes them when it starts) and hold no message. Secondary indexes are taken
away while rows go in and made again at the end, which for millions of rows is several times faster.
"""

import argparse
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import psycopg
from rich.console import Console
from rich.progress import Progress

from benchmarks import workload
from receipted.domain.status import Status, order_key

CHUNK = 50_000
PROVIDER = "vonage"
DUE_MS = workload.FIRST_MS + 10 * 365 * 86_400_000
"""Far away, so that no seeded message falls due during a run."""

SUBMITTED = order_key(Status.SUBMITTED, None)

MESSAGE = (
    "id, provider, recipient, sender, kind, text, body, udh, country, part_count, status, version, created_ms, "
    "updated_ms, last_event"
)
PART = "message_id, seq, provider, provider_message_id, status, status_key, submit_network, submit_price, due_ms"
EVENT = "id, message_id, version, status, previous, at_ms, previous_event"
TEXT = "Your appointment is tomorrow at 10:30. Reply C to cancel."

# One SELECT per table over the numbers n of a chunk; three functions give the ids.
ROWS: tuple[tuple[str, str, str], ...] = (
    (
        "message",
        MESSAGE,
        (
            "{f}message_id(n), '{provider}', '4477' || substr(CAST(100000000 + n % 100000000 AS text), 2), 'AcmeInc', "
            "'text', '{text}', '', '', 'GB', 1, 'submitted', 2, {first} + n, {first} + n, {f}event_id(n * 2 + 1)"
        ),
    ),
    (
        "part",
        PART,
        (
            "{f}message_id(n), 1, '{provider}', {f}provider_message_id(n), 'submitted', '{key}', '23410', "
            "'0.03330000', {due}"
        ),
    ),
    ("event", EVENT, "{f}event_id(n * 2), {f}message_id(n), 1, 'queued', NULL, {first} + n, NULL"),
    (
        "event",
        EVENT,
        "{f}event_id(n * 2 + 1), {f}message_id(n), 2, 'submitted', 'queued', {first} + n, {f}event_id(n * 2)",
    ),
)

POSTGRES_FUNCTIONS = """
CREATE FUNCTION pg_temp.provider_message_id(n bigint) RETURNS text LANGUAGE sql IMMUTABLE AS
    $$ SELECT CAST(CAST(md5('part:' || CAST(n AS text)) AS uuid) AS text) $$;
CREATE FUNCTION pg_temp.v7(t text, h text) RETURNS text LANGUAGE sql IMMUTABLE AS
    $$ SELECT substr(t, 1, 8) || '-' || substr(t, 9) || '-7' || substr(h, 1, 3) || '-8' || substr(h, 4, 3) || '-' ||
        substr(h, 7, 12) $$;
CREATE FUNCTION pg_temp.message_id(n bigint) RETURNS text LANGUAGE sql IMMUTABLE AS
    $$ SELECT pg_temp.v7(lpad(to_hex({first} + n), 12, '0'), md5('message:' || CAST(n AS text))) $$;
CREATE FUNCTION pg_temp.event_id(n bigint) RETURNS text LANGUAGE sql IMMUTABLE AS
    $$ SELECT pg_temp.v7(lpad(to_hex({first} + n / 2), 12, '0'), lpad(to_hex(n), 18, '0')) $$;
"""


def event_id(number: int) -> str:
    """A UUIDv7 that rises with the number, two in each millisecond."""
    t, h = f"{workload.FIRST_MS + number // 2:012x}", f"{number:018x}"
    return f"{t[:8]}-{t[8:]}-7{h[:3]}-8{h[3:6]}-{h[6:18]}"


def selects(functions: str = "") -> Iterator[tuple[str, str, str]]:
    """(table, columns, expressions) with everything but the number ``n`` filled in; ``functions`` is their schema."""
    for table, columns, expressions in ROWS:
        filled = expressions.format(
            f=functions, provider=PROVIDER, text=TEXT, first=workload.FIRST_MS, key=SUBMITTED, due=DUE_MS
        )
        yield table, columns, filled


def fill_sqlite(file: Path, messages: int, advance: Callable[[int], None]) -> None:
    """Fill the SQLite file. Not durable until it returns."""
    with closing(sqlite3.connect(file, isolation_level=None)) as db:
        db.create_function("message_id", 1, workload.message_id, deterministic=True)
        db.create_function("provider_message_id", 1, workload.provider_message_id, deterministic=True)
        db.create_function("event_id", 1, event_id, deterministic=True)
        db.execute("PRAGMA synchronous = OFF")
        db.execute("PRAGMA cache_size = -400000")
        indexes = db.execute(
            "SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL"
            " AND tbl_name IN ('message', 'part', 'event')"
        ).fetchall()
        for name, _ in indexes:
            db.execute(f'DROP INDEX "{name}"')
        for start in range(0, messages, CHUNK):
            end = min(start + CHUNK, messages) - 1
            db.execute("BEGIN")
            for table, columns, expressions in selects():
                db.execute(
                    f"WITH RECURSIVE numbers(n) AS (SELECT {start} UNION ALL SELECT n + 1 FROM numbers WHERE n < {end})"
                    f" INSERT INTO {table} ({columns}) SELECT {expressions} FROM numbers"
                )
            db.execute("COMMIT")
            advance(end + 1 - start)
        for _, sql in indexes:
            db.execute(sql)
        db.execute("ANALYZE")
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def fill_postgres(url: str, messages: int, advance: Callable[[int], None]) -> None:
    """Fill the PostgreSQL database."""
    with psycopg.connect(url, autocommit=True) as db:
        db.execute(POSTGRES_FUNCTIONS.format(first=workload.FIRST_MS).encode())
        db.execute("SET synchronous_commit = off")
        db.execute("SET maintenance_work_mem = '512MB'")
        indexes = db.execute(
            "SELECT indexname, indexdef FROM pg_indexes WHERE tablename IN ('message', 'part', 'event')"
            " AND indexname NOT IN (SELECT conname FROM pg_constraint)"
        ).fetchall()
        for name, _ in indexes:
            db.execute(f'DROP INDEX "{name}"'.encode())
        for start in range(0, messages, CHUNK):
            end = min(start + CHUNK, messages) - 1
            for table, columns, expressions in selects("pg_temp."):
                numbers = f"generate_series({start}, {end}) AS s(n)"
                db.execute(f"INSERT INTO {table} ({columns}) SELECT {expressions} FROM {numbers}".encode())
            advance(end + 1 - start)
        for _, definition in indexes:
            db.execute(definition.encode())
        db.execute("VACUUM ANALYZE message, part, event")
        db.execute("CHECKPOINT")


def fill(database: str, messages: int, advance: Callable[[int], None] = lambda _: None) -> None:
    """Fill ``database``: a postgresql URL or the path of an SQLite file."""
    if database.startswith("postgresql"):
        fill_postgres(database, messages, advance)
    else:
        fill_sqlite(Path(database), messages, advance)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", required=True, help="postgresql URL or SQLite file, with the hub's tables")
    parser.add_argument("--messages", type=int, default=100_000)
    wanted = parser.parse_args()
    with Progress(console=Console(stderr=True)) as progress:
        task = progress.add_task("messages", total=wanted.messages)
        fill(wanted.database, wanted.messages, lambda done: progress.advance(task, done))


if __name__ == "__main__":
    main()
