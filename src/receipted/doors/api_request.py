"""How the JSON API reads a body: straight into the declared shape, coercing nothing and leaving nothing over."""

import re
from typing import Any

import msgspec
from litestar import Request
from litestar.datastructures import State
from litestar.exceptions import HTTPException

from receipted.domain.errors import InvalidRequest

WHOLE = "request body"
"""What an error names when no field of the body is to blame."""
_JSON_TYPES = ("", "application/json")
_AT = re.compile(r" - at `\$\.?([^`]*)`$")
_NAMED = re.compile(r"field `([^`]*)`")


class StrictRequest(Request[Any, Any, State]):
    """A request whose JSON becomes the handler's declared ``data``, or raises InvalidRequest naming the field.

    Litestar by itself would decode to plain values first and then convert leniently (``"30"`` for a number).
    """

    async def json(self) -> Any:
        if self.content_type[0].lower() not in _JSON_TYPES:
            raise HTTPException("The body must be JSON: Content-Type: application/json.", status_code=415)
        declared = self.route_handler.parsed_fn_signature.parameters["data"]
        try:
            data = msgspec.json.decode(await self.body(), type=declared.annotation)
        except RecursionError:
            raise InvalidRequest(WHOLE, "is nested too deeply") from None
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise _invalid(str(error)) from None
        for field in msgspec.structs.fields(data):
            value = getattr(data, field.name)
            if isinstance(value, str) and "\x00" in value:
                raise InvalidRequest(field.encode_name, "has a NUL character")
        return data


def _invalid(said: str) -> InvalidRequest:
    """msgspec's sentence with the field's name in front."""
    at, named = _AT.search(said), _NAMED.search(said)
    field = (at and at.group(1)) or (named and named.group(1)) or WHOLE
    return InvalidRequest(field, _AT.sub("", said))
