"""Prices and the ids of parts."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from receipted.domain.errors import InvalidRequest
from receipted.domain.part_id import MOST_PARTS, part_id, range_of, seq_of
from receipted.domain.price import Price, PriceList, amount, written

UUIDS = st.uuids().map(str)


@given(UUIDS, st.integers(1, MOST_PARTS))
def test_a_part_id_leads_back_to_its_message(message_id: str, seq: int) -> None:
    told = part_id(message_id, seq)
    least, most = range_of(told)
    assert least <= message_id <= most
    assert seq_of(message_id, told) == seq
    assert told == told.lower()


@given(UUIDS)
def test_the_parts_of_a_message_have_ids_of_their_own_and_the_first_has_the_messages(message_id: str) -> None:
    ids = [part_id(message_id, seq) for seq in range(1, MOST_PARTS + 1)]
    assert ids[0] == message_id
    assert len(set(ids)) == MOST_PARTS


@pytest.mark.parametrize("text", ["", "x", "0199c82c-c000-7000-8000-00000000000", "0199c82cc00070008000000000000000"])
def test_what_is_no_uuid_is_refused(text: str) -> None:
    for function in (range_of, lambda told: part_id(told, 1)):
        with pytest.raises(ValueError, match="no UUID"):
            function(text)


PRICES = PriceList(
    [
        Price(prefix="44", price=Decimal("0.03"), country="GB"),
        Price(prefix="4477", price=Decimal("0.0333"), country="GB", network="23410"),
        Price(prefix="", price=Decimal("0.2")),
    ]
)


@pytest.mark.parametrize(
    ("number", "price"), [("447700900000", "0.0333"), ("441170000000", "0.03"), ("33612345678", "0.2"), ("44", "0.03")]
)
def test_the_longest_prefix_counts(number: str, price: str) -> None:
    found = PRICES.of(number)
    assert found is not None
    assert found.price == Decimal(price)


def test_without_a_row_that_fits_there_is_no_price() -> None:
    assert PriceList([Price(prefix="44", price=Decimal(1))]).of("33612345678") is None
    assert PriceList().of("33612345678") is None
    assert not PriceList()


@given(st.decimals(min_value=-1_000_000, max_value=1_000_000, places=8))
def test_an_amount_is_written_with_eight_decimals_and_read_back(value: Decimal) -> None:
    text = written(value)
    assert amount("amount", text) == value
    assert len(text.partition(".")[2]) == 8
    assert "E" not in text


@pytest.mark.parametrize("text", ["", "x", "NaN", "Infinity", "1e9", "0.000000001", "1,5"])
def test_what_is_no_amount_is_refused_by_name(text: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        amount("price", text)
    assert refused.value.field == "price"
