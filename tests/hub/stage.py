"""What the tests of the hub's verbs stand on: a clock that is set, a far company, and waiting for a condition."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from receipted.domain.advice import Advice
from receipted.domain.receipt import Receipt
from receipted.hub.health import Limits
from receipted.hub.links import Link
from receipted.hub.ports import (
    Answered,
    Deliver,
    Finding,
    Outcome,
    Outstanding,
    PartAnswer,
    Provider,
    Submission,
    TakeInbound,
    WebhookRequest,
)
from receipted.hub.route import Policy, Route
from receipted.hub.routing import Routing
from receipted.hub.submit import Submit
from receipted.hub.wake import LocalWake
from tests.contracts.store_samples import NOW, Place

WAIT_S = 20


class Clock:
    """Stands still until it is set. ``asked`` counts how often it was looked at."""

    def __init__(self, now_ms: int = NOW) -> None:
        self.now_ms = now_ms
        self.asked = 0

    def __call__(self) -> int:
        self.asked += 1
        return self.now_ms


async def until(condition: Callable[[], Awaitable[bool]], wake: LocalWake | None = None) -> None:
    """Return when the condition holds; ``wake`` is set before each look at it."""
    async with asyncio.timeout(WAIT_S):
        while not await condition():
            if wake is not None:
                wake.set()
            await asyncio.sleep(0.005)


Answer = Callable[[Submission], Awaitable[Outcome]]


async def taken(submission: Submission) -> Outcome:
    """The answer of a company that takes everything."""
    return Answered(
        parts=tuple(
            PartAnswer(provider_message_id=f"{submission.message_id}/{n}") for n in range(submission.part_count)
        )
    )


class Far:
    """A provider's port with a company behind it that answers as the test says."""

    name = "far"
    webhook_paths: tuple[str, ...] = ()
    retry_status = 503
    resumes = False

    def __init__(self, answer: Answer = taken, *, rate_per_s: float = 0, concurrency: int = 4) -> None:
        self.answer = answer
        self.rate_per_s = rate_per_s
        self.concurrency = concurrency
        self.asked: list[Submission] = []
        self.lacks: str | None = None
        self.under_way = 0
        self.most_under_way = 0

    def due_s(self, country: str) -> int:
        return 3_600 if country == "GB" else 7_200

    def missing(self) -> str | None:
        return self.lacks

    def ready(self) -> str | None:
        return self.lacks

    async def submit(self, submission: Submission) -> Outcome:
        self.asked.append(submission)
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        try:
            return await self.answer(submission)
        finally:
            self.under_way -= 1

    def read(self, request: WebhookRequest, now_ms: int) -> list[Receipt]:
        return []

    def advise(self, err_code: str, *, at_submit: bool) -> Advice | None:
        return None

    async def start(self, deliver: Deliver, take_inbound: TakeInbound) -> None:
        """Nothing to begin."""

    def links(self) -> list[Link]:
        return []

    async def resume(self, outstanding: Sequence[Outstanding]) -> None:
        """Nothing to take up."""

    async def check(self) -> list[Finding]:
        return []

    async def close(self) -> None:
        """Nothing to let go of."""


def routing(
    place: Place, providers: Mapping[str, Provider], *routes: Route, clock: Clock | None = None, **more: Any
) -> Routing:
    """The routing table at work; without routes all goes to the first provider."""
    given: dict[str, Any] = {"policy": Policy.FIXED, "limits": Limits(), "slow_s": 300.0, **more}
    return Routing(
        providers=providers,
        default_provider=next(iter(providers)),
        routes=routes,
        store=place.store,
        clock=clock or Clock(),
        observe=place.observe,
        **given,
    )


class Worker:
    """A provider's queue being worked on."""

    def __init__(self, place: Place, provider: Provider, clock: Clock) -> None:
        self.wake = LocalWake()
        self.clock = clock
        self.submit = Submit(
            store=place.store,
            provider=provider,
            clock=clock,
            observe=place.observe,
            wake=self.wake,
            ambiguous_s=600,
            unsent_s=86_400,
        )
        self.task = asyncio.create_task(self.submit.run())

    async def rounds(self) -> None:
        """Let it look at its queue a few times more."""
        asked = self.clock.asked

        async def has_looked() -> bool:
            return self.clock.asked > asked + 12

        await until(has_looked, self.wake)

    async def until(self, condition: Callable[[], Awaitable[bool]]) -> None:
        await until(condition, self.wake)


@asynccontextmanager
async def working(place: Place, provider: Provider, clock: Clock | None = None) -> AsyncIterator[Worker]:
    """Works on the queue during the block, then stops as the hub does."""
    worker = Worker(place, provider, clock or Clock())
    try:
        yield worker
    finally:
        await worker.submit.drain(1)
        worker.task.cancel()
        await asyncio.wait([worker.task])


@asynccontextmanager
async def locked(place: Place) -> AsyncIterator[None]:
    """Nothing can be committed during the block: another program holds the file's write lock."""
    engine = place.raw()
    with engine.connect() as connection:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        try:
            yield
        finally:
            connection.exec_driver_sql("ROLLBACK")
    engine.dispose()
