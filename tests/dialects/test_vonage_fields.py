import json
from urllib.parse import parse_qsl, urlencode

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from receipted.dialects.vonage.fields import MOST_FIELDS, RECEIPT, Transport, decode, encode
from receipted.domain.errors import InvalidReceipt

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"


def post(body: bytes, content_type: str = JSON, query: bytes = b"") -> dict[str, str]:
    return decode("POST", query, content_type, body, RECEIPT).fields


def refused(body: bytes, content_type: str = JSON) -> str:
    with pytest.raises(InvalidReceipt) as problem:
        post(body, content_type)
    return problem.value.field


@given(st.lists(st.tuples(st.sampled_from("abc"), st.text("a=+&%;é1f\x00", max_size=6)), max_size=5))
def test_written_forms_are_read(pairs: list[tuple[str, str]]) -> None:
    assert post(urlencode(pairs).encode(), FORM) == dict(reversed(pairs))


@given(st.text("a1=&+;%fFcC3A9 \n?#[]é", max_size=40).map(str.encode) | st.binary(max_size=30))
@example(b"a=%ff")
@example(b"%ff")
@example(b"\xff=1")
@example(b"a&b=&=c&&a=1")
@example(b"a%3Db=1")
@example(b"a%26b=1")
@example(b"a=b%26c")
@example(b"a=%C3%A9&b=%")
def test_forms_mean_what_the_standard_library_says(body: bytes) -> None:
    if not body or body.lstrip()[:1] in (b"{", b"["):
        return
    try:
        pairs = parse_qsl(body.decode(), keep_blank_values=True, errors="strict")
    except UnicodeDecodeError:
        assert refused(body, FORM) == "body"
        return
    first: dict[str, str] = {}
    for name, value in pairs:
        first.setdefault(name, value)
    if any("&" in name or "=" in name for name in first):
        assert refused(body, FORM) == "body"
    else:
        assert post(body, FORM) == first


@given(st.dictionaries(st.text(max_size=5), st.text(max_size=8), max_size=6))
def test_json_means_what_the_standard_library_says(fields: dict[str, str]) -> None:
    for ascii_only in (True, False):
        try:
            body = json.dumps(fields, ensure_ascii=ascii_only).encode()
        except UnicodeEncodeError:
            continue
        if any("&" in name or "=" in name for name in fields):
            assert refused(body) == "body"
        else:
            assert post(body) == fields


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        (b'{"price":0.03330000,"err-code":0,"x":-1E2}', {"price": "0.03330000", "err-code": "0", "x": "-1E2"}),
        (b'{"price":null,"status":true,"x":false}', {"price": "", "status": "true", "x": "false"}),
        (b'{"x": {"a": [1.50, "b"]}, "status": "failed"}', {"x": '{"a": [1.50, "b"]}', "status": "failed"}),
        (b'\xef\xbb\xbf {"status":"failed"}', {"status": "failed"}),
        (b'{"status":"\\u0066ailed","client-ref":"\\"\\ud83c\\udf89"}', {"status": "failed", "client-ref": '"🎉'}),
        (b'{"status":"a","status":"a"}', {"status": "a"}),
        (b'{"x":"a","x":"b"}', {"x": "a"}),
        (b"{}", {}),
    ],
)
def test_odd_json(body: bytes, fields: dict[str, str]) -> None:
    assert post(body) == fields
    assert post(body, "text/plain") == fields


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b'{"status":"a","status":"b"}', "status"),
        (b'{"status":["a"]}', "status"),
        (b'{"status":{}}', "status"),
        (b'{"messageId":"a\\u0000"}', "messageId"),
        (b'{"messageId":"\\ud800"}', "messageId"),
        (b'{"messageId":"' + b"x" * 256 + b'"}', "messageId"),
        (b'{"messageId":1' + b"0" * 255 + b"}", "messageId"),
        (b'{"messageId":"\xff"}', "body"),
        (b"[]", "body"),
        (b'["a"]', "body"),
        (b'"a"', "body"),
        (b"1", "body"),
        (b"null", "body"),
        (b"   ", "body"),
        (b"{", "body"),
        (b'{"a":1} x', "body"),
        (b'{"a":1e999}', "body"),
        (b'{"a":-1e999}', "body"),
        (b'{"a":NaN}', "body"),
        (b'{"a":1' + b"0" * 5_000 + b"}", "body"),
        (b'{"a":' + b"[" * 30_000, "body"),
        (b'{"a":' * 30_000, "body"),
        (b'{"a":' + b"[" * 30_000 + b"]" * 30_000 + b"}", "body"),
        (b"[" * 60_000, "body"),
        (b"{" + b",".join(b'"%d":1' % number for number in range(101)) + b"}", "body"),
        (b"{" + b",".join(b'"%d":"1"' % number for number in range(101)) + b"}", "body"),
        (b'{"err-code=3&message-timestamp":"x"}', "body"),
        (b'{"a=b":1}', "body"),
        (b'{"a\\u0026b":"x"}', "body"),
        (b'{"a\\u003db":"x"}', "body"),
    ],
)
def test_refused_json(body: bytes, field: str) -> None:
    assert refused(body) == field


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b"status=a&status=b", "status"),
        (b"messageId=a%00", "messageId"),
        (b"messageId=" + b"x" * 256, "messageId"),
        (b"messageId=%ff", "body"),
        (b"messageId=\xff", "body"),
        (b"messageId=%ed%a0%80", "body"),
        (b"&".join(b"x%d=1" % number for number in range(101)), "body"),
        (b"err-code%3D3%26message-timestamp=x", "body"),
        (b"a%26b=1", "body"),
        (b"a%3db=1", "body"),
        (b"a=1" + b"&a=1" * 100, "body"),
    ],
)
def test_refused_forms(body: bytes, field: str) -> None:
    assert refused(body, FORM) == field


def test_multipart_is_refused_with_its_name() -> None:
    assert refused(b"--x\r\n", "Multipart/form-data; boundary=x") == "body"


@pytest.mark.parametrize(
    ("method", "query", "content_type", "body", "transport"),
    [
        ("GET", b"a=1", "", b"", "get"),
        ("GET", b"a=1", JSON, b'{"a":"2"}', "get"),
        ("POST", b"a=1", FORM, b"", "get"),
        ("POST", b"a=2&token=x", FORM, b"a=1", "form"),
        ("POST", b"", "", b"a=1", "form"),
        ("POST", b"", "text/x-javascript", b'{"a":"1"}', "json"),
        ("POST", b"", FORM, b' {"a":"1"}', "json"),
        ("PUT", b"", "application/JSON; charset=utf-8", b'{"a":"1"}', "json"),
    ],
)
def test_where_the_fields_are(method: str, query: bytes, content_type: str, body: bytes, transport: str) -> None:
    decoded = decode(method, query, content_type, body, RECEIPT)
    assert decoded.fields == {"a": "1"}
    assert decoded.transport == transport
    assert decoded.raw == (query if transport == "get" else body)


def test_a_probe_has_no_fields() -> None:
    for method in ("GET", "HEAD", "POST"):
        assert decode(method, b"", "", b"", RECEIPT).fields == {}


@given(
    st.dictionaries(st.text("ab-", min_size=1), st.text(st.characters(exclude_categories=["Cs"])), min_size=1),
    st.sampled_from(["get", "form", "json"]),
)
def test_what_is_encoded_is_decoded(fields: dict[str, str], transport: Transport) -> None:
    content_type, sent = encode(fields, transport)
    if transport == "get":
        assert decode("GET", sent, "", b"", RECEIPT).fields == fields
    else:
        assert decode("POST", b"", content_type, sent, RECEIPT).fields == fields


@given(st.binary(max_size=60), st.sampled_from([JSON, FORM, "", "multipart/form-data"]))
def test_any_bytes_are_fields_or_a_refusal(body: bytes, content_type: str) -> None:
    try:
        post(body, content_type, body)
    except InvalidReceipt:
        return


@pytest.mark.parametrize("body", [b'{"messageId":"a\x00"}', b"messageId=a\x00", b'{"messageId":"a\\u0000b"}'])
def test_no_nul_passes_however_it_is_written(body: bytes) -> None:
    assert refused(body, FORM) in ("body", "messageId")


def test_as_many_fields_as_allowed_are_read() -> None:
    fields = {f"x{number}": "1" for number in range(MOST_FIELDS)}
    assert post(json.dumps(fields).encode()) == fields
    assert post(urlencode(fields).encode(), FORM) == fields


def test_a_name_that_passes_for_two_is_refused_in_a_query() -> None:
    with pytest.raises(InvalidReceipt) as problem:
        decode("GET", b"a%3D1%26b=2", "", b"", RECEIPT)
    assert problem.value.field == "query"


def test_every_array_keeps_its_own_text() -> None:
    fields = {f"x{number}": f"[{number},  1.50]" for number in range(MOST_FIELDS)}
    assert post(b"{" + ",".join(f'"{name}":{text}' for name, text in fields.items()).encode() + b"}") == fields
