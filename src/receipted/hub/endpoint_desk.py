"""Adding, testing and changing endpoints, and telling again what was told before."""

import re
import secrets as entropy
from collections.abc import Sequence
from typing import Any, NamedTuple

from receipted.dialects.standard_webhooks.signature import new_secret
from receipted.domain.endpoint import MOST_SECRETS, Endpoint
from receipted.domain.errors import Conflict, InvalidRequest
from receipted.domain.event import Event
from receipted.domain.message import Content, Kind, Message
from receipted.domain.status import Status
from receipted.hub.accounts import Accounts
from receipted.hub.forward import event_call
from receipted.hub.guard import Guard
from receipted.hub.notify import CONNECT_TIMEOUT_S, said_of
from receipted.hub.outbox import ENDPOINT, Delivery, Due, Outbox, Outcome
from receipted.hub.ports import Clock, Http, Store, Wake

NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}")
SECRET_OCTETS = 32
TEST_ID = "00000000-0000-7000-8000-000000000000"
"""The id of the message in a test event: no message has it."""


class Added(NamedTuple):
    """An endpoint with the secret that is shown this once."""

    endpoint: Endpoint
    secret: str


class EndpointDesk:
    """What the hub's owner may do with endpoints, and with what they and accounts were told."""

    def __init__(
        self,
        *,
        accounts: Accounts,
        store: Store,
        outbox: Outbox,
        http: Http,
        guard: Guard,
        timeout_s: float,
        clock: Clock,
        wake: Wake,
    ) -> None:
        self._accounts = accounts
        self._store = store
        self._outbox = outbox
        self._http = http
        self._guard = guard
        self._timeout_s = timeout_s
        self._clock = clock
        self._wake = wake

    async def add(self, name: str, url: str, statuses: Sequence[Status]) -> Added:
        """Add an endpoint; it is told of what happens from now on. Raises InvalidRequest, Conflict."""
        if not NAME.fullmatch(name):
            raise InvalidRequest("name", "must be up to 32 small letters, digits, hyphens and underscores")
        if name in self._accounts.endpoints:
            raise Conflict(f"there is an endpoint {name} already")
        self._check(url)
        secret = new_secret(entropy.token_bytes(SECRET_OCTETS))
        await self._store.advance(ENDPOINT + name, await self._store.last_event() or "")
        endpoint = Endpoint(name=name, url=url, secrets=(secret,), statuses=tuple(statuses), created_ms=self._clock())
        await self._accounts.save_endpoint(endpoint)
        return Added(endpoint, secret)

    async def change(self, name: str, changes: dict[str, Any]) -> Endpoint:
        """Change what is given: url, statuses, disabled. Raises InvalidRequest, NotFound."""
        if "url" in changes:
            self._check(changes["url"])
        if "statuses" in changes:
            changes["statuses"] = tuple(changes["statuses"])
        if "disabled" in changes:
            changes |= {"disabled_for": "", "failing_since_ms": None}
        changed = await self._accounts.change_endpoint(name, **changes)
        self._wake.set()
        return changed

    async def rotate_secret(self, name: str) -> Added:
        """Another secret signs from now on, beside the one before."""
        secret = new_secret(entropy.token_bytes(SECRET_OCTETS))
        kept = (secret, *self._accounts.endpoint(name).secrets)[:MOST_SECRETS]
        return Added(await self._accounts.change_endpoint(name, secrets=kept), secret)

    async def test(self, name: str) -> tuple[bool, str]:
        """Send a test event now; whether it was answered well, and what was said. Raises NotFound."""
        call = event_call(_test_due(self._clock()), self._accounts.endpoint(name), now_ms=self._clock())
        answer = await self._http.call(
            call.method,
            call.url,
            headers=call.headers,
            body=call.body,
            connect_timeout_s=CONNECT_TIMEOUT_S,
            timeout_s=self._timeout_s,
        )
        said, good = said_of(answer)
        return good, said

    async def replay(self, target: str, since_ms: int, only: Outcome | None) -> int:
        """Tell a target again what it was told since then, or only what ended so. How many. Raises NotFound."""
        self._known(target)
        return await self._outbox.replay(target, since_ms, self._clock(), only)

    async def deliveries(
        self, target: str | None, message_id: str | None, only: Outcome | None, limit: int
    ) -> list[Delivery]:
        """What was told or is to be, the newest first."""
        return await self._outbox.deliveries(target=target, message_id=message_id, only=only, limit=limit)

    def _known(self, target: str) -> None:
        if target.startswith(ENDPOINT):
            self._accounts.endpoint(target.removeprefix(ENDPOINT))
        else:
            self._accounts.account(target)

    def _check(self, url: str) -> None:
        try:
            self._guard.check_url(url)
        except InvalidRequest as error:
            raise InvalidRequest("url", error.problem) from None


def _test_due(now_ms: int) -> Due:
    message = Message(
        id=TEST_ID,
        provider="",
        recipient="447700900000",
        sender="receipted",
        content=Content(kind=Kind.TEXT, text=""),
        country="GB",
        part_count=1,
        status=Status.DELIVERED,
        version=1,
        created_ms=now_ms,
        updated_ms=now_ms,
        client_ref="test",
    )
    event = Event(
        id=TEST_ID,
        message_id=TEST_ID,
        version=1,
        status=Status.DELIVERED,
        previous=None,
        at_ms=now_ms,
        client_ref="test",
        recipient=message.recipient,
        sender=message.sender,
    )
    delivery = Delivery(
        message_id=TEST_ID,
        seq=0,
        target=ENDPOINT,
        statement=TEST_ID,
        status=Status.DELIVERED,
        err_code=None,
        carrier_ms=None,
        network=None,
        price=None,
        at_ms=now_ms,
        due_ms=None,
        attempts=0,
        outcome=Outcome.WAITING,
    )
    return Due(delivery=delivery, message=message, event=event)
