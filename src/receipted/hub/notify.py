"""Tell applications by webhook what became of their messages: at least once, from a table (promise 7).

Each account and each endpoint has a lane of its own: so many requests at once, and a breaker for each address. So one
that is dead holds up nobody else, and waits in the table until it is back.
"""

import asyncio
import random
from collections import deque
from collections.abc import Callable
from functools import partial
from urllib.parse import urlsplit
from uuid import uuid4

from receipted.domain.errors import Overloaded, StorageUnavailable
from receipted.hub.accounts import Accounts
from receipted.hub.breaker import Breaker
from receipted.hub.endpoints import Endpoints
from receipted.hub.forward import Call, event_call, receipt_call
from receipted.hub.ladder import Ladder, retry_after_ms
from receipted.hub.outbox import ENDPOINT, Due, Outbox, Outcome, Told
from receipted.hub.ports import Clock, Http, HttpAnswer, HttpFailure, Observe, Wake

POLL_S = 0.5
FETCH = 256
"""Deliveries that a lane takes out of the table at once."""
CONNECT_TIMEOUT_S = 3.0
"""As Vonage (reference vonage-sms 2.6)."""
SAID_CHARACTERS = 200

ErrCode = Callable[[Due], str]
"""The err-code that a receipt is written with."""


class Lane:
    """What is being told to one target."""

    def __init__(self) -> None:
        self.ready: deque[Due] = deque()
        self.held: set[tuple[str, int, str]] = set()
        self.ended: set[tuple[str, int, str]] = set()
        """What has ended since the table was last asked: its answer may be from before."""
        self.under_way: set[asyncio.Task[None]] = set()
        self.parts: set[tuple[str, int]] = set()
        """Parts of which something is being told: one thing after the other."""
        self.breakers: dict[str, Breaker] = {}

    def next(self) -> Due | None:
        """The next that can be told now; what is of a part that is being told goes behind."""
        for _ in range(len(self.ready)):
            due = self.ready.popleft()
            if _part(due) not in self.parts:
                return due
            self.ready.append(due)
        return None

    def breaker(self, url: str) -> Breaker:
        """The breaker of an address: scheme, host and port."""
        parts = urlsplit(url)
        return self.breakers.setdefault(f"{parts.scheme}://{parts.netloc}", Breaker())


class Notify:
    """The worker that tells. ``run`` until cancelled, then ``drain``."""

    def __init__(
        self,
        *,
        outbox: Outbox,
        accounts: Accounts,
        endpoints: Endpoints,
        http: Http,
        err_code: ErrCode,
        receipts: Ladder,
        events: Ladder,
        at_once: int,
        timeout_s: float,
        clock: Clock,
        observe: Observe,
        wake: Wake,
    ) -> None:
        self._outbox = outbox
        self._accounts = accounts
        self._endpoints = endpoints
        self._http = http
        self._err_code = err_code
        self._receipts = receipts
        self._events = events
        self._at_once = at_once
        self._timeout_s = timeout_s
        self._clock = clock
        self._observe = observe
        self._wake = wake
        self._lanes: dict[str, Lane] = {}

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            try:
                busy = await self._round()
            except (Overloaded, StorageUnavailable) as error:
                self._observe("notify.postponed", problem=str(error))
                busy = False
            if not busy:
                await self._wake.wait(POLL_S)

    async def drain(self, timeout_s: float) -> None:
        """Let what is under way end. What has not by then is told again after the next start."""
        tasks = {task for lane in self._lanes.values() for task in lane.under_way}
        if tasks:
            await asyncio.wait(tasks, timeout=timeout_s)
        for task in tasks:
            task.cancel()

    async def _round(self) -> bool:
        """Take what is due and start telling it. Whether there may be more to do at once."""
        now_ms = self._clock()
        await self._endpoints.read_on(now_ms)
        targets = await self._outbox.targets_due(now_ms)
        more = [await self._fill(target, now_ms) for target in targets if self._is_on(target)]
        return any(more)

    def _is_on(self, target: str) -> bool:
        if not target.startswith(ENDPOINT):
            return True
        endpoint = self._accounts.endpoints.get(target.removeprefix(ENDPOINT))
        return endpoint is not None and not endpoint.disabled

    async def _fill(self, target: str, now_ms: int) -> bool:
        """Fetch for a lane that runs low. Whether it has room for more."""
        lane = self._lanes.setdefault(target, Lane())
        if len(lane.held) >= FETCH // 2:
            return False
        lane.ended.clear()
        found = await self._outbox.due(target, now_ms, FETCH + len(lane.held))
        fresh = [due for due in found if _key(due) not in lane.held and _key(due) not in lane.ended]
        lane.ready.extend(fresh)
        lane.held.update(map(_key, fresh))
        self._start(target, lane)
        return len(fresh) >= FETCH

    def _start(self, target: str, lane: Lane) -> None:
        while len(lane.under_way) < self._at_once and (due := lane.next()) is not None:
            lane.parts.add(_part(due))
            task = asyncio.create_task(self._tell(lane, due))
            lane.under_way.add(task)
            task.add_done_callback(partial(self._ended, target, lane))

    def _ended(self, target: str, lane: Lane, task: asyncio.Task[None]) -> None:
        lane.under_way.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self._observe("notify.broke", problem=repr(error))
        self._start(target, lane)
        if len(lane.held) < FETCH // 2:
            self._wake.set()

    async def _tell(self, lane: Lane, due: Due) -> None:
        try:
            told = await self._told(lane, due)
            await self._outbox.told([told])
        except (Overloaded, StorageUnavailable) as error:
            self._observe("notify.postponed", problem=str(error))
        finally:
            lane.held.discard(_key(due))
            lane.ended.add(_key(due))
            lane.parts.discard(_part(due))

    async def _told(self, lane: Lane, due: Due) -> Told:
        now_ms = self._clock()
        call = self._call(due, now_ms)
        attempts = due.delivery.attempts
        if isinstance(call, str):
            return Told(delivery=due.delivery, outcome=Outcome.SKIPPED, attempts=attempts, said=call)
        breaker = lane.breaker(call.url)
        if wait_ms := breaker.wait_ms(now_ms):
            said = due.delivery.said or f"the address has failed {breaker.failures} times; it is left alone for a while"
            return _later(due, attempts, now_ms + wait_ms, said)
        breaker.going()
        answer = await self._made(call)
        return self._judged(due, breaker, answer, now_ms)

    def _call(self, due: Due, now_ms: int) -> Call | str:
        target = due.delivery.target
        if due.stale:
            return "something later was told of this part already"
        if target.startswith(ENDPOINT):
            return event_call(due, self._accounts.endpoint(target.removeprefix(ENDPOINT)), now_ms=now_ms)
        account = self._accounts.find(target)
        if account is None:
            return "there is no such account any more"
        price = self._accounts.price(account.api_key, due.message.recipient)
        network = price.network if price else ""
        return receipt_call(
            due, account, err_code=self._err_code(due), network=network, now_ms=now_ms, nonce=str(uuid4())
        )

    async def _made(self, call: Call) -> HttpAnswer | HttpFailure:
        return await self._http.call(
            call.method,
            call.url,
            headers=call.headers,
            body=call.body,
            connect_timeout_s=CONNECT_TIMEOUT_S,
            timeout_s=self._timeout_s,
        )

    def _judged(self, due: Due, breaker: Breaker, answer: HttpAnswer | HttpFailure, began_ms: int) -> Told:
        now_ms = self._clock()
        delivery, attempts = due.delivery, due.delivery.attempts + 1
        said, good = said_of(answer)
        is_event = delivery.target.startswith(ENDPOINT)
        jitter = random.random()  # noqa: S311
        if good:
            breaker.succeeded()
            told = Told(delivery=delivery, outcome=Outcome.DELIVERED, attempts=attempts, said=said)
        else:
            breaker.failed(now_ms, jitter)
            named_ms = retry_after_ms(answer.headers, now_ms) if isinstance(answer, HttpAnswer) else None
            ladder = self._events if is_event else self._receipts
            next_ms = ladder.next_ms(attempts, delivery.at_ms, now_ms, jitter=jitter, named_ms=named_ms)
            told = _later(due, attempts, next_ms, said)
        if is_event:
            self._endpoints.answered(delivery.target.removeprefix(ENDPOINT), good=good, now_ms=now_ms)
        self._observe(
            "webhook.attempted",
            target=delivery.target,
            message=delivery.message_id,
            status=str(delivery.status),
            attempt=attempts,
            outcome=str(told.outcome),
            said=said,
            ms=now_ms - began_ms,
        )
        return told


def _key(due: Due) -> tuple[str, int, str]:
    return due.delivery.message_id, due.delivery.seq, due.delivery.statement


def _part(due: Due) -> tuple[str, int]:
    return due.delivery.message_id, due.delivery.seq


def _later(due: Due, attempts: int, next_ms: int | None, said: str) -> Told:
    outcome = Outcome.DEAD if next_ms is None else Outcome.WAITING
    return Told(delivery=due.delivery, outcome=outcome, attempts=attempts, due_ms=next_ms, said=said)


def said_of(answer: HttpAnswer | HttpFailure) -> tuple[str, bool]:
    """What was answered, in words, and whether that is well: 2xx is (reference vonage-sms 2.6)."""
    if isinstance(answer, HttpFailure):
        return answer.problem, False
    if 200 <= answer.status < 300:
        return f"answered {answer.status} in {answer.elapsed_ms} ms", True
    if 300 <= answer.status < 400:
        return f"answered {answer.status}: redirects are not followed", False
    body = " ".join(answer.body[:SAID_CHARACTERS].decode(errors="replace").split())
    return f"answered {answer.status}" + (f": {body}" if body.isprintable() and body else ""), False
