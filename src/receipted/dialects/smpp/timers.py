"""The timers of a session (SMPP 3.4 section 7.2; reference smpp 5): pure, told the time, saying when to be asked again.

A look at them gives one of three answers: carry on, send an enquire_link, or stop, because …
"""

from enum import StrEnum
from typing import NamedTuple

import msgspec


class SessionSettings(msgspec.Struct, frozen=True, kw_only=True):
    """How a session behaves. All times in milliseconds; 0 switches a timer off."""

    window: int = 10
    """Requests of ours that may be unanswered at once."""
    peer_window: int = 1_000
    """Requests of the peer that may be unanswered at once; more are refused for now, so that nothing piles up."""
    nonsense: int = 100
    """PDUs that make no sense, one after the other, until the peer is left: nothing good comes of it."""
    bind_ms: int = 10_000
    """session_init_timer: how long a connection may be without a bind, and a bind without its answer."""
    enquire_link_ms: int = 30_000
    """enquire_link_timer: after so much silence the peer is asked whether it is still there."""
    enquire_answer_ms: int = 15_000
    """How long it may take to say so."""
    inactivity_ms: int = 0
    """inactivity_timer: after so long without anything but enquire_link the session is ended."""
    response_ms: int = 60_000
    """response_timer: how long a request may be unanswered."""
    unbind_ms: int = 5_000
    """How long an unbind may be unanswered."""


class Do(StrEnum):
    """What the timers ask for."""

    CARRY_ON = "carry on"
    ENQUIRE = "send enquire_link"
    STOP = "stop"


class Verdict(NamedTuple):
    """The answer of a look at the timers."""

    do: Do
    reason: str = ""


CARRY_ON = Verdict(Do.CARRY_ON)
ENQUIRE = Verdict(Do.ENQUIRE)


class Timers:
    """When things last happened in a session. ``None`` means: not now."""

    def __init__(self, settings: SessionSettings, now_ms: int) -> None:
        self._settings = settings
        self.waiting_since_ms: int | None = now_ms
        """Since when the session is not bound, or has asked to be unbound."""
        self.unbinding = False
        self.heard_ms = now_ms
        self.active_ms = now_ms
        self.enquired_ms: int | None = None

    def heard(self, now_ms: int, *, active: bool) -> None:
        """A whole PDU came in; ``active`` if it was more than an enquire_link or its answer."""
        self.heard_ms = now_ms
        if active:
            self.active_ms = now_ms

    def look(self, now_ms: int) -> Verdict:
        """What is to be done now."""
        of = self._settings
        if self.waiting_since_ms is not None:
            limit_ms = of.unbind_ms if self.unbinding else of.bind_ms
            if limit_ms and now_ms >= self.waiting_since_ms + limit_ms:
                return Verdict(Do.STOP, _waited(self.unbinding, limit_ms))
            return CARRY_ON
        if self.enquired_ms is not None and of.enquire_answer_ms and now_ms >= self.enquired_ms + of.enquire_answer_ms:
            return Verdict(Do.STOP, f"enquire_link was not answered within {of.enquire_answer_ms / 1000:g} s")
        if of.inactivity_ms and now_ms >= self.active_ms + of.inactivity_ms:
            return Verdict(Do.STOP, f"nothing was sent for {of.inactivity_ms / 1000:g} s")
        if self.enquired_ms is None and of.enquire_link_ms and now_ms >= self.heard_ms + of.enquire_link_ms:
            return ENQUIRE
        return CARRY_ON

    def next_ms(self) -> int | None:
        """When to look again; None if there is nothing to wait for."""
        of = self._settings
        if self.waiting_since_ms is not None:
            limit_ms = of.unbind_ms if self.unbinding else of.bind_ms
            return self.waiting_since_ms + limit_ms if limit_ms else None
        due: list[int] = []
        if self.enquired_ms is not None and of.enquire_answer_ms:
            due.append(self.enquired_ms + of.enquire_answer_ms)
        if self.enquired_ms is None and of.enquire_link_ms:
            due.append(self.heard_ms + of.enquire_link_ms)
        if of.inactivity_ms:
            due.append(self.active_ms + of.inactivity_ms)
        return min(due, default=None)


def _waited(unbinding: bool, limit_ms: int) -> str:
    what = "unbind was not answered" if unbinding else "there was no bind"
    return f"{what} within {limit_ms / 1000:g} s"
