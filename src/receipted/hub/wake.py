"""The in-process hint that something is to be done. The table is the truth; this only makes it prompt."""

import asyncio


class LocalWake:
    """Many may set, many may wait; each set wakes everyone who waits, and whoever waits next if nobody did."""

    def __init__(self) -> None:
        self._event = asyncio.Event()
        self.closed = False

    def set(self) -> None:
        self._event.set()

    def close(self) -> None:
        """There is nothing more to wait for: whoever waits, and ever will, goes on at once."""
        self.closed = True
        self._event.set()

    async def wait(self, timeout_s: float) -> None:
        try:
            async with asyncio.timeout(timeout_s):
                await self._event.wait()
        except TimeoutError:
            return
        if not self.closed:
            self._event.clear()
