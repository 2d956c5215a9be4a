"""The provider ``smpp``: TLS, what ``receipted doctor`` is told, settings that cannot be right, and two carriers."""

import ssl
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import trustme
from pydantic import ValidationError

from receipted.hub.ports import Answered
from receipted.providers import Context, build
from receipted.providers.smpp.carrier import Smpp
from tests.contracts.test_providers import NoHttp
from tests.providers.far_smsc import FarSmsc, Taker, far_smsc, receipt_of, until
from tests.providers.test_smpp import submission

SECRET = "secret-8"


def carrier(port: int, hub: Taker, /, *, called: str = "acme", **section: Any) -> Smpp:
    usual = {"kind": "smpp", "host": "127.0.0.1", "port": port, "system_id": "gw", "password": SECRET,
             "reconnect_first_s": 0.02, "bind_s": 2, **section}  # fmt: skip
    context = Context(clock=lambda: time.time_ns() // 1_000_000, http=NoHttp(), observe=hub.observe)
    provider = build(called, usual, context)
    assert isinstance(provider, Smpp)
    return provider


class Certificates:
    """An authority of the test's own, and a carrier's certificate by it."""

    def __init__(self, folder: Path) -> None:
        authority = trustme.CA()
        self.ca = folder / "ca.pem"
        authority.cert_pem.write_to_path(str(self.ca))
        self.server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("smsc.example.net").configure_cert(self.server)


@pytest.fixture
def certificates(tmp_path: Path) -> Certificates:
    return Certificates(tmp_path)


@pytest.fixture
async def encrypted(certificates: Certificates) -> AsyncIterator[FarSmsc]:
    async with far_smsc(certificates.server) as far:
        yield far


async def test_a_carrier_is_spoken_to_over_tls(encrypted: FarSmsc, certificates: Certificates) -> None:
    hub = Taker()
    provider = carrier(encrypted.port, hub, tls=True, tls_ca=certificates.ca, tls_server_name="smsc.example.net")
    await provider.start(hub.deliver, hub.take_inbound)
    await until(lambda: provider.ready() is None)
    assert isinstance(await provider.submit(submission()), Answered)
    await provider.close()


@pytest.mark.parametrize(
    ("section", "said"),
    [
        ({"tls": True}, "No TLS"),
        ({"tls": True, "tls_ca": "ca"}, "No TLS"),
        ({}, "ended the connection"),
    ],
)
async def test_tls_that_is_not_as_set_is_explained(
    encrypted: FarSmsc, certificates: Certificates, section: dict[str, Any], said: str
) -> None:
    if "tls_ca" in section:
        section = {**section, "tls_ca": certificates.ca, "tls_server_name": "other.example.net"}
    (finding,) = await carrier(encrypted.port, Taker(), **section).check()
    assert not finding.ok
    assert said in finding.said
    assert finding.cure


async def test_the_doctor_binds_and_leaves() -> None:
    async with far_smsc() as far:
        (finding,) = await carrier(far.port, Taker()).check()
        assert (finding.ok, finding.said) == (True, f"127.0.0.1:{far.port} accepts the bind")
        await until(lambda: not far.lines)


@pytest.mark.parametrize(
    ("status", "cure"),
    [(0x0E, "Correct system_id and password"), (0x05, "wait for its inactivity time"), (0x0D, "Ask the carrier")],
)
async def test_the_doctor_explains_a_refused_bind(status: int, cure: str) -> None:
    async with far_smsc() as far:
        far.bind_answers = [status]
        (finding,) = await carrier(far.port, Taker()).check()
    assert not finding.ok
    assert cure in finding.cure
    assert SECRET not in f"{finding}"


async def test_the_doctor_explains_a_carrier_that_is_away() -> None:
    (finding,) = await carrier(1, Taker()).check()
    assert not finding.ok
    assert "nothing listens there" in finding.said


def test_a_password_that_no_bind_can_hold_is_refused_before_the_start_and_not_repeated() -> None:
    with pytest.raises(ValidationError) as refused:
        carrier(2775, Taker(), password="longer than eight")
    assert "password" in str(refused.value)
    assert "longer than eight" not in str(refused.value)


@pytest.mark.parametrize(
    ("section", "field"),
    [
        ({"id_form": "octal"}, "id_form"),
        ({"time_zone": "Mars/Base"}, "time_zone"),
        ({"receipt_grammars": ["klingon"]}, "receipt_grammars"),
        ({"system_id": "x" * 16}, "system_id"),
        ({"window": 0}, "window"),
        ({"windows": 5}, "windows"),
        ({"host": ""}, "host"),
    ],
)
def test_a_wrong_setting_is_named(section: dict[str, Any], field: str) -> None:
    with pytest.raises(ValidationError) as wrong:
        carrier(2775, Taker(), **section)
    assert field in str(wrong.value)


async def test_two_carriers_with_equal_ids_are_told_apart() -> None:
    hub = Taker()
    async with far_smsc() as one, far_smsc() as other:
        both = [carrier(one.port, hub, called="one"), carrier(other.port, hub, called="other")]
        for provider in both:
            await provider.start(hub.deliver, hub.take_inbound)
        await until(lambda: all(provider.ready() is None for provider in both))
        for far in (one, other):
            line = far.lines[0]
            await line.answer_to(line.deliver(receipt_of("id-1")))
        assert [(receipt.provider, receipt.provider_message_id) for receipt in hub.receipts] == [
            ("one", "id-1"),
            ("other", "id-1"),
        ]
        assert hub.receipts[0].digest != hub.receipts[1].digest
        for provider in both:
            await provider.close()
