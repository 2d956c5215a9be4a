"""How a command ends other than well: sentences on standard error, and an exit code that scripts can use."""

import asyncio
from collections.abc import Coroutine
from enum import IntEnum
from typing import Any

from receipted.cli.hints import named
from receipted.cli.terminal import err


class Exit(IntEnum):
    """What the exit codes mean. They are part of the interface: docs/cli.md lists them."""

    OK = 0
    FAILED = 1
    USAGE = 2
    """A wrong option, argument or setting."""
    NOT_DELIVERED = 3
    """``send --wait``: the message ended, but not as delivered."""
    TIMEOUT = 4
    """``send --wait --timeout``: the message had not ended by then."""
    INTERRUPTED = 130
    """Ctrl-C, as shells count it. Typer gives it."""


class CommandError(Exception):
    """A command cannot go on. Each line is a sentence for the user: what is wrong, then what to do about it."""

    def __init__(self, *lines: str, code: Exit = Exit.FAILED) -> None:
        super().__init__("\n".join(lines))
        self.lines = lines
        self.code = code


def tell(failure: CommandError) -> None:
    """Print a failure to standard error."""
    for line in failure.lines:
        err().print(named(line), soft_wrap=True)


def run(work: Coroutine[Any, Any, Exit]) -> None:
    """Run a command's coroutine to its end and leave the program with the exit code that it gives.

    Raises SystemExit always. CommandError is caught by ``app.main``, for commands that are not coroutines too.
    """
    raise SystemExit(int(asyncio.run(work)))
