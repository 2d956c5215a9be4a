"""What every store does with messages on their way out: accept, claim, settle, expire (promises 4 and 5)."""

import asyncio

import pytest

from receipted.domain.errors import Conflict, NotFound, Unstorable
from receipted.domain.message import Message
from receipted.domain.status import Status
from receipted.hub.ports import Accepted, NewMessage
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
    told,
)

S = Status


def keyed(made: Message, key: str = "key-1", digest: str = "digest") -> NewMessage:
    return NewMessage(message=made, key=key, key_digest=digest)


class QueueContract:
    """Messages on their way out."""

    async def test_an_accepted_message_is_stored_and_waits(self, place: Place) -> None:
        store, made = place.store, message(2, client_ref="order-1")
        assert (await store.accept(NewMessage(message=made))).message == made
        assert await store.message(made.id) == made
        assert await told(store, made) == [S.QUEUED]
        (submission,) = await claim(store)
        assert (submission.message_id, submission.client_ref, submission.attempt) == (made.id, made.id, 1)
        assert (submission.content, submission.part_count, submission.created_ms) == (made.content, 2, NOW)

    async def test_a_known_key_gives_the_first_message(self, place: Place) -> None:
        store, first, again = place.store, message(2), message(2)
        await store.accept(keyed(first))
        assert (await store.accept(keyed(again))).message == first
        with pytest.raises(NotFound):
            await store.message(again.id)
        assert len(await claim(store)) == 1
        assert (await store.accept(keyed(message(), "key-2"))).message.id != first.id

    async def test_a_known_key_with_another_request_is_a_conflict(self, place: Place) -> None:
        store, first, other = place.store, message(), message()
        await store.accept(keyed(first))
        with pytest.raises(Conflict):
            await store.accept(keyed(other, digest="another"))
        with pytest.raises(NotFound):
            await store.message(other.id)

    async def test_a_key_used_at_once_by_many_makes_one_message(self, place: Place) -> None:
        store = place.store
        results = await asyncio.gather(
            *(store.accept(keyed(message(), digest="odd" if n % 7 == 3 else "digest")) for n in range(60)),
            return_exceptions=True,
        )
        made = [result.message for result in results if isinstance(result, Accepted)]
        refused = [result for result in results if isinstance(result, Conflict)]
        assert len({one.id for one in made}) == 1
        assert (len(made), len(refused)) == (51, 9)
        assert len(await claim(store)) == 1

    async def test_what_cannot_be_stored_hurts_nobody_else(self, place: Place) -> None:
        store, twice = place.store, message()
        await store.accept(NewMessage(message=twice))
        good = [message() for _ in range(20)]
        new = [*good[:10], twice, *good[10:]]
        results = await asyncio.gather(*(store.accept(NewMessage(message=one)) for one in new), return_exceptions=True)
        assert [type(result) for result in results if isinstance(result, Exception)] == [Unstorable]
        assert [(await store.message(one.id)).id for one in good] == [one.id for one in good]

    # --- claiming -----------------------------------------------------------------------------------------------------

    async def test_a_claim_takes_what_is_due_of_that_provider_oldest_first(self, place: Place) -> None:
        store = place.store
        late = await accepted(store, at_ms=NOW + 10)
        early = await accepted(store, at_ms=NOW - 10)
        other = await accepted(store, provider="other")
        assert [one.message_id for one in await claim(store, limit=1)] == [early.id]
        assert await claim(store) == []
        assert [one.message_id for one in await claim(store, now_ms=NOW + 10)] == [late.id]
        assert [one.message_id for one in await claim(store, "other")] == [other.id]
        assert await claim(store, now_ms=NOW + 10**9) == []

    async def test_no_message_is_claimed_twice(self, place: Place) -> None:
        store = place.store
        made = {(await accepted(store)).id for _ in range(20)}
        claims = await asyncio.gather(*(claim(store, limit=3) for _ in range(10)))
        found = [one.message_id for batch in claims for one in batch]
        assert sorted(found) == sorted(made)

    async def test_a_claim_whose_answer_was_lost_is_given_back(self, place: Place) -> None:
        store = place.store
        under_way, lost = await claimed(store), await claimed(store)
        elsewhere = await claimed(store, provider="other")
        assert await store.release("vonage", frozenset([under_way.id])) == 1
        (again,) = await claim(store)
        assert (again.message_id, again.attempt) == (lost.id, 1)
        assert await store.release("other", frozenset()) == 1
        assert [one.message_id for one in await claim(store, "other")] == [elsewhere.id]

    async def test_counts(self, place: Place) -> None:
        store = place.store
        for _ in range(3):
            await claimed(store)
        for _ in range(2):
            await accepted(store)
        await store.append([receipt(provider_id())], NOW)
        found = await store.counts()
        assert (found.queued, found.submitting, found.unmatched) == (2, 3, 1)

    # --- settling -----------------------------------------------------------------------------------------------------

    async def test_an_answer_gives_ids_and_a_due_time(self, place: Place) -> None:
        store, ids = place.store, [provider_id(), provider_id()]
        made = await sent(store, *ids)
        now = await store.message(made.id)
        assert [(part.provider_message_id, part.status, part.due_ms) for part in now.parts] == [
            (one, S.SUBMITTED, DUE) for one in ids
        ]
        assert (now.status, now.reason) == (S.SUBMITTED, None)
        (attempt,) = (await store.history(made.id)).attempts
        assert (attempt.attempt, attempt.outcome, attempt.ended_ms) == (1, "answered", NOW + 100)
        assert await told(store, made) == [S.QUEUED, S.SUBMITTED]
        assert (await store.counts()).submitting == 0

    async def test_a_deferred_message_waits_and_is_tried_again(self, place: Place) -> None:
        store, made, one = place.store, await claimed(place.store), provider_id()
        await settle(store, made, LATER)
        assert await statuses(store, made) == [S.QUEUED, S.QUEUED]
        assert await claim(store, now_ms=RETRY - 1) == []
        (again,) = await claim(store, now_ms=RETRY)
        assert again.attempt == 2
        await settle(store, made, answered(one), number=2)
        assert [(tried.attempt, tried.outcome, tried.detail) for tried in (await store.history(made.id)).attempts] == [
            (1, "deferred", "throttled"),
            (2, "answered", ""),
        ]
        assert await told(store, made) == [S.QUEUED, S.SUBMITTED]

    @pytest.mark.parametrize(
        "outcome", [answered("A1", "A2"), answered("B1"), answered("C1", None), answered(None), LOST, LATER]
    )
    async def test_settling_again_changes_nothing(self, place: Place, outcome: object) -> None:
        store, made = place.store, await claimed(place.store, 2)
        await settle(store, made, outcome)  # type: ignore[arg-type]
        before = await store.history(made.id), await store.counts()
        await settle(store, made, outcome)  # type: ignore[arg-type]
        assert (await store.history(made.id), await store.counts()) == before

    async def test_deferring_again_does_not_free_a_later_claim(self, place: Place) -> None:
        store, made = place.store, await claimed(place.store)
        await settle(store, made, LATER)
        assert len(await claim(store, now_ms=RETRY)) == 1
        await settle(store, made, LATER)
        assert await claim(store, now_ms=RETRY) == []

    async def test_a_lost_answer_is_submitted_with_its_reason(self, place: Place) -> None:
        store, made = place.store, await claimed(place.store, 2)
        await settle(store, made, LOST)
        now = await store.message(made.id)
        assert (now.status, now.reason) == (S.SUBMITTED, LOST.reason)
        assert [part.due_ms for part in now.parts] == [UNCLEAR_DUE] * 2
        assert await claim(store, now_ms=DUE) == []

    async def test_a_provider_may_cut_a_text_in_fewer_parts_than_we_count(self, place: Place) -> None:
        store, made, one = place.store, await claimed(place.store, 3), provider_id()
        await settle(store, made, answered(one))
        assert (await store.message(made.id)).part_count == 1
        assert await ids_of(store, made) == [one]
        await store.append([receipt(one)], NOW)
        assert await statuses(store, made) == [S.DELIVERED, S.DELIVERED]

    async def test_a_provider_may_cut_a_text_in_more_parts_than_we_count(self, place: Place) -> None:
        store, made, ids = place.store, await claimed(place.store), [provider_id() for _ in range(3)]
        await settle(store, made, answered(*ids))
        assert (await store.message(made.id)).part_count == 3
        assert await ids_of(store, made) == ids
        await store.append([receipt(ids[0]), receipt(ids[1])], NOW)
        assert (await store.message(made.id)).status is S.SUBMITTED
        await store.append([receipt(ids[2])], NOW)
        assert await statuses(store, made) == [S.DELIVERED] * 4
        await told(store, made)

    @pytest.mark.parametrize("refusals", [1, 3, 4])
    async def test_a_refused_message_is_rejected_with_the_reason(self, place: Place, refusals: int) -> None:
        store, made = place.store, await claimed(place.store, 3)
        await settle(store, made, answered(*[None] * refusals))
        now = await store.message(made.id)
        assert (now.status, now.err_code, now.reason) == (S.REJECTED, "9", "Partner quota exceeded")
        assert {part.status for part in now.parts} == {S.REJECTED}
        assert {part.due_ms for part in now.parts} == {None}
        assert await told(store, made) == [S.QUEUED, S.REJECTED]

    async def test_a_refused_part_is_not_hidden_beside_a_delivered_one(self, place: Place) -> None:
        store, made, one = place.store, await claimed(place.store, 2), provider_id()
        await settle(store, made, answered(one, None))
        await store.append([receipt(one)], NOW)
        assert await statuses(store, made) == [S.REJECTED, S.DELIVERED, S.REJECTED]

    async def test_many_are_settled_together(self, place: Place) -> None:
        store = place.store
        made = [await claimed(store) for _ in range(30)]
        ids = [provider_id() for _ in made]
        outcomes = [(answered(one), LATER, LOST, answered(None))[n % 4] for n, one in enumerate(ids)]
        await asyncio.gather(*(settle(store, *pair) for pair in zip(made, outcomes, strict=True)))
        found = [(await store.message(one.id)).status for one in made]
        assert found == [(S.SUBMITTED, S.QUEUED, S.SUBMITTED, S.REJECTED)[n % 4] for n in range(30)]

    async def test_what_a_dead_process_left_is_never_sent_again(self, place: Place) -> None:
        store = place.store
        left, waiting = await claimed(store, 2), await accepted(store)
        await place.close()
        store = await place.open()
        assert await store.recover(NOW + 1, DUE, "the hub stopped") == 1
        assert await store.recover(NOW + 1, DUE, "the hub stopped") == 0
        now = await store.message(left.id)
        assert (now.status, now.reason, now.parts[0].due_ms) == (S.SUBMITTED, "the hub stopped", DUE)
        assert [one.message_id for one in await claim(store)] == [waiting.id]
        (attempt,) = (await store.history(left.id)).attempts
        assert (attempt.outcome, attempt.detail) == ("ambiguous", "the hub stopped")

    async def test_what_a_restored_backup_has_queued_is_not_sent_again(self, place: Place) -> None:
        store = place.store
        made = await accepted(store)
        assert await store.recover(NOW + 1, DUE, "restored", waiting=True) == 1
        assert await claim(store) == []
        now = await store.message(made.id)
        assert (now.status, now.parts[0].due_ms, now.parts[0].reason) == (S.SUBMITTED, DUE, "restored")

    async def test_an_abandoned_message_is_expired_and_off_the_queue(self, place: Place) -> None:
        store, made = place.store, await claimed(place.store, 2)
        await store.abandon(made.id, NOW + 5, "no provider took it")
        now = await store.message(made.id)
        assert (now.status, now.reason) == (S.EXPIRED, "no provider took it")
        assert {part.status for part in now.parts} == {S.EXPIRED}
        assert await claim(store, now_ms=DUE) == []
        assert await told(store, made) == [S.QUEUED, S.EXPIRED]

    # --- silence (promise 4) ------------------------------------------------------------------------------------------

    async def test_silence_becomes_unknown_and_a_late_receipt_corrects_it(self, place: Place) -> None:
        store, ids = place.store, [provider_id(), provider_id()]
        made = await sent(store, *ids)
        await store.append([receipt(ids[0])], NOW)
        assert await store.expire(DUE - 1, 100) == 0
        assert await store.expire(DUE, 100) == 1
        assert await store.expire(DUE, 100) == 0
        now = await store.message(made.id)
        assert (now.status, now.reason) == (S.UNKNOWN, "no final receipt came in time")
        await store.append([receipt(ids[1])], DUE + 1)
        now = await store.message(made.id)
        assert (now.status, now.reason) == (S.DELIVERED, None)
        assert await told(store, made) == [S.QUEUED, S.SUBMITTED, S.UNKNOWN, S.DELIVERED]

    async def test_a_limit_never_leaves_a_part_behind(self, place: Place) -> None:
        store = place.store
        made = [await sent(store, provider_id(), provider_id(), provider_id()) for _ in range(2)]
        expired = [await store.expire(DUE, 2) for _ in range(4)]
        assert expired == [2, 2, 2, 0]
        assert [await statuses(store, one) for one in made] == [[S.UNKNOWN] * 4] * 2

    async def test_a_submit_that_nothing_settles_says_so(self, place: Place) -> None:
        store, made, one = place.store, await claimed(place.store), provider_id()
        await settle(store, made, LOST)
        assert await store.expire(DUE, 10) == 1
        assert "never answered" in ((await store.message(made.id)).reason or "")
        await store.append([receipt(one, client_ref=made.id)], DUE + 1)
        assert await statuses(store, made) == [S.DELIVERED, S.DELIVERED]

    async def test_nothing_is_awaited_of_what_is_final(self, place: Place) -> None:
        store, made = place.store, await claimed(place.store)
        await settle(store, made, answered(None))
        await accepted(store)
        assert await store.expire(DUE * 2, 10) == 0

    async def test_outstanding_parts(self, place: Place) -> None:
        store, ids = place.store, [provider_id() for _ in range(4)]
        waiting = await sent(store, ids[0], ids[1])
        await sent(store, ids[2])
        await sent(store, ids[3], provider="other")
        await settle(store, await claimed(store), LOST)
        await store.append([receipt(ids[0], S.BUFFERED), receipt(ids[2])], NOW)
        found = await store.outstanding("vonage", 10)
        assert [(one.submission.message_id, one.seq, one.provider_message_id) for one in found] == [
            (waiting.id, 1, ids[0]),
            (waiting.id, 2, ids[1]),
        ]
        assert {one.submitted_ms for one in found} == {NOW + 100}
        assert len(await store.outstanding("vonage", 1)) == 1
