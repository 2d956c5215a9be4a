"""What is owed to one account, in the order in which it is due, and the binds that it can be given to."""

from collections import deque
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from receipted.carrier.accepted import Accepted
from receipted.carrier.traffic import Limit
from receipted.carrier.turn import Sending
from receipted.domain.backoff import delay_ms

if TYPE_CHECKING:
    from receipted.carrier.link import Link

FIRST_GAP_MS: Final = 5_000
LONGEST_GAP_MS: Final = 3_600_000
MOST_TRIES: Final = 24
"""With these gaps, about fifteen hours."""


class Owed:
    """A message with sendings still to come; ``done`` of them are answered. One at a time is on its way."""

    __slots__ = ("attempts", "done", "message", "origin", "reply", "sendings")

    def __init__(self, message: Accepted, sendings: tuple[Sending, ...], reply: str, done: int = 0) -> None:
        self.message = message
        self.sendings = sendings
        self.reply = reply
        self.done = done
        self.attempts = 0
        self.origin: Link | None = None
        """The bind that is not to get it, if there is another."""

    @property
    def next(self) -> Sending:
        return self.sendings[self.done]

    @property
    def finished(self) -> bool:
        return self.done >= len(self.sendings)


def gap_ms(attempts: int) -> int:
    """How long after the ``attempts``-th try without a good answer the next one comes (reference smpp 4)."""
    return delay_ms(attempts, first_ms=FIRST_GAP_MS, cap_ms=LONGEST_GAP_MS)


class Account:
    """One system_id: its limit, its receiving binds, and what is due to it. ``owed`` counts its messages."""

    def __init__(self, system_id: str, rate_per_s: int) -> None:
        self.system_id = system_id
        self.limit = Limit(rate_per_s)
        self.due: deque[Owed] = deque()
        self.receivers: list[Link] = []
        self.binds = 0
        self.owed = 0
        self._turn = 0

    @property
    def idle(self) -> bool:
        """Nobody is bound and nothing is owed: it can be forgotten."""
        return not self.binds and not self.owed

    def give(self) -> Iterator["tuple[Link, Owed]"]:
        """What can be sent now, and to which bind: in turn, as long as one has room."""
        while self.due:
            receiver = self._next(self.due[0].origin)
            if receiver is None:
                return
            yield receiver, self.due.popleft()

    def _next(self, avoided: "Link | None") -> "Link | None":
        receivers = self.receivers
        second_best = None
        for step in range(len(receivers)):
            receiver = receivers[(self._turn + step) % len(receivers)]
            if not receiver.room():
                continue
            if receiver is not avoided:
                self._turn = (self._turn + step + 1) % len(receivers)
                return receiver
            second_best = receiver
        return second_best if len(receivers) == 1 else None
