"""A carrier as a provider: its binds, what is submitted over them, and what comes in (``hub.ports.Provider``)."""

import asyncio
import ssl
from collections.abc import Sequence
from typing import Any, Final

from receipted.dialects.smpp.codec import Unencodable, Unreadable
from receipted.dialects.smpp.codings import Alphabets
from receipted.dialects.smpp.events import Requested
from receipted.dialects.smpp.ids import IdBook
from receipted.dialects.smpp.operations import BIND_KINDS, submits
from receipted.dialects.smpp.pdus import Command, Pdu
from receipted.dialects.smpp.receipt import ReceiptForm
from receipted.dialects.smpp.status import CommandStatus, Reaction, Statuses, code_of
from receipted.dialects.smpp.times import zone_named
from receipted.dialects.vonage.codes import receipt_advice
from receipted.domain.advice import Advice
from receipted.domain.errors import InvalidRequest
from receipted.domain.receipt import Receipt
from receipted.domain.status import Status
from receipted.hub.links import Link
from receipted.hub.ports import (
    Answered,
    Deferred,
    Deliver,
    Finding,
    Outcome,
    Outstanding,
    PartAnswer,
    Submission,
    TakeInbound,
    WebhookRequest,
)
from receipted.providers import Context
from receipted.providers.smpp.bind import Bind, Told
from receipted.providers.smpp.connecting import bind_fields, connect, session_settings, unreachable
from receipted.providers.smpp.connection import Connection, Owner
from receipted.providers.smpp.pieces import ALPHABETS, Pieces
from receipted.providers.smpp.queueing import Queue
from receipted.providers.smpp.receiving import Receiving
from receipted.providers.smpp.settings import SmppSettings
from receipted.providers.smpp.submitting import Submitting
from receipted.text.gsm import decode_gsm

UNBIND_S: Final = 2.0
"""How long the carrier may take to agree to an unbind when the hub stops."""


class Smpp(Told):
    """One carrier account; see ``hub.ports.Provider`` for what each method promises."""

    webhook_paths: tuple[str, ...] = ()
    retry_status = 503
    resumes = True

    def __init__(self, name: str, settings: SmppSettings, context: Context) -> None:
        self.name = name
        self._settings = settings
        self._observe = context.observe
        self._book = IdBook(settings.id_form)
        self._statuses = statuses_of(settings)
        commands = commands_of(settings) * settings.binds
        self._binds = [
            Bind(
                f"{name}#{number}",
                name,
                command,
                settings,
                self._statuses,
                self,
                context.clock,
                context.observe,
                self._tls,
            )
            for number, command in enumerate(commands, 1)
        ]
        senders = sum(map(submits, commands))
        self.rate_per_s = settings.rate_per_s * senders
        self.concurrency = max(1, settings.window * senders)
        self._queue = Queue(self._binds)
        self._receiving = Receiving(
            name,
            receipt_form(settings),
            Alphabets(gsm7=decode_gsm, default=ALPHABETS[settings.default_alphabet]),
            self._book,
            waits_for_ids=lambda: self._submitting.under_way > 0,
            clock=context.clock,
            observe=context.observe,
        )
        self._submitting = Submitting(self._queue, self._statuses, self._receiving.submitted)
        self._pieces = Pieces(settings, first_reference=context.clock())
        self._tasks: list[asyncio.Task[None]] = []
        self._closed = False

    def due_s(self, country: str) -> int:
        """The setting, for every country."""
        return self._settings.receipt_due_s

    def missing(self) -> str | None:
        """Nothing: settings without what a bind needs are refused."""
        return None

    def ready(self) -> str | None:
        """Whether a bind can submit; otherwise what is wrong with the first of them."""
        if any(bind.sends for bind in self._binds):
            return None
        problem = next((link.problem for link in self.links() if link.problem), "")
        return f"No bind of {self.name} can submit. {problem}".strip()

    async def submit(self, submission: Submission) -> Outcome:
        """Hand the parts over, one after the other."""
        if self._closed:
            return Deferred(reason="The hub is stopping.")
        try:
            pieces = self._pieces.of(submission)
        except (Unencodable, InvalidRequest) as error:
            reason = f"It cannot be said in SMPP: {error}."
            return Answered(parts=(PartAnswer(err_code=code_of(CommandStatus.ESME_RINVMSGLEN), reason=reason),))
        return await self._submitting(submission, pieces)

    def read(self, request: WebhookRequest, now_ms: int) -> list[Receipt]:
        """Nothing: its receipts come over the binds."""
        return []

    def advise(self, err_code: str, *, at_submit: bool) -> Advice | None:
        """A command_status at submit; in receipts the err-codes that ``err_codes`` makes of the carrier's own."""
        if not err_code:
            return None
        if err_code.startswith("0x"):
            return self._statuses.advice_for(int(err_code, 16))
        return receipt_advice(err_code)

    async def start(self, deliver: Deliver, take_inbound: TakeInbound) -> None:
        """Bind, and stay bound. A second start only changes who gets the receipts."""
        self._receiving.start(deliver, take_inbound)
        if not self._tasks and not self._closed:
            self._tasks = [asyncio.create_task(bind.run(), name=bind.name) for bind in self._binds]

    async def resume(self, outstanding: Sequence[Outstanding]) -> None:
        """Remember the ids that await receipts, before the first bind: the carrier sends what it held back at once."""
        self._book.learn((part.provider_message_id, part.submission.recipient) for part in outstanding)

    def links(self) -> list[Link]:
        """All binds, in their order."""
        return [bind.link(self._book.form) for bind in self._binds]

    async def check(self) -> list[Finding]:
        """Connect, bind and unbind once, beside whatever runs."""
        problem = await self._try_bind()
        where = f"{self._settings.host}:{self._settings.port}"
        if problem is None:
            return [Finding(what=f"provider {self.name}", ok=True, said=f"{where} accepts the bind")]
        said, _, cure = problem.partition(". ")
        return [Finding(what=f"provider {self.name}", ok=False, said=said.rstrip("."), cure=cure)]

    async def close(self) -> None:
        """Store what has come in, unbind, and let go. Harmless when repeated."""
        self._closed = True
        await self._receiving.close()
        tasks, self._tasks = self._tasks, []
        if tasks:
            await asyncio.gather(*(bind.close(UNBIND_S) for bind in self._binds))
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    # --- what the binds tell ------------------------------------------------------------------------------------------

    def requested(self, bind: Bind, connection: Connection, requests: list[Requested]) -> None:
        self._receiving.requested(bind, connection, requests)

    def malformed(self, bind: Bind, pdu: Unreadable) -> None:
        self._receiving.malformed(bind, pdu)

    def late(self, bind: Bind, request: Pdu, response: Pdu) -> None:
        message_id = self._submitting.whose(request)
        if message_id is not None:
            self._receiving.late(message_id, request, response)

    def room(self) -> None:
        self._queue.go_on()

    # --- connecting ---------------------------------------------------------------------------------------------------

    def _tls(self) -> ssl.SSLContext | None:
        if not self._settings.tls:
            return None
        return ssl.create_default_context(cafile=self._settings.tls_ca)

    async def _try_bind(self) -> str | None:
        """None if a bind is accepted; else a sentence on what is wrong, and one on what to do."""
        trial = _Trial()
        connection = Connection(session_settings(self._settings), trial)
        try:
            await connect(self._settings, self._tls, connection)
            connection.bind(commands_of(self._settings)[0], bind_fields(self._settings))
            either: tuple[asyncio.Future[Any], ...] = (trial.accepted, connection.ended)
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
            if trial.accepted.done():
                connection.unbind()
                await asyncio.wait([connection.ended], timeout=UNBIND_S)
                return None
        except (OSError, TimeoutError, ssl.SSLError) as error:
            return unreachable(self._settings, error)
        except Unencodable as error:
            return f"The settings do not fit in a bind: {error}. Shorten that field in the settings."
        finally:
            connection.cut()
        if connection.refused is not None:
            advice = self._statuses.advice_for(connection.refused.status)
            return f"It refused the bind with {advice.meaning}. {advice.advice}"
        return f"It ended the connection: {connection.ended.result().reason}. Ask the carrier why."


class _Trial(Owner):
    """The owner of a connection that only finds out whether a bind is accepted."""

    def __init__(self) -> None:
        self.accepted: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def bound(self) -> None:
        self.accepted.set_result(None)


def commands_of(settings: SmppSettings) -> list[Command]:
    """How to bind: by one connection, or by the two of a pair."""
    by_kind = {kind: command for command, kind in BIND_KINDS.items()}
    return [by_kind[kind] for kind in settings.bind.split("-")]


def receipt_form(settings: SmppSettings) -> ReceiptForm:
    """How this carrier writes its receipts, from the settings."""
    return ReceiptForm(
        grammars=settings.receipt_grammars,
        zone=zone_named(settings.time_zone),
        look_inside=settings.unmarked_receipts,
        text_id_first=settings.text_id_first,
        err_codes=settings.err_codes,
        words={word: Status(status) for word, status in settings.status_words.items()},
        network_tag=settings.network_tlv,
    )


def statuses_of(settings: SmppSettings) -> Statuses:
    """What this carrier means by its command_statuses, from the settings."""
    own = {int(status, 16): Reaction(word) for status, word in settings.command_statuses.items()}
    return Statuses(own)
