"""Submitting: once, as fast as allowed, and never again when it may have happened (promise 5).

Long because it is one verb: each answer, each limit, each way to stop and each trouble of the database once.
"""

import asyncio
from functools import partial
from pathlib import Path
from typing import Any, cast

import pytest
import sqlalchemy as sa

from receipted.domain.errors import StorageUnavailable
from receipted.domain.message import Message
from receipted.domain.status import Status
from receipted.hub.ports import Ambiguous, Answered, Deferred, Outcome, PartAnswer, Submission
from receipted.storage.store import SqlStore
from tests.contracts.store_samples import NOW, Place, accepted, receipt, statuses, told
from tests.hub.stage import Clock, Far, Worker, locked, taken, until, working

S = Status


async def far_message(place: Place, parts: int = 1, at_ms: int = NOW) -> Message:
    return await accepted(place.store, parts, provider="far", at_ms=at_ms)


def answering(*outcomes: Outcome | Exception) -> Far:
    """A company that gives these answers in turn, then takes everything."""
    left = list(outcomes)

    async def answer(submission: Submission) -> Outcome:
        if not left:
            return await taken(submission)
        outcome = left.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    return Far(answer)


async def settled(place: Place, made: Message, tries: int = 1) -> bool:
    return len((await place.store.history(made.id)).attempts) >= tries


async def test_a_message_is_handed_over_and_recorded(place: Place) -> None:
    far, made = Far(), await far_message(place, 2)
    async with working(place, far) as worker:
        await worker.until(lambda: settled(place, made))
    (asked,) = far.asked
    assert (asked.message_id, asked.client_ref, asked.part_count, asked.attempt) == (made.id, made.id, 2, 1)
    now = await place.store.message(made.id)
    assert [(part.provider_message_id, part.due_ms) for part in now.parts] == [
        (f"{made.id}/0", NOW + 3_600_000),
        (f"{made.id}/1", NOW + 3_600_000),
    ]
    (facts,) = [facts for what, facts in place.observed if what == "message.submitted"]
    assert (facts["outcome"], facts["provider"], facts["attempt"]) == ("answered", "far", 1)


async def test_a_deferred_message_waits_as_long_as_it_was_told(place: Place) -> None:
    clock, made = Clock(), await far_message(place)
    far = answering(Deferred(reason="busy", wait_ms=5_000))
    async with working(place, far, clock) as worker:
        await worker.until(lambda: settled(place, made))
        clock.now_ms += 4_999
        await worker.rounds()
        assert len(far.asked) == 1
        clock.now_ms += 1
        await worker.until(lambda: settled(place, made, 2))
    assert [asked.attempt for asked in far.asked] == [1, 2]
    assert await statuses(place.store, made) == [S.SUBMITTED, S.SUBMITTED]


async def test_without_a_wait_the_waits_grow(place: Place) -> None:
    clock, made = Clock(), await far_message(place)
    far = answering(*[Deferred(reason="refused")] * 4)
    async with working(place, far, clock) as worker:
        for tries, longest_ms in ((1, 1_000), (2, 2_000), (3, 4_000), (4, 8_000)):
            await worker.until(partial(settled, place, made, tries))
            clock.now_ms += longest_ms // 2 - 1
            await worker.rounds()
            assert len(far.asked) == tries
            clock.now_ms += longest_ms // 2 + 1
        await worker.until(lambda: settled(place, made, 5))


async def test_a_throttled_provider_is_given_nothing_else_meanwhile(place: Place) -> None:
    clock, first = Clock(), await far_message(place, at_ms=NOW - 1)
    far = answering(Deferred(reason="throttled", wait_ms=5_000, throttled=True))
    async with working(place, far, clock) as worker:
        await worker.until(lambda: settled(place, first))
        second = await far_message(place)
        await worker.rounds()
        assert len(far.asked) == 1
        clock.now_ms += 5_000
        await worker.until(lambda: settled(place, second))
        await worker.until(lambda: settled(place, first, 2))


async def test_from_the_third_try_on_a_short_wait_that_is_named_is_not_believed(place: Place) -> None:
    clock, made = Clock(), await far_message(place)
    far = answering(*[Deferred(reason="throttled", wait_ms=10, throttled=True)] * 4)
    async with working(place, far, clock) as worker:
        for tries, shortest_ms, longest_ms in ((1, 10, 10), (2, 10, 10), (3, 2_000, 4_000), (4, 4_000, 8_000)):
            await worker.until(partial(settled, place, made, tries))
            clock.now_ms += shortest_ms - 1
            await worker.rounds()
            assert len(far.asked) == tries
            clock.now_ms += longest_ms - shortest_ms + 1
        await worker.until(lambda: settled(place, made, 5))


async def test_a_provider_whose_answers_are_unclear_is_tried_with_one_message_at_a_time(place: Place) -> None:
    clock, made = Clock(), [await far_message(place, at_ms=NOW - n) for n in range(12, 0, -1)]
    far = answering(*[Ambiguous(reason="HTTP 500")] * 6)

    async def asked(count: int) -> bool:
        return len(far.asked) == count and not far.under_way and (await place.store.counts()).submitting == 0

    async with working(place, far, clock) as worker:
        await worker.until(partial(asked, far.concurrency))
        for count, pause_ms in ((4, 1_000), (5, 2_000)):
            clock.now_ms += pause_ms - 1
            await worker.rounds()
            assert len(far.asked) == count
            clock.now_ms += 1
            await worker.until(partial(asked, count + 1))
        clock.now_ms += 4_000
        for one in made[6:]:
            await worker.until(partial(settled, place, one))
    outcomes = [facts["outcome"] for what, facts in place.observed if what == "message.submitted"]
    assert outcomes == ["ambiguous"] * 6 + ["answered"] * 6


async def test_one_unclear_answer_among_clear_ones_holds_nobody_up(place: Place) -> None:
    gate, lost = asyncio.Event(), [True]
    made = [await far_message(place, at_ms=NOW - n) for n in range(8, 0, -1)]

    async def answer(submission: Submission) -> Outcome:
        if lost:
            lost.clear()
            gate.set()
            return Ambiguous(reason="no answer in time")
        await gate.wait()
        return await taken(submission)

    async with working(place, Far(answer)) as worker:
        for one in made:
            await worker.until(partial(settled, place, one))


async def test_another_deferral_holds_nobody_up(place: Place) -> None:
    first = await far_message(place, at_ms=NOW - 1)
    far = answering(Deferred(reason="odd", wait_ms=5_000))
    async with working(place, far) as worker:
        await worker.until(lambda: settled(place, first))
        second = await far_message(place)
        await worker.until(lambda: settled(place, second))


@pytest.mark.parametrize(
    ("outcome", "reason"),
    [
        (Ambiguous(reason="no answer"), "no answer"),
        (RuntimeError("our mistake"), "RuntimeError"),
        (Answered(parts=()), "no part at all"),
    ],
)
async def test_what_may_have_been_sent_is_never_sent_again(
    place: Place, outcome: Outcome | Exception, reason: str
) -> None:
    clock, made, far = Clock(), await far_message(place), answering(outcome)
    async with working(place, far, clock) as worker:
        await worker.until(lambda: settled(place, made))
        clock.now_ms += 86_400_000
        await worker.rounds()
    assert len(far.asked) == 1
    now = await place.store.message(made.id)
    assert (now.status, now.parts[0].due_ms) == (S.SUBMITTED, NOW + 600_000)
    assert reason in (now.reason or "")


async def test_a_deferral_that_a_receipt_contradicts_is_not_sent_again(place: Place) -> None:
    clock, made = Clock(), await far_message(place)

    async def answer(submission: Submission) -> Outcome:
        early = receipt("seen", S.ACCEPTED, provider="far", client_ref=submission.client_ref)
        await place.store.append([early], NOW)
        return Deferred(reason="busy", wait_ms=1)

    far = Far(answer)
    async with working(place, far, clock) as worker:
        await worker.until(lambda: settled(place, made))
        clock.now_ms += 60_000
        await worker.rounds()
    assert len(far.asked) == 1
    (part,) = (await place.store.message(made.id)).parts
    assert (part.status, part.due_ms) == (S.ACCEPTED, NOW + 600_000)


async def test_no_more_than_the_rate_in_a_second(place: Place) -> None:
    clock, far = Clock(), Far(rate_per_s=5, concurrency=50)
    made = [await far_message(place) for _ in range(12)]

    async def all_recorded(count: int) -> bool:
        return (await place.store.counts()).queued == len(made) - count and not far.under_way

    async with working(place, far, clock) as worker:
        for count in (5, 10, 12):
            await worker.until(partial(all_recorded, count))
            clock.now_ms += 999
            await worker.rounds()
            assert len(far.asked) == count
            clock.now_ms += 1


async def test_no_more_under_way_than_the_provider_takes(place: Place) -> None:
    gate = asyncio.Event()

    async def slow(submission: Submission) -> Outcome:
        await gate.wait()
        return await taken(submission)

    far, made = Far(slow, concurrency=3), [await far_message(place) for _ in range(10)]
    async with working(place, far) as worker:
        await worker.rounds()
        assert len(far.asked) == 3
        gate.set()
        for one in made:
            await worker.until(partial(settled, place, one))
    assert far.most_under_way == 3


async def test_a_provider_without_an_account_is_given_nothing(place: Place) -> None:
    far, made = Far(rate_per_s=1), await far_message(place)
    far.lacks = "no account"
    async with working(place, far) as worker:
        await worker.rounds()
        assert await statuses(place.store, made) == [S.QUEUED, S.QUEUED]
        far.lacks = None
        await worker.until(lambda: settled(place, made))


@pytest.mark.parametrize(("ttl_ms", "life_ms", "said"), [(60_000, 60_000, "60 s"), (None, 86_400_000, "24 h")])
async def test_what_is_too_old_is_not_sent(place: Place, ttl_ms: int | None, life_ms: int, said: str) -> None:
    made = await far_message(place)
    place.run(sa.text("UPDATE message SET ttl_ms = :ttl").bindparams(ttl=ttl_ms))
    far = Far()
    async with working(place, far, Clock(NOW + life_ms + 1)) as worker:

        async def is_expired() -> bool:
            return (await place.store.message(made.id)).status is S.EXPIRED

        await worker.until(is_expired)
    assert far.asked == []
    assert said in ((await place.store.message(made.id)).reason or "")


# --- stopping -------------------------------------------------------------------------------------------------------


async def test_what_is_under_way_is_waited_for_when_the_hub_stops(place: Place) -> None:
    asked, gate = asyncio.Event(), asyncio.Event()

    async def slow(submission: Submission) -> Outcome:
        asked.set()
        await gate.wait()
        return await taken(submission)

    far, made = Far(slow, concurrency=1), [await far_message(place, at_ms=NOW - n) for n in (2, 1)]
    async with working(place, far) as worker:
        await asked.wait()
        draining = asyncio.create_task(worker.submit.drain(10))
        await asyncio.sleep(0)
        gate.set()
        await draining
    assert [(await place.store.message(one.id)).status for one in made] == [S.SUBMITTED, S.QUEUED]


async def test_a_submit_that_is_not_answered_in_time_is_ambiguous_after_the_restart(place: Place) -> None:
    asked = asyncio.Event()

    async def never(submission: Submission) -> Outcome:
        asked.set()
        await asyncio.Event().wait()
        raise AssertionError

    made = await far_message(place)
    async with working(place, Far(never)) as worker:
        await asked.wait()
        await worker.submit.drain(0.01)
    assert await place.store.recover(NOW, NOW + 600_000, "the hub stopped") == 1
    assert await statuses(place.store, made) == [S.SUBMITTED, S.SUBMITTED]


async def test_a_claim_under_way_when_the_hub_stops_is_not_lost(place: Place) -> None:
    far, made = Far(), await far_message(place)
    async with locked(place):
        worker = Worker(place, far, Clock())
        begun = worker.clock.asked
        await worker.until(lambda: _is(worker.clock.asked >= begun + 2))
        draining = asyncio.create_task(worker.submit.drain(10))
        await asyncio.sleep(0)
    await draining
    worker.task.cancel()
    await asyncio.wait([worker.task])
    await place.store.advance("after the claim", "")
    assert (await place.store.counts()).submitting == 0
    assert (await statuses(place.store, made))[0] is (S.SUBMITTED if far.asked else S.QUEUED)


async def _is(condition: bool) -> bool:
    return condition


# --- a database in trouble ------------------------------------------------------------------------------------------


async def was_observed(place: Place, what: str) -> bool:
    return what in [told for told, _ in place.observed]


async def test_an_answer_is_kept_until_it_can_be_stored(place: Place) -> None:
    made, far = await far_message(place), Far()
    place.run(sa.text("ALTER TABLE submit_attempt RENAME TO away"))
    async with working(place, far) as worker:
        await worker.until(lambda: was_observed(place, "settle.postponed"))
        place.run(sa.text("ALTER TABLE away RENAME TO submit_attempt"))
        await worker.until(lambda: settled(place, made))
    assert len(far.asked) == 1
    assert await told(place.store, made) == [S.QUEUED, S.SUBMITTED]


async def test_a_queue_that_cannot_be_read_is_looked_at_again(place: Place) -> None:
    made, far = await far_message(place), Far()
    place.run(sa.text("ALTER TABLE submission RENAME TO away"))
    async with working(place, far) as worker:
        await worker.until(lambda: was_observed(place, "submit.postponed"))
        place.run(sa.text("ALTER TABLE away RENAME TO submission"))
        await worker.until(lambda: settled(place, made))
    assert len(far.asked) == 1


async def test_a_full_queue_of_writes_stops_no_worker(place: Place) -> None:
    made, far = await far_message(place), Far()
    await place.close()
    await place.open(waiting=1)
    async with locked(place):
        filling = asyncio.create_task(place.store.append([receipt("flood", provider="far")], NOW))
        await asyncio.sleep(0)
        async with working(place, far) as worker:
            await worker.until(lambda: was_observed(place, "submit.postponed"))
            assert not worker.task.done()
    await filling
    async with working(place, far) as worker:
        await worker.until(lambda: settled(place, made))
    assert len(far.asked) == 1


async def test_an_answer_survives_a_full_queue_of_writes(place: Place) -> None:
    made = await far_message(place)
    await place.close()
    await place.open(waiting=1)
    asked, gate = asyncio.Event(), asyncio.Event()

    async def slow(submission: Submission) -> Outcome:
        asked.set()
        await gate.wait()
        return await taken(submission)

    async with working(place, Far(slow, concurrency=1)) as worker:
        await asked.wait()
        async with locked(place):
            filling = asyncio.create_task(place.store.append([receipt("flood", provider="far")], NOW))
            await asyncio.sleep(0)
            gate.set()
            await until(lambda: was_observed(place, "settle.postponed"))
        await filling
        await worker.until(lambda: settled(place, made))
    assert await statuses(place.store, made) == [S.SUBMITTED, S.SUBMITTED]


class LostAnswer:
    """The store, with a network that loses the answer of its first claim after the database has committed it."""

    def __init__(self, store: SqlStore) -> None:
        self._store = store
        self.lost = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    async def claim(self, provider: str, now_ms: int, limit: int) -> list[Submission]:
        claimed = await self._store.claim(provider, now_ms, limit)
        if claimed and not self.lost:
            self.lost += 1
            raise StorageUnavailable("the answer was lost")
        return claimed


async def test_a_claim_whose_answer_was_lost_is_sent_once(place: Place) -> None:
    made, far = await far_message(place), Far()
    lossy = LostAnswer(place.store)
    place.store = cast(SqlStore, lossy)
    async with working(place, far) as worker:
        await worker.until(lambda: settled(place, made))
    assert [asked.attempt for asked in far.asked] == [1]


async def test_a_refused_part_is_recorded_with_its_code(place: Place) -> None:
    made = await far_message(place)
    far = answering(Answered(parts=(PartAnswer(err_code="15", reason="Illegal sender"),)))
    async with working(place, far) as worker:
        await worker.until(lambda: settled(place, made))
    now = await place.store.message(made.id)
    assert (now.status, now.err_code, now.reason) == (S.REJECTED, "15", "Illegal sender")


@pytest.mark.parametrize(
    ("second", "outcome", "refusals"),
    [
        (PartAnswer(err_code="15", reason="Illegal sender"), "refused", {"15": 2}),
        (PartAnswer(provider_message_id="taken"), "partly-refused", {"15": 1}),
    ],
)
async def test_a_refusal_is_not_observed_as_a_success(
    place: Place, second: PartAnswer, outcome: str, refusals: dict[str, int]
) -> None:
    made = await far_message(place, 2)
    far = answering(Answered(parts=(PartAnswer(err_code="15", reason="Illegal sender"), second)))
    async with working(place, far) as worker:
        await worker.until(lambda: settled(place, made))
    (facts,) = [facts for what, facts in place.observed if what == "message.submitted"]
    assert (facts["outcome"], facts["refusals"]) == (outcome, refusals)
    (attempt,) = (await place.store.history(made.id)).attempts
    assert attempt.outcome == "answered"


async def test_an_answer_that_the_database_refuses_is_no_answer_and_stops_nobody(
    postgres_url: str, tmp_path: Path
) -> None:
    """PostgreSQL takes no NUL in a text; the provider's dialect should have refused it, but a dialect may be new."""
    place = Place(postgres_url, tmp_path)
    await place.open()
    try:
        odd, good = await far_message(place), await far_message(place)
        bad = Answered(parts=(PartAnswer(provider_message_id="nul\x00"),))
        far = answering(bad)
        async with working(place, far) as worker:
            await worker.until(lambda: settled(place, odd))
            await worker.until(lambda: settled(place, good))
        outcomes = sorted([(await place.store.history(made.id)).attempts[0].outcome for made in (odd, good)])
        assert outcomes == ["ambiguous", "answered"]
    finally:
        await place.close()
