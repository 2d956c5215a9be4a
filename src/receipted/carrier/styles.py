"""How the carrier writes its receipts: one row for each way that real ones do (reference smpp 7)."""

from typing import Final, NamedTuple

from receipted.dialects.smpp.grammars import KeyStyle
from receipted.dialects.smpp.pdus import Command
from receipted.dialects.smpp.receipt_writing import ReceiptStyle
from receipted.dialects.smpp.times import DateForm


class Style(NamedTuple):
    """One way to write a receipt. Without ``how`` it is text that says nothing."""

    name: str
    what: str
    how: ReceiptStyle | None


STYLES: Final[tuple[Style, ...]] = (
    Style("full", "text, and TLVs that say the same", ReceiptStyle()),
    Style("text-only", "text and no TLVs", ReceiptStyle(tlvs=False)),
    Style("tlv-only", "TLVs and no text", ReceiptStyle(grammar="tlv-only")),
    Style("payload", "text in message_payload", ReceiptStyle(in_payload=True)),
    Style("data-sm", "a data_sm, its text in message_payload", ReceiptStyle(command=Command.DATA_SM)),
    Style("ucs2", "text in UCS-2, no TLVs", ReceiptStyle(ucs2=True, tlvs=False)),
    Style("unmarked", "esm_class does not say that it is one; no TLVs", ReceiptStyle(marked=False, tlvs=False)),
    Style("seconds", "dates of 12 digits, YYMMDDhhmmss", ReceiptStyle(dates=DateForm.SECONDS)),
    Style("year-first", "dates of 12 digits, YYYYMMDDhhmm", ReceiptStyle(dates=DateForm.YEAR_MINUTES)),
    Style(
        "short", "id, stat and err only, no TLVs", ReceiptStyle(keys=KeyStyle(fields=("id", "stat", "err")), tlvs=False)
    ),
    Style("unreadable", "text that says nothing, no TLVs", None),
)

BY_NAME: Final = {style.name: style for style in STYLES}
