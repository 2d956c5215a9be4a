"""The simulated carrier as a provider: what it answers, when its receipts come, and that it loses none."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence

import pytest
from pydantic import ValidationError

from receipted.carrier.numbers import TABLE
from receipted.domain.errors import Overloaded, StorageUnavailable
from receipted.domain.message import Content, Kind
from receipted.domain.receipt import Receipt, Signature
from receipted.domain.status import Status
from receipted.hub.links import Inbound
from receipted.hub.ports import Ambiguous, Answered, Deferred, HttpAnswer, HttpFailure, Outstanding, Submission
from receipted.providers import Context, build, sandbox

SECOND_MS = 1_000


class NoHttp:
    """The sandbox calls nobody."""

    async def call(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        connect_timeout_s: float = 3.0,
        timeout_s: float = 15.0,
    ) -> HttpAnswer | HttpFailure:
        raise AssertionError(f"the sandbox called {url}")


class Hub:
    """Takes receipts in, or refuses them as often as it is told to."""

    def __init__(self) -> None:
        self.receipts: list[Receipt] = []
        self.batches = 0
        self.refusals: list[Exception] = []
        self.observed: list[str] = []
        self._came = asyncio.Event()

    def observe(self, what: str, **facts: object) -> None:
        self.observed.append(what)

    async def deliver(self, receipts: Sequence[Receipt]) -> None:
        if self.refusals:
            raise self.refusals.pop(0)
        self.batches += 1
        self.receipts.extend(receipts)
        self._came.set()

    async def take_inbound(self, taken: Sequence[Inbound]) -> None:
        raise AssertionError("a sandbox has nothing to hand over but receipts")

    async def until(self, count: int) -> list[Receipt]:
        async with asyncio.timeout(10):
            while len(self.receipts) < count:
                self._came.clear()
                await self._came.wait()
        return self.receipts


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def submission(suffix: str = "0000", parts: int = 1, **more: object) -> Submission:
    said: dict[str, object] = {
        "message_id": f"0190c0de-0000-7000-8000-00000000{suffix}",
        "recipient": f"44770090{suffix}",
        "sender": "AcmeInc",
        "content": Content(kind=Kind.TEXT, text="Hi"),
        "part_count": parts,
        "client_ref": f"ref-{suffix}",
        **more,
    }
    return Submission(**said)  # type: ignore[arg-type]


Make = Callable[..., Awaitable[sandbox.Sandbox]]


@pytest.fixture
def hub() -> Hub:
    return Hub()


@pytest.fixture
async def make(hub: Hub) -> AsyncIterator[Make]:
    made: list[sandbox.Sandbox] = []

    async def one(*, started: bool = True, **section: object) -> sandbox.Sandbox:
        context = Context(clock=now_ms, http=NoHttp(), observe=hub.observe)
        provider = build("sandbox", {"speed": 1_000, **section}, context)
        assert isinstance(provider, sandbox.Sandbox)
        made.append(provider)
        if started:
            await provider.start(hub.deliver, hub.take_inbound)
        return provider

    yield one
    for provider in made:
        await provider.close()


async def test_an_ordinary_message_is_accepted_and_delivered(make: Make, hub: Hub) -> None:
    provider = await make()
    before_ms = now_ms()
    answered = await provider.submit(submission())
    assert isinstance(answered, Answered)
    (part,) = answered.parts
    assert (part.err_code, part.network, part.price) == (None, "23410", "0.03330000")
    accepted, delivered = await hub.until(2)
    assert (accepted.status, delivered.status) == (Status.ACCEPTED, Status.DELIVERED)
    assert delivered.provider_message_id == part.provider_message_id
    assert delivered.client_ref == "ref-0000"
    assert delivered.err_code is None
    assert delivered.recipient == "447700900000"
    assert (delivered.network, delivered.price) == ("23410", "0.03330000")
    assert (delivered.transport, delivered.signature) == ("sandbox", Signature.NOT_USED)
    assert delivered.carrier_ms is not None
    assert before_ms <= delivered.carrier_ms <= now_ms()
    assert json.loads(delivered.raw)["status"] == "delivered"
    assert len(delivered.digest) == 32
    assert accepted.digest != delivered.digest


async def test_ids_are_the_same_for_the_same_message_and_differ_between_parts(make: Make) -> None:
    one, other = await make(), await make(seed=7)
    first, second = await one.submit(submission(parts=3)), await other.submit(submission(parts=3))
    assert isinstance(first, Answered)
    assert isinstance(second, Answered)
    ids = [part.provider_message_id for part in first.parts]
    assert ids == [part.provider_message_id for part in second.parts]
    assert len(set(ids)) == 3


async def test_a_refused_message_has_the_code_and_the_words(make: Make) -> None:
    answered = await (await make()).submit(submission("9115"))
    assert isinstance(answered, Answered)
    (part,) = answered.parts
    assert (part.provider_message_id, part.err_code) == (None, "15")
    assert part.reason == "Illegal Sender Address - rejected"


async def test_one_part_of_several_fails(make: Make, hub: Hub) -> None:
    answered = await (await make()).submit(submission("9212", parts=3))
    assert isinstance(answered, Answered)
    last_id = answered.parts[-1].provider_message_id
    final = {r.provider_message_id: r.status for r in await hub.until(6) if r.status is not Status.ACCEPTED}
    assert final.pop(str(last_id)) is Status.FAILED
    assert set(final.values()) == {Status.DELIVERED}


async def test_throttled_twice_and_then_taken(make: Make) -> None:
    provider = await make(speed=1)
    first, second, third = [await provider.submit(submission("9210", attempt=attempt)) for attempt in (1, 2, 3)]
    assert (
        first
        == second
        == Deferred(reason="Throughput Rate Exceeded - please wait [ 702 ] and retry", wait_ms=702, throttled=True)
    )
    assert isinstance(third, Answered)


async def test_no_connection_is_deferred_without_slowing_the_others(make: Make) -> None:
    outcome = await (await make()).submit(submission("9211"))
    assert isinstance(outcome, Deferred)
    assert (outcome.wait_ms, outcome.throttled) == (None, False)


async def test_receipts_can_come_before_the_answer(make: Make, hub: Hub) -> None:
    provider = await make(speed=1)
    hub.refusals = [Overloaded()]
    answered = await provider.submit(submission("9208", parts=2))
    assert [receipt.status for receipt in hub.receipts].count(Status.DELIVERED) == 2
    assert isinstance(answered, Answered)
    assert {receipt.provider_message_id for receipt in hub.receipts} == {
        part.provider_message_id for part in answered.parts
    }


async def test_a_lost_answer_is_ambiguous_and_its_receipts_carry_the_client_ref(make: Make, hub: Hub) -> None:
    assert isinstance(await (await make()).submit(submission("9215")), Ambiguous)
    receipts = await hub.until(2)
    assert [receipt.client_ref for receipt in receipts] == ["ref-9215"] * 2
    assert receipts[-1].status is Status.DELIVERED


async def test_a_lost_submit_brings_nothing(make: Make, hub: Hub) -> None:
    provider = await make()
    assert isinstance(await provider.submit(submission("9216")), Ambiguous)
    await provider.submit(submission())
    assert {receipt.client_ref for receipt in await hub.until(2)} == {"ref-0000"}


async def test_duplicates_say_the_same(make: Make, hub: Hub) -> None:
    await (await make()).submit(submission("9206"))
    receipts = await hub.until(6)
    assert [len({receipt.digest for receipt in receipts[at : at + 3]}) for at in (0, 3)] == [1, 1]


async def test_a_word_that_nobody_documented_is_unknown(make: Make, hub: Hub) -> None:
    await (await make()).submit(submission("9214"))
    last = (await hub.until(2))[-1]
    assert (last.status, last.raw_status, last.err_code) == (Status.UNKNOWN, "parked", "777")


async def test_late_comes_after_the_time_out(make: Make, hub: Hub) -> None:
    provider = await make(speed=1, receipt_due_s=1)
    begun_ms = now_ms()
    await provider.submit(submission("9205"))
    await hub.until(2)
    assert now_ms() - begun_ms > provider.due_s("GB") * SECOND_MS


async def test_receipts_that_are_not_taken_come_again(make: Make, hub: Hub) -> None:
    provider = await make()
    hub.refusals = [Overloaded(), StorageUnavailable(), RuntimeError("a fault of the hub")]
    await provider.submit(submission())
    statuses = [receipt.status for receipt in await hub.until(2)]
    assert sorted(statuses) == [Status.ACCEPTED, Status.DELIVERED]
    assert hub.observed == ["sandbox.receipts_not_taken"] * 3


async def test_receipts_wait_for_the_start(make: Make, hub: Hub) -> None:
    provider = await make(started=False)
    assert isinstance(await provider.submit(submission("9208")), Answered)
    await provider.start(hub.deliver, hub.take_inbound)
    assert len(await hub.until(2)) == 2


async def test_after_a_restart_overdue_receipts_come_at_once(make: Make, hub: Hub) -> None:
    provider = await make(started=False, speed=1)
    sent = submission("9212", parts=2)
    long_ago_ms = now_ms() - 3_600_000
    await provider.resume([Outstanding(submission=sent, seq=2, provider_message_id="ID2", submitted_ms=long_ago_ms)])
    await provider.start(hub.deliver, hub.take_inbound)
    receipts = await hub.until(2)
    assert [(r.provider_message_id, r.status) for r in receipts] == [("ID2", Status.ACCEPTED), ("ID2", Status.FAILED)]
    assert all(receipt.carrier_ms is not None and receipt.carrier_ms < now_ms() - 3_000_000 for receipt in receipts)


async def test_after_a_restart_a_message_that_was_throttled_first_is_not_forgotten(make: Make, hub: Hub) -> None:
    provider = await make()
    part = Outstanding(submission=submission("9210"), seq=1, provider_message_id="ID", submitted_ms=now_ms())
    await provider.resume([part])
    assert (await hub.until(2))[-1].status is Status.DELIVERED


async def test_after_the_close_nothing_comes_and_nothing_is_taken(make: Make, hub: Hub) -> None:
    provider = await make(speed=1)
    waiting = asyncio.create_task(provider.submit(submission("9215")))
    await hub.until(1)
    await provider.submit(submission())
    await provider.close()
    assert isinstance(await waiting, Ambiguous)
    assert isinstance(await provider.submit(submission()), Deferred)
    await provider.start(hub.deliver, hub.take_inbound)
    await provider.resume(
        [Outstanding(submission=submission(), seq=1, provider_message_id="ID", submitted_ms=now_ms() - 60_000)]
    )
    await provider.close()
    assert len(hub.receipts) == 1


async def test_it_remembers_no_more_than_it_is_allowed_to(make: Make) -> None:
    provider = await make(speed=1, receipts_waiting=2)
    outcomes = [await provider.submit(submission(message_id=f"m{n}")) for n in range(3)]
    assert [type(outcome) for outcome in outcomes] == [Answered, Answered, Deferred]


async def test_many_messages_come_back_in_few_batches(make: Make, hub: Hub) -> None:
    provider = await make()
    for number in range(3_000):
        await provider.submit(submission(message_id=f"m{number}"))
    receipts = await hub.until(6_000)
    assert len({(receipt.provider_message_id, receipt.status) for receipt in receipts}) == 6_000
    assert hub.batches < 3_000


async def test_simulated_time_covers_the_time_out(make: Make) -> None:
    assert (await make(speed=1)).due_s("GB") == 259_200
    assert (await make(speed=1_000)).due_s("GB") == 260
    assert (await make(speed=1e9)).due_s("GB") == 1


async def test_it_says_that_it_is_simulated(make: Make) -> None:
    provider = await make()
    assert provider.ready() is None
    (finding,) = await provider.check()
    assert finding.ok
    assert "simulated" in finding.said


@pytest.mark.parametrize("section", [{"speed": 0}, {"speed": float("inf")}, {"colour": "red"}, {"concurrency": 0}])
async def test_wrong_settings_are_refused(section: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        sandbox.SandboxSettings.model_validate(section)


async def test_every_documented_code_of_the_table_is_explained(make: Make) -> None:
    provider = await make()
    refused = {(row.refusal.code, True) for row in TABLE if row.refusal}
    failed = {(say.err_code, False) for row in TABLE for say in (*row.says, *(row.last or ()))}
    for code, at_submit in refused | failed:
        advice = provider.advise(code, at_submit=at_submit)
        assert advice is not None
        assert (advice.meaning == "not documented") == (code == "777"), code
    assert provider.advise("", at_submit=False) is None
