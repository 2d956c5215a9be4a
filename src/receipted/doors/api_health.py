"""Whether the hub lives, whether it can work, and its figures."""

from collections.abc import Mapping
from typing import Literal

import msgspec
from litestar import Response, get
from litestar.handlers import HTTPRouteHandler
from prometheus_client import CollectorRegistry

from receipted.domain.errors import StorageUnavailable
from receipted.doors.api_problems import documented
from receipted.doors.api_render import iso
from receipted.doors.api_shapes import Instant
from receipted.doors.metrics import CONTENT_TYPE, exposition
from receipted.hub.ports import Clock, Provider, Store


class Health(msgspec.Struct, frozen=True):
    """The process answers. `now` is its clock."""

    now: Instant
    status: Literal["ok"] = "ok"


class Readiness(msgspec.Struct, frozen=True):
    """The hub can take receipts and messages."""

    status: Literal["ready"] = "ready"


def health(
    store: Store, providers: Mapping[str, Provider], registry: CollectorRegistry, clock: Clock
) -> list[HTTPRouteHandler]:
    """The operations for whoever watches over the hub, closed over what they ask."""

    @get(
        "/healthz",
        operation_id="healthz",
        summary="Does the process live?",
        tags=["health"],
        opt={"public": True},
        security=[{}],
    )
    async def healthz() -> Health:
        return Health(now=iso(clock()))

    @get(
        "/readyz",
        operation_id="readyz",
        summary="Can it take receipts and messages?",
        description="Asks the database. Says which look failed, never more: it answers without a token.",
        tags=["health"],
        responses=documented(503),
        opt={"public": True},
        security=[{}],
    )
    async def readyz() -> Readiness:
        bad = [finding.what for finding in await store.check() if not finding.ok]
        if bad:
            raise StorageUnavailable(f"not ready: {', '.join(bad)}; `receipted doctor` says why")
        return Readiness()

    @get(
        "/metrics",
        operation_id="metrics",
        summary="The figures, for Prometheus",
        tags=["health"],
        responses=documented(401),
        media_type="text/plain",
    )
    async def metrics() -> Response[bytes]:
        links = [link for provider in providers.values() for link in provider.links()]
        return Response(await exposition(registry, store, links), media_type=CONTENT_TYPE)

    return [healthz, readyz, metrics]
