"""Hand messages to one provider: claimed in the database first, submitted once, and what came of it recorded.

A claim is committed before the provider is called, so a crash in between leaves a mark: the message may have been sent,
and is never sent again (promise 5). A receipt settles it, or time does.
"""

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from functools import partial

from receipted.domain.backoff import delay_ms
from receipted.domain.errors import Overloaded, StorageUnavailable, Unstorable
from receipted.hub.ports import (
    Ambiguous,
    Answered,
    Clock,
    Deferred,
    Observe,
    Outcome,
    Provider,
    Store,
    Submission,
    SubmitAttempt,
    Wake,
)
from receipted.hub.rate import Rate, Trouble
from receipted.hub.reroute import Reroute, blamed
from receipted.hub.routing import Tally

POLL_S = 0.5
"""The slow look behind the wake-up: the longest that a due message waits when a hint was lost."""
OWN_BACKOFF_FROM = 3
"""From this try on the wait that a provider names is not believed to be long enough."""

LEAVE_AFTER_MS = 5_000
"""How long a provider may not be ready before its messages go to others."""
LEAVE_AT_ONCE = 100


class Submit:
    """The worker of one provider's queue. ``run`` until cancelled or ``drain``ed."""

    def __init__(
        self,
        *,
        store: Store,
        provider: Provider,
        clock: Clock,
        observe: Observe,
        wake: Wake,
        ambiguous_s: int,
        unsent_s: int,
        tally: Tally | None = None,
        wake_other: Callable[[str], None] = lambda _: None,
    ) -> None:
        """``tally`` is told how submits end; ``wake_other`` that another provider was given a message."""
        self._store = store
        self._provider = provider
        self._clock = clock
        self._observe = observe
        self._wake = wake
        self._ambiguous_ms = ambiguous_s * 1000
        self._unsent_ms = unsent_s * 1000
        self._tally = tally or Tally()
        self._reroute = Reroute(store=store, provider=provider.name, wake_other=wake_other, observe=observe)
        self._rate = Rate(provider.rate_per_s)
        self._trouble = Trouble()
        self._in_flight: dict[str, asyncio.Task[None]] = {}
        self._claiming = asyncio.Lock()
        self._claim_lost = False
        self._unready_since_ms: int | None = None
        self._stopping = False

    async def run(self) -> None:
        """Claim and submit as fast as the provider allows."""
        while not self._stopping:
            try:
                async with self._claiming:
                    started = await self._round()
            except (Overloaded, StorageUnavailable) as error:
                self._observe("submit.postponed", provider=self._provider.name, problem=str(error))
                started = 0
            if not started:
                await self._pause()

    async def drain(self, timeout_s: float) -> None:
        """Start nothing more and wait for what is under way. What is not answered by then counts as ambiguous."""
        self._stopping = True
        self._wake.set()
        finishing = asyncio.create_task(self._finish())
        await asyncio.wait([finishing], timeout=timeout_s)
        for task in [finishing, *self._in_flight.values()]:
            task.cancel()

    async def _finish(self) -> None:
        async with self._claiming:
            # What is being claimed at this moment is marked in the database, so it is submitted too.
            under_way = list(self._in_flight.values())
        if under_way:
            await asyncio.wait(under_way)

    async def _round(self) -> int:
        await self._unclaim()
        now_ms = self._clock()
        at_once = 1 if self._trouble.on else self._provider.concurrency
        free = 0 if self._trouble.wait_ms(now_ms) else at_once - len(self._in_flight)
        allowed = self._rate.take(now_ms, free) if free > 0 else 0
        unready = self._provider.ready()
        if not allowed or unready is not None:
            self._rate.give_back(allowed)
            return await self._leave(now_ms, unready) if unready is not None else 0
        self._unready_since_ms = None
        claimed = await self._claim(allowed)
        for submission in claimed:
            task = asyncio.create_task(self._one(submission))
            self._in_flight[submission.message_id] = task
            task.add_done_callback(partial(self._done, submission.message_id))
        return len(claimed)

    async def _leave(self, now_ms: int, unready: str) -> int:
        """Let messages go that another provider could take, once this one has not been ready for a while."""
        if self._unready_since_ms is None:
            self._unready_since_ms = now_ms
        if now_ms - self._unready_since_ms < LEAVE_AFTER_MS or self._in_flight:
            return 0
        claimed = await self._claim(LEAVE_AT_ONCE)
        gone = [await self._reroute(one, unready, now_ms, now_ms, self._until_stored) for one in claimed]
        if not all(gone):
            await self._store.release(self._provider.name, frozenset())
        return sum(gone)

    async def _pause(self) -> None:
        now_ms = self._clock()
        wait_ms = max(self._rate.wait_ms(now_ms), self._trouble.wait_ms(now_ms))
        await self._wake.wait(min(wait_ms / 1000, 5.0) if wait_ms else POLL_S)

    def _done(self, message_id: str, task: asyncio.Task[None]) -> None:
        # A deferred message may have been claimed again before this is called; that entry belongs to its new task.
        if self._in_flight.get(message_id) is task:
            del self._in_flight[message_id]
        self._wake.set()

    async def _claim(self, allowed: int) -> list[Submission]:
        claimed: list[Submission] = []
        self._claim_lost = True
        try:
            claimed = await self._store.claim(self._provider.name, self._clock(), allowed)
            self._claim_lost = False
        finally:
            self._rate.give_back(allowed - len(claimed))
        return claimed

    async def _unclaim(self) -> None:
        """Give back what a failed claim may have marked: nobody has sent it, since nobody was given it."""
        if self._claim_lost:
            await self._store.release(self._provider.name, frozenset(self._in_flight))
            self._claim_lost = False

    async def _one(self, submission: Submission) -> None:
        started_ms = self._clock()
        life_ms = submission.ttl_ms or self._unsent_ms
        if started_ms > submission.created_ms + life_ms:
            await self._until_stored(lambda: self._store.abandon(submission.message_id, started_ms, _too_old(life_ms)))
            self._observe("message.abandoned", message=submission.message_id, provider=self._provider.name)
            return
        outcome = await self._submit(submission)
        ended_ms = self._clock()
        why = blamed(outcome, self._provider)
        self._tally.add(ended_ms, failed=why is not None)
        if why is not None and await self._reroute(submission, why, started_ms, ended_ms, self._until_stored):
            return
        try:
            await self._record(submission, outcome, started_ms, ended_ms)
        except Unstorable as error:
            outcome = Ambiguous(reason="the provider's answer holds what the database refuses to store")
            self._observe("settle.failed", provider=self._provider.name, problem=str(error))
            await self._record(submission, outcome, started_ms, ended_ms)
        self._observe(
            "message.submitted",
            message=submission.message_id,
            provider=self._provider.name,
            outcome=_told(outcome),
            attempt=submission.attempt,
            ms=ended_ms - started_ms,
            detail=_detail(outcome),
            refusals=_refusals(outcome),
        )

    async def _submit(self, submission: Submission) -> Outcome:
        try:
            outcome = await self._provider.submit(submission)
            if isinstance(outcome, Answered) and not outcome.parts:
                return Ambiguous(reason="the provider answered about no part at all")
            return outcome
        except Exception as error:
            self._observe("provider.broke", provider=self._provider.name, problem=repr(error))
            return Ambiguous(reason=f"the hub's own code for this provider failed: {type(error).__name__}")

    async def _record(self, submission: Submission, outcome: Outcome, started_ms: int, ended_ms: int) -> None:
        retry_ms = due_ms = 0
        match outcome:
            case Deferred():
                retry_ms = ended_ms + self._wait_ms(submission.attempt, outcome, ended_ms)
            case Ambiguous():
                self._trouble.unclear(started_ms, ended_ms)
            case Answered():
                self._trouble.over()
                due_ms = ended_ms + self._provider.due_s(submission.country) * 1000
        attempt = SubmitAttempt(
            message_id=submission.message_id,
            attempt=submission.attempt,
            started_ms=started_ms,
            ended_ms=ended_ms,
            outcome=_word(outcome),
            detail=_detail(outcome),
        )
        await self._until_stored(
            lambda: self._store.settle(
                attempt, outcome, due_ms=due_ms, retry_ms=retry_ms, unclear_due_ms=ended_ms + self._ambiguous_ms
            )
        )

    def _wait_ms(self, attempt: int, outcome: Deferred, ended_ms: int) -> int:
        """How long this message waits. Throttling holds the others up, too, but only as long as the provider says."""
        backoff_ms = delay_ms(attempt, jitter=random.random())  # noqa: S311
        named_ms = backoff_ms if outcome.wait_ms is None else outcome.wait_ms
        if outcome.throttled:
            self._rate.pause(ended_ms + named_ms)
            self._tally.throttled(ended_ms + named_ms)
        return max(named_ms, backoff_ms) if attempt >= OWN_BACKOFF_FROM else named_ms

    async def _until_stored(self, write: Callable[[], Awaitable[None]]) -> None:
        """What the provider said exists only here until it is stored: a database that is away is waited for."""
        tries = 0
        while True:
            try:
                return await write()
            except Unstorable:
                raise
            except (Overloaded, StorageUnavailable) as error:
                tries += 1
                self._observe("settle.postponed", provider=self._provider.name, problem=str(error))
                await asyncio.sleep(delay_ms(tries, first_ms=100, cap_ms=2_000, jitter=random.random()) / 1000)  # noqa: S311


def _word(outcome: Outcome) -> str:
    return type(outcome).__name__.lower()


def _told(outcome: Outcome) -> str:
    """For whoever watches: as it is recorded, but an answer that refuses is no success."""
    refused = sum(_refusals(outcome).values())
    if isinstance(outcome, Answered) and refused:
        return "refused" if refused == len(outcome.parts) else "partly-refused"
    return _word(outcome)


def _refusals(outcome: Outcome) -> dict[str, int]:
    """How many parts were refused with which code."""
    if not isinstance(outcome, Answered):
        return {}
    return dict(Counter(part.err_code or "" for part in outcome.parts if part.refused))


def _detail(outcome: Outcome) -> str:
    if isinstance(outcome, Answered):
        return "; ".join(part.reason for part in outcome.parts if part.reason)
    return outcome.reason


def _too_old(life_ms: int) -> str:
    hours = life_ms / 3_600_000
    life = f"{hours:.0f} h" if hours >= 1 else f"{life_ms // 1000} s"
    return f"no provider took it within {life}, so it was not sent"
