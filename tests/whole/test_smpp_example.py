"""The example of docs/smpp.md, as it is printed there, on the simulated carrier."""

import asyncio
import sys
from pathlib import Path

import pytest

from tests.carrier.far_esme import running
from tests.peers.programs import program

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "smpp_client.py"


def test_the_example_is_on_the_page() -> None:
    assert EXAMPLE.read_text() in (ROOT / "docs" / "smpp.md").read_text()


async def test_the_example_sends_and_hears(tmp_path: Path) -> None:
    async with running(speed=100.0) as smsc:
        command = (sys.executable, str(EXAMPLE), "127.0.0.1", str(smsc.port), "447700900000")
        async with program(*command, folder=tmp_path) as client:
            assert await client.process.wait() == 0, client.lines
    answered, delivered = client.lines
    assert answered.startswith("answered ")
    assert delivered == f"delivered {answered.split()[1]}"


@pytest.mark.parametrize(
    ("number", "accounts", "said"),
    [
        ("447700909104", {}, "The SMS was refused: "),
        ("447700900000", {"gw": "no"}, "The bind was refused: 0xe"),
    ],
)
async def test_the_example_ends_with_a_sentence_when_it_is_refused(
    tmp_path: Path, number: str, accounts: dict[str, str], said: str
) -> None:
    async with running(speed=100.0, accounts=accounts) as smsc:
        command = (sys.executable, str(EXAMPLE), "127.0.0.1", str(smsc.port), number)
        ended = await asyncio.create_subprocess_exec(*command, cwd=tmp_path, stderr=asyncio.subprocess.PIPE)
        _, errors = await asyncio.wait_for(ended.communicate(), 30)
    assert ended.returncode == 1
    assert errors.decode().startswith(said)
