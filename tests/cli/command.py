"""Run the real command line as a process, with pipes or on a terminal, in an environment of its own."""

import asyncio
import fcntl
import os
import pty
import struct
import sys
import termios
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

TIMEOUT_S = 60
PROGRAM = (sys.executable, "-m", "receipted")


class Ran(NamedTuple):
    """How a command ended and what it printed."""

    code: int
    out: str
    err: str


def environment(home: Path, **changes: str) -> dict[str, str]:
    """Only what a command needs: no settings, colours or terminal of whoever runs the tests."""
    kept = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT") if name in os.environ}
    return {**kept, "HOME": str(home), "RECEIPTED_DATA_DIR": str(home / "data"), "LANG": "C.UTF-8", **changes}


async def receipted(*arguments: str, home: Path, env: Mapping[str, str] | None = None) -> Ran:
    """Run a command with both outputs piped."""
    process = await asyncio.create_subprocess_exec(
        *PROGRAM,
        *arguments,
        cwd=home,
        env=environment(home, **(env or {})),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(TIMEOUT_S):
        out, err = await process.communicate()
    assert process.returncode is not None
    return Ran(process.returncode, out.decode(), err.decode())


async def on_terminal(
    *arguments: str, home: Path, env: Mapping[str, str] | None = None, piped_out: bool = False, columns: int = 120
) -> Ran:
    """Run a command on a pseudo-terminal; both outputs arrive as ``err`` unless standard output is piped."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    process = await asyncio.create_subprocess_exec(
        *PROGRAM,
        *arguments,
        cwd=home,
        env=environment(home, TERM="xterm-256color", **(env or {})),
        stdin=theirs,
        stdout=asyncio.subprocess.PIPE if piped_out else theirs,
        stderr=theirs,
    )
    os.close(theirs)
    shown = asyncio.create_task(asyncio.to_thread(_read_all, ours))
    async with asyncio.timeout(TIMEOUT_S):
        out, _ = await process.communicate()
        err = await shown
    os.close(ours)
    assert process.returncode is not None
    return Ran(process.returncode, (out or b"").decode(), err.decode())


def _read_all(terminal: int) -> bytes:
    shown = bytearray()
    while True:
        try:
            piece = os.read(terminal, 65_536)
        except OSError:
            return bytes(shown)
        if not piece:
            return bytes(shown)
        shown += piece
