"""One bind, kept up: connected, bound, and made anew when it breaks (reference smpp 5)."""

import asyncio
import random
import ssl
from collections import deque
from collections.abc import Callable, Mapping
from typing import Final

from receipted.dialects.smpp.codec import Unencodable, Unreadable
from receipted.dialects.smpp.events import Answered, Closed, Fault, Requested, Unanswered
from receipted.dialects.smpp.operations import BIND_KINDS, SENDS
from receipted.dialects.smpp.pdus import Command, Pdu, Value
from receipted.dialects.smpp.status import Reaction, Statuses
from receipted.dialects.smpp.tlvs import Tlv
from receipted.domain.backoff import delay_ms
from receipted.hub.links import Link, LinkState
from receipted.hub.ports import Clock, Observe
from receipted.hub.rate import Rate
from receipted.providers.smpp.connecting import bind_fields, connect, session_settings, unreachable
from receipted.providers.smpp.connection import Connection, Owner
from receipted.providers.smpp.settings import SmppSettings

STABLE_MS: Final = 30_000
"""A bind that held for so long was a good one: the next try comes at once again."""
CONFIGURATION_FIRST_S, CONFIGURATION_MOST_S = 30.0, 300.0
"""A bind refused for its credentials is not hammered: the first wait, and the longest."""
FIRST_PAUSE_MS, LONGEST_PAUSE_MS = 1_000, 30_000
"""How long a bind is left alone when the carrier throttles: doubling each time, forgotten with the first success."""
MEASURED_S: Final = 5
SHOWN: Final = 40
"""Characters of the carrier's own name that the log shows: it may be as long as the carrier likes."""


class Told:
    """What a bind tells the carrier's provider."""

    def requested(self, bind: "Bind", connection: Connection, requests: list[Requested]) -> None:
        """The carrier hands something over: each is to be answered on that connection."""

    def malformed(self, bind: "Bind", pdu: Unreadable) -> None:
        """It handed over what cannot be read."""

    def late(self, bind: "Bind", request: Pdu, response: Pdu) -> None:
        """The answer to a submit that had been given up."""

    def room(self) -> None:
        """Something may be sent now that could not before."""


class Bind(Owner):
    """``run`` keeps it up until it is cancelled. ``submit`` while it is ``free``."""

    def __init__(
        self, name: str, provider: str, command: Command, settings: SmppSettings, statuses: Statuses,
        told: Told, clock: Clock, observe: Observe, tls: Callable[[], ssl.SSLContext | None],
        jitter: Callable[[], float] = random.random,
    ) -> None:  # fmt: skip
        """``jitter``: from 0 to 1, so that the binds of many hubs do not come back at once."""
        self.name = name
        self.provider = provider
        self._command = command
        self._settings = settings
        self._statuses = statuses
        self._told = told
        self._clock = clock
        self._observe = observe
        self._tls = tls
        self._jitter = jitter
        self._session_settings = session_settings(settings)
        self._connection: Connection | None = None
        self._rate = Rate(settings.rate_per_s)
        self._state = LinkState.CONNECTING
        self._since_ms = clock()
        self._problem = ""
        self._failures = 0
        self._failed_slowly = False
        self._closing = False
        self._pauses = 0
        self._paused_until_ms = 0
        self._sent_at: deque[int] = deque()
        self.submitted = self.receipts = self.throttled = 0
        self.last_receipt_ms: int | None = None
        self._last_enquire: tuple[int, int] | None = None

    # --- what the provider asks ---------------------------------------------------------------------------------------

    @property
    def sends(self) -> bool:
        """Whether it is bound for submitting, throttled or not."""
        return self._connection is not None and self._connection.session.state in SENDS

    def free(self) -> int:
        """How many submits it takes now: its window's room, if its rate and the carrier's patience allow."""
        if self._connection is None or self.wait_ms():
            return 0
        return self._connection.free

    def wait_ms(self) -> int:
        """How long its rate or a pause holds it back; 0 if they do not."""
        now_ms = self._clock()
        return max(self._rate.wait_ms(now_ms), self._paused_until_ms - now_ms, 0)

    def link(self, id_form: str) -> Link:
        """How it stands, for ``receipted binds``."""
        now_ms = self._clock()
        connection = self._connection
        while self._sent_at and now_ms - self._sent_at[0] >= MEASURED_S * 1000:
            self._sent_at.popleft()
        throttled = self._state is LinkState.BOUND and now_ms < self._paused_until_ms
        return Link(
            provider=self.provider,
            bind=self.name,
            kind=BIND_KINDS[self._command],
            peer=f"{self._settings.host}:{self._settings.port}",
            state=LinkState.THROTTLED if throttled else self._state,
            since_ms=self._since_ms,
            window=self._settings.window,
            in_flight=connection.session.in_flight if connection is not None else 0,
            rate_per_s=self._settings.rate_per_s,
            sent_per_s=len(self._sent_at) / MEASURED_S,
            submitted=self.submitted,
            receipts=self.receipts,
            throttled=self.throttled,
            last_enquire_ms=self._enquired_ms(now_ms),
            last_receipt_ms=self.last_receipt_ms,
            id_form=id_form,
            problem=self._problem,
        )

    def _enquired_ms(self, now_ms: int) -> int | None:
        connection = self._connection
        if connection is None or connection.session.last_enquire_ms is None:
            return None
        return now_ms - (connection.now_ms - connection.session.last_enquire_ms)

    # --- what the provider does ---------------------------------------------------------------------------------------

    def submit(self, fields: Mapping[str, Value], tlvs: tuple[Tlv, ...]) -> "asyncio.Future[Answered | Unanswered]":
        """Send a submit_sm; only while ``free``. Raises Unencodable (nothing was sent)."""
        assert self._connection is not None, "ask free before"
        reply = self._connection.submit(fields, tlvs)
        now_ms = self._clock()
        self._rate.take(now_ms, 1)
        self._sent_at.append(now_ms)
        self.submitted += 1
        return reply

    def slow_down(self, reason: str) -> int:
        """The carrier throttles. Returns how long the bind is left alone, in milliseconds."""
        now_ms = self._clock()
        if now_ms >= self._paused_until_ms:
            self._pauses += 1
            wait_ms = delay_ms(self._pauses, first_ms=FIRST_PAUSE_MS, cap_ms=LONGEST_PAUSE_MS)
            self._paused_until_ms = now_ms + wait_ms
            self._observe("bind.throttled", provider=self.provider, bind=self.name, reason=reason, wait_ms=wait_ms)
        self.throttled += 1
        return self._paused_until_ms - now_ms

    def went_well(self) -> None:
        """The carrier took something: the next pause is a short one again."""
        self._pauses = 0

    def bind_anew(self) -> None:
        """The carrier says that we are not bound: leave, and come back."""
        if self._connection is not None:
            self._connection.unbind()

    async def close(self, timeout_s: float) -> None:
        """Unbind, and wait so long for the carrier to agree."""
        self._closing = True
        connection = self._connection
        if connection is None:
            return
        connection.unbind()
        await asyncio.wait([connection.ended], timeout=timeout_s)
        connection.cut()

    # --- keeping it up ------------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Connect, bind, stay; when it breaks, wait and do it again."""
        while not self._closing:
            self._now(LinkState.CONNECTING, self._problem)
            await asyncio.sleep(await self._once() / 1000)

    async def _once(self) -> int:
        """One connection from its beginning to its end. Returns how long to wait before the next, in milliseconds."""
        connection = Connection(self._session_settings, self)
        try:
            await connect(self._settings, self._tls, connection)
            self._connection = connection
            connection.bind(self._command, bind_fields(self._settings))
            closed = await connection.ended
        except (OSError, TimeoutError, ssl.SSLError) as error:
            return self._broken(LinkState.DOWN, unreachable(self._settings, error), Fault.LINE)
        except Unencodable as error:
            return self._broken(LinkState.REFUSED, f"The settings do not fit in a bind: {error}", Fault.US)
        finally:
            connection.cut()
            self._connection = None
        return self._ended(connection, closed)

    def _ended(self, connection: Connection, closed: Closed) -> int:
        if connection.refused is not None:
            status = connection.refused.status
            advice = self._statuses.advice_for(status)
            slow = self._statuses.reaction_to(status) is not Reaction.RETRY
            return self._broken(LinkState.REFUSED, f"{advice.meaning}. {advice.advice}", Fault.PEER, slow=slow)
        held_ms = self._clock() - self._since_ms if self._state is LinkState.BOUND else 0
        if held_ms >= STABLE_MS:
            self._failures = 0
        return self._broken(LinkState.DOWN, f"The bind ended: {closed.reason}.", closed.fault)

    def _broken(self, state: LinkState, problem: str, fault: Fault, *, slow: bool = False) -> int:
        if self._closing:
            self._now(LinkState.DOWN)
            return 0
        # After an outage of the line a refusal begins with a short wait of its own, and the other way round.
        if slow is not self._failed_slowly:
            self._failures, self._failed_slowly = 0, slow
        self._failures += 1
        usual_s = self._settings.reconnect_first_s, self._settings.reconnect_most_s
        first_s, most_s = (CONFIGURATION_FIRST_S, CONFIGURATION_MOST_S) if slow else usual_s
        wait_ms = delay_ms(
            self._failures, first_ms=int(first_s * 1000), cap_ms=int(most_s * 1000), jitter=self._jitter()
        )
        self._now(state, problem)
        self._observe(
            "bind.down",
            provider=self.provider,
            bind=self.name,
            state=str(state),
            reason=problem,
            fault=str(fault),
            next_try_ms=wait_ms,
        )
        self._told.room()
        return wait_ms

    def _now(self, state: LinkState, problem: str = "") -> None:
        if LinkState.BOUND in (state, self._state) and state is not self._state:
            self._since_ms = self._clock()
        self._state = state
        self._problem = problem

    # --- what the connection tells ------------------------------------------------------------------------------------

    def bound(self) -> None:
        assert self._connection is not None
        self._now(LinkState.BOUND)
        self._observe(
            "bind.up",
            provider=self.provider,
            bind=self.name,
            kind=BIND_KINDS[self._command],
            peer=self._connection.session.peer_system_id[:SHOWN],
        )
        self._told.room()

    def requested(self, requests: list[Requested]) -> None:
        if self._connection is not None:
            self._told.requested(self, self._connection, requests)

    def malformed(self, pdu: Unreadable) -> None:
        self._told.malformed(self, pdu)

    def strange(self, problem: str) -> None:
        self._observe("bind.strange", provider=self.provider, bind=self.name, problem=problem)

    def late(self, request: Pdu, response: Pdu) -> None:
        self._told.late(self, request, response)

    def room(self) -> None:
        self._told.room()
