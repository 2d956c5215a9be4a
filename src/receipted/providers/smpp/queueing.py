"""Which bind takes the next submit: whatever waits goes, in its order, to the bound one with the most room."""

import asyncio
from collections import deque
from collections.abc import Sequence
from typing import NamedTuple, TypeAlias

from receipted.dialects.smpp.codec import Unencodable
from receipted.dialects.smpp.events import Answered, Unanswered
from receipted.dialects.smpp.submit import Submit
from receipted.providers.smpp.bind import Bind


class Sent(NamedTuple):
    """What came of one submit_sm, and on which bind."""

    bind: Bind
    reply: Answered | Unanswered


Turn: TypeAlias = "asyncio.Future[tuple[Bind, asyncio.Future[Answered | Unanswered]]]"


class Queue:
    """``send`` waits for a bind that has room; ``go_on`` is called whenever there may be some."""

    def __init__(self, binds: Sequence[Bind]) -> None:
        self._binds = binds
        self._waiting: deque[tuple[Submit, Turn]] = deque()
        self._timer: asyncio.TimerHandle | None = None

    async def send(self, piece: Submit, turn_s: float) -> Sent | None:
        """Submit a piece once a bind has room, and wait for the answer; None if none had within ``turn_s``.

        None means that nothing was written. Raises Unencodable.
        """
        loop = asyncio.get_running_loop()
        turn: Turn = loop.create_future()
        self._waiting.append((piece, turn))
        try:
            self.go_on()
            if not turn.done():
                await asyncio.wait([turn], timeout=turn_s)
            if not turn.done():
                return None
            bind, reply = turn.result()
        finally:
            # Also when the caller is cancelled: its message is not to go out behind its back.
            turn.cancel()
        return Sent(bind, await reply)

    def go_on(self) -> None:
        """Submit what waits while there is room."""
        while self._waiting:
            if self._waiting[0][1].done():
                self._waiting.popleft()
                continue
            bind = self._roomiest()
            if bind is None:
                self._look_again()
                return
            piece, turn = self._waiting.popleft()
            try:
                turn.set_result((bind, bind.submit(piece.fields, piece.tlvs)))
            except Unencodable as error:
                turn.set_exception(error)

    def _roomiest(self) -> Bind | None:
        best, most = None, 0
        for bind in self._binds:
            if bind.sends and (free := bind.free()) > most:
                best, most = bind, free
        return best

    def _look_again(self) -> None:
        """A rate or a pause ends by itself; nobody tells when."""
        wait_ms = min((bind.wait_ms() for bind in self._binds if bind.sends), default=0)
        if wait_ms and self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(wait_ms / 1000, self._timer_over)

    def _timer_over(self) -> None:
        self._timer = None
        self.go_on()
