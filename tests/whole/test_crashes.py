"""Kill -9 in the middle of load, the hub or its database: nothing answered is lost, nothing is there or sent twice."""

import asyncio
import random
import time
from contextlib import suppress

import aiohttp
import psycopg
import pytest

from tests.postgres import running
from tests.whole.conftest import MakeHub
from tests.whole.far_vonage import FarVonage
from tests.whole.hubs import Client, HubProcess, until
from tests.whole.load import Load

ROUNDS = 20
ROUNDS_ON_POSTGRESQL = 5
SEED = 20_170_629
SETTINGS = {
    "EXPIRY__AMBIGUOUS_S": "1",
    "EXPIRY__EVERY_S": "0.1",
    "PROVIDERS__VONAGE__TIMEOUT_S": "5",
    "LOG__LEVEL": "warning",
}
RECEIPTS = """SELECT provider_message_id, digest FROM receipt UNION ALL
    SELECT provider_message_id, digest FROM unmatched"""
MESSAGES = "SELECT id, status FROM message"
KEYS = "SELECT key, message_id FROM idempotency"


class Rows:
    """Reads a hub's database from outside, whichever it is."""

    def __init__(self, hub: HubProcess, database: str = "") -> None:
        self._hub = hub
        self._database = database

    def __call__(self, query: str) -> list[tuple[str, ...]]:
        if not self._database:
            return self._hub.rows(query)
        with psycopg.connect(self._database) as connection:
            return connection.execute(query.encode()).fetchall()


def check_receipts(load: Load, rows: Rows) -> None:
    """Every receipt that got a 200 is in the database; none is there twice."""
    stored = [(row[0], row[1]) for row in rows(RECEIPTS)]
    answered = {(one.provider_message_id, one.digest) for one in load.receipts().values()}
    assert answered <= set(stored)
    assert len(stored) == len(set(stored))


def check_messages(load: Load, far: FarVonage, rows: Rows) -> None:
    """Every 201 is there under its key; nothing was submitted twice."""
    keys = {row[0]: row[1] for row in rows(KEYS)}
    assert {key: keys.get(key) for key in load.accepted} == load.accepted
    assert [client_ref for client_ref, times in far.taken.items() if times > 1] == []


async def check_statuses(load: Load, far: FarVonage, rows: Rows) -> None:
    """Each message is what its receipts say; without any it was submitted once and waits, or is unknown."""

    def wrong() -> list[tuple[str, ...]]:
        believed = load.believed()
        found: list[tuple[str, ...]] = []
        for message_id, status in rows(MESSAGES):
            if message_id in believed:
                right = status == believed[message_id]
            else:
                right = status == "unknown" or (status == "submitted" and far.taken[message_id] == 1)
            found += [] if right else [(message_id, status, str(believed.get(message_id)))]
        return found

    with suppress(TimeoutError):
        await until(lambda: not load.under_way and not wrong(), 20)
    assert wrong() == []
    assert [one for one, status in rows(MESSAGES) if not far.taken[one] and status != "unknown"] == []
    assert set(load.accepted.values()) == {row[0] for row in rows(MESSAGES)}


@pytest.mark.timeout(200)
async def test_kill_9_of_the_hub_under_load(make_hub: MakeHub, far: FarVonage) -> None:
    hub = make_hub({**far.settings(), **SETTINGS})
    await survives(hub, far, Rows(hub), ROUNDS)


@pytest.mark.timeout(200)
async def test_kill_9_of_the_hub_on_postgresql(make_hub: MakeHub, far: FarVonage, postgres_url: str) -> None:
    hub = make_hub({**far.settings(), **SETTINGS, "DATABASE": postgres_url})
    await survives(hub, far, Rows(hub, postgres_url), ROUNDS_ON_POSTGRESQL)


async def survives(hub: HubProcess, far: FarVonage, rows: Rows, rounds: int) -> None:
    """Kill a hub at seeded moments in the middle of load, start it again, and look at all that was ever answered."""
    chance = random.Random(SEED)
    await hub.start()
    moments: list[float] = []
    async with Load(hub, far, SEED) as load:
        for number in range(rounds):
            answers = load.statuses[200] + load.statuses[201]
            await until(lambda a=answers: load.statuses[200] + load.statuses[201] > a, what="load")  # type: ignore[misc]
            moments.append(chance.uniform(0.05, 0.6))
            await asyncio.sleep(moments[-1])
            hub.kill()
            await hub.start()
            print(f"round {number}: killed after {moments[-1]:.3f} s, back in {hub.started_in_s:.2f} s; {load}")
            check_receipts(load, rows)
            check_messages(load, far, rows)
        await load.finish()
        check_receipts(load, rows)
        check_messages(load, far, rows)
        await check_statuses(load, far, rows)
    assert {row[1] for row in rows(RECEIPTS)} == set(load.receipts())
    assert await hub.stop() == 0
    print(f"at the end: {load}")


@pytest.mark.timeout(200)
async def test_kill_9_of_the_database_under_load(make_hub: MakeHub, far: FarVonage) -> None:
    """503 while PostgreSQL is away, at once, no pile of waiting requests; afterwards on, without a restart."""
    chance = random.Random(SEED)
    with running() as server:
        url = server.create()
        hub = make_hub({**far.settings(), **SETTINGS, "DATABASE": url, "LOG__LEVEL": "error"})
        rows = Rows(hub, url)
        await hub.start()
        pid = hub.pid
        async with Load(hub, far, SEED) as load:
            for number in range(5):
                answers = load.statuses[200] + load.statuses[201]
                await until(lambda a=answers: load.statuses[200] + load.statuses[201] > a, 20, "load")  # type: ignore[misc]
                await asyncio.sleep(chance.uniform(0.05, 0.6))
                load.slowest_s = far.slowest_s = 0.0
                await asyncio.to_thread(server.crash)
                away = load.statuses[503]
                await until(lambda a=away: load.statuses[503] > a + 200, 20, "answers 503")  # type: ignore[misc]
                assert await ready(hub) == (200, 503)
                slowest_s = max(load.slowest_s, far.slowest_s)
                begun = time.monotonic()
                await asyncio.to_thread(server.start)
                await until(lambda: is_ready(hub), 20, "the hub to find its database again")
                back_s = time.monotonic() - begun
                print(f"round {number}: slowest answer {slowest_s:.2f} s, found again in {back_s:.2f} s; {load}")
                assert slowest_s < 5
                check_receipts(load, rows)
                check_messages(load, far, rows)
            await load.finish()
            check_receipts(load, rows)
            check_messages(load, far, rows)
            await check_statuses(load, far, rows)
        assert hub.alive
        assert hub.pid == pid
        assert load.statuses[0] == 0
        assert await hub.stop() == 0


async def ready(hub: HubProcess) -> tuple[int, int]:
    """What ``/healthz`` and ``/readyz`` answer."""
    async with Client(hub) as client:
        return (await client.call("GET", "/healthz"))[0], (await client.call("GET", "/readyz"))[0]


async def is_ready(hub: HubProcess) -> bool:
    try:
        return await ready(hub) == (200, 200)
    except aiohttp.ClientError:
        return False
