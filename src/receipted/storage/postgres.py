"""PostgreSQL: the same statements as sets, over a batch that is passed as one JSON value.

One value is a third of the cost of an array a column: psycopg converts arrays element by element.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
import psycopg
import sqlalchemy as sa

from receipted.domain.receipt import Receipt
from receipted.storage import rows
from receipted.storage.hot import UNTOLD, Move, Taken, gravity_of, strongest
from receipted.storage.ids import Ascending

ONE_HUB = 0x72656365
"""Advisory lock that the hub writing to a database holds, so that a second one is refused instead of doing harm."""
CONNECT_TIMEOUT_S = 3
STATEMENT_TIMEOUT_MS = 15_000
SILENCE_S = 10
"""How long a server may not acknowledge what was sent to it before the connection counts as gone."""

_TYPES: dict[str, str] = {
    "received_ms": "bigint", "carrier_ms": "bigint", "raw": "bytea", "due_ms": "bigint", "created_ms": "bigint",
    "updated_ms": "bigint", "ttl_ms": "bigint", "at_ms": "bigint", "started_ms": "bigint", "ended_ms": "bigint",
    "seq": "int", "version": "int", "part_count": "int", "attempt": "int", "attempts": "int", "position": "int",
    "final": "boolean",
}  # fmt: skip
"""Columns that are not text."""

# The one conditional update of promise 2: a part takes the strongest receipt of the batch if it is the stronger.
_APPLY = """
UPDATE part SET status = b.status, status_key = b.status_key, err_code = b.err_code, carrier_ms = b.carrier_ms,
    network = b.network, price = b.price, reason = NULL, due_ms = CASE WHEN b.final THEN NULL ELSE due_ms END
FROM {rows} AS b
WHERE part.provider_message_id = b.provider_message_id AND part.provider = b.provider
    AND part.status_key < b.status_key
RETURNING part.message_id
"""
_APPLIED = (
    "provider_message_id", "provider", "status", "status_key", "err_code", "carrier_ms", "network", "price", "final",
)  # fmt: skip

# Keep each receipt of a known part as it came, once; the positions in the batch of those whose part is known.
_KEEP = f"""
WITH known AS (
    SELECT p.message_id, p.seq, b.* FROM {{rows}} AS b
    JOIN part AS p ON p.provider_message_id = b.provider_message_id AND p.provider = b.provider),
kept AS (
    INSERT INTO receipt (message_id, seq, {", ".join(rows.RECEIPT_COLUMNS)})
    SELECT message_id, seq, {", ".join(rows.RECEIPT_COLUMNS)} FROM known ON CONFLICT DO NOTHING)
SELECT position FROM known
"""

# Statements about parts by their place: submitted, refused, silent for too long.
_MOVE = """
UPDATE part SET status = b.status, status_key = b.status_key, err_code = b.err_code, reason = b.reason,
    due_ms = b.due_ms
FROM {rows} AS b
WHERE part.message_id = b.message_id AND part.seq = b.seq AND part.status_key < b.status_key
"""

# A message shows the gravest of its parts; a change of its status is one event.
_PROJECT = f"""
WITH touched AS (SELECT * FROM unnest(%(ids)s::text[], %(events)s::text[]) AS t (message_id, event_id)),
gravest AS (
    SELECT DISTINCT ON (t.message_id)
        t.message_id, t.event_id, p.status, p.err_code, p.reason, m.status AS previous, m.last_event
    FROM touched AS t JOIN message AS m ON m.id = t.message_id JOIN part AS p ON p.message_id = t.message_id
    ORDER BY t.message_id, {gravity_of("p.status")} DESC, p.seq),
shown AS (
    UPDATE message AS m SET status = g.status, err_code = g.err_code, reason = g.reason, updated_ms = %(now)s,
        version = m.version + (g.status <> g.previous)::int,
        last_event = CASE WHEN g.status <> g.previous THEN g.event_id ELSE m.last_event END
    FROM gravest AS g
    WHERE m.id = g.message_id
        AND (g.status <> m.status OR g.err_code IS DISTINCT FROM m.err_code OR g.reason IS DISTINCT FROM m.reason)
    RETURNING m.id, m.version, m.status, m.err_code, m.reason, g.previous, g.event_id, g.last_event)
INSERT INTO event (id, message_id, version, status, previous, at_ms, err_code, reason, previous_event)
SELECT event_id, id, version, status, previous, %(now)s, err_code, reason, last_event
FROM shown WHERE status <> previous
"""


# What accounts are to be told of their parts: each new status that a receipt could say, once. Beside a reason stands a
# code of the submit, which is no err-code of a receipt.
_OWE = f"""
WITH owed AS (
    UPDATE part SET told = status
    WHERE message_id = ANY(%(ids)s::text[]) AND account IS NOT NULL AND told IS DISTINCT FROM status
        AND status NOT IN ({UNTOLD})
    RETURNING message_id, seq, account, status_key, status, CASE WHEN reason IS NULL THEN err_code END AS err_code,
        carrier_ms, network, price)
INSERT INTO delivery (
    message_id, seq, target, statement, status, err_code, carrier_ms, network, price, at_ms, due_ms, attempts, outcome,
    said)
SELECT message_id, seq, account, status_key, status, err_code, carrier_ms, network, price, %(now)s, %(now)s, 0,
    'waiting', ''
FROM owed ON CONFLICT DO NOTHING
"""


class AnotherHub(Exception):
    """Another hub writes to this database. Stop it first, or give this one a database of its own."""


class PostgresSession:
    """The one write connection."""

    synced_by_commit = True
    unavailable: tuple[type[Exception], ...] = (
        psycopg.OperationalError,
        psycopg.InterfaceError,
        sa.exc.OperationalError,
        sa.exc.InterfaceError,
    )

    def __init__(self, url: str) -> None:
        self._engine = engine(url, pool_size=1)
        self.connection = self._engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        driver = self.connection.connection.driver_connection
        assert isinstance(driver, psycopg.Connection)
        self._driver: psycopg.Connection[Any] = driver
        driver.autocommit = True
        if not driver.execute("SELECT pg_try_advisory_lock(%s)", (ONE_HUB,)).fetchone()[0]:  # type: ignore[index]
            self.close()
            raise AnotherHub(AnotherHub.__doc__)
        last = driver.execute("SELECT max(id) FROM event").fetchone()[0]  # type: ignore[index]
        self.next_event_id = Ascending(last)

    def begin(self) -> None:
        self._driver.execute("BEGIN")

    def commit(self) -> None:
        self._driver.execute("COMMIT")

    def rollback(self) -> None:
        self._driver.execute("ROLLBACK")

    def sync(self) -> None:
        """Nothing to do: with ``synchronous_commit`` a commit returns when it is durable."""

    def close(self) -> None:
        self.connection.close()
        self._engine.dispose()

    def apply(self, taken: Sequence[Taken], now_ms: int) -> list[Taken]:
        known = self._keep(taken)
        keys, best = strongest(taken)
        values = [_statement(taken[index].receipt, keys[index]) for index in sorted(best)]
        moved = self._over(_APPLY, _APPLIED, values).fetchall()
        if moved:
            self.project((message_id for (message_id,) in moved), now_ms)
        return [item for index, item in enumerate(taken, 1) if index not in known]

    def _keep(self, taken: Sequence[Taken]) -> set[int]:
        """Keep the receipts of known parts, once each. Returns the positions, from 1, of those in the batch."""
        values = [(*rows.of_receipt(item.receipt, item.received_ms), index) for index, item in enumerate(taken, 1)]
        return {position for (position,) in self._over(_KEEP, (*rows.RECEIPT_COLUMNS, "position"), values).fetchall()}

    def move(self, moves: Sequence[Move]) -> None:
        if moves:
            self._over(_MOVE, Move._fields, moves)

    def project(self, message_ids: Iterable[str], now_ms: int) -> None:
        ids = list(dict.fromkeys(message_ids))
        events = [self.next_event_id() for _ in ids]
        self._driver.execute(_PROJECT, {"ids": ids, "events": events, "now": now_ms})
        self._driver.execute(_OWE, {"ids": ids, "now": now_ms})

    def insert(
        self, table: str, columns: Sequence[str], values: Sequence[Sequence[Any]], *, skip: bool = False
    ) -> None:
        if values:
            tail = "ON CONFLICT DO NOTHING" if skip else ""
            names = ", ".join(columns)
            self._over(f"INSERT INTO {table} ({names}) SELECT {names} FROM {{rows}} AS b {tail}", columns, values)

    def _over(self, statement: str, columns: Sequence[str], values: Sequence[Sequence[Any]]) -> psycopg.Cursor[Any]:
        """Run a statement over rows; ``{rows} AS b`` in it stands for them."""
        types = ", ".join(f"{column} {_TYPES.get(column, 'text')}" for column in columns)
        batch = [dict(zip(columns, map(_plain, row), strict=True)) for row in values]
        text = statement.replace("{rows} AS b", f"json_to_recordset(%s::json) AS b ({types})")
        return self._driver.execute(text, [msgspec.json.encode(batch).decode()], prepare=True)


def _plain(value: Any) -> Any:
    """A value as PostgreSQL reads it out of JSON; bytes in its own hex form."""
    return "\\x" + value.hex() if isinstance(value, bytes) else value


def _statement(receipt: Receipt, key: str) -> tuple[object, ...]:
    """What a receipt says of its part, in the order of ``_APPLIED``."""
    return (
        receipt.provider_message_id, receipt.provider, receipt.status._value_, key, receipt.err_code,
        receipt.carrier_ms, receipt.network, receipt.price, rows.is_final(receipt.status) == 1,
    )  # fmt: skip


def _url(url: str) -> sa.URL:
    """The address of a PostgreSQL database. Raises ArgumentError that says what is wrong, without the password."""
    try:
        parsed = sa.engine.make_url(url)
    except ValueError as error:
        raise sa.exc.ArgumentError("the setting `database` is not an address: its port must be a number") from error
    if parsed.get_backend_name() not in ("postgresql", "postgres"):
        raise sa.exc.ArgumentError(
            f"the setting `database` begins with {parsed.drivername}://; it takes postgresql://user:password@host/name"
        )
    return parsed.set(drivername="postgresql+psycopg")


def engine(url: str, *, pool_size: int) -> sa.Engine:
    """An SQLAlchemy engine over ``postgresql://…`` with bounded waits."""
    parsed = _url(url)
    return sa.create_engine(
        parsed,
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=CONNECT_TIMEOUT_S,
        pool_pre_ping=True,
        connect_args={
            "connect_timeout": CONNECT_TIMEOUT_S,
            "keepalives_idle": SILENCE_S,
            "tcp_user_timeout": SILENCE_S * 1000,
            "options": f"-c statement_timeout={STATEMENT_TIMEOUT_MS} -c synchronous_commit=on",
        },
    )
