"""The front door's side of the dialect: who asks, what is refused with which code, what account APIs answer."""

import base64

import pytest

from receipted.dialects.vonage import claim, refusal
from receipted.dialects.vonage.answer import throttle_wait_ms
from receipted.dialects.vonage.codes import RECEIPT, written_err_code
from receipted.dialects.vonage.signature import verify_request
from receipted.domain.errors import InvalidRequest
from receipted.domain.status import Status


def basic(text: str) -> str:
    return "Basic " + base64.b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    ("fields", "authorization", "claimed"),
    [
        ({}, basic("abcd1234:Secret123"), ("abcd1234", "Secret123")),
        ({}, basic("abcd1234:a:b"), ("abcd1234", "a:b")),
        ({"api_key": "abcd1234", "api_secret": "Secret123"}, "", ("abcd1234", "Secret123")),
        ({"api_key": "abcd1234", "api_secret": "Secret123"}, "Bearer x", ("abcd1234", "Secret123")),
        ({"api_key": "abcd1234", "sig": "00"}, "", ("abcd1234", None)),
    ],
)
def test_who_asks_is_said_in_each_documented_way(
    fields: dict[str, str], authorization: str, claimed: tuple[str, str | None]
) -> None:
    assert claim.read(fields, authorization) == claimed


@pytest.mark.parametrize(
    ("fields", "authorization", "code", "text"),
    [
        ({}, "", "2", "Missing api_key"),
        ({"api_key": "abcd1234"}, "", "2", "Missing api_secret"),
        ({"api_key": "abcd1234", "api_secret": "x", "sig": "00"}, "", "32", "cannot go together"),
        ({"api_key": "abcd1234", "sig": "00"}, basic("abcd1234:x"), "32", "cannot go together"),
        ({}, "Basic %%%", "4", "Bad Credentials"),
        ({}, basic("abcd1234"), "4", "Bad Credentials"),
        ({}, "Basic " + base64.b64encode(b"\xff:\xff").decode(), "4", "Bad Credentials"),
    ],
)
def test_who_does_not_say_it_well_is_refused(fields: dict[str, str], authorization: str, code: str, text: str) -> None:
    with pytest.raises(refusal.Refused) as refused:
        claim.read(fields, authorization)
    assert refused.value.code == code
    assert text in refused.value.text


@pytest.mark.parametrize(
    ("field", "problem", "code", "text"),
    [
        ("to", "is missing", "2", "Missing to param"),
        ("from", "is missing: the sender's name", "2", "Missing from param"),
        ("text", "is missing", "2", "Missing Message Text"),
        ("from", "a name may have 11 characters at most", "15", "Illegal Sender Address - rejected"),
        ("callback", "Missing Protocol", "23", "Bad callback :: Missing Protocol"),
        ("message-class", "must be from 0 to 3", "20", "Invalid message class: must be from 0 to 3"),
        ("ttl_s", "must be longer", "16", "Invalid ttl: must be longer"),
        ("to", "has 3 digits", "3", "Invalid value for param: to has 3 digits"),
        ("client_ref", "is too long", "3", "Invalid value for param: client-ref is too long"),
    ],
)
def test_what_is_wrong_with_a_parameter_has_its_code_and_text(field: str, problem: str, code: str, text: str) -> None:
    refused = refusal.of(InvalidRequest(field, problem))
    assert (refused.code, refused.text) == (code, text)


def test_sdks_read_the_wait_from_the_text_of_throttling() -> None:
    refused = refusal.throttled(702)
    assert refused.text == "Throughput Rate Exceeded - please wait [ 702 ] and retry"
    assert throttle_wait_ms(refused.text) == 702


PY4 = {
    "api_key": "abcd1234",
    "from": "AcmeInc",
    "text": "A & B = C",
    "timestamp": "1795418834",
    "to": "447700900000",
}
"""What the Python SDK 4.9.1 sent (reference 3.4)."""


@pytest.mark.parametrize(
    ("method", "sig"),
    [
        ("md5", "62539d120379359311971066f6279adc"),
        ("sha256", "3cd0b0b94cd096a1ae02bdb2b7ba19b863a806d818addd57cf3d8f2a032f6b86"),
        ("md5", "35730853ec1b35e65fbae87d7f1c6f99"),
    ],
)
def test_a_request_signed_by_the_python_sdk_4_holds_as_does_a_documented_one(method: str, sig: str) -> None:
    now_ms = 1_795_418_834_000
    assert verify_request({**PY4, "sig": sig.upper()}, "my_secret", method, now_ms, 300).good
    for change in ({"text": "A & B = D"}, {"ttl": "20000"}, {"sig": sig[::-1]}):
        assert not verify_request({**PY4, "sig": sig, **change}, "my_secret", method, now_ms, 300).good
    late = verify_request({**PY4, "sig": sig}, "my_secret", method, now_ms + 301_000, 300)
    assert "too far" in late.problem


def test_every_documented_err_code_is_written_as_it_is_and_others_as_a_general_error() -> None:
    for row in RECEIPT:
        expected = "99" if row.code == "0" else row.code
        assert written_err_code(Status.FAILED, row.code) == expected
    for code in (None, "1234", "0x0B"):
        assert written_err_code(Status.REJECTED, code) == "99"
    for status in (Status.ACCEPTED, Status.BUFFERED, Status.DELIVERED):
        assert written_err_code(status, "6") == "0"
