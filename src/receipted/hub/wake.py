"""The in-process hint that something is to be done. The table is the truth; this only makes it prompt."""

import asyncio


class LocalWake:
    """Many may set, many may wait; each set wakes everyone who waits, and whoever waits next if nobody did."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    def set(self) -> None:
        self._event.set()

    async def wait(self, timeout_s: float) -> None:
        try:
            async with asyncio.timeout(timeout_s):
                await self._event.wait()
        except TimeoutError:
            return
        self._event.clear()
