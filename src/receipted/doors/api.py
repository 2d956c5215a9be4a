"""The JSON API of the hub: one ASGI application, all of it described in ``/v1/openapi.json``.

Everything needs ``Authorization: Bearer TOKEN`` but ``/healthz`` and ``/readyz``. The operations are in
``api_messages``, ``api_feeds`` and ``api_health``; their JSON in ``api_shapes``; their errors in ``api_problems``.
"""

from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import version
from typing import Any

from litestar import Litestar, Response, Router
from litestar.connection import ASGIConnection
from litestar.exceptions import NotAuthorizedException
from litestar.handlers import BaseRouteHandler, HTTPRouteHandler
from litestar.openapi import OpenAPIConfig
from litestar.openapi.spec import Components, SecurityScheme
from litestar.params import QueryParameter
from prometheus_client import CollectorRegistry

from receipted.domain.errors import InvalidRequest
from receipted.doors.api_carriers import carriers
from receipted.doors.api_document import Document
from receipted.doors.api_feeds import feeds
from receipted.doors.api_health import health
from receipted.doors.api_messages import Send, messages
from receipted.doors.api_problems import Asked, problem
from receipted.hub.ports import Clock, Provider, Store, Wake

BODY_LIMIT = 65_536
"""Octets of a request's body (65,536 = 64 KiB); more is answered 413."""

UNAUTHORIZED = (
    "This needs the header Authorization: Bearer TOKEN, with the hub's token; "
    "it is in the file `token` of the data folder."
)


def api(
    *,
    accept: Send,
    store: Store,
    providers: Mapping[str, Provider],
    wake_events: Wake,
    token_ok: Callable[[str], bool],
    registry: CollectorRegistry,
    clock: Clock,
    more: Sequence[HTTPRouteHandler] = (),
) -> Litestar:
    """The application. ``token_ok`` compares in constant time; ``registry`` is what ``doors.metrics.Metrics`` fills.

    ``more``: the operations of ``api_accounts`` and ``api_endpoints``.
    """

    def needs_token(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
        if handler.opt.get("public"):
            return
        scheme, _, token = connection.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token_ok(token.strip()):
            raise NotAuthorizedException(UNAUTHORIZED)

    return Litestar(
        route_handlers=[
            *messages(accept, store, providers),
            *feeds(store, wake_events),
            *carriers(store, providers),
            *health(store, providers, registry, clock),
            *more,
        ],
        request_max_body_size=BODY_LIMIT,
        guards=[needs_token],
        before_request=first_look,
        exception_handlers={Exception: problem},
        openapi_config=_description(providers),
        logging_config=None,
        debug=False,
    )


def first_look(request: Asked) -> Response[None] | None:
    """Answers OPTIONS, and refuses two things by InvalidRequest, which names the parameter.

    NUL characters, since no database takes them; and parameters that an operation does not have, since a filter with
    a mistake in its name would find everything. Litestar's own OPTIONS names only the first of the operations that
    share a path.
    """
    if request.method == "OPTIONS":
        methods = request.app.route_handler_method_map[request.scope["path_template"]]
        return Response(None, status_code=204, headers={"Allow": ", ".join(sorted(methods))})
    if "\x00" in request.scope["path"]:
        raise InvalidRequest("path", "has a NUL character")
    for name, value in request.query_params.multi_items():
        if "\x00" in name or "\x00" in value:
            raise InvalidRequest(name.replace("\x00", ""), "has a NUL character")
    _know_all_parameters(request)
    return None


def _know_all_parameters(request: Asked) -> None:
    # What watches over a hub may add parameters of its own to /metrics and /healthz.
    if not request.scope["path"].startswith("/v1/"):
        return
    declared = request.route_handler.parsed_fn_signature.parameters
    known = {
        kwarg.name or key
        for key, parameter in declared.items()
        if isinstance(kwarg := parameter.kwarg_definition, QueryParameter)
    }
    unknown = [name for name in request.query_params if name not in known]
    if unknown:
        there_are = f"there are {', '.join(sorted(known))}" if known else "there are none here"
        raise InvalidRequest(unknown[0], f"there is no such parameter; {there_are}")


def _description(providers: Mapping[str, Provider]) -> OpenAPIConfig:
    # Litestar makes a catch-all beside its JSON; under a path of its own it answers for nothing else.
    return OpenAPIConfig(
        title="receipted",
        version=version("receipted"),
        summary="Send SMS, and know what became of every one.",
        components=Components(
            security_schemes={"token": SecurityScheme(type="http", scheme="bearer", description="The hub's token.")}
        ),
        security=[{"token": []}],
        openapi_router=Router("/v1/openapi.json", route_handlers=[], include_in_schema=False),
        render_plugins=[Document(providers)],
    )
