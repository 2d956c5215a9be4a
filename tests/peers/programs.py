"""Programs that we did not write: where they are, how they are started, and what it means if they are missing."""

import asyncio
import os
import shutil
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

PEERS = Path(__file__).parent
WAIT_S = 20.0
LOOK_EVERY_S = 0.01
IN_CI = "RECEIPTED_CI"
"""Set by .ci/run: there a missing program fails its tests. Elsewhere they are skipped."""


def needs(program: str, cure: str) -> str:
    """The path of a program. Where it is missing, the test is skipped with the cure; in CI it fails."""
    found = shutil.which(program) or shutil.which(program, path="/usr/sbin:/usr/local/sbin")
    return found or missing(f"{program} is not on this machine: {cure}")


def needs_npm_package(name: str) -> str:
    """Node's path, once the package is installed beside the scripts."""
    node = needs("node", "install Node.js 18 or newer")
    if not (PEERS / "node_modules" / name).is_dir():
        missing(f"npm's {name} is not installed: npm ci --prefix tests/peers")
    return node


def missing(said: str) -> Any:
    """Skip, or fail in CI."""
    if os.environ.get(IN_CI):
        pytest.fail(said)
    pytest.skip(said)


async def until(condition: Callable[[], object], what: str = "") -> Any:
    """Wait until a condition gives something true, and return it. Raises TimeoutError that says what was waited for."""
    deadline = asyncio.get_running_loop().time() + WAIT_S
    while not (found := condition()):
        if asyncio.get_running_loop().time() > deadline:
            raise TimeoutError(f"not within {WAIT_S} s: {what}")
        await asyncio.sleep(LOOK_EVERY_S)
    return found


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on just now."""
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return int(trial.getsockname()[1])


class Program:
    """A running process. ``lines`` is what it has printed."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.lines: list[str] = []

    async def read(self) -> None:
        assert self.process.stdout is not None
        async for line in self.process.stdout:
            self.lines.append(line.decode(errors="replace").rstrip("\n"))


@asynccontextmanager
async def program(*command: str, folder: Path) -> AsyncIterator[Program]:
    """Run it until the block ends; what it says goes to ``lines``."""
    process = await asyncio.create_subprocess_exec(
        *command, cwd=folder, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    running = Program(process)
    reading = asyncio.create_task(running.read())
    try:
        yield running
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()
        await reading
