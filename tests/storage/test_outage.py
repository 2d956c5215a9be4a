"""A real PostgreSQL that is killed under a hub, and comes back."""

import asyncio
from pathlib import Path

import pytest

from receipted.domain.errors import StorageUnavailable
from receipted.domain.status import Status
from tests.contracts.store_samples import NOW, Place, provider_id, receipt, sent
from tests.postgres import running


async def test_what_was_answered_survives_a_killed_server_and_work_goes_on(tmp_path: Path) -> None:
    with running() as server:
        place = Place(server.create(), tmp_path)
        store = await place.open()
        ids = [provider_id() for _ in range(20)]
        made = [await sent(store, one) for one in ids]
        await store.append([receipt(one) for one in ids[:10]], NOW)
        server.crash()
        async with asyncio.timeout(10):
            with pytest.raises(StorageUnavailable):
                await store.append([receipt(ids[10])], NOW)
            with pytest.raises(StorageUnavailable):
                await store.message(made[0].id)
            (finding,) = await store.check()
        assert not finding.ok
        assert finding.cure
        server.start()
        async with asyncio.timeout(30):
            while not await taken(place, ids[10]):
                await place.events.wait(0.05)
        found = [(await store.message(one.id)).status for one in made]
        assert found == [Status.DELIVERED] * 11 + [Status.SUBMITTED] * 9
        await place.close()


async def taken(place: Place, one: str) -> bool:
    try:
        await place.store.append([receipt(one)], NOW)
    except StorageUnavailable:
        return False
    return True
