"""The JSON API about endpoints, about what applications were told, and about routes."""

from typing import Annotated, Any

from litestar import get, patch, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import Body, PathParameter, QueryParameter

from receipted.domain import phone
from receipted.domain.endpoint import Endpoint
from receipted.doors.api_accounts import given
from receipted.doors.api_feeds import Limit
from receipted.doors.api_gateway_shapes import (
    AddedOut,
    DeliveriesOut,
    DeliveryOut,
    EndpointChange,
    EndpointOut,
    EndpointsOut,
    NewEndpoint,
    Replay,
    ReplayedOut,
    RouteOut,
    TestedOut,
)
from receipted.doors.api_patterns import NUMBER, PLAIN, UUID
from receipted.doors.api_problems import documented
from receipted.doors.api_render import iso, iso_or_none, ms_of
from receipted.doors.api_request import reading
from receipted.hub.accounts import Accounts
from receipted.hub.endpoint_desk import EndpointDesk
from receipted.hub.outbox import ENDPOINT, Delivery, Outbox, Outcome, Owing
from receipted.hub.route import Destination
from receipted.hub.routing import Routing

TAGS = ["endpoints"]
Name = Annotated[str, PathParameter(description="The endpoint's name.")]


def endpoints_api(desk: EndpointDesk, accounts: Accounts, outbox: Outbox, routing: Routing) -> list[HTTPRouteHandler]:
    """The operations, closed over what they work with."""

    async def owing() -> dict[str, Owing]:
        return {one.target: one for one in await outbox.owing()}

    async def shown(endpoint: Endpoint) -> EndpointOut:
        return _endpoint_out(endpoint, (await owing()).get(ENDPOINT + endpoint.name))

    @get(
        "/v1/endpoints",
        operation_id="list_endpoints",
        summary="All endpoints, with what waits for them",
        tags=TAGS,
        responses=documented(401, 503),
    )
    async def list_endpoints() -> EndpointsOut:
        waiting = await owing()
        listed = accounts.endpoints.values()
        return EndpointsOut(endpoints=[_endpoint_out(one, waiting.get(ENDPOINT + one.name)) for one in listed])

    @post(
        "/v1/endpoints",
        operation_id="add_endpoint",
        summary="Add an endpoint",
        description="It is told of what happens from now on. Its secret is in this answer only.",
        request_class=reading(NewEndpoint),
        tags=TAGS,
        responses=documented(400, 401, 409, 413, 415, 503),
    )
    async def add_endpoint(data: Annotated[Any, Body(description="A NewEndpoint.")]) -> AddedOut:
        added = await desk.add(data.name, data.url, data.statuses)
        return AddedOut(endpoint=await shown(added.endpoint), secret=added.secret)

    @patch(
        "/v1/endpoints/{name:str}",
        operation_id="change_endpoint",
        summary="Change an endpoint; enable or disable it",
        request_class=reading(EndpointChange),
        tags=TAGS,
        responses=documented(400, 401, 404, 413, 415, 503),
    )
    async def change_endpoint(name: Name, data: Annotated[Any, Body(description="An EndpointChange.")]) -> EndpointOut:
        return await shown(await desk.change(name, given(data)))

    @post(
        "/v1/endpoints/{name:str}/secrets",
        operation_id="rotate_endpoint_secret",
        summary="Give an endpoint another secret; the one before signs, too",
        status_code=201,
        tags=TAGS,
        responses=documented(400, 401, 404, 503),
    )
    async def rotate_endpoint_secret(name: Name) -> AddedOut:
        added = await desk.rotate_secret(name)
        return AddedOut(endpoint=await shown(added.endpoint), secret=added.secret)

    @post(
        "/v1/endpoints/{name:str}/test",
        operation_id="test_endpoint",
        summary="Send a test event now",
        status_code=200,
        tags=TAGS,
        responses=documented(400, 401, 404, 503),
    )
    async def test_endpoint(name: Name) -> TestedOut:
        good, said = await desk.test(name)
        return TestedOut(ok=good, said=said)

    @get(
        "/v1/deliveries",
        operation_id="list_deliveries",
        summary="What applications were told, or are to be, newest first",
        tags=TAGS,
        responses=documented(400, 401, 503),
    )
    async def list_deliveries(
        target: Annotated[
            str | None,
            QueryParameter(max_length=64, pattern=PLAIN, description="An api key, or @ and the name of an endpoint."),
        ] = None,
        message_id: Annotated[str | None, QueryParameter(pattern=UUID, description="Our id of a message.")] = None,
        outcome: Annotated[Outcome | None, QueryParameter(description="Only what stands so.")] = None,
        limit: Limit = 100,
    ) -> DeliveriesOut:
        found = await desk.deliveries(target, message_id, outcome, limit)
        return DeliveriesOut(deliveries=[_delivery_out(one) for one in found])

    @post(
        "/v1/deliveries/replay",
        operation_id="replay_deliveries",
        summary="Tell again what was told, or could not be",
        request_class=reading(Replay),
        status_code=200,
        tags=TAGS,
        responses=documented(400, 401, 404, 413, 415, 503),
    )
    async def replay_deliveries(data: Annotated[Any, Body(description="A Replay.")]) -> ReplayedOut:
        since_ms = ms_of("since", data.since) or 0
        return ReplayedOut(replayed=await desk.replay(data.target, since_ms, data.only))

    @get(
        "/v1/route",
        operation_id="explain_route",
        summary="Who would take a message to a number now, and why",
        tags=["messages"],
        responses=documented(400, 401),
    )
    async def explain_route(
        to: Annotated[
            str, QueryParameter(max_length=64, schema_extra={"pattern": NUMBER}, description="The recipient's number.")
        ],
    ) -> RouteOut:
        number = phone.msisdn(to)
        country = phone.country(number)
        decision = routing.decide(Destination(recipient=number, country=country))
        return RouteOut(
            to=number,
            country=country,
            provider=decision.provider,
            policy=decision.policy,
            considered=list(decision.considered),
        )

    return [
        list_endpoints,
        add_endpoint,
        change_endpoint,
        rotate_endpoint_secret,
        test_endpoint,
        list_deliveries,
        replay_deliveries,
        explain_route,
    ]


def _endpoint_out(endpoint: Endpoint, owing: Owing | None) -> EndpointOut:
    return EndpointOut(
        name=endpoint.name,
        url=endpoint.url,
        statuses=list(endpoint.statuses),
        disabled=endpoint.disabled,
        disabled_for=endpoint.disabled_for,
        failing_since=iso_or_none(endpoint.failing_since_ms),
        waiting=owing.waiting if owing else 0,
        oldest_waiting=iso(owing.oldest_ms) if owing else None,
        created=iso(endpoint.created_ms),
    )


def _delivery_out(one: Delivery) -> DeliveryOut:
    return DeliveryOut(
        target=one.target,
        message_id=one.message_id,
        part=one.seq,
        status=one.status,
        outcome=one.outcome,
        attempts=one.attempts,
        said=one.said,
        at=iso(one.at_ms),
        due=iso_or_none(one.due_ms),
    )
