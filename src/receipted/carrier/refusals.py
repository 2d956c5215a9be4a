"""Who is not let in: by a system_id that asks for it, or by the accounts of the settings (SMPP 3.4, 5.1.3)."""

import hmac
from collections.abc import Mapping
from typing import Final, NamedTuple

from receipted.dialects.smpp.pdus import Pdu
from receipted.dialects.smpp.status import CommandStatus


class Refusal(NamedTuple):
    """A system_id and the command_status that its binds get."""

    system_id: str
    status: int


_S = CommandStatus

BY_NAME: Final[tuple[Refusal, ...]] = (
    Refusal("refuse-password", _S.ESME_RINVPASWD),
    Refusal("refuse-id", _S.ESME_RINVSYSID),
    Refusal("refuse-type", _S.ESME_RINVSYSTYP),
    Refusal("refuse-bound", _S.ESME_RALYBND),
    Refusal("refuse-bind", _S.ESME_RBINDFAIL),
    Refusal("refuse-busy", _S.ESME_RSYSERR),
    Refusal("refuse-rate", _S.ESME_RTHROTTLED),
)
"""With any password, whatever the accounts. A system_id has 15 characters at most (4.1.1)."""

_STATUS: Final = dict(BY_NAME)


def refusal_of(bind: Pdu, accounts: Mapping[str, str]) -> int:
    """The command_status to answer a bind with; 0 = welcome. Without ``accounts`` everybody is."""
    system_id = bind.text("system_id")
    if system_id in _STATUS:
        return _STATUS[system_id]
    if not accounts:
        return CommandStatus.ESME_ROK
    password = accounts.get(system_id)
    if password is None:
        return CommandStatus.ESME_RINVSYSID
    given = bind.text("password").encode("latin-1")
    good = hmac.compare_digest(given, password.encode("latin-1", "replace"))
    return CommandStatus.ESME_ROK if good else CommandStatus.ESME_RINVPASWD
