"""A client that we did not write, smpplib, bound to the simulated carrier: long messages and their receipts."""

import asyncio
import logging
import time
from typing import Any

import pytest
import smpplib.client  # type: ignore[import-untyped]
import smpplib.consts  # type: ignore[import-untyped]
import smpplib.exceptions  # type: ignore[import-untyped]
import smpplib.gsm  # type: ignore[import-untyped]

from receipted.carrier.smsc import Smsc
from receipted.dialects.smpp.pdus import Pdu
from receipted.dialects.smpp.receipt import DeliveryReceipt, read_receipt
from receipted.domain.status import Status
from tests.carrier.far_esme import running

WAIT_S = 10.0
GSM = "Every SMS, receipted. " * 12
UCS2 = "Каждое сообщение с квитанцией. " * 5


class SmpplibClient:
    """Binds, submits and collects, in a thread of its own: smpplib blocks."""

    def __init__(self, port: int) -> None:
        self.client = smpplib.client.Client("127.0.0.1", port, allow_unknown_opt_params=True, timeout=5)
        self.client.logger.setLevel(logging.ERROR)
        self.sent: dict[str, int] = {}
        self.receipts: list[Any] = []
        self.client.set_message_sent_handler(self._sent)
        self.client.set_message_received_handler(self._received)

    def _sent(self, pdu: Any) -> None:
        if not pdu.status:
            self.sent[pdu.message_id.decode()] = pdu.sequence

    def _received(self, pdu: Any) -> None:
        self.receipts.append(pdu)

    def send(self, text: str, suffix: str) -> int:
        """Submit a text as smpplib cuts it; returns how many parts that were."""
        parts, encoding, kind = smpplib.gsm.make_parts(text)
        for part in parts:
            self.client.send_message(
                source_addr_ton=smpplib.consts.SMPP_TON_ALNUM,
                source_addr="Acme",
                dest_addr_ton=smpplib.consts.SMPP_TON_INTL,
                dest_addr_npi=smpplib.consts.SMPP_NPI_ISDN,
                destination_addr=f"44770090{suffix}",
                short_message=part,
                data_coding=encoding,
                esm_class=kind,
                registered_delivery=True,
            )
        return len(parts)

    def read_until(self, receipts: int) -> None:
        deadline = time.monotonic() + WAIT_S
        while len(self.receipts) < receipts or len(self.sent) < receipts:
            assert time.monotonic() < deadline, f"{len(self.sent)} answers and {len(self.receipts)} receipts"
            self.client.read_once(auto_send_enquire_link=False)

    def leave(self) -> None:
        self.client.unbind()
        self.client.disconnect()


def _whole(port: int, texts: dict[str, str]) -> SmpplibClient:
    far = SmpplibClient(port)
    far.client.connect()
    far.client.bind_transceiver(system_id="acme", password="secret")
    total = sum(far.send(text, suffix) for suffix, text in texts.items())
    far.read_until(total)
    far.leave()
    return far


async def _session(smsc: Smsc, **texts: str) -> SmpplibClient:
    return await asyncio.to_thread(_whole, smsc.port, {name.removeprefix("to_"): text for name, text in texts.items()})


def _read(pdu: Any) -> DeliveryReceipt:
    ours = Pdu(
        command=5,
        fields={"esm_class": pdu.esm_class, "short_message": pdu.short_message, "data_coding": pdu.data_coding},
    )
    receipt = read_receipt(ours)
    assert isinstance(receipt, DeliveryReceipt)
    return receipt


@pytest.mark.parametrize("text", [GSM, UCS2], ids=["gsm", "ucs2"])
async def test_a_long_message_and_the_receipts_of_its_parts(text: str) -> None:
    async with running() as smsc:
        far = await _session(smsc, to_9212=text)
    receipts = [_read(pdu) for pdu in far.receipts]
    assert len(far.sent) > 1
    assert {receipt.id for receipt in receipts} == far.sent.keys()
    by_id = {receipt.id: receipt.status for receipt in receipts}
    *others, last = (by_id[message_id] for message_id in far.sent)
    assert set(others) == {Status.DELIVERED}
    assert last is Status.FAILED


async def test_its_tlvs_are_those_of_the_answer() -> None:
    async with running() as smsc:
        far = await _session(smsc, to_0000="Hello")
    (receipt,) = far.receipts
    assert receipt.receipted_message_id.rstrip(b"\0").decode() in far.sent
    assert receipt.message_state == smpplib.consts.SMPP_MESSAGE_STATE_DELIVERED


async def test_it_is_throttled_and_refused() -> None:
    def tries(port: int) -> list[int]:
        statuses: list[int] = []
        far = SmpplibClient(port)
        far.client.set_error_pdu_handler(lambda pdu: statuses.append(pdu.status))
        far.client.connect()
        far.client.bind_transceiver(system_id="acme", password="secret")
        try:
            for _ in range(3):
                far.send("Hello", "9300")
                far.client.read_once(auto_send_enquire_link=False)
            far.read_until(1)
        finally:
            far.leave()
        return statuses

    async with running() as smsc:
        assert await asyncio.to_thread(tries, smsc.port) == [0x58, 0x58]


async def test_it_may_not_bind() -> None:
    def bind(port: int) -> None:
        far = SmpplibClient(port)
        far.client.connect()
        try:
            far.client.bind_transceiver(system_id="acme", password="wrong")
        finally:
            far.client.disconnect()

    async with running(accounts={"acme": "secret"}) as smsc:
        with pytest.raises(smpplib.exceptions.PDUError, match="14"):
            await asyncio.to_thread(bind, smsc.port)
