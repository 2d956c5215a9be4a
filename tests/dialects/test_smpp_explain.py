"""A PDU explained: all of its octets are accounted for, its values are the codec's, and no password is in it."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from receipted.dialects.smpp import meanings
from receipted.dialects.smpp.codec import decode, encode
from receipted.dialects.smpp.codings import Alphabet, Alphabets
from receipted.dialects.smpp.explain import MASK, Explained, Row, explain
from receipted.dialects.smpp.headers import Place, header_8, header_16
from receipted.dialects.smpp.layout import HEADER, UNREAD, layout
from receipted.dialects.smpp.pdus import PDUS, Command, Pdu
from receipted.dialects.smpp.tlvs import Tag, Tlv
from tests.vectors.smpp_pdus import LIBERAL, VECTORS, Vector

ALPHABETS = Alphabets(lambda octets: octets.decode("ascii", "replace"), Alphabet.GSM7)


def told(octets: bytes) -> Explained:
    return explain(octets, ALPHABETS)


def rows_of(pdu: Pdu) -> dict[str, Row]:
    return {row.name: row for row in told(encode(pdu)).rows}


@pytest.mark.parametrize("vector", [*VECTORS, *LIBERAL], ids=lambda vector: vector.name)
def test_a_layout_has_every_octet_and_the_values_of_the_codec(vector: Vector) -> None:
    spans = layout(vector.octets)
    assert b"".join(span.octets for span in spans) == vector.octets
    assert [span.offset for span in spans] == [sum(len(s.octets) for s in spans[:n]) for n in range(len(spans))]
    named = {span.name: span.value for span in spans if span.tag is None}
    assert vector.pdu.fields == {k: v for k, v in named.items() if k not in (*HEADER, "sm_length", UNREAD)}
    assert [span.tag for span in spans if span.tag is not None] == [tlv.tag for tlv in vector.pdu.tlvs]
    assert named.get(UNREAD, b"") == vector.pdu.rest


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector.name)
def test_every_pdu_is_explained_by_its_name(vector: Vector) -> None:
    explained = told(vector.octets)
    assert explained.name == Command(vector.pdu.command).name.lower()
    assert (explained.sequence, explained.status, explained.length) == (
        vector.pdu.sequence,
        vector.pdu.status,
        len(vector.octets),
    )
    assert not explained.problem
    assert explained.rows[1].meaning.startswith(explained.name)


@given(st.binary(max_size=120), st.sampled_from(sorted(PDUS)), st.booleans())
def test_any_octets_are_explained(octets: bytes, command: int, framed: bool) -> None:
    if framed:
        octets = (len(octets) + 16).to_bytes(4) + command.to_bytes(4) + bytes(8) + octets
    assert b"".join(span.octets for span in layout(octets)) == octets
    explained = told(octets)
    msgspec.json.encode(explained)
    assert bool(explained.problem) == (not isinstance(decode(octets), Pdu))


SECRET = "hunter2"


@pytest.mark.parametrize("command", [Command.BIND_RECEIVER, Command.BIND_TRANSMITTER, Command.BIND_TRANSCEIVER,
                                     Command.OUTBIND])  # fmt: skip
def test_a_password_is_nowhere_however_the_pdu_is_cut(command: Command) -> None:
    octets = encode(Pdu(command=command, sequence=1, fields={"system_id": "gw", "password": SECRET}))
    for end in range(16, len(octets) + 1):
        for whole in (octets[:end], end.to_bytes(4) + octets[4:end]):
            shown = msgspec.json.encode(told(whole)).decode()
            assert SECRET[:2] not in shown
            assert SECRET[:2].encode().hex() not in shown
    assert rows_of(decode_pdu(octets))["password"].value == MASK


def decode_pdu(octets: bytes) -> Pdu:
    pdu = decode(octets)
    assert isinstance(pdu, Pdu)
    return pdu


def test_a_receipt_is_taken_apart() -> None:
    (vector,) = (vector for vector in VECTORS if vector.name == "deliver_sm with a receipt")
    inside = {row.name: row for row in told(vector.octets).rows if row.inside}
    assert inside["id"].meaning.startswith("hex 1B2C3D if it is decimal")
    assert (inside["stat"].value, inside["stat"].meaning) == ("DELIVRD", "It reached the handset.")
    assert inside["done date"].meaning == "2026-01-02 15:05:00 in the carrier's time zone"
    assert inside["receipt"].value == "delivered"
    assert "1B2C3D to 447700900123, err 000" in inside["receipt"].meaning
    rows = {row.name: row for row in told(vector.octets).rows}
    assert rows["message_state"].meaning == "DELIVRD: It reached the handset."
    assert rows["network_error_code"].meaning == "GSM, its error 0"


def test_a_receipt_that_cannot_be_read_says_so() -> None:
    pdu = Pdu(command=Command.DELIVER_SM, fields={"esm_class": 4, "short_message": b"what?"})
    assert rows_of(pdu)["receipt"].meaning.startswith("cannot be read: ")


@pytest.mark.parametrize(
    ("udh", "said"),
    [
        (header_8(Place(7, 3, 2)), "part 2 of 3, reference 7"),
        (header_16(Place(700, 3, 2)), "part 2 of 3, reference 700"),
        (b"\x06\x05\x04\x0b\x84\x23\xf0", "to port 2948, from port 9200"),
        (b"\x03\x24\x01\x01", "national language shift table 1"),
        (b"\x03\x70\x01\x01", "an element that is not taken apart"),
        (b"\x03\x00\x03\x01", "ends beyond the header"),
    ],
)
@pytest.mark.parametrize("payload", [False, True])
def test_a_header_is_taken_apart(udh: bytes, said: str, payload: bool) -> None:
    octets = udh + b"Hello"
    in_text = Pdu(command=Command.SUBMIT_SM, fields={"esm_class": 0x40, "short_message": octets})
    in_payload = Pdu(command=Command.SUBMIT_SM, fields={"esm_class": 0x40}, tlvs=(Tlv(Tag.MESSAGE_PAYLOAD, octets),))
    whole = encode(in_payload if payload else in_text)
    rows = {row.name: row for row in told(whole).rows}
    assert rows["message_payload" if payload else "short_message"].value == "Hello"
    assert rows["UDH element"].meaning == said
    for name in ("UDH", "UDH element"):
        at, piece = rows[name].offset, bytes.fromhex(rows[name].hex)
        assert at is not None
        assert whole[at : at + len(piece)] == piece


def test_a_header_beyond_the_text_says_so() -> None:
    rows = rows_of(Pdu(command=Command.SUBMIT_SM, fields={"esm_class": 0x40, "short_message": b"\x50hi"}))
    assert "beyond the text" in rows["UDH"].meaning


def test_a_message_that_stands_elsewhere_or_twice() -> None:
    both = Pdu(command=Command.SUBMIT_SM, fields={"short_message": b"one"}, tlvs=(Tlv(Tag.MESSAGE_PAYLOAD, b"two"),))
    assert rows_of(both)["message_payload"].meaning == "short_message has the message"
    assert rows_of(both)["message_payload"].value == b"two".hex()
    payload = Pdu(command=Command.SUBMIT_SM, tlvs=(Tlv(Tag.MESSAGE_PAYLOAD, b"two"),))
    assert rows_of(payload)["short_message"].meaning == "the message is in message_payload"
    assert rows_of(Pdu(command=Command.SUBMIT_SM))["short_message"].meaning == "it is empty"


def test_what_cannot_be_read_is_explained_as_far_as_it_goes() -> None:
    cut = VECTORS[2].octets[:22]
    explained = told(cut)
    assert "command_length says 54, there are 22 octets" in explained.problem
    assert [row.name for row in explained.rows[4:]] == [
        "service_type",
        "source_addr_ton",
        "source_addr_npi",
        UNREAD,
    ]
    assert told(b"\0\0").name == "no PDU"


@pytest.mark.parametrize(
    ("name", "value", "meaning"),
    [
        ("source_addr_ton", 5, "alphanumeric"),
        ("dest_addr_npi", 1, "ISDN (E.164)"),
        ("dest_addr_npi", 77, "in no table"),
        ("registered_delivery", 0x11, "a receipt of success and failure, intermediate notifications"),
        ("registered_delivery", 0x04, "no receipt, the handset's acknowledgement"),
        ("data_coding", 8, "UCS-2"),
        ("data_coding", 0xF0, "GSM 7-bit, class 0: flash"),
        ("validity_period", "000003000000000R", "after 3 d"),
        ("validity_period", "", "as long as the carrier likes"),
        ("validity_period", "tomorrow", "no date"),
        ("validity_period", "00000300000000xR", "no time"),
        ("schedule_delivery_time", "260102150405004+", "2026-01-02 14:04:05 UTC"),
        ("message_id", "0123", "hex 7B if it is decimal, decimal 291 if it is hex"),
        ("message_id", "a-b", ""),
        ("message_state", 77, "in no table"),
        ("network_error_code", b"\3\1", "2 octets; there should be 3"),
        ("network_error_code", b"\x09\1\0", "network 9, its error 256"),
        ("vendor_0x1403", b"23410", 'as text "23410"'),
        ("vendor_0x1403", b"\1\2", ""),
        ("qos_time_to_live", 60, "seconds"),
    ],
)
def test_fields_in_words(name: str, value: int | str | bytes, meaning: str) -> None:
    assert meanings.meaning_of(name, value, Command.SUBMIT_SM) == meaning


@pytest.mark.parametrize(
    ("value", "command", "meaning"),
    [
        (0, Command.SUBMIT_SM, "an ordinary message, the carrier's mode"),
        (0x43, Command.SUBMIT_SM, "an ordinary message, store and forward, a header (UDH) in front of the text"),
        (0x04, Command.DELIVER_SM, "a delivery receipt"),
        (0x20, Command.DELIVER_SM, "an intermediate notification"),
        (0xA4, Command.DELIVER_SM, "a type that is reserved (0x24), reply path"),
    ],
)
def test_esm_class_in_words(value: int, command: Command, meaning: str) -> None:
    assert meanings.esm_class(value, command) == meaning


def test_the_header_in_words() -> None:
    status = told(encode(Pdu(command=Command.SUBMIT_SM_RESP, status=0x58, sequence=1))).rows[2]
    assert status.meaning.startswith("ESME_RTHROTTLED: throttled. ")
    odd = told(bytes.fromhex("00000010000009990000000000000000"))
    assert [row.meaning for row in odd.rows] == [
        "octets",
        "in no table of PDUs",
        "0 in every request",
        "outside 1 to 0x7FFFFFFF",
    ]
    assert told(bytes.fromhex("00000010000000150000000500000001")).rows[2].meaning == "should be 0 in a request"
