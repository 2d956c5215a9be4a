"""A hub that comes back while its carrier still owes it receipts: each finds its message."""

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
from receipted.settings import Settings
from receipted.storage.store import SqlStore
from receipted.wiring import Hub
from tests.providers.far_smsc import LOOK_EVERY_S
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
