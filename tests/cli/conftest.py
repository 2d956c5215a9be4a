"""What the tests of the commands share."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import TypeAlias

import pytest

from tests.cli.command import Ran, on_terminal, receipted
from tests.cli.far_hub import TOKEN, FarHub, far_hub

Run: TypeAlias = Callable[..., Awaitable[Ran]]


@pytest.fixture
async def hub() -> AsyncIterator[FarHub]:
    async with far_hub() as running:
        yield running


@pytest.fixture
def run(hub: FarHub, tmp_path: Path) -> Run:
    """A command that talks to ``hub``, piped."""

    async def run(*arguments: str, **env: str) -> Ran:
        known = {"RECEIPTED_URL": hub.url, "RECEIPTED_TOKEN": TOKEN} | env
        return await receipted(*arguments, home=tmp_path, env=known)

    return run


@pytest.fixture
def show(hub: FarHub, tmp_path: Path) -> Run:
    """A command that talks to ``hub``, on a terminal."""

    async def show(*arguments: str, piped_out: bool = False, columns: int = 120) -> Ran:
        known = {"RECEIPTED_URL": hub.url, "RECEIPTED_TOKEN": TOKEN}
        return await on_terminal(*arguments, home=tmp_path, env=known, piped_out=piped_out, columns=columns)

    return show
