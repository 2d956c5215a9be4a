"""SMPP PDUs and their octets: one list of vectors proves reading, writing and feeding."""

import time
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from receipted.dialects.smpp.codec import MOST_OCTETS, Framer, Unencodable, Unreadable, decode, encode
from receipted.dialects.smpp.pdus import HEADER_OCTETS, PDUS, RESPONSE, Command, Kind, Pdu, Value
from receipted.dialects.smpp.status import CommandStatus
from receipted.dialects.smpp.tlvs import TLVS, Tag, Tlv, make_tlv, tlv_name, tlv_value
from tests.vectors.smpp_pdus import LIBERAL, VECTORS, Vector

STREAM = b"".join(vector.octets for vector in VECTORS)


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector.name)
def test_a_vector_is_read_and_written(vector: Vector) -> None:
    assert decode(vector.octets) == vector.pdu
    assert encode(vector.pdu) == vector.octets


@pytest.mark.parametrize("vector", LIBERAL, ids=lambda vector: vector.name)
def test_what_carriers_send_otherwise_is_read(vector: Vector) -> None:
    assert decode(vector.octets) == vector.pdu


def test_every_pdu_has_a_vector() -> None:
    assert {vector.pdu.command for vector in VECTORS} == set(PDUS) == set(Command)


@pytest.mark.parametrize("step", [1, 3, 16, 17, 1_000, len(STREAM)])
def test_a_stream_in_pieces_of_any_size_gives_the_same_pdus(step: int) -> None:
    framer = Framer()
    cut = [one for at in range(0, len(STREAM), step) for one in framer.feed(STREAM[at : at + step])]
    assert [decode(one) for one in cut] == [vector.pdu for vector in VECTORS]
    assert (framer.held, framer.lost) == (0, None)


def test_fields_that_are_left_out_are_empty_on_the_wire() -> None:
    short = Pdu(command=Command.SUBMIT_SM, sequence=1, fields={"destination_addr": "1"})
    whole = decode(encode(short))
    assert isinstance(whole, Pdu)
    assert encode(whole) == encode(short)
    assert set(whole.fields) == {field.name for field in PDUS[Command.SUBMIT_SM]}


def test_a_pdu_is_asked_for_what_it_has_not() -> None:
    pdu = Pdu(command=Command.SUBMIT_SM, fields={"source_addr": "A", "esm_class": 4, "short_message": b"x"})
    assert (pdu.text("source_addr"), pdu.text("esm_class"), pdu.text("none")) == ("A", "", "")
    assert (pdu.number("esm_class"), pdu.number("source_addr"), pdu.number("none")) == (4, 0, 0)
    assert (pdu.octets("short_message"), pdu.octets("source_addr"), pdu.tlv(Tag.MESSAGE_STATE)) == (b"x", b"", None)


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"source_addr": "A" * 21}, "source_addr"),
        ({"source_addr": "A\0B"}, "source_addr"),
        ({"source_addr": "Ω"}, "source_addr"),
        ({"source_addr": 5}, "source_addr"),
        ({"esm_class": 256}, "esm_class"),
        ({"esm_class": -1}, "esm_class"),
        ({"data_coding": "8"}, "data_coding"),
        ({"short_message": b"x" * 255}, "short_message"),
        ({"short_message": "text"}, "short_message"),
        ({"validity_period": "000003"}, "validity_period"),
    ],
)
def test_what_cannot_be_said_names_its_field(fields: dict[str, Value], field: str) -> None:
    with pytest.raises(Unencodable) as error:
        encode(Pdu(command=Command.SUBMIT_SM, fields=fields))
    assert error.value.field == field


def test_a_pdu_that_is_in_no_table_or_too_long_cannot_be_said() -> None:
    for pdu in (
        Pdu(command=0x999),
        Pdu(command=Command.ENQUIRE_LINK, sequence=2**32),
        Pdu(command=Command.SUBMIT_SM, tlvs=(Tlv(Tag.MESSAGE_PAYLOAD, bytes(65_536)),)),
        Pdu(command=Command.SUBMIT_SM, tlvs=(Tlv(Tag.MESSAGE_PAYLOAD, bytes(60_000)),) * 2),
    ):
        with pytest.raises(Unencodable):
            encode(pdu)


# --- what cannot be read ----------------------------------------------------------------------------------------------

UNREADABLE: Sequence[tuple[str, str, int]] = (
    (
        "submit_sm that ends in an address",
        "00000016 00000004 00000000 00000002 0005004163",
        CommandStatus.ESME_RINVCMDLEN,
    ),
    ("submit_sm without a body", "00000010 00000004 00000000 00000002", CommandStatus.ESME_RINVCMDLEN),
    (
        "an sm_length beyond the end",
        "00000021 00000004 00000000 00000002 00 0000 00 0000 00 00 00 00 00 00 00 00 00 00 05 48",
        CommandStatus.ESME_RINVMSGLEN,
    ),
    ("an unknown command", "00000010 00000999 00000000 00000002", CommandStatus.ESME_RINVCMDID),
    ("a bind without a password", "00000013 00000009 00000000 00000002 677700", CommandStatus.ESME_RINVCMDLEN),
)


@pytest.mark.parametrize(("name", "hexed", "nack"), UNREADABLE, ids=[row[0] for row in UNREADABLE])
def test_a_body_that_cannot_be_read_leaves_header_and_bytes(name: str, hexed: str, nack: int) -> None:
    octets = bytes.fromhex(hexed)
    octets = len(octets).to_bytes(4) + octets[4:]
    found = decode(octets)
    assert isinstance(found, Unreadable)
    assert (found.sequence, found.raw, found.nack) == (2, octets, nack)
    assert found.problem
    assert found.command == int.from_bytes(octets[4:8])


@pytest.mark.parametrize("octets", [b"", b"\0" * 15, VECTORS[0].octets[:-1], VECTORS[0].octets + b"\0"])
def test_what_is_no_whole_pdu_is_unreadable(octets: bytes) -> None:
    found = decode(octets)
    assert isinstance(found, Unreadable)
    assert found.nack == CommandStatus.ESME_RINVCMDLEN


@pytest.mark.parametrize("length", [0, 1, 15, MOST_OCTETS + 1, 2**31, 2**32 - 1])
def test_an_impossible_length_loses_the_frame(length: int) -> None:
    framer = Framer()
    good = VECTORS[0].octets
    assert framer.feed(good + length.to_bytes(4) + b"x" * 100) == [good]
    assert str(length) in (framer.lost or "")
    assert framer.feed(good) == []
    one_by_one = Framer()
    for octet in length.to_bytes(4) + b"x" * 20:
        one_by_one.feed(bytes((octet,)))
    assert one_by_one.lost
    assert one_by_one.held <= 4


def test_ten_megabytes_of_anything_cost_little() -> None:
    longest = (MOST_OCTETS).to_bytes(4)
    started = time.process_time()
    for garbage in (b"\xff" * 10_000_000, bytes(10_000_000), longest * 2_500_000, longest + bytes(10_000_000)):
        framer = Framer()
        for at in range(0, len(garbage), 65_536):
            framer.feed(garbage[at : at + 65_536])
            assert framer.held <= MOST_OCTETS
    assert time.process_time() - started < 10


# --- laws -------------------------------------------------------------------------------------------------------------

_CHARACTERS = st.characters(min_codepoint=1, max_codepoint=255)


def _values(kind: Kind, size: int) -> st.SearchStrategy[Value]:
    match kind:
        case Kind.U8:
            return st.integers(0, 255)
        case Kind.SHORT_MESSAGE:
            return st.binary(max_size=254)
        case Kind.TIME:
            return st.sampled_from(["", "000003000000000R"])
        case Kind.C_STRING:
            return st.text(_CHARACTERS, max_size=size - 1)


@st.composite
def pdus(draw: st.DrawFn) -> Pdu:
    command = draw(st.sampled_from(sorted(PDUS)))
    status = draw(st.integers(0, 0xFFFFFFFF)) if command >= RESPONSE else 0
    fields = {field.name: draw(_values(field.kind, field.size)) for field in PDUS[command]}
    tlvs = draw(st.lists(st.builds(Tlv, st.integers(0, 0xFFFF), st.binary(max_size=40)), max_size=4))
    return Pdu(
        command=command, status=status, sequence=draw(st.integers(0, 0xFFFFFFFF)), fields=fields, tlvs=tuple(tlvs)
    )


@given(pdus())
def test_what_is_written_is_read_again(pdu: Pdu) -> None:
    assert decode(encode(pdu)) == pdu


@given(st.lists(pdus(), max_size=5), st.lists(st.integers(1, 60), min_size=1))
def test_however_a_stream_is_cut_it_says_the_same(sent: list[Pdu], sizes: list[int]) -> None:
    framer, stream, got, turn = Framer(), b"".join(map(encode, sent)), [], 0
    while stream:
        size = sizes[turn % len(sizes)]
        got += framer.feed(stream[:size])
        stream, turn = stream[size:], turn + 1
    assert [decode(octets) for octets in got] == sent


@settings(max_examples=300)
@given(st.sampled_from(sorted(PDUS)) | st.integers(0, 0xFFFFFFFF), st.binary(max_size=300))
def test_any_body_is_read_or_told_apart(command: int, body: bytes) -> None:
    header = b"".join(number.to_bytes(4) for number in (HEADER_OCTETS + len(body), command, 0, 7))
    found = decode(header + body)
    assert found.sequence == 7
    if isinstance(found, Pdu):
        for tlv in found.tlvs:
            tlv_value(tlv)
            assert tlv_name(tlv.tag)


@given(st.binary(max_size=400), st.integers(1, 50))
def test_any_bytes_pass_the_framer(data: bytes, step: int) -> None:
    framer = Framer()
    for at in range(0, len(data), step):
        for octets in framer.feed(data[at : at + step]):
            decode(octets)
        assert framer.held <= MOST_OCTETS


# --- TLVs -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tag", "value", "octets"),
    [
        (Tag.MESSAGE_STATE, 2, b"\2"),
        (Tag.SAR_MSG_REF_NUM, 258, b"\1\2"),
        (Tag.QOS_TIME_TO_LIVE, 1, b"\0\0\0\1"),
        (Tag.RECEIPTED_MESSAGE_ID, "1B2C3D", b"1B2C3D\0"),
        (Tag.NETWORK_ERROR_CODE, b"\3\0\5", b"\3\0\5"),
        (0x1403, b"23410", b"23410"),
    ],
)
def test_a_tlv_is_made_and_read(tag: int, value: int | str | bytes, octets: bytes) -> None:
    assert make_tlv(tag, value) == Tlv(tag, octets)
    assert tlv_value(Tlv(tag, octets)) == value


def test_an_odd_tlv_stays_as_it_is() -> None:
    assert tlv_value(Tlv(Tag.MESSAGE_STATE, b"")) == b""
    assert tlv_value(Tlv(Tag.SAR_MSG_REF_NUM, b"\1")) == b"\1"
    assert tlv_value(Tlv(Tag.RECEIPTED_MESSAGE_ID, b"AB")) == "AB"
    with pytest.raises(ValueError, match="message_state: 300"):
        make_tlv(Tag.MESSAGE_STATE, 300)


def test_tags_have_names() -> None:
    assert [tlv_name(tag) for tag in (0x1E, 0x1403, 0x9999)] == ["receipted_message_id", "vendor_0x1403", "0x9999"]
    assert set(TLVS) == set(Tag)
