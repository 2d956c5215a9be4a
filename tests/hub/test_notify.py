"""Telling applications: once for each change, again until they answer well, and nobody waits for anybody else."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from urllib.parse import parse_qs, urlsplit

import pytest
from msgspec.structs import replace

from receipted.dialects.standard_webhooks.signature import new_secret, verify
from receipted.dialects.vonage.signature import verify as verify_receipt
from receipted.domain.account import Account, WebhookMethod
from receipted.domain.endpoint import Endpoint
from receipted.domain.message import Options
from receipted.domain.part_id import part_id
from receipted.domain.status import Status
from receipted.hub.accounts import Accounts
from receipted.hub.notify import Notify
from receipted.hub.outbox import ENDPOINT, Outcome
from receipted.hub.ports import HttpAnswer, HttpFailure
from tests.contracts.store_gateway import KEY, sent_by_account
from tests.contracts.store_samples import NOW, Place, provider_id, receipt
from tests.hub.front import DOWN, Application, answered, telling
from tests.hub.stage import Clock, until

S = Status
URL = "https://app.example/dlr"


class Stage:
    """An account, the far application, a clock, and the worker."""

    def __init__(self, place: Place) -> None:
        self.place, self.http, self.clock = place, Application(), Clock()
        self.accounts = Accounts(place.store)

    async def open(self, **settings: object) -> None:
        given = {"dlr_url": URL, "signature_secret": "my_secret", "signature_method": "sha256", **settings}
        await self.accounts.save(Account(api_key=KEY, **given))  # type: ignore[arg-type]

    @asynccontextmanager
    async def telling(self, **more: int) -> AsyncIterator[Notify]:
        notify = telling(self.place, self.accounts, self.http, self.clock, **more)
        task = asyncio.create_task(notify.run())
        try:
            yield notify
        finally:
            task.cancel()
            await asyncio.wait([task])
            await notify.drain(0)

    async def outcomes(self, target: str = KEY) -> list[tuple[Status, Outcome, int]]:
        found = await self.place.store.deliveries(target=target)
        ordered = sorted(found, key=lambda one: (one.at_ms, one.statement))
        return [(one.status, one.outcome, one.attempts) for one in ordered]

    async def until(self, condition: Callable[[], Awaitable[bool]]) -> None:
        await until(condition, self.place.events)

    async def until_told(self, number: int, target: str = KEY) -> None:
        async def is_told() -> bool:
            return sum(outcome is not Outcome.WAITING for _, outcome, _ in await self.outcomes(target)) >= number

        await self.until(is_told)

    async def until_tried(self, attempts: int, target: str = KEY) -> None:
        async def is_tried() -> bool:
            return any(one[2] >= attempts for one in await self.outcomes(target))

        await self.until(is_tried)


@pytest.fixture
async def stage(place: Place) -> Stage:
    return Stage(place)


def said(call: tuple[str, str, object, bytes | None]) -> dict[str, str]:
    """The fields of a receipt, however they were sent."""
    method, url, _, body = call
    if method == "GET":
        return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
    assert body is not None
    if body.startswith(b"{"):
        return dict(json.loads(body))
    return {name: values[0] for name, values in parse_qs(body.decode()).items()}


@pytest.mark.parametrize("method", list(WebhookMethod))
async def test_a_receipt_is_told_in_vonages_words_signed_and_in_the_accounts_method(
    stage: Stage, method: WebhookMethod
) -> None:
    await stage.open(dlr_method=method, dlr_url=URL + "?mine=1")
    ids = (provider_id(), provider_id())
    made = await sent_by_account(stage.place.store, *ids)
    await stage.place.store.append([receipt(ids[1], S.FAILED, err_code="6")], NOW)
    async with stage.telling():
        await stage.until_told(1)
    (call,) = stage.http.calls
    fields = said(call)
    if method is WebhookMethod.GET:
        assert fields.pop("mine") == "1"
    assert call[0] == ("GET" if method is WebhookMethod.GET else "POST")
    assert {name: fields[name] for name in ("msisdn", "to", "messageId", "status", "err-code", "price", "api-key")} == {
        "msisdn": "447700900000",
        "to": "AcmeInc",
        "messageId": part_id(made.id, 2),
        "status": "failed",
        "err-code": "6",
        "price": "0.03330000",
        "api-key": KEY,
    }
    assert "" not in fields.values()
    assert verify_receipt(fields, "my_secret", "sha256", NOW, 300).good
    assert fields["sig"] == fields["sig"].upper()


async def test_each_change_is_told_once_and_in_order(stage: Stage) -> None:
    await stage.open()
    one = provider_id()
    await sent_by_account(stage.place.store, one)
    for number, status in enumerate((S.ACCEPTED, S.ACCEPTED, S.BUFFERED, S.DELIVERED, S.DELIVERED, S.FAILED)):
        await stage.place.store.append([receipt(one, status, carrier_ms=NOW + number)], NOW + number)
    stage.clock.now_ms = NOW + 100
    async with stage.telling():
        await stage.until_told(3)
    assert [said(call)["status"] for call in stage.http.calls] == ["accepted", "buffered", "delivered"]


async def test_receipts_that_are_not_final_are_left_out_where_an_account_does_not_want_them(stage: Stage) -> None:
    await stage.open(intermediate=False)
    one = provider_id()
    await sent_by_account(stage.place.store, one)
    for status in (S.ACCEPTED, S.DELIVERED):
        await stage.place.store.append([receipt(one, status)], NOW)
    async with stage.telling():
        await stage.until_told(2)
    assert [said(call)["status"] for call in stage.http.calls] == ["delivered"]
    assert [outcome for _, outcome, _ in await stage.outcomes()] == [Outcome.SKIPPED, Outcome.DELIVERED]


async def test_the_callback_of_a_request_comes_before_the_accounts_address(stage: Stage) -> None:
    await stage.open()
    one = provider_id()
    await sent_by_account(stage.place.store, one, options=Options(callback="https://other.example/cb"))
    await stage.place.store.append([receipt(one)], NOW)
    async with stage.telling():
        await stage.until_told(1)
    assert [call[1] for call in stage.http.calls] == ["https://other.example/cb"]


async def test_without_an_address_nobody_is_told_and_nothing_waits(stage: Stage) -> None:
    await stage.open(dlr_url="")
    one = provider_id()
    await sent_by_account(stage.place.store, one)
    await stage.place.store.append([receipt(one)], NOW)
    async with stage.telling():
        await stage.until_told(1)
    assert stage.http.calls == []
    assert await stage.outcomes() == [(S.DELIVERED, Outcome.SKIPPED, 0)]


@pytest.mark.parametrize("answer", [answered(500), answered(404), answered(302, location="https://x"), DOWN])
async def test_whatever_is_no_2xx_is_tried_again_signed_anew(stage: Stage, answer: HttpAnswer | HttpFailure) -> None:
    await stage.open()
    one = provider_id()
    await sent_by_account(stage.place.store, one)
    await stage.place.store.append([receipt(one)], NOW)
    answers = [answer, answered(204)]

    async def next_answer(_: str) -> HttpAnswer | HttpFailure:
        return answers.pop(0)

    stage.http.answers[URL] = next_answer
    async with stage.telling():
        await stage.until_tried(1)
        (waiting,) = await stage.place.store.owing()
        assert NOW + 2_500 <= waiting.next_due_ms <= NOW + 5_000
        stage.clock.now_ms = NOW + 60_000
        await stage.until_told(1)
    assert await stage.outcomes() == [(S.DELIVERED, Outcome.DELIVERED, 2)]
    first, second = map(said, stage.http.calls)
    assert first["nonce"] != second["nonce"]
    assert int(second["timestamp"]) - int(first["timestamp"]) == 60
    assert verify_receipt(second, "my_secret", "sha256", NOW + 60_000, 1).good


async def test_retry_after_is_honoured(stage: Stage) -> None:
    await stage.open()
    one = provider_id()
    await sent_by_account(stage.place.store, one)
    await stage.place.store.append([receipt(one)], NOW)

    async def busy(_: str) -> HttpAnswer:
        return answered(429, retry_after="600")

    stage.http.answers[URL] = busy
    async with stage.telling():
        await stage.until_tried(1)
    (waiting,) = await stage.place.store.owing()
    assert waiting.next_due_ms == NOW + 600_000


async def test_after_24_hours_it_is_given_up_and_can_be_replayed(stage: Stage) -> None:
    await stage.open()
    one = provider_id()
    await sent_by_account(stage.place.store, one)
    await stage.place.store.append([receipt(one)], NOW)
    stage.clock.now_ms = NOW + 86_400_000

    async def down(_: str) -> HttpFailure:
        return DOWN

    stage.http.answers[URL] = down
    async with stage.telling():
        await stage.until_told(1)
    assert [outcome for _, outcome, _ in await stage.outcomes()] == [Outcome.DEAD]
    (dead,) = await stage.place.store.deliveries(target=KEY, only=Outcome.DEAD)
    assert dead.said == "no connection: refused"
    stage.http.answers.clear()
    assert await stage.place.store.replay(KEY, 0, stage.clock.now_ms, Outcome.DEAD) == 1
    async with stage.telling():
        await stage.until_told(1)
    assert [outcome for _, outcome, _ in await stage.outcomes()] == [Outcome.DELIVERED]


async def test_an_earlier_status_is_not_told_after_a_later_one(stage: Stage) -> None:
    await stage.open()
    one = provider_id()
    await sent_by_account(stage.place.store, one)
    await stage.place.store.append([receipt(one, S.ACCEPTED)], NOW)
    answers: list[HttpAnswer] = [answered(503)]

    async def next_answer(_: str) -> HttpAnswer:
        return answers.pop(0) if answers else answered()

    stage.http.answers[URL] = next_answer
    async with stage.telling():
        await stage.until_tried(1)
        await stage.place.store.append([receipt(one)], NOW)
        await stage.until_told(1)
        stage.clock.now_ms = NOW + 60_000
        await stage.until_told(2)
    assert [said(call)["status"] for call in stage.http.calls] == ["accepted", "delivered"]
    assert [(status, outcome) for status, outcome, _ in await stage.outcomes()] == [
        (S.ACCEPTED, Outcome.SKIPPED),
        (S.DELIVERED, Outcome.DELIVERED),
    ]


async def test_one_that_never_answers_holds_up_nobody_else_and_has_few_requests_at_once(stage: Stage) -> None:
    await stage.open()
    other = "wxyz5678"
    await stage.accounts.save(Account(api_key=other, dlr_url="https://healthy.example/"))
    never: asyncio.Future[HttpAnswer] = asyncio.get_running_loop().create_future()

    async def hang(_: str) -> HttpAnswer:
        return await asyncio.shield(never)

    stage.http.answers[URL] = hang
    store = stage.place.store
    for _ in range(20):
        one = provider_id()
        await sent_by_account(store, one)
        await store.append([receipt(one)], NOW)
    async with stage.telling(at_once=4):
        await stage.until(lambda: _is(stage.http.under_way == 4))
        one = provider_id()
        await sent_by_account(store, one, account=other)
        await store.append([receipt(one)], NOW)
        await stage.until_told(1, other)
        assert stage.http.most_under_way <= 5
    never.cancel()


async def _is(value: bool) -> bool:
    return value


async def test_an_address_that_keeps_failing_is_left_alone_without_using_up_tries(stage: Stage) -> None:
    await stage.open()

    async def down(_: str) -> HttpFailure:
        return DOWN

    stage.http.answers[URL] = down
    store = stage.place.store
    for _ in range(40):
        one = provider_id()
        await sent_by_account(store, one)
        await store.append([receipt(one)], NOW)

    async with stage.telling(at_once=1):

        async def all_wait() -> bool:
            return await store.targets_due(NOW) == []

        await stage.until(all_wait)
    assert len(stage.http.calls) == 5
    tries = [attempts for _, _, attempts in await stage.outcomes()]
    assert (tries.count(1), tries.count(0)) == (5, 35)
    stage.http.answers.clear()
    stage.clock.now_ms = NOW + 600_000
    async with stage.telling():
        await stage.until_told(40)


async def test_what_was_being_told_at_a_crash_is_told_again(stage: Stage) -> None:
    await stage.open()
    one = provider_id()
    await sent_by_account(stage.place.store, one)
    await stage.place.store.append([receipt(one)], NOW)
    never: asyncio.Future[HttpAnswer] = asyncio.get_running_loop().create_future()

    async def hang(_: str) -> HttpAnswer:
        return await asyncio.shield(never)

    stage.http.answers[URL] = hang
    async with stage.telling():
        await stage.until(lambda: _is(stage.http.under_way == 1))
    stage.http.answers.clear()
    async with stage.telling():
        await stage.until_told(1)
    assert len(stage.http.calls) == 2
    never.cancel()


# --- endpoints --------------------------------------------------------------------------------------------------------

SECRETS = (new_secret(b"n" * 32), new_secret(b"o" * 32))
APP = Endpoint(name="app", url="https://own.example/events", secrets=SECRETS)


async def test_an_endpoint_is_told_every_event_signed_with_every_secret(stage: Stage) -> None:
    await stage.accounts.save_endpoint(APP)
    one = provider_id()
    made = await sent_by_account(stage.place.store, one)
    await stage.place.store.append([receipt(one)], NOW)
    async with stage.telling():
        await stage.until_told(3, ENDPOINT + "app")
    mine = [call for call in stage.http.calls if call[1] == APP.url]
    bodies = [json.loads(call[3] or b"") for call in mine]
    assert sorted(body["data"]["version"] for body in bodies) == [1, 2, 3]
    assert {body["type"] for body in bodies} == {"message.queued", "message.submitted", "message.delivered"}
    assert {body["data"]["message"]["id"] for body in bodies} == {made.id}
    for _, _, headers, body in mine:
        for secret in SECRETS:
            verify(headers, body or b"", [secret], now_s=NOW // 1000)


async def test_a_filter_leaves_the_other_statuses_out(stage: Stage) -> None:
    await stage.accounts.save_endpoint(replace(APP, statuses=(S.DELIVERED,)))
    one = provider_id()
    await sent_by_account(stage.place.store, one)
    await stage.place.store.append([receipt(one)], NOW)
    async with stage.telling():
        await stage.until_told(1, ENDPOINT + "app")
    assert [status for status, _, _ in await stage.outcomes(ENDPOINT + "app")] == [S.DELIVERED]


async def test_an_endpoint_that_fails_for_long_is_disabled_loudly_and_loses_nothing(stage: Stage) -> None:
    await stage.accounts.save_endpoint(APP)

    async def down(_: str) -> HttpFailure:
        return DOWN

    stage.http.answers[APP.url] = down
    one = provider_id()
    await sent_by_account(stage.place.store, one)
    async with stage.telling(give_up_ms=3_600_000):
        await stage.until(lambda: _is(stage.accounts.endpoint("app").failing_since_ms == NOW))
        stage.clock.now_ms = NOW + 3_700_000
        await stage.until(lambda: _is(stage.accounts.endpoint("app").disabled))
    assert "has not answered well for 1 h" in stage.accounts.endpoint("app").disabled_for
    assert [what for what, _ in stage.place.observed if what == "endpoint.disabled"]
    await stage.place.store.append([receipt(one)], stage.clock.now_ms)
    stage.http.answers.clear()
    await stage.accounts.change_endpoint("app", disabled=False, disabled_for="", failing_since_ms=None)
    stage.clock.now_ms += 600_000
    async with stage.telling():
        await stage.until_told(3, ENDPOINT + "app")
    assert {status for status, _, _ in await stage.outcomes(ENDPOINT + "app")} == {S.QUEUED, S.SUBMITTED, S.DELIVERED}


async def test_a_disabled_endpoint_is_told_nothing_until_it_is_enabled(stage: Stage) -> None:
    await stage.accounts.save_endpoint(replace(APP, disabled=True))
    await stage.open()
    one = provider_id()
    await sent_by_account(stage.place.store, one)
    await stage.place.store.append([receipt(one)], NOW)
    async with stage.telling():
        await stage.until_told(1)
        assert await stage.outcomes(ENDPOINT + "app") == []
        await stage.accounts.change_endpoint("app", disabled=False)
        await stage.until_told(3, ENDPOINT + "app")
