"""A hub that stops and comes back: late receipts find their messages, and what was not sent is sent."""

import asyncio
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

from receipted.carrier.settings import SmscSettings
from receipted.carrier.smsc import Smsc
from receipted.domain.message import Message
from receipted.domain.status import Status
from receipted.hub.ports import Outstanding
from receipted.providers.smpp.submitting import FIRST_TURN_S
from receipted.settings import Settings
from receipted.storage.store import SqlStore
from receipted.wiring import Hub
from receipted.wiring.hub import DRAIN_S
from tests.providers.far_smsc import LOOK_EVERY_S, far_smsc
from tests.whole.hubs import until

SLOW_S = 0.3
"""How long the database takes: a carrier that is bound hands over everything within it."""


def clock() -> int:
    return time.time_ns() // 1_000_000


def quiet(what: str, **facts: object) -> None:
    """Nobody watches."""


class SlowStore:
    """A database that takes its time to say what was outstanding: as long as the carrier needs, or ``SLOW_S``."""

    def __init__(self, store: SqlStore, smsc: Smsc) -> None:
        self._store = store
        self._smsc = smsc

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    async def outstanding(self, provider: str, limit: int) -> list[Outstanding]:
        found = await self._store.outstanding(provider, limit)
        deadline = time.monotonic() + SLOW_S
        while time.monotonic() < deadline and self._smsc.counts.waiting:
            await asyncio.sleep(LOOK_EVERY_S)
        return found


class SlowlyBack(Hub):
    """A hub on such a database."""

    smsc: Smsc

    async def _open_store(self) -> SqlStore:
        return cast("SqlStore", SlowStore(await super()._open_store(), self.smsc))


def settings(folder: Path, smsc: Smsc, bind: str) -> Settings:
    acme = {"kind": "smpp", "host": "127.0.0.1", "port": smsc.port, "system_id": "gw", "bind": bind}
    return Settings.model_validate({"data_dir": folder, "carrier": {"inside": "never"}, "providers": {"acme": acme}})


async def test_receipts_held_back_while_the_hub_was_down_find_their_messages(tmp_path: Path) -> None:
    async with Smsc(SmscSettings(port=0, ids="hex-decimal", speed=1e6), clock, quiet) as smsc:
        async with Hub(settings(tmp_path, smsc, "transmitter"), observe=quiet) as hub:
            sent = [await hub.send(to="447700900000", from_="Acme", text="Hello") for _ in range(5)]
            await until(lambda: all_are(hub, sent, Status.SUBMITTED), what="the answers to the submits")
        assert smsc.counts.waiting == 5
        back = SlowlyBack(settings(tmp_path, smsc, "transceiver"), observe=quiet)
        back.smsc = smsc
        async with back as hub:
            await until(lambda: not smsc.counts.waiting, what="the receipts")
            await until(lambda: all_are(hub, sent, Status.DELIVERED), what="what the receipts say")
            assert await hub.store.unmatched(10) == []


async def all_are(hub: Hub, sent: Sequence[Message], status: Status) -> bool:
    return {(await hub.message(message.id)).status for message in sent} == {status}


async def test_what_had_no_room_when_the_hub_stopped_is_sent_after_it(tmp_path: Path) -> None:
    told: list[tuple[str, object]] = []
    async with far_smsc() as far:
        far.on_submit = far.keep
        # The second bind is refused, so half of what the provider takes at once waits for room.
        far.bind_answers = [0, *[0x05] * 100]
        acme = {"kind": "smpp", "host": "127.0.0.1", "port": far.port, "system_id": "gw", "window": 5, "binds": 2}
        section = {"data_dir": tmp_path, "carrier": {"inside": "never"}, "providers": {"acme": acme}}
        watched = Hub(
            Settings.model_validate(section), observe=lambda what, **facts: told.append((what, facts.get("outcome")))
        )
        async with watched as hub:
            sent = [await hub.send(to="447700900000", from_="Acme", text="Hello") for _ in range(10)]
            await until(lambda: len(far.submits) == 5, what="a full window")
            stopping = asyncio.create_task(hub.__aexit__())
            await until(lambda: told.count(("message.submitted", "deferred")) == 5, what="the others to be given back")
            for line, submit in far.submits:
                far.take(line, submit)
            await stopping
        far.on_submit = far.take
        far.bind_answers = []
        again = Hub(Settings.model_validate(section), observe=lambda what, **facts: told.append((what, None)))
        async with again as hub:
            await until(lambda: all_are(hub, sent, Status.SUBMITTED), what="all to be sent")
    assert len(far.submits) == 10
    assert "messages.doubtful" not in [what for what, _ in told]


def test_a_message_waits_for_room_less_long_than_a_stop_takes() -> None:
    assert FIRST_TURN_S <= DRAIN_S / 2
