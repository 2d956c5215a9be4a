"""Load on a whole hub, and a recorder that knows every answer: what applications were told and what Vonage saw.

Nothing is given up: an application repeats its request with the same Idempotency-Key, and Vonage its receipt, until
each has got its answer. So at the end every message was taken by the hub and every receipt got a 200, through any
number of crashes, and what the database must hold is known exactly.
"""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from itertools import count

import aiohttp
from aiohttp import web

from receipted.dialects.vonage.receipt import read
from receipted.domain.receipt import Receipt
from receipted.domain.status import Status, of_message
from tests.whole.far_vonage import Asked, FarVonage, hang_up, receipt, said, throttle
from tests.whole.hubs import Client, HubProcess

SENDERS = 6
STRANGERS = 12
FINAL = ("delivered", "delivered", "delivered", "failed", "rejected", "expired")


class Load:
    """Applications that send and a Vonage that reports, all at once, around one hub that may be away at any moment."""

    def __init__(self, hub: HubProcess, far: FarVonage, seed: int) -> None:
        self.accepted: dict[str, str] = {}
        """Message id by Idempotency-Key, for each 201."""
        self.stored: list[Asked] = []
        """Receipts that got a 200."""
        self.statuses: Counter[int] = Counter()
        """Every status that anybody got; 0 for a broken connection."""
        self.slowest_s = 0.0
        self._hub = hub
        self._far = far
        self._random = random.Random(seed)
        self._numbers = count()
        self._tasks: set[asyncio.Task[None]] = set()
        self._over = False
        far.answer = self._answer

    async def __aenter__(self) -> "Load":
        self._client = await Client(self._hub).__aenter__()
        for _ in range(SENDERS):
            self._begin(self._application())
        for _ in range(STRANGERS):
            self._begin(self._stranger())
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._client.__aexit__()

    async def finish(self) -> None:
        """Begin nothing new, and wait until everything begun has got its answer."""
        self._over = True
        while self._tasks:
            await asyncio.gather(*self._tasks)

    def __str__(self) -> str:
        answers = ", ".join(f"{status}: {times}" for status, times in sorted(self.statuses.items()))
        return f"{len(self.accepted)} messages, {len(self.stored)} receipts, answers {{{answers}}}"

    @property
    def under_way(self) -> int:
        """How many requests wait for their answer or to be repeated."""
        return len(self._tasks)

    @contextmanager
    def _timed(self) -> Iterator[None]:
        begun = time.monotonic()
        try:
            yield
        finally:
            self.slowest_s = max(self.slowest_s, time.monotonic() - begun)

    def _begin(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _application(self) -> None:
        """Sends one SMS after the other, each until it is taken."""
        while not self._over:
            key = f"key-{next(self._numbers)}"
            long = " and so on" * 20 if self._random.random() < 0.2 else ""
            while key not in self.accepted:
                try:
                    with self._timed():
                        status, message = await self._client.call(
                            "POST",
                            "/v1/messages",
                            {"to": "447700900000", "from": "AcmeInc", "text": key + long},
                            {"Idempotency-Key": key},
                        )
                except (aiohttp.ClientError, OSError, ValueError):
                    status = 0
                self.statuses[status] += 1
                if status == 201:
                    self.accepted[key] = message["id"]
                else:
                    assert status in (0, 503), message
                    await asyncio.sleep(0.02)

    async def _stranger(self) -> None:
        """Receipts for messages that nobody knows, some of them twice and some at both doors."""
        while not self._over:
            fields = receipt(f"UNKNOWN{next(self._numbers):09d}", self._random.choice(FINAL))
            await self._report(fields, self._random.choice(("json", "form", "get")))
            if self._random.random() < 0.2:
                await self._report(fields, "json")

    async def _report(self, fields: Asked, how: str = "json") -> None:
        """One receipt, until it is taken."""
        met = await self._far.push_until_taken(lambda: f"{self._hub.url}/webhooks/vonage", fields, how)
        self.statuses.update(met)
        assert set(met) <= {0, 200, 503}, met
        self.stored.append(fields)

    async def _answer(self, far: FarVonage, asked: Asked, request: web.Request) -> web.StreamResponse:
        """What this Vonage does with a submit: mostly takes it; now and then it throttles, hangs up or is slow."""
        chance = self._random.random()
        if chance < 0.05:
            return await throttle(far, asked, request)
        if chance < 0.10:
            await hang_up(far, asked, request)
            self._begin(self._lives(asked))
            return web.Response()
        message_id = far.take(asked)
        if chance < 0.90:
            self._begin(self._lives(asked))
            await asyncio.sleep(self._random.random() * 0.05)
        return said(asked, *_ids(message_id, asked["text"]))

    async def _lives(self, asked: Asked) -> None:
        """The receipts of one message, of all its parts at once."""
        client_ref = asked["client-ref"]
        ids = _ids(self._far.ids[client_ref], asked["text"])
        await asyncio.gather(*(self._life(message_id, client_ref) for message_id in ids))

    async def _life(self, message_id: str, client_ref: str) -> None:
        """The receipts of one part: some states on the way, at last a final one; shuffled, some of them twice."""
        said_of_it = [*("accepted", "buffered")[: self._random.randrange(3)], self._random.choice(FINAL)]
        said_of_it += said_of_it[: self._random.randrange(2)]
        self._random.shuffle(said_of_it)
        for status in said_of_it:
            await self._report(receipt(message_id, status, client_ref=client_ref))

    # --- what must be true --------------------------------------------------------------------------------------------

    def receipts(self) -> dict[str, Receipt]:
        """Each statement that got a 200, once, by its digest."""
        read_ones = [read(fields, provider="vonage") for fields in self.stored]
        return {one.digest: one for one in read_ones}

    def believed(self) -> dict[str, Status]:
        """The status of each message that has receipts: the gravest of its parts' strongest ones."""
        strongest: dict[tuple[str, str], Receipt] = {}
        for one in self.receipts().values():
            key = (one.client_ref or "", one.provider_message_id)
            if one.client_ref and (key not in strongest or one.order_key > strongest[key].order_key):
                strongest[key] = one
        parts: dict[str, list[Status]] = {}
        for (client_ref, _), one in strongest.items():
            parts.setdefault(client_ref, []).append(one.status)
        return {client_ref: of_message(statuses) for client_ref, statuses in parts.items()}


def _ids(message_id: str, text: str) -> list[str]:
    """The ids of a message's parts: a long text has two."""
    return [message_id, f"{message_id}P2"] if len(text) > 160 else [message_id]
