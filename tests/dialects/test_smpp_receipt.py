import time
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from receipted.dialects.smpp.codec import decode, encode
from receipted.dialects.smpp.deviations import DEVIATIONS
from receipted.dialects.smpp.grammars import FIELDS, SPELLINGS, KeyStyle
from receipted.dialects.smpp.ids import IdBook
from receipted.dialects.smpp.pdus import Command, Pdu
from receipted.dialects.smpp.receipt import (
    DeliveryReceipt,
    NotAReceipt,
    ReceiptForm,
    UnreadableReceipt,
    read_receipt,
)
from receipted.dialects.smpp.receipt_writing import ReceiptStyle, receipt_pdu
from receipted.dialects.smpp.states import BEFORE_THE_END, BY_NUMBER, STATES, State
from receipted.dialects.smpp.times import DateForm
from receipted.dialects.smpp.tlvs import Tag, Tlv
from receipted.domain.status import FINAL, Status
from tests.vectors.smpp_receipts import MINUTE_MS, REFERENCE_9, ROWS, SAID, Row, said, text


def pdu_of(row: Row) -> Pdu:
    return row.pdu or receipt_pdu(row.said, row.style)


def seen(pdu: Pdu, **form: Any) -> DeliveryReceipt:
    found = read_receipt(pdu, ReceiptForm(**form))
    assert isinstance(found, DeliveryReceipt), found
    return found


def test_every_deviation_has_a_row_and_an_answer() -> None:
    numbers = list(range(1, 27))
    assert [row.number for row in DEVIATIONS] == numbers
    assert sorted({row.deviation for row in ROWS} - {0}) == numbers


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.deviation}: {row.name}")
def test_vectors(row: Row) -> None:
    assert read_receipt(pdu_of(row), row.form) == row.receipt


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.deviation}: {row.name}")
def test_the_wire_keeps_them(row: Row) -> None:
    travelled = decode(encode(pdu_of(row)))
    assert isinstance(travelled, Pdu)
    assert read_receipt(travelled, row.form) == row.receipt


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.deviation}: {row.name}")
@pytest.mark.parametrize("form", ["auto", ""])
def test_they_find_their_message(row: Row, form: str) -> None:
    """The submit's neighbours are in flight too."""
    book = IdBook(form or row.id_form or "as-given")
    stored = [book.submitted(submit_id) for submit_id in ("76", "99887766", row.submit_id, "FFEE")][2]
    found = seen(pdu_of(row), **{name: getattr(row.form, name) for name in row.form.__struct_fields__})
    assert book.resolve(*found.ids).stored_id == stored


def test_the_reference_is_written_octet_by_octet() -> None:
    row = next(row for row in ROWS if row.name == "reference 9")
    assert isinstance(REFERENCE_9, Pdu)
    assert encode(receipt_pdu(row.said, sequence=9)) == encode(REFERENCE_9)
    assert encode(REFERENCE_9).hex().endswith("001e000731423243334400042700010204230003030000")


def test_14_a_receipt_before_the_submit_answer() -> None:
    book = IdBook()
    ids = seen(receipt_pdu(SAID)).ids
    assert not book.resolve(*ids).settled
    book.submitted("77")
    assert book.resolve(*ids).stored_id == "77"


def test_20_a_repetition_says_the_same() -> None:
    assert seen(receipt_pdu(SAID, sequence=1)) == seen(receipt_pdu(SAID, sequence=900))


def test_22_an_id_used_again_is_one_entry() -> None:
    book = IdBook()
    assert book.submitted("77") == book.submitted("77") == "77"
    assert len(book) == 1


def test_23_the_other_parts_stay_open() -> None:
    book = IdBook()
    book.learn((known, "") for known in ("77", "78", "79"))
    row = next(row for row in ROWS if row.deviation == 23)
    assert book.resolve(*seen(pdu_of(row)).ids).stored_id == "79"


@pytest.mark.parametrize(
    "message",
    [
        b"id:",
        b"My id: 77, thanks",
        b"id:77 stat:ok",
        b"id:77 stat:DELIVRD",
        b"id:77 stat:DELIVRD done date:tomorrow",
        b"Is it true? stat:DELIVRD done date:2601021505",
        b"DELIVRD",
        b"delivered",
        b"id:77 stat:PARKED sub:001 dlvrd:001 done date:2601021505",
        b"",
        b"id:77 text:stat:DELIVRD done date:2601021505 sub:001",
    ],
)
def test_18_what_people_write_is_no_receipt(message: bytes) -> None:
    assert isinstance(read_receipt(text(message, esm_class=0)), NotAReceipt)


def test_18_nothing_is_looked_into_where_the_carrier_marks_its_receipts() -> None:
    row = next(row for row in ROWS if row.name == "not marked, text")
    assert isinstance(read_receipt(pdu_of(row), ReceiptForm(look_inside=False)), NotAReceipt)
    assert isinstance(read_receipt(receipt_pdu(SAID), ReceiptForm(look_inside=False)), DeliveryReceipt)


@pytest.mark.parametrize("esm_class", [0x08, 0x10, 0x18, 0x3C])
def test_a_handsets_acknowledgement_is_no_receipt(esm_class: int) -> None:
    assert isinstance(read_receipt(text(b"id:77 stat:DELIVRD sub:001 dlvrd:001", esm_class=esm_class)), NotAReceipt)


@pytest.mark.parametrize(
    ("pdu", "problem"),
    [
        (text(b"stat:DELIVRD err:000"), "it has no message id"),
        (text(b"id: stat:DELIVRD"), "it has no message id"),
        (text(b"id:\xa0 \xa0 stat:DELIVRD"), "it has no message id"),
        (text(b"id:77 err:000"), "it says no status"),
        (text(b"Hello"), "it has no message id"),
        (text(b""), "it has no message id"),
        (text(b"id:" + b"7" * 250 + b"777777777 stat:DELIVRD"), "its message id is longer than any"),
        (msgspec.structs.replace(text(b""), tlvs=(Tlv(Tag.RECEIPTED_MESSAGE_ID, b"77"),)), "it says no status"),
    ],
)
def test_what_cannot_be_read(pdu: Pdu, problem: str) -> None:
    found = read_receipt(pdu)
    assert isinstance(found, UnreadableReceipt)
    assert found.problem == problem


def test_what_cannot_be_read_is_shown() -> None:
    found = read_receipt(text("Ваш номер".encode("utf-16-be"), data_coding=8))
    assert found == UnreadableReceipt("it has no message id", "Ваш номер")


@pytest.mark.parametrize("state", STATES, ids=lambda state: state.word)
@pytest.mark.parametrize("case", [str.upper, str.lower, str.title])
def test_words(state: State, case: Callable[[str], str]) -> None:
    found = seen(text(f"id:77 stat:{case(state.word)}".encode()))
    assert (found.status, found.raw_status) == (state.status, case(state.word))


@pytest.mark.parametrize("state", BY_NUMBER.values(), ids=lambda state: state.word)
def test_states(state: State) -> None:
    assert state.number is not None
    tlvs = (Tlv(Tag.RECEIPTED_MESSAGE_ID, b"77\0"), Tlv(Tag.MESSAGE_STATE, bytes((state.number,))))
    found = seen(msgspec.structs.replace(text(b""), tlvs=tlvs))
    assert (found.status, found.raw_status) == (state.status, state.word)


@pytest.mark.parametrize(
    ("stat", "state", "status", "raw_status", "note"),
    [
        ("DELIVRD", 5, Status.FAILED, "UNDELIV", "message_state says UNDELIV, against stat:DELIVRD"),
        ("delivered", 2, Status.DELIVERED, "delivered", ""),
        ("PARKED", 2, Status.DELIVERED, "DELIVRD", "stat:PARKED is in no table, message_state says DELIVRD"),
        ("EXPIRED", 99, Status.EXPIRED, "EXPIRED", ""),
        ("", 99, Status.UNKNOWN, "message_state 99", "message_state 99 is in no table"),
    ],
)
def test_the_tlv_wins(stat: str, state: int, status: Status, raw_status: str, note: str) -> None:
    pdu = msgspec.structs.replace(text(f"id:77 stat:{stat}".encode()), tlvs=(Tlv(Tag.MESSAGE_STATE, bytes((state,))),))
    found = seen(pdu)
    assert (found.status, found.raw_status, "".join(found.notes)) == (status, raw_status, note)


@pytest.mark.parametrize("state", STATES, ids=lambda state: state.word)
def test_an_intermediate_notification_is_never_the_end(state: State) -> None:
    found = seen(text(f"id:77 stat:{state.word}".encode(), esm_class=0x20))
    assert found.status in (Status.ACCEPTED, Status.BUFFERED)
    assert (found.intermediate, found.err_code) == (True, "0")
    assert bool(found.notes) == (state.status not in (Status.ACCEPTED, Status.BUFFERED))


def test_every_status_has_one_before_the_end() -> None:
    assert set(BEFORE_THE_END) == set(Status)
    assert set(BEFORE_THE_END.values()).isdisjoint(FINAL)


def test_the_id_to_believe_first_is_a_setting() -> None:
    pdu = receipt_pdu(said(text_id="12", tlv_id="C"))
    assert (seen(pdu).id, seen(pdu, text_id_first=True).id) == ("C", "12")


def test_a_date_that_is_none_is_noted() -> None:
    assert seen(text(b"id:77 stat:DELIVRD done date:soon")).notes == ("done date soon is no date",)


@pytest.mark.parametrize(
    ("err", "codes", "code"),
    [
        ("021", {"21": "2"}, "2"),
        ("21", {"021": "2"}, "2"),
        ("0x1F", {"0X1f": "6"}, "6"),
        ("000", {}, "1"),
        ("000", {"0": "99"}, "99"),
        ("", {}, "1"),
        ("77", {"7": "2"}, "1"),
    ],
)
def test_err_codes(err: str, codes: dict[str, str], code: str) -> None:
    found = seen(text(f"id:77 stat:UNDELIV err:{err}".encode()), err_codes=codes)
    assert (found.err_code, found.raw_err) == (code, err)


def test_without_err_the_networks_own_error_counts() -> None:
    tlvs = (Tlv(Tag.NETWORK_ERROR_CODE, b"\x03\x01\xf5"),)
    found = seen(msgspec.structs.replace(text(b"id:77 stat:UNDELIV"), tlvs=tlvs), err_codes={"501": "8"})
    assert (found.raw_err, found.err_code, found.network_error) == ("501", "8", (3, 501))


def test_a_receipt_with_a_header_is_read_behind_it() -> None:
    assert seen(text(b"\x05\x00\x03\x07\x01\x01id:77 stat:DELIVRD", esm_class=0x44)).id == "77"


def test_an_unknown_grammar_is_refused() -> None:
    with pytest.raises(KeyError):
        ReceiptForm(grammars=("appendix-c",))


def test_grammars_are_tried_as_set() -> None:
    pdu = msgspec.structs.replace(
        text(b"id:1 stat:EXPIRED"), tlvs=(Tlv(Tag.RECEIPTED_MESSAGE_ID, b"77"), Tlv(Tag.MESSAGE_STATE, b"\2"))
    )
    assert seen(pdu, grammars=("tlv-only",)).ids == ("77", "")
    assert seen(pdu).ids == ("77", "1")


STYLES = st.builds(
    ReceiptStyle,
    keys=st.builds(
        KeyStyle,
        fields=st.permutations(FIELDS[:-1]).map(lambda fields: (*fields, "text")),
        case=st.sampled_from([str.lower, str.upper, str.title]),
        colon=st.sampled_from([":", ": "]),
    ),
    dates=st.sampled_from(DateForm),
    ucs2=st.booleans(),
    in_payload=st.booleans(),
    command=st.sampled_from([Command.DELIVER_SM, Command.DATA_SM]),
    marked=st.booleans(),
    tlvs=st.booleans(),
)
IDS = st.from_regex(r"[A-Za-z0-9_-]{1,64}", fullmatch=True)


@given(STYLES, IDS, st.sampled_from(STATES), st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=20))
def test_what_is_written_is_read(style: ReceiptStyle, message_id: str, state: State, opening: str) -> None:
    what = said(text_id=message_id, tlv_id=message_id, stat=state.word, text=opening)
    found = seen(receipt_pdu(what, style))
    assert (found.id, found.status, found.text) == (message_id, state.status, opening.strip())
    assert (found.submitted_ms, found.carrier_ms) == (MINUTE_MS, MINUTE_MS + 60_000)


@given(st.binary(max_size=300), st.integers(0, 255), st.integers(0, 255), st.lists(st.binary(max_size=9), max_size=4))
def test_any_octets_are_read(octets: bytes, esm_class: int, data_coding: int, values: list[bytes]) -> None:
    tags = (Tag.RECEIPTED_MESSAGE_ID, Tag.MESSAGE_STATE, Tag.NETWORK_ERROR_CODE, 0x1403)
    pdu = msgspec.structs.replace(
        text(octets, esm_class=esm_class, data_coding=data_coding),
        tlvs=tuple(Tlv(tag, value) for tag, value in zip(tags, values, strict=False)),
    )
    read_receipt(pdu, ReceiptForm(network_tag=0x1403))


KEYS = [f"{key}:" for spellings in SPELLINGS.values() for key in spellings]
TOKENS = st.sampled_from([*KEYS, "DELIVRD", "7", ",", ":", "id", "x", "0000000000", "2601021504"]) | st.sampled_from(
    [" ", "\xa0", "\t", "\n", "\0", "\x85", "\x0b"]
)


@given(st.lists(TOKENS, max_size=14).map("".join), st.sampled_from([0, 4, 0x20]))
def test_anything_that_looks_like_a_receipt_is_read(octets: str, esm_class: int) -> None:
    found = read_receipt(text(octets.encode("latin-1"), esm_class=esm_class))
    if isinstance(found, DeliveryReceipt):
        assert found.id.strip()


@pytest.mark.parametrize(
    "octets",
    [b"id:" * 22_000, b"text:" * 13_000, b"id " * 22_000, b"submit date " * 5_500, b"\0" * 65_000, b" " * 65_000,
     b"id:" + b" " * 65_000, b"stat:x " * 9_000, b"id:" + b"9" * 65_000, b"\x1b" * 65_000],
    ids=lambda octets: octets[:12].decode(),
)  # fmt: skip
@pytest.mark.parametrize("esm_class", [0, 4])
def test_a_huge_text_takes_no_longer_than_its_length(octets: bytes, esm_class: int) -> None:
    pdu = msgspec.structs.replace(
        text(b"", esm_class=esm_class), tlvs=(Tlv(Tag.MESSAGE_PAYLOAD, octets), Tlv(Tag.MESSAGE_STATE, b"\2"))
    )
    began = time.perf_counter()
    found = read_receipt(pdu)
    assert time.perf_counter() - began < 1
    assert len(msgspec.json.encode(found)) < 10_000
