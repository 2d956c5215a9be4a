"""What can be set about a carrier: a section ``[providers.NAME]`` with ``kind = "smpp"``."""

import re
from typing import Final, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, FilePath, SecretStr, field_validator

from receipted.dialects.smpp.grammars import GRAMMARS
from receipted.dialects.smpp.id_forms import AUTO, ID_FORMS
from receipted.dialects.smpp.submit import Long, Wanted
from receipted.dialects.smpp.times import zone_named

HEX: Final = re.compile("0x[0-9A-Fa-f]{1,8}")
Sayable: TypeAlias = Literal["accepted", "buffered", "unknown", "expired", "failed", "rejected", "delivered"]
"""What a receipt can say: every status but those in which no carrier has the message yet."""

Done: TypeAlias = Literal["slow-down", "retry", "retry-a-few", "rebind", "permanent"]
"""What can be done about an answer that is no success."""


class SmppSettings(BaseModel):
    """A mobile carrier's SMSC, bound to over SMPP 3.4. Its interface document tells what to write here."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    host: str = Field(min_length=1, description="The SMSC's host name or address.", examples=["smsc.example.net"])
    port: int = Field(2775, ge=1, le=65_535, description="Its port: 2775 is usual, 3550 for TLS.")
    system_id: str = Field(
        min_length=1, max_length=15, description="The account's name, up to 15 characters.", examples=["acme"]
    )
    password: SecretStr = Field(SecretStr(""), max_length=8, description="Its password, up to 8 characters.")
    system_type: str = Field("", max_length=12, description="What some carriers want to be told beside the account.")
    tls: bool = Field(False, description="Whether the connection is encrypted.")
    tls_ca: FilePath | None = Field(None, description="Certificates to trust (PEM) instead of the public ones.")
    tls_server_name: str = Field("", description="The name in the SMSC's certificate, where it is not the host's.")

    bind: Literal["transceiver", "transmitter-receiver", "transmitter", "receiver"] = Field(
        "transceiver",
        description="How to bind: both ways at once, by two connections, or in one direction only.",
    )
    binds: int = Field(1, ge=1, le=64, description="Connections, or pairs of them: as many as the carrier allows.")
    window: int = Field(10, ge=1, le=10_000, description="Submits that may be unanswered on one connection.")
    rate_per_s: float = Field(30.0, ge=0, description="Submits per second on one connection; 0 for no limit.")
    address_range: str = Field("", max_length=40, description="The addresses to receive for, where it is asked for.")
    address_ton: int = Field(0, ge=0, le=255, description="Type of number of address_range.")
    address_npi: int = Field(0, ge=0, le=255, description="Numbering plan of address_range.")

    enquire_link_s: float = Field(30.0, ge=0, description="After so much silence the SMSC is asked; 0 for never.")
    enquire_answer_s: float = Field(15.0, gt=0, description="How long it may take to answer that, in seconds.")
    response_s: float = Field(60.0, gt=0, description="How long it may take to answer a submit, in seconds.")
    bind_s: float = Field(10.0, gt=0, description="How long connecting and binding may each take, in seconds.")
    inactivity_s: float = Field(0.0, ge=0, description="Ends a connection without traffic, in seconds; 0 for never.")
    reconnect_first_s: float = Field(1.0, gt=0, description="The first wait before binding anew; it doubles each time.")
    reconnect_most_s: float = Field(60.0, gt=0, description="The longest wait before binding anew.")

    service_type: str = Field("", max_length=5, description="The service_type of every submit.")
    source_ton: int | None = Field(None, ge=0, le=255, description="TON of senders; empty: by what the sender is.")
    source_npi: int | None = Field(None, ge=0, le=255, description="NPI of senders; empty: by what the sender is.")
    destination_ton: int | None = Field(None, ge=0, le=255, description="TON of recipients; empty: 1, international.")
    destination_npi: int | None = Field(None, ge=0, le=255, description="NPI of recipients; empty: 1, ISDN.")
    default_alphabet: Literal["gsm7", "latin-1", "ascii"] = Field(
        "gsm7", description="What the carrier takes data_coding 0 for, in both directions."
    )
    text_coding: int | None = Field(None, ge=0, le=255, description="The data_coding of GSM text; empty: 0.")
    unicode_coding: int | None = Field(None, ge=0, le=255, description="The data_coding of UCS-2 text; empty: 8.")
    binary_coding: int | None = Field(None, ge=0, le=255, description="The data_coding of binary content; empty: 4.")
    long_messages: Long = Field(
        Long.UDH8,
        description="How the parts of a long message are joined: a header with an 8 or 16 bit reference, TLVs, or "
        "the whole text in message_payload for the carrier to cut.",
    )
    receipts: Wanted = Field(
        Wanted.FINAL, description="Receipts to ask for: final, failure (only those), intermediate (too), or none."
    )

    id_form: str = Field(
        AUTO, description=f"How message ids differ between submit and receipt: {AUTO}, {', '.join(ID_FORMS)}."
    )
    time_zone: str = Field(
        "UTC", description="Time zone of dates in receipts: a name such as Europe/London, or +02:00."
    )
    unmarked_receipts: bool = Field(
        True, description="Take what reads like a receipt for one, though its esm_class does not say so."
    )
    err_codes: dict[str, str] = Field(
        default_factory=dict, description="This carrier's err texts and the err-codes of Vonage's that they mean."
    )
    command_statuses: dict[str, Done] = Field(
        default_factory=dict, description="What to do about answers to submits that this carrier alone gives, in hex."
    )
    status_words: dict[str, Sayable] = Field(
        default_factory=dict, description="Words in this carrier's receipts, in capitals, that no table has."
    )
    receipt_grammars: tuple[str, ...] = Field(
        tuple(GRAMMARS), description="The forms of receipt texts to try, in this order; docs/carriers.md has them."
    )
    text_id_first: bool = Field(False, description="Believe the id in a receipt's text before that in its TLV.")
    network_tlv: int | None = Field(
        None, ge=0, le=65_535, description="The tag of a TLV of this carrier's that names the network, MCC and MNC."
    )
    receipt_due_s: int = Field(
        259_200, ge=1, description="How long a final receipt may take before the message is unknown, in seconds."
    )

    @field_validator("id_form")
    @classmethod
    def _form_is_known(cls, value: str) -> str:
        if value != AUTO and value not in ID_FORMS:
            raise ValueError(f"must be {AUTO} or one of {', '.join(ID_FORMS)}")
        return value

    @field_validator("command_statuses")
    @classmethod
    def _statuses_are_hex(cls, value: dict[str, Done]) -> dict[str, Done]:
        for status in value:
            if not HEX.fullmatch(status) or not int(status, 16):
                raise ValueError(f'{status} is no command_status of an error in hex, such as "0x0405"')
        return value

    @field_validator("receipt_grammars")
    @classmethod
    def _grammars_are_known(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if unknown := [name for name in value if name not in GRAMMARS]:
            raise ValueError(f"{unknown[0]} is not one of {', '.join(GRAMMARS)}")
        return value

    @field_validator("time_zone")
    @classmethod
    def _zone_is_known(cls, value: str) -> str:
        zone_named(value)
        return value
