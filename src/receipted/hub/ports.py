"""What the hub needs from the rooms above it: a provider, a store, a clock, a way to be woken.

``Store`` and ``Provider`` have one suite each in ``tests/contracts``, run over every implementation. Long because it
is one contract and nothing but declarations.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from decimal import Decimal
from typing import Protocol, TypeAlias

import msgspec

from receipted.domain.advice import Advice
from receipted.domain.event import Event
from receipted.domain.message import NO_OPTIONS, Content, Message, Options
from receipted.domain.receipt import Receipt
from receipted.domain.status import Status
from receipted.hub.links import Inbound, Link

Clock: TypeAlias = Callable[[], int]
"""Milliseconds since 1970, UTC."""


class Observe(Protocol):
    """Told of each unit of work, once, with its facts: becomes one wide log line and the metrics."""

    def __call__(self, what: str, **facts: object) -> None: ...


# --- providers: whoever takes our messages ---------------------------------------------------------------------------


class Submission(msgspec.Struct, frozen=True, kw_only=True):
    """One message on its way to a provider. ``client_ref`` is *our* reference, echoed by the provider in receipts."""

    message_id: str
    recipient: str
    sender: str
    content: Content
    part_count: int
    client_ref: str
    country: str = ""
    ttl_ms: int | None = None
    attempt: int = 1
    created_ms: int = 0
    options: Options = NO_OPTIONS
    route: str | None = None


class PartAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What the provider said of one part: an id (accepted), or ``err_code`` and ``reason`` (refused).

    ``unclear``: this part went out and no answer came, while others of the message were answered. It is never sent
    again; it becomes unknown in time unless a receipt comes (promise 5).
    """

    provider_message_id: str | None = None
    err_code: str | None = None
    reason: str | None = None
    network: str | None = None
    price: str | None = None
    unclear: bool = False

    @property
    def refused(self) -> bool:
        return self.provider_message_id is None and not self.unclear


class Answered(msgspec.Struct, frozen=True, kw_only=True):
    """The provider decided about every part. Final for the submit; receipts tell the rest."""

    parts: tuple[PartAnswer, ...]


class Deferred(msgspec.Struct, frozen=True, kw_only=True):
    """Certainly not sent, and trying again can help: throttled, connection refused, provider down.

    ``wait_ms`` is the wait that the provider asked for; None leaves it to the hub's backoff. ``throttled`` slows the
    whole provider down, not only this message.
    """

    reason: str
    wait_ms: int | None = None
    throttled: bool = False


class Ambiguous(msgspec.Struct, frozen=True, kw_only=True):
    """Perhaps sent: the question went out and no answer came. Never sent again; a receipt settles it (promise 5)."""

    reason: str


Outcome: TypeAlias = Answered | Deferred | Ambiguous


class WebhookRequest(msgspec.Struct, frozen=True, kw_only=True):
    """One request at the webhook door, as it came. ``method`` upper case, ``query`` without ``?``, still encoded."""

    method: str
    path: str
    query: bytes
    content_type: str
    body: bytes
    source: str = ""


Deliver: TypeAlias = Callable[[Sequence[Receipt]], Awaitable[None]]
"""Takes receipts in; returns when they are durable. Raises Overloaded or StorageUnavailable."""
TakeInbound: TypeAlias = Callable[[Sequence[Inbound]], Awaitable[None]]
"""Takes in what is no readable receipt; returns when it is durable. Raises Overloaded or StorageUnavailable."""


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One line of ``receipted doctor``: what was looked at, whether it is well, and what to do if not."""

    what: str
    ok: bool
    said: str
    cure: str = ""


class Outstanding(msgspec.Struct, frozen=True, kw_only=True):
    """A part that a provider accepted before the hub was restarted, and whose final receipt has not come."""

    submission: Submission
    seq: int
    provider_message_id: str
    submitted_ms: int


class Provider(Protocol):
    """An aggregator or carrier. One file in ``providers/`` and one line in ``providers/__init__.py``."""

    name: str
    rate_per_s: float
    """Submits per second that this provider allows; 0 = no limit."""
    concurrency: int
    """Submits under way at once."""
    webhook_paths: tuple[str, ...]
    """Paths at which its receipts come in; () for none."""
    retry_status: int
    """The HTTP status that makes this provider send a receipt again."""
    resumes: bool
    """Whether it wants to be told at the start, by ``resume``, what it had accepted before."""

    def due_s(self, country: str) -> int:
        """How long after the submit a final receipt may take before the part counts as unknown, in seconds."""
        ...

    def missing(self) -> str | None:
        """None if its settings are whole; otherwise the sentence that says what they lack. It never changes."""
        ...

    def ready(self) -> str | None:
        """None if messages can be handed over now; otherwise why they have to wait."""
        ...

    async def submit(self, submission: Submission) -> Outcome:
        """Hand one message over, once. Never raises for what the far side does: that is an Outcome."""
        ...

    def read(self, request: WebhookRequest, now_ms: int) -> list[Receipt]:
        """The receipts in one webhook request, verified; [] for a probe without content.

        Raises InvalidReceipt (unreadable, names the field) or Unauthentic.
        """
        ...

    def advise(self, err_code: str, *, at_submit: bool) -> Advice | None:
        """What one of its codes means: a send status (``at_submit``) or a receipt's err-code. None without a code."""
        ...

    async def start(self, deliver: Deliver, take_inbound: TakeInbound) -> None:
        """Begin. ``deliver`` is for receipts that do not come by webhook, ``take_inbound`` for what is none."""
        ...

    async def resume(self, outstanding: Sequence[Outstanding]) -> None:
        """Told once, before ``start``, what it had accepted before the restart, if it ``resumes``."""
        ...

    def links(self) -> list[Link]:
        """Its binds as they are now; [] for a provider that keeps no connections."""
        ...

    async def check(self) -> list[Finding]:
        """For ``receipted doctor``: can it be reached, are the credentials good, do the clocks agree?"""
        ...

    async def close(self) -> None:
        """Let go of sockets and tasks. Harmless when repeated."""
        ...


# --- the store --------------------------------------------------------------------------------------------------------


class NewMessage(msgspec.Struct, frozen=True, kw_only=True):
    """A message to be stored and queued. ``key`` and ``key_digest`` carry an Idempotency-Key and its request's hash.

    ``charge`` is what its account pays for all its parts; ``overdraw`` lets the balance go below zero.
    """

    message: Message
    key: str | None = None
    key_digest: str = ""
    charge: Decimal = Decimal(0)
    overdraw: bool = True


class Accepted(msgspec.Struct, frozen=True, kw_only=True):
    """A stored message, and what its account has left; None without an account."""

    message: Message
    balance: Decimal | None = None


class Filter(msgspec.Struct, frozen=True, kw_only=True):
    """Which messages: all that are given must hold. ``before`` is a cursor (a message id): older ones only."""

    account: str | None = None
    recipient: str | None = None
    sender: str | None = None
    status: Status | None = None
    provider: str | None = None
    client_ref: str | None = None
    provider_message_id: str | None = None
    since_ms: int | None = None
    until_ms: int | None = None
    before: str | None = None
    limit: int = 50


class StoredReceipt(msgspec.Struct, frozen=True, kw_only=True):
    """A receipt with the time at which it was stored (milliseconds since 1970)."""

    receipt: Receipt
    received_ms: int


class StoredInbound(msgspec.Struct, frozen=True, kw_only=True):
    """Something inbound with the time at which it was stored. ``id`` is a UUIDv7 of ours."""

    id: str
    inbound: Inbound
    received_ms: int


class SubmitAttempt(msgspec.Struct, frozen=True, kw_only=True):
    """One try to hand a message over. ``outcome``: answered, deferred or ambiguous."""

    message_id: str
    attempt: int
    started_ms: int
    ended_ms: int
    outcome: str
    detail: str = ""


class History(msgspec.Struct, frozen=True, kw_only=True):
    """All that is known of one message."""

    message: Message
    events: tuple[Event, ...]
    attempts: tuple[SubmitAttempt, ...]
    receipts: tuple[StoredReceipt, ...]


class RejectedRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A request at the webhook door that was refused, and why. Kept in a bounded log."""

    at_ms: int
    door: str
    status: int
    problem: str
    explanation: str
    method: str
    content_type: str
    source: str
    query: bytes
    body: bytes


class Counts(msgspec.Struct, frozen=True, kw_only=True):
    """What waits: for pages, health and metrics."""

    queued: int
    submitting: int
    unmatched: int


class Store(Protocol):
    """Where everything is true. Every write returns when it is committed and synced, or raises StorageUnavailable.

    Writes that arrive together are committed together. Nothing here is half done: what an operation says it stores is
    one transaction with the events and the work that it causes.
    """

    async def append(self, receipts: Sequence[Receipt], received_ms: int) -> None:
        """Take receipts in: durable, once each. Applied to parts and messages, or kept as unmatched, soon or already.

        Raises Overloaded when too much waits.
        """
        ...

    async def accept(self, new: NewMessage) -> Accepted:
        """Store a message with its parts, its first event and its place in the submit queue, and charge its account.

        With a key that is known already: the message stored then. Raises Conflict if that was another request, or
        NoCredit.
        """
        ...

    async def claim(self, provider: str, now_ms: int, limit: int) -> list[Submission]:
        """Take up to ``limit`` due messages off a provider's queue and mark them as being submitted."""
        ...

    async def settle(
        self, attempt: SubmitAttempt, outcome: Outcome, *, due_ms: int, retry_ms: int, unclear_due_ms: int
    ) -> None:
        """Record what came of a claimed submit.

        Answered: ids, statuses and events, and receipts that came early take effect; a part becomes unknown at
        ``due_ms`` unless a final receipt comes. Deferred: back on the queue until ``retry_ms``. Ambiguous: submitted,
        to become unknown at ``unclear_due_ms`` unless a receipt comes, as does a part whose answer was unclear.
        """
        ...

    async def reroute(self, attempt: SubmitAttempt, provider: str, route: str) -> None:
        """Give a claimed message that nobody has taken to another provider's queue, and record the try that failed."""
        ...

    async def abandon(self, message_id: str, now_ms: int, reason: str) -> None:
        """Take a claimed message off the queue for good, never handed over: it becomes expired, for ``reason``."""
        ...

    async def release(self, provider: str, in_flight: frozenset[str]) -> int:
        """Put claimed messages that are not under way back on the queue: a claim whose answer was lost."""
        ...

    async def recover(self, now_ms: int, due_ms: int, reason: str, *, waiting: bool = False) -> int:
        """At start: what a dead process had claimed and not settled becomes Ambiguous. Returns how many.

        With ``waiting`` all that is queued, too: in a restored backup it may have been sent since.
        """
        ...

    async def outstanding(self, provider: str, limit: int) -> list[Outstanding]:
        """Parts that the provider accepted and has not finally reported on, oldest first."""
        ...

    async def expire(self, now_ms: int, limit: int) -> int:
        """Make parts unknown whose final receipt is overdue. Returns how many."""
        ...

    async def rematch(self, limit: int, now_ms: int) -> int:
        """Apply unmatched receipts whose message has become known meanwhile. Returns how many."""
        ...

    async def take_inbound(self, taken: Sequence[Inbound], received_ms: int) -> None:
        """Keep what carriers handed over that is no readable receipt: durable, each as often as it came."""
        ...

    async def inbound(self, limit: int, before: str | None = None) -> list[StoredInbound]:
        """What carriers handed over that is no readable receipt, newest first; ``before`` is an id of the list."""
        ...

    async def reject(self, request: RejectedRequest) -> None:
        """Keep a refused request in the bounded log. Losing some of a flood is allowed; they are counted."""
        ...

    async def message(self, message_id: str) -> Message:
        """One message with its parts. Raises NotFound."""
        ...

    async def message_of_part(self, told_id: str) -> Message:
        """The message of which a part has this id outside (``domain.part_id``). Raises NotFound."""
        ...

    async def messages(self, which: Filter) -> list[Message]:
        """Newest first, without their parts."""
        ...

    async def history(self, message_id: str) -> History:
        """All that is known of one message, each list oldest first. Raises NotFound."""
        ...

    async def unmatched(self, limit: int, before_ms: int | None = None) -> list[StoredReceipt]:
        """Receipts whose message is not known, newest first."""
        ...

    async def rejected(self, limit: int) -> list[RejectedRequest]:
        """The log of refused requests, newest first."""
        ...

    async def events(self, after: str | None, limit: int) -> list[Event]:
        """The feed: events committed after the cursor, oldest first. None starts at the very first."""
        ...

    async def last_event(self) -> str | None:
        """The cursor of the newest event, to follow the feed from now on."""
        ...

    async def cursor(self, endpoint: str) -> str | None:
        """How far an endpoint has been told."""
        ...

    async def advance(self, endpoint: str, event_id: str) -> None:
        """Remember that an endpoint has been told up to this event."""
        ...

    async def counts(self) -> Counts:
        """What waits right now."""
        ...

    async def check(self) -> list[Finding]:
        """For ``receipted doctor`` and ``/readyz``: can it be read and written, is the schema current?"""
        ...


# --- waking -----------------------------------------------------------------------------------------------------------


class Wake(Protocol):
    """A hint that something is to be done. Losing one costs a poll interval, never a message."""

    @property
    def closed(self) -> bool:
        """Whether the hub stops, so that waiting makes no sense any more."""
        ...

    def set(self) -> None: ...

    async def wait(self, timeout_s: float) -> None:
        """Return when woken, or after ``timeout_s``, whichever comes first."""
        ...


# --- outbound HTTP ----------------------------------------------------------------------------------------------------


class HttpAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What a server answered. Header names are lower case; ``body`` is cut at the client's limit."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    elapsed_ms: int


class HttpFailure(msgspec.Struct, frozen=True, kw_only=True):
    """No answer. ``sent`` is False only where it is certain that the request never left (no connection was made)."""

    problem: str
    kind: str
    """One of: dns, guarded, refused, connect-timeout, tls, timeout, broken."""
    sent: bool


class Http(Protocol):
    """A client that follows no redirects, bounds every wait and every body, and never raises for the far side."""

    async def call(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        connect_timeout_s: float = 3.0,
        timeout_s: float = 15.0,
    ) -> HttpAnswer | HttpFailure: ...
