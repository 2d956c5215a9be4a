"""The simulated SMSC: a server that any SMPP client can bind to. docs/carrier.md tells its users what it does.

What becomes of a submit is decided by ``intake`` and ``turn``; a connection is a ``link``; what is owed is in
``dispatch``. This file joins them. All that happens in one turn of the event loop is settled together at its end:
written to the ledger, then answered; then the receipts that are due go out. There is no task per message: one timer.
"""

import asyncio
import ssl
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Final

from receipted.carrier.dispatch import Dispatch, Observe
from receipted.carrier.intake import Intake, Verdict
from receipted.carrier.ledger import open_ledger
from receipted.carrier.link import Link, session_settings
from receipted.carrier.memory import Remembered
from receipted.carrier.outbox import Account, Owed
from receipted.carrier.quirks import Answer
from receipted.carrier.refusals import refusal_of
from receipted.carrier.replies import Later, Reply
from receipted.carrier.settings import SmscSettings
from receipted.carrier.traffic import Counts
from receipted.carrier.turn import Clockwork
from receipted.dialects.smpp.events import Answered, Bound, Closed, Event, Malformed, Requested, Unanswered
from receipted.dialects.smpp.operations import TAKES
from receipted.dialects.smpp.pdus import BINDS, Command, Pdu, Value
from receipted.dialects.smpp.status import CommandStatus, name_of

SYSTEM_ID: Final = "receipted"
"""What the carrier calls itself in its answers to binds."""
NAP_S: Final = 1.0
"""The clock may be set while nothing is due: it is looked at so often."""
LEAST_NAP_S: Final = 0.002
"""Receipts that are due within it go out together."""
PARTING_S: Final = 1.0
"""How long the ESMEs may take to agree to the unbind when the carrier stops."""


class Smsc:
    """``async with Smsc(settings, clock, observe) as smsc``: it listens at ``smsc.port`` until the block ends.

    ``clock`` gives milliseconds since 1970. ``observe`` is told of every bind, submit and receipt. Entering raises
    OSError: the address is in use, or the certificate or the state file cannot be used.
    """

    def __init__(self, settings: SmscSettings, clock: Callable[[], int], observe: Observe) -> None:
        self.counts = Counts()
        self.settings = settings
        self._clock = clock
        self._observe = observe
        self._clockwork = Clockwork(settings.seed, settings.speed, settings.receipt_due_s * 1_000)
        self._sessions = session_settings(settings)
        self._accounts: dict[str, Account] = {}
        self._links: set[Link] = set()
        self._remembered = Remembered(self._clockwork)
        self._replies: list[Reply] = []
        self._later = Later()
        self._touched: set[Link] = set()
        self._settling = False
        self._stopping = False
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at = 0.0
        self._server: asyncio.Server | None = None

    @property
    def port(self) -> int:
        """Where it listens."""
        assert self._server is not None
        return int(self._server.sockets[0].getsockname()[1])

    # --- from start to stop -------------------------------------------------------------------------------------------

    async def __aenter__(self) -> "Smsc":
        settings = self.settings
        self._loop = asyncio.get_running_loop()
        tls = _tls(settings.tls_cert, settings.tls_key)
        self._ledger = open_ledger(settings.state_file)
        try:
            self._intake = Intake(settings, self._clockwork, self._clock())
            self._dispatch = Dispatch(self._ledger, self._clockwork, self.counts, self._account, self._observe)
            self._intake.above(self._dispatch.restore())
            self._server = await self._loop.create_server(self._link, settings.host, settings.port, ssl=tls)
        except BaseException:
            self._ledger.close()
            raise
        self._arm()
        self._observe("carrier.started", host=settings.host, port=self.port, waiting=self.counts.waiting)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Unbind everybody, and write down what is still owed."""
        assert self._server is not None
        self._server.close()
        for link in list(self._links):
            link.session.unbind(link.now_ms)
            link.flush()
        waited_s = 0.0
        while self._links and waited_s < PARTING_S:
            await asyncio.sleep(0.01)
            waited_s += 0.01
        self._stopping = True
        for link in list(self._links):
            link.cut()
        if self._timer is not None:
            self._timer.cancel()
        self._dispatch.write()
        self._ledger.close()
        self._observe("carrier.stopped", waiting=self.counts.waiting)

    # --- connections --------------------------------------------------------------------------------------------------

    def _link(self) -> Link:
        return Link(self._sessions, self._opened, self._happened)

    def _opened(self, link: Link) -> bool:
        if len(self._links) >= self.settings.connections or self._stopping:
            self._observe("carrier.connection_refused", quiet=True, peer=link.peer, connections=len(self._links))
            return False
        self._links.add(link)
        self.counts.connections += 1
        return True

    def _happened(self, link: Link, events: Sequence[Event]) -> None:
        for event in events:
            if isinstance(event, Requested):
                self._requested(link, event.pdu)
            elif isinstance(event, Answered):
                self._dispatch.answered(link, event, self._clock())
            elif isinstance(event, Unanswered):
                self._dispatch.unanswered(link, event, self._clock())
            elif isinstance(event, Closed):
                self._closed(link, event)
            elif isinstance(event, Malformed):
                self._observe("carrier.malformed", quiet=True, bind=link.name, problem=event.pdu.problem)
        if link.account is not None:
            self._dispatch.feed(link.account)
        self._touched.add(link)
        self._soon()

    def _requested(self, link: Link, request: Pdu) -> None:
        command = request.command
        if command in (Command.SUBMIT_SM, Command.DATA_SM):
            self._submit(link, request)
        elif command in BINDS:
            self._bind(link, request)
        else:
            status, fields = self._remembered.answer(request, self._clock())
            self._replies.append(Reply(link, request, status, fields))

    def _account(self, system_id: str) -> Account:
        account = self._accounts.get(system_id)
        if account is None:
            account = self._accounts[system_id] = Account(system_id, self.settings.rate_per_s)
        return account

    # --- binds --------------------------------------------------------------------------------------------------------

    def _bind(self, link: Link, bind: Pdu) -> None:
        system_id = bind.text("system_id")
        status = refusal_of(bind, self.settings.accounts)
        events = link.session.answer(bind, link.now_ms, status, {} if status else {"system_id": SYSTEM_ID})
        if not any(isinstance(event, Bound) for event in events):
            self.counts.binds_refused += 1
            self._observe("carrier.bind_refused", account=system_id, peer=link.peer, status=name_of(status))
            return
        link.account = account = self._account(system_id)
        link.name = f"{system_id}@{link.peer}"
        account.binds += 1
        self.counts.binds += 1
        self.counts.bound += 1
        if link.session.state in TAKES:
            account.receivers.append(link)
        kind = Command(bind.command).name.removeprefix("BIND_").lower()
        self._observe("carrier.bound", account=system_id, peer=link.peer, kind=kind, waiting=account.owed)

    def _closed(self, link: Link, event: Closed) -> None:
        if link in self._links:
            self._links.discard(link)
            self.counts.connections -= 1
        account, link.account = link.account, None
        if account is None:
            return
        account.binds -= 1
        self.counts.bound -= 1
        if link in account.receivers:
            account.receivers.remove(link)
        self._observe("carrier.unbound", account=account.system_id, peer=link.peer, problem=event.reason)
        if account.idle:
            del self._accounts[account.system_id]

    # --- submits ------------------------------------------------------------------------------------------------------

    def _submit(self, link: Link, submit: Pdu) -> None:
        account = link.account
        assert account is not None, "the session lets nobody submit who is not bound"
        now_ms = self._clock()
        full = self.counts.waiting >= self.settings.receipts_waiting
        verdict = self._intake.take(account, submit, now_ms, full=full)
        fields: Mapping[str, Value] = {}
        message, turn, message_id = verdict.message, verdict.turn, ""
        if message is not None and turn is not None:
            message_id = message.answered_id
            fields = {"message_id": message_id}
            owed = Owed(message, turn.sendings, verdict.row.reply)
            owed.origin = link if verdict.row.elsewhere else None
            self._dispatch.take(owed)
            self._remembered.add(message, message_id)
        self._count(verdict)
        self._tell(link, submit, verdict, message_id)
        if verdict.answer is Answer.NEVER:
            return
        at_ms = now_ms + verdict.wait_ms if verdict.wait_ms else 0
        self._replies.append(Reply(link, submit, verdict.status, fields, verdict.answer, at_ms, message is not None))

    def _count(self, verdict: Verdict) -> None:
        counts = self.counts
        counts.submits += 1
        if verdict.message is not None:
            counts.accepted += 1
        elif verdict.status == CommandStatus.ESME_RTHROTTLED:
            counts.throttled += 1
        elif verdict.status:
            counts.refused += 1

    def _tell(self, link: Link, submit: Pdu, verdict: Verdict, message_id: str) -> None:
        self._observe(
            "carrier.submit",
            quiet=True,
            bind=link.name,
            recipient=submit.text("destination_addr"),
            sender=submit.text("source_addr"),
            part=verdict.part.seq,
            parts=verdict.part.total,
            id=message_id,
            status=verdict.status,
            answer=verdict.answer.value,
            scenario=verdict.row.what,
        )

    # --- settling -----------------------------------------------------------------------------------------------------

    def _soon(self) -> None:
        if not self._settling and not self._stopping:
            self._settling = True
            self._loop.call_soon(self._settle)

    def _settle(self) -> None:
        self._settling = False
        if self._stopping:
            return
        kept = self._dispatch.write()
        touched, self._touched = self._touched, set()
        replies, self._replies = self._replies, []
        for reply in replies:
            if reply.of_taken and not kept:
                reply = reply._replace(status=CommandStatus.ESME_RSYSERR, fields={})
            if reply.at_ms:
                self._later.add(reply)
            else:
                reply.give()
                touched.add(reply.link)
        now_ms = self._clock()
        touched |= self._dispatch.send(now_ms)
        for reply in self._later.due(now_ms):
            reply.give()
            touched.add(reply.link)
        for link in touched:
            link.flush()
        self._arm()

    def _arm(self) -> None:
        """Wake when something is due next; a timer that is early enough already is left alone."""
        due = [at_ms for at_ms in (self._dispatch.next_ms, self._later.next_ms) if at_ms]
        if not due:
            return
        nap_s = min(NAP_S, max(LEAST_NAP_S, (min(due) - self._clock()) / 1000))
        at = self._loop.time() + nap_s
        if self._timer is not None:
            if self._timer_at <= at:
                return
            self._timer.cancel()
        self._timer_at = at
        self._timer = self._loop.call_at(at, self._wake)

    def _wake(self) -> None:
        self._timer = None
        self._settle()


def _tls(cert: Path | None, key: Path | None) -> ssl.SSLContext | None:
    if cert is None:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(cert, key)
    return context
