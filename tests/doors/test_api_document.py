"""The OpenAPI document against a real hub: schemathesis asks all that it allows, and all that it forbids."""

import asyncio
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.whole.hubs import HubProcess

HOOKS = Path(__file__).with_name("api_hooks.py")
EXAMPLES = 12
"""Random requests for each operation, after the systematic ones."""

SETTINGS = """
hooks = "{hooks}"

[[operations]]
include-name = "GET /v1/events"
parameters = {{ "query.wait_s" = 0 }}

{addresses}"""
"""Waiting for events is proved in test_api.py; here it would only take long."""
ADDRESSES = (
    "".join(
        f"""
[[operations]]
include-name = "{operation}"
checks.positive_data_acceptance.expected-statuses = ["2xx", "4xx"]
"""
        for operation in (
            "POST /v1/accounts",
            "PATCH /v1/accounts/{{api_key}}",
            "POST /v1/endpoints",
            "PATCH /v1/endpoints/{{name}}",
        )
    )
    .replace("{{", "{")
    .replace("}}", "}")
)
"""Addresses must answer, and providers exist: no document can say which."""


@pytest.fixture
async def hub(tmp_path: Path) -> AsyncIterator[HubProcess]:
    running = HubProcess(tmp_path, {"PROVIDERS__SANDBOX__SPEED": "1e6"})
    await running.start()
    yield running
    running.end()


async def test_the_api_does_what_its_document_says(hub: HubProcess, tmp_path: Path) -> None:
    settings = tmp_path / "schemathesis.toml"
    settings.write_text(SETTINGS.format(hooks=HOOKS, addresses=ADDRESSES))
    asked = await asyncio.create_subprocess_exec(
        str(Path(sys.executable).with_name("schemathesis")),
        *("--config-file", str(settings), "run", f"{hub.url}/v1/openapi.json"),
        *("--header", f"Authorization: Bearer {hub.token}", "--checks", "all", "--max-examples", str(EXAMPLES)),
        *("--phases", "examples,coverage,fuzzing", "--suppress-health-check", "all", "--no-color"),
        cwd=tmp_path,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    told, _ = await asked.communicate()
    assert asked.returncode == 0, told.decode()
    assert hub.faults() == []
