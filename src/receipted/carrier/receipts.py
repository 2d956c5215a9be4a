"""What the SMSC sends of a message, as PDUs: receipts in every style, the handset's SMS, and bytes that are no PDU.

Source and destination are swapped against the submit (reference smpp 2).
"""

from collections.abc import Mapping
from struct import Struct
from typing import Final, NamedTuple

from receipted.carrier.accepted import OPENING_CHARACTERS, Accepted
from receipted.carrier.styles import BY_NAME
from receipted.carrier.turn import Kind, Sending
from receipted.carrier.words import err_of
from receipted.dialects.smpp.addresses import Address, written
from receipted.dialects.smpp.codings import Alphabets, coding_of
from receipted.dialects.smpp.pdus import Command, Value
from receipted.dialects.smpp.receipt import RECEIPT_BIT
from receipted.dialects.smpp.receipt_writing import Said, write_receipt
from receipted.dialects.smpp.tlvs import Tlv
from receipted.text.gsm import decode_gsm, encode_gsm

_GSM_NETWORK: Final = 3
"""The first octet of network_error_code (5.3.2.31)."""
_ALPHABETS: Final = Alphabets(decode_gsm)
_NOT_TO_BE_READ: Final = "Receipt no 4711: see your invoice"


class Outgoing(NamedTuple):
    """A request to be made of the ESME."""

    command: Command
    fields: Mapping[str, Value]
    tlvs: tuple[Tlv, ...]


def outgoing(message: Accepted, sending: Sending, reply: str) -> Outgoing:
    """A receipt or, for ``Kind.REPLY``, an SMS from the handset that says ``reply``."""
    handset = Address(message.recipient_ton, message.recipient_npi, message.recipient)
    sender = Address(message.source_ton, message.source_npi, message.source)
    if sending.kind is Kind.REPLY:
        return Outgoing(Command.DELIVER_SM, {**written(handset, sender), "short_message": encode_gsm(reply)}, ())
    how = BY_NAME[message.style].how
    if how is None:
        said: Mapping[str, Value] = {"esm_class": RECEIPT_BIT, "short_message": encode_gsm(_NOT_TO_BE_READ)}
        return Outgoing(Command.DELIVER_SM, {**written(handset, sender), **said}, ())
    message_id = message.receipted_id
    fields, tlvs = write_receipt(
        Said(
            text_id=message_id,
            tlv_id=message_id,
            stat=sending.state.word,
            source=handset,
            destination=sender,
            submitted_ms=message.submitted_ms,
            done_ms=sending.carrier_ms,
            err=err_of(sending.err_code),
            network_error=(_GSM_NETWORK, int(sending.err_code)),
            text=_opening(message),
            intermediate=sending.kind is Kind.INTERMEDIATE,
        ),
        how,
    )
    return Outgoing(how.command, {**fields, "service_type": message.service_type}, tlvs)


def _opening(message: Accepted) -> str:
    """The beginning of the text; a character that is cut in two is left out."""
    text = _ALPHABETS.text(message.opening, coding_of(message.data_coding).alphabet)
    return text[:OPENING_CHARACTERS].rstrip("\ufffd")


_HEADER: Final = Struct(">IIII")
_STRAY_SEQUENCE: Final = 0x7FFF_FFF0
"""No request of a session gets this far."""


def malformed() -> bytes:
    """A deliver_sm whose sm_length says more than there is."""
    body = b"\0\1\1447700900000\0\1\0012025550100\0\4\0\0\0\0\0\0\0\0\xfaid:"
    return _HEADER.pack(_HEADER.size + len(body), Command.DELIVER_SM, 0, _STRAY_SEQUENCE) + body
