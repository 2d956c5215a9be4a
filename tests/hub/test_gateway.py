"""The front door: what an account may send, what it costs, and every code that Vonage documents for what it may not."""

import asyncio
import base64
from decimal import Decimal

import pytest
from msgspec.structs import replace

from receipted.dialects.vonage.submit import signed
from receipted.domain.account import Account
from receipted.domain.message import Kind, Options
from receipted.domain.part_id import part_id
from receipted.domain.price import Price
from receipted.hub.ports import Filter
from tests.contracts.store_samples import NOW, Place
from tests.hub.front import GB, HASH, KEY, SECRET, Front


@pytest.fixture
async def front(place: Place) -> Front:
    return Front(place)


async def code(front: Front, authorization: str = "", **changes: str) -> tuple[str, str]:
    """The code and text of a refusal; nothing was stored."""
    before = await front.place.store.messages(Filter())
    (item,) = await front.sms(authorization, **changes)
    assert set(item) == {"status", "error_text"}
    assert await front.place.store.messages(Filter()) == before
    return item["status"], item["error_text"]


async def test_an_sms_is_stored_and_answered_with_an_id_and_its_price(front: Front) -> None:
    await front.open()
    (item,) = await front.sms(client_ref="order-1")
    message = await front.place.store.message(item["message_id"])
    assert (message.account, message.client_ref, message.price) == (KEY, "order-1", "0.03330000")
    assert item == {
        "status": "0",
        "message_id": message.id,
        "to": "447700900000",
        "balance": "9.96670000",
        "price": "0.03330000",
        "network": "23410",
        "client_ref": "order-1",
    }


async def test_each_part_has_an_item_an_id_and_its_price(front: Front) -> None:
    await front.open()
    items = await front.sms(text="x" * 400)
    ids = [item["message_id"] for item in items]
    assert ids == [part_id(ids[0], seq) for seq in (1, 2, 3)]
    assert {item["balance"] for item in items} == {"9.90010000"}
    assert {item["price"] for item in items} == {"0.03330000"}


async def test_all_that_is_asked_for_travels_on(front: Front) -> None:
    await front.open()
    (item,) = await front.sms(
        ttl="60000", callback="https://example.com/dlr", message_class="0", protocol_id="7", status_report_req="false"
    )
    message = await front.place.store.message(item["message_id"])
    assert message.ttl_ms == 60_000
    assert message.options == Options(
        callback="https://example.com/dlr", message_class=0, protocol_id=7, status_report=False
    )
    assert message.parts[0].account is None


@pytest.mark.parametrize(
    ("changes", "kind", "parts"),
    [
        ({"text": "é€"}, Kind.TEXT, 1),
        ({"text": "日本"}, Kind.UNICODE, 1),
        ({"text": "Hello", "type": "unicode"}, Kind.UNICODE, 1),
        ({"text": "", "type": "binary", "body": "00" * 140}, Kind.BINARY, 1),
    ],
)
async def test_each_type_is_sent_as_it_is_meant(front: Front, changes: dict[str, str], kind: Kind, parts: int) -> None:
    await front.open()
    items = await front.sms(**changes)
    message = await front.place.store.message(items[0]["message_id"])
    assert (message.content.kind, len(items)) == (kind, parts)


@pytest.mark.parametrize(
    ("settings", "changes", "status", "text"),
    [
        ({}, {"api_key": ""}, "2", "Missing api_key"),
        ({}, {"to": ""}, "2", "Missing to param"),
        ({}, {"from": ""}, "2", "Missing from param"),
        ({}, {"text": ""}, "2", "Missing Message Text"),
        ({}, {"to": "12"}, "3", "Invalid value for param: to"),
        ({}, {"type": "smoke"}, "3", "Invalid value for param: type"),
        ({}, {"client_ref": "x" * 101}, "3", "client-ref"),
        ({}, {"api_secret": "wrong123"}, "4", "Bad Credentials"),
        ({}, {"api_key": "nobody00"}, "4", "Bad Credentials"),
        ({}, {"to": "33612345678"}, "6", "Un-routable message - rejected"),
        ({"barred": ("447700900000",)}, {}, "7", "Number barred."),
        ({"disabled": True}, {}, "8", "suspended"),
        ({"postpaid": False, "balance": "0.0332"}, {}, "9", "Quota Exceeded - rejected"),
        ({}, {"text": "x" * 3_201}, "12", "Message too long"),
        ({}, {"text": "", "type": "binary", "body": "00" * 139, "udh": "0500"}, "12", "140 octets"),
        ({"require_signature": True, "signature_secret": "my_secret"}, {}, "14", "signed requests"),
        ({"senders": ("Other",)}, {}, "15", "Illegal Sender Address - rejected"),
        ({}, {"from": "MuchTooLongAName"}, "15", "Illegal Sender Address - rejected"),
        ({}, {"ttl": "19999"}, "16", "ttl"),
        ({}, {"message_class": "4"}, "20", "message class"),
        ({}, {"callback": "example.com/dlr"}, "23", "Bad callback :: Missing Protocol"),
        ({}, {"callback": "http://127.0.0.1/dlr"}, "23", "inner address"),
        ({"recipients": ("447700900001",)}, {}, "29", "Non White-listed Destination - rejected"),
        ({}, {"sig": "00"}, "32", "cannot go together"),
    ],
)
async def test_each_refusal_has_its_documented_code(
    front: Front, settings: dict[str, object], changes: dict[str, str], status: str, text: str
) -> None:
    await front.open(**settings)  # type: ignore[arg-type]
    got = await code(front, **changes)
    assert got[0] == status
    assert text in got[1]


async def test_too_many_requests_are_told_how_long_to_wait(front: Front) -> None:
    await front.open(rate_per_s=2)
    for _ in range(2):
        assert (await front.sms())[0]["status"] == "0"
    assert await code(front) == ("1", "Throughput Rate Exceeded - please wait [ 1000 ] and retry")
    front.clock.now_ms += 400
    assert await code(front) == ("1", "Throughput Rate Exceeded - please wait [ 600 ] and retry")
    front.clock.now_ms += 600
    assert (await front.sms())[0]["status"] == "0"


async def test_basic_and_either_of_two_secrets_are_good(front: Front) -> None:
    account = await front.open()
    other = Front(front.place)
    await other.accounts.load()
    rotated = replace(account, secret_hashes=("scrypt$2$AAAA$AAAA", HASH))
    await other.accounts.save(rotated)
    authorization = "Basic " + base64.b64encode(f"{KEY}:{SECRET}".encode()).decode()
    (item,) = await other.sms(authorization, api_key="", api_secret="")
    assert item["status"] == "0"


@pytest.mark.parametrize("method", ["md5hash", "md5", "sha1", "sha256", "sha512"])
async def test_a_signed_request_is_checked(front: Front, method: str) -> None:
    await front.open(signature_secret="my_secret", signature_method=method)
    plain = {"from": "AcmeInc", "to": "447700900000", "text": "A & B = C"}
    fields = signed(plain, api_key=KEY, secret="my_secret", method=method, now_ms=NOW)
    (item,) = await front.gateway.sms(fields, "")
    assert item.status == "0"
    (item,) = await front.gateway.sms({**fields, "text": "A & B = D"}, "")
    assert (item.status, "Invalid Signature" in (item.error_text or "")) == ("14", True)
    front.clock.now_ms += 300_000_000
    (item,) = await front.gateway.sms(fields, "")
    assert item.status == "14"


async def test_an_account_without_a_signature_secret_takes_no_signature(front: Front) -> None:
    await front.open()
    assert await code(front, api_secret="", sig="00") == ("4", "Bad Credentials")


async def test_an_accounts_own_prices_come_first(front: Front) -> None:
    await front.open()
    await front.accounts.replace_prices(KEY, [Price(prefix="44", price=Decimal("0.01"))])
    (item,) = await front.sms()
    assert (item["price"], item["network"]) == ("0.01000000", "00000")


async def test_without_any_prices_sms_cost_nothing(front: Front) -> None:
    await front.open(prices=[])
    (item,) = await front.sms(to="33612345678")
    assert (item["price"], item["balance"]) == ("0.00000000", "10.00000000")


async def test_a_prepaid_balance_is_never_overdrawn_by_requests_at_once(front: Front) -> None:
    await front.open(balance="0.1", postpaid=False)
    answers = await asyncio.gather(*(front.sms() for _ in range(20)))
    assert sorted(items[0]["status"] for items in answers) == ["0"] * 3 + ["9"] * 17
    (funded,) = await front.accounts.funded()
    assert funded.balance == Decimal("0.1") - 3 * GB.price


async def test_what_was_changed_counts_at_once_and_after_a_restart(front: Front) -> None:
    await front.open()
    changed = await front.accounts.change(KEY, disabled=True)
    assert (await code(front))[0] == "8"
    again = Front(front.place)
    await again.accounts.load()
    assert again.accounts.find(KEY) == changed
    assert isinstance(changed, Account)
    assert again.accounts.price(KEY, "447700900000") == GB
