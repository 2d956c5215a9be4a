"""One HTTP request into flat text fields, and back: GET query, form POST and JSON POST (reference 1.1, 2.2).

This is where every receipt passes, so ordinary input takes a fast road. Whatever is not ordinary takes the slow one,
which is the meaning: ``urllib.parse.parse_qsl`` for forms, ``json`` for JSON, with numbers as they were written
because signatures are made over that. Blank fields are kept for the same reason.
"""

import codecs
import json
import math
from collections.abc import Mapping
from typing import Literal, NamedTuple, TypeAlias
from urllib.parse import parse_qsl, urlencode

import fast_query_parsers
import msgspec

from receipted.domain.errors import InvalidReceipt, InvalidRequest

Transport: TypeAlias = Literal["get", "form", "json"]

MOST_FIELDS = 100
"""More than any sender has; each costs time to read, and the body limit alone would allow thousands."""
FORM_TYPE = "application/x-www-form-urlencoded; charset=UTF-8"
JSON_TYPE = "application/json"


class Decoded(NamedTuple):
    """The fields of a request, where they were, and those bytes as they came."""

    fields: dict[str, str]
    transport: Transport
    raw: bytes


class Known(NamedTuple):
    """The documented fields, and how many characters one may have. Others are carried along unchecked."""

    names: frozenset[str]
    characters: int
    error: type[InvalidRequest]


RECEIPT_FIELDS = frozenset(
    [
        "msisdn",
        "to",
        "network-code",
        "messageId",
        "price",
        "status",
        "scts",
        "err-code",
        "api-key",
        "client-ref",
        "message-timestamp",
        "timestamp",
        "nonce",
        "sig",
    ]
)
"""What Vonage documents in receipts (2.1)."""

REQUEST_FIELDS = frozenset(
    [
        "api_key",
        "api_secret",
        "from",
        "to",
        "text",
        "type",
        "body",
        "udh",
        "protocol-id",
        "ttl",
        "status-report-req",
        "callback",
        "message-class",
        "client-ref",
        "account-ref",
        "entity-id",
        "content-id",
        "trusted-number",
        "pool-id",
        "title",
        "url",
        "validity",
        "vcal",
        "vcard",
        "timestamp",
        "sig",
    ]
)
"""What Vonage documents in submit requests (1.3)."""

RECEIPT = Known(RECEIPT_FIELDS, 255, InvalidReceipt)
REQUEST = Known(REQUEST_FIELDS, 65_536, InvalidRequest)


class _Number(str):
    """A JSON number in the sender's own digits."""


class _Object(list[tuple[str, object]]):
    """A JSON object with its duplicate names."""


_TEXTS = msgspec.json.Decoder(dict[str, str])
_SLOW = json.JSONDecoder(object_pairs_hook=_Object, parse_int=_Number, parse_float=_Number, parse_constant=_Number)
_RAWS = msgspec.json.Decoder(dict[str, msgspec.Raw])


def decode(method: str, query: bytes, content_type: str, body: bytes, known: Known) -> Decoded:
    """The fields of one request; no fields at all for a probe without content.

    A GET is read from its query, as is a POST with nothing in its body (js1, reference 1.1). Otherwise the body counts,
    and is JSON if the content type or its first character says so. Raises ``known.error`` naming the field, or
    ``body`` (``query``) where no field can be named: not UTF-8, not JSON, not an object, nested too deep, more than
    ``MOST_FIELDS`` fields, or a name with ``&`` or ``=``. Signatures replace those in values only (reference 3.1.4), so
    such a name could pass for two fields under a genuine signature.
    """
    if method in ("GET", "HEAD") or not body:
        return Decoded(_form(query, "query", known) if query else {}, "get", query)
    if body[:1] == b"{" or _is_json(content_type.lower(), body):
        return Decoded(_json(body, known), "json", body)
    if content_type.lower().startswith("multipart/"):
        raise known.error("body", "is multipart; send a form (application/x-www-form-urlencoded) or JSON")
    return Decoded(_form(body, "body", known), "form", body)


def encode(fields: Mapping[str, str], transport: Transport) -> tuple[str, bytes]:
    """The content type and the bytes that say the fields; for "get" the bytes are the query."""
    if transport == "json":
        return JSON_TYPE, msgspec.json.encode(fields)
    return FORM_TYPE, urlencode(fields).encode()


def _is_json(content_type: str, body: bytes) -> bool:
    start = body.removeprefix(codecs.BOM_UTF8).lstrip()[:1]
    return start in (b"{", b"[") or "json" in content_type or "javascript" in content_type


def _form(raw: bytes, where: str, known: Known) -> dict[str, str]:
    # The fast parser decodes a pair before it looks for the =, so one that is encoded may end the name too soon.
    if raw.isascii() and b"%3D" not in raw and b"%3d" not in raw:
        pairs: list[tuple[str, str]] = fast_query_parsers.parse_query_string(raw, "&")
        fields = dict(pairs)
        names = "".join(fields)
        # The fast parser leaves what is not UTF-8 undecoded, as a name with its = and % still in it.
        if len(fields) == len(pairs) <= MOST_FIELDS and "%" not in names and "=" not in names:
            plain = "&" not in names and b"%00" not in raw and b"\x00" not in raw and _short(fields, known)
            return fields if plain else _bounded(fields, where, known)
    return _unique(_form_slow(raw, where, known), where, known)


def _form_slow(raw: bytes, where: str, known: Known) -> list[tuple[str, str]]:
    try:
        return parse_qsl(raw.decode(), keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS)
    except UnicodeDecodeError:
        raise known.error(where, "is not UTF-8") from None
    except ValueError:
        raise known.error(where, f"has more than {MOST_FIELDS} fields") from None


def _json(body: bytes, known: Known) -> dict[str, str]:
    try:
        fields = _TEXTS.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return _unique(_json_slow(body, known), "body", known)
    # Four quotes for each field: fewer fields than that are duplicates, or quotes within a text; both are rare.
    if body.count(b'"') == 4 * len(fields) and len(fields) <= MOST_FIELDS:
        plain = b"\\" not in body and b"&" not in body and b"=" not in body and _short(fields, known)
        return fields if plain else _bounded(fields, "body", known)
    return _unique(_json_slow(body, known), "body", known)


def _json_slow(body: bytes, known: Known) -> list[tuple[str, str]]:
    try:
        whole = _SLOW.decode(body.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise known.error("body", "is not UTF-8") from None
    except RecursionError:
        raise known.error("body", "is nested too deep") from None
    except ValueError as problem:
        raise known.error("body", f"is not JSON: {problem}") from None
    if not isinstance(whole, _Object):
        raise known.error("body", "must be one JSON object")
    if len(whole) > MOST_FIELDS:
        raise known.error("body", f"has more than {MOST_FIELDS} fields")
    nested = _nested(body, known) if any(isinstance(value, list) for _, value in whole) else {}
    return [(name, _text(name, value, nested, known)) for name, value in whole]


def _text(name: str, value: object, nested: Mapping[str, msgspec.Raw], known: Known) -> str:
    if isinstance(value, _Number):
        if not math.isfinite(float(value)):
            raise known.error("body", "holds a number that is out of range")
        return str(value)
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if name in known.names:
        raise known.error(name, "must be text, not an array or object")
    return bytes(nested[name]).decode()


def _nested(body: bytes, known: Known) -> dict[str, msgspec.Raw]:
    """All fields as they were written. Nobody reads an undocumented array or object, but it is no reason to lose a
    receipt, and its text may be signed."""
    try:
        return _RAWS.decode(body.removeprefix(codecs.BOM_UTF8))
    except (msgspec.DecodeError, RecursionError):
        raise known.error("body", "is not JSON, or nested too deep") from None


def _unique(pairs: list[tuple[str, str]], where: str, known: Known) -> dict[str, str]:
    fields: dict[str, str] = {}
    for name, value in pairs:
        if fields.setdefault(name, value) != value and name in known.names:
            raise known.error(name, "is there twice, with different values")
    return _bounded(fields, where, known)


def _short(fields: dict[str, str], known: Known) -> bool:
    return max(map(len, fields.values()), default=0) <= known.characters


def _bounded(fields: dict[str, str], where: str, known: Known) -> dict[str, str]:
    """Refuse names that could pass for two fields, and in documented fields what no store or log could keep."""
    names = "".join(fields)
    if "&" in names or "=" in names:
        raise known.error(where, "has a field name with & or = in it")
    for name in known.names & fields.keys():
        value = fields[name]
        if len(value) > known.characters:
            raise known.error(name, f"has {len(value)} characters; at most {known.characters} make sense")
        if "\x00" in value:
            raise known.error(name, "holds a NUL character")
        if not value.isascii() and any("\ud800" <= char <= "\udfff" for char in value):
            raise known.error(name, "holds half of a surrogate pair")
    return fields
