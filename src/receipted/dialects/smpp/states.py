"""What can become of a message, in SMPP's numbers and words: one table (5.2.28, Appendix B; reference smpp 2 and 6)."""

from collections.abc import Mapping
from typing import Final, NamedTuple

from receipted.domain.status import Status


class State(NamedTuple):
    """One state: ``number`` in the TLV message_state and in query_sm_resp, ``word`` in a receipt's ``stat``.

    ``number`` is None for a word that is another spelling. ``final`` as the specification has it.
    """

    number: int | None
    word: str
    status: Status
    final: bool
    meaning: str


STATES: Final[tuple[State, ...]] = (
    State(0, "SCHEDLD", Status.BUFFERED, False, "It is scheduled for later (SMPP 5.0)."),
    State(1, "ENROUTE", Status.BUFFERED, False, "It is on its way; not in Appendix B, sent all the same."),
    State(2, "DELIVRD", Status.DELIVERED, True, "It reached the handset."),
    State(3, "EXPIRED", Status.EXPIRED, True, "Its validity ended first."),
    State(4, "DELETED", Status.FAILED, True, "It was deleted at the carrier."),
    State(5, "UNDELIV", Status.FAILED, True, "It cannot be delivered."),
    State(
        6, "ACCEPTD", Status.ACCEPTED, False, "It is in the network. The specification calls it final; carriers do not."
    ),
    State(7, "UNKNOWN", Status.UNKNOWN, False, "The carrier does not know."),
    State(8, "REJECTD", Status.REJECTED, True, "The carrier refused it."),
    State(9, "SKIPPED", Status.FAILED, True, "It was taken and not sent on (SMPP 5.0)."),
    State(None, "DELIVERED", Status.DELIVERED, True, "Another spelling of DELIVRD."),
    State(None, "UNDELIVERABLE", Status.FAILED, True, "Another spelling of UNDELIV."),
    State(None, "UNDELIVERED", Status.FAILED, True, "Another spelling of UNDELIV."),
    State(None, "FAILED", Status.FAILED, True, "Another word for UNDELIV."),
    State(None, "ACCEPTED", Status.ACCEPTED, False, "Another spelling of ACCEPTD."),
    State(None, "REJECTED", Status.REJECTED, True, "Another spelling of REJECTD."),
    State(None, "BUFFRED", Status.BUFFERED, False, "It waits at the carrier."),
    State(None, "BUFFERED", Status.BUFFERED, False, "It waits at the carrier."),
)

BY_NUMBER: Final[Mapping[int, State]] = {row.number: row for row in STATES if row.number is not None}
BY_WORD: Final[Mapping[str, State]] = {row.word: row for row in STATES}
"""By the word in capitals."""
LONGEST_WORD: Final = max(map(len, BY_WORD))

BY_STATUS: Final[Mapping[Status, State]] = {
    Status.ACCEPTED: BY_WORD["ACCEPTD"],
    Status.BUFFERED: BY_WORD["ENROUTE"],
    Status.DELIVERED: BY_WORD["DELIVRD"],
    Status.EXPIRED: BY_WORD["EXPIRED"],
    Status.FAILED: BY_WORD["UNDELIV"],
    Status.REJECTED: BY_WORD["REJECTD"],
    Status.UNKNOWN: BY_WORD["UNKNOWN"],
}
"""How a status is written."""

BEFORE_THE_END: Final[Mapping[Status, Status]] = {
    Status.QUEUED: Status.QUEUED,
    Status.SUBMITTED: Status.SUBMITTED,
    Status.ACCEPTED: Status.ACCEPTED,
    Status.BUFFERED: Status.BUFFERED,
    Status.DELIVERED: Status.ACCEPTED,
    Status.UNKNOWN: Status.ACCEPTED,
    Status.EXPIRED: Status.BUFFERED,
    Status.FAILED: Status.BUFFERED,
    Status.REJECTED: Status.BUFFERED,
}
"""What an intermediate notification means that says such a status: it is never the end (reference smpp 6)."""


def state_of(word: str) -> State | None:
    """The state that a word means, in any case; None for one that no table has."""
    return BY_WORD.get(word.upper()) if len(word) <= LONGEST_WORD else None
