"""More than may wait for the database: the surplus is told to come again, and the hub's own work goes on."""

import asyncio
import time

from tests.whole.conftest import MakeHub
from tests.whole.far_vonage import FarVonage, receipt
from tests.whole.hubs import Client, until

SENDERS, REPORTERS = 20, 300
FOR_S = 1.5


async def test_the_surplus_is_refused_and_the_rest_is_done(make_hub: MakeHub, far: FarVonage) -> None:
    hub = make_hub({**far.settings(), "LIMITS__WAITING": "64", "EXPIRY__EVERY_S": "0.01", "LOG__LEVEL": "error"})
    await hub.start()
    accepted: list[str] = []
    met: set[int] = set()
    end_s = time.monotonic() + FOR_S

    async def send(client: Client) -> None:
        while time.monotonic() < end_s:
            wanted = {"to": "447700900000", "from": "AcmeInc", "text": "Hello"}
            status, message = await client.call("POST", "/v1/messages", wanted)
            met.add(status)
            accepted.extend([message["id"]] if status == 201 else [])

    async def report(number: int) -> None:
        while time.monotonic() < end_s:
            met.add(await far.push(f"{hub.url}/webhooks/vonage", receipt(f"UNKNOWN{number}")))

    async with Client(hub) as client:
        senders = [send(client) for _ in range(SENDERS)]
        await asyncio.gather(*senders, *(report(number) for number in range(REPORTERS)))
        assert met == {200, 201, 503}
        later = await client.send()
        accepted.append(later["id"])
        await until(lambda: set(far.taken) == set(accepted), 20, "every accepted message to be submitted")
        assert set(far.taken.values()) == {1}
        submitted = "SELECT count(*) FROM message WHERE status = 'submitted'"
        await until(lambda: hub.rows(submitted) == [(len(accepted),)], 20, "what became of every one to be stored")
    assert await hub.stop() == 0
