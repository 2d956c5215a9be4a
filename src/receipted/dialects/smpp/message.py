"""An SMS from a handset (mobile originated, MO), read from a deliver_sm or data_sm (reference smpp 2 and 8)."""

import msgspec

from receipted.dialects.smpp.addresses import destination_of, number_of, source_of
from receipted.dialects.smpp.codings import Alphabet, Alphabets, coding_of
from receipted.dialects.smpp.headers import Place, body_of, place_of
from receipted.dialects.smpp.pdus import Pdu


class InboundMessage(msgspec.Struct, frozen=True, kw_only=True):
    """One part of an SMS. ``text`` is "" for a binary one. ``octets`` and ``udh`` (with its length octet) as they came.

    ``place`` says which part of which message it is, None where it is one of its own. ``message_class`` 0 is flash.
    """

    sender: str
    recipient: str
    text: str
    octets: bytes
    alphabet: Alphabet
    udh: bytes = b""
    place: Place | None = None
    message_class: int | None = None


def read_message(pdu: Pdu, alphabets: Alphabets) -> InboundMessage:
    """The message that the PDU carries, its text decoded as data_coding says and as the carrier's ``alphabets`` are.

    Never raises: octets that are no character become U+FFFD, a header that makes no sense is shown as text.
    """
    body = body_of(pdu)
    coding = coding_of(pdu.number("data_coding"))
    return InboundMessage(
        sender=number_of(source_of(pdu)),
        recipient=number_of(destination_of(pdu)),
        text=alphabets.text(body.octets, coding.alphabet),
        octets=body.octets,
        alphabet=alphabets.default if coding.alphabet is Alphabet.DEFAULT else coding.alphabet,
        udh=body.udh,
        place=place_of(pdu, body.udh),
        message_class=coding.message_class,
    )
