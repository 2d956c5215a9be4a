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

from receipted.doors.api_shapes import BinarySms, TextSms
from receipted.hub.ports import Provider


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
        document["components"]["schemas"].update(components)
        content = document["paths"]["/v1/messages"]["post"]["requestBody"]["content"]
        content["application/json"]["schema"] = {"oneOf": list(shapes)}
        return msgspec.json.encode(document)

    def _able(self) -> list[str]:
        return [name for name, provider in self._providers.items() if provider.missing() is None]
