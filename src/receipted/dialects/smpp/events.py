"""What a session tells its shell."""

from enum import StrEnum
from typing import TypeAlias

import msgspec

from receipted.dialects.smpp.codec import Unreadable
from receipted.dialects.smpp.pdus import Pdu


class Fault(StrEnum):
    """Who ended a session."""

    US = "us"
    PEER = "peer"
    LINE = "line"
    """The connection broke, or nothing came any more."""


class Bound(msgspec.Struct, frozen=True):
    """The bind is up. ``pdu``: the answer (ESME) or the bind itself (SMSC)."""

    pdu: Pdu


class BindRefused(msgspec.Struct, frozen=True):
    """The SMSC does not want us; the answer's ``status`` says why."""

    pdu: Pdu


class Requested(msgspec.Struct, frozen=True):
    """The peer asks for something, and the shell must ``answer``; an SMSC's shell also gets binds.

    ``raw`` are the octets as they came: reading is liberal, so writing ``pdu`` again might give others.
    """

    pdu: Pdu
    raw: bytes = b""


class Informed(msgspec.Struct, frozen=True):
    """The peer says something that has no answer: outbind, alert_notification."""

    pdu: Pdu


class Answered(msgspec.Struct, frozen=True):
    """The answer to a request of ours; ``late`` if it had been given up already."""

    request: Pdu
    response: Pdu
    late: bool = False


class Unanswered(msgspec.Struct, frozen=True):
    """A request of ours that gets no answer. ``written`` False: its octets never left, so the peer does not have it."""

    request: Pdu
    reason: str
    written: bool


class Malformed(msgspec.Struct, frozen=True):
    """A PDU whose body cannot be read; a request was answered with the fitting error already."""

    pdu: Unreadable


class Strange(msgspec.Struct, frozen=True):
    """Something that makes no sense here and was passed over: an answer to nothing, a request out of place."""

    pdu: Pdu
    problem: str


class Closed(msgspec.Struct, frozen=True):
    """The session is over: always the last event."""

    reason: str
    fault: Fault


Event: TypeAlias = Bound | BindRefused | Requested | Informed | Answered | Unanswered | Malformed | Strange | Closed
