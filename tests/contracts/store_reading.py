"""What every store answers: messages, events, unmatched and refused requests, its own health."""

import asyncio

import pytest
import sqlalchemy as sa

from receipted.domain.errors import NotFound
from receipted.domain.status import Status
from receipted.hub.ports import Filter, RejectedRequest
from receipted.storage import schema
from tests.contracts.store_samples import NOW, Place, accepted, provider_id, receipt, sent, told

S = Status


def refused(number: int, **more: object) -> RejectedRequest:
    said: dict[str, object] = {
        "at_ms": NOW + number,
        "door": "vonage",
        "status": 400,
        "problem": f"status: is missing {number}",
        "explanation": "",
        "method": "POST",
        "content_type": "application/json",
        "source": "127.0.0.1",
        "query": b"",
        "body": b"{}",
        **more,
    }
    return RejectedRequest(**said)  # type: ignore[arg-type]


FILTERS: tuple[tuple[Filter, list[int]], ...] = (
    # what is asked, which of five messages it finds
    (Filter(), [4, 3, 2, 1, 0]),
    (Filter(limit=2), [4, 3]),
    (Filter(recipient="447700900001"), [1]),
    (Filter(sender="Bee"), [2]),
    (Filter(provider="other"), [3]),
    (Filter(client_ref="order-4"), [4]),
    (Filter(provider_message_id="filter-0"), [0]),
    (Filter(status=S.SUBMITTED), [3, 2, 1]),
    (Filter(status=S.DELIVERED), [4, 0]),
    (Filter(status=S.FAILED), []),
    (Filter(since_ms=NOW + 2_000), [4, 3, 2]),
    (Filter(until_ms=NOW + 2_000), [1, 0]),
    (Filter(since_ms=NOW + 1_000, until_ms=NOW + 3_000), [2, 1]),
    (Filter(since_ms=-1, until_ms=1 << 60), [4, 3, 2, 1, 0]),
    (Filter(recipient="447700900000", status=S.DELIVERED, provider="vonage"), [4, 0]),
    (Filter(recipient="447700900001", sender="Bee"), []),
    (Filter(client_ref="' OR 1=1 --"), []),
)


class ReadingContract:
    """Questions, and what they are answered."""

    async def test_an_unknown_message_is_not_found(self, place: Place) -> None:
        for question in (place.store.message, place.store.history):
            with pytest.raises(NotFound):
                await question("01900000-0000-7000-8000-000000000000")

    async def test_messages_are_found_by_what_all_filters_say(self, place: Place) -> None:
        store = place.store
        more: list[dict[str, object]] = [
            {},
            {"recipient": "447700900001"},
            {"sender": "Bee"},
            {"provider": "other"},
            {"client_ref": "order-4"},
        ]
        made = [await self._at(place, n, f"filter-{n}", **facts) for n, facts in enumerate(more)]
        await store.append([receipt("filter-0"), receipt("filter-4")], NOW)
        for which, found in FILTERS:
            assert [made.index(one.id) for one in await store.messages(which)] == found, which

    async def _at(self, place: Place, second: int, one: str, **facts: object) -> str:
        at_ms = NOW - 10_000 + second
        made = await sent(place.store, one, at_ms=at_ms, **facts)
        moved = f"{NOW + second * 1_000:012x}"
        new_id = f"{moved[:8]}-{moved[8:]}{made.id[13:]}"
        for table, column in ((schema.message, "id"), (schema.part, "message_id"), (schema.event, "message_id")):
            place.run(table.update().where(table.c[column] == made.id).values({column: new_id}))
        return new_id

    async def test_paging_by_cursor_meets_each_message_once(self, place: Place) -> None:
        store = place.store
        made = [(await accepted(store)).id for _ in range(25)]
        seen: list[str] = []
        before = None
        while page := await store.messages(Filter(before=before, limit=7)):
            seen += [one.id for one in page]
            before = seen[-1]
            await accepted(store)
        assert seen == made[::-1]

    # --- events -------------------------------------------------------------------------------------------------------

    async def test_the_feed_is_complete_and_in_order(self, place: Place) -> None:
        store = place.store
        assert (await store.events(None, 10), await store.last_event()) == ([], None)
        ids = [provider_id() for _ in range(30)]
        made = [await sent(store, one, client_ref=f"ref {one}") for one in ids]
        await asyncio.gather(
            *(
                store.append([receipt(one, status)], NOW)
                for one in ids
                for status in (S.FAILED, S.BUFFERED, S.DELIVERED)
            )
        )
        whole = await store.events(None, 10_000)
        paged = []
        cursor = None
        while page := await store.events(cursor, 7):
            paged += page
            cursor = page[-1].id
        assert paged == whole
        assert [event.id for event in whole] == sorted({event.id for event in whole})
        assert await store.last_event() == whole[-1].id
        for one in made:
            mine = [event for event in whole if event.message_id == one.id]
            assert mine == list((await store.history(one.id)).events)
            assert [event.status for event in mine] == await told(store, one)
            assert {(event.recipient, event.sender, event.client_ref) for event in mine} == {
                (one.recipient, one.sender, one.client_ref)
            }

    async def test_the_feed_goes_on_upwards_when_the_clock_is_turned_back(self, place: Place) -> None:
        first = await accepted(place.store)
        ahead = "f0000000-0000-7000-8000-000000000000"
        event = schema.event
        place.run(event.update().where(event.c.message_id == first.id).values(id=ahead))
        await place.close()
        store = await place.open()
        one = provider_id()
        second = await sent(store, one)
        await store.append([receipt(one)], NOW)
        later = await store.events(ahead, 10)
        assert [event.status for event in later] == [S.QUEUED, S.SUBMITTED, S.DELIVERED]
        assert {event.message_id for event in later} == {second.id}

    async def test_whoever_follows_the_feed_is_woken(self, place: Place) -> None:
        one = provider_id()
        await sent(place.store, one)
        await place.events.wait(5)
        waiting = asyncio.create_task(place.events.wait(30))
        await asyncio.sleep(0)
        await place.store.append([receipt(one)], NOW)
        await asyncio.wait_for(waiting, 5)

    async def test_each_listener_has_its_own_place(self, place: Place) -> None:
        store = place.store
        assert await store.cursor("a") is None
        await store.advance("a", "")
        await store.advance("b", "2")
        await asyncio.gather(*(store.advance("a", f"{n:02}") for n in range(10)))
        assert (await store.cursor("a"), await store.cursor("b")) == ("09", "2")

    # --- beside the loop ----------------------------------------------------------------------------------------------

    async def test_unmatched_receipts_are_listed_newest_first(self, place: Place) -> None:
        store, ids = place.store, [provider_id() for _ in range(5)]
        for n, one in enumerate(ids):
            await store.append([receipt(one, raw=one.encode())], NOW + n)
        newest = await store.unmatched(2)
        assert [stored.receipt.provider_message_id for stored in newest] == [ids[4], ids[3]]
        older = await store.unmatched(10, newest[-1].received_ms)
        assert [stored.receipt.raw for stored in older] == [one.encode() for one in ids[2::-1]]

    async def test_the_log_of_refused_requests_is_bounded(self, place: Place) -> None:
        store = place.store
        for n in range(3):
            await store.reject(refused(n))
        assert [one.at_ms for one in await store.rejected(10)] == [NOW + 2, NOW + 1, NOW]
        await asyncio.gather(*(store.reject(refused(n)) for n in range(3, 40)))
        assert len(await store.rejected(100)) == 5
        assert len(await store.rejected(2)) == 2
        await store.reject(refused(99))
        assert (await store.rejected(1))[0] == refused(99)

    async def test_a_refused_request_may_hold_anything(self, place: Place) -> None:
        body = bytes(range(256)) * 1_000
        await place.store.reject(
            refused(1, body=body, query=b"\xff\x00", problem="\x00\ud800" + "x" * 99_999, content_type="\x00")
        )
        (kept,) = await place.store.rejected(10)
        assert body.startswith(kept.body)
        assert kept.query == b"\xff\x00"
        assert "\x00" not in kept.problem
        assert len(kept.problem) + len(kept.body) < 20_000

    async def test_a_log_of_no_length_keeps_nothing(self, place: Place) -> None:
        await place.store.reject(refused(1))
        await place.close()
        store = await place.open(rejected_kept=0)
        await store.reject(refused(2))
        assert await store.rejected(10) == []

    async def test_a_healthy_store_says_so(self, place: Place) -> None:
        (finding,) = await place.store.check()
        assert (finding.what, finding.ok, finding.cure) == ("database", True, "")

    async def test_all_is_there_after_a_restart(self, place: Place) -> None:
        one = provider_id()
        made = await sent(place.store, one)
        await place.store.append([receipt(one), receipt(provider_id())], NOW)
        before = await place.store.history(made.id), await place.store.unmatched(10), await place.store.counts()
        await place.close()
        store = await place.open()
        assert (await store.history(made.id), await store.unmatched(10), await store.counts()) == before

    async def test_closing_again_is_harmless(self, place: Place) -> None:
        await place.close()
        await place.close()

    async def test_nothing_is_compared_by_the_rules_of_a_language(self, place: Place) -> None:
        """``status_key`` sorts as bytes: upper case before lower, whatever the database's locale."""
        engine = place.raw()
        with engine.connect() as connection:
            keys = sa.select(sa.literal("a", schema.Bytewise) > sa.literal("B", schema.Bytewise))
            assert connection.execute(keys).scalar()
        engine.dispose()
