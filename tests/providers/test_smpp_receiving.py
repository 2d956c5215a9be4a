"""What a carrier hands over is kept, even where our own code stumbles over it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import cast

from receipted.dialects.smpp.codec import decode, encode
from receipted.dialects.smpp.codings import Alphabets
from receipted.dialects.smpp.events import Requested
from receipted.dialects.smpp.ids import IdBook
from receipted.dialects.smpp.pdus import Command, Pdu, Value
from receipted.dialects.smpp.receipt import ReceiptForm
from receipted.hub.links import InboundKind
from receipted.providers.smpp.bind import Bind
from receipted.providers.smpp.connection import Connection
from receipted.providers.smpp.receiving import Receiving
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
