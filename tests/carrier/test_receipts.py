"""What the carrier writes, read as the hub reads it: every style and every form of ids."""

import msgspec
import pytest

from receipted.carrier.receipts import malformed, outgoing
from receipted.carrier.styles import STYLES
from receipted.carrier.turn import Asked, Clockwork, Kind, turn_of
from receipted.dialects.smpp.codec import Unreadable, decode, encode
from receipted.dialects.smpp.id_forms import WRITTEN_IDS
from receipted.dialects.smpp.ids import IdBook
from receipted.dialects.smpp.pdus import Pdu
from receipted.dialects.smpp.receipt import DeliveryReceipt, NotAReceipt, UnreadableReceipt, read_receipt
from receipted.domain.status import Status
from tests.carrier.test_ledger import MESSAGE

READABLE = [style for style in STYLES if style.how is not None]


def sent(suffix: str = "0000", *, index: int = -1, **message: object) -> Pdu:
    """What is sent of a message, over the wire."""
    kept = msgspec.structs.replace(MESSAGE, recipient=f"44770090{suffix}", **message)
    asked = Asked(kept.recipient, 1, 1, 0x11, 0, kept.submitted_ms, 1)
    sending = turn_of(asked, 9, Clockwork()).sendings[index]
    command, fields, tlvs = outgoing(kept, sending, "Thank you!")
    pdu = decode(encode(Pdu(command=command, fields=fields, tlvs=tlvs)))
    assert isinstance(pdu, Pdu)
    return pdu


def read(pdu: Pdu) -> DeliveryReceipt:
    receipt = read_receipt(pdu)
    assert isinstance(receipt, DeliveryReceipt)
    return receipt


@pytest.mark.parametrize("style", READABLE, ids=lambda style: style.name)
@pytest.mark.parametrize(("suffix", "status"), [("0000", Status.DELIVERED), ("9008", Status.FAILED)])
def test_every_style_can_be_read(style: object, suffix: str, status: Status) -> None:
    receipt = read(sent(suffix, style=style.name))  # type: ignore[attr-defined]
    assert (receipt.status, receipt.id, receipt.intermediate) == (status, str(MESSAGE.number), False)
    assert int(receipt.raw_err or "0") == (8 if suffix == "9008" else 0)


@pytest.mark.parametrize("ids", WRITTEN_IDS)
@pytest.mark.parametrize("style", ["full", "text-only", "tlv-only"])
def test_every_form_of_ids_leads_back_to_the_message(ids: str, style: str) -> None:
    book = IdBook()
    number = 1_795_467_049_031_000
    stored = book.submitted(WRITTEN_IDS[ids].submit(number))
    assert book.resolve(read(sent(ids=ids, style=style, number=number)).id).stored_id == stored


def test_the_forms_differ_where_they_say_so() -> None:
    number = 1_795_467_049_031_000
    same = {name for name, form in WRITTEN_IDS.items() if form.submit(number) == form.receipt(number)}
    assert same == {"decimal", "hex", "letters"}


def test_an_unreadable_receipt_is_one() -> None:
    assert isinstance(read_receipt(sent(style="unreadable")), UnreadableReceipt)


def test_an_intermediate_state() -> None:
    receipt = read(sent("9200", index=1))
    assert (receipt.status, receipt.intermediate) == (Status.BUFFERED, True)


def test_a_word_that_nobody_knows() -> None:
    receipt = read(sent("9214"))
    assert (receipt.status, receipt.raw_status) == (Status.UNKNOWN, "PARKED")


def test_the_handsets_sms_is_no_receipt() -> None:
    assert isinstance(read_receipt(sent("9313")), NotAReceipt)
    asked = Asked("447700909313", 1, 1, 1, 0, 0, 1)
    assert turn_of(asked, 1, Clockwork()).sendings[-1].kind is Kind.REPLY


@pytest.mark.parametrize(
    ("data_coding", "text", "opening"),
    [
        (0, b"Hello \x02\x1b\x65 and so on for long", "Hello $€ and so on f"),
        (3, "Grüße".encode("latin-1"), "Grüße"),
        (8, ("Ω" * 19 + "😀").encode("utf-16-be"), "Ω" * 19),
        (4, b"\1\2\3", ""),
    ],
)
def test_a_receipt_repeats_the_beginning_of_the_text(data_coding: int, text: bytes, opening: str) -> None:
    pdu = sent(style="ucs2", data_coding=data_coding, opening=text[:40])
    assert pdu.message_octets().decode("utf-16-be").partition("text:")[2] == opening


def test_bytes_that_are_no_pdu() -> None:
    assert isinstance(decode(malformed()), Unreadable)
