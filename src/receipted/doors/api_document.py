"""The OpenAPI document as it is served: Litestar's, with the request body in full.

Litestar cannot say that a body is one of two shapes, nor that no other fields are taken. msgspec, which checks the
bodies, writes their schema from the same declarations, so what is described is what is enforced.
"""

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

import msgspec
from litestar import Request
from litestar.openapi.plugins import JsonRenderPlugin

from receipted.doors.api_gateway_shapes import (
    AccountChange,
    EndpointChange,
    NewAccount,
    NewEndpoint,
    Payment,
    PriceListIn,
    Replay,
)
from receipted.doors.api_shapes import BinarySms, TextSms
from receipted.hub.ports import Provider

BODIES: Mapping[tuple[str, str], type[msgspec.Struct]] = {
    ("/v1/accounts", "post"): NewAccount,
    ("/v1/accounts/{api_key}", "patch"): AccountChange,
    ("/v1/accounts/{api_key}/payments", "post"): Payment,
    ("/v1/prices", "put"): PriceListIn,
    ("/v1/endpoints", "post"): NewEndpoint,
    ("/v1/endpoints/{name}", "patch"): EndpointChange,
    ("/v1/deliveries/replay", "post"): Replay,
}
"""The shape of each body that is not an SMS."""


class Document(JsonRenderPlugin):
    """Renders the document; ``providers`` are named in it, as far as they can send."""

    def __init__(self, providers: Mapping[str, Provider]) -> None:
        # Both, since Litestar adds a second plugin of its own where no path has this name.
        super().__init__(path=["/", "/openapi.json"])
        self._providers = providers

    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:
        document = deepcopy(openapi_schema)
        shapes, components = msgspec.json.schema_components(
            (TextSms, BinarySms), ref_template="#/components/schemas/{name}"
        )
        for name in ("TextSms", "BinarySms"):
            components[name]["properties"]["provider"]["anyOf"][0]["enum"] = self._able()
        whole, others = msgspec.json.schema_components(
            tuple(BODIES.values()), ref_template="#/components/schemas/{name}"
        )
        document["components"]["schemas"].update(components | others)
        _set_body(document, "/v1/messages", "post", {"oneOf": list(shapes)})
        for (path, method), schema in zip(BODIES, whole, strict=True):
            _set_body(document, path, method, schema)
        return msgspec.json.encode(document)

    def _able(self) -> list[str]:
        return [name for name, provider in self._providers.items() if provider.missing() is None]


def _set_body(document: dict[str, Any], path: str, method: str, schema: Mapping[str, Any]) -> None:
    document["paths"][path][method]["requestBody"]["content"]["application/json"]["schema"] = schema
