"""Group commit: answered after the commit, together, and never for ever."""

import asyncio
import threading
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest

from receipted.domain.errors import Conflict, Overloaded, ReceiptedError, StorageUnavailable, Unstorable
from receipted.storage.writer import LARGEST, Writer

WAIT_S = 10


class Away(Exception):
    """What the driver raises while the database is away."""


class Tape:
    """A database: what was committed, in batches. ``gate`` holds every commit up while it is closed."""

    unavailable: tuple[type[Exception], ...] = (Away,)
    synced_by_commit = True

    def __init__(self) -> None:
        self.disk = threading.Event()
        self.disk.set()
        self.disk_broken = False
        self.syncs = 0
        self.gate = threading.Event()
        self.gate.set()
        self.committing = threading.Event()
        self.away = False
        self.away_at_commit = False
        self.opened = 0
        self.closed = 0
        self.pending: list[object] = []
        self.batches: list[list[object]] = []

    def open(self) -> "Tape":
        if self.away:
            raise Away("no route")
        self.opened += 1
        return self

    def begin(self) -> None:
        if self.away:
            raise Away("gone")
        self.pending = []

    def commit(self) -> None:
        self.committing.set()
        assert self.gate.wait(WAIT_S)
        if self.away or self.away_at_commit:
            raise Away("gone at the commit")
        if self.pending:
            self.batches.append(self.pending)

    def rollback(self) -> None:
        self.pending = []

    def sync(self) -> None:
        self.syncs += 1
        assert self.disk.wait(WAIT_S)
        if self.disk_broken:
            raise OSError("input/output error")

    def close(self) -> None:
        self.closed += 1
        raise_when_away = self.away
        if raise_when_away:
            raise Away("it was gone already")


def store(tape: Tape, items: Sequence[Any]) -> list[Any]:
    """Write items; "poison" cannot be written, "conflict" is refused."""
    if "poison" in items:
        raise ValueError("poison")
    tape.pending += [item for item in items if item != "conflict"]
    return [Conflict("known") if item == "conflict" else f"stored {item}" for item in items]


def other(tape: Tape, items: Sequence[Any]) -> list[Any]:
    """Another kind of write: notes how many items came in one call."""
    tape.pending.append(("other", len(items)))
    return list(items)


class Watch:
    """Told of each unit of work; waits for one."""

    def __init__(self) -> None:
        self.told: list[str] = []
        self._loop = asyncio.get_running_loop()
        self._came = asyncio.Event()

    def __call__(self, what: str, **facts: object) -> None:
        self.told.append(what)
        self._loop.call_soon_threadsafe(self._came.set)

    async def until(self, what: str) -> None:
        async with asyncio.timeout(WAIT_S):
            while what not in self.told:
                self._came.clear()
                await self._came.wait()


@asynccontextmanager
async def writing(
    tape: Tape, *, waiting: int = 10_000, stuck_s: float = WAIT_S
) -> AsyncIterator[tuple[Writer[Tape], Watch]]:
    watch = Watch()
    writer: Writer[Tape] = Writer(tape.open, waiting=waiting, observe=watch, stuck_s=stuck_s)
    await writer.start()
    try:
        yield writer, watch
    finally:
        tape.gate.set()
        await writer.close()


async def held(tape: Tape, writer: Writer[Tape]) -> "asyncio.Task[Any]":
    """A write that is in the middle of its commit, until the gate opens."""
    tape.gate.clear()
    tape.committing.clear()
    task = asyncio.create_task(writer.write(store, "first"))
    assert await asyncio.to_thread(tape.committing.wait, WAIT_S)
    return task


async def queued(writer: Writer[Tape], *items: object, by: Any = store) -> "list[asyncio.Task[Any]]":
    tasks = [asyncio.create_task(writer.write(by, item)) for item in items]
    await asyncio.sleep(0)
    return tasks


async def test_the_answer_comes_after_the_commit() -> None:
    tape = Tape()
    async with writing(tape) as (writer, watch):
        task = await held(tape, writer)
        assert not task.done()
        tape.gate.set()
        assert await task == "stored first"
        assert tape.batches == [["first"]]
        assert watch.told == ["store.committed"]


async def test_what_waits_is_committed_together_in_its_order() -> None:
    tape = Tape()
    async with writing(tape) as (writer, _):
        first = await held(tape, writer)
        tasks = await queued(writer, *range(100))
        tape.gate.set()
        assert await asyncio.gather(first, *tasks) == ["stored first", *(f"stored {n}" for n in range(100))]
    assert tape.batches == [["first"], list(range(100))]


async def test_one_transaction_has_a_largest_size() -> None:
    tape = Tape()
    async with writing(tape) as (writer, _):
        await held(tape, writer)
        tasks = await queued(writer, *range(LARGEST + 1))
        tape.gate.set()
        await asyncio.gather(*tasks)
    assert [len(batch) for batch in tape.batches] == [1, LARGEST, 1]


async def test_each_kind_of_write_is_called_once_a_batch() -> None:
    tape = Tape()
    async with writing(tape) as (writer, _):
        await held(tape, writer)
        mixed = [*await queued(writer, 1), *await queued(writer, "a", "b", by=other), *await queued(writer, 2)]
        mixed += await queued(writer, "c", by=other)
        tape.gate.set()
        assert await asyncio.gather(*mixed) == ["stored 1", "a", "b", "stored 2", "c"]
    assert tape.batches == [["first"], [1, 2, ("other", 3)]]


async def test_what_cannot_be_written_hurts_no_neighbour() -> None:
    tape = Tape()
    async with writing(tape) as (writer, watch):
        await held(tape, writer)
        tasks = await queued(writer, 1, "poison", 2, "conflict")
        tape.gate.set()
        results = await asyncio.gather(*tasks, return_exceptions=True)
        assert await writer.write(store, 3) == "stored 3"
    assert [type(result) for result in results] == [str, Unstorable, str, Conflict]
    assert tape.batches == [["first"], [1], [2], [3]]
    assert watch.told.count("store.failed") == 1


async def test_a_refusal_is_for_its_own_caller_only() -> None:
    tape = Tape()
    async with writing(tape) as (writer, _):
        await held(tape, writer)
        tasks = await queued(writer, 1, "conflict", 2)
        tape.gate.set()
        results = await asyncio.gather(*tasks, return_exceptions=True)
    assert isinstance(results[1], Conflict)
    assert tape.batches == [["first"], [1, 2]]


async def test_too_much_waiting_is_refused_and_not_stored() -> None:
    tape = Tape()
    async with writing(tape, waiting=3) as (writer, _):
        first = await held(tape, writer)
        tasks = await queued(writer, 1, 2)
        with pytest.raises(Overloaded) as refused:
            await writer.write(store, 3)
        assert refused.value.retry
        tape.gate.set()
        await asyncio.gather(first, *tasks)
        assert await writer.write(store, 4) == "stored 4"
    assert tape.batches == [["first"], [1, 2], [4]]


async def test_whoever_stops_waiting_hurts_nobody() -> None:
    tape = Tape()
    async with writing(tape) as (writer, _):
        first = await held(tape, writer)
        gone, stays = await queued(writer, 1, 2)
        first.cancel()
        gone.cancel()
        tape.gate.set()
        assert await stays == "stored 2"
        assert await writer.write(store, 3) == "stored 3"


@pytest.mark.parametrize("when", ["begin", "commit"])
async def test_a_database_that_goes_away_fails_at_once_and_comes_back(when: str) -> None:
    tape = Tape()
    async with writing(tape) as (writer, watch):
        first = await held(tape, writer)
        tasks = await queued(writer, 1, 2)
        if when == "begin":
            tape.gate.set()
            assert await first == "stored first"
        tape.away = True
        tape.gate.set()
        results = await asyncio.gather(*tasks, return_exceptions=True)
        if when == "commit":
            assert {type(result) for result in results} == {StorageUnavailable}
            with pytest.raises(StorageUnavailable):
                await first
        else:
            with pytest.raises(StorageUnavailable):
                await writer.write(store, 3)
        await watch.until("store.unavailable")
        with pytest.raises(StorageUnavailable) as refused:
            await asyncio.wait_for(writer.write(store, 4), 0.05)
        assert refused.value.retry
        tape.away = False
        await watch.until("store.available")
        assert await writer.write(store, 5) == "stored 5"
        assert tape.opened == 2
    assert [5] in tape.batches
    assert tape.closed == 2


async def test_closing_commits_what_waits() -> None:
    tape = Tape()
    async with writing(tape) as (writer, _):
        first = await held(tape, writer)
        tasks = await queued(writer, *range(LARGEST + 5))
        closing = asyncio.create_task(writer.close())
        await asyncio.sleep(0)
        with pytest.raises(StorageUnavailable, match="stopping"):
            await writer.write(store, "late")
        tape.gate.set()
        await closing
        results = await asyncio.gather(first, *tasks)
    assert len(results) == LARGEST + 6
    assert sum(len(batch) for batch in tape.batches) == LARGEST + 6
    assert tape.closed == 1


async def test_nothing_that_waits_is_forgotten_when_it_closes_at_that_moment() -> None:
    for _ in range(200):
        tape = Tape()
        writer: Writer[Tape] = Writer(tape.open, waiting=100, observe=lambda what, **facts: None)
        await writer.start()
        await writer.write(store, 1)
        task = asyncio.create_task(writer.write(store, 2))
        await asyncio.sleep(0)
        await writer.close()
        assert await asyncio.wait_for(task, WAIT_S) == "stored 2"


async def test_closing_again_or_unopened_is_harmless() -> None:
    tape = Tape()
    async with writing(tape) as (writer, _):
        await writer.close()
        await writer.close()
    await Writer(Tape().open, waiting=1, observe=lambda what, **facts: None).close()


async def test_a_database_that_cannot_be_opened_says_why() -> None:
    tape = Tape()
    tape.away = True
    writer: Writer[Tape] = Writer(tape.open, waiting=1, observe=lambda what, **facts: None)
    with pytest.raises(Away, match="no route"):
        await writer.start()
    await writer.close()


async def test_an_error_says_that_trying_again_can_help() -> None:
    errors: list[type[ReceiptedError]] = [Overloaded, StorageUnavailable]
    assert all(error.retry for error in errors)


def lazy() -> Tape:
    """A database whose commits are durable only after a sync, as SQLite's are here."""
    tape = Tape()
    tape.synced_by_commit = False
    return tape


async def test_nothing_is_answered_before_it_is_synced() -> None:
    tape = lazy()
    async with writing(tape) as (writer, watch):
        tape.disk.clear()
        (task,) = await queued(writer, "first")
        await watch.until("store.committed")
        assert tape.batches == [["first"]]
        assert not task.done()
        tape.disk.set()
        assert await task == "stored first"


async def test_batches_are_written_while_another_is_synced_and_share_the_next_sync() -> None:
    tape = lazy()
    async with writing(tape) as (writer, watch):
        tape.disk.clear()
        tasks = []
        for number in range(4):
            tasks += await queued(writer, number)
            async with asyncio.timeout(WAIT_S):
                while watch.told.count("store.committed") <= number:
                    await asyncio.sleep(0)
        assert len(tape.batches) == 4
        assert not any(task.done() for task in tasks)
        tape.disk.set()
        await asyncio.gather(*tasks)
        assert tape.syncs == 2


async def test_what_the_disk_did_not_take_is_not_answered_and_nothing_more_is_written() -> None:
    tape = lazy()
    async with writing(tape) as (writer, watch):
        tape.disk_broken = True
        with pytest.raises(StorageUnavailable):
            await writer.write(store, "lost")
        await watch.until("store.unavailable")
        tape.disk_broken = False
        with pytest.raises(StorageUnavailable, match="disk"):
            await writer.write(store, "later")


async def test_close_syncs_what_waits() -> None:
    tape = lazy()
    async with writing(tape) as (writer, _):
        tape.disk.clear()
        tasks = await queued(writer, "first", "second")
        closing = asyncio.create_task(writer.close())
        tape.disk.set()
        await closing
        assert await asyncio.gather(*tasks) == ["stored first", "stored second"]


async def test_a_sync_that_failed_once_is_not_believed_later() -> None:
    tape = lazy()
    async with writing(tape) as (writer, watch):
        tape.disk.clear()
        tasks = await queued(writer, "lost")
        async with asyncio.timeout(WAIT_S):
            while not tape.syncs:
                await asyncio.sleep(0)
        tasks += await queued(writer, "built on it")
        async with asyncio.timeout(WAIT_S):
            while watch.told.count("store.committed") < 2:
                await asyncio.sleep(0)
        tape.disk_broken = True
        tape.disk.set()
        await watch.until("store.unavailable")
        tape.disk_broken = False
        results = await asyncio.gather(*tasks, return_exceptions=True)
        assert [type(result) for result in results] == [StorageUnavailable, StorageUnavailable]


async def test_a_database_that_does_not_answer_keeps_nobody_waiting() -> None:
    tape = Tape()
    async with writing(tape, stuck_s=0.1) as (writer, watch):
        first = await held(tape, writer)
        (second,) = await queued(writer, "second")
        for waiting in (first, second):
            with pytest.raises(StorageUnavailable, match="does not answer"):
                await waiting
        with pytest.raises(StorageUnavailable, match="does not answer"):
            await writer.write(store, "third")
        tape.gate.set()
        await watch.until("store.available")
        assert await writer.write(store, "fourth") == "stored fourth"
        assert tape.batches == [["first"], ["fourth"]]
