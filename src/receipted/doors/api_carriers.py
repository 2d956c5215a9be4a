"""The JSON API about carriers: how their binds stand, and what they handed over that is no readable receipt."""

from collections.abc import Mapping
from typing import Annotated

from litestar import get
from litestar.handlers import HTTPRouteHandler
from litestar.params import QueryParameter

from receipted.doors.api_feeds import Limit
from receipted.doors.api_patterns import UUID
from receipted.doors.api_problems import documented
from receipted.doors.api_render import bind_out, inbound_out
from receipted.doors.api_shapes import BindsOut, InboundListOut
from receipted.hub.ports import Provider, Store


def carriers(store: Store, providers: Mapping[str, Provider]) -> list[HTTPRouteHandler]:
    """The operations, closed over what they work with."""

    @get(
        "/v1/binds",
        operation_id="list_binds",
        summary="The binds with carriers, as they are now",
        tags=["carriers"],
        responses=documented(401),
    )
    async def list_binds() -> BindsOut:
        return BindsOut(binds=[bind_out(link) for provider in providers.values() for link in provider.links()])

    @get(
        "/v1/inbound",
        operation_id="list_inbound",
        summary="SMS from phones, and receipts that could not be read, newest first",
        tags=["carriers"],
        responses=documented(400, 401, 503),
    )
    async def list_inbound(
        before: Annotated[
            str | None, QueryParameter(pattern=UUID, description="The last `id` of the answer before, for older ones.")
        ] = None,
        limit: Limit = 100,
    ) -> InboundListOut:
        return InboundListOut(inbound=[inbound_out(stored) for stored in await store.inbound(limit, before)])

    return [list_binds, list_inbound]
