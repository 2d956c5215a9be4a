"""Receipts of carriers as they travel: one row or more for each deviation of reference smpp 7, by its number.

``said`` in ``style`` is what is written; ``pdu`` stands instead where it has no writer of ours. ``receipt`` is what is
read by ``form``. ``submit_id`` is the id of the submit_sm_resp that the receipt belongs to.
"""

from datetime import timedelta, timezone
from typing import Any, NamedTuple

import msgspec

from receipted.dialects.smpp.addresses import Address
from receipted.dialects.smpp.codec import decode
from receipted.dialects.smpp.grammars import KeyStyle
from receipted.dialects.smpp.pdus import Command, Pdu, Value
from receipted.dialects.smpp.receipt import DeliveryReceipt, ReceiptForm
from receipted.dialects.smpp.receipt_writing import ReceiptStyle, Said
from receipted.dialects.smpp.times import DateForm
from receipted.dialects.smpp.tlvs import Tag, Tlv
from receipted.domain.status import Status

MINUTE_MS = 1_767_366_240_000
"""2026-01-02 15:04 UTC."""
HANDSET, SENDER = Address(1, 1, "447700900123"), Address(5, 0, "Acme")
SAID = Said(
    text_id="77",
    tlv_id="77",
    stat="DELIVRD",
    source=HANDSET,
    destination=SENDER,
    submitted_ms=MINUTE_MS,
    done_ms=MINUTE_MS + 60_000,
    text="Hello",
)
READ = DeliveryReceipt(
    ids=("77", "77"),
    status=Status.DELIVERED,
    raw_status="DELIVRD",
    err_code="0",
    raw_err="000",
    carrier_ms=MINUTE_MS + 60_000,
    submitted_ms=MINUTE_MS,
    sub="001",
    dlvrd="001",
    text="Hello",
    recipient="447700900123",
    sender="Acme",
    network_error=(3, 0),
)
NO_TLVS: dict[str, Any] = {"ids": ("", "77"), "network_error": None}
TEXT_ONLY = ReceiptStyle(tlvs=False)


class Row(NamedTuple):
    deviation: int
    """0 where the specification is kept."""
    name: str
    receipt: DeliveryReceipt
    said: Said = SAID
    style: ReceiptStyle = ReceiptStyle()
    pdu: Pdu | None = None
    form: ReceiptForm = ReceiptForm()
    submit_id: str = "77"
    id_form: str = ""
    """The explicit form, beside ``auto``, that joins the ids; "" for as-given."""


def said(**change: Any) -> Said:
    return msgspec.structs.replace(SAID, **change)


def style(**change: Any) -> ReceiptStyle:
    return msgspec.structs.replace(TEXT_ONLY, **change)


def read(**change: Any) -> DeliveryReceipt:
    return msgspec.structs.replace(READ, **change)


def text(octets: bytes, **fields: Any) -> Pdu:
    """A deliver_sm with this text, marked as a receipt unless ``fields`` say otherwise."""
    addresses: dict[str, Value] = {"source_addr_ton": 1, "source_addr": "447700900123", "destination_addr": "Acme"}
    return Pdu(command=Command.DELIVER_SM, fields={**addresses, "esm_class": 4, "short_message": octets, **fields})


def ids(deviation: int, submit_id: str, receipt_id: str, id_form: str) -> Row:
    return Row(
        deviation,
        f"{submit_id} is {receipt_id}",
        read(ids=("", receipt_id), network_error=None),
        said(text_id=receipt_id),
        TEXT_ONLY,
        submit_id=submit_id,
        id_form=id_form,
    )


REFERENCE_9 = decode(
    bytes.fromhex(
        "000000b000000005000000000000000900010134343737303039303031323300050041636d65000400000000000000006869643a313738"
        "30373937207375623a30303120646c7672643a303031207375626d697420646174653a3236303130323135303420646f6e652064617465"
        "3a3236303130323135303520737461743a44454c49565244206572723a30303020746578743a48656c6c6f001e00073142324333440004"
        "2700010204230003030000"
    )
)
assert isinstance(REFERENCE_9, Pdu)

BARE = b"id:77 submit date:2601021504 done date:2601021505 "
ONLY_STATUS: dict[str, Any] = {"sub": "", "dlvrd": "", "text": ""}

ROWS: tuple[Row, ...] = (
    Row(0, "as the specification has it", READ),
    Row(
        0,
        "reference 9",
        read(ids=("1B2C3D", "1780797")),
        said(text_id="1780797", tlv_id="1B2C3D"),
        pdu=REFERENCE_9,
        submit_id="1B2C3D",
        id_form="hex-decimal",
    ),
    Row(
        0,
        "failed, with the network's own error",
        read(
            status=Status.FAILED, raw_status="UNDELIV", err_code="2", raw_err="021", dlvrd="000", network_error=(3, 21)
        ),
        said(stat="UNDELIV", err="021", network_error=(3, 21)),
        form=ReceiptForm(err_codes={"21": "2"}),
    ),
    ids(1, "1B2C3D", "1780797", "hex-decimal"),
    ids(2, "1780797", "1b2c3d", "decimal-hex"),
    ids(3, "812FC7470000001B", "9308878062554710043", "hex-decimal"),
    ids(4, "0012345678", "12345678", "folded"),
    ids(4, "12345678", "0012345678", "folded"),
    ids(5, "3F2504E0-4F89-11D3-9A0C-0305E82C3301", "3f2504e0-4f89-11d3-9a0c-0305e82c3301", "folded"),
    ids(6, "SAR-1234-2-1", "SAR-1234-2-1", "as-given"),
    ids(6, "a_b_7", "a_b_7", "as-given"),
    Row(
        6,
        "an underscore in GSM",
        read(ids=("", "a_b"), network_error=None, **ONLY_STATUS, submitted_ms=None),
        pdu=text(b"id:a\x11b done date:2601021505 stat:DELIVRD err:000"),
        submit_id="a_b",
    ),
    Row(
        7,
        "no sub, dlvrd, text",
        read(**NO_TLVS, **ONLY_STATUS),
        style=style(keys=KeyStyle(fields=("id", "submit_date", "done_date", "stat", "err"))),
    ),
    Row(
        7,
        "another order, id last",
        read(**NO_TLVS, **ONLY_STATUS),
        style=style(keys=KeyStyle(fields=("stat", "err", "done_date", "submit_date", "id"))),
    ),
    Row(8, "Text:", read(**NO_TLVS), style=style(keys=KeyStyle(case=str.title))),
    Row(8, "TEXT:", read(**NO_TLVS), style=style(keys=KeyStyle(case=str.upper))),
    Row(8, "text:none", read(**NO_TLVS, text="none"), said(text="none"), TEXT_ONLY),
    Row(
        8,
        "colons and keys in the text",
        read(**NO_TLVS, text="id:1 stat:EXPIRED: x"),
        said(text="id:1 stat:EXPIRED: x"),
        TEXT_ONLY,
    ),
    Row(
        8,
        "text first",
        read(**NO_TLVS, text="Your id:1 is"),
        said(text="Your id:1 is"),
        style(keys=KeyStyle(fields=("text", "id", "sub", "dlvrd", "submit_date", "done_date", "stat", "err"))),
    ),
    Row(
        9,
        "YYMMDDhhmmss",
        read(**NO_TLVS, submitted_ms=MINUTE_MS + 7_000, carrier_ms=MINUTE_MS + 61_000),
        said(submitted_ms=MINUTE_MS + 7_000, done_ms=MINUTE_MS + 61_000),
        style(dates=DateForm.SECONDS),
    ),
    Row(9, "14 digits", read(**NO_TLVS), style=style(dates=DateForm.YEAR_SECONDS)),
    Row(10, "YYYYMMDDhhmm", read(**NO_TLVS), style=style(dates=DateForm.YEAR_MINUTES)),
    Row(
        11,
        "SMPP's form, from another zone",
        read(**NO_TLVS),
        style=style(dates=DateForm.SMPP, zone=timezone(timedelta(hours=3))),
    ),
    Row(11, "0000000000", read(**NO_TLVS, carrier_ms=None), style=style(no_done_date=True)),
    Row(
        11,
        "the carrier's own zone",
        read(**NO_TLVS),
        style=style(zone=timezone(timedelta(hours=-5, minutes=-30))),
        form=ReceiptForm(zone=timezone(timedelta(hours=-5, minutes=-30))),
    ),
    Row(
        12,
        "letters in err, a blank after the colon",
        read(**NO_TLVS, status=Status.REJECTED, raw_status="REJECTD", raw_err="00b", err_code="14", dlvrd="000"),
        said(stat="REJECTD", err="00b"),
        style(keys=KeyStyle(colon=": ")),
        form=ReceiptForm(err_codes={"00B": "14"}),
    ),
    Row(
        12,
        "4 digits in no table",
        read(**NO_TLVS, status=Status.EXPIRED, raw_status="EXPIRED", raw_err="1107", err_code="1", dlvrd="000"),
        said(stat="EXPIRED", err="1107"),
        TEXT_ONLY,
    ),
    Row(
        13,
        "only DELIVRD",
        read(ids=("77", ""), **ONLY_STATUS, raw_err="0", carrier_ms=None, submitted_ms=None),
        style=ReceiptStyle(grammar="bare-word"),
    ),
    Row(13, "no stat:", read(**NO_TLVS), style=style(keys=KeyStyle(bare_stat=True))),
    Row(
        13,
        "DELIVRD in front",
        read(**NO_TLVS, **ONLY_STATUS),
        style=style(keys=KeyStyle(("stat", "id", "submit_date", "done_date", "err"), bare_stat=True)),
    ),
    Row(14, "before the submit answer", READ),
    Row(15, "message_payload", READ, style=ReceiptStyle(in_payload=True)),
    Row(
        16,
        "TLVs only",
        read(ids=("77", ""), **ONLY_STATUS, raw_err="0", carrier_ms=None, submitted_ms=None),
        style=ReceiptStyle(grammar="tlv-only"),
    ),
    Row(16, "the TLV's id without its NUL", READ, style=ReceiptStyle(nul=False)),
    Row(17, "UCS-2", read(**NO_TLVS), style=style(ucs2=True)),
    Row(
        17,
        "UCS-2 that data_coding does not declare",
        read(**NO_TLVS, **ONLY_STATUS, raw_err=""),
        pdu=text((BARE + b"stat:DELIVRD").decode().encode("utf-16-be")),
    ),
    Row(
        17,
        "UCS-2 declared, and it is not",
        read(**NO_TLVS, **ONLY_STATUS, raw_err=""),
        pdu=text(BARE + b"stat:DELIVRD", data_coding=8),
    ),
    Row(18, "not marked, text", read(**NO_TLVS, marked=False), style=style(marked=False)),
    Row(
        18,
        "not marked, TLVs",
        read(ids=("77", ""), **ONLY_STATUS, raw_err="0", carrier_ms=None, submitted_ms=None, marked=False),
        style=ReceiptStyle(grammar="tlv-only", marked=False),
    ),
    Row(19, "ENROUTE first", read(status=Status.BUFFERED, raw_status="ENROUTE", dlvrd="000"), said(stat="ENROUTE")),
    Row(19, "ACCEPTD first", read(status=Status.ACCEPTED, raw_status="ACCEPTD", dlvrd="000"), said(stat="ACCEPTD")),
    Row(
        19,
        "intermediate, whatever it says",
        read(
            status=Status.BUFFERED,
            raw_status="UNDELIV",
            raw_err="027",
            dlvrd="000",
            intermediate=True,
            notes=("UNDELIV in an intermediate notification is not the end: taken as buffered",),
        ),
        said(stat="UNDELIV", err="027", intermediate=True),
    ),
    Row(20, "the second time", READ),
    Row(
        21,
        "FAILED",
        read(**NO_TLVS, status=Status.FAILED, raw_status="FAILED", err_code="1", dlvrd="000", carrier_ms=None),
        said(stat="FAILED"),
        style(no_done_date=True),
    ),
    Row(
        21,
        "a word in no table",
        read(
            **NO_TLVS,
            status=Status.UNKNOWN,
            raw_status="PARKED",
            err_code="1",
            dlvrd="000",
            notes=("PARKED is in no table",),
        ),
        said(stat="PARKED"),
        TEXT_ONLY,
    ),
    Row(
        21,
        "a word that the settings explain",
        read(**NO_TLVS, status=Status.BUFFERED, raw_status="Parked", dlvrd="000"),
        said(stat="Parked"),
        TEXT_ONLY,
        form=ReceiptForm(words={"parked": Status.BUFFERED}),
    ),
    Row(22, "an id used again", READ),
    Row(23, "for the last part only", read(ids=("79", "79")), said(text_id="79", tlv_id="79"), submit_id="79"),
    Row(24, "not asked for", READ),
    Row(25, "data_sm", READ, style=ReceiptStyle(command=Command.DATA_SM)),
    Row(
        26,
        "TON, NPI, data_coding, state and TLVs outside the standard",
        read(**NO_TLVS, **ONLY_STATUS, raw_err="", mccmnc="23410"),
        pdu=msgspec.structs.replace(
            text(BARE + b"stat:DELIVRD", source_addr_ton=1, source_addr_npi=99, dest_addr_ton=77, data_coding=0x77),
            tlvs=(Tlv(0x1403, b"23410\0"), Tlv(Tag.MESSAGE_STATE, b"\x63"), Tlv(0x3FFF, b"\xff" * 9)),
        ),
        form=ReceiptForm(network_tag=0x1403),
    ),
)
