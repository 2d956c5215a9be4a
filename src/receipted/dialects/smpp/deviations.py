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
    Deviation(
        1, "id hex in the submit answer, decimal in the receipt", "found out; or said", 'id_form = "hex-decimal"'
    ),
    Deviation(
        2, "id decimal in the submit answer, hex in the receipt", "found out; or said", 'id_form = "decimal-hex"'
    ),
    Deviation(3, "ids of 64 bits", "read as numbers of up to 40 digits", "id_form"),
    Deviation(4, "zeros in front of the id in one of the two", "found out; or said", 'id_form = "folded"'),
    Deviation(5, "the id in upper case here, lower case there", "found out; or said", 'id_form = "folded"'),
    Deviation(6, "UUIDs, dashes, underscores, letters in ids", "an id is any text; the `_` of both alphabets is read"),
    Deviation(7, "no `sub`, `dlvrd` or `text`", "grammar `appendix-b`: any field may be missing", "grammars"),
    Deviation(8, "`Text:`, no text, `text:none`", "grammar `appendix-b`: keys in any case", "grammars"),
    Deviation(9, "dates of 12 digits with seconds", "told apart by what can be a date", "time_zone"),
    Deviation(10, "dates of 12 digits with the century", "told apart by the month, 13 or more", "time_zone"),
    Deviation(11, "dates like `180711070003912+` or `0000000000`", "SMPP's own form; zeros are no date", "time_zone"),
    Deviation(12, "letters or 4 digits in `err`, a blank after the colon", "`err` is text, mapped", "err_codes"),
    Deviation(13, "no `stat:`, only `DELIVRD`", "grammars `appendix-b` and `bare-word`", "grammars"),
    Deviation(14, "the receipt comes before the submit answer", "kept, and matched when the id is known"),
    Deviation(15, "the text stands in message_payload", "read there when short_message is empty"),
    Deviation(16, "TLVs and no text", "grammar `tlv-only`", "grammars"),
    Deviation(17, "the text is UCS-2", "by data_coding, and tried where that is wrong"),
    Deviation(18, "esm_class does not say that it is a receipt", "taken for one if all of its shape is", "look_inside"),
    Deviation(19, "ACCEPTD or ENROUTE first, DELIVRD later", "each is a receipt; the strongest counts", "intermediate"),
    Deviation(20, "the same receipt twice, or after a reconnect", "a repetition changes nothing"),
    Deviation(21, "a word that no table has", "`unknown`, the word kept and shown; or said", "words"),
    Deviation(
        22, "ids used again, or equal at two carriers", "an id counts with its carrier; the latest message has it"
    ),
    Deviation(
        23, "a receipt for one part of a long message", "the others become `unknown`", 'long_messages = "payload"'
    ),
    Deviation(24, "a receipt not asked for, or none though asked", "taken; silence becomes `unknown`", "receipt_due_s"),
    Deviation(25, "data_sm in place of deliver_sm", "read alike"),
    Deviation(26, "numbers outside the standard", "kept as they are; vendor TLVs too", "network_tag"),
)
