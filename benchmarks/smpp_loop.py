"""SMS over SMPP, end to end on loopback: ``python -m benchmarks.smpp_loop``, which ``make bench`` runs too.

Everybody submits to ``receipted carrier`` in a process of its own. The hub does all of it: from its durable queue to
the carrier, the answer stored, the receipt stored and applied. Our bare session and smpplib only submit. Kannel is
given its messages over HTTP, as it is used, asks for receipts as the hub does, and keeps all of it in memory.
"""

import asyncio
import contextlib
import os
import shutil
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import aiohttp
import aiohttp.web
import psutil
import smpplib.client  # type: ignore[import-untyped]
from rich import box
from rich.console import Console
from rich.table import Table

from benchmarks import report
from benchmarks.servers import ROOT, cpu_s, free_port, peak_rss_mib
from receipted.dialects.smpp.events import Answered, Bound
from receipted.dialects.smpp.pdus import Command, Value
from receipted.dialects.smpp.session import Role, Session, SessionSettings
from receipted.domain.message import Content, Kind, Message, Part
from receipted.domain.status import Status, order_key
from receipted.hub.ports import NewMessage
from receipted.hub.wake import LocalWake
from receipted.storage.ids import new_id
from receipted.storage.store import open_store
from tests.whole.test_kannel import CONFIGURATION

WINDOWS = (1, 10, 100)
IN_FLIGHT = 100_000
TEXT = "Your appointment is tomorrow at 10:30. Reply C to cancel."
SMS: dict[str, Value] = {
    "source_addr_ton": 5,
    "source_addr": "Acme",
    "dest_addr_ton": 1,
    "dest_addr_npi": 1,
    "destination_addr": "447700900123",
    "short_message": TEXT.encode(),
}


class Rate(NamedTuple):
    """One client under one window. CPU in µs per message: the client's and the carrier's."""

    client: str
    what: str
    window: int
    messages: int
    seconds: float
    client_us: float
    carrier_us: float

    @property
    def per_s(self) -> float:
        return self.messages / self.seconds


class Carrier:
    """``receipted carrier`` as a process."""

    def __init__(self, *options: str) -> None:
        self.port = free_port()
        command = [sys.executable, "-m", "receipted", "carrier", "--port", str(self.port), "--window", "100000",
                   "--receipt-window", "1000", "--speed", "1000000", *options]  # fmt: skip
        self.process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL)
        self.processes = [psutil.Process(self.process.pid)]
        while not _listens(self.port):
            time.sleep(0.02)

    def __enter__(self) -> "Carrier":
        return self

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        self.process.wait()


def _listens(port: int) -> bool:
    with closing(socket.socket()) as trial:
        return trial.connect_ex(("127.0.0.1", port)) == 0


@contextmanager
def measured(client: str, what: str, window: int, messages: int, carrier: Carrier,
             processes: Callable[[], list[psutil.Process]], into: list[Rate]) -> Iterator[None]:  # fmt: skip
    ours, theirs, started = cpu_s(processes()), cpu_s(carrier.processes), time.perf_counter()
    yield
    seconds = time.perf_counter() - started
    micros = 1e6 / messages
    into.append(
        Rate(client, what, window, messages, seconds, (cpu_s(processes()) - ours) * micros,
             (cpu_s(carrier.processes) - theirs) * micros)
    )  # fmt: skip


def ourselves() -> list[psutil.Process]:
    return [psutil.Process()]


# --- clients ----------------------------------------------------------------------------------------------------------


class Esme:
    """Our session over a blocking socket: submits as fast as the window allows."""

    def __init__(self, port: int, window: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._session = Session(Role.ESME, SessionSettings(window=window, enquire_link_ms=0), _now_ms())
        self._session.bind(Command.BIND_TRANSMITTER, _now_ms(), {"system_id": "bench"})
        while not any(isinstance(event, Bound) for event in self._turn()):
            pass

    def run(self, messages: int, *, wait: bool = True) -> None:
        session, left, answered, now_ms = self._session, messages, 0, _now_ms()
        while left or (wait and answered < messages):
            for _ in range(min(left, session.free(now_ms))):
                session.request(Command.SUBMIT_SM, now_ms, SMS)
                left -= 1
            if not wait:
                self._socket.sendall(session.data_to_send())
                continue
            answered += sum(isinstance(event, Answered) for event in self._turn())

    def _turn(self) -> list[Any]:
        self._socket.sendall(self._session.data_to_send())
        return list(self._session.receive(self._socket.recv(262_144), _now_ms()))


def _now_ms() -> int:
    return int(time.monotonic() * 1000)


def ours(carrier: Carrier, window: int, messages: int, into: list[Rate]) -> None:
    esme = Esme(carrier.port, window)
    with measured("our session", "submit, answer", window, messages, carrier, ourselves, into):
        esme.run(messages)


def with_smpplib(carrier: Carrier, window: int, messages: int, into: list[Rate]) -> None:
    client = smpplib.client.Client("127.0.0.1", carrier.port, allow_unknown_opt_params=True)
    client.logger.disabled = True
    client.set_message_sent_handler(lambda pdu: None)
    client.connect()
    client.bind_transmitter(system_id="smpplib", password="")
    with measured("smpplib", "submit, answer", window, messages, carrier, ourselves, into):
        sent = answered = 0
        while answered < messages:
            while sent < messages and sent - answered < window:
                client.send_message(source_addr_ton=5, source_addr="Acme", dest_addr_ton=1, dest_addr_npi=1,
                                    destination_addr="447700900123", short_message=TEXT.encode())  # fmt: skip
                sent += 1
            client.read_once()
            answered += 1


async def _fill(folder: Path, messages: int) -> None:
    """Messages in a hub's queue, as if an application had sent them while the carrier was away."""
    store = await open_store("", folder, waiting=100_000, rejected_kept=0, observe=_nobody, events=LocalWake())
    at_ms = time.time_ns() // 1_000_000
    await asyncio.gather(*(store.accept(NewMessage(message=_message(at_ms))) for _ in range(messages)))
    await store.close()


def _nobody(what: str, **facts: object) -> None:
    """Observes nothing."""


def _message(at_ms: int) -> Message:
    message_id, key = new_id(), order_key(Status.QUEUED, at_ms)
    part = Part(message_id=message_id, seq=1, provider="acme", provider_message_id=None, status=Status.QUEUED,
                status_key=key)  # fmt: skip
    return Message(
        id=message_id, provider="acme", recipient="447700900123", sender="Acme", country="GB", part_count=1,
        content=Content(kind=Kind.TEXT, text=TEXT), status=Status.QUEUED, version=1, created_ms=at_ms,
        updated_ms=at_ms, parts=(part,),
    )  # fmt: skip


def hub(carrier: Carrier, window: int, messages: int, into: list[Rate]) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        asyncio.run(_fill(folder, messages))
        section = {"KIND": "smpp", "HOST": "127.0.0.1", "PORT": str(carrier.port), "SYSTEM_ID": "hub",
                   "RATE_PER_S": "0", "WINDOW": str(window)}  # fmt: skip
        settings = {"DATA_DIR": name, "PORT": "0", "LOG__LEVEL": "error"} | {
            f"PROVIDERS__ACME__{key}": value for key, value in section.items()
        }
        environment = {**os.environ, **{f"RECEIPTED_{key}": value for key, value in settings.items()}}
        process = subprocess.Popen([sys.executable, "-m", "receipted", "serve"], cwd=ROOT, env=environment,
                                   stdout=subprocess.DEVNULL)  # fmt: skip
        try:
            database = sqlite3.connect(f"file:{folder / 'receipted.db'}?mode=ro", uri=True)
            _until(lambda: _count(database, "delivered") > 0)
            done = _count(database, "delivered")
            left = messages - done
            processes = [psutil.Process(process.pid)]
            with measured("the hub", "all, durable", window, left, carrier, lambda: processes, into):
                _until(lambda: _count(database, "delivered") == messages)
            database.close()
        finally:
            process.terminate()
            process.wait()


def _count(database: sqlite3.Connection, status: str) -> int:
    query = "SELECT count(*) FROM message WHERE status = ?"
    return int(database.execute(query, (status,)).fetchone()[0])


def _until(condition: Callable[[], bool], wait_s: float = 120.0) -> None:
    deadline = time.monotonic() + wait_s
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"not within {wait_s} s")
        time.sleep(0.02)


def kannel(carrier: Carrier, window: int, messages: int, into: list[Rate]) -> None:
    """bearerbox and smsbox; a message counts when its final delivery report has come to our web server."""
    where = f"{os.environ['PATH']}:/usr/sbin"
    boxes = [shutil.which(name, path=where) for name in ("bearerbox", "smsbox")]
    if not all(boxes):
        return
    asyncio.run(_kannel(carrier, window, messages, into, [str(one) for one in boxes]))


async def _kannel(carrier: Carrier, window: int, messages: int, into: list[Rate], boxes: list[str]) -> None:
    heard = 0

    async def hear(request: aiohttp.web.Request) -> aiohttp.web.Response:
        nonlocal heard
        heard += 1
        return aiohttp.web.Response(text="")

    ports = {name: free_port() for name in ("admin", "boxes", "sending", "hearing")}
    text = CONFIGURATION.format(carrier=carrier.port, **ports)
    text = text.replace("reconnect-delay = 1", f"reconnect-delay = 1\nmax-pending-submits = {window}")
    app = aiohttp.web.Application()
    app.router.add_get("/dlr", hear)
    runner = aiohttp.web.AppRunner(app, access_log=None)
    await runner.setup()
    await aiohttp.web.TCPSite(runner, "127.0.0.1", ports["hearing"]).start()
    started: list[subprocess.Popen[bytes]] = []
    with tempfile.TemporaryDirectory() as name:
        (Path(name) / "kannel.conf").write_text(text)
        try:
            for box_path, port in zip(boxes, (ports["boxes"], ports["sending"]), strict=True):
                command = [box_path, "-v", "4", "kannel.conf"]
                started.append(subprocess.Popen(command, cwd=name, stdout=subprocess.DEVNULL,
                                                stderr=subprocess.DEVNULL))  # fmt: skip
                while not _listens(port):
                    await asyncio.sleep(0.05)
            await asyncio.sleep(2)
            processes = [psutil.Process(one.pid) for one in started]
            with measured("Kannel", "all, in memory", window, messages, carrier, lambda: processes, into):
                await _inject(ports, messages)
                deadline = time.monotonic() + 120
                while heard < messages and time.monotonic() < deadline:
                    await asyncio.sleep(0.01)
        finally:
            for one in reversed(started):
                one.kill()
                one.wait()
            await runner.cleanup()


async def _inject(ports: dict[str, int], messages: int) -> None:
    query = {"username": "tester", "password": "tester", "from": "Acme", "to": "447700900123", "text": TEXT,
             "dlr-mask": "3", "dlr-url": f"http://127.0.0.1:{ports['hearing']}/dlr"}  # fmt: skip
    left = iter(range(messages))

    async def work(session: aiohttp.ClientSession) -> None:
        for _ in left:
            with contextlib.suppress(aiohttp.ClientError):
                async with session.get(f"http://127.0.0.1:{ports['sending']}/cgi-bin/sendsms", params=query) as answer:
                    await answer.read()

    async with aiohttp.ClientSession() as session:
        await asyncio.gather(*(work(session) for _ in range(32)))


# --- what is shown ----------------------------------------------------------------------------------------------------


def run(say: Callable[[str], None]) -> list[Rate]:
    rates: list[Rate] = []
    with Carrier() as carrier:
        for window in WINDOWS:
            few = window == 1
            for name, work, messages in (
                ("our session", ours, 5_000 if few else 40_000),
                ("smpplib", with_smpplib, 5_000 if few else 20_000),
                ("the hub", hub, 1_500 if few else 5_000),
                ("Kannel", kannel, 500 if few else 5_000),
            ):
                say(f"{name}, window {window}")
                work(carrier, window, messages, rates)
    return rates


def in_flight() -> tuple[float, float]:
    """Memory of a session, and of the carrier, in MiB more than at rest, with ``IN_FLIGHT`` submits unanswered."""
    with Carrier("--latency", "600000") as carrier:
        esme = Esme(carrier.port, IN_FLIGHT)
        ours_mib, theirs_mib = peak_rss_mib(ourselves()), peak_rss_mib(carrier.processes)
        esme.run(IN_FLIGHT, wait=False)
        busy = cpu_s(carrier.processes)
        while True:
            time.sleep(0.5)
            if (now := cpu_s(carrier.processes)) - busy < 0.05:
                break
            busy = now
        return peak_rss_mib(ourselves()) - ours_mib, peak_rss_mib(carrier.processes) - theirs_mib


def show(to: Console, say: Callable[[str], None]) -> None:
    """Measure, and print the tables."""
    look = box.ROUNDED if to.is_terminal else None
    table = Table(title="SMS over SMPP, to the simulated carrier", title_justify="left", box=look)
    for name in ("client", "what"):
        table.add_column(name, no_wrap=True)
    for name in ("window", "messages/s", "client CPU µs", "carrier CPU µs"):
        table.add_column(name, justify="right", no_wrap=True)
    for rate in run(say):
        table.add_row(rate.client, rate.what, str(rate.window), f"{rate.per_s:,.0f}", f"{rate.client_us:,.0f}",
                      f"{rate.carrier_us:,.0f}")  # fmt: skip
    to.print(table)
    say(f"{IN_FLIGHT:,} in flight")
    ours_mib, theirs_mib = in_flight()
    to.print(
        f"{IN_FLIGHT:,} submits in flight: {ours_mib:,.0f} MiB in the session, {theirs_mib:,.0f} MiB in the carrier"
    )


if __name__ == "__main__":
    show(report.console(), lambda what: print(what, file=sys.stderr, flush=True))
