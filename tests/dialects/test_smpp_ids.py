import random
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from receipted.dialects.smpp.id_forms import ID_FORMS, WRITTEN_IDS, WrittenIds, decimal, folded, hexadecimal
from receipted.dialects.smpp.ids import IdBook, Resolved

NUMBERS = st.integers(1_000, 2**64 - 1)
FORM_OF = {
    "decimal": "as-given",
    "hex": "as-given",
    "hex-decimal": "hex-decimal",
    "padded-hex-decimal": "hex-decimal",
    "decimal-hex": "decimal-hex",
    "zeros-at-submit": "folded",
    "zeros-in-receipt": "folded",
    "case": "folded",
    "uuid": "folded",
    "letters": "as-given",
}
"""The explicit form for each way of writing."""
WAYS = pytest.mark.parametrize("way", WRITTEN_IDS.values(), ids=lambda way: way.name)


def taught(way: WrittenIds, *numbers: int, capacity: int = 1_000) -> IdBook:
    """A book that has seen receipts for these messages."""
    book = IdBook(capacity=capacity)
    for number in numbers:
        book.submitted(way.submit(number))
        book.resolve(way.receipt(number))
    return book


@WAYS
@given(number=NUMBERS)
def test_an_explicit_form_joins_both_ends_without_memory(way: WrittenIds, number: int) -> None:
    form = FORM_OF[way.name]
    stored = IdBook(form).submitted(way.submit(number))
    assert IdBook(form).resolve(way.receipt(number)) == Resolved(stored, True, stored)


@WAYS
@given(number=NUMBERS, others=st.sets(NUMBERS, max_size=5))
def test_auto_finds_what_is_remembered_or_says_nothing(way: WrittenIds, number: int, others: set[int]) -> None:
    book = IdBook()
    for other in others - {number}:
        book.submitted(way.submit(other))
    stored = book.submitted(way.submit(number))
    assert stored == way.submit(number)
    found = book.resolve(way.receipt(number))
    assert found.stored_id == stored or (found.stored_id is None and found.settled)


@WAYS
@given(number=st.integers(2**28, 2**32 - 1))
def test_auto_learns_the_form_and_then_computes_what_it_had_to_forget(way: WrittenIds, number: int) -> None:
    book = taught(way, 0x0A3B5C7D, 0x0B3B5C7E, 0xCD3B5C7F, 0xCE3B5C80, 0xCF3B5C81, capacity=4)
    assert book.certain
    assert book.resolve(way.receipt(number)) == Resolved(way.submit(number), True, way.receipt(number))


@WAYS
@given(number=st.integers(2**28, 2**32 - 1))
def test_auto_keeps_the_carriers_own_id_where_it_has_forgotten_none(way: WrittenIds, number: int) -> None:
    book = taught(way, 0x0A3B5C7D, 0x0B3B5C7E, 0xCD3B5C7F, 0xCE3B5C80)
    assert book.certain
    assert book.resolve(way.receipt(number)) == Resolved(None, False, way.receipt(number))


def test_a_form_with_exceptions_never_computes() -> None:
    book = taught(WRITTEN_IDS["hex-decimal"], 0xAAAAAA, 0xBBBBBB, 0xCCCCCC, 0xDDDDDD, capacity=3)
    assert book.resolve("1780797").stored_id == "1B2C3D"
    book.submitted("1780799")
    assert book.resolve("1780799").stored_id == "1780799"
    assert book.resolve("1780797").stored_id is None


@given(
    st.lists(st.tuples(NUMBERS, st.sampled_from(list(WRITTEN_IDS.values())), st.booleans()), max_size=40),
    st.randoms(use_true_random=False),
)
def test_every_receipt_is_matched_in_whatever_mix_of_forms(
    messages: list[tuple[int, WrittenIds, bool]], chance: random.Random
) -> None:
    """Unless several of the ids that are known could be meant."""
    submitted = {way.submit(number) for number, way, _ in messages}
    book = IdBook()
    for number, way, at_once in messages:
        book.submitted(way.submit(number))
        if at_once:
            assert_matched(book, way, number, submitted)
    chance.shuffle(messages)
    for number, way, _ in messages:
        assert_matched(book, way, number, submitted)


def assert_matched(book: IdBook, way: WrittenIds, number: int, submitted: set[str]) -> None:
    text = way.receipt(number)
    same = {id_ for id_ in submitted if folded(id_) == folded(text)}
    as_decimal = {id_ for id_ in submitted if hexadecimal(id_) == decimal(text) is not None}
    as_hex = {id_ for id_ in submitted if decimal(id_) == hexadecimal(text) is not None}
    if len(same | as_decimal | as_hex) == 1:
        assert book.resolve(text).stored_id == way.submit(number)


@pytest.mark.parametrize(
    ("submit", "receipt"),
    [
        ("1B2C3D", "1780797"),
        ("812FC7470000001B", "9308878062554710043"),
        ("9308878062554710043", "812fc7470000001b"),
        ("0012345", "12345"),
        ("12345", "0000012345"),
        ("abCD-12", "ABcd-12"),
        (" 77\0", "77"),
        ("77", "77\0\0"),
        ("SAR-1-2_x", "SAR-1-2_x"),
    ],
)
def test_auto_at_first_sight(submit: str, receipt: str) -> None:
    book = IdBook()
    stored = book.submitted(submit)
    assert stored == submit.strip(" \0")
    assert book.resolve(receipt).stored_id == stored


def test_nothing_known_and_nothing_learned_is_not_settled() -> None:
    book = IdBook()
    assert book.resolve("77") == Resolved(None, False, "77")
    assert book.form == "not known yet, no receipt matched"
    book.submitted("78")
    assert book.resolve("77") == Resolved(None, False, "77")


def test_an_early_receipt_is_found_once_its_answer_is_there() -> None:
    book = IdBook()
    assert not book.resolve("1780797").settled
    book.submitted("1B2C3D")
    assert book.resolve("1780797").stored_id == "1B2C3D"


def test_two_candidates_are_none_until_the_form_is_certain() -> None:
    """Digits only: the id is known as it is, and also as the hex of another message."""
    book = IdBook()
    book.learn([("1780797", ""), ("1b2c3d", "")])
    assert book.resolve("1780797") == Resolved(None, True, "1780797")
    for number in (0xAAAAAA, 0xBBBBBB, 0xCCCCCC):
        book.submitted(f"{number:x}")
        assert book.resolve(str(number)).stored_id == f"{number:x}"
    assert book.resolve("1780797").stored_id == "1b2c3d"


def test_an_id_that_is_known_wins_over_one_that_the_form_would_make() -> None:
    book = taught(WRITTEN_IDS["hex-decimal"], 0xAAAAAA, 0xBBBBBB, 0xCCCCCC)
    book.submitted("1780797")
    assert book.resolve("1780797").stored_id == "1780797"


def test_two_places_that_agree_on_one_id_mean_it() -> None:
    book = IdBook()
    book.learn([("1780797", ""), ("1b2c3d", "")])
    assert book.resolve("24643479", "1780797").stored_id == "1780797"


def test_a_form_is_given_up_when_three_in_a_row_say_otherwise() -> None:
    book = taught(WRITTEN_IDS["hex-decimal"], 0xAAAAAA, 0xBBBBBB, 0xCCCCCC)
    for number in (0xAAAAA1, 0xAAAAA2, 0xAAAAA3, 0xAAAAA4):
        book.submitted(str(number))
        found = book.resolve(str(number))
    assert found.stored_id == str(0xAAAAA4)
    assert book.form == "the same id in both, found from 4 receipts"


def test_receipts_of_one_message_count_once() -> None:
    book = IdBook()
    book.submitted("1B2C3D")
    for _ in range(5):
        assert book.resolve("1780797").stored_id == "1B2C3D"
    assert not book.certain


def test_contradictions_delay_certainty() -> None:
    book = taught(WRITTEN_IDS["hex-decimal"], 0xAAAAAA, 0xBBBBBB)
    for id_ in ("f00d", "f00e", "f00f"):
        book.submitted(id_)
        assert book.resolve(id_).stored_id == id_
    assert not book.certain
    assert book.form == "not certain yet, 5 receipts matched"
    for number in range(0xF010, 0xF013):
        book.submitted(f"{number:x}")
        book.resolve(f"{number:x}")
    assert book.certain


def test_each_place_of_a_receipt_learns_its_own_form() -> None:
    """The usual mix of reference 9: hex in the TLV as in the submit, decimal in the text."""
    book = IdBook()
    for number in (0xAAAAAA, 0xBBBBBB, 0xCCCCCC):
        book.submitted(f"{number:X}")
        assert book.resolve(f"{number:X}", str(number)).stored_id == f"{number:X}"
    book.learn([("1780797", ""), ("1B2C3D", "")])
    assert book.resolve("", "1780797") == Resolved("1B2C3D", True, "1780797")
    assert book.resolve("1780797", "") == Resolved("1780797", True, "1780797")
    assert book.form == (
        "the same id in both, found from 4 receipts; submit hex, receipt decimal, found from 4 receipts"
    )


@pytest.mark.parametrize(
    ("form", "submit", "ids"),
    [
        ("hex-decimal", "1B2C3D", ("1B2C3D", "1780797")),
        ("hex-decimal", "1780797", ("1780797", "24643479")),
        ("hex-decimal", "1B2C3D", ("", "1780797")),
        ("decimal-hex", "1780797", ("1780797", "1b2c3d")),
        ("folded", "00ab", ("AB", "")),
        ("hex-decimal", "msg-1", ("MSG-1", "")),
    ],
)
def test_explicit_forms_with_two_ids(form: str, submit: str, ids: tuple[str, ...]) -> None:
    assert IdBook(form).resolve(*ids).stored_id == IdBook(form).submitted(submit)


def test_an_explicit_form_says_so() -> None:
    assert IdBook("hex-decimal").form == "Submit hex, receipt decimal (set)"
    assert IdBook("hex-decimal").certain
    with pytest.raises(KeyError):
        IdBook("octal")


def test_books_are_bounded_and_forget_the_oldest() -> None:
    book = IdBook(capacity=3)
    for id_ in ("aB1", "cD2", "eF3", "gH4", "aB1"):
        book.submitted(id_)
    assert len(book) == 3
    assert book.resolve("CD2").stored_id is None
    assert book.resolve("AB1").stored_id == "aB1"
    assert book.submitted("x" * 300) == "x" * 300
    assert book.submitted("") == ""
    assert len(book) == 3


def test_two_carriers_with_equal_ids_have_a_book_each() -> None:
    one, other = IdBook(), IdBook()
    one.submitted("42")
    assert one.resolve("42").stored_id == "42"
    assert other.resolve("42").stored_id is None


def test_a_receipt_without_an_id() -> None:
    assert IdBook().resolve("", "\0") == Resolved(None, True, "")


@given(st.lists(st.tuples(st.booleans(), st.text(max_size=50)), max_size=60), st.sampled_from(["auto", *ID_FORMS]))
def test_any_ids_are_taken(steps: list[tuple[bool, str]], form: str) -> None:
    book = IdBook(form, capacity=10)
    for is_submit, text in steps:
        if is_submit:
            book.submitted(text)
        else:
            book.resolve(text, text[::-1])
        assert len(book) <= 10
    assert book.form


def test_a_full_book_is_quick() -> None:
    book = taught(WRITTEN_IDS["hex-decimal"], 0xAAAAAA, 0xBBBBBB, 0xCCCCCC)
    book.learn((f"{number:X}", "") for number in range(10**9, 10**9 + 50_000))
    began = time.perf_counter()
    for number in range(10**9, 10**9 + 10_000):
        assert book.resolve(str(number)).stored_id == f"{number:X}"
    assert time.perf_counter() - began < 2
    assert book.resolve("9" * 1_000_000).as_given == "9" * 1_000_000


def test_numbers() -> None:
    assert decimal("007") == 7
    assert [decimal(text) for text in ("", "7a", "-7", "٧", "1_0", "9" * 41)] == [None] * 6
    assert hexadecimal("00fF") == 255
    assert [hexadecimal(text) for text in ("", "0x7", "g", "-7", "1_0", " 7", "f" * 41)] == [None] * 7
    assert (folded("000"), folded(" 0Ab\0"), folded("")) == ("0", "ab", "")


def test_a_book_knows_whose_message_an_id_means() -> None:
    book = IdBook(capacity=2)
    book.learn([("0a", "447700900001")])
    book.submitted("0b", "447700900002")
    assert (book.recipient_of("0a"), book.recipient_of("0b")) == ("447700900001", "447700900002")
    book.submitted("0c", "447700900003")
    assert book.recipient_of("0a") is None


def test_nothing_is_learned_from_what_may_not_be_the_carriers() -> None:
    book = IdBook()
    for number in range(2_000_000, 2_000_010):
        book.submitted(f"{number:X}")
        assert book.resolve(str(number), learns=False).stored_id == f"{number:X}"
    assert not book.certain
    assert book.form == "not known yet, no receipt matched"
