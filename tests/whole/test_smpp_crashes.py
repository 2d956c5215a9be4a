"""Kill -9 of the hub, and of the carrier, with a thousand messages in flight: nothing lost, nothing sent twice.

What was sent is told by the carrier's own log: each message has a sender of its own, so the log says how often it was
taken; and it says which receipts were answered OK.
"""

import asyncio
import functools
import json
import random
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import IO, Any

import aiohttp
import pytest

from tests.cli.command import environment
from tests.peers.programs import free_port
from tests.whole.conftest import MakeHub
from tests.whole.hubs import Client, HubProcess, until

MESSAGES = 1_000
ROUNDS = 3
SEED = 20_261_123
ENDED = ("delivered", "unknown")
STORED = "SELECT provider_message_id FROM receipt UNION SELECT provider_message_id FROM unmatched"
SETTINGS = {
    "DEFAULT_PROVIDER": "acme",
    "PROVIDERS__ACME__KIND": "smpp",
    "PROVIDERS__ACME__HOST": "127.0.0.1",
    "PROVIDERS__ACME__SYSTEM_ID": "gw",
    "PROVIDERS__ACME__WINDOW": "1000",
    "PROVIDERS__ACME__RATE_PER_S": "0",
    "PROVIDERS__ACME__RECONNECT_FIRST_S": "0.1",
    "PROVIDERS__ACME__RECONNECT_MOST_S": "0.5",
    "EXPIRY__AMBIGUOUS_S": "3",
    "EXPIRY__EVERY_S": "0.2",
    "LOG__LEVEL": "warning",
}


class CarrierProcess:
    """``receipted carrier --state``, again and again on one port. ``told`` is its log over all its lives."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.port = free_port()
        self._folder = folder
        self._options = options
        self._log = folder / "carrier.log"
        self._process: subprocess.Popen[bytes] | None = None

    async def start(self) -> None:
        begun = len(self.told())
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(self._command(log), cwd=self._folder, env=environment(self._folder),
                                             stdout=log)  # fmt: skip
        await until(lambda: len(self.told()) > begun, 30, "the carrier to start")

    def _command(self, _log: IO[bytes]) -> list[str]:
        return [sys.executable, "-m", "receipted", "carrier", "--port", str(self.port), "--json", "--state", "state.db",
                *self._options]  # fmt: skip

    def kill(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGKILL)
        self._process.wait(10)

    def told(self) -> list[dict[str, Any]]:
        """Every event; a line that the kill cut short is none."""
        if not self._log.exists():
            return []
        return list(_whole_lines(self._log.read_text()))

    def taken(self) -> Counter[str]:
        """How often the carrier took each message, by its sender."""
        return Counter(str(one["sender"]) for one in self.told() if one.get("event") == "carrier.submit" and one["id"])

    def answered(self) -> set[str]:
        """The ids of receipts that the hub answered OK."""
        return {str(one["id"]) for one in self.told() if one.get("event") == "carrier.receipt_taken"}


def _whole_lines(text: str) -> Iterator[dict[str, Any]]:
    for line in text.splitlines():
        try:
            yield json.loads(line)
        except ValueError:
            continue


@asynccontextmanager
async def both(make_hub: MakeHub, folder: Path, *options: str) -> AsyncIterator[tuple[HubProcess, CarrierProcess]]:
    carrier = CarrierProcess(folder, *options)
    await carrier.start()
    hub = make_hub({**SETTINGS, "PROVIDERS__ACME__PORT": str(carrier.port)})
    try:
        await hub.start()
        yield hub, carrier
    finally:
        carrier.kill()


async def send(hub: HubProcess, numbers: range, accepted: dict[str, str]) -> None:
    """Have messages sent at once, each from a sender of its own; those with a 201 go into ``accepted``."""

    async def one(client: Client, number: int) -> None:
        body = {"to": "447700900000", "from": f"m{number}", "text": f"Hello {number}"}
        try:
            status, message = await client.call("POST", "/v1/messages", body)
        except (aiohttp.ClientError, TimeoutError):
            return
        if status == 201:
            accepted[message["id"]] = body["from"]

    async with Client(hub) as client:
        await asyncio.gather(*(one(client, number) for number in numbers))


async def check(hub: HubProcess, carrier: CarrierProcess, accepted: dict[str, str]) -> None:
    """Every accepted message has an end, none was taken twice, and every receipt that was answered OK is there."""

    def open_ones() -> list[tuple[Any, ...]]:
        return hub.rows(f"SELECT id, status, reason FROM message WHERE status NOT IN {ENDED}")

    await until(lambda: not open_ones(), 60, "every message to have an end")
    found = {row[0]: (row[1], row[2]) for row in hub.rows("SELECT id, sender, status FROM message")}
    assert set(accepted) <= set(found)
    taken = carrier.taken()
    assert [sender for sender, times in taken.items() if times > 1] == []
    assert [sender for sender, status in found.values() if status == "delivered" and not taken[sender]] == []
    assert hub.rows("SELECT id FROM message WHERE status = 'unknown' AND reason IS NULL") == []
    answered = carrier.answered()
    stored = {row[0] for row in hub.rows(STORED)}
    assert answered <= stored
    assert hub.faults() == []


def with_id(hub: HubProcess) -> int:
    """Parts whose submit was answered, as the hub has it."""
    return int(hub.rows("SELECT count(*) FROM part WHERE provider_message_id IS NOT NULL")[0][0])


def _knows(hub: HubProcess, enough: int) -> bool:
    return with_id(hub) >= enough


def _has(carrier: CarrierProcess, enough: int) -> bool:
    return in_flight(carrier) >= enough


def in_flight(carrier: CarrierProcess) -> int:
    """Submits that the carrier has seen, over all its lives."""
    return sum(one.get("event") == "carrier.submit" for one in carrier.told())


@pytest.mark.timeout(180)
async def test_the_hub_is_killed_with_a_thousand_messages_in_flight(make_hub: MakeHub, tmp_path: Path) -> None:
    draw = random.Random(SEED)
    accepted: dict[str, str] = {}
    async with both(make_hub, tmp_path, "--speed", "4", "--latency", "500", "--spread", "4000") as (hub, carrier):
        for number in range(ROUNDS):
            # First all thousand are unanswered; later the answers to some have come in.
            seen, known = in_flight(carrier), with_id(hub)
            enough = known + (0 if number == 0 else draw.randrange(200, 800))
            first = number * MESSAGES
            sending = asyncio.create_task(send(hub, range(first, first + MESSAGES), accepted))
            await until(functools.partial(_has, carrier, seen + MESSAGES), 30, "submits in flight")
            await until(functools.partial(_knows, hub, enough), 30, "answers")
            hub.kill()
            await sending
            await hub.start()
        await check(hub, carrier, accepted)
    statuses = Counter(status for (status,) in hub.rows("SELECT status FROM message"))
    assert statuses["unknown"] > 500
    assert statuses["delivered"] > 200


@pytest.mark.timeout(180)
async def test_the_carrier_is_killed_with_a_thousand_messages_in_flight(make_hub: MakeHub, tmp_path: Path) -> None:
    draw = random.Random(SEED)
    accepted: dict[str, str] = {}
    async with both(make_hub, tmp_path, "--speed", "4", "--latency", "200", "--spread", "4000") as (hub, carrier):
        for number in range(ROUNDS):
            first = number * MESSAGES
            seen = in_flight(carrier)
            await send(hub, range(first, first + MESSAGES), accepted)
            enough = seen + (MESSAGES if number == 0 else draw.randrange(200, 900))
            await until(functools.partial(_has, carrier, enough), 30, "submits in flight")
            carrier.kill()
            await carrier.start()
        await check(hub, carrier, accepted)
    assert len(accepted) == ROUNDS * MESSAGES
    assert set(carrier.taken()) <= set(accepted.values())
