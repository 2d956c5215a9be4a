"""The hint that something is to be done."""

import asyncio
import time

from receipted.hub.wake import LocalWake


async def test_a_wake_up_wakes_everyone_who_waits() -> None:
    wake = LocalWake()
    waiting = [asyncio.create_task(wake.wait(30)) for _ in range(3)]
    await asyncio.sleep(0)
    wake.set()
    await asyncio.wait_for(asyncio.gather(*waiting), 5)


async def test_a_wake_up_that_nobody_waited_for_is_kept_for_the_next() -> None:
    wake = LocalWake()
    wake.set()
    wake.set()
    await asyncio.wait_for(wake.wait(30), 5)
    await wake.wait(0.01)


async def test_the_wait_ends_by_itself() -> None:
    started = time.monotonic()
    await LocalWake().wait(0.02)
    assert 0.01 < time.monotonic() - started < 5
