"""Errors of the JSON API: application/problem+json (RFC 9457), from one table, and never a surprise.

Whatever is raised ends in ``problem``: our own errors by ``TABLE``, Litestar's by their status, anything else as a 500
that says nothing outside and everything in the log.
"""

import logging
from http import HTTPStatus
from typing import Any, TypeAlias

import msgspec
from litestar import Request, Response
from litestar.datastructures import State
from litestar.exceptions import HTTPException, ValidationException
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import ParameterKwarg

from receipted.domain.errors import (
    Conflict,
    InvalidRequest,
    NotFound,
    Overloaded,
    ReceiptedError,
    StorageUnavailable,
    Unauthentic,
)
from receipted.doors.api_request import in_words

Asked: TypeAlias = Request[Any, Any, State]

PROBLEM_JSON = "application/problem+json"
RETRY_AFTER_S = 1

TABLE: dict[type[ReceiptedError], int] = {
    InvalidRequest: 400,
    Unauthentic: 401,
    NotFound: 404,
    Conflict: 409,
    Overloaded: 503,
    StorageUnavailable: 503,
}

HEADERS: dict[int, dict[str, str]] = {
    401: {"WWW-Authenticate": 'Bearer realm="receipted"'},
    503: {"Retry-After": str(RETRY_AFTER_S)},
}

DESCRIPTIONS: dict[int, str] = {
    400: "Something in the request cannot be used; `field` names it.",
    401: "The token is missing or wrong.",
    404: "There is no such message.",
    409: "The Idempotency-Key was used for another request.",
    413: "The body is larger than 64 KiB.",
    415: "The body is not JSON.",
    503: "The database is away or busy. Try again after Retry-After seconds, with the same Idempotency-Key.",
}


DETAILS: dict[int, str] = {
    404: "There is nothing at this path.",
    405: "This path does not take this method; Allow names those that it takes.",
    413: DESCRIPTIONS[413],
}
"""What to say where the framework says nothing but the status."""


class Problem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An error. `detail` is a sentence to act on; `field` is the name, as you wrote it, of what is wrong."""

    type: str
    title: str
    status: int
    detail: str
    field: str | None = None


def documented(*statuses: int) -> dict[int, ResponseSpec]:
    """What an operation may answer besides success, for the OpenAPI document."""
    return {
        status: ResponseSpec(
            data_container=Problem,
            generate_examples=False,
            description=DESCRIPTIONS[status],
            media_type=PROBLEM_JSON,
        )
        for status in statuses
    }


def problem(request: Asked, error: Exception) -> Response[bytes]:
    """The answer to any exception that a request met."""
    match error:
        case InvalidRequest():
            return _answer(400, str(error), field=error.field)
        case ReceiptedError():
            return _answer(TABLE.get(type(error), 500), str(error))
        case ValidationException():
            return _invalid(request, error)
        case HTTPException() if error.status_code < 500:
            return _answer(error.status_code, DETAILS.get(error.status_code, error.detail), headers=error.headers)
    logging.getLogger("receipted.api").error(
        "request.failed", exc_info=error, extra={"facts": {"method": request.method, "path": request.url.path}}
    )
    return _answer(500, "The hub failed; its log says why.")


def _invalid(request: Asked, error: ValidationException) -> Response[bytes]:
    """A parameter that does not fit its declaration, under its name on the wire."""
    first = next((entry for entry in error.extra or () if isinstance(entry, dict)), None)
    if first is None:
        return _answer(400, error.detail)
    key = str(first.get("key", ""))
    if key == "data":
        return _answer(400, "The request needs a body in JSON.")
    field = _wire_name(request, key)
    return _answer(400, f"{field}: {in_words(str(first.get('message', 'is not valid')))}", field=field)


def _wire_name(request: Asked, key: str) -> str:
    declared = request.route_handler.parsed_fn_signature.parameters.get(key)
    kwarg = declared.kwarg_definition if declared else None
    return (kwarg.name or key) if isinstance(kwarg, ParameterKwarg) else key


def _answer(
    status: int, detail: str, *, field: str | None = None, headers: dict[str, str] | None = None
) -> Response[bytes]:
    body = Problem(
        type="about:blank", title=HTTPStatus(status).phrase, status=status, detail=_printable(detail), field=field
    )
    return Response(
        msgspec.json.encode(body),
        status_code=status,
        media_type=PROBLEM_JSON,
        headers={**HEADERS.get(status, {}), **(headers or {})},
    )


def _printable(text: str) -> str:
    """What a caller sent may be quoted in a detail; half a surrogate pair in it could not be encoded."""
    return text.encode("utf-8", "backslashreplace").decode()
