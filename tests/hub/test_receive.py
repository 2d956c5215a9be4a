"""Taking receipts in: durable when it returns, told in one line a second."""

import asyncio

import pytest

from receipted.domain.errors import Overloaded
from receipted.domain.status import Status
from receipted.hub.receive import Receive
from tests.contracts.store_samples import NOW, Place, provider_id, receipt, sent, statuses, unmatched_ids
from tests.hub.stage import Clock, locked


async def test_what_was_received_is_stored_with_the_time(place: Place) -> None:
    one = provider_id()
    made = await sent(place.store, one)
    receive = Receive(store=place.store, clock=Clock(NOW + 7), observe=place.observe)
    await receive([receipt(one)])
    await place.close()
    store = await place.open()
    assert await statuses(store, made) == [Status.DELIVERED, Status.DELIVERED]
    (stored,) = (await store.history(made.id)).receipts
    assert stored.received_ms == NOW + 7


async def test_what_was_received_is_told_together(place: Place) -> None:
    receive = Receive(store=place.store, clock=Clock(), observe=place.observe)
    ids = [provider_id() for _ in range(3)]
    for one in ids:
        await receive([receipt(one), receipt(one, Status.ACCEPTED)])
    await receive([receipt(ids[0], provider="other")])
    receive.tell()
    receive.tell()
    told = [facts for what, facts in place.observed if what == "receipts.stored"]
    assert told == [
        {"provider": "other", "count": 1, "statuses": {"delivered": 1}},
        {"provider": "vonage", "count": 6, "statuses": {"delivered": 3, "accepted": 3}},
    ]


async def test_too_much_waiting_is_said_and_nothing_is_counted(place: Place) -> None:
    await place.close()
    await place.open(waiting=1)
    receive = Receive(store=place.store, clock=Clock(), observe=place.observe)
    first, second = provider_id(), provider_id()
    async with locked(place):
        waiting = asyncio.create_task(receive([receipt(first)]))
        await asyncio.sleep(0)
        with pytest.raises(Overloaded):
            await receive([receipt(second)])
    await waiting
    receive.tell()
    assert [facts["count"] for what, facts in place.observed if what == "receipts.stored"] == [1]
    assert await unmatched_ids(place.store) == {first}
