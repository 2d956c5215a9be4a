"""What real carriers do that Appendix B does not say: the rows of reference smpp 7, and what answers each here.

``docs/carriers.md`` is made from this table, and ``tests/vectors/smpp_receipts.py`` has a row for each number.
"""

from typing import Final, NamedTuple


class Deviation(NamedTuple):
    """``number`` as in the reference. ``setting`` of the carrier, "" where nothing needs to be set."""

    number: int
    what: str
    answer: str
    setting: str = ""


DEVIATIONS: Final[tuple[Deviation, ...]] = (
    Deviation(1, "id hex in the submit answer, decimal in the receipt", "found out, or set", 'id_form = "hex-decimal"'),
    Deviation(2, "id decimal in the submit answer, hex in the receipt", "found out, or set", 'id_form = "decimal-hex"'),
    Deviation(3, "ids of 64 bits", "ids are numbers of up to 40 digits", 'id_form = "hex-decimal"'),
    Deviation(4, "zeros in front of the id in one of the two", "found out, or set", 'id_form = "folded"'),
    Deviation(5, "the id in upper case here, in lower case there", "found out, or set", 'id_form = "folded"'),
    Deviation(
        6, "UUIDs, dashes, underscores, letters in ids", "an id is any text; the `_` of GSM's alphabet is read too"
    ),
    Deviation(7, "no `sub`, `dlvrd` or `text`", "grammar `appendix-b`: any field may be missing"),
    Deviation(
        8, "`Text:`, no text, `text:none`", "grammar `appendix-b`: keys in any case; the text may hold keys itself"
    ),
    Deviation(9, "dates of 12 digits, with seconds", "told apart by what can be a date", 'time_zone = "Europe/Paris"'),
    Deviation(
        10, "dates of 12 digits, with the century", "told apart by the month, which would be 13 or more", "time_zone"
    ),
    Deviation(
        11, "dates like `180711070003912+` or `0000000000`", "SMPP's own form has its own zone; zeros are no date"
    ),
    Deviation(
        12,
        "letters or 4 digits in `err`, a blank after the colon",
        "`err` is text; a table says what it means",
        'err_codes = { "00B" = "2" }',
    ),
    Deviation(13, "`stat:` is missing, only `DELIVRD` is there", "grammars `appendix-b` and `bare-word`"),
    Deviation(14, "the receipt comes before the submit answer", "kept, and matched once the answer is there"),
    Deviation(15, "the text stands in message_payload", "read there when short_message is empty"),
    Deviation(16, "TLVs and no text", "grammar `tlv-only`"),
    Deviation(17, "the text is UCS-2", "read as data_coding says, and the other way where that gives nothing"),
    Deviation(
        18,
        "esm_class does not say that it is a receipt",
        "taken for one when all of its shape is there, and it comes from the number that its message went to",
        "unmarked_receipts = false",
    ),
    Deviation(
        19,
        "ACCEPTD or ENROUTE first, DELIVRD later",
        "each is a receipt, and the strongest status counts",
        'receipts = "intermediate"',
    ),
    Deviation(20, "the same receipt twice, or after a reconnect", "a repetition says nothing new"),
    Deviation(
        21, "a status word of its own, such as `FAILED`", "known words are in the table above; others are `unknown`"
    ),
    Deviation(22, "ids used again, or equal at two carriers", "an id counts with its carrier only"),
    Deviation(
        23,
        "a receipt for one part only of a long message",
        "the other parts become `unknown` in time",
        'long_messages = "payload"',
    ),
    Deviation(
        24, "a receipt not asked for, or none though asked for", "taken; silence becomes `unknown`", "receipt_due_s"
    ),
    Deviation(25, "data_sm in place of deliver_sm", "read alike"),
    Deviation(
        26,
        "numbers outside the standard, vendors' TLVs",
        "kept as they are; none is an error, and a command_status in no table is a refusal",
        'command_statuses = { "0x0405" = "slow-down" }',
    ),
)
