"""One connection of an ESME: the asyncio shell around a session in the SMSC's role. Bytes in, events out, bytes out."""

import asyncio
import socket
from collections.abc import Callable, Mapping, Sequence
from typing import Final, cast

from receipted.carrier.outbox import Account, Owed
from receipted.carrier.settings import SmscSettings
from receipted.dialects.smpp.events import Event
from receipted.dialects.smpp.operations import TAKES, Role
from receipted.dialects.smpp.pdus import Pdu, Value
from receipted.dialects.smpp.session import Session, SessionSettings

STALLED_S: Final = 30.0
"""How long an ESME may leave unread what we write, before its connection is cut."""
KEPT_OCTETS: Final = 262_144
"""As much may wait to be written to one ESME, and again in the system; beyond, nothing more is read from it."""

LEAST_ANSWER_MS: Final = 1_000
"""However fast time passes, an ESME may take so long to answer a receipt."""

Happened = Callable[["Link", Sequence[Event]], None]


class Link(asyncio.Protocol):
    """``happened`` is told of every batch of events; whoever changes the session calls ``flush`` afterwards."""

    def __init__(self, settings: SessionSettings, opened: Callable[["Link"], bool], happened: Happened) -> None:
        self.account: Account | None = None
        self.flying: dict[int, Owed] = {}
        """What is on its way over this connection, by sequence_number."""
        self.peer = ""
        """The address at the other end."""
        self.name = ""
        """For the log: the account, once it is bound, and the address."""
        self._settings = settings
        self._opened = opened
        self._happened = happened
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._timer_ms: int | None = None
        self._stalled: asyncio.TimerHandle | None = None
        self.session = Session(Role.SMSC, settings, self.now_ms)

    @property
    def now_ms(self) -> int:
        """The session's clock: it never runs backwards."""
        return int(self._loop.time() * 1000)

    @property
    def gone(self) -> bool:
        return self.session.closed is not None

    def room(self) -> bool:
        """Whether one more receipt may be sent now."""
        return self._stalled is None and self.session.state in TAKES and self.session.free(self.now_ms) > 0

    # --- what the event loop calls ------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are not of asyncio's classes.
        self._transport = transport = cast(asyncio.Transport, transport)
        transport.set_write_buffer_limits(high=KEPT_OCTETS)
        # The system would keep megabytes for each ESME that does not read.
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, KEPT_OCTETS)
        host, port = (transport.get_extra_info("peername") or ("?", 0))[:2]
        self.peer = self.name = f"{host}:{port}"
        if self._opened(self):
            self._set_timer()
        else:
            transport.abort()

    def data_received(self, data: bytes) -> None:
        events = self.session.receive(data, self.now_ms)
        if events:
            self._happened(self, events)
        else:
            self.flush()

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        for timer in (self._timer, self._stalled):
            if timer is not None:
                timer.cancel()
        self._timer = None
        self._happened(self, self.session.eof(self.now_ms))

    def pause_writing(self) -> None:
        assert self._transport is not None
        self._transport.pause_reading()
        self._stalled = self._loop.call_later(STALLED_S, self.cut)

    def resume_writing(self) -> None:
        if self._stalled is not None:
            self._stalled.cancel()
            self._stalled = None
        if self._transport is not None:
            self._transport.resume_reading()
        self._happened(self, ())

    # --- what the SMSC calls ------------------------------------------------------------------------------------------

    def flush(self) -> None:
        """Write what the session has to say; close when it is over."""
        transport = self._transport
        if transport is None:
            return
        if data := self.session.data_to_send():
            transport.write(data)
        if self.gone:
            transport.close()
        self._set_timer()

    def answer(self, request: Pdu, status: int, fields: Mapping[str, Value]) -> None:
        """Answer a request; it goes out with the next ``flush``."""
        if events := self.session.answer(request, self.now_ms, status, fields):
            self._happened(self, events)

    def stray(self, octets: bytes) -> None:
        """Write bytes that the session knows nothing of."""
        if self._transport is not None:
            self.flush()
            self._transport.write(octets)

    def cut(self) -> None:
        """Break the connection, as a line does: what is not written is lost."""
        if self._transport is not None:
            self._transport.abort()

    def _set_timer(self) -> None:
        """One timer, moved only when it would come too late: looking once too often is cheaper than moving it."""
        due_ms = self.session.next_timer()
        if due_ms is None or (self._timer is not None and self._timer_ms is not None and self._timer_ms <= due_ms):
            return
        if self._timer is not None:
            self._timer.cancel()
        self._timer_ms = due_ms
        self._timer = self._loop.call_at(due_ms / 1000 + 0.001, self._tick)

    def _tick(self) -> None:
        self._timer = None
        self._happened(self, self.session.tick(self.now_ms))


def session_settings(settings: SmscSettings) -> SessionSettings:
    """The limits and timers of every connection."""
    return SessionSettings(
        window=settings.receipt_window,
        peer_window=settings.window,
        bind_ms=round(settings.bind_s * 1000),
        enquire_link_ms=round(settings.enquire_link_s * 1000),
        response_ms=max(LEAST_ANSWER_MS, round(settings.answer_s * 1000 / settings.speed)),
    )
