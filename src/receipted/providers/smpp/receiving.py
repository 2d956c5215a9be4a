"""What a carrier hands over: receipts are delivered, SMS from phones kept, and only then is it answered.

A deliver_sm answered with 0 is forgotten by the carrier, so the answer comes after the commit (promise 1). Where the
hub cannot store, the answer is one of those after which carriers send again (reference smpp 4).

Long because it is the one road for all that comes in: what it is, whose it is, and how it is answered.
"""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import Final, NamedTuple

from receipted.dialects.smpp.addresses import same_number
from receipted.dialects.smpp.codec import Unreadable
from receipted.dialects.smpp.codings import Alphabets
from receipted.dialects.smpp.events import Requested
from receipted.dialects.smpp.id_forms import SPECIFIED_CHARACTERS
from receipted.dialects.smpp.ids import IdBook, Resolved
from receipted.dialects.smpp.message import read_message
from receipted.dialects.smpp.pdus import Command, Pdu
from receipted.dialects.smpp.receipt import (
    DeliveryReceipt,
    NotAReceipt,
    ReceiptForm,
    UnreadableReceipt,
    read_receipt,
)
from receipted.dialects.smpp.status import CommandStatus
from receipted.domain.errors import Overloaded, StorageUnavailable
from receipted.domain.receipt import Receipt
from receipted.domain.status import Status
from receipted.hub.links import Inbound, InboundKind
from receipted.hub.ports import Clock, Deliver, Observe, TakeInbound
from receipted.providers.smpp.bind import Bind
from receipted.providers.smpp.connection import Connection
from receipted.providers.smpp.filing import digest_of, receipt_in_our_words
from receipted.providers.smpp.passed_on import PassedOn, Riddles

EARLY_S: Final = 1.0
"""How long a receipt of an unknown id may wait for the submit_sm_resp, while the form of the ids is not certain."""
CARRIES: Final = frozenset({Command.DELIVER_SM, Command.DATA_SM})


class _Early(NamedTuple):
    """A receipt that came before anybody could tell whose it is."""

    request: Requested
    receipt: DeliveryReceipt


class Receiving:
    """Takes the requests of all of a carrier's binds. ``start`` before the first."""

    def __init__(
        self,
        provider: str,
        form: ReceiptForm,
        alphabets: Alphabets,
        book: IdBook,
        *,
        waits_for_ids: Callable[[], bool],
        clock: Clock,
        observe: Observe,
    ) -> None:
        """``waits_for_ids``: whether a submit is under way, so that the id of a receipt may yet become known."""
        self._provider = provider
        self._form = form
        self._alphabets = alphabets
        self._book = book
        self._clock = clock
        self._observe = observe
        self._waits_for_ids = waits_for_ids
        self._deliver: Deliver | None = None
        self._take_inbound: TakeInbound | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._book_grew = asyncio.Event()
        self._riddles = Riddles()
        self._forms: dict[int, str] = {}

    def start(self, deliver: Deliver, take_inbound: TakeInbound) -> None:
        """Who takes what comes in."""
        self._deliver, self._take_inbound = deliver, take_inbound

    async def close(self) -> None:
        """Let what is being stored come to its end."""
        if self._tasks:
            await asyncio.wait(self._tasks)

    def submitted(self, message_id: str, recipient: str) -> str:
        """The id to store for that of a submit_sm_resp; receipts that wait for it may go on."""
        if self._book.recipient_of(self._book.stored(message_id)) is not None:
            self._complain(
                "submit.id-reused", "the carrier gave a message the id of another: receipts cannot tell them apart"
            )
        if len(message_id) > SPECIFIED_CHARACTERS:
            self._complain("submit.id-too-long", f"the carrier gave an id of {len(message_id)} characters")
        stored = self._book.submitted(message_id, recipient)
        self._book_grew.set()
        self._try_again(self._riddles.about(stored))
        return stored

    def _complain(self, what: str, problem: str) -> None:
        self._observe(what, provider=self._provider, problem=problem)

    # --- taking in ----------------------------------------------------------------------------------------------------

    def requested(self, bind: Bind, connection: Connection, requests: Sequence[Requested]) -> None:
        """What came in together is stored together, in its own time; the session bounds how much is under way."""
        now: list[Requested] = []
        receipts: list[Receipt] = []
        inbound: list[Inbound] = []
        for request in requests:
            early = self._sort_safely(bind, request, receipts, inbound)
            if early is None:
                now.append(request)
            else:
                self._begin(self._take_early(bind, connection, early))
        if now:
            self._begin(self._store(connection, now, receipts, inbound))

    def malformed(self, bind: Bind, pdu: Unreadable) -> None:
        """It was refused already, and is kept to be looked at: perhaps it was a receipt."""
        self._observe("bind.malformed", provider=self._provider, bind=bind.name, problem=pdu.problem)
        if pdu.command in CARRIES and self._take_inbound is not None:
            riddle = self._riddle(bind, pdu.raw, "", f"the PDU cannot be read: {pdu.problem}")
            self._begin(self._keep(riddle))

    def late(self, message_id: str, request: Pdu, response: Pdu) -> None:
        """A submit_sm_resp that came after its time: it says that the carrier took the message."""
        stored = self.submitted(response.text("message_id"), request.text("destination_addr"))
        if stored and not response.status and self._deliver is not None:
            receipt = Receipt(
                provider=self._provider,
                provider_message_id=stored,
                digest=digest_of(self._provider, stored, "late submit_sm_resp"),
                status=Status.ACCEPTED,
                raw_status="submit_sm_resp",
                client_ref=message_id,
                raw=response.text("message_id").encode("latin-1"),
                transport="smpp",
            )
            self._begin(self._deliver_quietly([receipt]))

    def _begin(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _sort_safely(
        self, bind: Bind, request: Requested, receipts: list[Receipt], inbound: list[Inbound]
    ) -> _Early | None:
        """One that our own code stumbles over is kept as it came: the others, and the bind, do not pay for it."""
        try:
            return self._sort(bind, request, receipts, inbound)
        except Exception as error:
            self._observe("provider.broke", provider=self._provider, problem=repr(error))
            inbound.append(self._riddle(bind, request.raw, "", f"the hub could not read it: {error!r}", request.pdu))
            return None

    def _sort(self, bind: Bind, request: Requested, receipts: list[Receipt], inbound: list[Inbound]) -> _Early | None:
        """Put a request where it belongs; one that has to wait for its submit_sm_resp is handed back."""
        pdu = request.pdu
        reading = read_receipt(pdu, self._form) if pdu.command in CARRIES else NotAReceipt("another operation")
        if isinstance(reading, UnreadableReceipt):
            inbound.append(self._riddle(bind, request.raw, reading.raw, reading.problem, pdu))
        elif isinstance(reading, NotAReceipt):
            inbound.append(self._message(bind, request))
        else:
            resolved = self._resolve(reading)
            if not self._is_clear(reading, resolved) and self._waits_for_ids():
                return _Early(request, reading)
            self._file(bind, request, reading, resolved, receipts, inbound)
        return None

    def _resolve(self, said: DeliveryReceipt) -> Resolved:
        """Whose it is. What anybody may have written teaches nothing about how the carrier writes its ids."""
        return self._book.resolve(*said.ids, learns=said.marked)

    def _is_clear(self, said: DeliveryReceipt, resolved: Resolved) -> bool:
        """Whether waiting for a submit_sm_resp could tell no more about it."""
        return resolved.settled and (said.marked or self._book.recipient_of(resolved.stored_id or "") is not None)

    async def _take_early(self, bind: Bind, connection: Connection, early: _Early) -> None:
        """Wait a moment for the submit_sm_resp; then file the receipt under the id as given."""
        try:
            async with asyncio.timeout(EARLY_S):
                while not self._is_clear(early.receipt, resolved := self._resolve(early.receipt)):
                    self._book_grew.clear()
                    await self._book_grew.wait()
        except TimeoutError:
            resolved = self._resolve(early.receipt)
        receipts: list[Receipt] = []
        inbound: list[Inbound] = []
        self._file(bind, early.request, early.receipt, resolved, receipts, inbound)
        await self._store(connection, [early.request], receipts, inbound)

    def _file(
        self,
        bind: Bind,
        request: Requested,
        said: DeliveryReceipt,
        resolved: Resolved,
        receipts: list[Receipt],
        inbound: list[Inbound],
    ) -> None:
        """As a receipt, or as the SMS that it may be: a phone can send the whole text of one with esm_class 0."""
        if not said.marked:
            if problem := self._doubt(said, resolved.stored_id or ""):
                self._observe("receipt.strange", provider=self._provider, bind=bind.name, problem=problem)
                inbound.append(self._message(bind, request))
                return
            self._book.resolve(*said.ids)
        bind.receipts += 1
        bind.last_receipt_ms = self._clock()
        filed_under = resolved.stored_id or resolved.as_given
        receipts.append(receipt_in_our_words(self._provider, request.raw, said, filed_under))
        if resolved.stored_id is None and self._book.recipient_of(filed_under) is None:
            self._riddles.keep(PassedOn(request.raw, said))
        if self._forms != self._book.forms:
            self._forms = self._book.forms
            self._try_again(self._riddles.every())

    def _try_again(self, riddles: Sequence[PassedOn]) -> None:
        """Hand those over once more that are solved by now. Under the id as given the hub has had them all."""
        receipts: list[Receipt] = []
        for raw, said in riddles:
            resolved = self._resolve(said)
            if resolved.stored_id is None:
                self._riddles.keep(PassedOn(raw, said))
            elif resolved.stored_id != resolved.as_given:
                receipts.append(receipt_in_our_words(self._provider, raw, said, resolved.stored_id))
        if receipts:
            self._begin(self._deliver_quietly(receipts))

    def _doubt(self, said: DeliveryReceipt, stored_id: str) -> str:
        """Why what reads like a receipt and is not marked as one is taken for an SMS; "" if it is believed."""
        recipient = self._book.recipient_of(stored_id)
        if recipient is None:
            return "an SMS reads like the receipt of a message that is not known"
        return (
            "" if same_number(said.recipient, recipient) else "an SMS reads like the receipt of somebody else's message"
        )

    async def _store(
        self,
        connection: Connection,
        requests: Sequence[Requested],
        receipts: Sequence[Receipt],
        inbound: Sequence[Inbound],
    ) -> None:
        assert self._deliver is not None
        assert self._take_inbound is not None
        status = CommandStatus.ESME_ROK
        try:
            if receipts:
                await self._deliver(receipts)
            if inbound:
                await self._take_inbound(inbound)
        except Overloaded:
            status = CommandStatus.ESME_RMSGQFUL
        except StorageUnavailable as error:
            status = CommandStatus.ESME_RSYSERR
            self._observe("receipts.refused", provider=self._provider, count=len(requests), problem=str(error))
        except Exception as error:
            status = CommandStatus.ESME_RSYSERR
            self._observe("provider.broke", provider=self._provider, problem=repr(error))
        for request in requests:
            connection.answer(request.pdu, status)

    async def _keep(self, riddle: Inbound) -> None:
        assert self._take_inbound is not None
        try:
            await self._take_inbound([riddle])
        except (Overloaded, StorageUnavailable) as error:
            self._observe("receipts.refused", provider=self._provider, count=1, problem=str(error))

    async def _deliver_quietly(self, receipts: Sequence[Receipt]) -> None:
        """Nobody sends these again: if they cannot be stored, another receipt or the time-out has to do."""
        assert self._deliver is not None
        try:
            await self._deliver(receipts)
        except (Overloaded, StorageUnavailable) as error:
            self._observe("receipts.refused", provider=self._provider, count=len(receipts), problem=str(error))

    # --- our words ----------------------------------------------------------------------------------------------------

    def _message(self, bind: Bind, request: Requested) -> Inbound:
        pdu = request.pdu
        message = read_message(pdu, self._alphabets)
        return Inbound(
            provider=self._provider,
            kind=InboundKind.MESSAGE,
            sender=message.sender,
            recipient=message.recipient,
            text=message.text,
            raw=request.raw,
            data_coding=pdu.number("data_coding"),
            segment="/".join(map(str, message.place)) if message.place is not None else "",
            bind=bind.name,
        )

    def _riddle(self, bind: Bind, raw: bytes, text: str, problem: str, pdu: Pdu | None = None) -> Inbound:
        self._observe("receipt.unreadable", provider=self._provider, bind=bind.name, problem=problem)
        return Inbound(
            provider=self._provider,
            kind=InboundKind.UNREADABLE,
            sender=pdu.text("source_addr") if pdu is not None else "",
            recipient=pdu.text("destination_addr") if pdu is not None else "",
            text=text,
            raw=raw,
            data_coding=pdu.number("data_coding") if pdu is not None else 0,
            problem=problem,
            bind=bind.name,
        )
