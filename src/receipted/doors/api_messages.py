"""The JSON API's messages: send one, find them, tell what became of one."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated, Any, TypeAlias

from litestar import get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import Body, HeaderParameter, PathParameter, QueryParameter
from msgspec.structs import replace

from receipted.domain import phone
from receipted.domain.message import Kind, Message
from receipted.domain.status import Status
from receipted.doors.api_patterns import NUMBER, UUID
from receipted.doors.api_problems import documented
from receipted.doors.api_render import advise_of, line_out, message_out, ms_of, waits_for
from receipted.doors.api_request import SmsRequest, time
from receipted.doors.api_shapes import BinarySms, MessageOut, MessagesOut, TextSms, TimelineOut
from receipted.hub.accept import SendRequest
from receipted.hub.explain import sentence
from receipted.hub.ports import Filter, Provider, Store
from receipted.hub.timeline import timeline

Send: TypeAlias = Callable[[SendRequest], Awaitable[Message]]
"""``hub.accept.Accept``."""

TAGS = ["messages"]
MessageId = Annotated[str, PathParameter(description="Our id of the message.")]


def _text(query: str, description: str, *, pattern: str | None = None) -> QueryParameter:
    """A query parameter that filters by equality. ``pattern`` is documented, not enforced."""
    return QueryParameter(
        name=query,
        description=description,
        min_length=1,
        max_length=255,
        schema_extra={"pattern": pattern} if pattern else None,
    )


def _request(sms: TextSms | BinarySms, idempotency_key: str | None) -> SendRequest:
    common = SendRequest(
        recipient=sms.to,
        sender=sms.from_,
        client_ref=sms.client_ref,
        ttl_ms=None if sms.ttl_s is None else round(sms.ttl_s * 1_000),
        provider=sms.provider,
        idempotency_key=idempotency_key,
    )
    if isinstance(sms, BinarySms):
        return replace(common, kind=Kind.BINARY, body=sms.body, udh=sms.udh or "")
    return replace(common, kind=Kind(sms.type) if sms.type else None, text=sms.text)


def messages(accept: Send, store: Store, providers: Mapping[str, Provider]) -> list[HTTPRouteHandler]:
    """The operations on messages, closed over what they work with."""

    @post(
        "/v1/messages",
        operation_id="send_message",
        summary="Send an SMS",
        description="It is stored durably before the answer, and submitted soon after.",
        request_class=SmsRequest,
        tags=TAGS,
        responses=documented(400, 401, 409, 413, 415, 503),
    )
    async def send_message(
        data: Annotated[Any, Body(description="A TextSms or a BinarySms.")],
        idempotency_key: Annotated[
            str | None,
            HeaderParameter(
                name="Idempotency-Key",
                min_length=1,
                max_length=255,
                description="The same key with the same request gives the message made then, and sends nothing.",
            ),
        ] = None,
    ) -> MessageOut:
        return message_out(await accept(_request(data, idempotency_key)), providers)

    @get(
        "/v1/messages",
        operation_id="list_messages",
        summary="Find messages, newest first",
        tags=TAGS,
        responses=documented(400, 401, 503),
    )
    async def list_messages(
        to: Annotated[str | None, _text("to", "The recipient's number.", pattern=NUMBER)] = None,
        sender: Annotated[str | None, _text("from", "The sender.")] = None,
        status: Annotated[Status | None, QueryParameter(description="The status now.")] = None,
        provider: Annotated[str | None, _text("provider", "Who took it.")] = None,
        client_ref: Annotated[str | None, _text("client_ref", "Your own reference.")] = None,
        provider_message_id: Annotated[
            str | None, _text("provider_message_id", "The provider's id of one of its parts.")
        ] = None,
        since: Annotated[str | None, time("Accepted at this time (ISO 8601, with zone) or later.")] = None,
        until: Annotated[str | None, time("Accepted before this time (ISO 8601, with zone).")] = None,
        cursor: Annotated[
            str | None, QueryParameter(pattern=UUID, description="`next_cursor` of the page before.")
        ] = None,
        limit: Annotated[int, QueryParameter(ge=1, le=500, description="How many at most.")] = 50,
    ) -> MessagesOut:
        found = await store.messages(
            Filter(
                recipient=None if to is None else phone.msisdn(to),
                sender=None if sender is None else sender.strip().removeprefix("+"),
                status=status,
                provider=provider,
                client_ref=client_ref,
                provider_message_id=provider_message_id,
                since_ms=ms_of("since", since),
                until_ms=ms_of("until", until),
                before=cursor,
                limit=limit + 1,
            )
        )
        page = found[:limit]
        return MessagesOut(
            messages=[message_out(message, providers) for message in page],
            next_cursor=page[-1].id if len(found) > limit else None,
        )

    @get(
        "/v1/messages/{message_id:str}",
        operation_id="get_message",
        summary="One message with its parts",
        tags=TAGS,
        responses=documented(400, 401, 404, 503),
    )
    async def get_message(message_id: MessageId) -> MessageOut:
        return message_out(await store.message(message_id), providers)

    @get(
        "/v1/messages/{message_id:str}/timeline",
        operation_id="get_timeline",
        summary="What became of a message, and why",
        tags=TAGS,
        responses=documented(400, 401, 404, 503),
    )
    async def get_timeline(message_id: MessageId) -> TimelineOut:
        history = await store.history(message_id)
        advise = advise_of(providers, history.message.provider)
        return TimelineOut(
            message=message_out(history.message, providers),
            sentence=sentence(history, advise, waits_for(providers, history.message.provider)),
            timeline=[line_out(line) for line in timeline(history, advise)],
        )

    return [send_message, list_messages, get_message, get_timeline]
