"""A hub that is told nothing sends over real SMPP to the carrier inside, and loses nothing in a restart."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from receipted.carrier.numbers import TABLE, Scenario
from receipted.domain.message import Message
from receipted.domain.status import FINAL, Status
from receipted.settings import Settings
from receipted.wiring import Hub
from tests.whole.conftest import MakeHub
from tests.whole.hubs import Client

SPEED = 1_000.0
SILENT = ("9203", "9204", "9205", "9215", "9216")
"""Those that are waited for until the time-out. 9215 ends otherwise over SMPP, which has no client-ref: as unknown."""


async def test_the_first_message_makes_the_whole_way(make_hub: MakeHub) -> None:
    hub = make_hub()
    await hub.start()
    code, out, _ = await hub.command("send", "--to", "447700900000", "--from", "Acme", "--text", "Hello", "--wait")
    assert (code, [line.split("\t")[1] for line in out.splitlines()][-1]) == (0, "✓✓ delivered")
    code, out, _ = await hub.command("binds")
    fields = out.split("\t")
    assert (code, fields[:2], fields[7]) == (0, ["carrier#1", "bound"], "1")
    code, out, _ = await hub.command("doctor")
    assert code == 0, out
    assert await hub.stop() == 0


async def test_what_the_carrier_owes_comes_after_kill_9(make_hub: MakeHub) -> None:
    hub = make_hub()
    await hub.start()
    async with Client(hub) as client:
        message_id = (await client.send())["id"]
        await client.becomes(message_id, "accepted")
        hub.kill()
    await hub.start()
    async with Client(hub) as client:
        message = await client.becomes(message_id, "delivered")
    assert message["provider"] == "carrier"
    assert await hub.stop() == 0


@pytest.fixture
async def hub(tmp_path: Path) -> AsyncIterator[Hub]:
    chosen = Settings.model_validate(
        {
            "data_dir": tmp_path,
            "carrier": {"speed": SPEED, "inside": "always"},
            "providers": {"sandbox": {"speed": SPEED}},
        }
    )
    async with Hub(chosen, observe=lambda what, **facts: None) as running:
        yield running


async def test_every_ending_gives_over_smpp_what_the_sandbox_gives(hub: Hub) -> None:
    rows = [row for row in TABLE if row.suffix not in SILENT]
    pairs = [[await _sent(hub, row, provider) for provider in ("sandbox", "carrier")] for row in rows]
    ended = {
        row.suffix: tuple([(await _ended(hub, one)).status for one in pair])
        for row, pair in zip(rows, pairs, strict=True)
    }
    assert {suffix: found for suffix, found in ended.items() if found[0] is not found[1]} == {}
    assert {status for found in ended.values() for status in found} >= {
        Status.DELIVERED,
        Status.FAILED,
        Status.REJECTED,
        Status.EXPIRED,
    }


async def _sent(hub: Hub, row: Scenario, provider: str) -> Message:
    text = "a" * 400 if row.last or row.last_refusal else "Hello"
    return await hub.send(to=f"44770090{row.suffix}", from_="Acme", text=text, provider=provider)


async def _ended(hub: Hub, message: Message) -> Message:
    """The message once nothing more is to come of it: contradictions and corrections come within a moment."""
    async with asyncio.timeout(60):
        while (now := await hub.message(message.id)).status not in FINAL:
            await asyncio.sleep(0.01)
        return now
