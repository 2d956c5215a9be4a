"""Silence becomes unknown (promise 4), and what was missed is found again."""

import asyncio

import sqlalchemy as sa

from receipted.domain.status import Status
from receipted.hub.expire import Expire
from receipted.hub.wake import LocalWake
from receipted.storage import rows, schema
from tests.contracts.store_samples import DUE, NOW, Place, provider_id, receipt, sent, statuses, told
from tests.hub.stage import Clock, locked, until

S = Status


def expiring(place: Place, clock: Clock, stop: LocalWake | None = None) -> Expire:
    return Expire(store=place.store, clock=clock, observe=place.observe, stop=stop or LocalWake(), every_s=60)


async def test_overdue_messages_become_unknown_and_are_corrected(place: Place) -> None:
    ids = [provider_id() for _ in range(3)]
    made = [await sent(place.store, one) for one in ids]
    await place.store.append([receipt(ids[0])], NOW)
    clock = Clock(DUE - 1)
    assert await expiring(place, clock).once() == 0
    clock.now_ms = DUE
    assert await expiring(place, clock).once() == 2
    assert [(await statuses(place.store, one))[0] for one in made] == [S.DELIVERED, S.UNKNOWN, S.UNKNOWN]
    await place.store.append([receipt(ids[1])], DUE + 1)
    assert await told(place.store, made[1]) == [S.QUEUED, S.SUBMITTED, S.UNKNOWN, S.DELIVERED]
    assert ("messages.expired", {"count": 2}) in place.observed


async def test_a_match_that_was_missed_is_made(place: Place) -> None:
    one = provider_id()
    await sent(place.store, one)
    columns = dict(zip(rows.RECEIPT_COLUMNS, rows.of_receipt(receipt(one), NOW), strict=True))
    place.run(schema.unmatched.insert().values(columns))
    await expiring(place, Clock(NOW)).once()
    assert await place.store.unmatched(10) == []
    assert ("receipts.rematched", {"count": 1}) in place.observed


async def observed(place: Place, what: str) -> bool:
    return what in [told for told, _ in place.observed]


async def test_trouble_is_waited_out(place: Place) -> None:
    made = await sent(place.store, provider_id())
    stop = LocalWake()
    place.run(sa.text("ALTER TABLE part RENAME TO away"))
    task = asyncio.create_task(expiring(place, Clock(DUE), stop).run())
    await until(lambda: observed(place, "expire.postponed"))
    place.run(sa.text("ALTER TABLE away RENAME TO part"))
    await until(lambda: observed(place, "messages.expired"), stop)
    assert await statuses(place.store, made) == [S.UNKNOWN, S.UNKNOWN]
    task.cancel()
    await asyncio.wait([task])


async def test_too_many_waiting_writes_are_waited_out(place: Place) -> None:
    await sent(place.store, provider_id())
    await place.close()
    await place.open(waiting=1)
    stop = LocalWake()
    async with locked(place):
        waiting = asyncio.create_task(place.store.append([receipt(provider_id())], NOW))
        await asyncio.sleep(0)
        task = asyncio.create_task(expiring(place, Clock(DUE), stop).run())
        await until(lambda: observed(place, "expire.postponed"))
    await waiting
    await until(lambda: observed(place, "messages.expired"), stop)
    task.cancel()
    await asyncio.wait([task])
