"""What every store does for the front door: money, what accounts and endpoints are owed, moving to another queue."""

import asyncio
from decimal import Decimal

import pytest
from msgspec.structs import replace

from receipted.domain.account import Account
from receipted.domain.endpoint import Endpoint
from receipted.domain.errors import NoCredit, NotFound
from receipted.domain.message import Message, Options
from receipted.domain.part_id import part_id
from receipted.domain.price import Price
from receipted.domain.status import Status
from receipted.hub.outbox import ENDPOINT, Delivery, Outcome, Told
from receipted.hub.ports import Accepted, Filter, NewMessage, SubmitAttempt
from receipted.storage.store import SqlStore
from tests.contracts.store_samples import (
    DUE,
    LATER,
    NOW,
    Place,
    answered,
    claim,
    message,
    provider_id,
    receipt,
    settle,
)

S = Status
KEY = "abcd1234"


def of_account(parts: int = 1, *, options: Options | None = None, account: str = KEY) -> Message:
    """A message that an account sent."""
    made = message(parts)
    mine = account if options is None or options.status_report else None
    return replace(
        made,
        account=account,
        price="0.03330000",
        options=options or made.options,
        parts=tuple(replace(part, account=mine) for part in made.parts),
    )


async def sent_by_account(store: SqlStore, *ids: str, options: Options | None = None, account: str = KEY) -> Message:
    made = of_account(len(ids), options=options, account=account)
    await store.accept(NewMessage(message=made))
    await claim(store)
    await settle(store, made, answered(*ids))
    return made


async def owed(store: SqlStore, made: Message) -> list[tuple[int, Status]]:
    """What its account is owed of a message, in the order of its happening."""
    found = await store.deliveries(message_id=made.id)
    return [(one.seq, one.status) for one in sorted(found, key=lambda one: (one.at_ms, one.statement))]


async def told(store: SqlStore, outcome: Outcome = Outcome.DELIVERED, due_ms: int | None = None) -> list[Delivery]:
    """Whatever is due for the account is told."""
    due = await store.due(KEY, DUE * 2, 100)
    await store.told(
        [Told(delivery=one.delivery, outcome=outcome, attempts=1, due_ms=due_ms, said="answered 200") for one in due]
    )
    return [one.delivery for one in due]


class GatewayContract:
    """Accounts, their money, and what applications are to be told."""

    # --- money --------------------------------------------------------------------------------------------------------

    async def test_an_account_is_kept_with_its_balance(self, place: Place) -> None:
        store, account = place.store, Account(api_key=KEY, name="Shop", senders=("Acme",), created_ms=NOW)
        await store.save_account(account)
        assert await store.pay_in(KEY, Decimal("10.28")) == Decimal("10.28")
        changed = replace(account, disabled=True)
        await store.save_account(changed)
        (funded,) = await store.accounts()
        assert (funded.account, funded.balance) == (changed, Decimal("10.28"))
        with pytest.raises(NotFound):
            await store.pay_in("nobody00", Decimal(1))

    async def test_messages_accepted_together_are_paid_to_the_last_decimal(self, place: Place) -> None:
        store = place.store
        await store.save_account(Account(api_key=KEY))
        await store.pay_in(KEY, Decimal("1.00000000"))
        new = [NewMessage(message=of_account(), charge=Decimal("0.03330001"), overdraw=False) for _ in range(40)]
        results = await asyncio.gather(*(store.accept(one) for one in new), return_exceptions=True)
        taken = [one for one in results if isinstance(one, Accepted)]
        refused = [one for one in results if isinstance(one, NoCredit)]
        assert (len(taken), len(refused)) == (30, 10)
        left = {one.balance for one in taken}
        assert left == {Decimal(1) - number * Decimal("0.03330001") for number in range(1, 31)}
        (funded,) = await store.accounts()
        assert funded.balance == min(one.balance or 0 for one in taken) == Decimal("0.00099970")
        assert len(await store.messages(Filter(account=KEY))) == 30

    async def test_a_postpaid_account_may_owe(self, place: Place) -> None:
        store = place.store
        await store.save_account(Account(api_key=KEY))
        accepted = await store.accept(NewMessage(message=of_account(), charge=Decimal("0.5"), overdraw=True))
        assert accepted.balance == Decimal("-0.5")

    async def test_a_price_list_replaces_the_one_before(self, place: Place) -> None:
        store = place.store
        await store.replace_prices("", [Price(prefix="44", price=Decimal("0.0333"), country="GB", network="23410")])
        new = [Price(prefix="", price=Decimal("0.10000001")), Price(prefix="49", price=Decimal(0), country="DE")]
        await store.replace_prices("", new)
        await store.replace_prices(KEY, new[:1])
        assert await store.prices() == {"": new, KEY: new[:1]}

    # --- receipts for accounts ----------------------------------------------------------------------------------------

    async def test_each_change_of_a_part_is_owed_once(self, place: Place) -> None:
        store, ids = place.store, (provider_id(), provider_id())
        made = await sent_by_account(store, *ids)
        assert await owed(store, made) == []
        for one in (S.ACCEPTED, S.ACCEPTED, S.DELIVERED, S.DELIVERED, S.BUFFERED):
            await store.append([receipt(ids[0], one)], NOW + 200)
        await store.append([receipt(ids[1], S.FAILED, err_code="6")], NOW + 300)
        assert await owed(store, made) == [(1, S.ACCEPTED), (1, S.DELIVERED), (2, S.FAILED)]
        failed = next(one for one in await store.deliveries(message_id=made.id) if one.seq == 2)
        assert (failed.target, failed.err_code, failed.network, failed.outcome) == (KEY, "6", "23410", Outcome.WAITING)
        assert (failed.at_ms, failed.due_ms) == (NOW + 300, NOW + 300)

    async def test_contradictions_and_late_ones_are_owed_when_they_win(self, place: Place) -> None:
        store, one = place.store, provider_id()
        made = await sent_by_account(store, one)
        assert await store.expire(DUE, 10) == 1
        await store.append([receipt(one, S.EXPIRED)], DUE + 1)
        await store.append([receipt(one, S.DELIVERED)], DUE + 2)
        await store.append([receipt(one, S.FAILED)], DUE + 3)
        assert await owed(store, made) == [(1, S.UNKNOWN), (1, S.EXPIRED), (1, S.DELIVERED)]

    async def test_an_early_receipt_is_owed_once_its_message_is_known(self, place: Place) -> None:
        store, one = place.store, provider_id()
        made = of_account()
        await store.accept(NewMessage(message=made))
        await claim(store)
        await store.append([receipt(one)], NOW)
        assert await owed(store, made) == []
        await settle(store, made, answered(one))
        assert await owed(store, made) == [(1, S.DELIVERED)]

    async def test_a_refusal_at_submit_is_owed_without_the_code_of_the_submit(self, place: Place) -> None:
        store = place.store
        made = of_account()
        await store.accept(NewMessage(message=made))
        await claim(store)
        await settle(store, made, answered(None))
        (one,) = await store.deliveries(message_id=made.id)
        assert (one.status, one.err_code) == (S.REJECTED, None)

    async def test_nothing_is_owed_without_an_account_or_where_no_receipts_are_wanted(self, place: Place) -> None:
        store, one = place.store, provider_id()
        made = await sent_by_account(store, one, options=Options(status_report=False))
        await store.append([receipt(one)], NOW)
        assert await owed(store, made) == []
        assert (await store.message(made.id)).account == KEY
        assert await store.targets_due(DUE) == []

    # --- telling ------------------------------------------------------------------------------------------------------

    async def test_what_is_told_is_not_due_any_more(self, place: Place) -> None:
        store, one = place.store, provider_id()
        made = await sent_by_account(store, one)
        await store.append([receipt(one)], NOW + 200)
        assert await store.targets_due(NOW) == []
        assert await store.targets_due(NOW + 200) == [KEY]
        (due,) = await store.due(KEY, NOW + 200, 10)
        assert (due.delivery.status, due.message.id, due.message.price, due.stale) == (
            S.DELIVERED,
            made.id,
            "0.03330000",
            False,
        )
        (only,) = await store.owing()
        assert (only.target, only.waiting, only.oldest_ms, only.next_due_ms) == (KEY, 1, NOW + 200, NOW + 200)
        await told(store)
        assert await store.targets_due(DUE * 2) == []
        assert await store.owing() == []
        (done,) = await store.deliveries(target=KEY)
        assert (done.outcome, done.attempts, done.due_ms, done.said) == (Outcome.DELIVERED, 1, None, "answered 200")

    async def test_what_failed_is_due_later(self, place: Place) -> None:
        store, one = place.store, provider_id()
        await sent_by_account(store, one)
        await store.append([receipt(one)], NOW)
        await told(store, Outcome.WAITING, NOW + 5_000)
        assert await store.targets_due(NOW + 4_999) == []
        (due,) = await store.due(KEY, NOW + 5_000, 10)
        assert due.delivery.attempts == 1

    async def test_a_status_is_stale_once_a_later_one_was_told(self, place: Place) -> None:
        store, one = place.store, provider_id()
        await sent_by_account(store, one)
        await store.append([receipt(one, S.ACCEPTED)], NOW)
        (early,) = await told(store, Outcome.WAITING, NOW + 60_000)
        await store.append([receipt(one)], NOW + 1)
        (late,) = await store.due(KEY, NOW + 1, 10)
        await store.told([Told(delivery=late.delivery, outcome=Outcome.DELIVERED, attempts=1)])
        (again,) = await store.due(KEY, NOW + 60_000, 10)
        assert (again.delivery.statement, again.stale) == (early.statement, True)

    async def test_what_was_given_up_is_found_and_told_again(self, place: Place) -> None:
        store, ids = place.store, [provider_id() for _ in range(3)]
        for number, one in enumerate(ids):
            await sent_by_account(store, one)
            await store.append([receipt(one)], NOW + number)
        dead = (await told(store, Outcome.DEAD))[0]
        assert [one.outcome for one in await store.deliveries(target=KEY, only=Outcome.DEAD)] == [Outcome.DEAD] * 3
        assert await store.replay(KEY, NOW + 1, DUE, Outcome.DEAD) == 2
        assert await store.replay(KEY, 0, DUE, Outcome.DELIVERED) == 0
        assert await store.replay("nobody00", 0, DUE) == 0
        due = await store.due(KEY, DUE, 10)
        assert len(due) == 2
        assert dead.statement not in {one.delivery.statement for one in due}
        assert {one.delivery.attempts for one in due} == {0}

    async def test_many_targets_are_each_found(self, place: Place) -> None:
        store, one = place.store, provider_id()
        await sent_by_account(store, one)
        await store.append([receipt(one)], NOW)
        events = await store.events(None, 10)
        for name in ("a", "b", "c"):
            await store.fan_out(name, events, events[-1].id, NOW)
        assert sorted(await store.targets_due(NOW)) == ["@a", "@b", "@c", KEY]

    # --- endpoints ----------------------------------------------------------------------------------------------------

    async def test_an_endpoint_is_owed_the_events_that_it_wants_and_its_reader_goes_on(self, place: Place) -> None:
        store, one = place.store, provider_id()
        endpoint = Endpoint(name="app", url="https://example.com/", secrets=("whsec_x",), statuses=(S.DELIVERED,))
        await store.save_endpoint(endpoint)
        await store.save_endpoint(replace(endpoint, disabled=True))
        assert await store.endpoints() == [replace(endpoint, disabled=True)]
        made = await sent_by_account(store, one)
        await store.append([receipt(one)], NOW)
        events = await store.events(None, 100)
        wanted = [event for event in events if event.status is S.DELIVERED]
        for _ in range(2):
            await store.fan_out("app", wanted, events[-1].id, NOW)
        assert await store.cursor(ENDPOINT + "app") == events[-1].id
        (due,) = await store.due(ENDPOINT + "app", NOW, 10)
        assert due.event == wanted[0]
        assert [part.provider_message_id for part in due.message.parts] == [one]
        assert due.message.id == made.id

    # --- finding and moving -------------------------------------------------------------------------------------------

    async def test_a_message_is_found_by_the_id_of_any_of_its_parts(self, place: Place) -> None:
        store = place.store
        made = of_account(3)
        await store.accept(NewMessage(message=made))
        for seq in (1, 2, 3):
            assert (await store.message_of_part(part_id(made.id, seq))).id == made.id
        for wrong in (part_id(made.id, 4), "no-id", message(at_ms=NOW + 1).id):
            with pytest.raises(NotFound):
                await store.message_of_part(wrong)

    async def test_a_message_that_nobody_took_goes_to_another_queue(self, place: Place) -> None:
        store = place.store
        made = replace(message(2), route='{"old":1}')
        await store.accept(NewMessage(message=made))
        await claim(store)
        attempt = SubmitAttempt(
            message_id=made.id, attempt=1, started_ms=NOW, ended_ms=NOW + 5, outcome="rerouted", detail="vonage: away"
        )
        for _ in range(2):
            await store.reroute(attempt, "other", '{"new":1}')
        assert await claim(store, now_ms=DUE) == []
        (submission,) = await claim(store, "other", now_ms=NOW + 5)
        assert (submission.message_id, submission.attempt, submission.route) == (made.id, 2, '{"new":1}')
        now = await store.message(made.id)
        assert (now.provider, now.route, {part.provider for part in now.parts}) == ("other", '{"new":1}', {"other"})
        history = await store.history(made.id)
        assert [(one.attempt, one.outcome) for one in history.attempts] == [(1, "rerouted")]

    async def test_how_receipts_come_is_counted_by_provider(self, place: Place) -> None:
        store, ids = place.store, [provider_id() for _ in range(5)]
        mades = [await sent_by_account(store, one) for one in ids]
        await store.append([receipt(ids[0])], NOW + 100)
        await store.append([receipt(ids[1])], NOW + 500_000)
        await store.append([receipt(ids[2], S.FAILED)], NOW + 100)
        await settle(store, mades[3], LATER)
        found = await store.samples(NOW - 1, NOW + 400_000, 300_000, 100)
        sample = found["vonage"]
        assert (sample.finals, sample.delivered) == (3, 2)
        assert (sample.slow, sample.awaited) == (3, 4)
        assert await store.samples(NOW + 1, NOW, 300_000, 100) == {}
