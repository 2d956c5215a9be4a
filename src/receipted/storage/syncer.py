"""Makes commits durable beside the writer, for engines whose commit does not."""

import threading
from collections.abc import Callable
from typing import Any, Generic

from receipted.domain.errors import StorageUnavailable
from receipted.storage.session import S, Waiting

DISK = "the disk cannot sync; check it, then start the hub again"


class Syncer(Generic[S]):
    """Makes commits durable beside the writer: while one batch is synced, the next is written already.

    One sync serves every batch that was committed before it began.
    """

    def __init__(
        self,
        *,
        answer: Callable[[list[Waiting], list[Any]], None],
        failed: Callable[[Exception], None],
    ) -> None:
        self._answer = answer
        self._failed = failed
        self._committed: list[tuple[S, list[Waiting], list[Any]]] = []
        self._filled = threading.Event()
        self._closing = False
        self._broken = False
        self._thread: threading.Thread | None = None

    def put(self, session: S, batch: list[Waiting], results: list[Any]) -> None:
        """Answer this batch once its session is synced."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="receipted-syncer", daemon=True)
            self._thread.start()
        self._committed.append((session, batch, results))
        self._filled.set()

    def close(self) -> None:
        """Sync and answer what is left."""
        self._closing = True
        self._filled.set()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        while not (self._closing and not self._committed):
            self._filled.wait()
            self._filled.clear()
            while self._committed:
                done = self._committed[:]
                del self._committed[: len(done)]
                self._sync(done)

    def _sync(self, done: list[tuple[S, list[Waiting], list[Any]]]) -> None:
        if not self._broken:
            try:
                for session in {id(session): session for session, _, _ in done}.values():
                    session.sync()
            except Exception as error:
                # For good: the system reports a write that failed only once, and a later sync would seem to succeed.
                self._broken = True
                self._failed(error)
        for _, batch, results in done:
            self._answer(batch, [StorageUnavailable(DISK)] * len(batch) if self._broken else results)
