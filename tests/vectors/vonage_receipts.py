"""Receipts of the SMS API as they travel: the tutorial's in three forms, the public GET of 2012, V4; as data.

``receipt`` is what reading gives but for digest and raw; ``exact`` rows are also what writing gives, byte by byte.
"""

from typing import NamedTuple

from receipted.domain.receipt import Receipt
from receipted.domain.status import Status


class Row(NamedTuple):
    name: str
    method: str
    content_type: str
    sent: bytes
    transport: str
    receipt: Receipt
    pushed_ms: int
    api_key: str = ""
    exact: bool = True


FORM = "application/x-www-form-urlencoded; charset=UTF-8"
TUTORIAL = Receipt(
    provider="vonage",
    provider_message_id="02000000FEA5EE9B",
    digest="",
    status=Status.DELIVERED,
    raw_status="delivered",
    carrier_ms=1_344_779_940_000,
    network="310090",
    price="0.00570000",
    recipient="12015555522",
    sender="12025555511",
)
TUTORIAL_JSON = (
    b'{"msisdn":"12015555522","to":"12025555511","network-code":"310090","messageId":"02000000FEA5EE9B",'
    b'"price":"0.00570000","status":"delivered","scts":"1208121359","err-code":"0",'
    b'"message-timestamp":"2017-06-29 22:40:30"}'
)
TUTORIAL_PRETTY = b"""{
  "msisdn": "12015555522",
  "to": "12025555511",
  "network-code": "310090",
  "messageId": "02000000FEA5EE9B",
  "price": "0.00570000",
  "status": "delivered",
  "scts": "1208121359",
  "err-code": "0",
  "message-timestamp": "2017-06-29 22:40:30"
}
"""
TUTORIAL_FORM = (
    b"msisdn=12015555522&to=12025555511&network-code=310090&messageId=02000000FEA5EE9B&price=0.00570000"
    b"&status=delivered&scts=1208121359&err-code=0&message-timestamp=2017-06-29+22%3A40%3A30"
)
TUTORIAL_PUSHED_MS = 1_498_776_030_000

ROWS: tuple[Row, ...] = (
    Row("tutorial, JSON", "POST", "application/json", TUTORIAL_JSON, "json", TUTORIAL, TUTORIAL_PUSHED_MS),
    Row(
        "tutorial, JSON as printed",
        "POST",
        "application/json",
        TUTORIAL_PRETTY,
        "json",
        TUTORIAL,
        TUTORIAL_PUSHED_MS,
        exact=False,
    ),
    Row("tutorial, form", "POST", FORM, TUTORIAL_FORM, "form", TUTORIAL, TUTORIAL_PUSHED_MS),
    Row("tutorial, GET", "GET", "", TUTORIAL_FORM, "get", TUTORIAL, TUTORIAL_PUSHED_MS),
    Row(
        "public GET of 2012 (reference 2.1)",
        "GET",
        "",
        b"msisdn=66837000111&to=12150000025&network-code=52099&messageId=000000FFFB0356D2&price=0.02000000"
        b"&status=delivered&scts=1208121359&err-code=0&message-timestamp=2012-08-12+13%3A59%3A37",
        "get",
        Receipt(
            provider="vonage",
            provider_message_id="000000FFFB0356D2",
            digest="",
            status=Status.DELIVERED,
            raw_status="delivered",
            carrier_ms=1_344_779_940_000,
            network="52099",
            price="0.02000000",
            recipient="66837000111",
            sender="12150000025",
        ),
        1_344_779_977_000,
    ),
    Row(
        "all fields, failed",
        "POST",
        "application/json",
        b'{"msisdn":"447700900000","to":"AcmeInc","network-code":"23410",'
        b'"messageId":"aaaaaaaa-bbbb-cccc-dddd-0123456789ab","price":"0.03330000","status":"failed",'
        b'"scts":"2311142213","err-code":"2","api-key":"abcd1234","client-ref":"order-42",'
        b'"message-timestamp":"2023-11-14 22:13:20"}',
        "json",
        Receipt(
            provider="vonage",
            provider_message_id="aaaaaaaa-bbbb-cccc-dddd-0123456789ab",
            digest="",
            status=Status.FAILED,
            raw_status="failed",
            err_code="2",
            carrier_ms=1_699_999_980_000,
            network="23410",
            price="0.03330000",
            recipient="447700900000",
            sender="AcmeInc",
            client_ref="order-42",
        ),
        1_700_000_000_000,
        api_key="abcd1234",
    ),
)
