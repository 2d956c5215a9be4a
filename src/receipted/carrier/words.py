"""The scenarios' words as SMPP says them; docs/carrier.md shows the tables.

The scenarios are written in Vonage's words (``numbers``). Those of receipts are the dialect's own table of states,
``REFUSALS`` has the send statuses, and an err-code becomes ``err:`` by ``err_of``.
"""

from typing import Final, NamedTuple

from receipted.dialects.smpp.states import BY_STATUS, State
from receipted.dialects.smpp.status import FIRST_VENDOR_STATUS, CommandStatus
from receipted.domain.status import Status


def state_of(status: Status, word: str) -> State:
    """How a word is said. One that stands for no status is said in capitals, and has no message_state."""
    if status is Status.UNKNOWN and word != status:
        return State(None, word.upper()[:7], status, True, "")
    return BY_STATUS[status]


def err_of(err_code: str) -> str:
    """An err-code as ``err:`` has it: three digits, so ``2`` is ``002``."""
    return err_code.rjust(3, "0")


_S = CommandStatus


class Refused(NamedTuple):
    """A send status of Vonage's and the command_status that says the same."""

    code: str
    status: int


REFUSALS: Final[tuple[Refused, ...]] = (
    Refused("3", _S.ESME_RINVSRCADR),
    Refused("6", _S.ESME_RINVDSTADR),
    Refused("12", _S.ESME_RINVMSGLEN),
    Refused("15", _S.ESME_RINVSRCADR),
)
"""Where SMPP has a permanent command_status of that meaning. The others take a vendor's code, see ``status_of``."""

_BY_CODE: Final = {row.code: row.status for row in REFUSALS}


def status_of(code: str) -> int:
    """The command_status for a send status: of ``REFUSALS``, else 0x400 and the number, as vendors do."""
    return _BY_CODE.get(code) or FIRST_VENDOR_STATUS + int(code)
