"""Every provider against the one suite. Each has a far side of its own: nothing of ours is replaced."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence

import pytest

from receipted.domain.receipt import Receipt
from receipted.domain.status import FINAL
from receipted.hub.ports import HttpAnswer, HttpFailure, Provider, Submission
from receipted.providers import Context, build
from tests.contracts.provider_contract import Far, ProviderContract, now_ms


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

    def __init__(self, provider: Provider) -> None:
        self.provider = provider
        self._receipts: list[Receipt] = []
        self._came = asyncio.Event()

    async def deliver(self, receipts: Sequence[Receipt]) -> None:
        self._receipts.extend(receipts)
        self._came.set()

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
