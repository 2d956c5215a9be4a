"""The provider that needs no account: a simulated carrier inside the hub.

What happens to a message is decided by ``carrier/scenario.py``, from the last four digits of its recipient; this file
answers the submit and pushes the receipts when they are due. They take the same road as real ones, from ``deliver`` on.
Delays that have not passed live in memory: after a restart ``resume`` plans them again.

Long because one provider is one file.
"""

import asyncio
import heapq
import math
from collections.abc import Awaitable, Sequence
from hashlib import blake2b
from typing import Any
from uuid import UUID, uuid5

import msgspec
from pydantic import BaseModel, ConfigDict, Field

from receipted.carrier.scenario import Network, PartPlan, Plan, Step, Submit, plan
from receipted.dialects.vonage.codes import receipt_advice, submit_advice
from receipted.domain.advice import Advice
from receipted.domain.backoff import delay_ms
from receipted.domain.receipt import Receipt, Signature
from receipted.hub.links import Link
from receipted.hub.ports import (
    Ambiguous,
    Answered,
    Deferred,
    Deliver,
    Finding,
    Outcome,
    Outstanding,
    PartAnswer,
    Submission,
    TakeInbound,
    WebhookRequest,
)
from receipted.providers import Context, Kind

BATCH = 1_000
"""Receipts handed over at once, so that they are stored in one transaction."""

_IDS = UUID("6d0c1f5e-3f0b-5d57-9a4e-2a1f6f1f7c11")
_BEYOND_FIRST_TRIES = 1_000_000
_EARLY_WAIT_S = 5.0
_NAP_S = 1.0


class SandboxSettings(BaseModel):
    """A simulated carrier: nothing leaves this machine and nothing is billed."""

    model_config = ConfigDict(extra="forbid")

    seed: int = Field(0, description="Another seed gives other random delays; the same one always the same.")
    speed: float = Field(
        1.0,
        ge=0.001,
        le=1e9,
        description="How many times faster than real time the carrier's time passes; divides every delay.",
    )
    rate_per_s: float = Field(0.0, ge=0, description="Messages taken per second; 0 for no limit.")
    concurrency: int = Field(64, ge=1, le=10_000, description="Messages handed over at once.")
    receipt_due_s: int = Field(
        259_200,
        ge=1,
        description="How long a final receipt may take before the message is unknown, in seconds, divided by speed.",
    )
    receipts_waiting: int = Field(
        200_000,
        ge=1,
        description="Parts whose receipts are still to come that it remembers; more messages have to wait.",
    )


class _Job(msgspec.Struct, eq=False):
    """One part on its way: what its receipts repeat, and how many of its steps are done.

    ``told`` is resolved with the first receipt that is stored.
    """

    provider_message_id: str
    seq: int
    recipient: str
    sender: str
    client_ref: str
    network: Network
    steps: tuple[Step, ...]
    done: int = 0
    told: asyncio.Future[None] | None = None


class Sandbox:
    """The simulated carrier as a provider; see ``hub.ports.Provider`` for what each method promises."""

    webhook_paths: tuple[str, ...] = ()
    retry_status = 503
    resumes = True

    def __init__(self, name: str, settings: SandboxSettings, context: Context) -> None:
        self.name = name
        self.rate_per_s = settings.rate_per_s
        self.concurrency = settings.concurrency
        self._settings = settings
        self._clock = context.clock
        self._observe = context.observe
        self._heap: list[tuple[int, int, _Job]] = []
        self._pushed = 0
        self._wake = asyncio.Event()
        self._closed = asyncio.Event()
        self._deliver: Deliver | None = None
        self._task: asyncio.Task[None] | None = None

    def due_s(self, country: str) -> int:
        """The setting, in simulated time; at least a second."""
        return max(1, math.ceil(self._settings.receipt_due_s / self._settings.speed))

    def missing(self) -> str | None:
        """Nothing: there is nothing to configure."""
        return None

    def ready(self) -> str | None:
        """Always."""
        return None

    async def submit(self, submission: Submission) -> Outcome:
        """Answer as the recipient's scenario says, and remember the receipts that follow."""
        if self._closed.is_set():
            return Deferred(reason="The simulated carrier is closed.")
        if len(self._heap) >= self._settings.receipts_waiting:
            return Deferred(
                reason=f"The simulated carrier remembers {len(self._heap)} parts already (receipts_waiting).",
                wait_ms=1_000,
                throttled=True,
            )
        now_ms = self._clock()
        what = self._plan(submission, now_ms, submission.attempt)
        if what.submit is Submit.THROTTLED:
            text = f"Throughput Rate Exceeded - please wait [ {what.wait_ms} ] and retry"
            return Deferred(reason=text, wait_ms=what.wait_ms, throttled=True)
        if what.submit is Submit.UNREACHABLE:
            return Deferred(reason="The simulated carrier does not take connections just now.")
        told = self._schedule(submission, what)
        if told is not None:
            await self._until_told(told)
        await self._pause((what.answer_at_ms - now_ms) / 1_000)
        if what.submit is Submit.UNANSWERED:
            return Ambiguous(reason="The simulated carrier did not answer in time.")
        return Answered(parts=tuple(self._answer(submission, part, what.network) for part in what.parts))

    def read(self, request: WebhookRequest, now_ms: int) -> list[Receipt]:
        """Nothing: its receipts do not come by webhook."""
        return []

    def advise(self, err_code: str, *, at_submit: bool) -> Advice | None:
        """The same codes as Vonage's (vonage-sms.md 1.5 and 2.4)."""
        if not err_code:
            return None
        return submit_advice(err_code) if at_submit else receipt_advice(err_code)

    async def start(self, deliver: Deliver, take_inbound: TakeInbound) -> None:
        """Begin to push receipts. A second start only changes who gets them; after close nothing happens."""
        self._deliver = deliver
        if self._task is None and not self._closed.is_set():
            self._task = asyncio.create_task(self._push(), name=f"{self.name} receipts")

    async def resume(self, outstanding: Sequence[Outstanding]) -> None:
        """Plan again what was accepted before a restart; what is overdue goes out at once."""
        for part in outstanding:
            what = self._plan(part.submission, part.submitted_ms, _BEYOND_FIRST_TRIES)
            for of in what.parts:
                if of.seq == part.seq:
                    self._remember(_job(part.submission, of, what.network, part.provider_message_id))

    def links(self) -> list[Link]:
        """None: it is inside the process."""
        return []

    async def check(self) -> list[Finding]:
        """Says what it is."""
        said = "a simulated carrier: no SMS leaves this machine and nothing is billed"
        return [Finding(what=f"provider {self.name}", ok=True, said=said)]

    async def close(self) -> None:
        """Stop pushing. What was still to come is forgotten, until ``resume`` after the next start."""
        self._closed.set()
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        self._heap.clear()

    def _plan(self, submission: Submission, now_ms: int, attempt: int) -> Plan:
        return plan(
            submission.recipient,
            submission.message_id,
            submission.part_count,
            now_ms=now_ms,
            attempt=attempt,
            seed=self._settings.seed,
            speed=self._settings.speed,
            due_ms=self._settings.receipt_due_s * 1_000,
        )

    def _answer(self, submission: Submission, part: PartPlan, network: Network) -> PartAnswer:
        if part.refusal is not None:
            return PartAnswer(err_code=part.refusal.code, reason=part.refusal.text, network=network.code)
        return PartAnswer(provider_message_id=self._id(submission, part.seq), network=network.code, price=network.price)

    def _id(self, submission: Submission, seq: int) -> str:
        return str(uuid5(_IDS, f"{self.name}:{submission.message_id}:{seq}"))

    # --- the receipts that are still to come -------------------------------------------------------------------------

    def _schedule(self, submission: Submission, what: Plan) -> asyncio.Future[None] | None:
        told = asyncio.get_running_loop().create_future() if what.early and self._task is not None else None
        for part in what.parts:
            job = _job(submission, part, what.network, self._id(submission, part.seq))
            job.told = told
            self._remember(job)
        return told

    def _remember(self, job: _Job) -> None:
        """Queue a part for its next step; one entry a part keeps memory small."""
        if job.done < len(job.steps) and not self._closed.is_set():
            self._pushed += 1
            entry = (job.steps[job.done].at_ms, self._pushed, job)
            heapq.heappush(self._heap, entry)
            if self._heap[0] is entry:
                self._wake.set()

    async def _push(self) -> None:
        while True:
            batch = self._due(self._clock())
            if batch:
                await self._hand_over([_receipt(self.name, job, step) for job, step in batch])
                for job, _ in batch:
                    if job.told is not None and not job.told.done():
                        job.told.set_result(None)
            else:
                await self._sleep()

    def _due(self, now_ms: int) -> list[tuple[_Job, Step]]:
        batch: list[tuple[_Job, Step]] = []
        while self._heap and self._heap[0][0] <= now_ms and len(batch) < BATCH:
            _, _, job = heapq.heappop(self._heap)
            batch.append((job, job.steps[job.done]))
            job.done += 1
            self._remember(job)
        return batch

    async def _sleep(self) -> None:
        # Never for long: the clock may be set while we sleep.
        self._wake.clear()
        wait_s = min(_NAP_S, (self._heap[0][0] - self._clock()) / 1_000) if self._heap else None
        if wait_s is None or wait_s > 0:
            await _within(self._wake.wait(), wait_s)

    async def _hand_over(self, receipts: Sequence[Receipt]) -> None:
        """Until they are stored: a carrier keeps a receipt that nobody takes, whatever the reason."""
        attempt = 0
        while self._deliver is not None:
            try:
                await self._deliver(receipts)
            except Exception as problem:
                attempt += 1
                wait_ms = delay_ms(attempt, first_ms=100, cap_ms=5_000)
                self._observe(
                    "sandbox.receipts_not_taken",
                    provider=self.name,
                    receipts=len(receipts),
                    attempt=attempt,
                    wait_ms=wait_ms,
                    problem=f"{type(problem).__name__}: {problem}",
                )
                await asyncio.sleep(wait_ms / 1_000)
            else:
                return

    async def _until_told(self, told: asyncio.Future[None]) -> None:
        # Not for ever: a hub that cannot store receipts just now still gets its answer.
        closed = asyncio.ensure_future(self._closed.wait())
        either: set[asyncio.Future[Any]] = {told, closed}
        await asyncio.wait(either, timeout=_EARLY_WAIT_S, return_when=asyncio.FIRST_COMPLETED)
        closed.cancel()

    async def _pause(self, wait_s: float) -> None:
        if wait_s > 0:
            await _within(self._closed.wait(), wait_s)


async def _within(waiting: Awaitable[object], wait_s: float | None) -> None:
    try:
        async with asyncio.timeout(wait_s):
            await waiting
    except TimeoutError:
        return


def _job(submission: Submission, part: PartPlan, network: Network, provider_message_id: str) -> _Job:
    return _Job(
        provider_message_id,
        part.seq,
        submission.recipient,
        submission.sender,
        submission.client_ref,
        network,
        part.steps,
    )


def _receipt(provider: str, job: _Job, step: Step) -> Receipt:
    raw = msgspec.json.encode(
        {
            "message-id": job.provider_message_id,
            "part": job.seq,
            "to": job.recipient,
            "from": job.sender,
            "status": step.raw_status,
            "err-code": step.err_code,
            "carrier-ms": step.carrier_ms,
            "network": job.network.code,
            "price": job.network.price,
            "client-ref": job.client_ref,
        }
    )
    return Receipt(
        provider=provider,
        provider_message_id=job.provider_message_id,
        digest=blake2b(raw, digest_size=16).hexdigest(),
        status=step.status,
        raw_status=step.raw_status,
        err_code=None if step.err_code == "0" else step.err_code,
        carrier_ms=step.carrier_ms,
        network=job.network.code,
        price=job.network.price,
        recipient=job.recipient,
        sender=job.sender,
        client_ref=job.client_ref,
        raw=raw,
        transport="sandbox",
        signature=Signature.NOT_USED,
    )


def _build(name: str, settings: BaseModel, context: Context) -> Sandbox:
    assert isinstance(settings, SandboxSettings)
    return Sandbox(name, settings, context)


KIND = Kind(SandboxSettings, _build)
