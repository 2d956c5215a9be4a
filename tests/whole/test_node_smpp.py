"""npm's ``smpp``, which we did not write: as a carrier that the hub binds to, and as a client of our carrier."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from receipted.domain.message import Message
from receipted.domain.status import Status
from receipted.hub.accept import SendRequest
from receipted.settings import Settings
from receipted.wiring import Hub
from tests.carrier.far_esme import running
from tests.peers.programs import PEERS, Program, needs_npm_package, program, until

LONG = "Every SMS, receipted. " * 20
"""Three parts."""


@asynccontextmanager
async def carrier(form: str = "same") -> AsyncIterator[tuple[Program, int]]:
    """Node's SMSC and its port."""
    async with program(needs_npm_package("smpp"), "smsc.js", form, folder=PEERS) as node:
        first = await until(lambda: node.lines[0] if node.lines else None, "node's SMSC")
        assert first.startswith("listening "), node.lines
        yield node, int(first.split()[1])


@asynccontextmanager
async def hub_on(port: int, folder: Path, **section: object) -> AsyncIterator[Hub]:
    usual = {
        "kind": "smpp",
        "host": "127.0.0.1",
        "port": port,
        "system_id": "gw",
        "password": "secret",
        "rate_per_s": 0,
    }
    async with Hub(Settings(data_dir=folder, providers={"node": usual | section})) as hub:
        yield hub


def read(node: Program) -> list[dict[str, Any]]:
    """What the SMSC has read, submit by submit."""
    return [json.loads(line) for line in node.lines[1:]]


async def becomes(hub: Hub, message: Message, status: Status) -> Message:
    """The message once it has that status."""
    async with asyncio.timeout(20):
        while (now := await hub.message(message.id)).status is not status:
            await asyncio.sleep(0.01)
        return now


@pytest.mark.parametrize("form", ["same", "hex"])
async def test_a_message_is_delivered_by_nodes_smsc(tmp_path: Path, form: str) -> None:
    async with carrier(form) as (node, port), hub_on(port, tmp_path, receipts="intermediate") as hub:
        sent = await hub.accept(
            SendRequest(recipient="447700900123", sender="Acme", text="Grüße: 5 €", ttl_ms=3_600_000)
        )
        delivered = await becomes(hub, sent, Status.DELIVERED)
        (said,) = read(node)
        assert delivered.parts[0].provider_message_id == said["id"]
        assert (said["source"], said["destination"], said["text"]) == ("Acme", "447700900123", "Grüße: 5 €")
        assert (said["registered_delivery"], said["data_coding"]) == (0x11, 0)
        assert said["validity_period"]


@pytest.mark.parametrize("way", ["udh8", "udh16", "sar", "payload"])
async def test_a_long_message_is_read_right_however_it_is_joined(tmp_path: Path, way: str) -> None:
    async with carrier() as (node, port), hub_on(port, tmp_path, long_messages=way) as hub:
        sent = await hub.send(to="447700900123", from_="Acme", text=LONG)
        delivered = await becomes(hub, sent, Status.DELIVERED)
        said = read(node)
        assert "".join(part["text"] for part in said) == LONG
        assert len(said) == delivered.part_count == (1 if way == "payload" else 3)
        if way == "sar":
            assert [part["sar"] for part in said] == [[3, 1], [3, 2], [3, 3]]
        elif way != "payload":
            assert [part["udh"][-4:] for part in said] == ["0301", "0302", "0303"]


async def test_other_alphabets_are_read_right(tmp_path: Path) -> None:
    async with carrier() as (node, port), hub_on(port, tmp_path) as hub:
        sent = await hub.send(to="447700900123", from_="447700900000", text="Привет 🎉")
        await becomes(hub, sent, Status.DELIVERED)
        (said,) = read(node)
        assert (said["text"], said["data_coding"], said["source"]) == ("Привет 🎉", 8, "447700900000")


async def test_node_as_a_client_of_our_carrier(tmp_path: Path) -> None:
    node = needs_npm_package("smpp")
    numbers = [f"44770090{suffix}" for suffix in ("0001", "9008", "9333")]
    async with running(speed=100.0) as smsc, program(node, "esme.js", str(smsc.port), *numbers, folder=PEERS) as client:
        assert await client.process.wait() == 0, client.lines
        await until(lambda: len(client.lines) == 6, "node's lines")
    said = [json.loads(line) for line in client.lines]
    answers = {one["to"]: one["id"] for one in said if "to" in one}
    receipts = {one["text"].split()[0].removeprefix("id:"): one for one in said if "text" in one}
    assert set(receipts) == set(answers.values())
    assert [receipts[answers[number]].get("state") for number in numbers] == [2, 5, None]
    assert "stat:DELIVRD" in receipts[answers[numbers[2]]]["text"]
