"""The laws of statuses: order, duplicates and delay do not matter (promise 2), the gravest part shows (promise 6)."""

import random
from hashlib import blake2b
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from receipted.domain.receipt import Receipt
from receipted.domain.status import BY_STATUS, FINAL, TABLE, Status, of_message, order_key

STATUSES = st.sampled_from(Status)
TIMES = st.none() | st.integers(min_value=-10, max_value=4_102_444_800_000)
DIGESTS = st.text("0123456789abcdef", min_size=32, max_size=32)


def receipt(status: Status, carrier_ms: int | None, salt: int) -> Receipt:
    """The digest follows from what the receipt says, as the port demands: another statement has another digest."""
    said = f"{status} {carrier_ms} {salt}"
    digest = blake2b(said.encode(), digest_size=16).hexdigest()
    return Receipt(
        provider="p", provider_message_id="1", digest=digest, status=status, raw_status="x", carrier_ms=carrier_ms
    )


RECEIPTS = st.builds(receipt, STATUSES, TIMES | st.just(1_000), st.integers(min_value=0, max_value=3))


def state(receipts: list[Receipt]) -> tuple[Status, str]:
    """A part's state from its receipts, one after the other, as a store applies them: only a greater key replaces."""
    status, key = Status.SUBMITTED, order_key(Status.SUBMITTED, None)
    for receipt in receipts:
        if receipt.order_key > key:
            status, key = receipt.status, receipt.order_key
    return status, key


@given(st.lists(RECEIPTS, max_size=12), st.randoms(use_true_random=False), st.data())
def test_order_and_repetition_change_nothing(receipts: list[Receipt], rng: random.Random, data: st.DataObject) -> None:
    again = receipts + data.draw(st.lists(st.sampled_from(receipts), max_size=12)) if receipts else []
    rng.shuffle(again)
    assert state(again) == state(receipts)


@given(st.lists(RECEIPTS, min_size=1, max_size=12), st.integers(min_value=0, max_value=12))
def test_batches_change_nothing(receipts: list[Receipt], cut: int) -> None:
    strongest = [max(batch, key=lambda r: r.order_key) for batch in (receipts[:cut], receipts[cut:]) if batch]
    assert state(strongest) == state(receipts)


@given(STATUSES, TIMES, DIGESTS, STATUSES, TIMES, DIGESTS)
def test_the_key_sorts_by_strength_then_time_then_digest(
    a: Status, a_ms: int | None, a_digest: str, b: Status, b_ms: int | None, b_digest: str
) -> None:
    left = (BY_STATUS[a].strength, max(a_ms or 0, 0), a_digest)
    right = (BY_STATUS[b].strength, max(b_ms or 0, 0), b_digest)
    keys = order_key(a, a_ms, a_digest), order_key(b, b_ms, b_digest)
    assert (keys[0] < keys[1]) == (left < right)
    assert (keys[0].encode() < keys[1].encode()) == (left < right)


@given(STATUSES, st.integers(min_value=10**15))
def test_an_absurd_time_neither_raises_nor_breaks_the_width(status: Status, at_ms: int) -> None:
    assert len(order_key(status, at_ms)) == len(order_key(status, 0))


@pytest.mark.parametrize(
    ("history", "status"),
    [
        (("delivered", "accepted"), "delivered"),
        (("delivered", "buffered", "accepted"), "delivered"),
        (("accepted", "buffered"), "buffered"),
        (("expired", "delivered"), "delivered"),
        (("failed", "delivered"), "delivered"),
        (("unknown", "delivered"), "delivered"),
        (("unknown", "accepted"), "unknown"),
        (("expired", "unknown"), "expired"),
        (("failed", "expired"), "failed"),
        (("queued",), "submitted"),
    ],
)
def test_histories(history: tuple[str, ...], status: str) -> None:
    receipts = [
        Receipt(provider="p", provider_message_id="1", digest="0" * 32, status=Status(s), raw_status=s, carrier_ms=n)
        for n, s in enumerate(history, 1)
    ]
    assert state(receipts)[0] == status


def test_among_equals_the_later_carrier_time_wins_whatever_came_last() -> None:
    early, late = order_key(Status.FAILED, 1_000, "f" * 32), order_key(Status.REJECTED, 2_000, "0" * 32)
    assert early < late
    assert order_key(Status.FAILED, 999, "f" * 32) < order_key(Status.FAILED, 1_000, "0" * 32)


def test_the_table_has_every_status_once() -> None:
    assert [row.status for row in TABLE] == list(Status)
    assert sorted(row.gravity for row in TABLE) == list(range(len(TABLE)))
    assert Status.DELIVERED in FINAL
    assert Status.BUFFERED not in FINAL


@given(st.lists(STATUSES, min_size=1, max_size=8), st.randoms(use_true_random=False))
def test_a_message_does_not_depend_on_the_order_of_its_parts(parts: list[Status], rng: random.Random) -> None:
    shuffled = list(parts)
    rng.shuffle(shuffled)
    assert of_message(shuffled) == of_message(parts)
    assert of_message(parts + parts) == of_message(parts)


@given(st.lists(STATUSES, min_size=1, max_size=8))
def test_a_message_is_delivered_when_all_its_parts_are(parts: list[Status]) -> None:
    assert (of_message(parts) is Status.DELIVERED) == (set(parts) == {Status.DELIVERED})


@given(st.lists(STATUSES, min_size=1, max_size=8))
def test_an_error_is_never_hidden_beside_a_success(parts: list[Status]) -> None:
    errors = {Status.FAILED, Status.REJECTED, Status.EXPIRED, Status.UNKNOWN}
    if errors & set(parts):
        assert of_message(parts) in errors


def test_every_pair_of_parts_shows_the_graver() -> None:
    for a, b in product(TABLE, TABLE):
        assert of_message([a.status, b.status]) is (a if a.gravity >= b.gravity else b).status


def test_a_message_without_parts_has_no_status() -> None:
    with pytest.raises(ValueError, match="empty"):
        of_message([])
