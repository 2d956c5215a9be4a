"""Kannel, a gateway that we did not write, bound to the simulated carrier: what it sends, hears and survives."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from tests.carrier.far_esme import Observed, running
from tests.peers.programs import free_port, needs, program, until

CURE = "apt-get install kannel"
DELIVERED, FAILED, TAKEN_BY_SMSC = "1", "2", "8"
"""Kannel's %d: the type of a delivery report."""

CONFIGURATION = """
group = core
admin-port = {admin}
admin-password = x
smsbox-port = {boxes}
box-deny-ip = "*.*.*.*"
box-allow-ip = "127.0.0.1"
dlr-storage = internal
sms-resend-freq = 1

group = smsc
smsc = smpp
smsc-id = carrier
host = 127.0.0.1
port = {carrier}
transceiver-mode = true
smsc-username = kannel
smsc-password = secret
system-type = ""
enquire-link-interval = 1
reconnect-delay = 1

group = smsbox
bearerbox-host = 127.0.0.1
sendsms-port = {sending}
sendsms-chars = "0123456789 +-"

group = sendsms-user
username = tester
password = tester
max-messages = 10
concatenation = true

group = sms-service
keyword = default
catch-all = true
max-messages = 0
get-url = "http://127.0.0.1:{hearing}/mo?from=%p&to=%P&text=%a"
"""


class Kannel:
    """bearerbox and smsbox. ``heard`` has every call to our web server: its path and query."""

    def __init__(self, sending: int, hearing: int) -> None:
        self.sending = sending
        self.hearing = hearing
        self.heard: list[tuple[str, dict[str, str]]] = []
        self.session: aiohttp.ClientSession

    async def hear(self, request: web.Request) -> web.Response:
        self.heard.append((request.path, dict(request.query)))
        return web.Response(text="")

    async def send(self, suffix: str, text: str = "Hello", **more: str) -> str:
        """Send by smsbox's HTTP; returns what it answers."""
        query = {
            "username": "tester",
            "password": "tester",
            "from": "Acme",
            "to": f"44770090{suffix}",
            "text": text,
            "dlr-mask": "31",
            "dlr-url": f"http://127.0.0.1:{self.hearing}/dlr?to={suffix}&type=%d",
            **more,
        }
        url = f"http://127.0.0.1:{self.sending}/cgi-bin/sendsms"
        async with self.session.get(url, params=query) as answer:
            return f"{answer.status} {await answer.text()}"

    async def hears(self, suffix: str, report: str) -> None:
        """Wait for a delivery report."""
        await until(lambda: report in self.reports(suffix), f"{report} for {suffix}")

    def reports(self, suffix: str) -> list[str]:
        """The types of the delivery reports for a number, in the order of their coming."""
        return [query["type"] for path, query in self.heard if path == "/dlr" and query["to"] == suffix]


@asynccontextmanager
async def kannel(carrier: int, folder: Path) -> AsyncIterator[Kannel]:
    bearerbox, smsbox = needs("bearerbox", CURE), needs("smsbox", CURE)
    ports = {name: free_port() for name in ("admin", "boxes", "sending", "hearing")}
    (folder / "kannel.conf").write_text(CONFIGURATION.format(carrier=carrier, **ports))
    gateway = Kannel(ports["sending"], ports["hearing"])
    async with AsyncExitStack() as stack:
        app = web.Application()
        app.router.add_get("/{tail:.*}", gateway.hear)
        runner = web.AppRunner(app)
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        await web.TCPSite(runner, "127.0.0.1", gateway.hearing).start()
        gateway.session = await stack.enter_async_context(aiohttp.ClientSession())
        await stack.enter_async_context(program(bearerbox, "-v", "1", "kannel.conf", folder=folder))
        await _listens(ports["boxes"])
        await stack.enter_async_context(program(smsbox, "-v", "1", "kannel.conf", folder=folder))
        await _listens(gateway.sending)
        yield gateway


async def _listens(port: int) -> None:
    async with asyncio.timeout(20):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.02)
                continue
            writer.close()
            return


@pytest.fixture
async def observed() -> Observed:
    return Observed()


async def test_kannel_hears_what_became_of_its_messages(tmp_path: Path, observed: Observed) -> None:
    async with running(observed, speed=20.0) as smsc, kannel(smsc.port, tmp_path) as gateway:
        await until(lambda: observed.named("carrier.bound"), "Kannel's bind")
        assert (await gateway.send("0001")).startswith("202")
        await gateway.send("9008")
        await gateway.send("9300")
        await gateway.send("9104")
        await gateway.hears("0001", DELIVERED)
        await gateway.hears("9008", FAILED)
        await gateway.hears("9300", DELIVERED)
        await until(lambda: gateway.reports("9104"), "the refused one")
        assert gateway.reports("0001")[0] == TAKEN_BY_SMSC
        assert DELIVERED not in gateway.reports("9104")


async def test_long_texts_and_other_alphabets_arrive_whole(tmp_path: Path, observed: Observed) -> None:
    async with running(observed, speed=50.0) as smsc, kannel(smsc.port, tmp_path) as gateway:
        await until(lambda: observed.named("carrier.bound"), "Kannel's bind")
        await gateway.send("0002", "Every SMS, receipted. " * 15)
        await gateway.send("0003", "Каждое сообщение с квитанцией", coding="2", charset="UTF-8")
        await gateway.hears("0003", DELIVERED)
        await until(lambda: gateway.reports("0002").count(DELIVERED) >= 1, "the long one")
        parts = [
            facts["part"] for facts in observed.named("carrier.submit") if str(facts["recipient"]).endswith("0002")
        ]
        assert parts == [1, 2, 3]


async def test_an_sms_of_a_phone_reaches_its_service(tmp_path: Path, observed: Observed) -> None:
    async with running(observed, speed=50.0) as smsc, kannel(smsc.port, tmp_path) as gateway:
        await until(lambda: observed.named("carrier.bound"), "Kannel's bind")
        await gateway.send("9313")
        _, query = await until(lambda: next((one for one in gateway.heard if one[0] == "/mo"), None), "the SMS")
        assert query["from"].endswith("447700909313")
        assert query["text"]


async def test_kannel_comes_back_to_a_carrier_that_was_away(tmp_path: Path, observed: Observed) -> None:
    port = free_port()
    async with running(observed, port=port, speed=50.0), AsyncExitStack() as stack:
        gateway = await stack.enter_async_context(kannel(port, tmp_path))
        left = stack.pop_all()
        await until(lambda: observed.named("carrier.bound"), "Kannel's bind")
        await gateway.send("0004")
        await gateway.hears("0004", DELIVERED)
    async with left:
        again = Observed()
        async with running(again, port=port, speed=50.0):
            await until(lambda: again.named("carrier.bound"), "Kannel's second bind")
            await gateway.send("0005")
            await gateway.hears("0005", DELIVERED)


async def test_no_pdu_of_ours_is_strange_to_kannel(tmp_path: Path, observed: Observed) -> None:
    async with running(observed, speed=50.0) as smsc, kannel(smsc.port, tmp_path) as gateway:
        await until(lambda: observed.named("carrier.bound"), "Kannel's bind")
        for suffix in ("9330", "9331", "9335", "9336", "9337"):
            await gateway.send(suffix)
        for suffix in ("9331", "9335", "9336", "9337"):
            await gateway.hears(suffix, DELIVERED)
        # Kannel asks each second whether we are there, and stays.
        bound = len(observed.named("carrier.bound"))
        await until(lambda: smsc.counts.receipts_taken >= 5)
        assert bound == len(observed.named("carrier.bound"))
        assert not observed.named("carrier.malformed")
