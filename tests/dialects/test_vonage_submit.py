import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from receipted.dialects.vonage import answer, submit
from receipted.dialects.vonage.codes import RECEIPT, SUBMIT, receipt_advice, submit_advice
from receipted.dialects.vonage.fields import REQUEST, decode, encode
from receipted.domain.advice import Fault
from receipted.domain.errors import InvalidRequest
from tests.vectors.vonage_signatures import V1
from tests.vectors.vonage_submits import ANSWERS, REQUESTS, SDK_REQUESTS, WAITS, Answer


@pytest.mark.parametrize(("fields", "request_"), REQUESTS)
def test_requests(fields: dict[str, str], request_: submit.SubmitRequest) -> None:
    assert submit.write(request_) == fields
    assert submit.read(fields) == request_
    for transport in ("form", "json"):
        content_type, body = encode(fields, transport)
        assert submit.read(decode("POST", b"", content_type, body, REQUEST).fields) == request_


@pytest.mark.parametrize(("name", "content_type", "query", "body"), SDK_REQUESTS)
def test_requests_of_sdks(name: str, content_type: str, query: bytes, body: bytes) -> None:
    assert submit.read(decode("POST", query, content_type, body, REQUEST).fields) == REQUESTS[0][1]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"to": ""}, "to"),
        ({"from": ""}, "from"),
        ({"text": ""}, "text"),
        ({"type": "binary"}, "body"),
        ({"type": "smoke"}, "type"),
        ({"ttl": "1"}, "ttl"),
        ({"ttl": "604800001"}, "ttl"),
        ({"ttl": "soon"}, "ttl"),
        ({"message-class": "4"}, "message-class"),
        ({"protocol-id": "-1"}, "protocol-id"),
        ({"status-report-req": "maybe"}, "status-report-req"),
        ({"callback": "example.com"}, "callback"),
        ({"callback": "http://" + "x" * 100}, "callback"),
        ({"client-ref": "x" * 101}, "client-ref"),
    ],
)
def test_refused_requests(change: dict[str, str], field: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        submit.read({"to": "447700900000", "from": "AcmeInc", "text": "Hello", **change})
    assert refused.value.field == field


def test_a_signed_request() -> None:
    fields = {"from": "AcmeInc", "text": "Hello", "to": "447700900000"}
    for method, sig in V1.sigs.items():
        whole = submit.signed(fields, api_key="abcd1234", secret=V1.secret, method=method, now_ms=1_700_000_000_999)
        assert {name: value for name, value in whole.items() if name != "sig"} == V1.fields
        assert whole["sig"].lower() == sig


@pytest.mark.parametrize("row", ANSWERS, ids=lambda row: row.name)
def test_answers(row: Answer) -> None:
    assert answer.write_json(row.items) == row.json
    assert answer.write_xml(row.items) == row.xml
    assert answer.read(row.json) == row.items
    assert answer.read(row.xml) == row.items


def test_numbers_are_read_as_text() -> None:
    body = (
        b'{"message-count":1,"messages":[{"status":0,"message-id":"1","message-price":0.5,"network":null,"to":true}]}'
    )
    assert answer.read(body) == [answer.Item(status="0", message_id="1", price="0.5")]


BOMB = b'<!DOCTYPE a [<!ENTITY b "x"><!ENTITY c "&b;&b;">]><a>&c;</a>'


@pytest.mark.parametrize(
    "body",
    [
        b"", b"OK", b"<html>", b"<html></html>", b"[]", b"{}", b'{"messages":[]}', b'{"messages":{}}',
        b'{"messages":[1]}', b'{"messages":[{}]}', b'{"messages":[{"status":"0"}]}', b'{"messages":[{"status":true}]}',
        b"\xff", b"[" * 50_000, BOMB, BOMB.decode().encode("utf-16"), b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>',
        b"<a>&b;</a>", b"<\x00",
    ],
)  # fmt: skip
def test_what_is_no_answer(body: bytes) -> None:
    with pytest.raises(answer.AnswerError):
        answer.read(body)
    with pytest.raises(answer.AnswerError):
        answer.read_xml(body)


@pytest.mark.parametrize("name", ["message-id", "network", "message-price", "status"])
@pytest.mark.parametrize("value", ["a\x00b", "a\nb", "\x7f", "\x85", "x" * 256])
def test_an_answer_that_nothing_could_store_is_none(name: str, value: str) -> None:
    item = {"status": "0", "message-id": "1", name: value}
    with pytest.raises(answer.AnswerError, match=r"its \w+ (holds what cannot be printed|is longer)"):
        answer.read(json.dumps({"messages": [{"status": "0", "message-id": "0"}, item]}).encode())
    if value.isascii() and value.isprintable():
        with pytest.raises(answer.AnswerError):
            answer.read(answer.write_xml([answer.Item(status="0", message_id=value)]))


def test_an_answer_has_no_more_parts_than_an_sms() -> None:
    items = [answer.Item(status="0", message_id="x" * 255)] * 255
    assert answer.read(answer.write_json(items)) == items
    for written in (answer.write_json, answer.write_xml):
        with pytest.raises(answer.AnswerError, match="256 messages"):
            answer.read(written([*items, items[0]]))


@given(st.binary(max_size=50))
def test_any_bytes_are_an_answer_or_none(body: bytes) -> None:
    for read in (answer.read, answer.read_xml):
        with pytest.raises(answer.AnswerError):
            read(body)


@pytest.mark.parametrize(("text", "wait_ms"), WAITS)
def test_throttle_wait(text: str, wait_ms: int | None) -> None:
    assert answer.throttle_wait_ms(text) == wait_ms


def test_every_code_is_explained_once() -> None:
    for table in (SUBMIT, RECEIPT):
        assert len({row.code for row in table}) == len(table)
        for row in table:
            assert row.meaning
            assert row.advice.endswith(".")
    assert {str(code) for code in (*range(21), 22, 23, 29, *range(32, 35), *range(101, 104))} <= {
        row.code for row in SUBMIT
    }
    assert {str(code) for code in (*range(17), *range(50, 55), 95, 99)} <= {row.code for row in RECEIPT}
    assert submit_advice("9").fault is Fault.ACCOUNT
    assert receipt_advice("002") is receipt_advice("2")
    assert receipt_advice("4711").meaning == submit_advice("x").meaning == "not documented"
