"""A message that the SMSC has taken: all that is needed to send its receipts, also after a restart."""

from collections.abc import Mapping
from typing import Any

import msgspec

from receipted.carrier.long import Part
from receipted.carrier.turn import Asked
from receipted.dialects.smpp.id_forms import WRITTEN_IDS
from receipted.dialects.smpp.pdus import Pdu

OPENING_CHARACTERS = 20
"""As much of a text as a receipt repeats (Appendix B)."""


class Accepted(msgspec.Struct, frozen=True, gc=False):
    """One message. ``number`` is its id, growing with time; ``done`` counts what was sent of it and answered.

    Times are milliseconds since 1970; ``valid_ms`` 0 = no validity given. A ledger stores the fields in this order.
    """

    number: int
    account: str
    draw: int
    submitted_ms: int
    valid_ms: int
    registered: int
    seq: int
    total: int
    service_type: str
    source: str
    source_ton: int
    source_npi: int
    recipient: str
    recipient_ton: int
    recipient_npi: int
    data_coding: int
    opening: bytes
    ids: str
    style: str

    @property
    def asked(self) -> Asked:
        """The same as ``turn`` wants it, to find what is still to be sent after a restart."""
        return Asked(self.recipient, self.seq, self.total, self.registered, self.valid_ms, self.submitted_ms, self.draw)

    @property
    def answered_id(self) -> str:
        """The id as the answer to the submit gives it."""
        return WRITTEN_IDS[self.ids].submit(self.number)

    @property
    def receipted_id(self) -> str:
        """The id as its receipts give it."""
        return WRITTEN_IDS[self.ids].receipt(self.number)


def accepted(submit: Pdu, part: Part, asked: Asked, *, number: int, account: str, ids: str, style: str) -> Accepted:
    """What is kept of a submit_sm or data_sm that was decoded: all its fields are there."""
    # Read once for every submit, so without the detour over ``Pdu.text`` and ``Pdu.number``.
    fields: Mapping[str, Any] = submit.fields
    return Accepted(
        number,
        account,
        asked.draw,
        asked.submitted_ms,
        asked.valid_ms,
        asked.registered,
        part.seq,
        part.total,
        fields["service_type"],
        fields["source_addr"],
        fields["source_addr_ton"],
        fields["source_addr_npi"],
        asked.recipient,
        fields["dest_addr_ton"],
        fields["dest_addr_npi"],
        fields["data_coding"],
        part.text[: 2 * OPENING_CHARACTERS],
        ids,
        style,
    )
