"""What is owed, from the moment a message is taken until its last receipt is answered.

What is not due yet waits in one heap. What is due goes to its account's queue, from there to a bind with room, and
comes back with an answer: taken, to be sent again, or lost.
"""

import heapq
from collections.abc import Callable
from typing import Final, Protocol

from receipted.carrier.ledger import Ledger
from receipted.carrier.link import Link
from receipted.carrier.numbers import ALWAYS
from receipted.carrier.outbox import MOST_TRIES, Account, Owed, gap_ms
from receipted.carrier.quirks import row_of
from receipted.carrier.receipts import malformed, outgoing
from receipted.carrier.traffic import Counts
from receipted.carrier.turn import Clockwork, Kind, turn_of
from receipted.dialects.smpp.codec import Unencodable
from receipted.dialects.smpp.events import Answered, Unanswered
from receipted.dialects.smpp.pdus import Command
from receipted.dialects.smpp.status import RESEND, CommandStatus, name_of

MOST_DUE: Final = 10_000
"""Taken from the heap at once: after a long stop, connections are served in between."""
LEAST_GAP_MS: Final = 100
"""However fast time passes, a receipt is not sent again sooner."""


class Observe(Protocol):
    """Told of what happens, with its facts."""

    def __call__(self, what: str, **facts: object) -> None: ...


class Dispatch:
    """All that is owed to all accounts. Times are milliseconds since 1970."""

    def __init__(
        self,
        ledger: Ledger,
        clockwork: Clockwork,
        counts: Counts,
        account: Callable[[str], Account],
        observe: Observe,
    ) -> None:
        self._ledger = ledger
        self._clockwork = clockwork
        self._counts = counts
        self._account = account
        self._observe = observe
        self._heap: list[tuple[int, int, Owed]] = []
        self._pushed = 0
        self._hungry: dict[Account, None] = {}
        self._taken: list[Owed] = []
        self._done: list[tuple[int, int]] = []
        self._settled: list[int] = []

    @property
    def next_ms(self) -> int | None:
        """When something is due next."""
        return self._heap[0][0] if self._heap else None

    def restore(self) -> int:
        """Owe again what the ledger has; returns the highest id in it. Raises OSError or sqlite3.Error."""
        highest = 0
        for done, message in self._ledger.owed():
            highest = max(highest, message.number)
            turn = turn_of(message.asked, ALWAYS + 1, self._clockwork)
            self._owe(Owed(message, turn.sendings, row_of(message.recipient).reply, done))
        return highest

    def take(self, owed: Owed) -> None:
        """A message was taken; it is owed once ``write`` has returned."""
        self._taken.append(owed)

    def write(self) -> bool:
        """Write down all that happened since the last time; False: it could not be, and nothing was taken."""
        taken, done, settled = self._taken, self._done, self._settled
        if not (taken or done or settled):
            return True
        self._taken = []
        owing = [owed for owed in taken if not owed.finished]
        try:
            self._ledger.write([owed.message for owed in owing], done, settled)
        except Exception as problem:
            self._observe("carrier.state.failed", problem=f"{type(problem).__name__}: {problem}", messages=len(owing))
            return False
        self._done, self._settled = [], []
        for owed in owing:
            self._owe(owed)
        return True

    def send(self, now_ms: int) -> set[Link]:
        """Give what is due to whoever can take it; returns the connections that have something to write."""
        for _ in range(MOST_DUE):
            if not self._heap or self._heap[0][0] > now_ms:
                break
            owed = heapq.heappop(self._heap)[2]
            account = self._account(owed.message.account)
            account.due.append(owed)
            self._hungry[account] = None
        touched: set[Link] = set()
        for account in self._hungry:
            for link, owed in account.give():
                self._send(link, account, owed, now_ms)
                touched.add(link)
        self._hungry.clear()
        return touched

    def feed(self, account: Account) -> None:
        """One of its binds has room again."""
        if account.due:
            self._hungry[account] = None

    def answered(self, link: Link, answer: Answered, now_ms: int) -> None:
        """A bind answered. One who answers too late is sent it again."""
        owed = link.flying.pop(answer.request.sequence, None)
        if owed is None:
            return
        response = answer.response
        status = response.status
        if response.command == Command.GENERIC_NACK:
            status = status or CommandStatus.ESME_RUNKNOWNERR
        if not status:
            self._counts.receipts_taken += 1
            self._observe("carrier.receipt_taken", **_facts(owed), bind=link.name)
            self._go_on(owed, now_ms)
        elif status in RESEND:
            self._again(owed, now_ms, name_of(status))
        else:
            self._lose(owed, now_ms, f"answered {name_of(status)}")

    def unanswered(self, link: Link, event: Unanswered, now_ms: int) -> None:
        """A bind did not answer; if its connection is gone, another one gets it at once."""
        owed = link.flying.pop(event.request.sequence, None)
        if owed is None:
            return
        if link.gone:
            account = self._account(owed.message.account)
            account.due.appendleft(owed)
            self._hungry[account] = None
        else:
            self._again(owed, now_ms, event.reason)

    # --- one message --------------------------------------------------------------------------------------------------

    def _owe(self, owed: Owed) -> None:
        if owed.finished:
            self._settled.append(owed.message.number)
            return
        self._account(owed.message.account).owed += 1
        self._counts.waiting += 1
        self._push(owed, owed.next.at_ms)

    def _push(self, owed: Owed, at_ms: int) -> None:
        self._pushed += 1
        heapq.heappush(self._heap, (at_ms, self._pushed, owed))

    def _send(self, link: Link, account: Account, owed: Owed, now_ms: int) -> None:
        sending = owed.next
        if sending.kind is Kind.MALFORMED:
            link.stray(malformed())
            self._go_on(owed, now_ms)
            return
        command, fields, tlvs = outgoing(owed.message, sending, owed.reply)
        try:
            sequence = link.session.request(command, link.now_ms, fields, tlvs)
        except Unencodable as problem:
            self._lose(owed, now_ms, str(problem))
            return
        link.flying[sequence] = owed
        self._counts.receipts += 1
        self._observe(
            "carrier.reply" if sending.kind is Kind.REPLY else "carrier.receipt",
            quiet=True,
            bind=link.name,
            recipient=owed.message.recipient,
            id=owed.message.receipted_id,
            stat=sending.state.word,
            err_code=sending.err_code,
            attempt=owed.attempts + 1,
        )

    def _go_on(self, owed: Owed, now_ms: int) -> None:
        owed.done += 1
        owed.attempts = 0
        number = owed.message.number
        if not owed.finished:
            self._done.append((owed.done, number))
            self._push(owed, max(owed.next.at_ms, now_ms))
            return
        self._settled.append(number)
        self._counts.waiting -= 1
        self._account(owed.message.account).owed -= 1

    def _again(self, owed: Owed, now_ms: int, reason: str) -> None:
        owed.attempts += 1
        if owed.attempts >= MOST_TRIES:
            self._lose(owed, now_ms, f"{reason}, {MOST_TRIES} times")
            return
        self._counts.receipts_again += 1
        wait_ms = max(LEAST_GAP_MS, self._clockwork.after_ms(gap_ms(owed.attempts)))
        self._push(owed, now_ms + wait_ms)
        self._observe("carrier.receipt_again", **_facts(owed), problem=reason, attempt=owed.attempts, wait_ms=wait_ms)

    def _lose(self, owed: Owed, now_ms: int, reason: str) -> None:
        self._counts.receipts_lost += 1
        self._observe("carrier.receipt_lost", **_facts(owed), problem=reason)
        self._go_on(owed, now_ms)


def _facts(owed: Owed) -> dict[str, object]:
    message = owed.message
    return {"quiet": True, "recipient": message.recipient, "id": message.receipted_id, "account": message.account}
