"""Who may send what, in which state of a session (SMPP 3.4 sections 2.2 and 2.3, table 2-1; reference smpp 5).

``MAY_SEND`` and ``TRANSITIONS`` are the whole of it. What one end may receive is what the other may send.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from receipted.dialects.smpp.pdus import Command


class Role(StrEnum):
    """Which end of the session."""

    ESME = "esme"
    """The client: whoever has messages to send."""
    SMSC = "smsc"
    """The carrier."""

    @property
    def peer(self) -> "Role":
        return Role.SMSC if self is Role.ESME else Role.ESME


class State(StrEnum):
    """Where a session stands (2.2); BINDING and UNBINDING are the waits for an answer."""

    OPEN = "open"
    BINDING = "binding"
    BOUND_TX = "bound_tx"
    BOUND_RX = "bound_rx"
    BOUND_TRX = "bound_trx"
    UNBINDING = "unbinding"
    CLOSED = "closed"


class Step(StrEnum):
    """What moves a session on."""

    BIND = "bind sent"
    REFUSED = "bind refused"
    BOUND_AS_TRANSMITTER = "bound as transmitter"
    BOUND_AS_RECEIVER = "bound as receiver"
    BOUND_AS_TRANSCEIVER = "bound as transceiver"
    UNBIND = "unbind sent"
    UNBOUND = "unbind answered"
    LOST = "connection closed"


_BOUND: Final = (State.BOUND_TX, State.BOUND_RX, State.BOUND_TRX)
BOUND: Final = frozenset(_BOUND)
SENDS: Final = frozenset({State.BOUND_TX, State.BOUND_TRX})
"""States in which an ESME may submit."""
TAKES: Final = frozenset({State.BOUND_RX, State.BOUND_TRX})
"""States in which an ESME is given messages and receipts."""
_OPEN: Final = frozenset({State.OPEN})

MAY_SEND: Final[Mapping[tuple[Role, int], frozenset[State]]] = {
    (Role.ESME, Command.BIND_TRANSMITTER): _OPEN,
    (Role.ESME, Command.BIND_RECEIVER): _OPEN,
    (Role.ESME, Command.BIND_TRANSCEIVER): _OPEN,
    (Role.SMSC, Command.OUTBIND): _OPEN,
    (Role.ESME, Command.UNBIND): BOUND,
    (Role.SMSC, Command.UNBIND): BOUND,
    (Role.ESME, Command.ENQUIRE_LINK): BOUND,
    (Role.SMSC, Command.ENQUIRE_LINK): BOUND,
    (Role.ESME, Command.SUBMIT_SM): SENDS,
    (Role.ESME, Command.DATA_SM): SENDS,
    (Role.ESME, Command.QUERY_SM): SENDS,
    (Role.ESME, Command.CANCEL_SM): SENDS,
    (Role.ESME, Command.REPLACE_SM): SENDS,
    (Role.SMSC, Command.DELIVER_SM): TAKES,
    (Role.SMSC, Command.DATA_SM): TAKES,
    (Role.SMSC, Command.ALERT_NOTIFICATION): TAKES,
}
"""Requests. A response may be sent whenever its request may be received; a generic_nack always."""

UNANSWERED: Final = frozenset({Command.OUTBIND, Command.ALERT_NOTIFICATION})
"""Requests that have no response (4.1.7, 4.12)."""

BOUND_BY: Final[Mapping[int, Step]] = {
    Command.BIND_TRANSMITTER: Step.BOUND_AS_TRANSMITTER,
    Command.BIND_RECEIVER: Step.BOUND_AS_RECEIVER,
    Command.BIND_TRANSCEIVER: Step.BOUND_AS_TRANSCEIVER,
}

BIND_KINDS: Final[Mapping[Command, str]] = {
    Command.BIND_TRANSCEIVER: "transceiver",
    Command.BIND_TRANSMITTER: "transmitter",
    Command.BIND_RECEIVER: "receiver",
}
"""What a bind is called in settings and on pages."""

TRANSITIONS: Final[Mapping[tuple[State, Step], State]] = {
    (State.OPEN, Step.BIND): State.BINDING,
    (State.BINDING, Step.REFUSED): State.OPEN,
    (State.BINDING, Step.BOUND_AS_TRANSMITTER): State.BOUND_TX,
    (State.BINDING, Step.BOUND_AS_RECEIVER): State.BOUND_RX,
    (State.BINDING, Step.BOUND_AS_TRANSCEIVER): State.BOUND_TRX,
    **{(state, Step.UNBIND): State.UNBINDING for state in _BOUND},
    (State.UNBINDING, Step.UNBOUND): State.CLOSED,
    **{(state, Step.LOST): State.CLOSED for state in State if state is not State.CLOSED},
}


def may_send(role: Role, command: int, state: State) -> bool:
    """Whether ``role`` may send this request in this state of its session."""
    return state in MAY_SEND.get((role, command), ())


def may_receive(role: Role, command: int, state: State) -> bool:
    """Whether ``role`` may be sent this request: what its peer may send."""
    return may_send(role.peer, command, state)


def after(state: State, step: Step) -> State:
    """The state that follows; the same one where the step changes nothing."""
    return TRANSITIONS.get((state, step), state)


def submits(bind: Command) -> bool:
    """Whether an ESME may submit once this bind is accepted."""
    return after(State.BINDING, BOUND_BY[bind]) in SENDS
