"""Answers to submits: given at the end of the turn of the event loop, or when their latency is over."""

import heapq
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from receipted.carrier.link import Link
from receipted.carrier.quirks import Answer
from receipted.dialects.smpp.pdus import Pdu, Value


class Reply(NamedTuple):
    """An answer that is to be given, or the cut that replaces it.

    ``at_ms``: when, milliseconds since 1970; 0 = at once. ``of_taken``: it says that a message was taken.
    """

    link: Link
    request: Pdu
    status: int
    fields: Mapping[str, Value]
    answer: Answer = Answer.GIVEN
    at_ms: int = 0
    of_taken: bool = False

    def give(self) -> None:
        """Answer; ``link.flush`` writes it. A cut writes what was answered before."""
        if self.answer is Answer.CUT:
            self.link.flush()
            self.link.cut()
        else:
            self.link.answer(self.request, self.status, self.fields)


class Later:
    """Replies whose time has not come."""

    def __init__(self) -> None:
        self._heap: list[tuple[int, int, Reply]] = []
        self._pushed = 0

    @property
    def next_ms(self) -> int | None:
        """When the next one is due."""
        return self._heap[0][0] if self._heap else None

    def add(self, reply: Reply) -> None:
        self._pushed += 1
        heapq.heappush(self._heap, (reply.at_ms, self._pushed, reply))

    def due(self, now_ms: int) -> Iterator[Reply]:
        """Those whose time has come, in the order of their times."""
        while self._heap and self._heap[0][0] <= now_ms:
            yield heapq.heappop(self._heap)[2]
