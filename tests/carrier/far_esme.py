"""An ESME of our own for the tests of the SMSC: an asyncio shell around the session, which remembers what came."""

import asyncio
import socket
import ssl
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

from receipted.carrier.settings import SmscSettings
from receipted.carrier.smsc import Smsc
from receipted.dialects.smpp.events import Answered, BindRefused, Bound, Closed, Event, Malformed, Requested
from receipted.dialects.smpp.operations import Role
from receipted.dialects.smpp.pdus import Command, Pdu, Value
from receipted.dialects.smpp.session import Session, SessionSettings
from receipted.dialects.smpp.tlvs import Tlv

WAIT_S = 10.0
LOOK_EVERY_S = 0.002


def clock() -> int:
    return time.time_ns() // 1_000_000


async def until(condition: Callable[[], object], what: str = "") -> Any:
    """Wait until a condition gives something true, and return it. Raises TimeoutError."""
    async with asyncio.timeout(WAIT_S):
        while not (found := condition()):
            await asyncio.sleep(LOOK_EVERY_S)
        return found


class Observed:
    """An observer that keeps what it is told."""

    def __init__(self) -> None:
        self.told: list[tuple[str, dict[str, object]]] = []

    def __call__(self, what: str, **facts: object) -> None:
        self.told.append((what, facts))

    def named(self, what: str) -> list[dict[str, object]]:
        return [facts for name, facts in self.told if name == what]


@asynccontextmanager
async def running(observed: Observed | None = None, **settings: Any) -> AsyncIterator[Smsc]:
    """An SMSC whose time runs a hundred times faster, unless the settings say otherwise. It must not have raised."""
    chosen = SmscSettings(**{"port": 0, "speed": 100.0, **settings})
    raised: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: raised.append(context))
    async with Smsc(chosen, clock, observed or Observed()) as smsc:
        yield smsc
    assert raised == []


class Esme(asyncio.Protocol):
    """One connection. ``delivered`` is what the SMSC sent of its own accord, answered with ``answers`` in turn, then 0.

    An answer of None is none at all.
    """

    def __init__(self, settings: SessionSettings) -> None:
        self.session = Session(Role.ESME, settings, self.now_ms)
        self.events: list[Event] = []
        self.delivered: list[Pdu] = []
        self.answers: list[int | None] = []
        self.order: list[Pdu] = []
        """Requests and answers of the SMSC as they came."""
        self.lost = False
        self._transport: asyncio.Transport | None = None

    @property
    def now_ms(self) -> int:
        return int(time.monotonic() * 1000)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        for event in self.session.receive(data, self.now_ms):
            self.events.append(event)
            if isinstance(event, Requested):
                self.delivered.append(event.pdu)
                self.order.append(event.pdu)
                status = self.answers.pop(0) if self.answers else 0
                if status is not None:
                    self.session.answer(event.pdu, self.now_ms, status)
            elif isinstance(event, Answered):
                self.order.append(event.response)
        self.flush()

    def connection_lost(self, exc: Exception | None) -> None:
        self.lost = True
        self.events += self.session.eof(self.now_ms)

    def flush(self) -> None:
        assert self._transport is not None
        if data := self.session.data_to_send():
            self._transport.write(data)

    def write(self, octets: bytes) -> None:
        """Bytes of the test's own making."""
        assert self._transport is not None
        self._transport.write(octets)

    @property
    def unsent(self) -> int:
        """Octets that the SMSC has not read."""
        assert self._transport is not None
        return self._transport.get_write_buffer_size()

    def stop_reading(self) -> None:
        assert self._transport is not None
        self._transport.pause_reading()

    def close(self) -> None:
        """Close the connection, when all is written."""
        assert self._transport is not None
        self._transport.close()

    def cut(self) -> None:
        assert self._transport is not None
        self._transport.abort()

    async def bind(self, command: Command = Command.BIND_TRANSCEIVER, **fields: Value) -> Pdu:
        """Bind, and return the answer."""
        self.session.bind(command, self.now_ms, {"system_id": "acme", "password": "secret", **fields})
        self.flush()
        event = await until(lambda: next((e for e in self.events if isinstance(e, Bound | BindRefused)), None), "bind")
        assert isinstance(event, Bound | BindRefused)
        return event.pdu

    async def unbind(self) -> None:
        self.session.unbind(self.now_ms)
        self.flush()
        await until(lambda: self.lost)

    def submit(self, suffix: str = "0000", text: bytes = b"Hello", tlvs: tuple[Tlv, ...] = (), **fields: Value) -> int:
        """Send a submit_sm; returns its sequence_number."""
        return self.request(
            Command.SUBMIT_SM, {"short_message": text, "registered_delivery": 1, **_to(suffix), **fields}, tlvs
        )

    def request(self, command: Command, fields: Mapping[str, Value], tlvs: tuple[Tlv, ...] = ()) -> int:
        sequence = self.session.request(command, self.now_ms, fields, tlvs)
        self.flush()
        return sequence

    async def answer(self, sequence: int) -> Pdu:
        """The response to a request."""
        found = await until(lambda: self.answered(sequence), f"answer {sequence}")
        assert isinstance(found, Pdu)
        return found

    def answered(self, sequence: int) -> Pdu | None:
        answers = (event for event in self.events if isinstance(event, Answered))
        return next((event.response for event in answers if event.request.sequence == sequence), None)

    async def submitted(self, suffix: str = "0000", **more: Any) -> Pdu:
        """Submit, and return the answer."""
        return await self.answer(self.submit(suffix, **more))

    async def given(self, count: int) -> list[Pdu]:
        """The first ``count`` requests of the SMSC."""
        await until(lambda: len(self.delivered) >= count, f"{count} deliver_sm")
        return self.delivered

    @property
    def closed(self) -> Closed | None:
        return next((event for event in self.events if isinstance(event, Closed)), None)

    @property
    def malformed(self) -> int:
        return sum(isinstance(event, Malformed) for event in self.events)


def _to(suffix: str) -> dict[str, Value]:
    return {
        "source_addr_ton": 5,
        "source_addr": "Acme",
        "dest_addr_ton": 1,
        "dest_addr_npi": 1,
        "destination_addr": f"44770090{suffix}",
    }


@asynccontextmanager
async def connected(
    port: int, *, tls: ssl.SSLContext | None = None, window: int = 1_000, narrow: bool = False
) -> AsyncIterator[Esme]:
    """A connection that is not bound yet. ``narrow``: the system keeps little of what is not read."""
    settings = SessionSettings(window=window)
    loop = asyncio.get_running_loop()
    name = "localhost" if tls else None
    line = socket.socket()
    if narrow:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
    line.setblocking(False)
    await loop.sock_connect(line, ("127.0.0.1", port))
    transport, esme = await loop.create_connection(lambda: Esme(settings), sock=line, ssl=tls, server_hostname=name)
    try:
        yield esme
    finally:
        transport.abort()


@asynccontextmanager
async def bound(
    smsc: Smsc,
    command: Command = Command.BIND_TRANSCEIVER,
    *,
    window: int = 1_000,
    narrow: bool = False,
    **fields: Value,
) -> AsyncIterator[Esme]:
    """A connection that is bound, as ``acme``."""
    async with connected(smsc.port, window=window, narrow=narrow) as esme:
        answer = await esme.bind(command, **fields)
        assert answer.status == 0
        yield esme
