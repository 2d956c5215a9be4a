"""Databases of older versions are brought up to date on start, wholly or not at all; newer ones are refused."""

import asyncio
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from receipted.storage import migrate, postgres, rows, schema, sqlite
from receipted.storage.store import inspect, sqlite_file
from tests.contracts.store_samples import Place, message
from tests.postgres import Postgres

OLD = message()


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    """A database with nothing in it."""
    if request.param == "sqlite":
        sqlite_file(tmp_path).touch()
        yield Place("", tmp_path)
    else:
        server: Postgres = request.getfixturevalue("postgres")
        url = server.create()
        yield Place(url, tmp_path)
        server.drop(url)


def file_of(place: Place) -> Path | None:
    return None if place.database else sqlite_file(place.folder)


def upgrade(place: Place, to: str = "head") -> Path | None:
    engine = place.raw()
    try:
        return migrate.upgrade(engine, file_of(place), to=to)
    finally:
        engine.dispose()


def old(place: Place) -> None:
    """A database as the first version left it, with a message in it."""
    upgrade(place, "0001")
    columns = dict(zip(rows.MESSAGE_COLUMNS, rows.of_message(OLD), strict=True))
    since = {"account", "price", "options", "route"}
    values = {name: value for name, value in columns.items() if name not in since}
    place.run(schema.message.insert().values(values | {"last_event": OLD.id}))


def tables(place: Place) -> set[str]:
    engine = place.raw()
    found = set(sa.inspect(engine).get_table_names())
    engine.dispose()
    return found


def version(place: Place) -> str | None:
    engine = place.raw()
    with engine.connect() as connection:
        found = migrate.version(connection)
    engine.dispose()
    return found


def definitions(connection: sa.Connection) -> set[tuple[str, str]]:
    """Tables and indexes as the database itself describes them, conditions and collations included."""
    if connection.dialect.name == "sqlite":
        query = "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
    else:
        query = (
            "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' UNION "
            "SELECT table_name || '.' || column_name, concat_ws(' ', data_type, is_nullable, collation_name) "
            "FROM information_schema.columns WHERE table_schema = 'public'"
        )
    found = connection.execute(sa.text(query)).all()
    return {(name, " ".join(said.split())) for name, said in found if "alembic" not in name}


def test_all_steps_in_turn_give_the_schema(place: Place, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    upgrade(place)
    engine = place.raw()
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, schema.metadata) == []
        migrated = definitions(connection)
    engine.dispose()
    if place.database:
        server: Postgres = request.getfixturevalue("postgres")
        url = server.create()
        fresh = postgres.engine(url, pool_size=1)
    else:
        fresh = sqlite.engine(tmp_path / "fresh.db", writes=True)
    schema.metadata.create_all(fresh)
    with fresh.connect() as connection:
        assert migrated == definitions(connection)
    fresh.dispose()
    if place.database:
        server.drop(url)


async def test_an_old_database_is_upgraded_on_start_and_keeps_its_data(place: Place) -> None:
    old(place)
    store = await place.open()
    try:
        found = await store.message(OLD.id)
        (finding,) = await store.check()
    finally:
        await place.close()
    assert (found.id, found.content, found.status) == (OLD.id, OLD.content, OLD.status)
    assert finding.ok
    assert version(place) == migrate.head()


async def test_a_sqlite_file_is_copied_before_it_is_upgraded(tmp_path: Path) -> None:
    place = Place("", tmp_path)
    sqlite_file(tmp_path).touch()
    old(place)
    late = sqlite3.connect(sqlite_file(tmp_path))
    late.execute("UPDATE message SET sender = 'in the log'")
    late.commit()
    await place.open()
    await place.close()
    late.close()
    (told,) = [facts for what, facts in place.observed if what == "store.upgraded"]
    copy = Path(str(told["backup"]))
    assert (copy.parent, told["version"]) == (tmp_path / "backups", migrate.head())
    assert (copy.stat().st_mode & 0o777, copy.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    assert [path.name for path in copy.parent.iterdir()] == [copy.name]
    with sqlite3.connect(copy) as opened:
        assert opened.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert opened.execute("SELECT version_num FROM alembic_version").fetchone() == ("0001",)
        assert opened.execute("SELECT id, sender FROM message").fetchall() == [(OLD.id, "in the log")]
    opened.close()


async def test_starting_again_changes_nothing(place: Place) -> None:
    await place.open()
    await place.close()
    await place.open()
    await place.close()
    assert [what for what, _ in place.observed if what == "store.upgraded"] == []
    assert not (place.folder / "backups").exists()
    assert upgrade(place) is None


async def test_a_newer_database_is_refused_and_left_alone(place: Place) -> None:
    upgrade(place)
    place.run(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    before = tables(place)
    with pytest.raises(migrate.DatabaseTooNew, match=r"newer version of receipted.*9999.*up to \d+"):
        await place.open()
    assert (version(place), tables(place)) == ("9999", before)
    assert not (place.folder / "backups").exists()
    (finding,) = inspect(place.database, place.folder)
    assert not finding.ok
    assert "9999" in finding.said
    assert finding.cure


def test_a_step_that_fails_leaves_the_database_as_it_was(place: Place) -> None:
    old(place)
    place.run(sa.text("CREATE TABLE rejected_request (in_the_way INTEGER)"))
    before = tables(place)
    with pytest.raises(sa.exc.DatabaseError):
        upgrade(place)
    assert (version(place), tables(place)) == ("0001", before)
    place.run(sa.text("DROP TABLE rejected_request"))
    upgrade(place)
    assert version(place) == migrate.head()


async def test_two_that_upgrade_one_server_at_once_wait_for_each_other(postgres_url: str, tmp_path: Path) -> None:
    place = Place(postgres_url, tmp_path)
    await asyncio.gather(*(asyncio.to_thread(upgrade, place) for _ in range(3)))
    assert version(place) == migrate.head()


async def test_a_second_hub_on_one_server_database_is_refused(postgres_url: str, tmp_path: Path) -> None:
    first, second = Place(postgres_url, tmp_path), Place(postgres_url, tmp_path)
    await first.open()
    with pytest.raises(postgres.AnotherHub, match="Another hub"):
        await second.open()
    await first.close()


def test_a_look_from_outside_changes_nothing(place: Place) -> None:
    old(place)
    (finding,) = inspect(place.database, place.folder)
    assert finding.ok
    assert "next start upgrades" in finding.said
    assert version(place) == "0001"
    upgrade(place)
    (finding,) = inspect(place.database, place.folder)
    assert (finding.ok, finding.cure) == (True, "")
