"""Standard Webhooks: what we sign the specification's own library takes, and the other way round."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from standardwebhooks import Webhook, WebhookVerificationError

from receipted.dialects.standard_webhooks.payload import write
from receipted.dialects.standard_webhooks.signature import new_secret, sign, verify
from receipted.domain.errors import InvalidRequest, Unauthentic
from receipted.domain.event import Event
from receipted.domain.status import Status
from tests.contracts.store_samples import NOW, message

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
VECTOR = ("msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
SIGNATURE = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
"""The example that the specification's libraries are tested with."""


def test_the_published_example() -> None:
    webhook_id, timestamp_s, body = VECTOR
    headers = sign([SECRET], webhook_id=webhook_id, timestamp_s=timestamp_s, body=body)
    assert headers == {
        "webhook-id": webhook_id,
        "webhook-timestamp": str(timestamp_s),
        "webhook-signature": SIGNATURE,
    }
    verify(headers, body, [SECRET], now_s=timestamp_s)


@given(st.binary(min_size=24, max_size=64), st.from_regex(r"[0-9a-f-]{1,36}", fullmatch=True), st.binary(max_size=200))
def test_what_is_signed_holds_and_nothing_else_does(entropy: bytes, webhook_id: str, body: bytes) -> None:
    secret = new_secret(entropy)
    headers = sign([secret], webhook_id=webhook_id, timestamp_s=1_700_000_000, body=body)
    verify(headers, body, [secret], now_s=1_700_000_300)
    for changed, other in (
        ({**headers, "webhook-id": webhook_id + "x"}, body),
        ({**headers, "webhook-timestamp": "1700000001"}, body),
        (headers, body + b" "),
    ):
        with pytest.raises(Unauthentic):
            verify(changed, other, [secret], now_s=1_700_000_000)


def test_the_library_takes_what_we_sign_and_we_what_it_signs() -> None:
    now = datetime.now(UTC)
    body = b'{"type":"message.delivered"}'
    headers = sign([SECRET], webhook_id="e1", timestamp_s=int(now.timestamp()), body=body)
    assert Webhook(SECRET).verify(body, headers) == {"type": "message.delivered"}
    with pytest.raises(WebhookVerificationError):
        Webhook(SECRET).verify(body + b" ", headers)
    theirs = {**headers, "webhook-signature": Webhook(SECRET).sign("e1", now, body.decode())}
    verify(theirs, body, [SECRET], now_s=int(now.timestamp()))


def test_while_a_secret_is_changed_either_holds() -> None:
    newer, older = new_secret(b"n" * 32), new_secret(b"o" * 32)
    headers = sign([newer, older], webhook_id="e1", timestamp_s=1_700_000_000, body=b"{}")
    for secret in (newer, older):
        verify(headers, b"{}", [secret], now_s=1_700_000_000)
    with pytest.raises(Unauthentic):
        verify(headers, b"{}", [new_secret(b"x" * 32)], now_s=1_700_000_000)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"webhook-id": ""}, "webhook-id is missing"),
        ({"webhook-signature": ""}, "webhook-signature is missing"),
        ({"webhook-timestamp": "soon"}, "not in seconds"),
        ({"webhook-timestamp": "1699999000"}, "too far from now"),
        ({"webhook-signature": "v2,AAAA"}, "does not hold"),
    ],
)
def test_what_is_wrong_with_a_request_is_said(change: dict[str, str], said: str) -> None:
    headers = sign([SECRET], webhook_id="e1", timestamp_s=1_700_000_000, body=b"{}")
    with pytest.raises(Unauthentic, match=said):
        verify({**headers, **change}, b"{}", [SECRET], now_s=1_700_000_000)


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_%%%", "whsec_AAAA"])
def test_what_is_no_secret_is_refused(secret: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        sign([secret], webhook_id="e1", timestamp_s=0, body=b"")
    assert refused.value.field == "secret"


def test_an_event_says_the_change_and_the_whole_message() -> None:
    made = replace(message(2, client_ref="order-1"), status=Status.FAILED, version=4, err_code="6")
    event = Event(id="e1", message_id=made.id, version=3, status=Status.ACCEPTED, previous=Status.SUBMITTED, at_ms=NOW)
    said: dict[str, Any] = json.loads(write(event, made))
    assert (said["type"], said["timestamp"]) == ("message.accepted", "2025-10-09T08:53:20.000Z")
    data = said["data"]
    assert (data["event_id"], data["version"], data["status"], data["previous"]) == ("e1", 3, "accepted", "submitted")
    whole = data["message"]
    assert (whole["id"], whole["version"], whole["status"], whole["client_ref"]) == (made.id, 4, "failed", "order-1")
    assert [part["seq"] for part in whole["parts"]] == [1, 2]
