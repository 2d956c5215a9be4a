"""Choosing at work: what one provider does not take goes to the next, and how each does decides who is asked first."""

import asyncio
from contextlib import AsyncExitStack
from decimal import Decimal

import msgspec
import pytest

from receipted.domain.advice import Advice, Fault
from receipted.domain.errors import InvalidRequest
from receipted.domain.message import Message
from receipted.domain.status import Status
from receipted.hub.accept import Accept, SendRequest
from receipted.hub.health import Limits
from receipted.hub.ports import Ambiguous, Answered, Deferred, Outcome, PartAnswer, Submission
from receipted.hub.route import Decision, Destination, Policy, Route
from receipted.hub.routing import WINDOW_MS, Tally, onward
from receipted.hub.submit import LEAVE_AFTER_MS, Submit
from receipted.hub.wake import LocalWake
from receipted.storage.ids import new_id
from tests.contracts.store_samples import NOW, Place, claimed, provider_id, receipt, settle
from tests.contracts.store_samples import answered as answered_with
from tests.hub.stage import Clock, Far, routing, taken, until

S = Status
TO = Destination(recipient="447700900000", country="GB")


class Named(Far):
    """A company with a name, whose codes mean what the test says."""

    def __init__(self, name: str, *outcomes: Outcome) -> None:
        self.name = name
        self.left = list(outcomes)
        super().__init__(self._answer)

    async def _answer(self, submission: Submission) -> Outcome:
        return self.left.pop(0) if self.left else await taken(submission)

    def advise(self, err_code: str, *, at_submit: bool) -> Advice | None:
        return Advice(err_code, "meaning", Fault(err_code), False, "advice")


def refused(fault: Fault, parts: int = 1) -> Answered:
    return Answered(parts=(PartAnswer(err_code=str(fault), reason=f"{fault} trouble"),) * parts)


class Two:
    """A hub with two providers on its routing table, the cheaper one first, and their workers."""

    def __init__(self, place: Place, one: Named, two: Named) -> None:
        self.place, self.one, self.two, self.clock = place, one, two, Clock()
        self.providers = {"one": one, "two": two}
        self.wakes = {"one": LocalWake(), "two": LocalWake()}
        self.routing = routing(
            place,
            self.providers,
            Route(provider="one", cost=Decimal("0.01")),
            Route(provider="two", cost=Decimal("0.02")),
            clock=self.clock,
            policy=Policy.LEAST_COST,
        )
        self.accept = Accept(
            store=place.store,
            choose=self.routing,
            clock=self.clock,
            new_id=new_id,
            wakes=self.wakes,
            observe=place.observe,
        )

    async def send(self, text: str = "Hello") -> Message:
        return await self.accept(SendRequest(recipient=TO.recipient, sender="Acme", text=text))

    async def __aenter__(self) -> "Two":
        self._stack = AsyncExitStack()
        for name, provider in self.providers.items():
            submit = Submit(
                store=self.place.store,
                provider=provider,
                clock=self.clock,
                observe=self.place.observe,
                wake=self.wakes[name],
                ambiguous_s=600,
                unsent_s=86_400,
                tally=self.routing.tallies[name],
                wake_other=lambda other: self.wakes[other].set(),
            )
            task = asyncio.create_task(submit.run())

            async def stop(task: "asyncio.Task[None]" = task, submit: Submit = submit) -> None:
                await submit.drain(1)
                task.cancel()
                await asyncio.wait([task])

            self._stack.push_async_callback(stop)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    async def until_status(self, made: Message, status: Status) -> Message:
        async def is_so() -> bool:
            for wake in self.wakes.values():
                wake.set()
            return (await self.place.store.message(made.id)).status is status

        await until(is_so)
        return await self.place.store.message(made.id)


async def test_the_decision_is_stored_with_the_message(place: Place) -> None:
    async with Two(place, Named("one"), Named("two")) as two:
        made = await two.until_status(await two.send(), S.SUBMITTED)
    assert made.provider == "one"
    decision = msgspec.json.decode(made.route or "", type=Decision)
    assert [(one.provider, one.taken) for one in decision.considered] == [("one", True), ("two", True)]
    assert "cheapest: 0.01" in decision.considered[0].reason


@pytest.mark.parametrize(
    "outcome", [Deferred(reason="connection refused"), refused(Fault.ACCOUNT), refused(Fault.PROVIDER)]
)
async def test_what_one_does_not_take_goes_to_the_next(place: Place, outcome: Outcome) -> None:
    async with Two(place, Named("one", outcome), Named("two")) as two:
        made = await two.until_status(await two.send(), S.SUBMITTED)
    assert (made.provider, {part.provider for part in made.parts}) == ("two", {"two"})
    history = await place.store.history(made.id)
    assert [one.outcome for one in history.attempts] == ["rerouted", "answered"]
    decision = msgspec.json.decode(made.route or "", type=Decision)
    assert decision.provider == "two"
    assert decision.considered[0].reason.startswith("did not take it: ")
    assert len(two.one.asked) == len(two.two.asked) == 1


@pytest.mark.parametrize("fault", [Fault.SENDER, Fault.RECIPIENT])
async def test_what_is_wrong_with_the_message_itself_ends_it(place: Place, fault: Fault) -> None:
    async with Two(place, Named("one", refused(fault)), Named("two")) as two:
        made = await two.until_status(await two.send(), S.REJECTED)
    assert (made.provider, two.two.asked) == ("one", [])


@pytest.mark.parametrize(
    "outcome",
    [
        Ambiguous(reason="no answer"),
        Answered(parts=(PartAnswer(provider_message_id="A1"), PartAnswer(err_code="provider", reason="full"))),
        Answered(parts=(PartAnswer(unclear=True), PartAnswer(err_code="provider", reason="full"))),
    ],
)
async def test_what_one_may_have_taken_is_never_given_to_another(place: Place, outcome: Outcome) -> None:
    async with Two(place, Named("one", outcome), Named("two")) as two:
        made = await two.send("x" * 200)

        async def is_settled() -> bool:
            return bool((await place.store.history(made.id)).attempts)

        await until(is_settled)
    assert two.two.asked == []
    assert (await place.store.message(made.id)).provider == "one"


async def test_each_is_tried_once_and_the_last_keeps_it(place: Place) -> None:
    async with Two(
        place, Named("one", Deferred(reason="away")), Named("two", Deferred(reason="away", wait_ms=5_000))
    ) as two:
        made = await two.send()

        async def is_deferred() -> bool:
            return len((await place.store.history(made.id)).attempts) == 2

        await until(is_deferred)
        two.clock.now_ms += 5_000
        await two.until_status(made, S.SUBMITTED)
    assert [one.outcome for one in (await place.store.history(made.id)).attempts] == [
        "rerouted",
        "deferred",
        "answered",
    ]
    assert (len(two.one.asked), len(two.two.asked)) == (1, 2)


async def test_what_waits_for_one_that_is_down_goes_to_the_next_after_a_while(place: Place) -> None:
    async with Two(place, Named("one"), Named("two")) as two:
        two.two.lacks = "bind down"
        two.one.lacks = "bind down"
        made = await two.send()
        assert made.provider == "one"

        async def has_looked() -> bool:
            two.wakes["one"].set()
            return two.clock.asked > 40

        await until(has_looked)
        two.two.lacks = None
        assert two.two.asked == []
        two.clock.now_ms += LEAVE_AFTER_MS
        made = await two.until_status(made, S.SUBMITTED)
    assert (made.provider, two.one.asked) == ("two", [])


async def test_one_that_throttles_or_is_not_ready_is_passed_over(place: Place) -> None:
    two = Two(place, Named("one"), Named("two"))
    two.routing.tallies["one"].throttled(NOW + 1_000)
    assert two.routing.decide(TO).provider == "two"
    two.clock.now_ms += 1_000
    assert two.routing.decide(TO).provider == "one"
    two.one.lacks = "no bind"
    decision = two.routing.decide(TO)
    assert decision.provider == "two"
    assert "no bind" in decision.considered[-1].reason


async def test_one_whose_submits_fail_is_passed_over_until_they_are_old(place: Place) -> None:
    two = Two(place, Named("one"), Named("two"))
    for number in range(12):
        two.routing.tallies["one"].add(NOW, failed=number > 4)
    assert two.routing.decide(TO).provider == "two"
    two.clock.now_ms += WINDOW_MS + 1
    assert two.routing.decide(TO).provider == "one"


async def test_one_whose_receipts_turn_slow_loses_traffic_step_by_step_and_has_it_back(place: Place) -> None:
    clock = Clock()
    watched = routing(
        place,
        {"one": Named("one"), "two": Named("two")},
        Route(provider="one"),
        Route(provider="two"),
        clock=clock,
        limits=Limits(least=2),
    )
    sent = [await _sent(place, "one") for _ in range(3)]
    clock.now_ms = NOW + 400_000
    watching = asyncio.create_task(watched.watch(0.001))

    async def is_eased() -> bool:
        return watched._eases.get("one", 1.0) <= 0.5

    await until(is_eased)
    assert {watched.decide(TO).provider for _ in range(60)} == {"one", "two"}
    for one in sent:
        await place.store.append([receipt(one, provider="one")], NOW + 1_000)

    async def is_back() -> bool:
        return watched._eases["one"] == 1.0

    await until(is_back)
    watching.cancel()
    assert [facts for what, facts in place.observed if what == "routing.eased"]
    assert {watched.decide(TO).provider for _ in range(60)} == {"one"}


async def _sent(place: Place, provider: str) -> str:
    made = await claimed(place.store, provider=provider)
    one = provider_id()
    await settle(place.store, made, answered_with(one))
    return one


async def test_without_routes_the_default_provider_takes_all_and_nothing_is_decided(place: Place) -> None:
    chosen = routing(place, {"one": Named("one"), "two": Named("two")})
    assert chosen(TO, None) == ("one", None)
    assert chosen(TO, "two") == ("two", None)
    assert chosen.decide(TO).policy == "default"
    with pytest.raises(InvalidRequest, match="none called 'three'"):
        chosen(TO, "three")


async def test_a_number_that_no_route_leads_to_is_refused(place: Place) -> None:
    chosen = routing(place, {"one": Named("one")}, Route(provider="one", countries=("FR",)))
    with pytest.raises(InvalidRequest) as refusal:
        chosen(TO, None)
    assert refusal.value.field == "to"


def test_nobody_is_left_after_the_last() -> None:
    assert onward(None, "one", "away") is None
    decision = msgspec.json.encode(Decision(provider="one", policy="fixed", considered=())).decode()
    assert onward(decision, "one", "away") is None


def test_a_tally_forgets_what_is_older_than_the_window() -> None:
    tally = Tally()
    tally.add(NOW, failed=True)
    tally.add(NOW + WINDOW_MS, failed=False)
    assert tally.count(NOW + WINDOW_MS) == (2, 1)
    assert tally.count(NOW + WINDOW_MS + 1) == (1, 0)
