"""An ESME and an SMSC joined by a wire that the test holds: no socket, no clock."""

from collections.abc import Mapping

from receipted.dialects.smpp.events import Event, Requested
from receipted.dialects.smpp.pdus import Command, Pdu, Value
from receipted.dialects.smpp.session import Role, Session, SessionSettings


class SessionPair:
    """``carry`` takes to each end what the other has said; ``events`` are what came of it since the last look."""

    def __init__(self, **settings: int) -> None:
        of = SessionSettings(**settings)
        self.now_ms = 0
        self.esme = Session(Role.ESME, of, 0)
        self.smsc = Session(Role.SMSC, of, 0)
        self.esme_events: list[Event] = []
        self.smsc_events: list[Event] = []

    def carry(self) -> None:
        """Until nobody has anything more to say."""
        while (there := self.esme.data_to_send()) + (back := self.smsc.data_to_send()):
            self.smsc_events += self.smsc.receive(there, self.now_ms)
            self.esme_events += self.esme.receive(back, self.now_ms)

    def take(self) -> tuple[list[Event], list[Event]]:
        """What happened at the ESME and at the SMSC; forgotten here."""
        self.carry()
        found = self.esme_events, self.smsc_events
        self.esme_events, self.smsc_events = [], []
        return found

    def bound(self, command: Command = Command.BIND_TRANSCEIVER) -> "SessionPair":
        """Bind, and forget how."""
        self.esme.bind(command, self.now_ms, {"system_id": "gw", "password": "secret"})
        self.smsc_answers(fields={"system_id": "SMSC"})
        self.take()
        return self

    def smsc_answers(self, status: int = 0, fields: Mapping[str, Value] | None = None) -> None:
        """The SMSC answers all that it was asked."""
        self.carry()
        for request in requests(self.smsc_events):
            self.smsc_events += self.smsc.answer(request, self.now_ms, status, fields)
        self.carry()

    def wait(self, ms: int) -> None:
        """Time passes, in steps that end where a timer wants to be looked at."""
        end = self.now_ms + ms
        while self.now_ms < end:
            due = [d for d in (self.esme.next_timer(), self.smsc.next_timer()) if d is not None]
            self.now_ms = min([end, *(max(d, self.now_ms + 1) for d in due)])
            self.esme_events += self.esme.tick(self.now_ms)
            self.smsc_events += self.smsc.tick(self.now_ms)
            self.carry()


def requests(events: list[Event]) -> list[Pdu]:
    return [event.pdu for event in events if isinstance(event, Requested)]
