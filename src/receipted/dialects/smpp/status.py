"""What a command_status means and what to do about it (SMPP 3.4 section 5.1.3; reference smpp 4): one table.

A code that is in no table is explained as undocumented and counts as a refusal; vendors' codes (0x400 to 0x4FF) are
such, unless a carrier's ``Statuses`` say otherwise. The raw number is always kept.
"""

from collections.abc import Mapping
from enum import IntEnum, StrEnum
from typing import Final, NamedTuple

import msgspec

from receipted.domain.advice import Advice, Fault


class CommandStatus(IntEnum):
    """The codes by the specification's names."""

    ESME_ROK = 0x00
    ESME_RINVMSGLEN = 0x01
    ESME_RINVCMDLEN = 0x02
    ESME_RINVCMDID = 0x03
    ESME_RINVBNDSTS = 0x04
    ESME_RALYBND = 0x05
    ESME_RINVPRTFLG = 0x06
    ESME_RINVREGDLVFLG = 0x07
    ESME_RSYSERR = 0x08
    ESME_RINVSRCADR = 0x0A
    ESME_RINVDSTADR = 0x0B
    ESME_RINVMSGID = 0x0C
    ESME_RBINDFAIL = 0x0D
    ESME_RINVPASWD = 0x0E
    ESME_RINVSYSID = 0x0F
    ESME_RCANCELFAIL = 0x11
    ESME_RREPLACEFAIL = 0x13
    ESME_RMSGQFUL = 0x14
    ESME_RINVSERTYP = 0x15
    ESME_RINVNUMDESTS = 0x33
    ESME_RINVDLNAME = 0x34
    ESME_RINVDESTFLAG = 0x40
    ESME_RINVSUBREP = 0x42
    ESME_RINVESMCLASS = 0x43
    ESME_RCNTSUBDL = 0x44
    ESME_RSUBMITFAIL = 0x45
    ESME_RINVSRCTON = 0x48
    ESME_RINVSRCNPI = 0x49
    ESME_RINVDSTTON = 0x50
    ESME_RINVDSTNPI = 0x51
    ESME_RINVSYSTYP = 0x53
    ESME_RINVREPFLAG = 0x54
    ESME_RINVNUMMSGS = 0x55
    ESME_RTHROTTLED = 0x58
    ESME_RINVSCHED = 0x61
    ESME_RINVEXPIRY = 0x62
    ESME_RINVDFTMSGID = 0x63
    ESME_RX_T_APPN = 0x64
    ESME_RX_P_APPN = 0x65
    ESME_RX_R_APPN = 0x66
    ESME_RQUERYFAIL = 0x67
    ESME_RINVOPTPARSTREAM = 0xC0
    ESME_ROPTPARNOTALLWD = 0xC1
    ESME_RINVPARLEN = 0xC2
    ESME_RMISSINGOPTPARAM = 0xC3
    ESME_RINVOPTPARAMVAL = 0xC4
    ESME_RDELIVERYFAILURE = 0xFE
    ESME_RUNKNOWNERR = 0xFF


class Reaction(StrEnum):
    """What whoever sent a request does about the answer."""

    ACCEPTED = "accepted"
    SLOW_DOWN = "slow-down"
    """Too fast or too full: leave the bind alone for a while, then send the same again."""
    RETRY = "retry"
    """Temporary: send the same again, a few times."""
    RETRY_A_FEW = "retry-a-few"
    """Unclear what is wrong: send the same again, but not for ever."""
    REBIND = "rebind"
    """The session is not what we take it for: bind anew, then send the same again."""
    PERMANENT = "permanent"
    """The same again gives the same answer."""
    CONFIGURATION = "configuration"
    """Refused at the bind for what stands in the settings: try again slowly, and tell somebody."""


class StatusRow(NamedTuple):
    """One code: what it means for a person, and what a program does about it."""

    status: CommandStatus
    reaction: Reaction
    meaning: str
    fault: Fault
    advice: str


_S, _R, _F = CommandStatus, Reaction, Fault

_BUG = "The carrier refuses what this hub wrote: compare its manual with the carrier's settings, and report it."
_SENDER = "Use a sender that the carrier allows, or correct the source TON and NPI in its settings."
_NUMBER = "Check the number's country code, or correct the destination TON and NPI in the carrier's settings."
_CREDENTIALS = "Correct system_id and password in the carrier's settings."

TABLE: Final[tuple[StatusRow, ...]] = (
    StatusRow(_S.ESME_ROK, _R.ACCEPTED, "accepted", _F.NOBODY, "Nothing to do; receipts tell what becomes of it."),
    StatusRow(_S.ESME_RINVMSGLEN, _R.PERMANENT, "message length refused", _F.SENDER,
              "Shorten the text, or choose another way for long messages in the carrier's settings."),
    StatusRow(_S.ESME_RINVCMDLEN, _R.PERMANENT, "PDU length refused", _F.PROVIDER, _BUG),
    StatusRow(_S.ESME_RINVCMDID, _R.PERMANENT, "operation not known to the carrier", _F.PROVIDER, _BUG),
    StatusRow(_S.ESME_RINVBNDSTS, _R.REBIND, "the bind does not allow this", _F.SENDER,
              "Bind as transceiver or transmitter; the hub binds anew by itself."),
    StatusRow(_S.ESME_RALYBND, _R.RETRY, "already bound", _F.PROVIDER,
              "An older session still lives at the carrier: wait for its inactivity time, or use fewer binds."),
    StatusRow(_S.ESME_RINVPRTFLG, _R.PERMANENT, "priority refused", _F.SENDER, "Leave the priority at 0."),
    StatusRow(_S.ESME_RINVREGDLVFLG, _R.PERMANENT, "registered_delivery refused", _F.SENDER,
              "Switch intermediate receipts off in the carrier's settings."),
    StatusRow(_S.ESME_RSYSERR, _R.RETRY, "system error at the carrier", _F.PROVIDER,
              "Wait; if it persists, ask the carrier's support."),
    StatusRow(_S.ESME_RINVSRCADR, _R.PERMANENT, "sender refused", _F.SENDER, _SENDER),
    StatusRow(_S.ESME_RINVDSTADR, _R.PERMANENT, "number refused", _F.SENDER, _NUMBER),
    StatusRow(_S.ESME_RINVMSGID, _R.PERMANENT, "message id not known", _F.SENDER,
              "The carrier does not know the message, or not yet."),
    StatusRow(_S.ESME_RBINDFAIL, _R.CONFIGURATION, "bind failed", _F.ACCOUNT,
              "Ask the carrier whether the account, its address filter and the number of binds are right."),
    StatusRow(_S.ESME_RINVPASWD, _R.CONFIGURATION, "wrong password", _F.ACCOUNT, _CREDENTIALS),
    StatusRow(_S.ESME_RINVSYSID, _R.CONFIGURATION, "system_id not known", _F.ACCOUNT, _CREDENTIALS),
    StatusRow(_S.ESME_RCANCELFAIL, _R.PERMANENT, "cancel failed", _F.PROVIDER, "It was too late to cancel."),
    StatusRow(_S.ESME_RREPLACEFAIL, _R.PERMANENT, "replace failed", _F.PROVIDER, "It was too late to replace."),
    StatusRow(_S.ESME_RMSGQFUL, _R.SLOW_DOWN, "message queue full", _F.PROVIDER,
              "The hub slows down by itself. At some carriers it also means: no credit."),
    StatusRow(_S.ESME_RINVSERTYP, _R.PERMANENT, "service_type refused", _F.SENDER,
              "Correct service_type in the carrier's settings."),
    StatusRow(_S.ESME_RINVNUMDESTS, _R.PERMANENT, "number of destinations refused", _F.SENDER, _BUG),
    StatusRow(_S.ESME_RINVDLNAME, _R.PERMANENT, "distribution list refused", _F.SENDER, _BUG),
    StatusRow(_S.ESME_RINVDESTFLAG, _R.PERMANENT, "destination flag refused", _F.SENDER, _BUG),
    StatusRow(_S.ESME_RINVSUBREP, _R.PERMANENT, "replacing a message refused", _F.SENDER, _BUG),
    StatusRow(_S.ESME_RINVESMCLASS, _R.PERMANENT, "esm_class refused", _F.SENDER,
              "The carrier takes no header in the text: choose another way for long messages in its settings."),
    StatusRow(_S.ESME_RCNTSUBDL, _R.PERMANENT, "distribution list refused", _F.SENDER, _BUG),
    StatusRow(_S.ESME_RSUBMITFAIL, _R.RETRY_A_FEW, "submit failed", _F.PROVIDER,
              "The carrier does not say why; the hub tries again a few times."),
    StatusRow(_S.ESME_RINVSRCTON, _R.PERMANENT, "source TON refused", _F.SENDER, _SENDER),
    StatusRow(_S.ESME_RINVSRCNPI, _R.PERMANENT, "source NPI refused", _F.SENDER, _SENDER),
    StatusRow(_S.ESME_RINVDSTTON, _R.PERMANENT, "destination TON refused", _F.SENDER, _NUMBER),
    StatusRow(_S.ESME_RINVDSTNPI, _R.PERMANENT, "destination NPI refused", _F.SENDER, _NUMBER),
    StatusRow(_S.ESME_RINVSYSTYP, _R.CONFIGURATION, "system_type refused", _F.ACCOUNT,
              "Correct system_type in the carrier's settings."),
    StatusRow(_S.ESME_RINVREPFLAG, _R.PERMANENT, "replace_if_present_flag refused", _F.SENDER, _BUG),
    StatusRow(_S.ESME_RINVNUMMSGS, _R.PERMANENT, "number of messages refused", _F.SENDER, _BUG),
    StatusRow(_S.ESME_RTHROTTLED, _R.SLOW_DOWN, "throttled", _F.SENDER,
              "The hub slows down by itself; lower rate_per_s in the carrier's settings, or ask for a higher limit."),
    StatusRow(_S.ESME_RINVSCHED, _R.PERMANENT, "schedule_delivery_time refused", _F.SENDER, _BUG),
    StatusRow(_S.ESME_RINVEXPIRY, _R.PERMANENT, "validity_period refused", _F.SENDER, "Give a shorter ttl, or none."),
    StatusRow(_S.ESME_RINVDFTMSGID, _R.PERMANENT, "predefined message refused", _F.SENDER, _BUG),
    StatusRow(_S.ESME_RX_T_APPN, _R.RETRY, "temporary error of the receiver", _F.PROVIDER, "It is sent again later."),
    StatusRow(_S.ESME_RX_P_APPN, _R.PERMANENT, "permanent error of the receiver", _F.PROVIDER,
              "Ask the carrier's support."),
    StatusRow(_S.ESME_RX_R_APPN, _R.PERMANENT, "refused by the receiver", _F.PROVIDER, "Ask the carrier's support."),
    StatusRow(_S.ESME_RQUERYFAIL, _R.RETRY, "query failed", _F.PROVIDER, "Ask again later."),
    StatusRow(_S.ESME_RINVOPTPARSTREAM, _R.PERMANENT, "TLVs unreadable to the carrier", _F.PROVIDER, _BUG),
    StatusRow(_S.ESME_ROPTPARNOTALLWD, _R.PERMANENT, "a TLV is not allowed", _F.PROVIDER,
              "Choose another way for long messages in the carrier's settings."),
    StatusRow(_S.ESME_RINVPARLEN, _R.PERMANENT, "length of a TLV refused", _F.PROVIDER, _BUG),
    StatusRow(_S.ESME_RMISSINGOPTPARAM, _R.PERMANENT, "a TLV is missing", _F.PROVIDER, _BUG),
    StatusRow(_S.ESME_RINVOPTPARAMVAL, _R.PERMANENT, "value of a TLV refused", _F.PROVIDER, _BUG),
    StatusRow(_S.ESME_RDELIVERYFAILURE, _R.RETRY_A_FEW, "delivery failure", _F.CARRIER, "It is tried a few times."),
    StatusRow(_S.ESME_RUNKNOWNERR, _R.RETRY_A_FEW, "unknown error", _F.PROVIDER,
              "The carrier does not say why; the hub tries again a few times."),
)  # fmt: skip

_ROWS: Final = {int(row.status): row for row in TABLE}

RESEND: Final = frozenset({
    _S.ESME_RTHROTTLED, _S.ESME_RSYSERR, _S.ESME_RMSGQFUL, _S.ESME_RSUBMITFAIL, _S.ESME_RQUERYFAIL,
    _S.ESME_RDELIVERYFAILURE, _S.ESME_RUNKNOWNERR,
})  # fmt: skip
"""Answers to a deliver_sm after which a carrier sends it again; every other one is final (reference smpp 4)."""

FIRST_VENDOR_STATUS, LAST_VENDOR_STATUS = 0x400, 0x4FF


def code_of(status: int) -> str:
    """A command_status as it is stored and shown: ``0x00000058``."""
    return f"0x{status:08X}"


def name_of(status: int) -> str:
    """The specification's name, or the code in hex."""
    row = _ROWS.get(status)
    return row.status.name if row is not None else code_of(status)


def reaction_to(status: int) -> Reaction:
    """What to do about an answer; an unknown code is a refusal."""
    row = _ROWS.get(status)
    return row.reaction if row is not None else Reaction.PERMANENT


def advice_for(status: int) -> Advice:
    """The code explained for a person."""
    row = _ROWS.get(status)
    if row is None:
        vendor = FIRST_VENDOR_STATUS <= status <= LAST_VENDOR_STATUS
        meaning = "a code of this carrier's own" if vendor else "an undocumented code"
        return Advice(code_of(status), meaning, Fault.PROVIDER, None, "Look it up in the carrier's manual.")
    retry = {Reaction.PERMANENT: False, Reaction.ACCEPTED: None}.get(row.reaction, True)
    return Advice(code_of(status), f"{row.status.name}: {row.meaning}", row.fault, retry, row.advice)


class Statuses(msgspec.Struct, frozen=True):
    """What to do about one carrier's answers: the table, but for what ``own`` says of its codes."""

    own: Mapping[int, Reaction] = {}

    def reaction_to(self, status: int) -> Reaction:
        """What to do about an answer."""
        return self.own.get(status) or reaction_to(status)

    def advice_for(self, status: int) -> Advice:
        """The code explained for a person."""
        usual = advice_for(status)
        own = self.own.get(status)
        if own is None:
            return usual
        said = f"What is done is set by command_statuses: {own}. The carrier's manual says what it means."
        return usual._replace(retry=own is not Reaction.PERMANENT, advice=said)
