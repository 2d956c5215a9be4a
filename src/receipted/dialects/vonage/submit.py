"""A submit request of the SMS API, both ends (reference 1.1-1.3). ``answer`` has what comes back."""

from collections.abc import Mapping

import msgspec

from receipted.dialects.vonage.signature import sign
from receipted.domain.errors import InvalidRequest
from receipted.domain.message import Content, Kind

TTL_MS = (20_000, 604_800_000)
CALLBACK_CHARACTERS = 100
CLIENT_REF_CHARACTERS = 100
_YES = frozenset(("", "1", "true", "yes"))
_NO = frozenset(("0", "false", "no"))


class SubmitRequest(msgspec.Struct, frozen=True, kw_only=True):
    """One SMS to be sent. ``callback`` overrides the account's receipt address; credentials are not part of it."""

    recipient: str
    sender: str
    content: Content
    client_ref: str | None = None
    ttl_ms: int | None = None
    status_report: bool = True
    callback: str | None = None
    message_class: int | None = None
    protocol_id: int | None = None


def write(request: SubmitRequest) -> dict[str, str]:
    """The fields that ask for it, without credentials; options that are not set are left out."""
    content = request.content
    fields = {
        "from": request.sender,
        "to": request.recipient,
        "type": content.kind.value,
        "text": content.text,
        "body": content.body,
        "udh": content.udh,
        "client-ref": request.client_ref,
        "ttl": _digits(request.ttl_ms),
        "status-report-req": "1" if request.status_report else "0",
        "callback": request.callback,
        "message-class": _digits(request.message_class),
        "protocol-id": _digits(request.protocol_id),
    }
    return {name: value for name, value in fields.items() if value}


def signed(fields: Mapping[str, str], *, api_key: str, secret: str, method: str, now_ms: int) -> dict[str, str]:
    """The fields with ``api_key``, ``timestamp`` and ``sig`` instead of the API secret (1.2, 3.1)."""
    whole = {**fields, "api_key": api_key, "timestamp": str(now_ms // 1000)}
    return {**whole, "sig": sign(whole, secret, method)}


def read(fields: Mapping[str, str]) -> SubmitRequest:
    """The SMS that the fields ask for. Raises InvalidRequest naming the field; what is missing ``is missing``."""
    kind = _kind(fields.get("type", ""))
    callback = fields.get("callback") or None
    if callback and not callback.startswith(("http://", "https://")):
        raise InvalidRequest("callback", "Missing Protocol")
    if callback and len(callback) > CALLBACK_CHARACTERS:
        raise InvalidRequest("callback", f"has {len(callback)} characters; at most {CALLBACK_CHARACTERS} are taken")
    client_ref = fields.get("client-ref") or None
    if client_ref and len(client_ref) > CLIENT_REF_CHARACTERS:
        raise InvalidRequest(
            "client-ref", f"has {len(client_ref)} characters; at most {CLIENT_REF_CHARACTERS} are taken"
        )
    return SubmitRequest(
        recipient=_required(fields, "to"),
        sender=_required(fields, "from"),
        content=_content(fields, kind),
        client_ref=client_ref,
        ttl_ms=_number(fields, "ttl", *TTL_MS),
        status_report=_flag(fields, "status-report-req"),
        callback=callback,
        message_class=_number(fields, "message-class", 0, 3),
        protocol_id=_number(fields, "protocol-id", 0, 255),
    )


def _digits(number: int | None) -> str:
    return "" if number is None else str(number)


def _kind(word: str) -> Kind:
    try:
        return Kind(word.lower() or Kind.TEXT)
    except ValueError:
        raise InvalidRequest("type", f"must be one of {', '.join(Kind)}") from None


def _content(fields: Mapping[str, str], kind: Kind) -> Content:
    if kind is Kind.BINARY:
        return Content(kind=kind, body=_required(fields, "body"), udh=fields.get("udh", ""))
    return Content(kind=kind, text=_required(fields, "text"))


def _required(fields: Mapping[str, str], name: str) -> str:
    value = fields.get(name, "")
    if not value:
        raise InvalidRequest(name, "is missing")
    return value


def _number(fields: Mapping[str, str], name: str, least: int, most: int) -> int | None:
    text = fields.get(name, "")
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 12 and least <= int(text) <= most):
        raise InvalidRequest(name, f"must be a whole number from {least} to {most}")
    return int(text)


def _flag(fields: Mapping[str, str], name: str) -> bool:
    word = fields.get(name, "").lower()
    if word not in _YES | _NO:
        raise InvalidRequest(name, "must be true or false")
    return word in _YES
