"""Which provider takes a message that names none, and what the doctor finds out without disturbing a running hub."""

from pathlib import Path
from typing import Any

import pytest

from receipted.settings import Settings
from receipted.wiring import Hub, examine

ACME = {"kind": "smpp", "host": "127.0.0.1", "port": 1, "system_id": "gw"}
VONAGE = {"api_key": "abcd1234", "api_secret": "secret-of-this-test"}


@pytest.mark.parametrize(
    ("settings", "provider"),
    [
        ({}, "carrier"),
        ({"default_provider": "sandbox"}, "sandbox"),
        ({"providers": {"sandbox": {}}}, "sandbox"),
        ({"providers": {"vonage": VONAGE}}, "vonage"),
        ({"providers": {"sandbox": {}, "acme": ACME}}, "acme"),
        ({"providers": {"acme": ACME, "vonage": VONAGE}}, "acme"),
        ({"providers": {"acme": ACME, "vonage": VONAGE}, "default_provider": "vonage"}, "vonage"),
        ({"providers": {"vonage": VONAGE}, "carrier": {"inside": "always"}, "default_provider": "carrier"}, "carrier"),
        ({"carrier": {"inside": "never"}}, "sandbox"),
    ],
)
async def test_a_message_goes_to_an_account_before_anything_simulated(
    tmp_path: Path, settings: dict[str, Any], provider: str
) -> None:
    chosen = Settings.model_validate({"data_dir": tmp_path, **settings})
    async with Hub(chosen, observe=lambda what, **facts: None) as hub:
        made = await hub.send(to="447700900000", from_="Acme", text="Hello")
        assert made.provider == provider


async def test_a_carrier_that_the_running_hub_is_bound_to_is_not_bound_again(tmp_path: Path) -> None:
    settings = Settings.model_validate({"data_dir": tmp_path, "providers": {"acme": ACME}})
    found = {finding.what: finding for finding in await examine(settings)}
    assert not found["provider acme"].ok
    found = {finding.what: finding for finding in await examine(settings, {"acme"})}
    assert (found["provider acme"].ok, found["provider acme"].said) == (True, "the running hub is bound to it")
