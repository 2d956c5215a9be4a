"""Submit requests and answers of the SMS API as they travel (reference 1.4, 1.5, 8), as data."""

from typing import NamedTuple

from receipted.dialects.vonage.answer import Item
from receipted.dialects.vonage.submit import SubmitRequest
from receipted.domain.message import Content, Kind


class Answer(NamedTuple):
    name: str
    json: bytes
    xml: bytes
    items: list[Item]


_ID = "aaaaaaaa-bbbb-cccc-dddd-0123456789ab"

ANSWERS: tuple[Answer, ...] = (
    Answer(
        "success (1.4)",
        b'{"message-count":"1","messages":[{"to":"447700900000","message-id":"aaaaaaaa-bbbb-cccc-dddd-0123456789ab",'
        b'"status":"0","remaining-balance":"3.14159265","message-price":"0.03330000","network":"23410","client-ref":"r1"}]}',
        b"<?xml version='1.0' encoding='UTF-8' ?><mt-submission-response><messages count='1'><message>"
        b"<to>447700900000</to><messageId>aaaaaaaa-bbbb-cccc-dddd-0123456789ab</messageId><status>0</status>"
        b"<remainingBalance>3.14159265</remainingBalance><messagePrice>0.03330000</messagePrice>"
        b"<network>23410</network><clientRef>r1</clientRef></message></messages></mt-submission-response>",
        [
            Item(
                status="0",
                message_id=_ID,
                to="447700900000",
                balance="3.14159265",
                price="0.03330000",
                network="23410",
                client_ref="r1",
            )
        ],
    ),
    Answer(
        "an error",
        b'{"message-count":"1","messages":[{"status":"2","error-text":"Missing <to> & param"}]}',
        b"<?xml version='1.0' encoding='UTF-8' ?><mt-submission-response><messages count='1'><message>"
        b"<status>2</status><errorText>Missing &lt;to&gt; &amp; param</errorText>"
        b"</message></messages></mt-submission-response>",
        [Item(status="2", error_text="Missing <to> & param")],
    ),
    Answer(
        "two parts, one refused",
        b'{"message-count":"2","messages":[{"message-id":"0A01","status":"0"},'
        b'{"status":"9","error-text":"Quota Exceeded - rejected"}]}',
        b"<?xml version='1.0' encoding='UTF-8' ?><mt-submission-response><messages count='2'>"
        b"<message><messageId>0A01</messageId><status>0</status></message>"
        b"<message><status>9</status><errorText>Quota Exceeded - rejected</errorText></message>"
        b"</messages></mt-submission-response>",
        [Item(status="0", message_id="0A01"), Item(status="9", error_text="Quota Exceeded - rejected")],
    ),
)

WAITS: tuple[tuple[str, int | None], ...] = (
    ("Throughput Rate Exceeded - please wait [ 702 ] and retry", 702),
    ("Throughput Rate Exceeded - please wait [702] and retry", 702),
    (
        (
            "Exceeded maximum MT throughput[ MAX [ 30 ] INTERVAL [ 1000 ] COUNT [ 30 ] "
            "LAST INT-START [ 1700000000000 ] TIME_SINCE_LAST_INTERVAL_START [ 529 ]  ] "
        ),
        471,
    ),
    ("INTERVAL [ 1000 ] TIME_SINCE_LAST_INTERVAL_START [ 1200 ]", 0),
    ("please wait [ 999999999 ]", 3_600_000),
    ("Throughput Rate Exceeded", None),
    ("[ 1 ] of [ 2 ]", None),
    ("", None),
)

REQUESTS: tuple[tuple[dict[str, str], SubmitRequest], ...] = (
    (
        {"from": "AcmeInc", "to": "447700900000", "type": "text", "text": "A & B", "client-ref": "r1", "ttl": "900000"}
        | {"status-report-req": "1", "callback": "https://x.test/dlr"},
        SubmitRequest(
            recipient="447700900000",
            sender="AcmeInc",
            content=Content(kind=Kind.TEXT, text="A & B"),
            client_ref="r1",
            ttl_ms=900_000,
            callback="https://x.test/dlr",
        ),
    ),
    (
        {"from": "AcmeInc", "to": "447700900000", "type": "binary", "body": "0011", "udh": "06050400000000"}
        | {"status-report-req": "0", "message-class": "0", "protocol-id": "127"},
        SubmitRequest(
            recipient="447700900000",
            sender="AcmeInc",
            content=Content(kind=Kind.BINARY, body="0011", udh="06050400000000"),
            status_report=False,
            message_class=0,
            protocol_id=127,
        ),
    ),
    (
        {"from": "AcmeInc", "to": "447700900000", "type": "unicode", "text": "Grüße 🎉", "status-report-req": "1"},
        SubmitRequest(recipient="447700900000", sender="AcmeInc", content=Content(kind=Kind.UNICODE, text="Grüße 🎉")),
    ),
)
"""Written exactly so, and read back."""

SDK_REQUESTS: tuple[tuple[str, str, bytes, bytes], ...] = (
    (
        "py4, form",
        "application/x-www-form-urlencoded",
        b"",
        (
            b"to=447700900000&from=AcmeInc&text=A+%26+B&client-ref=r1&ttl=900000&status-report-req=True"
            b"&callback=https%3A%2F%2Fx.test%2Fdlr"
        ),
    ),
    (
        "js3, JSON with a boolean and a number",
        "application/json",
        b"",
        (
            b'{"to":"447700900000","from":"AcmeInc","text":"A & B","client-ref":"r1","ttl":900000,'
            b'"status-report-req":true,"callback":"https://x.test/dlr"}'
        ),
    ),
    (
        "js1, all in the query of a POST without a body",
        "application/x-www-form-urlencoded",
        b"from=AcmeInc&to=447700900000&text=A%20%26%20B&client-ref=r1&ttl=900000&callback=https%3A%2F%2Fx.test%2Fdlr",
        b"",
    ),
)
"""What SDKs send (8.2, 8.5, 8.6) for the first of REQUESTS: content type, query, body."""
