"""How the JSON API reads a body: straight into the declared shape, coercing nothing and leaving nothing over."""

import re
from collections.abc import Callable
from typing import Any

import msgspec
from litestar import Request
from litestar.datastructures import State
from litestar.exceptions import HTTPException
from litestar.params import QueryParameter

from receipted.domain.errors import InvalidRequest
from receipted.doors.api_patterns import SAID, WORDS
from receipted.doors.api_shapes import BinarySms, TextSms

WHOLE = "request body"
"""What an error names when no field of the body is to blame."""
_JSON_TYPES = ("", "application/json")
_AT = re.compile(r" - at `\$\.?([^`]*)`$")
_NAMED = re.compile(r"field `([^`]*)`")


def reading(shape: type[msgspec.Struct]) -> type[Request[Any, Any, State]]:
    """A class of requests whose JSON is of this shape."""
    return _reading(shape.__name__, lambda _: shape)


def _reading(name: str, shape_of: Callable[[bytes], type[Any]]) -> type[Request[Any, Any, State]]:
    """Requests whose JSON is of the shape that their body shows, or that raise InvalidRequest naming the field.

    Litestar by itself would decode to plain values first and then convert leniently (``"30"`` for a number).
    """

    async def json(self: Request[Any, Any, State]) -> Any:
        if self.content_type[0].lower() not in _JSON_TYPES:
            raise HTTPException("The body must be JSON: Content-Type: application/json.", status_code=415)
        body = await self.body()
        try:
            return msgspec.json.decode(body, type=shape_of(body))
        except RecursionError:
            raise InvalidRequest(WHOLE, "is nested too deeply") from None
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise _invalid(str(error)) from None

    return type(f"{name}Request", (Request,), {"json": json})


class _Glance(msgspec.Struct):
    """As much of a body as tells its shape."""

    type: object = None
    body: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    udh: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET


def _shape(body: bytes) -> type[TextSms] | type[BinarySms]:
    seen = msgspec.json.decode(body, type=_Glance)
    binary = seen.type == "binary" or seen.body is not msgspec.UNSET or seen.udh is not msgspec.UNSET
    return BinarySms if binary else TextSms


SmsRequest = _reading("Sms", _shape)
"""A request whose JSON is a ``TextSms`` or a ``BinarySms``."""


def time(description: str) -> QueryParameter:
    """A query parameter that is a time; ``api_render.ms_of`` reads it."""
    return QueryParameter(description=description, min_length=1, schema_extra={"format": "date-time"})


def in_words(said: str) -> str:
    """msgspec's sentence about a value; where that would show a pattern or its own terms, ours."""
    for pattern, words in WORDS.items():
        if repr(pattern) in said:
            return words
    for pattern, words in SAID:
        if found := re.match(pattern, said):
            return found.expand(words)
    return said


def _invalid(said: str) -> InvalidRequest:
    """msgspec's sentence with the field's name in front."""
    at, named = _AT.search(said), _NAMED.search(said)
    field = (at and at.group(1)) or (named and named.group(1)) or WHOLE
    return InvalidRequest(field, in_words(_AT.sub("", said)))
