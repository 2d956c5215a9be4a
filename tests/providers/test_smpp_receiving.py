"""What a carrier hands over is kept, even where our own code stumbles over it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import cast

import msgspec

from receipted.dialects.smpp.codec import decode, encode
from receipted.dialects.smpp.codings import Alphabets
from receipted.dialects.smpp.events import Requested
from receipted.dialects.smpp.ids import IdBook
from receipted.dialects.smpp.pdus import Command, Pdu, Value
from receipted.dialects.smpp.receipt import DeliveryReceipt, ReceiptForm, read_receipt
from receipted.hub.links import InboundKind
from receipted.providers.smpp.bind import Bind
from receipted.providers.smpp.connection import Connection
from receipted.providers.smpp.passed_on import PassedOn, Riddles
from receipted.providers.smpp.receiving import Receiving
from receipted.text.gsm import decode_gsm
from tests.providers.far_smsc import Taker, receipt_of, until


class OneBind:
    """As much of a bind and its connection as receiving needs."""

    name = "acme#1"
    receipts = 0
    last_receipt_ms: int | None = None

    def __init__(self) -> None:
        self.answers: list[tuple[int, int]] = []

    def answer(self, request: Pdu, status: int) -> None:
        self.answers.append((request.sequence, status))


def broken(octets: bytes) -> str:
    raise LookupError("no such alphabet")


@asynccontextmanager
async def receiving(hub: Taker, alphabets: Alphabets) -> AsyncIterator[Receiving]:
    made = Receiving("acme", ReceiptForm(), alphabets, IdBook(), waits_for_ids=lambda: False, clock=lambda: 0,
                     observe=hub.observe)  # fmt: skip
    made.start(hub.deliver, hub.take_inbound)
    yield made
    await made.close()


def requested(sequence: int, fields: dict[str, Value]) -> Requested:
    octets = encode(Pdu(command=Command.DELIVER_SM, sequence=sequence, fields=fields))
    return Requested(cast("Pdu", decode(octets)), octets)


async def test_what_our_code_stumbles_over_is_kept_and_the_rest_is_taken() -> None:
    hub, bind = Taker(), OneBind()
    message = requested(1, {**receipt_of("1"), "esm_class": 0, "short_message": b"Hello"})
    receipt = requested(2, receipt_of("id-1"))
    async with receiving(hub, Alphabets(gsm7=broken)) as made:
        made.requested(cast("Bind", bind), cast("Connection", bind), [message, receipt])
        await until(lambda: len(bind.answers) == 2)
    assert bind.answers == [(1, 0), (2, 0)]
    assert [one.provider_message_id for one in hub.receipts] == ["id-1"]
    (kept,) = hub.inbound
    assert (kept.kind, kept.raw) == (InboundKind.UNREADABLE, message.raw)
    assert "no such alphabet" in kept.problem
    assert "LookupError" in str(hub.named("provider.broke"))


def has_answered(bind: OneBind, number: int) -> bool:
    return len(bind.answers) == number


async def filed(hub: Taker, receiving: Receiving, *ids: str) -> list[str]:
    """The ids under which the hub has the receipts, after these came in one after the other."""
    bind = OneBind()
    for number, message_id in enumerate(ids, 1):
        one = requested(number, receipt_of(message_id))
        receiving.requested(cast("Bind", bind), cast("Connection", bind), [one])
        await until(partial(has_answered, bind, number))
    await receiving.close()
    return [one.provider_message_id for one in hub.receipts]


async def test_a_receipt_of_another_form_than_the_usual_finds_its_message() -> None:
    hub = Taker()
    async with receiving(hub, Alphabets(gsm7=decode_gsm)) as made:
        for message_id in ("1795485468036000", "1795485468036001", "1795485468036003", "660FC09858BA2"):
            made.submitted(message_id, "447700900123")
        came = ["1795485468036000", "1795485468036001", "1795485468036003", "1795485468036002"]
        assert await filed(hub, made, *came) == [*came[:3], "660FC09858BA2"]


async def test_a_receipt_that_came_too_early_is_handed_over_again_when_its_id_is_known() -> None:
    hub = Taker()
    async with receiving(hub, Alphabets(gsm7=decode_gsm)) as made:
        assert await filed(hub, made, "1780797", "77") == ["1780797", "77"]
        made.submitted("1B2C3D", "447700900123")
        made.submitted("77", "447700900123")
        await made.close()
        assert [one.provider_message_id for one in hub.receipts[2:]] == ["1B2C3D"]
        assert hub.receipts[2].raw == hub.receipts[0].raw
        made.submitted("01B2C3D", "447700900123")
        await made.close()
        assert len(hub.receipts) == 3


async def test_receipts_are_handed_over_again_when_the_form_of_the_ids_is_found_out() -> None:
    hub = Taker()
    async with receiving(hub, Alphabets(gsm7=decode_gsm)) as made:
        for message_id in ("01780797", "1b2c3d", "aaaaaa", "bbbbbb", "cccccc"):
            made.submitted(message_id, "447700900123")
        came = ["1780797", str(0xAAAAAA), str(0xBBBBBB), str(0xCCCCCC)]
        found = await filed(hub, made, *came)
        assert found[:3] == ["1780797", "aaaaaa", "bbbbbb"]
        assert sorted(found[3:]) == ["1b2c3d", "cccccc"]


async def test_what_waits_for_an_id_is_bounded() -> None:
    riddles = Riddles(most=2)
    said = read_receipt(requested(1, receipt_of("1")).pdu)
    assert isinstance(said, DeliveryReceipt)
    for message_id in ("17", "18", "19"):
        riddles.keep(PassedOn(b"raw", msgspec.structs.replace(said, ids=("", message_id))))
    riddles.keep(PassedOn(b"x" * 5_000, said))
    assert len(riddles) == 2
    assert riddles.about("11") == []
    assert [one.said.ids[1] for one in riddles.about("12")] == ["18"]
    assert [one.said.ids[1] for one in riddles.every()] == ["19"]
    assert len(riddles) == 0
