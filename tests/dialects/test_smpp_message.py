from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from receipted.dialects.smpp.codings import Alphabet, Alphabets
from receipted.dialects.smpp.headers import Place
from receipted.dialects.smpp.message import InboundMessage, read_message
from receipted.dialects.smpp.pdus import Command, Pdu, Value
from receipted.dialects.smpp.tlvs import Tag, Tlv
from receipted.text.gsm import decode_gsm

CARRIER = Alphabets(gsm7=decode_gsm)


def mo(octets: bytes, tlvs: tuple[Tlv, ...] = (), **fields: Any) -> InboundMessage:
    addresses: dict[str, Value] = {"source_addr_ton": 1, "source_addr": "+447700900123", "destination_addr": "12345"}
    pdu = Pdu(command=Command.DELIVER_SM, fields={**addresses, "short_message": octets, **fields}, tlvs=tlvs)
    return read_message(pdu, CARRIER)


@pytest.mark.parametrize(
    ("octets", "data_coding", "text"),
    [
        (b"Hi \x00\x1be", 0, "Hi @€"),
        (b"Hi @", 1, "Hi @"),
        (b"Caf\xe9", 3, "Café"),
        ("Привет 🎉".encode("utf-16-be"), 8, "Привет 🎉"),
        ("Привет".encode("utf-16-be"), 0x18, "Привет"),
        (b"\x00", 0x11, "@"),
        (b"\x01\x02", 4, ""),
        (b"\x01\x02", 0xF5, ""),
        (b"", 0, ""),
        (b"\x02", 0x77, "$"),
    ],
)
def test_text(octets: bytes, data_coding: int, text: str) -> None:
    found = mo(octets, data_coding=data_coding)
    assert (found.text, found.octets) == (text, octets)
    assert (found.sender, found.recipient, found.place) == ("447700900123", "12345", None)


def test_what_0_means_is_the_carriers_choice() -> None:
    pdu = Pdu(command=Command.DELIVER_SM, fields={"short_message": b"Caf\xe9 @"})
    found = read_message(pdu, Alphabets(decode_gsm, Alphabet.LATIN_1))
    assert (found.text, found.alphabet) == ("Café @", Alphabet.LATIN_1)


def test_the_text_may_stand_in_message_payload() -> None:
    assert mo(b"", (Tlv(Tag.MESSAGE_PAYLOAD, b"Hi"),)).text == "Hi"


SAR = (Tlv(Tag.SAR_MSG_REF_NUM, b"\x12\x34"), Tlv(Tag.SAR_TOTAL_SEGMENTS, b"\3"), Tlv(Tag.SAR_SEGMENT_SEQNUM, b"\2"))


@pytest.mark.parametrize(
    ("udh", "tlvs", "place"),
    [
        ("050003aa0302", (), Place(0xAA, 3, 2)),
        ("060804aabb0302", (), Place(0xAABB, 3, 2)),
        ("0b0504158100000003aa0302", (), Place(0xAA, 3, 2)),
        ("06050415810000", (), None),
        ("050003aa0304", (), None),
        ("050003aa0300", (), None),
        ("0400030aaa", (), None),
        ("00", (), None),
        ("", SAR, Place(0x1234, 3, 2)),
        ("", SAR[:2], None),
        ("", (SAR[0], SAR[1], Tlv(Tag.SAR_SEGMENT_SEQNUM, b"\4")), None),
        ("", (*SAR[:2], Tlv(Tag.SAR_SEGMENT_SEQNUM, b"")), None),
    ],
)
def test_parts(udh: str, tlvs: tuple[Tlv, ...], place: Place | None) -> None:
    header = bytes.fromhex(udh)
    found = mo(header + b"Hi", tlvs, esm_class=0x40 if header else 0)
    assert found.place == place


def test_a_header_is_no_text() -> None:
    found = mo(bytes.fromhex("050003aa0302") + b"Hi", esm_class=0x40)
    assert (found.text, found.octets, found.udh) == ("Hi", b"Hi", bytes.fromhex("050003aa0302"))


def test_a_header_longer_than_the_message_is_none() -> None:
    assert mo(b"\x7fHi", esm_class=0x40).text == "àHi"


@given(st.binary(max_size=200), st.integers(0, 255), st.integers(0, 255), st.lists(st.binary(max_size=4), max_size=3))
def test_anything_is_read(octets: bytes, esm_class: int, data_coding: int, values: list[bytes]) -> None:
    tags = (Tag.SAR_MSG_REF_NUM, Tag.SAR_TOTAL_SEGMENTS, Tag.SAR_SEGMENT_SEQNUM)
    tlvs = tuple(Tlv(tag, value) for tag, value in zip(tags, values, strict=False))
    found = mo(octets, tlvs, esm_class=esm_class, data_coding=data_coding)
    assert found.udh + found.octets == octets
