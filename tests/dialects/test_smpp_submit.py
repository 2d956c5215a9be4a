import pytest
from hypothesis import given
from hypothesis import strategies as st

from receipted.dialects.smpp.addresses import of_recipient, of_sender
from receipted.dialects.smpp.codec import Unencodable, decode, encode
from receipted.dialects.smpp.codings import Alphabet, Alphabets, ClassGroup
from receipted.dialects.smpp.message import InboundMessage, read_message
from receipted.dialects.smpp.pdus import Command, Pdu
from receipted.dialects.smpp.submit import HEADER_OCTETS, USUAL, Coded, Long, Submit, SubmitForm, Wanted, submits
from receipted.dialects.smpp.tlvs import Tag, Tlv
from receipted.domain.message import Content, Kind
from receipted.text.gsm import decode_gsm, encode_gsm
from receipted.text.segments import segments

CARRIER = Alphabets(gsm7=decode_gsm)


def submitted(coded: Coded, form: SubmitForm = USUAL, reference: int = 0x1234) -> list[Submit]:
    return submits(
        coded, source=of_sender("Acme"), destination=of_recipient("447700900123"), reference=reference, form=form
    )


def gsm(*parts: str) -> Coded:
    return Coded(alphabet=Alphabet.GSM7, parts=[encode_gsm(part) for part in parts])


def travelled(submit: Submit) -> InboundMessage:
    """Read as the other end reads it."""
    pdu = decode(encode(Pdu(command=Command.SUBMIT_SM, sequence=1, fields=submit.fields, tlvs=submit.tlvs)))
    assert isinstance(pdu, Pdu)
    return read_message(pdu, CARRIER)


def test_the_reference_octet_by_octet() -> None:
    """Reference smpp 9: Acme to 447700900123."""
    (one,) = submitted(gsm("Hello"))
    wire = encode(Pdu(command=Command.SUBMIT_SM, sequence=2, fields=one.fields, tlvs=one.tlvs))
    assert wire.hex() == (
        "0000003600000004000000000000000200050041636d65000101343437373030393030313233000000000000010000000548656c6c6f"
    )


@pytest.mark.parametrize(
    ("long", "esm_class", "messages", "tlvs"),
    [
        (Long.UDH8, 0x40, ["050003340201", "050003340202"], [{}, {}]),
        (Long.UDH16, 0x40, ["06080412340201", "06080412340202"], [{}, {}]),
        (
            Long.SAR,
            0,
            ["", ""],
            [{0x20C: "1234", 0x20E: "02", 0x20F: "01"}, {0x20C: "1234", 0x20E: "02", 0x20F: "02"}],
        ),
    ],
)
def test_parts(long: Long, esm_class: int, messages: list[str], tlvs: list[dict[int, str]]) -> None:
    found = submitted(gsm("one", "two"), SubmitForm(long=long))
    assert [submit.fields["esm_class"] for submit in found] == [esm_class, esm_class]
    wanted = [bytes.fromhex(header) + text for header, text in zip(messages, (b"one", b"two"), strict=True)]
    assert [submit.fields["short_message"] for submit in found] == wanted
    assert [{tlv.tag: tlv.value.hex() for tlv in submit.tlvs} for submit in found] == tlvs


def test_payload_is_one_submit() -> None:
    (one,) = submitted(gsm("a" * 153, "b" * 150), SubmitForm(long=Long.PAYLOAD))
    assert "short_message" not in one.fields
    assert one.fields["esm_class"] == 0
    assert one.tlvs == (Tlv(Tag.MESSAGE_PAYLOAD, b"a" * 153 + b"b" * 150),)


@pytest.mark.parametrize("long", Long)
def test_a_short_message_is_joined_to_nothing(long: Long) -> None:
    (one,) = submitted(gsm("Hello"), SubmitForm(long=long))
    assert (one.fields["short_message"], one.fields["esm_class"], one.tlvs) == (b"Hello", 0, ())


def test_a_header_of_ones_own() -> None:
    coded = Coded(alphabet=Alphabet.BINARY, parts=[b"\1\2"], udh=bytes.fromhex("06050415811581"))
    (one,) = submitted(coded)
    assert (one.fields["esm_class"], one.fields["data_coding"]) == (0x40, 4)
    assert one.fields["short_message"] == bytes.fromhex("060504158115810102")
    assert travelled(one).udh == coded.udh
    assert travelled(one).place is None


@pytest.mark.parametrize(
    "coded",
    [
        Coded(alphabet=Alphabet.GSM7, parts=[b"x"] * 256),
        Coded(alphabet=Alphabet.BINARY, parts=[b"x", b"y"], udh=b"\0"),
    ],
)
def test_what_cannot_be_said(coded: Coded) -> None:
    with pytest.raises(Unencodable):
        submitted(coded)
    with pytest.raises(Unencodable):
        submitted(Coded(alphabet=Alphabet.GSM7, parts=[b"x" * 40_000] * 2), SubmitForm(long=Long.PAYLOAD))


@pytest.mark.parametrize(
    ("wanted", "octet"), [(Wanted.NONE, 0), (Wanted.FINAL, 1), (Wanted.FAILURE, 2), (Wanted.INTERMEDIATE, 0x11)]
)
def test_receipts_asked_for(wanted: Wanted, octet: int) -> None:
    assert submitted(gsm("x"), SubmitForm(wanted=wanted))[0].fields["registered_delivery"] == octet


def test_what_a_carrier_wants() -> None:
    form = SubmitForm(
        codings={Alphabet.UCS2: 24}, service_type="VMA", protocol_id=65, priority=2, class_group=ClassGroup.GENERAL
    )
    coded = Coded(alphabet=Alphabet.UCS2, parts=["я".encode("utf-16-be")])
    fields = submits(
        coded, source=of_sender("12345", ton=6), destination=of_recipient("447700900123", npi=0), reference=1,
        ttl_ms=3_600_000, form=form,
    )[0].fields  # fmt: skip
    assert fields == {
        "service_type": "VMA", "source_addr_ton": 6, "source_addr_npi": 0, "source_addr": "12345",
        "dest_addr_ton": 1, "dest_addr_npi": 0, "destination_addr": "447700900123", "esm_class": 0,
        "protocol_id": 65, "priority_flag": 2, "validity_period": "000000010000000R", "registered_delivery": 1,
        "data_coding": 24, "short_message": b"\x04\x4f",
    }  # fmt: skip


@pytest.mark.parametrize(("group", "octet"), [(ClassGroup.GENERAL, 0x10), (ClassGroup.CLASS, 0xF0)])
def test_flash(group: ClassGroup, octet: int) -> None:
    coded = Coded(alphabet=Alphabet.GSM7, parts=[b"Now"], message_class=0)
    (one,) = submitted(coded, SubmitForm(class_group=group))
    assert one.fields["data_coding"] == octet
    assert (travelled(one).text, travelled(one).message_class) == ("Now", 0)


LONG_TEXT = st.text(st.sampled_from("aZ é\n€{}я🎉"), min_size=1, max_size=900)


@given(LONG_TEXT, st.sampled_from(Long), st.integers(0, 70_000))
def test_what_is_submitted_arrives(text: str, long: Long, reference: int) -> None:
    """Cut, coded, sent, read and put together again, no SMS longer than 140 octets with its header."""
    fits = all(char in "aZ é\n€{}" for char in text)
    content = Content(kind=Kind.TEXT if fits else Kind.UNICODE, text=text)
    parts = [str(part) for part in segments(content, HEADER_OCTETS[long])]
    code = encode_gsm if fits else (lambda part: part.encode("utf-16-be"))
    alphabet = Alphabet.GSM7 if fits else Alphabet.UCS2
    found = submitted(Coded(alphabet=alphabet, parts=[code(p) for p in parts]), SubmitForm(long=long), reference)
    arrived = [travelled(submit) for submit in found]
    assert "".join(message.text for message in arrived) == text
    if len(arrived) == 1:
        assert arrived[0].place is None
        return
    bits = 0xFF if long is Long.UDH8 else 0xFFFF
    assert [message.place for message in arrived] == [
        (reference & bits, len(parts), number) for number in range(1, len(parts) + 1)
    ]
    for message in arrived:
        header = len(message.udh) or 6
        assert header + (-(-len(message.octets) * 7 // 8) if fits else len(message.octets)) <= 140
