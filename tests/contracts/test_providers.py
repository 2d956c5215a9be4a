"""Every provider against the one suite. Each has a far side of its own: nothing of ours is replaced."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from itertools import count

import pytest
from aiohttp import web

from receipted.dialects.smpp.pdus import Pdu
from receipted.domain.receipt import Receipt
from receipted.domain.status import FINAL
from receipted.hub.links import Inbound
from receipted.hub.ports import HttpAnswer, HttpFailure, Provider, Submission, WebhookRequest
from receipted.providers import Context, build
from receipted.providers.http import AiohttpClient
from tests.contracts import provider_contract as suite
from tests.contracts.provider_contract import Far, ProviderContract, now_ms, webhook
from tests.providers.far_smsc import FarSmsc, Line, Taker, far_smsc, receipt_of, until


def observe(what: str, **facts: object) -> None:
    """Nobody looks."""


class NoHttp:
    """For a provider that calls nobody."""

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
        raise AssertionError(f"called {url}")


class Pushed:
    """Behind a provider that pushes its receipts: they are waited for."""

    secrets: tuple[str, ...] = ()
    refusal = "15"
    echoes = True

    def __init__(self, provider: Provider) -> None:
        self.provider = provider
        self._receipts: list[Receipt] = []
        self._came = asyncio.Event()

    async def deliver(self, receipts: Sequence[Receipt]) -> None:
        self._receipts.extend(receipts)
        self._came.set()

    async def take_inbound(self, taken: Sequence[Inbound]) -> None:
        raise AssertionError("it has nothing to hand over but receipts")

    async def receipts(self, submission: Submission, ids: Sequence[str]) -> list[Receipt]:
        async with asyncio.timeout(10):
            while {r.provider_message_id for r in self._receipts if r.status in FINAL} != set(ids):
                self._came.clear()
                await self._came.wait()
        return self._receipts


class TestSandbox(ProviderContract):
    """The simulated carrier, in fast time."""

    @pytest.fixture
    async def far(self) -> AsyncIterator[Far]:
        context = Context(clock=now_ms, http=NoHttp(), observe=observe)
        far = Pushed(build("sandbox", {"speed": 1_000}, context))
        yield far
        await far.provider.close()


class Vonage:
    """Behind the provider ``vonage``: a server that answers as Vonage does, and writes its receipts (JSON POST)."""

    secrets: tuple[str, ...] = ("contract-secret-1",)
    refusal = "15"
    echoes = True
    key = "abcd1234"

    def __init__(self) -> None:
        self.provider: Provider
        self._ids = count(1)

    async def deliver(self, receipts: Sequence[Receipt]) -> None:
        raise AssertionError("its receipts come by webhook")

    async def take_inbound(self, taken: Sequence[Inbound]) -> None:
        raise AssertionError("it has nothing to hand over but receipts")

    async def receipts(self, submission: Submission, ids: Sequence[str]) -> list[Receipt]:
        return [receipt for each in ids for receipt in self.provider.read(self._receipt(submission, each), now_ms())]

    def _receipt(self, submission: Submission, message_id: str) -> WebhookRequest:
        said = {
            "msisdn": submission.recipient,
            "to": submission.sender,
            "network-code": "23410",
            "messageId": message_id,
            "price": "0.03330000",
            "status": "delivered",
            "scts": "2001011400",
            "err-code": "0",
            "api-key": self.key,
            "client-ref": submission.client_ref,
            "message-timestamp": "2020-01-01 14:00:00",
        }
        return webhook(self.provider.webhook_paths[0], body=json.dumps(said).encode(), content_type="application/json")

    async def sms(self, request: web.Request) -> web.Response:
        """The endpoint /sms/json (vonage-sms.md 1.4 to 1.6)."""
        asked = await request.post()
        recipient, parts = str(asked["to"]), -(-len(str(asked["text"])) // 160)
        match recipient:
            case suite.LOST:
                assert request.transport is not None
                request.transport.close()
                items = []
            case suite.REFUSED:
                items = [{"status": "15", "error-text": "Illegal Sender Address - rejected"}]
            case suite.THROTTLED:
                items = [{"status": "1", "error-text": "Throughput Rate Exceeded - please wait [ 702 ] and retry"}]
            case _:
                items = [self._taken(recipient, str(asked["client-ref"])) for _ in range(parts)]
        return web.json_response({"message-count": str(len(items)), "messages": items})

    def _taken(self, recipient: str, client_ref: str) -> dict[str, str]:
        return {
            "to": recipient,
            "message-id": f"aaaaaaaa-bbbb-cccc-dddd-{next(self._ids):012x}",
            "status": "0",
            "remaining-balance": "3.14159265",
            "message-price": "0.03330000",
            "network": "23410",
            "client-ref": client_ref,
        }


@asynccontextmanager
async def served(app: web.Application) -> AsyncIterator[str]:
    """The address of a real server on this machine."""
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


class TestVonage(ProviderContract):
    """Vonage, against a server that plays it."""

    @pytest.fixture
    async def far(self) -> AsyncIterator[Far]:
        far = Vonage()
        app = web.Application()
        app.router.add_post("/sms/json", far.sms)
        http = AiohttpClient()
        async with served(app) as base_url:
            section = {"api_key": far.key, "api_secret": far.secrets[0], "base_url": base_url}
            far.provider = build("vonage", section, Context(clock=now_ms, http=http, observe=observe))
            yield far
            await far.provider.close()
            await http.close()


class Carrier:
    """Behind the provider ``smpp``: an SMSC that does by number what the contract asks for."""

    secrets: tuple[str, ...] = ("secret-8",)
    refusal = "0x0000000A"
    echoes = False

    def __init__(self, provider: Provider, smsc: FarSmsc) -> None:
        self.provider = provider
        self.smsc = smsc
        self.taker = Taker()
        self.deliver = self.taker.deliver
        self.take_inbound = self.taker.take_inbound
        smsc.on_submit = self._submit

    def _submit(self, line: Line, submit: Pdu) -> None:
        said = {suite.REFUSED: 0x0A, suite.THROTTLED: 0x58}.get(submit.text("destination_addr"))
        if said:
            line.answer(submit, status=said)
        elif submit.text("destination_addr") != suite.LOST:
            self.smsc.take(line, submit)

    async def receipts(self, submission: Submission, ids: Sequence[str]) -> list[Receipt]:
        line = self.smsc.lines[0]
        for each in ids:
            fields = receipt_of(each, source_addr=submission.recipient, destination_addr=submission.sender)
            await line.answer_to(line.deliver(fields))
        return self.taker.receipts


class TestSmpp(ProviderContract):
    """A carrier, bound to over a real socket."""

    @pytest.fixture
    async def far(self) -> AsyncIterator[Far]:
        async with far_smsc() as smsc:
            section = {"host": "127.0.0.1", "port": smsc.port, "system_id": "gw", "password": "secret-8",
                       "rate_per_s": 0, "response_s": 0.2}  # fmt: skip
            far = Carrier(build("smpp", section, Context(clock=now_ms, http=NoHttp(), observe=observe)), smsc)
            await far.provider.start(far.deliver, far.take_inbound)
            await until(lambda: far.provider.ready() is None)
            yield far
            await far.provider.close()
