"""A delivery receipt as a carrier writes it: the same grammars and tables as ``receipt``, the other way round."""

from collections.abc import Mapping
from datetime import UTC, tzinfo
from typing import Final

import msgspec

from receipted.dialects.smpp.addresses import Address, written
from receipted.dialects.smpp.grammars import GRAMMARS, KeyStyle, Words
from receipted.dialects.smpp.pdus import Command, Pdu, Value
from receipted.dialects.smpp.receipt import INTERMEDIATE_BIT, RECEIPT_BIT
from receipted.dialects.smpp.states import BY_WORD
from receipted.dialects.smpp.times import DateForm, write_time
from receipted.dialects.smpp.tlvs import Tag, Tlv, make_tlv

MOST_SHORT_MESSAGE: Final = 254
_TEXT_CHARACTERS: Final = 20
_UCS2: Final = 8


class ReceiptStyle(msgspec.Struct, frozen=True, kw_only=True):
    """How one carrier writes its receipts. As it stands: Appendix B with the three TLVs, in a deliver_sm.

    ``tlvs``: whether receipted_message_id, message_state and network_error_code are there. ``marked``: whether
    esm_class says that it is a receipt. ``no_done_date``: ten zeros in its place. ``nul``: the TLV's id ends in a NUL.
    """

    grammar: str = "appendix-b"
    keys: KeyStyle = KeyStyle()
    dates: DateForm = DateForm.MINUTES
    zone: tzinfo = UTC
    no_done_date: bool = False
    ucs2: bool = False
    in_payload: bool = False
    command: Command = Command.DELIVER_SM
    marked: bool = True
    tlvs: bool = True
    nul: bool = True


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """What a receipt is to say. ``text_id`` and ``tlv_id``: the id as the carrier writes it in each place.

    ``stat``: a word of ``STATES`` or any other. ``err``: text, three digits as a rule. ``network_error``: the kind of
    network and its error. ``source`` is the handset, ``destination`` the sender of the message. Times in milliseconds
    since 1970.
    """

    text_id: str
    tlv_id: str
    stat: str
    source: Address
    destination: Address
    submitted_ms: int
    done_ms: int
    err: str = "000"
    network_error: tuple[int, int] = (3, 0)
    text: str = ""
    intermediate: bool = False


USUAL: Final = ReceiptStyle()
_ZEROS: Final = "0000000000"


def write_receipt(said: Said, style: ReceiptStyle = USUAL) -> tuple[Mapping[str, Value], tuple[Tlv, ...]]:
    """The fields and TLVs of the deliver_sm or data_sm (``style.command``) that says it.

    A text longer than short_message holds goes into message_payload; a data_sm has no other place.
    """
    text = GRAMMARS[style.grammar].write(_words(said, style), style.keys)
    octets = text.encode("utf-16-be" if style.ucs2 else "latin-1", "replace")
    kind = INTERMEDIATE_BIT if said.intermediate else RECEIPT_BIT
    fields: dict[str, Value] = {
        **written(said.source, said.destination),
        "esm_class": kind if style.marked else 0,
        "data_coding": _UCS2 if style.ucs2 else 0,
    }
    tlvs = _tlvs(said, style) if style.tlvs else ()
    if style.in_payload or style.command is Command.DATA_SM or len(octets) > MOST_SHORT_MESSAGE:
        return fields, (*((make_tlv(Tag.MESSAGE_PAYLOAD, octets),) if octets else ()), *tlvs)
    return {**fields, "short_message": octets}, tlvs


def receipt_pdu(said: Said, style: ReceiptStyle = USUAL, sequence: int = 1) -> Pdu:
    """The whole PDU that says it."""
    fields, tlvs = write_receipt(said, style)
    return Pdu(command=style.command, sequence=sequence, fields=fields, tlvs=tlvs)


def _words(said: Said, style: ReceiptStyle) -> Words:
    return Words(
        id=said.text_id,
        sub="001",
        dlvrd="001" if said.stat.upper() in _DELIVERED else "000",
        submit_date=write_time(said.submitted_ms, style.dates, style.zone),
        done_date=_ZEROS if style.no_done_date else write_time(said.done_ms, style.dates, style.zone),
        stat=said.stat,
        err=said.err,
        text=said.text[:_TEXT_CHARACTERS],
    )


_DELIVERED = frozenset({"DELIVRD", "DELIVERED"})


def _tlvs(said: Said, style: ReceiptStyle) -> tuple[Tlv, ...]:
    message_id = said.tlv_id.encode("latin-1", "replace")
    state = BY_WORD.get(said.stat.upper())
    number = None if state is None else state.number
    network, error = said.network_error
    return (
        make_tlv(Tag.RECEIPTED_MESSAGE_ID, message_id + b"\0" if style.nul else message_id),
        *(() if number is None else (make_tlv(Tag.MESSAGE_STATE, number),)),
        make_tlv(Tag.NETWORK_ERROR_CODE, bytes((network,)) + error.to_bytes(2)),
    )
