"""How one bind comes back, and how patient it is, told with a clock and a chance of the test's own."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from receipted.dialects.smpp.pdus import Command
from receipted.dialects.smpp.status import Statuses
from receipted.hub.links import LinkState
from receipted.providers.smpp.bind import FIRST_PAUSE_MS, STABLE_MS, Bind, Told
from receipted.providers.smpp.settings import SmppSettings
from tests.providers.far_smsc import FarSmsc, Taker, far_smsc, until

BUSY = 0x08
"""A refusal after which a bind is tried again soon."""


class Clock:
    now_ms = 1_000_000

    def __call__(self) -> int:
        return self.now_ms


def a_bind(port: int, hub: Taker, clock: Clock, jitter: Callable[[], float] = lambda: 0.0) -> Bind:
    settings = SmppSettings(host="127.0.0.1", port=port, system_id="gw", reconnect_first_s=0.01, reconnect_most_s=9)
    return Bind(
        "acme#1",
        "acme",
        Command.BIND_TRANSCEIVER,
        settings,
        Statuses(),
        Told(),
        clock,
        hub.observe,
        lambda: None,
        jitter,
    )


@asynccontextmanager
async def running(bind: Bind) -> AsyncIterator[None]:
    task = asyncio.create_task(bind.run())
    try:
        yield
    finally:
        await bind.close(1)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def waits(hub: Taker) -> list[object]:
    return [facts["next_try_ms"] for facts in hub.named("bind.down")]


async def bound_after(far: FarSmsc, bind: Bind, refusals: int) -> None:
    await until(lambda: len(far.binds) == refusals + 1 and bind.sends)


async def test_each_pause_is_longer_until_something_went_well() -> None:
    clock = Clock()
    bind = a_bind(1, Taker(), clock)
    paused: list[int] = []
    for went_well in (False, False, True, False):
        if went_well:
            bind.went_well()
        paused.append(bind.slow_down("throttled"))
        clock.now_ms += paused[-1]
    assert paused == [FIRST_PAUSE_MS, 2 * FIRST_PAUSE_MS, FIRST_PAUSE_MS, 2 * FIRST_PAUSE_MS]


@pytest.mark.parametrize(("held_ms", "wait_ms"), [(STABLE_MS - 1, 80), (STABLE_MS, 10)])
async def test_a_bind_that_held_for_long_comes_back_at_once(held_ms: int, wait_ms: int) -> None:
    hub, clock = Taker(), Clock()
    async with far_smsc() as far:
        far.bind_answers = [BUSY] * 3
        bind = a_bind(far.port, hub, clock)
        async with running(bind):
            await bound_after(far, bind, refusals=3)
            assert waits(hub) == [10, 20, 40]
            assert bind.link("").state is LinkState.BOUND
            clock.now_ms += held_ms
            far.lines[0].cut()
            await until(lambda: len(waits(hub)) == 4)
    assert waits(hub)[3] == wait_ms


async def test_binds_do_not_all_come_back_at_once() -> None:
    hub = Taker()
    async with far_smsc() as far:
        far.bind_answers = [BUSY] * 3
        chances = iter([0.0, 0.5, 1.0])
        bind = a_bind(far.port, hub, Clock(), lambda: next(chances))
        async with running(bind):
            await bound_after(far, bind, refusals=3)
    assert waits(hub) == [10, 15, 20]
