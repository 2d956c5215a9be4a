"""What a hub needs before anything else: the data folder to itself, the API token, the time, tasks that end with it."""

import asyncio
import fcntl
import os
import secrets
import time
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path


class AlreadyServed(OSError):
    """Another hub uses this data folder. Stop it first, or choose another folder with --data-dir."""


def clock() -> int:
    """Milliseconds since 1970, UTC."""
    return time.time_ns() // 1_000_000


def api_token(file: Path) -> tuple[str, bool]:
    """The API token, and whether it was made just now. Only the file's owner may read it; it is whole or not there."""
    with suppress(FileNotFoundError):
        if token := file.read_text("ascii").strip():
            return token, False
    token = secrets.token_urlsafe(32)
    new = file.with_suffix(".new")
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as opened:
        opened.write(token + "\n")
        opened.flush()
        os.fsync(opened.fileno())
    new.replace(file)
    return token, True


@contextmanager
def sole_user(folder: Path) -> Iterator[None]:
    """Holds the data folder's lock, so that a second hub on the same file is refused instead of doing harm."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (folder / "lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AlreadyServed(AlreadyServed.__doc__) from None
        yield


@asynccontextmanager
async def beside(work: Coroutine[None, None, None]) -> AsyncIterator[None]:
    """Runs beside the block, and ends with it."""
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])
