"""Which part of which message a submit is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from receipted.carrier.long import Part, part_of
from receipted.dialects.smpp.pdus import Command, Pdu, Value
from receipted.dialects.smpp.tlvs import Tag, Tlv, make_tlv


def submit(text: bytes = b"", esm_class: int = 0, data_coding: int = 0, tlvs: tuple[Tlv, ...] = ()) -> Pdu:
    fields: dict[str, Value] = {"short_message": text, "esm_class": esm_class, "data_coding": data_coding}
    return Pdu(command=Command.SUBMIT_SM, fields=fields, tlvs=tlvs)


def sar(total: int, seq: int) -> tuple[Tlv, ...]:
    return (
        make_tlv(Tag.SAR_MSG_REF_NUM, 7),
        make_tlv(Tag.SAR_TOTAL_SEGMENTS, total),
        make_tlv(Tag.SAR_SEGMENT_SEQNUM, seq),
    )


@pytest.mark.parametrize(
    ("pdu", "part"),
    [
        (submit(b"Hello"), Part(1, 1, b"Hello")),
        (submit(bytes.fromhex("050003070302") + b"two", 0x40), Part(2, 3, b"two")),
        (submit(bytes.fromhex("06080412340403") + b"three", 0x40), Part(3, 4, b"three")),
        (submit(bytes.fromhex("0b0504158200000003070201") + b"port", 0x40), Part(1, 2, b"port")),
        (submit(b"\5\0\3\7\3\2no bit", 0), Part(1, 1, b"\5\0\3\7\3\2no bit")),
        (submit(bytes.fromhex("050003070203") + b"3 of 2", 0x40), Part(1, 1, b"3 of 2")),
        (submit(bytes.fromhex("050003070200") + b"0 of 2", 0x40), Part(1, 1, b"0 of 2")),
        (submit(b"\xff", 0x40), Part(1, 1, b"")),
        (submit(b"", 0x40), Part(1, 1, b"")),
        (submit(b"x", tlvs=sar(3, 3)), Part(3, 3, b"x")),
        (submit(b"x", tlvs=sar(3, 0)), Part(1, 1, b"x")),
        (submit(b"x", tlvs=sar(3, 3)[:2]), Part(1, 1, b"x")),
        (submit(tlvs=(Tlv(Tag.MESSAGE_PAYLOAD, b"y" * 160),)), Part(1, 1, b"y" * 160)),
        (submit(tlvs=(Tlv(Tag.MESSAGE_PAYLOAD, b"y" * 307),)), Part(3, 3, b"y" * 307)),
        (submit(data_coding=8, tlvs=(Tlv(Tag.MESSAGE_PAYLOAD, b"y" * 142),)), Part(2, 2, b"y" * 142)),
    ],
)  # fmt: skip
def test_a_part(pdu: Pdu, part: Part) -> None:
    assert part_of(pdu) == part


@given(
    text=st.binary(max_size=254),
    esm_class=st.integers(0, 255),
    data_coding=st.integers(0, 255),
    tlvs=st.lists(st.builds(Tlv, st.sampled_from([0x20C, 0x20E, 0x20F, 0x424]), st.binary(max_size=300)), max_size=4),
)
def test_any_submit_is_some_part(text: bytes, esm_class: int, data_coding: int, tlvs: list[Tlv]) -> None:
    part = part_of(submit(text, esm_class, data_coding, tuple(tlvs)))
    assert 1 <= part.seq <= part.total
