"""Take a message from an application: check it, decide who sends it, store it with its place in the queue."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from hashlib import blake2b
from string import hexdigits

import msgspec

from receipted.domain import phone
from receipted.domain.errors import InvalidRequest
from receipted.domain.message import NO_OPTIONS, Content, Kind, Message, Options, Part
from receipted.domain.price import written
from receipted.domain.status import Status, order_key
from receipted.hub.ports import Accepted, Clock, NewMessage, Observe, Store, Wake
from receipted.hub.route import Destination
from receipted.hub.routing import Choose
from receipted.text.alphabet import kind_for
from receipted.text.segments import count

TEXT_LIMIT = 3_200
"""Characters that Vonage takes in one request (reference vonage-sms 1.3)."""
TTL_MS = (20_000, 604_800_000)
"""Shortest and longest ttl (reference vonage-sms 1.3)."""
CLIENT_REF_LIMIT = 100
KEY_LIMIT = 255
HEX = frozenset(hexdigits)


class SendRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What an application asks for. ``kind`` None chooses the alphabet that the text needs."""

    recipient: str
    sender: str
    text: str = ""
    body: str = ""
    udh: str = ""
    kind: Kind | None = None
    client_ref: str | None = None
    ttl_ms: int | None = None
    provider: str | None = None
    idempotency_key: str | None = None
    options: Options = NO_OPTIONS


class Payer(msgspec.Struct, frozen=True, kw_only=True):
    """Whose message it is: the account, what a part costs it, and whether its balance may go below zero."""

    account: str
    price: Decimal
    overdraw: bool


class Accept:
    """``await accept(request)`` stores a message durably and returns it. It is submitted soon after, by itself.

    Raises InvalidRequest (names the field), Conflict (the Idempotency-Key came with another request), Overloaded
    (nothing was stored) or StorageUnavailable (perhaps it was: try again with the same key).
    """

    def __init__(
        self,
        *,
        store: Store,
        choose: Choose,
        clock: Clock,
        new_id: Callable[[], str],
        wakes: Mapping[str, Wake],
        observe: Observe,
    ) -> None:
        self._store = store
        self._choose = choose
        self._clock = clock
        self._new_id = new_id
        self._wakes = wakes
        self._observe = observe

    async def __call__(self, request: SendRequest) -> Message:
        """A message of the hub's owner."""
        return (await self.paid(request, None)).message

    async def paid(self, request: SendRequest, payer: Payer | None) -> Accepted:
        """A message that ``payer`` pays for all parts of; raises NoCredit, too."""
        message = self._message(request, payer)
        accepted = await self._store.accept(
            NewMessage(
                message=message,
                key=request.idempotency_key,
                key_digest="" if request.idempotency_key is None else _digest(request),
                charge=payer.price * message.part_count if payer else Decimal(0),
                overdraw=payer is None or payer.overdraw,
            )
        )
        stored = accepted.message
        if stored.id != message.id:
            return accepted
        self._wakes[stored.provider].set()
        self._observe(
            "message.accepted",
            message=stored.id,
            provider=stored.provider,
            country=stored.country,
            parts=stored.part_count,
            account=stored.account,
        )
        return accepted

    def _message(self, request: SendRequest, payer: Payer | None) -> Message:
        now_ms = self._clock()
        recipient = phone.msisdn(request.recipient)
        country = phone.country(recipient)
        content = _content(request)
        _check_ttl(request.ttl_ms)
        _check_short("client_ref", request.client_ref, CLIENT_REF_LIMIT)
        _check_short("Idempotency-Key", request.idempotency_key, KEY_LIMIT)
        message_id = self._new_id()
        part_count = count(content)
        provider, route = self._choose(Destination(recipient=recipient, country=country), request.provider)
        account = payer.account if payer else None
        key = order_key(Status.QUEUED, now_ms)
        return Message(
            id=message_id,
            provider=provider,
            recipient=recipient,
            sender=_sender(request.sender),
            content=content,
            country=country,
            part_count=part_count,
            status=Status.QUEUED,
            version=1,
            created_ms=now_ms,
            updated_ms=now_ms,
            client_ref=request.client_ref or None,
            ttl_ms=request.ttl_ms,
            account=account,
            price=written(payer.price) if payer else None,
            options=request.options,
            route=route,
            parts=tuple(
                Part(
                    message_id=message_id,
                    seq=seq,
                    provider=provider,
                    provider_message_id=None,
                    status=Status.QUEUED,
                    status_key=key,
                    account=account if request.options.status_report else None,
                )
                for seq in range(1, part_count + 1)
            ),
        )


def _content(request: SendRequest) -> Content:
    if request.body or request.udh or request.kind is Kind.BINARY:
        return _binary(request)
    if not request.text:
        raise InvalidRequest("text", "is missing: an SMS needs a text (or a binary body)")
    if len(request.text) > TEXT_LIMIT:
        raise InvalidRequest("text", f"may have {TEXT_LIMIT} characters at most, this has {len(request.text)}")
    _check_encodable("text", request.text)
    return Content(kind=request.kind or kind_for(request.text), text=request.text)


def _binary(request: SendRequest) -> Content:
    if request.kind not in (None, Kind.BINARY):
        raise InvalidRequest("type", "must be binary when there is a body or a udh")
    if request.text:
        raise InvalidRequest("text", "cannot go together with a binary body")
    if not request.body:
        raise InvalidRequest("body", "is missing: a binary SMS needs a body in hex")
    for field, value in (("body", request.body), ("udh", request.udh)):
        if len(value) % 2 or not HEX.issuperset(value):
            raise InvalidRequest(field, "must be hex digits, two for each octet")
    if len(request.body) + len(request.udh) > TEXT_LIMIT * 2:
        raise InvalidRequest("body", "is too long")
    return Content(kind=Kind.BINARY, body=request.body, udh=request.udh)


def _sender(sender: str) -> str:
    """An alphanumeric sender of up to 11 characters or digits up to 15 (reference vonage-sms 1.3, ``from``)."""
    sender = sender.strip()
    if not sender:
        raise InvalidRequest("from", "is missing: the sender's name or number")
    _check_encodable("from", sender)
    number = sender.removeprefix("+")
    if number.isascii() and number.isdigit():
        if len(number) > 15:
            raise InvalidRequest("from", "may have 15 digits at most")
        return number
    if len(sender) > 11:
        raise InvalidRequest("from", "a name may have 11 characters at most")
    if not sender.isprintable():
        raise InvalidRequest("from", "has a character that cannot be shown")
    return sender


def _check_short(field: str, text: str | None, limit: int) -> None:
    if text is not None and len(text) > limit:
        raise InvalidRequest(field, f"may have {limit} characters at most")
    _check_encodable(field, text or "")


def _check_encodable(field: str, text: str) -> None:
    if "\x00" in text:
        raise InvalidRequest(field, "has a NUL character")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise InvalidRequest(field, "has half of a surrogate pair") from None


def _check_ttl(ttl_ms: int | None) -> None:
    if ttl_ms is not None and not TTL_MS[0] <= ttl_ms <= TTL_MS[1]:
        raise InvalidRequest("ttl_s", f"must be from {TTL_MS[0] // 1000} to {TTL_MS[1] // 1000} seconds")


def _digest(request: SendRequest) -> str:
    return blake2b(
        msgspec.json.encode(msgspec.structs.replace(request, idempotency_key=None)), digest_size=16
    ).hexdigest()
