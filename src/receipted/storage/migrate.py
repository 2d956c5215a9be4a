"""Bring a database up to this version: on start, by itself, after a copy of a SQLite file was put aside."""

import sqlite3
import time
from functools import cache
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

UPGRADING = 0x72656366
"""Advisory lock that the upgrading hub holds on PostgreSQL, while others wait."""


class DatabaseTooNew(Exception):
    """The database was written by a newer version of receipted. Install that version, or restore a backup."""


@cache
def head() -> str:
    """The schema version of this code."""
    current = ScriptDirectory.from_config(_config()).get_current_head()
    assert current is not None
    return current


@cache
def revisions() -> frozenset[str]:
    """All schema versions that this code can upgrade from."""
    return frozenset(script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions())


def version(connection: sa.Connection) -> str | None:
    """The schema version of a database; None for an empty one."""
    return MigrationContext.configure(connection).get_current_revision()


def upgrade(engine: sa.Engine, file: Path | None, *, to: str = "head") -> Path | None:
    """Upgrade to ``to``. Returns where the copy of an older SQLite file was put, if one was made.

    Raises DatabaseTooNew.
    """
    with engine.connect() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(sa.text("SELECT pg_advisory_lock(:key)"), {"key": UPGRADING})
            connection.commit()
        found = version(connection)
        _refuse_newer(found)
        if found == head():
            return None
        copy = _back_up(file, found) if file is not None and found is not None else None
        if file is not None:
            # All steps or none, also when the machine stops in between: SQLite's driver begins nothing by itself here.
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, to)
        connection.commit()
        return copy


def _refuse_newer(found: str | None) -> None:
    if found is not None and found not in revisions():
        raise DatabaseTooNew(f"{DatabaseTooNew.__doc__} (It has version {found}, this code knows up to {head()}.)")


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.set_main_option("path_separator", "os")
    return config


def _back_up(file: Path, found: str) -> Path:
    """A whole and consistent copy, made by SQLite itself, readable by its owner only."""
    folder = file.parent / "backups"
    folder.mkdir(mode=0o700, exist_ok=True)
    copy = folder / f"{file.stem}-{found}-{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime())}.db"
    copy.touch(mode=0o600)
    source, target = sqlite3.connect(file), sqlite3.connect(copy)
    try:
        source.backup(target)
    finally:
        source.close()
        target.close()
    return copy
