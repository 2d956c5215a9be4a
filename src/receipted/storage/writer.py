"""Group commit: one thread owns the write connection, and whatever waits when it is free becomes one transaction.

A write is a function over many items of its kind (``Bulk``) and one item. Items of the same function that arrive
together are written by one call. The caller is answered after the commit, never before it.
"""

import asyncio
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any, Generic

from receipted.domain.errors import Overloaded, ReceiptedError, StorageUnavailable, Unstorable
from receipted.hub.ports import Observe
from receipted.storage.session import Bulk, Item, Result, S, Waiting
from receipted.storage.syncer import DISK, Syncer

LARGEST = 512
"""Items in one transaction at most: bounds how long one commit keeps its callers waiting."""
RETRY_FIRST_S, RETRY_CAP_S = 0.1, 2.0
STUCK_S = 8.0
LOOKS = 8
"""How often within that time somebody looks."""
SILENT = "the database does not answer"


class Writer(Generic[S]):
    """Owns the thread. ``write`` from the event loop; ``close`` commits what waits and ends the thread."""

    def __init__(
        self,
        open_session: Callable[[], S],
        *,
        waiting: int,
        observe: Observe,
        prove: Callable[[S], object] = lambda session: None,
        stuck_s: float = STUCK_S,
    ) -> None:
        """``prove`` writes something inside a transaction: what shows, after an outage, that writing works again.

        ``stuck_s`` is how long one transaction may take before the database counts as away.
        """
        self._stuck_s = stuck_s
        self._open_session = open_session
        self._prove = prove
        self._most_waiting = waiting
        self._observe = observe
        self._queue: list[Waiting] = []
        self._unanswered = 0
        self._filled = threading.Event()
        self._closing = False
        self._session: S | None = None
        self._broken: str | None = None
        self._given_up = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = threading.Thread(target=self._run, name="receipted-writer", daemon=True)
        self._taking = threading.Lock()
        self._current: list[Waiting] = []
        self._began_s: float | None = None
        self.stuck = False
        """Whether the database has not answered for ``stuck_s``."""
        self._syncer: Syncer[S] = Syncer(answer=self._answer, failed=self._give_up)

    async def start(self) -> None:
        """Open the session in the writer's own thread. Raises what opening it raises."""
        self._loop = asyncio.get_running_loop()
        started: asyncio.Future[None] = self._loop.create_future()
        self._started = started
        self._thread.start()
        await started
        self._loop.call_later(self._stuck_s / LOOKS, self._look)

    async def write(self, bulk: "Bulk[S, Item, Result]", item: Item) -> Result:
        """Write one item; returns its result when it is committed.

        Raises Overloaded (too much waits), StorageUnavailable (not stored), or the ReceiptedError that ``bulk`` gave.
        """
        if self._broken is not None or self.stuck:
            raise StorageUnavailable(self._broken or SILENT)
        if self._closing or self._loop is None:
            raise StorageUnavailable("the hub is stopping")
        if self._unanswered >= self._most_waiting:
            raise Overloaded("too many writes wait for the database")
        future: asyncio.Future[Result] = self._loop.create_future()
        self._unanswered += 1
        self._queue.append((bulk, item, future))
        if not self._filled.is_set():
            self._filled.set()
        return await future

    async def close(self) -> None:
        """Commit what waits, then end the thread. Harmless when repeated or never started."""
        self._closing = True
        self._filled.set()
        if self._thread.is_alive() and not self.stuck:
            await asyncio.to_thread(self._thread.join, self._stuck_s)
            self.stuck = self._thread.is_alive()

    def _look(self) -> None:
        """Again and again: if the database does not answer, nobody shall wait for it, and nothing shall pile up."""
        began_s = self._began_s
        if began_s is not None and time.monotonic() - began_s > self._stuck_s and not self.stuck:
            self.stuck = True
            self._observe("store.unavailable", problem=SILENT)
            with self._taking:
                queued = self._queue[:]
                del self._queue[: len(queued)]
            self._resolve(queued, [StorageUnavailable(SILENT)] * len(queued))
            for _, _, future in self._current:
                if not future.done():
                    future.set_exception(StorageUnavailable(SILENT))
        if self._loop is not None and not self._closing:
            self._loop.call_later(self._stuck_s / LOOKS, self._look)

    # --- in the writer's thread ---------------------------------------------------------------------------------------

    def _run(self) -> None:
        assert self._loop is not None
        try:
            self._session = self._open_session()
        except BaseException as error:
            self._loop.call_soon_threadsafe(_fail_unless_done, self._started, error)
            return
        self._loop.call_soon_threadsafe(_succeed_unless_done, self._started)
        while True:
            self._filled.wait()
            self._filled.clear()
            while self._queue:
                with self._taking:
                    batch = self._queue[:LARGEST]
                    del self._queue[: len(batch)]
                self._current, self._began_s = batch, time.monotonic()
                if batch:
                    self._commit(batch)
                self._current, self._began_s = [], None
                if self.stuck:
                    self.stuck = False
                    self._observe("store.available")
            if self._closing and not self._queue:
                break
        self._syncer.close()
        if self._session is not None:
            self._session.close()

    def _commit(self, batch: list[Waiting]) -> None:
        """Write a batch; its callers are answered when it is durable, or at once when it was not stored."""
        session = self._session
        if session is None or self._given_up:
            self._refuse(batch, self._broken or "the database is away")
            return
        started = time.monotonic()
        try:
            results = self._transaction(session, batch)
        except session.unavailable as error:
            self._lose(error)
            self._refuse(batch, "the database cannot be written to at the moment")
        except Exception as error:
            if len(batch) > 1:
                for waiting in batch:
                    self._commit([waiting])
                return
            self._observe("store.failed", problem=repr(error))
            self._answer(batch, [Unstorable("the database refused this")])
        else:
            self._observe("store.committed", ops=len(batch), ms=(time.monotonic() - started) * 1000)
            if session.synced_by_commit:
                self._answer(batch, results)
            else:
                self._syncer.put(session, batch, results)

    def _transaction(self, session: S, batch: list[Waiting]) -> list[Any]:
        groups: dict[Callable[..., Sequence[Any]], list[int]] = {}
        for index, (bulk, _, _) in enumerate(batch):
            groups.setdefault(bulk, []).append(index)
        results: list[Any] = [None] * len(batch)
        session.begin()
        try:
            for bulk, indexes in groups.items():
                for index, result in zip(indexes, bulk(session, [batch[i][1] for i in indexes]), strict=True):
                    results[index] = result
            session.commit()
        except session.unavailable:
            raise
        except Exception:
            session.rollback()
            raise
        return results

    def _answer(self, batch: list[Waiting], results: list[Any]) -> None:
        assert self._loop is not None
        self._loop.call_soon_threadsafe(self._resolve, batch, results)

    def _refuse(self, batch: list[Waiting], problem: str) -> None:
        self._answer(batch, [StorageUnavailable(problem)] * len(batch))

    def _give_up(self, error: Exception) -> None:
        """The disk did not take what was committed. What it holds is not known any more, so nothing more is written."""
        self._observe("store.unavailable", problem=f"the disk cannot sync: {error}")
        self._broken = DISK
        self._given_up = True

    def _resolve(self, batch: list[Waiting], results: list[Any]) -> None:
        for (_, _, future), result in zip(batch, results, strict=True):
            self._unanswered -= 1
            if future.done():
                continue
            if isinstance(result, ReceiptedError):
                future.set_exception(result)
            else:
                future.set_result(result)

    def _lose(self, error: Exception) -> None:
        """The database is away: answer everyone at once from now on, and look for it in the background."""
        self._observe("store.unavailable", problem=str(error).strip())
        if self._broken is None:
            self._broken = "the database cannot be reached at the moment"
            threading.Thread(target=self._look_for_it, name="receipted-reopen", daemon=True).start()
        if self._session is not None:
            session, self._session = self._session, None
            self._close(session)

    def _close(self, session: S) -> None:
        try:
            session.close()
        except Exception as error:
            self._observe("store.close-failed", problem=str(error))

    def _look_for_it(self) -> None:
        wait_s = RETRY_FIRST_S
        while not self._closing:
            time.sleep(wait_s)
            if self._reopen():
                return
            wait_s = min(wait_s * 2, RETRY_CAP_S)

    def _reopen(self) -> bool:
        session: S | None = None
        try:
            session = self._open_session()
            session.begin()
            self._prove(session)
            session.commit()
        except Exception as error:
            self._observe("store.unavailable", problem=str(error).strip())
            if session is not None:
                self._close(session)
            return False
        self._session = session
        if not self._given_up:
            self._broken = None
            self._observe("store.available")
        return True


def _fail_unless_done(future: "asyncio.Future[None]", error: BaseException) -> None:
    if not future.done():
        future.set_exception(error)


def _succeed_unless_done(future: "asyncio.Future[None]") -> None:
    if not future.done():
        future.set_result(None)
