"""The door for receipts: durable before the 200, what is wrong is named, and never a 500.

Long because it is one door: all that may come through it, and each answer that it can give.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlencode

import msgspec
import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from receipted.dialects.vonage.receipt import signed
from receipted.domain.errors import Overloaded, StorageUnavailable
from receipted.domain.receipt import Receipt
from receipted.domain.status import Status
from receipted.doors.server import unless_stopped
from receipted.doors.webhooks import Doorway, WebhookDoor, not_found
from receipted.hub.ports import Provider, WebhookRequest
from receipted.hub.receive import Receive
from receipted.providers import Context, build
from receipted.providers.http import AiohttpClient
from tests.contracts.store_samples import NOW, Place, sent, statuses, told, unmatched_ids
from tests.hub.stage import Clock, Far, locked
from tests.vectors.vonage_receipts import ROWS, TUTORIAL, TUTORIAL_FORM, TUTORIAL_JSON, TUTORIAL_PRETTY

S = Status
FORM = "application/x-www-form-urlencoded"
JSON = "application/json"
LIMIT = 65_536
SECRET = "webhook-secret"
PATHS = ("/webhooks/vonage", "/sms_delivery_receipts")


class Answer(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def problem(self) -> dict[str, Any]:
        assert self.headers["content-type"] == "application/problem+json"
        return dict(msgspec.json.decode(self.body))


class Door:
    """The webhook doors of a hub, with the real store behind them."""

    def __init__(self, place: Place, provider: Callable[[Context], Provider], *, rejected_per_s: int = 1_000) -> None:
        self.place = place
        self.clock = Clock()
        self.http = AiohttpClient()
        made = provider(Context(clock=self.clock, http=self.http, observe=place.observe))
        receive = Receive(store=place.store, clock=self.clock, observe=place.observe)
        door = WebhookDoor(
            provider=made,
            receive=receive,
            store=place.store,
            clock=self.clock,
            observe=place.observe,
            body_bytes=LIMIT,
            rejected_per_s=rejected_per_s,
        )
        self.app = Doorway(dict.fromkeys(made.webhook_paths or PATHS, door), not_found)

    async def ask(
        self,
        method: str,
        *pieces: bytes,
        query: bytes = b"",
        content_type: str | None = None,
        path: str = PATHS[0],
        root_path: str = "",
        hang_up: bool = False,
    ) -> Answer | None:
        """One request, its body in pieces; None if there was no answer."""
        headers = [] if content_type is None else [(b"content-type", content_type.encode("latin-1", "replace"))]
        scope = {
            "type": "http",
            "method": method,
            "path": path,
            "root_path": root_path,
            "query_string": query,
            "headers": [(b"host", b"hub"), *headers],
            "client": ("192.0.2.7", 4711),
        }
        left = list(pieces) or [b""]
        said: list[Any] = []

        async def read() -> dict[str, Any]:
            if not left:
                return {"type": "http.disconnect"}
            piece = left.pop(0)
            return {"type": "http.request", "body": piece, "more_body": bool(left) or hang_up}

        async def send(message: Any) -> None:
            said.append(message)

        await self.app(scope, read, send)
        if not said:
            return None
        start, body = said
        names = {name.decode(): value.decode() for name, value in start["headers"]}
        assert names["content-length"] == str(len(body["body"]))
        return Answer(start["status"], names, body["body"])

    async def must(self, method: str, *pieces: bytes, **how: Any) -> Answer:
        answer = await self.ask(method, *pieces, **how)
        assert answer is not None
        return answer


def vonage(**section: Any) -> Callable[[Context], Provider]:
    return lambda context: build("vonage", section, context)


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    made = Place("", tmp_path)
    await made.open(rejected_kept=100)
    yield made
    await made.close()


@pytest.fixture
async def door(place: Place) -> AsyncIterator[Door]:
    made = Door(place, vonage())
    yield made
    await made.http.close()


# --- receipts that are taken ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    ("method", "query", "content_type", "body"),
    [
        ("POST", b"", JSON, TUTORIAL_JSON),
        ("POST", b"", JSON, TUTORIAL_PRETTY),
        ("POST", b"", None, TUTORIAL_JSON),
        ("POST", b"", FORM, TUTORIAL_FORM),
        ("POST", b"", None, TUTORIAL_FORM),
        ("GET", TUTORIAL_FORM, None, b""),
        ("POST", TUTORIAL_FORM, JSON, b""),
    ],
)
async def test_the_tutorials_receipt_makes_its_message_delivered(
    place: Place, door: Door, path: str, method: str, query: bytes, content_type: str | None, body: bytes
) -> None:
    made = await sent(place.store, TUTORIAL.provider_message_id)
    answer = await door.must(method, body, query=query, content_type=content_type, path=path)
    assert (answer.status, answer.body) == (200, b"")
    assert await statuses(place.store, made) == [S.DELIVERED, S.DELIVERED]
    (stored,) = (await place.store.history(made.id)).receipts
    assert (stored.received_ms, stored.receipt.raw) == (NOW, body or query)
    assert stored.receipt.network == TUTORIAL.network


async def test_the_same_receipt_in_all_its_forms_is_one(place: Place, door: Door) -> None:
    made = await sent(place.store, TUTORIAL.provider_message_id)
    for body in (TUTORIAL_JSON, TUTORIAL_FORM, TUTORIAL_PRETTY, TUTORIAL_JSON):
        assert (await door.must("POST", body)).status == 200
    assert len((await place.store.history(made.id)).receipts) == 1
    assert await told(place.store, made) == [S.QUEUED, S.SUBMITTED, S.DELIVERED]


@pytest.mark.parametrize("row", ROWS, ids=[row.name for row in ROWS])
async def test_every_known_receipt_is_taken(place: Place, door: Door, row: Any) -> None:
    body, query = (b"", row.sent) if row.method == "GET" else (row.sent, b"")
    answer = await door.must(row.method, body, query=query, content_type=row.content_type)
    assert answer.status == 200
    assert await unmatched_ids(place.store) == {row.receipt.provider_message_id}


async def test_a_body_may_come_in_pieces(place: Place, door: Door) -> None:
    pieces = [TUTORIAL_JSON[at : at + 7] for at in range(0, len(TUTORIAL_JSON), 7)]
    assert (await door.must("POST", *pieces, b"", content_type=JSON)).status == 200
    assert await unmatched_ids(place.store) == {TUTORIAL.provider_message_id}


@pytest.mark.parametrize("method", ["GET", "POST", "HEAD"])
async def test_a_probe_is_answered_and_leaves_nothing(place: Place, door: Door, method: str) -> None:
    assert (await door.must(method)).status == 200
    assert await place.store.unmatched(10) == []
    assert await place.store.rejected(10) == []


async def test_a_200_survives_whatever_comes_after_it(place: Place, door: Door) -> None:
    answers = await asyncio.gather(
        *(door.must("POST", TUTORIAL_JSON.replace(b"FEA5EE9B", b"%08d" % n)) for n in range(50))
    )
    assert {answer.status for answer in answers} == {200}
    again = Place("", place.folder)
    await again.open()
    assert len(await again.store.unmatched(100)) == 50
    await again.close()


# --- what is refused --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "content_type", "body"),
    [
        ("messageId", JSON, b'{"status":"delivered"}'),
        ("status", FORM, b"messageId=1"),
        ("status", JSON, b'{"messageId":"1","status":["delivered"]}'),
        ("messageId", JSON, b'{"messageId":{"a":1},"status":"delivered"}'),
        ("messageId", FORM, b"messageId=%00&status=delivered"),
        ("messageId", FORM, b"messageId=" + b"x" * 256 + b"&status=delivered"),
        ("messageId", JSON, b'{"messageId":"\\ud800","status":"delivered"}'),
        ("body", JSON, b"{"),
        ("body", JSON, b"[]"),
        ("body", JSON, b"null"),
        ("body", JSON, b"[" * 60_000),
        ("body", JSON, b'{"a":' * 9_000 + b"1" + b"}" * 9_000),
        ("body", JSON, b'{"messageId":"\xff\xfe"}'),
        ("body", FORM, b"messageId=%ff&status=delivered"),
        ("body", "multipart/form-data; boundary=x", b"--x--"),
        ("status", FORM, b"\x00\x01\x02"),
        ("status", FORM, b"text=Hi&messageId=1"),
    ],
)
async def test_what_cannot_be_read_is_named_and_kept(
    place: Place, door: Door, field: str, content_type: str, body: bytes
) -> None:
    answer = await door.must("POST", body, query=b"q=1", content_type=content_type)
    assert answer.status == 400
    assert (answer.problem["status"], answer.problem["field"]) == (400, field)
    (kept,) = await place.store.rejected(10)
    assert (kept.status, kept.door, kept.method, kept.source) == (400, "vonage", "POST", "192.0.2.7")
    assert (kept.body, kept.query, kept.content_type) == (body[:8_192], b"q=1", content_type)
    assert kept.problem.startswith(f"{field}: ")
    assert await place.store.unmatched(10) == []


async def test_an_unsigned_or_forged_receipt_is_refused_and_explained_to_the_owner_only(place: Place) -> None:
    door = Door(place, vonage(signature_secret=SECRET, signature_method="sha256"))
    fields = {"messageId": "1", "status": "delivered", "err-code": "0"}
    good = signed(fields, secret=SECRET, method="sha256", nonce="n", now_ms=NOW)
    for bad in (fields, {**good, "status": "failed"}, {**good, "sig": "0" * 64}):
        answer = await door.must("POST", urlencode(bad).encode())
        assert answer.status == 401
        assert b"&messageId" not in answer.body
        assert SECRET.encode() not in answer.body
    kept = await place.store.rejected(10)
    assert [one.status for one in kept] == [401, 401, 401]
    assert all(one.explanation for one in kept)
    assert all(SECRET not in one.explanation for one in kept)
    assert await place.store.unmatched(10) == []
    assert (await door.must("POST", urlencode(good).encode())).status == 200
    assert (await door.must("GET", query=urlencode(good).encode())).status == 200
    assert await unmatched_ids(place.store) == {"1"}
    await door.http.close()


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "get", ""])
async def test_other_methods_are_not_allowed(door: Door, method: str) -> None:
    answer = await door.must(method, TUTORIAL_JSON)
    assert answer.status == 405
    assert answer.headers["allow"] == "GET, POST, HEAD"


@pytest.mark.parametrize("pieces", [[b"x" * (LIMIT + 1)], [b"x" * 10_000] * 20, [b"", *[b"x" * 100_000] * 100]])
async def test_a_body_over_the_limit_is_not_read_to_its_end(place: Place, door: Door, pieces: list[bytes]) -> None:
    answer = await door.must("POST", *pieces, content_type=JSON)
    assert answer.status == 413
    assert answer.headers["connection"] == "close"
    (kept,) = await place.store.rejected(10)
    assert (kept.status, len(kept.body) <= LIMIT) == (413, True)


async def test_a_body_of_exactly_the_limit_is_taken(place: Place, door: Door) -> None:
    assert (await door.must("POST", TUTORIAL_FORM.ljust(LIMIT, b"&"), content_type=FORM)).status == 200


async def test_who_hangs_up_gets_no_answer_and_leaves_nothing(place: Place, door: Door) -> None:
    assert await door.ask("POST", TUTORIAL_JSON, hang_up=True) is None
    assert await place.store.unmatched(10) == []
    assert await place.store.rejected(10) == []


async def test_a_flood_of_refused_requests_is_counted_and_not_stored(place: Place) -> None:
    door = Door(place, vonage(), rejected_per_s=3)
    for _ in range(10):
        assert (await door.must("POST", b"{")).status == 400
    assert len(await place.store.rejected(100)) == 3
    door.clock.now_ms += 1_000
    assert (await door.must("POST", b"{")).status == 400
    assert len(await place.store.rejected(100)) == 4
    assert [what for what, _ in place.observed].count("receipt.rejected") == 11
    await door.http.close()


class Elsewhere:
    """What a server does with an answer once the connection is closed."""

    def __init__(self, app: Any, method: str, body: bytes) -> None:
        self.app = app
        self.method = method
        self.body = body
        self.tried = 0

    async def ask(self) -> None:
        scope = {"type": "http", "method": self.method, "path": PATHS[0], "query_string": b"", "headers": []}
        await self.app(scope, self.read, self.send)

    async def read(self) -> dict[str, Any]:
        return {"type": "http.request", "body": self.body, "more_body": False}

    async def send(self, message: Any) -> None:
        self.tried += 1
        raise RuntimeError("unable to perform operation on <TCPTransport closed=True>; the handler is closed")


@pytest.mark.parametrize(
    ("method", "body"), [("POST", TUTORIAL_JSON), ("POST", b"{"), ("POST", b"x" * 70_000), ("HEAD", b""), ("PUT", b"")]
)
async def test_who_hung_up_before_the_answer_is_no_mistake(door: Door, method: str, body: bytes) -> None:
    gone = Elsewhere(door.app, method, body)
    await gone.ask()
    assert gone.tried == 1


async def test_who_hung_up_before_the_answer_has_its_receipt_stored(place: Place, door: Door) -> None:
    await Elsewhere(door.app, "POST", TUTORIAL_JSON).ask()
    assert await unmatched_ids(place.store) == {TUTORIAL.provider_message_id}


# --- trouble of our own -----------------------------------------------------------------------------------------------


async def test_a_database_that_is_away_makes_the_provider_send_again(place: Place, door: Door) -> None:
    place.run(sa.text("ALTER TABLE unmatched RENAME TO away"))
    answer = await door.must("POST", TUTORIAL_JSON)
    assert (answer.status, answer.problem["status"]) == (503, 503)
    assert int(answer.headers["retry-after"]) > 0
    place.run(sa.text("ALTER TABLE away RENAME TO unmatched"))
    async with asyncio.timeout(10):
        while (await door.must("POST", TUTORIAL_JSON)).status != 200:
            await asyncio.sleep(0.01)
    assert await unmatched_ids(place.store) == {TUTORIAL.provider_message_id}


async def test_a_flood_of_answers_503_is_quiet_in_the_log(place: Place) -> None:
    class Broken(Far):
        error: Exception = StorageUnavailable("away")

        def read(self, request: WebhookRequest, now_ms: int) -> list[Receipt]:
            raise self.error

    broken = Broken()
    door = Door(place, lambda context: broken, rejected_per_s=3)
    for error, what in (
        (StorageUnavailable("away"), "receipt.rejected"),
        (Overloaded("full"), "receipt.rejected"),
        (ValueError("a mistake"), "door.broke"),
    ):
        broken.error = error
        door.clock.now_ms += 1_000
        place.observed.clear()
        for _ in range(5):
            assert (await door.must("POST", TUTORIAL_JSON)).status == 503
        assert [facts["quiet"] for name, facts in place.observed if name == what] == [False] * 3 + [True] * 2
    await door.http.close()


async def test_a_stop_makes_the_provider_send_again(place: Place, door: Door) -> None:
    said: list[Any] = []
    reading = asyncio.Event()

    async def read() -> dict[str, Any]:
        reading.set()
        await asyncio.Event().wait()
        raise AssertionError

    async def send(message: Any) -> None:
        said.append(message)

    scope = {"type": "http", "method": "POST", "path": PATHS[0], "query_string": b"", "headers": []}
    task: asyncio.Future[None] = asyncio.ensure_future(unless_stopped(door.app)(scope, read, send))
    async with asyncio.timeout(10):
        await reading.wait()
        task.cancel()
        await task
    start, body = said
    assert start["status"] == 503
    assert (b"connection", b"close") in start["headers"]
    assert dict(start["headers"])[b"retry-after"]
    assert msgspec.json.decode(body["body"])["status"] == 503
    assert [what for what, _ in place.observed if what == "door.broke"] == []


async def test_a_refusal_is_answered_also_when_it_cannot_be_kept(place: Place, door: Door) -> None:
    place.run(sa.text("DROP TABLE rejected_request"))
    assert (await door.must("POST", b"{")).status == 400
    assert "rejected.not-kept" in [what for what, _ in place.observed]


async def test_too_many_waiting_writes_make_the_provider_send_again(place: Place) -> None:
    await place.close()
    await place.open(waiting=1)
    door = Door(place, vonage())
    async with locked(place):
        first = asyncio.create_task(door.must("POST", TUTORIAL_JSON))
        await asyncio.sleep(0)
        assert (await door.must("POST", TUTORIAL_FORM)).status == 503
    assert (await first).status == 200
    await door.http.close()


async def test_a_mistake_of_ours_makes_the_provider_send_again(place: Place) -> None:
    class Broken(Far):
        def read(self, request: WebhookRequest, now_ms: int) -> list[Receipt]:
            raise RuntimeError("secret details")

    door = Door(place, lambda context: Broken())
    answer = await door.must("POST", TUTORIAL_JSON)
    assert answer.status == 503
    assert b"secret details" not in answer.body
    assert "door.broke" in [what for what, _ in place.observed]
    await door.http.close()


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    method=st.sampled_from(["GET", "POST", "POST", "POST", "HEAD", "PUT"]),
    query=st.binary(max_size=60),
    content_type=st.none() | st.sampled_from([JSON, FORM, "text/plain", "multipart/x"]) | st.text(max_size=20),
    body=st.binary(max_size=200)
    | st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["messageId", "status", "scts", "err-code", "sig", "x"]), inner, max_size=4
            )
        ),
        max_leaves=8,
    ).map(lambda value: msgspec.json.encode(value))
    | st.dictionaries(
        st.sampled_from(["messageId", "status", "scts", "message-timestamp", "price", "client-ref"]),
        st.text(st.characters(exclude_categories=["Cs"]), max_size=12),
    ).map(lambda fields: urlencode(fields).encode()),
    cut=st.integers(0, 200),
)
async def test_nothing_that_comes_is_answered_by_a_500(
    door: Door, method: str, query: bytes, content_type: str | None, body: bytes, cut: int
) -> None:
    answer = await door.must(method, body[:cut], body[cut:], query=query, content_type=content_type)
    assert answer.status in (200, 400, 405)
    if answer.status == 400:
        assert answer.problem["field"]


# --- where the door is ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "root_path"),
    [
        ("/webhooks/vonage", ""),
        ("/webhooks/vonage/", ""),
        ("/hub/webhooks/vonage", "/hub"),
        ("/webhooks/vonage", "/hub"),
        ("/a/b/sms_delivery_receipts", "/a/b"),
    ],
)
async def test_a_door_is_found_wherever_it_is_mounted(place: Place, door: Door, path: str, root_path: str) -> None:
    assert (await door.must("POST", TUTORIAL_JSON, path=path, root_path=root_path)).status == 200
    assert await unmatched_ids(place.store) == {TUTORIAL.provider_message_id}


@pytest.mark.parametrize(("path", "root_path"), [("/", ""), ("/webhooks", ""), ("/webhooks/vonage2", ""), ("/x", "/x")])
async def test_whatever_else_comes_goes_beyond(door: Door, path: str, root_path: str) -> None:
    assert (await door.must("POST", TUTORIAL_JSON, path=path, root_path=root_path)).status == 404
