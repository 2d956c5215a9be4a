"""Both databases against the one suite. The PostgreSQL is a real one."""

import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import psycopg
import pytest

from receipted.storage import migrate, schema, sqlite
from receipted.storage.postgres import ONE_HUB
from receipted.storage.postgres import engine as engine_of
from receipted.storage.store import sqlite_file
from tests.contracts.store_contract import StoreContract
from tests.contracts.store_samples import Place
from tests.postgres import Postgres


@pytest.fixture(scope="module")
def empty_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database of the current schema, to be copied."""
    file = sqlite_file(tmp_path_factory.mktemp("empty"))
    engine = sqlite.engine(file, writes=True)
    migrate.upgrade(engine, file)
    engine.dispose()
    return file


@pytest.fixture(scope="module")
def database(postgres: Postgres) -> Iterator[str]:
    """The same on the server, to be emptied for each test: making one takes longer than a test."""
    url = postgres.create()
    engine = engine_of(url, pool_size=1)
    migrate.upgrade(engine, None)
    engine.dispose()
    yield url
    postgres.drop(url)


def empty(url: str) -> None:
    """Remove all rows, once the hub before has really let go of its lock."""
    with psycopg.connect(url) as connection:
        connection.execute("SELECT pg_advisory_xact_lock(%s)", (ONE_HUB,))
        for table in schema.metadata.tables:
            connection.execute(f"DELETE FROM {table}".encode())


class TestSqlite(StoreContract):
    """A file."""

    @pytest.fixture
    async def place(self, empty_file: Path, tmp_path: Path) -> AsyncIterator[Place]:
        shutil.copy(empty_file, sqlite_file(tmp_path))
        made = Place("", tmp_path)
        await made.open()
        yield made
        await made.close()


class TestPostgres(StoreContract):
    """A server."""

    @pytest.fixture
    async def place(self, database: str, tmp_path: Path) -> AsyncIterator[Place]:
        empty(database)
        made = Place(database, tmp_path)
        await made.open()
        yield made
        await made.close()
