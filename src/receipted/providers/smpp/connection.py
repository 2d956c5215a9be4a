"""One connection to a carrier: the asyncio shell around a session in the ESME's role."""

import asyncio
from collections.abc import Mapping
from typing import Final, cast

from receipted.dialects.smpp.codec import Unreadable
from receipted.dialects.smpp.events import (
    Answered,
    BindRefused,
    Bound,
    Closed,
    Event,
    Malformed,
    Requested,
    Strange,
    Unanswered,
)
from receipted.dialects.smpp.pdus import Command, Pdu, Value
from receipted.dialects.smpp.session import Role, Session, SessionSettings
from receipted.dialects.smpp.tlvs import Tlv

SLICE_OCTETS: Final = 16_384
"""As much is read at once; then others have their turn, however fast the carrier sends."""
MOST_OWED: Final = 500
"""Requests of the carrier that may be unanswered; beyond, nothing more is read until half of them are answered."""
KEPT_OCTETS: Final = 262_144
"""As much may wait to be written to the carrier; beyond, nothing more is read from it and nothing submitted."""
STALLED_S: Final = 30.0
"""How long it may leave that unread before the connection is cut."""


class Owner:
    """What a connection tells. The bind that keeps it is one."""

    def bound(self) -> None:
        """The carrier has accepted the bind."""

    def requested(self, requests: list[Requested]) -> None:
        """The carrier asks: each has to be answered."""

    def malformed(self, pdu: Unreadable) -> None:
        """A PDU that cannot be read; it was answered with an error."""

    def strange(self, problem: str) -> None:
        """Something without a sense was passed over."""

    def late(self, request: Pdu, response: Pdu) -> None:
        """The answer to a submit that had been given up."""

    def room(self) -> None:
        """Another request may be possible now."""


class Connection(asyncio.Protocol):
    """``submit`` and ``answer`` while it lasts; ``ended`` is resolved with why it is over."""

    def __init__(self, settings: SessionSettings, owner: Owner) -> None:
        self._owner = owner
        self._loop = asyncio.get_running_loop()
        self.session = Session(Role.ESME, settings, self.now_ms)
        self.ended: asyncio.Future[Closed] = self._loop.create_future()
        self.refused: Pdu | None = None
        """The answer that refused the bind."""
        self._replies: dict[int, asyncio.Future[Answered | Unanswered]] = {}
        self._transport: asyncio.Transport | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._timer_ms = 0
        self._stalled: asyncio.TimerHandle | None = None
        self._flushing = False
        self._unread = bytearray()
        self._reading = True
        self._going_to_read = False

    @property
    def now_ms(self) -> int:
        """The session's clock: it never runs backwards."""
        return int(self._loop.time() * 1000)

    @property
    def free(self) -> int:
        """Requests that may be made now."""
        return 0 if self._stalled is not None or self._transport is None else self.session.free(self.now_ms)

    # --- what the bind calls ------------------------------------------------------------------------------------------

    def bind(self, command: Command, fields: Mapping[str, Value]) -> None:
        """Ask to be bound; ends in ``Owner.bound`` or ``ended``. Raises Unencodable (a setting that does not fit)."""
        self.session.bind(command, self.now_ms, fields)
        self.flush()

    def submit(self, fields: Mapping[str, Value], tlvs: tuple[Tlv, ...]) -> asyncio.Future[Answered | Unanswered]:
        """Send a submit_sm; only while ``free``. Raises Unencodable (nothing was sent)."""
        sequence = self.session.request(Command.SUBMIT_SM, self.now_ms, fields, tlvs)
        reply = self._replies[sequence] = self._loop.create_future()
        self._flush_soon()
        return reply

    def answer(self, request: Pdu, status: int) -> None:
        """Answer a request of the carrier; harmless when the connection is gone."""
        if events := self.session.answer(request, self.now_ms, status):
            self._happened(events)
        self._flush_soon()
        if not self._reading and self.session.owed <= MOST_OWED // 2:
            self._read_on()

    def unbind(self) -> None:
        """Take leave; ``ended`` follows."""
        self.session.unbind(self.now_ms)
        self.flush()

    def cut(self) -> None:
        """Break it off."""
        if self._transport is not None:
            self._transport.abort()

    def flush(self) -> None:
        """Write what the session has to say; close when it is over."""
        self._flushing = False
        if self._transport is None:
            return
        if data := self.session.data_to_send():
            self._transport.write(data)
        if self.session.closed is not None:
            self._transport.close()
        self._set_timer()

    def _flush_soon(self) -> None:
        """What is said in one turn of the event loop is written together."""
        if not self._flushing:
            self._flushing = True
            self._loop.call_soon(self.flush)

    # --- what the event loop calls ------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports do not inherit from asyncio's.
        self._transport = transport = cast("asyncio.Transport", transport)
        transport.set_write_buffer_limits(high=KEPT_OCTETS)
        self._set_timer()

    def data_received(self, data: bytes) -> None:
        self._unread += data
        if self._reading:
            self._read()

    def _read(self) -> None:
        """One slice; the rest in later turns of the event loop, and nothing from the network meanwhile."""
        self._going_to_read = False
        if self._transport is None:
            return
        data = bytes(self._unread[:SLICE_OCTETS])
        del self._unread[:SLICE_OCTETS]
        self._happened(self.session.receive(data, self.now_ms))
        waits = self.session.owed >= MOST_OWED
        if (waits or self._unread) and self._reading:
            self._reading = False
            self._transport.pause_reading()
        if not waits and not self._reading:
            self._read_on()

    def _read_on(self) -> None:
        if self._unread:
            if not self._going_to_read:
                self._going_to_read = True
                self._loop.call_soon(self._read)
            return
        self._reading = True
        if self._transport is not None and self._stalled is None:
            self._transport.resume_reading()

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        for timer in (self._timer, self._stalled):
            if timer is not None:
                timer.cancel()
        self._happened(self.session.eof(self.now_ms))

    def pause_writing(self) -> None:
        assert self._transport is not None
        self._transport.pause_reading()
        self._stalled = self._loop.call_later(STALLED_S, self.cut)

    def resume_writing(self) -> None:
        if self._stalled is not None:
            self._stalled.cancel()
            self._stalled = None
        if self._transport is not None and self._reading:
            self._transport.resume_reading()
        self._owner.room()

    # --- events -------------------------------------------------------------------------------------------------------

    def _happened(self, events: list[Event]) -> None:
        requests: list[Requested] = []
        for event in events:
            match event:
                case Answered(late=True):
                    self._owner.late(event.request, event.response)
                case Answered() | Unanswered():
                    self._replied(event)
                case Requested():
                    requests.append(event)
                case Bound():
                    self._owner.bound()
                case BindRefused(pdu):
                    self.refused = pdu
                    self.cut()
                case Malformed(unreadable):
                    self._owner.malformed(unreadable)
                case Strange(_, problem):
                    self._owner.strange(problem)
                case Closed():
                    if not self.ended.done():
                        self.ended.set_result(event)
                case _:
                    pass
        if requests:
            self._owner.requested(requests)
        if events:
            self._owner.room()
        self.flush()

    def _replied(self, event: Answered | Unanswered) -> None:
        reply = self._replies.pop(event.request.sequence, None)
        if reply is not None and not reply.done():
            reply.set_result(event)

    # --- the one timer ------------------------------------------------------------------------------------------------

    def _set_timer(self) -> None:
        """Moved only when it would come too late: looking once too often is cheaper than moving it."""
        due_ms = self.session.next_timer()
        if due_ms is None or (self._timer is not None and self._timer_ms <= due_ms):
            return
        if self._timer is not None:
            self._timer.cancel()
        self._timer_ms = due_ms
        self._timer = self._loop.call_at(due_ms / 1000 + 0.001, self._tick)

    def _tick(self) -> None:
        self._timer = None
        self._happened(self.session.tick(self.now_ms))
