"""What the tests of whole processes may ask for: hubs to start, and a Vonage to point them at."""

from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from pathlib import Path

import pytest

from tests.whole.far_vonage import FarVonage
from tests.whole.hubs import HubProcess

MakeHub = Callable[..., HubProcess]


@pytest.fixture
def make_hub(tmp_path: Path) -> Iterator[MakeHub]:
    """Makes a hub on a folder of its own, not started yet. It is killed at the end, and must have logged no fault."""
    made: list[HubProcess] = []

    def make(settings: Mapping[str, str] | None = None) -> HubProcess:
        folder = tmp_path / f"hub{len(made)}"
        folder.mkdir()
        made.append(HubProcess(folder, settings or {}))
        return made[-1]

    yield make
    for hub in made:
        hub.end()
    assert [line for hub in made for line in hub.faults()] == []


@pytest.fixture
async def far() -> AsyncIterator[FarVonage]:
    async with FarVonage() as running:
        yield running
