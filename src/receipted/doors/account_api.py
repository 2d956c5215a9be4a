"""Vonage's account, pricing and search APIs at the front door (reference vonage-sms 5 and 6).

An account sees its own settings, balance, prices and messages only. Setting an address for receipts probes it first:
it must answer 200, as it must there.
"""

from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs

import msgspec

from receipted.dialects.vonage import account as shapes
from receipted.dialects.vonage.fields import REQUEST, decode
from receipted.dialects.vonage.refusal import Refused
from receipted.domain import phone
from receipted.domain.account import Account, WebhookMethod
from receipted.domain.errors import InvalidRequest, NotFound, Overloaded, StorageUnavailable
from receipted.domain.message import Message
from receipted.domain.part_id import seq_of
from receipted.domain.status import Status
from receipted.doors.sms_api import headers_of
from receipted.doors.webhooks import App, Gone, Read, Scope, Send, TooLarge, answer_problem, read_body, send_answer
from receipted.hub.accounts import Accounts
from receipted.hub.callback import Callbacks
from receipted.hub.gateway import Gateway
from receipted.hub.ports import Filter, Store
from receipted.text.segments import segments

_ENCODE = msgspec.json.Encoder(decimal_format="number").encode
MOST_FOUND = 100
REFUSED = 420
"""The status of these APIs for parameters that they do not take (6)."""


class Problem(Exception):
    """What is answered instead. ``status`` is that of HTTP and the error-code."""

    def __init__(self, status: int, label: str) -> None:
        super().__init__(label)
        self.status = status
        self.label = label


Operation = Callable[[Account, Mapping[str, str], str], Awaitable[Any]]
"""From the account, its parameters and the raw query to the JSON answer."""


class AccountDoor:
    """The operations by their paths, as one ASGI application. ``paths`` says which."""

    def __init__(
        self, *, gateway: Gateway, accounts: Accounts, store: Store, callbacks: Callbacks, body_bytes: int
    ) -> None:
        self._gateway = gateway
        self._accounts = accounts
        self._store = store
        self._callbacks = callbacks
        self._body_bytes = body_bytes
        self._operations: dict[str, Operation] = {
            "/account/settings": self._settings,
            "/account/get-balance": self._balance,
            "/account/get-pricing/outbound": self._pricing,
            "/account/get-pricing/outbound/sms": self._pricing,
            "/account/get-full-pricing/outbound": self._full_pricing,
            "/account/get-full-pricing/outbound/sms": self._full_pricing,
            "/account/get-prefix-pricing/outbound": self._prefix_pricing,
            "/account/get-prefix-pricing/outbound/sms": self._prefix_pricing,
            "/search/message": self._message,
            "/search/messages": self._messages,
            "/search/rejections": self._rejections,
        }

    @property
    def doors(self) -> dict[str, App]:
        """This application at each of its paths."""
        return dict.fromkeys(self._operations, self)

    async def __call__(self, scope: Scope, read: Read, send: Send) -> None:
        if scope["method"] not in ("GET", "POST"):
            await answer_problem(send, 405, "only GET and POST are taken", headers=[(b"allow", b"GET, POST")])
            return
        try:
            answer = await self._answer(scope, read)
            status = 200
        except Gone:
            return
        except Problem as problem:
            status, answer = problem.status, shapes.error(problem.status, problem.label)
        await send_answer(send, status, "application/json", _ENCODE(answer))

    async def _answer(self, scope: Scope, read: Read) -> Any:
        """Raises Problem, and Gone."""
        operation = self._operations[scope["path"].removeprefix(scope.get("root_path") or "").rstrip("/")]
        try:
            body = await read_body(read, self._body_bytes) if scope["method"] == "POST" else b""
            fields = _fields(scope, body)
            (authorization,) = headers_of(scope, b"authorization")
            account = await self._gateway.authenticate(fields, authorization)
            return await operation(account, fields, scope["query_string"].decode("latin-1"))
        except Refused as refused:
            raise Problem(401, f"authentication failed: {refused.text}") from None
        except InvalidRequest as error:
            raise Problem(REFUSED, str(error)) from None
        except TooLarge as error:
            raise Problem(413, str(error)) from None
        except NotFound as error:
            raise Problem(404, str(error)) from None
        except Overloaded as error:
            raise Problem(429, str(error)) from None
        except StorageUnavailable as error:
            raise Problem(503, str(error)) from None

    # --- account ------------------------------------------------------------------------------------------------------

    async def _settings(self, account: Account, fields: Mapping[str, str], _: str) -> Any:
        changes: dict[str, Any] = {}
        method = account.dlr_method
        if word := fields.get("httpForwardMethod", ""):
            if word not in shapes.FORWARD_METHODS:
                raise InvalidRequest("httpForwardMethod", f"must be one of {', '.join(shapes.FORWARD_METHODS)}")
            changes["dlr_method"] = method = WebhookMethod(shapes.FORWARD_METHODS[word])
        for name, spellings in (("dlr_url", shapes.DLR_URL), ("mo_url", shapes.MO_URL)):
            url = shapes.named(fields, spellings)
            if url is None:
                continue
            if url:
                await self._callbacks.prove(spellings[0], url, account, method)
            changes[name] = url
        if changes:
            account = await self._accounts.change(account.api_key, **changes)
        return shapes.settings(mo_url=account.mo_url, dlr_url=account.dlr_url, rate_per_s=account.rate_per_s)

    async def _balance(self, account: Account, _: Mapping[str, str], __: str) -> Any:
        funded = {one.account.api_key: one.balance for one in await self._accounts.funded()}
        return shapes.balance(funded[account.api_key])

    # --- pricing ------------------------------------------------------------------------------------------------------

    async def _pricing(self, account: Account, fields: Mapping[str, str], _: str) -> Any:
        country = fields.get("country", "").upper()
        if not country:
            raise InvalidRequest("country", "is missing: two letters, such as GB")
        rows = shapes.countries(self._accounts.price_rows(account.api_key)).get(country)
        if not rows:
            raise NotFound(f"there are no prices for {country[:20]}")
        return shapes.pricing(country, rows)

    async def _full_pricing(self, account: Account, _: Mapping[str, str], __: str) -> Any:
        listed = shapes.countries(self._accounts.price_rows(account.api_key))
        return {
            "count": len(listed),
            "countries": [shapes.pricing(country, rows) for country, rows in sorted(listed.items())],
        }

    async def _prefix_pricing(self, account: Account, fields: Mapping[str, str], _: str) -> Any:
        prefix = fields.get("prefix", "").removeprefix("+")
        if not (prefix.isascii() and prefix.isdigit()):
            raise InvalidRequest("prefix", "must be the digits that numbers begin with, such as 44")
        rows = [row for row in self._accounts.price_rows(account.api_key) if row.prefix.startswith(prefix)]
        listed = shapes.countries(rows)
        return {
            "count": len(listed),
            "countries": [shapes.pricing(country, of) for country, of in sorted(listed.items())],
        }

    # --- search -------------------------------------------------------------------------------------------------------

    async def _message(self, account: Account, fields: Mapping[str, str], _: str) -> Any:
        return await self._one(account, fields.get("id", ""))

    async def _messages(self, account: Account, fields: Mapping[str, str], query: str) -> Any:
        ids = parse_qs(query).get("ids", [fields["ids"]] if fields.get("ids") else [])
        if not ids:
            return await self._on_day(account, fields, None)
        if len(ids) > shapes.MOST_IDS:
            raise InvalidRequest("ids", f"at most {shapes.MOST_IDS} are taken at once")
        items = []
        for told in ids:
            try:
                items.append(await self._one(account, told))
            except NotFound:
                continue
        return {"count": len(items), "items": items}

    async def _rejections(self, account: Account, fields: Mapping[str, str], _: str) -> Any:
        return await self._on_day(account, fields, Status.REJECTED)

    async def _one(self, account: Account, told: str) -> dict[str, Any]:
        if not told:
            raise InvalidRequest("id", "is missing: the message-id of the answer or receipt")
        message = await self._store.message_of_part(told)
        if message.account != account.api_key:
            raise NotFound(f"there is no message {told}")
        return _part(message, seq_of(message.id, told))

    async def _on_day(self, account: Account, fields: Mapping[str, str], status: Status | None) -> Any:
        try:
            day = datetime.strptime(fields.get("date", ""), "%Y-%m-%d").replace(tzinfo=UTC)
        except ValueError:
            raise InvalidRequest("date", "must be a day, written YYYY-MM-DD") from None
        number = fields.get("to", "")
        if not number and status is None:
            raise InvalidRequest("to", "is missing: the recipient's number")
        listed = await self._store.messages(
            Filter(
                account=account.api_key,
                recipient=phone.msisdn(number) if number else None,
                status=status,
                since_ms=int(day.timestamp() * 1000),
                until_ms=int((day + timedelta(days=1)).timestamp() * 1000),
                limit=MOST_FOUND,
            )
        )
        whole = [await self._store.message(message.id) for message in listed]
        items = [_part(message, part.seq) for message in whole for part in message.parts]
        return {"count": len(items), "items": items}


def _part(message: Message, seq: int) -> dict[str, Any]:
    part = next((part for part in message.parts if part.seq == seq), None)
    if part is None:
        raise NotFound("there is no such part of the message any more")
    texts = segments(message.content)
    text = texts[seq - 1] if seq <= len(texts) else ""
    return shapes.found(message, part, text if isinstance(text, str) else text.hex())


def _fields(scope: Scope, body: bytes) -> dict[str, str]:
    """The parameters of body and query together: the SDKs put the credentials into the query (reference 8.4)."""
    (content_type,) = headers_of(scope, b"content-type")
    inside = decode(scope["method"], scope["query_string"], content_type, body, REQUEST).fields
    if not body:
        return inside
    return decode("GET", scope["query_string"], "", b"", REQUEST).fields | inside
