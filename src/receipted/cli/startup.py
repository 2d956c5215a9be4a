"""Why a hub cannot start, in words: what ``wiring`` raises becomes a CommandError."""

from collections.abc import Iterator
from contextlib import contextmanager

from psycopg import Error as PostgresError
from pydantic import ValidationError
from sqlalchemy.exc import SQLAlchemyError

from receipted.cli.configuration import wrong
from receipted.cli.failure import CommandError
from receipted.storage.migrate import DatabaseTooNew
from receipted.storage.postgres import AnotherHub


@contextmanager
def in_words() -> Iterator[None]:
    """Run what starts a hub or looks at its parts. Raises CommandError for all that a user can mend."""
    try:
        yield
    except ValidationError as problem:
        raise wrong(problem) from None
    except (OSError, LookupError, DatabaseTooNew, AnotherHub) as problem:
        raise _refused(problem) from None
    except (SQLAlchemyError, PostgresError) as problem:
        raise _no_database(problem) from None


def _refused(problem: Exception) -> CommandError:
    """What the operating system says needs a cure beside it; our own errors are whole sentences already."""
    if isinstance(problem, OSError) and problem.filename:
        return CommandError(f"{problem.filename}: {problem.strerror}; choose another folder with --data-dir.")
    system = problem.strerror if isinstance(problem, OSError) else None
    said = system or str(problem.args[0] if problem.args else problem)
    said = said[:1].upper() + said[1:]
    return CommandError(said if said.endswith((".", ")")) else f"{said}.")


def _no_database(problem: Exception) -> CommandError:
    said = str(getattr(problem, "orig", None) or problem).strip().partition("\n")[0].rstrip(".")
    return CommandError(
        f"The database cannot be used: {said}.",
        "Check the setting `database`, that its server runs, and the rights of the folder; `receipted doctor` looks.",
    )
