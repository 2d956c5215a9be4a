"""What the SMSC remembers of the messages it took, to answer query_sm, cancel_sm and replace_sm (4.8 to 4.10)."""

from collections.abc import Mapping
from typing import Final

from receipted.carrier.accepted import Accepted
from receipted.carrier.turn import Clockwork, end_of
from receipted.dialects.smpp.pdus import Command, Pdu, Value
from receipted.dialects.smpp.states import BY_STATUS
from receipted.dialects.smpp.status import CommandStatus
from receipted.dialects.smpp.times import DateForm, write_time
from receipted.domain.status import Status

KEPT: Final = 50_000
_ON_ITS_WAY: Final = BY_STATUS[Status.BUFFERED]
_UNKNOWN: Final = 7

_TOO_LATE: Final = {
    Command.CANCEL_SM: CommandStatus.ESME_RCANCELFAIL,
    Command.REPLACE_SM: CommandStatus.ESME_RREPLACEFAIL,
}
"""The network has every message at once, so nothing is ever called back."""


class Remembered:
    """The last ``KEPT`` messages by the id that their submit was answered with, and how each ends."""

    def __init__(self, clockwork: Clockwork) -> None:
        self._clockwork = clockwork
        self._known: dict[str, Accepted] = {}

    def add(self, message: Accepted, message_id: str) -> None:
        """A message was taken, and its submit is answered with this id."""
        self._known[message_id] = message
        if len(self._known) > KEPT:
            del self._known[next(iter(self._known))]

    def answer(self, request: Pdu, now_ms: int) -> tuple[int, Mapping[str, Value]]:
        """command_status and fields of the answer to a request about a message, by its id and its source address."""
        known = self._known.get(request.text("message_id"))
        if known is None or known.source != request.text("source_addr"):
            return CommandStatus.ESME_RINVMSGID, {}
        if request.command != Command.QUERY_SM:
            return _TOO_LATE.get(Command(request.command), CommandStatus.ESME_RINVCMDID), {}
        final = end_of(known.asked, self._clockwork)
        reached = final is not None and final.at_ms <= now_ms
        state = final.state if final is not None and reached else _ON_ITS_WAY
        return CommandStatus.ESME_ROK, {
            "message_id": request.text("message_id"),
            "final_date": write_time(final.carrier_ms, DateForm.SMPP) if final is not None and reached else "",
            "message_state": _UNKNOWN if state.number is None else state.number,
            "error_code": int(final.err_code) & 0xFF if final is not None and reached else 0,
        }
