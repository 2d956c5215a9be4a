"""Telling listeners: at least once, in order, from where they stopped (promise 7)."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import sqlalchemy as sa

from receipted.domain.event import Event
from receipted.domain.status import Status
from receipted.hub.listen import BATCH, Listen, Listener
from tests.contracts.store_samples import NOW, Place, accepted, provider_id, receipt, sent
from tests.hub.stage import until

S = Status


class Ear:
    """Hears events; raises as often as it is told to."""

    def __init__(self, failures: int = 0) -> None:
        self.heard: list[Event] = []
        self.failures = failures

    async def __call__(self, event: Event) -> None:
        self.heard.append(event)
        if self.failures:
            self.failures -= 1
            raise RuntimeError("the listener's own mistake")


@asynccontextmanager
async def telling(place: Place, listener: Listener, name: str = "ear") -> AsyncIterator[None]:
    notify = Listen(store=place.store, name=name, listener=listener, wake=place.events, observe=place.observe)
    await notify.begin()
    task = asyncio.create_task(notify.run())
    yield
    task.cancel()
    await asyncio.wait([task])


async def hears(ear: Ear, count: int) -> None:
    async def enough() -> bool:
        return len(ear.heard) >= count

    await until(enough)


async def test_a_listener_hears_every_change_once_and_in_order(place: Place) -> None:
    ear, ids = Ear(), [provider_id() for _ in range(BATCH // 2 + 1)]
    async with telling(place, ear):
        for one in ids:
            await sent(place.store, one)
        await place.store.append([receipt(one) for one in ids], NOW)
        await hears(ear, 3 * len(ids))
    assert ear.heard == await place.store.events(None, 1_000)


async def test_a_new_listener_hears_of_what_happens_from_now_on(place: Place) -> None:
    await accepted(place.store)
    ear = Ear()
    async with telling(place, ear):
        later = await accepted(place.store)
        await hears(ear, 1)
    assert [event.message_id for event in ear.heard] == [later.id]


async def test_a_listener_goes_on_where_it_was(place: Place) -> None:
    ear = Ear()
    async with telling(place, ear):
        await accepted(place.store)
        await hears(ear, 1)
    missed = [await accepted(place.store) for _ in range(3)]
    await place.close()
    await place.open()
    again = Ear()
    async with telling(place, again):
        await hears(again, 3)
    assert [event.message_id for event in again.heard][-3:] == [one.id for one in missed]


async def test_a_listener_that_fails_is_told_the_same_again_before_anything_later(place: Place) -> None:
    ear = Ear(failures=1)
    async with telling(place, ear):
        made = [await accepted(place.store) for _ in range(2)]
        await hears(ear, 3)
    assert [event.message_id for event in ear.heard] == [made[0].id, made[0].id, made[1].id]
    assert [what for what, _ in place.observed].count("listener.failed") == 1


async def test_a_failing_listener_holds_up_nobody_else(place: Place) -> None:
    bad, good = Ear(failures=1_000), Ear()
    async with telling(place, bad, "bad"), telling(place, good, "good"):
        made = [await accepted(place.store) for _ in range(5)]
        await hears(good, 5)
    assert [event.message_id for event in good.heard] == [one.id for one in made]
    assert {event.message_id for event in bad.heard} == {made[0].id}


async def test_a_database_in_trouble_is_waited_out(place: Place) -> None:
    ear = Ear()
    async with telling(place, ear):
        place.run(sa.text("ALTER TABLE event RENAME TO away"))

        async def postponed() -> bool:
            return "notify.postponed" in [what for what, _ in place.observed]

        await until(postponed)
        place.run(sa.text("ALTER TABLE away RENAME TO event"))
        made = await accepted(place.store)
        await hears(ear, 1)
    assert ear.heard[0].message_id == made.id
