"""What was answered is synced: on the real SQLite session, whose commits alone are not."""

import asyncio
import threading
from pathlib import Path

import sqlalchemy as sa

from receipted.hub.wake import LocalWake
from receipted.storage import migrate, postgres, sqlite
from receipted.storage.store import SqlStore
from tests.contracts.store_samples import NOW, receipt
from tests.postgres import Postgres

WAIT_S = 20


class Held(sqlite.SqliteSession):
    """SQLite whose disk takes its time: a sync waits until it is let go."""

    syncing = threading.Event()
    go_on = threading.Event()

    def sync(self) -> None:
        self.syncing.set()
        assert self.go_on.wait(WAIT_S)
        super().sync()


async def test_a_receipt_is_not_answered_before_sqlite_has_synced_it(tmp_path: Path) -> None:
    path = tmp_path / "receipted.db"
    engine = sqlite.engine(path, writes=True)
    migrate.upgrade(engine, path)
    engine.dispose()
    store = SqlStore(
        reading=sqlite.engine(path, writes=False),
        open_session=lambda: Held(path),
        waiting=100,
        rejected_kept=10,
        observe=lambda what, **facts: None,
        events=LocalWake(),
    )
    await store.start()
    answer = asyncio.create_task(store.append([receipt("one")], NOW))
    assert await asyncio.to_thread(Held.syncing.wait, WAIT_S)
    assert len(await store.unmatched(10)) == 1, "it is committed"
    assert not answer.done(), "but nobody was told so"
    Held.go_on.set()
    await answer
    await store.close()


def test_postgresql_is_told_to_sync_each_commit(postgres_url: str) -> None:
    engine = postgres.engine(postgres_url, pool_size=1)
    with engine.connect() as connection:
        assert connection.execute(sa.text("SHOW synchronous_commit")).scalar_one() == "on"
    engine.dispose()


def test_the_postgresql_of_the_tests_syncs(postgres: Postgres) -> None:
    engine = sa.create_engine(postgres.url().replace("postgresql://", "postgresql+psycopg://"))
    with engine.connect() as connection:
        assert connection.execute(sa.text("SHOW fsync")).scalar_one() == "on"
    engine.dispose()
