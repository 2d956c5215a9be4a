"""An SMPP session without I/O, for either end: bytes in, events out, bytes out (SMPP 3.4 section 2; reference smpp 5).

The shell around it is a short loop::

    events = session.receive(data, now_ms)      # or eof(now_ms), or tick(now_ms) when next_timer() is reached
    ... act on the events: session.answer(...), session.request(...)
    write(session.data_to_send())               # and close the connection once session.closed is set

``now_ms`` is any clock in milliseconds that never runs backwards. Bad bytes never raise: they become events.

Long because one conversation is one thing: who may say what, what is owed to whom, and when it is over.
"""

from collections.abc import Mapping
from typing import Final

from receipted.dialects.smpp.codec import Framer, Unreadable, decode, encode
from receipted.dialects.smpp.events import (
    Answered,
    BindRefused,
    Bound,
    Closed,
    Event,
    Fault,
    Informed,
    Malformed,
    Requested,
    Strange,
    Unanswered,
)
from receipted.dialects.smpp.operations import (
    BOUND,
    BOUND_BY,
    UNANSWERED,
    Role,
    State,
    Step,
    after,
    may_receive,
    may_send,
)
from receipted.dialects.smpp.pdus import (
    BINDS,
    LAST_SEQUENCE,
    RESPONSE,
    VERSION_3_4,
    Command,
    Pdu,
    Value,
    name_of,
    response_to,
)
from receipted.dialects.smpp.status import CommandStatus
from receipted.dialects.smpp.timers import Do, SessionSettings, Timers
from receipted.dialects.smpp.tlvs import Tag, Tlv, make_tlv

__all__ = ["NotAllowed", "Role", "Session", "SessionSettings", "State", "WindowFull"]

LATE_KEPT: Final = 1_000
"""Requests given up whose answer may still come: so many are remembered."""

_VERSION: Final = make_tlv(Tag.SC_INTERFACE_VERSION, VERSION_3_4)
_LINK: Final = frozenset({Command.ENQUIRE_LINK, Command.ENQUIRE_LINK_RESP})


class NotAllowed(RuntimeError):
    """This end may not send that in this state: a fault of the program around the session."""


class WindowFull(RuntimeError):
    """As many requests are unanswered as the window allows, or the session is paused. Ask ``free`` before."""


class Session:
    """One end of one connection. See the module."""

    def __init__(self, role: Role, settings: SessionSettings, now_ms: int) -> None:
        self.role = role
        self.settings = settings
        self.state = State.OPEN
        self.closed: str | None = None
        """Why the session is over. The connection is to be closed when ``data_to_send`` has been written."""
        self.peer_system_id = ""
        self.last_enquire_ms: int | None = None
        """When an enquire_link was last sent or answered."""
        self._as_bound = State.OPEN
        self._timers = Timers(settings, now_ms)
        self._framer = Framer()
        self._out: list[bytes] = []
        self._sequence = 0
        self._waiting: dict[int, tuple[Pdu, int]] = {}
        self._unwritten: set[int] = set()
        self._late: dict[int, Pdu] = {}
        self._owed: dict[int, Pdu] = {}
        self._bind: Pdu | None = None
        self._enquiry: int | None = None
        self._unbind: int | None = None
        self._leaving: Pdu | None = None
        self._paused_until_ms = 0
        self._nonsense = 0

    # --- what the shell may ask ---------------------------------------------------------------------------------------

    @property
    def in_flight(self) -> int:
        """Requests of ours that are not answered."""
        return len(self._waiting)

    @property
    def owed(self) -> int:
        """Requests of the peer that we have not answered."""
        return len(self._owed)

    def free(self, now_ms: int) -> int:
        """How many requests may be made now: 0 when not bound, while paused, or with a full window."""
        if self.state not in BOUND or now_ms < self._paused_until_ms:
            return 0
        return max(0, self.settings.window - len(self._waiting))

    def data_to_send(self) -> bytes:
        """Everything that is to be written to the connection now. Asking for it counts as having written it."""
        if not self._out:
            return b""
        data = b"".join(self._out)
        self._out.clear()
        self._unwritten.clear()
        return data

    def next_timer(self) -> int | None:
        """When ``tick`` wants to be called, in ``now_ms``; None if nothing is waited for."""
        if self.closed is not None:
            return None
        due_ms = self._timers.next_ms()
        for _, deadline_ms in self._waiting.values():
            return deadline_ms if due_ms is None else min(due_ms, deadline_ms)
        return due_ms

    # --- what the shell may do ----------------------------------------------------------------------------------------

    def bind(self, command: Command, now_ms: int, fields: Mapping[str, Value]) -> int:
        """Ask to be bound (ESME). Ends in Bound, BindRefused or Closed. Raises NotAllowed, or Unencodable."""
        request = self._request(command, {"interface_version": VERSION_3_4, **fields}, ())
        self.state = after(self.state, Step.BIND)
        self._timers.waiting_since_ms = now_ms
        self._bind = request
        return request.sequence

    def request(self, command: Command, now_ms: int, fields: Mapping[str, Value], tlvs: tuple[Tlv, ...] = ()) -> int:
        """Send a request; returns its sequence_number. Ends in exactly one of Answered and Unanswered.

        Raises NotAllowed (this end, this state), WindowFull, or Unencodable (nothing was sent then).
        """
        if command not in UNANSWERED and not self.free(now_ms):
            self._check(command)
            raise WindowFull(f"{len(self._waiting)} of {self.settings.window} requests are unanswered, or it is paused")
        request = self._request(command, fields, tlvs)
        if command not in UNANSWERED:
            self._waiting[request.sequence] = (request, now_ms + self.settings.response_ms)
            self._unwritten.add(request.sequence)
        self._timers.active_ms = now_ms
        return request.sequence

    def answer(self, request: Pdu, now_ms: int, status: int = 0, fields: Mapping[str, Value] | None = None,
               tlvs: tuple[Tlv, ...] = ()) -> list[Event]:  # fmt: skip
        """Answer a request of the peer. One that was answered, or whose session is over, is passed over.

        Returns Bound when a bind was accepted, and Closed when it was the last that a leaving peer waited for.
        Raises Unencodable.
        """
        if self._owed.get(id(request)) is not request or self.state is State.CLOSED:
            return []
        if request.command in BINDS:
            return self._answer_bind(request, now_ms, status, fields or {}, tlvs)
        self._send(response_to(request, status, fields, tlvs))
        del self._owed[id(request)]
        return self._part() if self._leaving is not None and not self._owed else []

    def unbind(self, now_ms: int) -> None:
        """Take leave: answers still go out, and ``closed`` is set when the peer has agreed or ``unbind_ms`` is over."""
        if self.state in BOUND:
            self._unbind = self._request(Command.UNBIND, {}, ()).sequence
            self.state = after(self.state, Step.UNBIND)
            self._timers.waiting_since_ms, self._timers.unbinding = now_ms, True

    def pause(self, until_ms: int) -> None:
        """Make no requests before that: the peer throttles. Answers and enquire_link still go out."""
        self._paused_until_ms = max(self._paused_until_ms, until_ms)

    # --- what happens to the session ----------------------------------------------------------------------------------

    def receive(self, data: bytes, now_ms: int) -> list[Event]:
        """Bytes came in."""
        events: list[Event] = []
        if self.state is State.CLOSED:
            return events
        heard = active = False
        for octets in self._framer.feed(data):
            pdu = decode(octets)
            heard, active = True, active or pdu.command not in _LINK
            if isinstance(pdu, Unreadable):
                self._malformed(pdu, events)
            elif pdu.command >= RESPONSE:
                self._response(pdu, now_ms, events)
            else:
                self._incoming(pdu, octets, now_ms, events)
            if self._nonsense >= self.settings.nonsense:
                self._close("the peer sends nothing that makes sense", Fault.PEER, events)
            if self.closed is not None:
                return events
        if heard:
            # Octets alone are no sign of life (7.2): whoever drips them would never be asked.
            self._timers.heard(now_ms, active=active)
        if self._framer.lost is not None:
            self._send(Pdu(command=Command.GENERIC_NACK, status=CommandStatus.ESME_RINVCMDLEN))
            self._close(self._framer.lost, Fault.PEER, events)
        return events

    def eof(self, now_ms: int) -> list[Event]:
        """The connection is gone."""
        events: list[Event] = []
        if self.state is not State.CLOSED:
            fault = Fault.US if self.state is State.UNBINDING else Fault.LINE
            self._close("the connection was closed", fault, events)
        return events

    def tick(self, now_ms: int) -> list[Event]:
        """Time has passed. Harmless at any moment."""
        events: list[Event] = []
        if self.closed is not None:
            return events
        self._give_up_overdue(now_ms, events)
        verdict = self._timers.look(now_ms)
        if verdict.do is Do.ENQUIRE:
            self._enquiry = self._request(Command.ENQUIRE_LINK, {}, ()).sequence
            self._timers.enquired_ms = self.last_enquire_ms = now_ms
        elif verdict.do is Do.STOP and self._leaving is not None:
            events += self._part()
        elif verdict.do is Do.STOP:
            self._close(verdict.reason, Fault.LINE if not self._timers.unbinding else Fault.US, events)
        return events

    # --- requests of the peer -----------------------------------------------------------------------------------------

    def _incoming(self, pdu: Pdu, octets: bytes, now_ms: int, events: list[Event]) -> None:
        command = pdu.command
        if not may_receive(self.role, command, self._seen_by_peer()):
            self._out_of_place(pdu, events)
        elif command == Command.ENQUIRE_LINK:
            self.last_enquire_ms = now_ms
            self._send(response_to(pdu))
        elif command == Command.UNBIND:
            self._peer_leaves(pdu, now_ms, events)
        elif command in UNANSWERED:
            events.append(Informed(pdu))
        elif len(self._owed) >= self.settings.peer_window:
            full = CommandStatus.ESME_RTHROTTLED if self.role is Role.SMSC else CommandStatus.ESME_RMSGQFUL
            self._send(response_to(pdu, full))
        else:
            if command in BINDS:
                self.state = after(self.state, Step.BIND)
            self._owed[id(pdu)] = pdu
            self._nonsense = 0
            events.append(Requested(pdu, octets))

    def _peer_leaves(self, unbind: Pdu, now_ms: int, events: list[Event]) -> None:
        """Agree once everything that the peer asked before is answered, or after ``unbind_ms``."""
        self._leaving = unbind
        if self.state in BOUND:
            self.state = after(self.state, Step.UNBIND)
            self._timers.waiting_since_ms, self._timers.unbinding = now_ms, True
        if not self._owed:
            events += self._part()

    def _part(self) -> list[Event]:
        assert self._leaving is not None
        self._send(response_to(self._leaving))
        events: list[Event] = []
        self._close("the peer unbound", Fault.PEER, events)
        return events

    def _seen_by_peer(self) -> State:
        """The state by which the peer sends: until it has our unbind it takes the session for bound."""
        return self._as_bound if self.state is State.UNBINDING else self.state

    def _out_of_place(self, pdu: Pdu, events: list[Event]) -> None:
        command = pdu.command
        self._nonsense += 1
        events.append(Strange(pdu, f"{name_of(command)} is not allowed to the peer while {self.state}"))
        if command in UNANSWERED:
            return
        bound_already = command in BINDS and self.role is Role.SMSC
        wrong = CommandStatus.ESME_RALYBND if bound_already else CommandStatus.ESME_RINVBNDSTS
        self._send(response_to(pdu, wrong))

    def _answer_bind(self, request: Pdu, now_ms: int, status: int, fields: Mapping[str, Value],
                     tlvs: tuple[Tlv, ...]) -> list[Event]:  # fmt: skip
        self._send(response_to(request, status, fields, tlvs or (() if status else (_VERSION,))))
        del self._owed[id(request)]
        if status:
            self.state = after(self.state, Step.REFUSED)
            return []
        self._now_bound(request.command, now_ms)
        self.peer_system_id = request.text("system_id")
        return [Bound(request)]

    def _malformed(self, pdu: Unreadable, events: list[Event]) -> None:
        self._nonsense += 1
        events.append(Malformed(pdu))
        if pdu.is_response:
            return
        known = pdu.nack != CommandStatus.ESME_RINVCMDID and pdu.command not in UNANSWERED
        command = pdu.command | RESPONSE if known else Command.GENERIC_NACK
        self._send(Pdu(command=command, status=pdu.nack, sequence=pdu.sequence))

    # --- answers of the peer ------------------------------------------------------------------------------------------

    def _response(self, pdu: Pdu, now_ms: int, events: list[Event]) -> None:
        waiting = self._waiting.get(pdu.sequence)
        nack = pdu.command == Command.GENERIC_NACK
        if waiting is not None and (nack or pdu.command == waiting[0].command | RESPONSE):
            del self._waiting[pdu.sequence]
            self._nonsense = 0
            events.append(Answered(waiting[0], pdu))
        elif pdu.sequence == self._enquiry and (nack or pdu.command == Command.ENQUIRE_LINK_RESP):
            self._enquiry = self._timers.enquired_ms = None
        elif self._bind is not None and pdu.sequence == self._bind.sequence:
            self._bind_answered(self._bind, pdu, now_ms, events)
        elif pdu.sequence == self._unbind and self.state is State.UNBINDING:
            self.state = after(self.state, Step.UNBOUND)
            self._close("unbound", Fault.US, events)
        elif (late := self._late.pop(pdu.sequence, None)) is not None and pdu.command == late.command | RESPONSE:
            events.append(Answered(late, pdu, late=True))
        else:
            self._nonsense += 1
            events.append(Strange(pdu, f"{name_of(pdu.command)} answers nothing that was asked"))

    def _bind_answered(self, bind: Pdu, pdu: Pdu, now_ms: int, events: list[Event]) -> None:
        self._bind = None
        if pdu.command == bind.command | RESPONSE and not pdu.status:
            self._now_bound(bind.command, now_ms)
            self.peer_system_id = pdu.text("system_id")
            events.append(Bound(pdu))
        else:
            self.state = after(self.state, Step.REFUSED)
            self._timers.waiting_since_ms = now_ms
            events.append(BindRefused(pdu))

    def _now_bound(self, command: int, now_ms: int) -> None:
        self.state = self._as_bound = after(self.state, BOUND_BY[command])
        self._timers.waiting_since_ms = None
        self._timers.heard(now_ms, active=True)

    def _give_up_overdue(self, now_ms: int, events: list[Event]) -> None:
        overdue: list[int] = []
        for sequence, (_, deadline_ms) in self._waiting.items():
            if now_ms < deadline_ms:
                break
            overdue.append(sequence)
        for sequence in overdue:
            request, _ = self._waiting.pop(sequence)
            # What waits in data_to_send still goes out, so it counts as written.
            reason = f"no answer within {self.settings.response_ms / 1000:g} s"
            events.append(Unanswered(request, reason, written=True))
            self._late[sequence] = request
            if len(self._late) > LATE_KEPT:
                del self._late[next(iter(self._late))]

    # --- sending, ending ----------------------------------------------------------------------------------------------

    def _check(self, command: int) -> None:
        if not may_send(self.role, command, self.state):
            raise NotAllowed(f"an {self.role} may not send {name_of(command)} while {self.state}")

    def _request(self, command: Command, fields: Mapping[str, Value], tlvs: tuple[Tlv, ...]) -> Pdu:
        self._check(command)
        request = Pdu(command=command, sequence=self._next_sequence(), fields=fields, tlvs=tlvs)
        self._send(request)
        return request

    def _next_sequence(self) -> int:
        sequence = self._sequence
        while True:
            sequence = sequence % LAST_SEQUENCE + 1
            if sequence not in self._waiting and sequence not in self._late and sequence != self._enquiry:
                self._sequence = sequence
                return sequence

    def _send(self, pdu: Pdu) -> None:
        self._out.append(encode(pdu))

    def _close(self, reason: str, fault: Fault, events: list[Event]) -> None:
        self.state = State.CLOSED
        self.closed = reason
        for sequence, (request, _) in self._waiting.items():
            events.append(Unanswered(request, reason, written=sequence not in self._unwritten))
        self._waiting.clear()
        self._owed.clear()
        self._late.clear()
        events.append(Closed(reason, fault))
