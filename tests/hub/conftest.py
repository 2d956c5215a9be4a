"""What the tests of the verbs may ask for."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.contracts.store_samples import Place


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    """The real store, in a file of this test's own."""
    made = Place("", tmp_path)
    await made.open()
    yield made
    await made.close()
