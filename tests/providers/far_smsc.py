"""A carrier of the test's own: an SMSC that does what the test says, over real sockets of this machine."""

import asyncio
import ssl
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any, cast

from receipted.dialects.smpp.events import Answered, Event, Requested
from receipted.dialects.smpp.operations import TAKES, Role
from receipted.dialects.smpp.pdus import BINDS, Command, Pdu, Value
from receipted.dialects.smpp.session import Session, SessionSettings
from receipted.dialects.smpp.tlvs import Tlv
from receipted.domain.receipt import Receipt
from receipted.hub.links import Inbound

WAIT_S = 10.0
LOOK_EVERY_S = 0.002


async def until(condition: Callable[[], object], what: str = "") -> Any:
    """Wait until a condition gives something true, and return it. Raises TimeoutError."""
    async with asyncio.timeout(WAIT_S):
        while not (found := condition()):
            await asyncio.sleep(LOOK_EVERY_S)
        return found


class Line(asyncio.Protocol):
    """One connection at the carrier's end."""

    def __init__(self, far: "FarSmsc") -> None:
        self.far = far
        self.session = Session(Role.SMSC, far.session_settings, self.now_ms)
        self.answered: list[Answered] = []
        self._transport: asyncio.Transport | None = None

    @property
    def now_ms(self) -> int:
        return int(time.monotonic() * 1000)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self.far.lines.append(self)
        self.far.connections += 1

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        self.session.eof(self.now_ms)
        self.far.lines.remove(self)

    def data_received(self, data: bytes) -> None:
        if self.far.deaf:
            return
        for event in self.session.receive(data, self.now_ms):
            self._happened(event)
        self.flush()

    def _happened(self, event: Event) -> None:
        if isinstance(event, Answered):
            self.answered.append(event)
        elif isinstance(event, Requested) and event.pdu.command in BINDS:
            status = self.far.bind_answers.pop(0) if self.far.bind_answers else 0
            self.far.binds.append(event.pdu)
            self.session.answer(event.pdu, self.now_ms, status, {} if status else {"system_id": "FAR"})
        elif isinstance(event, Requested):
            self.far.submits.append((self, event.pdu))
            self.far.on_submit(self, event.pdu)

    def answer(self, submit: Pdu, message_id: str = "", status: int = 0) -> None:
        """Answer a submit."""
        self.session.answer(submit, self.now_ms, status, {} if status else {"message_id": message_id})
        self.flush()

    def deliver(self, fields: dict[str, Value], tlvs: Sequence[Tlv] = (), command: Command = Command.DELIVER_SM) -> int:
        """Hand something over; returns its sequence_number."""
        sequence = self.session.request(command, self.now_ms, fields, tuple(tlvs))
        self.flush()
        return sequence

    async def ping(self) -> None:
        """Ask whether the hub is there. What was sent before has been read when this returns."""
        sequence = self.session.request(Command.ENQUIRE_LINK, self.now_ms, {})
        self.flush()
        await self.answer_to(sequence)

    async def answer_to(self, sequence: int) -> int:
        """The command_status with which the hub answers what was handed over."""
        found = await until(lambda: [a for a in self.answered if a.request.sequence == sequence])
        return int(found[0].response.status)

    def write(self, octets: bytes) -> None:
        assert self._transport is not None
        self._transport.write(octets)

    def flush(self) -> None:
        if self._transport is not None:
            self._transport.write(self.session.data_to_send())
            if self.session.closed:
                self._transport.close()

    def cut(self) -> None:
        if self._transport is not None:
            self._transport.abort()


class FarSmsc:
    """``on_submit`` decides about submits: by itself it takes them all. ``bind_answers`` are used up one by one."""

    def __init__(self) -> None:
        self.port = 0
        self.session_settings = SessionSettings(window=1_000, enquire_link_ms=0)
        self.lines: list[Line] = []
        self.connections = 0
        self.binds: list[Pdu] = []
        self.submits: list[tuple[Line, Pdu]] = []
        self.bind_answers: list[int] = []
        self.deaf = False
        self.on_submit: Callable[[Line, Pdu], None] = self.take
        self._ids = 0

    def take(self, line: Line, submit: Pdu) -> None:
        self._ids += 1
        line.answer(submit, f"id-{self._ids}")

    def keep(self, line: Line, submit: Pdu) -> None:
        """Say nothing."""

    def says(self, *statuses: int) -> None:
        """Answer the next submits with these, then take all."""
        left = list(statuses)

        def one(line: Line, submit: Pdu) -> None:
            status = left.pop(0) if left else 0
            line.answer(submit, status=status) if status else self.take(line, submit)

        self.on_submit = one

    @property
    def receivers(self) -> list[Line]:
        return [line for line in self.lines if line.session.state in TAKES]


@asynccontextmanager
async def far_smsc(tls: ssl.SSLContext | None = None) -> AsyncIterator[FarSmsc]:
    """A carrier that listens on a free port of this machine."""
    far = FarSmsc()
    server = await asyncio.get_running_loop().create_server(lambda: Line(far), "127.0.0.1", 0, ssl=tls)
    far.port = server.sockets[0].getsockname()[1]
    try:
        yield far
    finally:
        server.close()
        for line in list(far.lines):
            line.cut()


class Taker:
    """The hub behind the provider: keeps what comes in, refuses with ``refusals``, or waits for ``gate``."""

    def __init__(self) -> None:
        self.receipts: list[Receipt] = []
        self.inbound: list[Inbound] = []
        self.batches = 0
        self.refusals: list[Exception] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.told: list[tuple[str, dict[str, object]]] = []

    def observe(self, what: str, **facts: object) -> None:
        self.told.append((what, facts))

    def named(self, what: str) -> list[dict[str, object]]:
        return [facts for name, facts in self.told if name == what]

    async def deliver(self, receipts: Sequence[Receipt]) -> None:
        await self._taking()
        self.receipts.extend(receipts)
        self.batches += 1

    async def take_inbound(self, taken: Sequence[Inbound]) -> None:
        await self._taking()
        self.inbound.extend(taken)

    async def _taking(self) -> None:
        await self.gate.wait()
        if self.refusals:
            raise self.refusals.pop(0)


def receipt_of(message_id: str, stat: str = "DELIVRD", **more: Value) -> dict[str, Value]:
    """The fields of a deliver_sm with a receipt in its usual form."""
    text = f"id:{message_id} sub:001 dlvrd:001 submit date:2601021504 done date:2601021505 stat:{stat} err:000 text:Hi"
    return {
        "source_addr_ton": 1,
        "source_addr_npi": 1,
        "source_addr": "447700900123",
        "dest_addr_ton": 5,
        "destination_addr": "Acme",
        "esm_class": 4,
        "short_message": text.encode(),
        **more,
    }
