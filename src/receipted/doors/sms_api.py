"""Vonage's SMS API at the front door: ``/sms/json`` and ``/sms/xml`` (reference vonage-sms 1).

Plain ASGI, since it is a hot path. Whatever came of a request is said inside a 200, as there; only what has nothing to
do with SMS is an HTTP status:

====  ================================================================================================================
200   taken, or not, with a code for why; one item for each part
405   neither GET nor POST
413   a body larger than ``limits.body_bytes``
429   more wrong credentials than can be checked
====  ================================================================================================================
"""

from collections.abc import Sequence

from receipted.dialects.vonage.answer import JSON_TYPE, XML_TYPE, Item, write_json, write_xml
from receipted.dialects.vonage.fields import REQUEST, decode
from receipted.dialects.vonage.refusal import INTERNAL, Refused, of, throttled
from receipted.domain.errors import InvalidRequest, Overloaded, StorageUnavailable
from receipted.doors.webhooks import Gone, Read, Scope, Send, TooLarge, answer_problem, read_body, send_answer
from receipted.hub.gateway import Gateway
from receipted.hub.ports import Observe
from receipted.hub.secrets import TooManyGuesses

PATHS = {"/sms/json": "json", "/sms/xml": "xml"}
OVERLOADED_WAIT_MS = 1_000


class SmsDoor:
    """``POST /sms/json`` and ``/sms/xml`` as an ASGI application; GET as well, as it once was documented."""

    def __init__(self, *, gateway: Gateway, observe: Observe, body_bytes: int) -> None:
        self._gateway = gateway
        self._observe = observe
        self._body_bytes = body_bytes

    async def __call__(self, scope: Scope, read: Read, send: Send) -> None:
        if scope["method"] not in ("GET", "POST"):
            await answer_problem(send, 405, "an SMS is sent by POST", headers=[(b"allow", b"GET, POST")])
            return
        try:
            body = await read_body(read, self._body_bytes) if scope["method"] == "POST" else b""
        except Gone:
            return
        except TooLarge as error:
            await answer_problem(send, 413, str(error), headers=[(b"connection", b"close")])
            return
        try:
            items = await self._items(scope, body)
        except TooManyGuesses as error:
            await answer_problem(send, 429, str(error), headers=[(b"retry-after", b"1")])
            return
        xml = scope["path"].rstrip("/").endswith("/xml")
        await send_answer(send, 200, XML_TYPE if xml else JSON_TYPE, (write_xml if xml else write_json)(items))

    async def _items(self, scope: Scope, body: bytes) -> Sequence[Item]:
        content_type, authorization = headers_of(scope, b"content-type", b"authorization")
        try:
            decoded = decode(scope["method"], scope["query_string"], content_type, body, REQUEST)
            return await self._gateway.sms(decoded.fields, authorization)
        except InvalidRequest as error:
            return [_refused(of(error))]
        except StorageUnavailable as error:
            return [_refused(Refused(INTERNAL, f"Internal Error: {error}"))]
        except TooManyGuesses:
            raise
        except Overloaded:
            return [_refused(throttled(OVERLOADED_WAIT_MS))]
        except Exception as error:
            self._observe("door.broke", provider="sms", problem=repr(error), quiet=False)
            return [_refused(Refused(INTERNAL, "Internal Error"))]


def headers_of(scope: Scope, *names: bytes) -> list[str]:
    """The values of headers, "" for one that is not there."""
    found = dict.fromkeys(names, "")
    for name, value in scope["headers"]:
        if name in found:
            found[name] = value.decode("latin-1")
    return list(found.values())


def _refused(refused: Refused) -> Item:
    return Item(status=refused.code, error_text=refused.text)
