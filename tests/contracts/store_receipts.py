"""What every store does with receipts: promises 1 to 3 and 6.

Long because it is the whole law of one table: when a receipt comes, how often, and which one wins.
"""

import asyncio

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from receipted.domain.receipt import Receipt
from receipted.domain.status import Status, of_message, order_key
from receipted.hub.ports import NewMessage
from receipted.storage import rows, schema
from tests.contracts.store_samples import (
    DUE,
    LATER,
    LOST,
    NOW,
    RETRY,
    UNCLEAR_DUE,
    Place,
    accepted,
    answered,
    claim,
    claimed,
    ids_of,
    message,
    provider_id,
    receipt,
    sent,
    settle,
    statuses,
    strongest,
    told,
    unmatched_ids,
)

S = Status
ODD = "\u202e\u0301\ufffd\U0001f4a9'\"%s;--\\\t\r\n"


@st.composite
def what_happens(draw: st.DrawFn) -> list[list[int | None]]:
    """Receipts by their number, some twice, in batches; None is where the submit is settled."""
    numbers = draw(st.lists(st.integers(0, 8), max_size=12))
    order: list[int | None] = [*numbers]
    order.insert(draw(st.integers(0, len(order))), None)
    batches: list[list[int | None]] = [[]]
    for item in order:
        if item is None or draw(st.booleans()):
            batches.append([])
        batches[-1].append(item)
        if item is None:
            batches.append([])
    return batches


def possible(ids: list[str], client_ref: str | None) -> list[Receipt]:
    """Nine receipts for two parts: intermediate, contradicting, equal in strength, without a time."""
    first, second = ids
    return [
        receipt(first, S.ACCEPTED, client_ref=client_ref),
        receipt(first, S.BUFFERED, carrier_ms=NOW + 2_000, client_ref=client_ref),
        receipt(first, S.FAILED, err_code="6", client_ref=client_ref),
        receipt(first, S.REJECTED, err_code="7", carrier_ms=NOW + 3_000, client_ref=client_ref),
        receipt(first, S.DELIVERED, client_ref=client_ref),
        receipt(second, S.UNKNOWN, carrier_ms=None, raw_status="odd", client_ref=client_ref),
        receipt(second, S.EXPIRED, err_code="1", client_ref=client_ref),
        receipt(second, S.FAILED, err_code="5", client_ref=client_ref),
        receipt(second, S.DELIVERED, carrier_ms=None, client_ref=client_ref),
    ]


class ReceiptContract:
    """Receipts, whenever and however often they come."""

    async def test_a_receipt_moves_its_part_and_message(self, place: Place) -> None:
        store, one = place.store, provider_id()
        made = await sent(store, one)
        came = receipt(one, S.FAILED, err_code="6", raw=b'{"messageId":1}')
        await store.append([came], NOW + 2_000)
        now = await store.message(made.id)
        (part,) = now.parts
        assert (now.status, now.err_code, now.updated_ms, now.version) == (S.FAILED, "6", NOW + 2_000, 3)
        assert (part.status, part.err_code, part.carrier_ms, part.due_ms) == (S.FAILED, "6", NOW + 1_000, None)
        assert (part.network, part.price, part.submit_network, part.submit_price) == (
            "23410",
            "0.03330000",
            "23415",
            "0.02",
        )
        history = await store.history(made.id)
        assert [(stored.receipt, stored.received_ms) for stored in history.receipts] == [(came, NOW + 2_000)]
        assert await told(store, made) == [S.QUEUED, S.SUBMITTED, S.FAILED]
        assert await store.unmatched(10) == []

    async def test_a_repetition_is_recorded_once(self, place: Place) -> None:
        store, one = place.store, provider_id()
        made = await sent(store, one)
        came = receipt(one)
        await store.append([came, came], NOW + 2_000)
        await asyncio.gather(*(store.append([came], NOW + 3_000 + n) for n in range(20)))
        (stored,) = (await store.history(made.id)).receipts
        assert stored.received_ms == NOW + 2_000
        assert await told(store, made) == [S.QUEUED, S.SUBMITTED, S.DELIVERED]

    async def test_an_unmatched_repetition_is_recorded_once(self, place: Place) -> None:
        came = receipt(provider_id())
        await place.store.append([came, came], NOW)
        await place.store.append([came], NOW + 1)
        assert len(await place.store.unmatched(10)) == 1

    async def test_nothing_to_append_is_harmless(self, place: Place) -> None:
        await place.store.append([], NOW)

    async def test_ids_of_two_providers_never_collide(self, place: Place) -> None:
        store, one = place.store, provider_id()
        here, there = await sent(store, one), await sent(store, one, provider="other")
        await store.append([receipt(one)], NOW)
        assert await statuses(store, here) == [S.DELIVERED, S.DELIVERED]
        assert await statuses(store, there) == [S.SUBMITTED, S.SUBMITTED]
        await store.append([receipt(one, provider="third")], NOW)
        (left,) = await store.unmatched(10)
        assert left.receipt.provider == "third"
        assert [len((await store.history(made.id)).receipts) for made in (here, there)] == [1, 0]

    async def test_an_early_receipt_of_another_provider_with_the_same_id_is_kept(self, place: Place) -> None:
        store, one = place.store, provider_id()
        await store.append([receipt(one, provider="other")], NOW)
        made = await claimed(store)
        await settle(store, made, answered(one))
        assert await statuses(store, made) == [S.SUBMITTED, S.SUBMITTED]
        (left,) = await store.unmatched(10)
        assert (left.receipt.provider, left.receipt.provider_message_id) == ("other", one)

    # --- before the message is known (promise 3) ----------------------------------------------------------------------

    async def test_a_receipt_may_come_before_the_submit_is_answered(self, place: Place) -> None:
        store, one = place.store, provider_id()
        made = await claimed(store)
        await store.append([receipt(one, S.ACCEPTED), receipt(one)], NOW)
        assert await unmatched_ids(store) == {one}
        assert await statuses(store, made) == [S.QUEUED, S.QUEUED]
        await settle(store, made, answered(one))
        assert await statuses(store, made) == [S.DELIVERED, S.DELIVERED]
        assert await unmatched_ids(store) == set()
        assert (await told(store, made))[-1] is S.DELIVERED
        assert (await store.message(made.id)).parts[0].due_ms is None

    async def test_an_early_receipt_names_its_message_by_client_ref(self, place: Place) -> None:
        store, one = place.store, provider_id()
        made = await claimed(store)
        await store.append([receipt(one, client_ref=made.id)], NOW)
        assert await statuses(store, made) == [S.DELIVERED, S.DELIVERED]
        await settle(store, made, answered(one))
        now = await store.message(made.id)
        assert (now.status, now.part_count, len(now.parts)) == (S.DELIVERED, 1, 1)
        assert now.parts[0].submit_price == "0.02"
        assert await told(store, made) == [S.QUEUED, S.DELIVERED]
        assert await unmatched_ids(store) == set()

    async def test_an_early_accepted_receipt_still_awaits_the_final_one(self, place: Place) -> None:
        store, one, other = place.store, provider_id(), provider_id()
        by_ref, by_id = await claimed(store), await claimed(store)
        await store.append([receipt(one, S.ACCEPTED, client_ref=by_ref.id), receipt(other, S.ACCEPTED)], NOW)
        await settle(store, by_ref, answered(one))
        await settle(store, by_id, answered(other))
        for made in (by_ref, by_id):
            assert await statuses(store, made) == [S.ACCEPTED, S.ACCEPTED]
            assert (await store.message(made.id)).parts[0].due_ms == DUE

    async def test_a_lost_answer_is_settled_by_client_ref(self, place: Place) -> None:
        store, early, late = place.store, provider_id(), provider_id()
        before, after = await claimed(store), await claimed(store)
        await store.append([receipt(early, S.ACCEPTED, client_ref=before.id)], NOW)
        await settle(store, before, LOST)
        await settle(store, after, LOST)
        assert await statuses(store, before) == [S.ACCEPTED, S.ACCEPTED]
        assert (await store.message(before.id)).parts[0].due_ms == UNCLEAR_DUE
        assert await statuses(store, after) == [S.SUBMITTED, S.SUBMITTED]
        await store.append([receipt(early), receipt(late, client_ref=after.id)], NOW)
        assert await statuses(store, before) == [S.DELIVERED, S.DELIVERED]
        assert await statuses(store, after) == [S.DELIVERED, S.DELIVERED]

    @pytest.mark.parametrize("outcome", ["answered", "lost"])
    async def test_a_receipt_may_come_before_the_message_itself_is_stored(self, place: Place, outcome: str) -> None:
        store, one = place.store, provider_id()
        made = message()
        await store.append([receipt(one, client_ref=made.id)], NOW)
        assert await unmatched_ids(store) == {one}
        await store.accept(NewMessage(message=made))
        await claim(store)
        await settle(store, made, answered(one) if outcome == "answered" else LOST)
        assert await statuses(store, made) == [S.DELIVERED, S.DELIVERED]
        assert await unmatched_ids(store) == set()

    async def test_all_parts_of_a_lost_answer_are_found_by_client_ref(self, place: Place) -> None:
        store, ids = place.store, [provider_id() for _ in range(3)]
        made = await claimed(store, 3)
        await settle(store, made, LOST)
        await store.append([receipt(ids[0], client_ref=made.id), receipt(ids[1], client_ref=made.id)], NOW)
        assert await statuses(store, made) == [S.SUBMITTED, S.DELIVERED, S.DELIVERED, S.SUBMITTED]
        await store.append([receipt(ids[2], S.FAILED, err_code="6", client_ref=made.id)], NOW)
        assert await ids_of(store, made) == ids
        assert (await store.message(made.id)).status is S.FAILED
        await store.append([receipt(provider_id("fourth"), client_ref=made.id)], NOW)
        assert len(await unmatched_ids(store)) == 1

    async def test_receipts_of_some_parts_are_faster_than_the_answer(self, place: Place) -> None:
        store, ids = place.store, [provider_id() for _ in range(3)]
        made = await claimed(store, 3)
        await store.append([receipt(ids[2], client_ref=made.id), receipt(ids[1], client_ref=made.id)], NOW)
        await settle(store, made, answered(*ids))
        assert sorted(await ids_of(store, made), key=str) == ids
        assert sorted(await statuses(store, made)) == [S.DELIVERED, S.DELIVERED, S.SUBMITTED, S.SUBMITTED]
        await store.append([receipt(ids[0])], NOW)
        assert set(await statuses(store, made)) == {S.DELIVERED}

    async def test_a_client_ref_gives_no_id_to_a_part_that_has_one(self, place: Place) -> None:
        store, one, other = place.store, provider_id(), provider_id()
        made, elsewhere = await sent(store, one), await claimed(store, provider="other")
        await store.append([receipt(other, client_ref=made.id)], NOW)
        await store.append([receipt(provider_id(), client_ref=elsewhere.id)], NOW)
        await store.append([receipt(provider_id(), client_ref="not ours")], NOW)
        assert await ids_of(store, made) == [one]
        assert await ids_of(store, elsewhere) == [None]
        assert len(await unmatched_ids(store)) == 3

    async def test_a_message_that_a_receipt_names_is_not_sent_again(self, place: Place) -> None:
        store, ids = place.store, [provider_id() for _ in range(4)]
        while_waiting, while_sending = await claimed(store, 2), await claimed(store, 2)
        await settle(store, while_waiting, LATER)
        for made, one in ((while_waiting, ids[0]), (while_sending, ids[1])):
            await store.append([receipt(one, S.ACCEPTED, client_ref=made.id)], NOW)
        await settle(store, while_sending, LATER)
        assert await claim(store, now_ms=RETRY) == []
        for made in (while_waiting, while_sending):
            assert await statuses(store, made) == [S.SUBMITTED, S.ACCEPTED, S.SUBMITTED]
            assert all(part.due_ms for part in (await store.message(made.id)).parts)

    async def test_an_id_that_another_message_has_stays_with_it(self, place: Place) -> None:
        store, one = place.store, provider_id()
        first, second = await sent(store, one), await sent(store, one)
        assert [await ids_of(store, made) for made in (first, second)] == [[one], [None]]
        (part,) = (await store.message(second.id)).parts
        assert part.status is S.SUBMITTED
        assert part.reason
        assert part.due_ms == DUE
        await store.append([receipt(one)], NOW)
        assert (await statuses(store, first), await statuses(store, second)) == ([S.DELIVERED] * 2, [S.SUBMITTED] * 2)

    async def test_one_id_for_two_parts_breaks_nothing(self, place: Place) -> None:
        one = provider_id()
        made = await sent(place.store, one, one)
        assert await ids_of(place.store, made) == [one, None]

    async def test_a_missed_match_is_found_by_the_slow_look(self, place: Place) -> None:
        store, one = place.store, provider_id()
        made = await sent(store, one)
        came = receipt(one)
        await store.append([came], NOW)
        columns = dict(zip(rows.RECEIPT_COLUMNS, rows.of_receipt(came, NOW), strict=True))
        place.run(schema.unmatched.insert().values(columns))
        await store.append([receipt(provider_id())], NOW)
        assert await store.rematch(10, NOW) == 1
        assert await store.rematch(10, NOW) == 0
        assert len(await unmatched_ids(store)) == 1
        assert await told(store, made) == [S.QUEUED, S.SUBMITTED, S.DELIVERED]

    # --- which receipt wins (promises 2 and 6) ------------------------------------------------------------------------

    async def test_a_stronger_receipt_corrects_and_a_weaker_one_does_not(self, place: Place) -> None:
        store, one = place.store, provider_id()
        made = await sent(store, one)
        for came in (
            receipt(one, S.BUFFERED),
            receipt(one, S.FAILED, err_code="6", carrier_ms=NOW + 5_000),
            receipt(one, S.REJECTED, err_code="7", carrier_ms=NOW + 4_000),
            receipt(one, S.DELIVERED, carrier_ms=NOW),
            receipt(one, S.ACCEPTED, carrier_ms=NOW + 9_000),
        ):
            await store.append([came], NOW)
        now = await store.message(made.id)
        assert (now.status, now.err_code) == (S.DELIVERED, None)
        assert await told(store, made) == [S.QUEUED, S.SUBMITTED, S.BUFFERED, S.FAILED, S.DELIVERED]
        assert len((await store.history(made.id)).receipts) == 5

    @pytest.mark.parametrize(
        ("first", "second", "whole"),
        [
            (S.DELIVERED, S.DELIVERED, S.DELIVERED),
            (S.DELIVERED, S.ACCEPTED, S.ACCEPTED),
            (S.BUFFERED, S.ACCEPTED, S.BUFFERED),
            (S.FAILED, S.DELIVERED, S.FAILED),
            (S.EXPIRED, S.FAILED, S.FAILED),
            (S.UNKNOWN, S.DELIVERED, S.UNKNOWN),
            (S.REJECTED, S.FAILED, S.REJECTED),
        ],
    )
    async def test_a_message_shows_the_gravest_of_its_parts(
        self, place: Place, first: Status, second: Status, whole: Status
    ) -> None:
        store, ids = place.store, [provider_id(), provider_id()]
        made = await sent(store, *ids)
        await store.append([receipt(ids[1], second, err_code="2")], NOW)
        await store.append([receipt(ids[0], first, err_code="1")], NOW)
        assert await statuses(store, made) == [whole, first, second]
        # Where both are as grave, the first part speaks.
        assert (await store.message(made.id)).err_code == ("1" if whole is first else "2")
        await told(store, made)

    async def test_a_changed_code_is_shown_without_a_new_version(self, place: Place) -> None:
        store, one = place.store, provider_id()
        made = await sent(store, one)
        await store.append([receipt(one, S.FAILED, err_code="1")], NOW)
        await store.append([receipt(one, S.FAILED, err_code="6", carrier_ms=NOW + 9_000)], NOW)
        now = await store.message(made.id)
        assert (now.err_code, now.version) == ("6", 3)
        await told(store, made)

    @settings(
        max_examples=40,
        deadline=None,
        database=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.differing_executors],
    )
    @given(what_happens(), st.sampled_from(["no ref", "ref", "ref, answer lost"]))
    async def test_any_order_repetition_and_batching_gives_the_same_state(
        self, place: Place, batches: list[list[int | None]], known_by: str
    ) -> None:
        store, ids = place.store, [provider_id(), provider_id()]
        made = await claimed(store, 2)
        receipts = possible(ids, made.id if known_by != "no ref" else None)
        came: list[Receipt] = []
        for batch in batches:
            if batch == [None]:
                await settle(store, made, LOST if known_by == "ref, answer lost" else answered(*ids))
                continue
            taken = [receipts[number] for number in batch if number is not None]
            came += taken
            await asyncio.gather(*(store.append([one], NOW) for one in taken))
        base = (order_key(S.SUBMITTED, NOW + 100), S.SUBMITTED)
        expected = [strongest([base, *((one.order_key, one.status) for one in came if one.provider_message_id == this)])
                    for this in ids]  # fmt: skip
        whole, *parts = await statuses(store, made)
        assert sorted(parts) == sorted(expected)
        assert whole is of_message(expected)
        assert (await told(store, made))[-1] is whole
        assert not await unmatched_ids(store) & set(ids)
        assert {stored.receipt for stored in (await store.history(made.id)).receipts} == set(came)
        awaited = [part.due_ms is not None for part in (await store.message(made.id)).parts]
        assert awaited == [part in (S.SUBMITTED, S.ACCEPTED, S.BUFFERED) for part in parts]

    # --- what carriers send -------------------------------------------------------------------------------------------

    async def test_an_unknown_word_is_kept_as_it_was(self, place: Place) -> None:
        store, one = place.store, provider_id()
        made = await sent(store, one)
        await store.append([receipt(one, S.UNKNOWN, raw_status="EN_ROUTE_TO_MARS", err_code="4711")], NOW)
        (stored,) = (await store.history(made.id)).receipts
        assert (stored.receipt.raw_status, stored.receipt.err_code) == ("EN_ROUTE_TO_MARS", "4711")
        assert await statuses(store, made) == [S.UNKNOWN, S.UNKNOWN]

    async def test_odd_text_long_ids_and_any_bytes_are_kept(self, place: Place) -> None:
        store = place.store
        long_id = ("💩" * 255)[:255]
        made = await sent(store, long_id, provider=ODD, recipient="4477", sender=ODD, client_ref=ODD, text=ODD * 50)
        came = receipt(long_id, provider=ODD, raw_status=ODD, err_code=ODD, raw=bytes(range(256)) * 256)
        await store.append([came], NOW)
        (stored,) = (await store.history(made.id)).receipts
        assert stored.receipt == came
        now = await store.message(made.id)
        assert (now.sender, now.client_ref, now.content.text, now.err_code) == (ODD, ODD, ODD * 50, ODD)

    async def test_a_large_batch_is_taken_whole(self, place: Place) -> None:
        store, ids = place.store, [provider_id() for _ in range(700)]
        made = [await sent(store, one) for one in ids[:3]]
        await store.append([receipt(one) for one in ids], NOW)
        assert len(await store.unmatched(1_000)) == 697
        assert [await statuses(store, one) for one in made] == [[S.DELIVERED] * 2] * 3

    async def test_a_queued_message_stays_queued_when_a_stranger_names_it(self, place: Place) -> None:
        made = await accepted(place.store)
        await place.store.append([receipt(provider_id(), S.ACCEPTED, client_ref=made.id)], NOW)
        assert [one.message_id for one in await claim(place.store)] == [made.id]
