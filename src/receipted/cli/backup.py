"""``receipted backup FILE``: a whole and consistent copy of the SQLite database, also while the hub runs."""

import os
import sqlite3
from pathlib import Path
from typing import Annotated

import typer

from receipted.cli import configuration
from receipted.cli.failure import CommandError
from receipted.cli.terminal import clean, err, write

LOCKED_S = 30.0
"""How long to wait for a database that somebody has locked."""


def command(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Where the copy goes; nothing may be there yet.")],
) -> None:
    """Copy the SQLite database consistently, also while the hub runs. Only you may read the copy (mode 0600)."""
    settings = configuration.load()
    if settings.database.get_secret_value():
        raise CommandError("The data is in PostgreSQL, which is not copied by this: use its own pg_dump.")
    # The database's room takes a while to import, and is needed only here.
    from receipted.storage.store import sqlite_file

    source = sqlite_file(settings.data_dir)
    if not source.is_file():
        raise CommandError(
            f"There is no database at {source}: no hub has run with this data folder.",
            "RECEIPTED_DATA_DIR names another one.",
        )
    try:
        os.close(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    except FileExistsError:
        raise CommandError(f"{file} is there already; choose another name.") from None
    except OSError as problem:
        raise CommandError(f"{file} cannot be written: {problem.strerror}.") from None
    try:
        with err().status(f"Copying {source} …"):
            _copy(source, file)
    except BaseException as problem:
        file.unlink()
        if isinstance(problem, (sqlite3.Error, OSError)):
            raise CommandError(f"{source} was not copied: {problem}.") from None
        raise
    write(clean(f"Copied {source} to {file}."))


def _copy(source: Path, target: Path) -> None:
    """In one step, so that a hub that writes meanwhile does not make it begin again; on the disk when it returns."""
    reading = sqlite3.connect(f"{source.absolute().as_uri()}?mode=rw", uri=True, timeout=LOCKED_S)
    writing = sqlite3.connect(target)
    try:
        reading.backup(writing)
    finally:
        writing.close()
        reading.close()
    with target.open("rb+") as copied:
        os.fsync(copied.fileno())
