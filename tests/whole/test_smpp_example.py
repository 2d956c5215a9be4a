"""The example of docs/smpp.md, as it is printed there, on the simulated carrier."""

import sys
from pathlib import Path

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
    assert answered.startswith("answered 0 ")
    assert delivered == f"delivered {answered.split()[2]}"
