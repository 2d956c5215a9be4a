"""Taking a message: what is wrong is named, what is right is stored with its place in the queue."""

import asyncio
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from receipted.domain.errors import Conflict, InvalidRequest
from receipted.domain.message import Kind
from receipted.domain.status import Status
from receipted.hub.accept import Accept, SendRequest
from receipted.hub.wake import LocalWake
from receipted.storage.ids import new_id
from tests.contracts.store_samples import NOW, Place, claim, told
from tests.hub.stage import Clock, Far, routing

GOOD = SendRequest(recipient="+33 6 12 34 56 78", sender="AcmeInc", text="Hi")


def accepting(place: Place, *names: str, missing: str | None = None) -> tuple[Accept, LocalWake]:
    far, wake = Far(), LocalWake()
    far.lacks = missing
    accept = Accept(
        store=place.store,
        choose=routing(place, dict.fromkeys(names or ("far",), far)),
        clock=Clock(),
        new_id=new_id,
        wakes=dict.fromkeys(names or ("far",), wake),
        observe=place.observe,
    )
    return accept, wake


def changed(**values: Any) -> SendRequest:
    return msgspec.structs.replace(GOOD, **values)


async def test_a_message_is_stored_and_its_provider_woken(place: Place) -> None:
    accept, wake = accepting(place)
    waiting = asyncio.create_task(wake.wait(30))
    await asyncio.sleep(0)
    made = await accept(changed(text="x" * 200, client_ref="order-1"))
    await asyncio.wait_for(waiting, 5)
    assert await place.store.message(made.id) == made
    assert (made.recipient, made.country, made.part_count, len(made.parts)) == ("33612345678", "FR", 2, 2)
    assert (made.status, made.created_ms, made.client_ref, made.provider) == (Status.QUEUED, NOW, "order-1", "far")
    assert await told(place.store, made) == [Status.QUEUED]
    ((what, facts),) = [one for one in place.observed if one[0] == "message.accepted"]
    assert (what, facts["message"], facts["parts"]) == ("message.accepted", made.id, 2)


@pytest.mark.parametrize(
    ("request_", "kind", "parts"),
    [
        (changed(text="€" * 80), Kind.TEXT, 1),
        (changed(text="€" * 81), Kind.TEXT, 2),
        (changed(text="😀" * 36), Kind.UNICODE, 2),
        (changed(text="plain", kind=Kind.UNICODE), Kind.UNICODE, 1),
        (changed(text="", body="0a" * 141), Kind.BINARY, 2),
        (changed(text="", body="0A0b", udh="050003CC0201"), Kind.BINARY, 1),
    ],
)
async def test_the_alphabet_and_the_parts_follow_from_the_text(
    place: Place, request_: SendRequest, kind: Kind, parts: int
) -> None:
    made = await accepting(place)[0](request_)
    assert (made.content.kind, made.part_count) == (kind, parts)


@pytest.mark.parametrize(
    ("request_", "field"),
    [
        (changed(recipient="07700 900000"), "to"),
        (changed(recipient=""), "to"),
        (changed(recipient="44٧٧٠٠٩٠٠٠٠٠"), "to"),
        (changed(sender=" "), "from"),
        (changed(sender="TwelveLetter"), "from"),
        (changed(sender="1234567890123456"), "from"),
        (changed(sender="a\tb"), "from"),
        (changed(sender="\ud800"), "from"),
        (changed(text=""), "text"),
        (changed(text="x" * 3_201), "text"),
        (changed(text="a\x00b"), "text"),
        (changed(text="\ud83d"), "text"),
        (changed(body="0a"), "text"),
        (changed(body="0a", kind=Kind.TEXT, text=""), "type"),
        (changed(text="", kind=Kind.BINARY), "body"),
        (changed(text="", body="0a0"), "body"),
        (changed(text="", body="0a 0b"), "body"),
        (changed(text="", body="xx"), "body"),
        (changed(text="", body="0a", udh="0"), "udh"),
        (changed(text="", body="0a" * 3_201), "body"),
        (changed(ttl_ms=19_999), "ttl_s"),
        (changed(ttl_ms=604_800_001), "ttl_s"),
        (changed(provider="nobody"), "provider"),
        (changed(client_ref="x" * 101), "client_ref"),
        (changed(client_ref="a\x00b"), "client_ref"),
        (changed(client_ref="\ud800"), "client_ref"),
        (changed(idempotency_key="a\x00b"), "Idempotency-Key"),
        (changed(idempotency_key="\ud800"), "Idempotency-Key"),
        (changed(idempotency_key="x" * 256), "Idempotency-Key"),
    ],
)
async def test_what_is_wrong_is_named_and_nothing_is_stored(place: Place, request_: SendRequest, field: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        await accepting(place)[0](request_)
    assert refused.value.field == field
    assert (await place.store.counts()).queued == 0


async def test_a_provider_that_cannot_send_is_named_with_what_is_missing(place: Place) -> None:
    with pytest.raises(InvalidRequest, match="far cannot send yet: no account"):
        await accepting(place, missing="no account")[0](GOOD)


async def test_the_same_key_and_request_are_one_message(place: Place) -> None:
    accept, _ = accepting(place)
    keyed = changed(idempotency_key="key")
    made = await asyncio.gather(*(accept(keyed) for _ in range(5)))
    assert len({one.id for one in made}) == 1
    assert len(await claim(place.store, "far")) == 1
    assert [what for what, _ in place.observed].count("message.accepted") == 1
    for other in (changed(idempotency_key="key", text="Ho"), changed(idempotency_key="key", client_ref="x")):
        with pytest.raises(Conflict):
            await accept(other)


async def test_a_known_key_is_answered_also_when_its_provider_is_not_configured_any_more(place: Place) -> None:
    keyed = changed(idempotency_key="key")
    first = await accepting(place, "before")[0](keyed)
    assert (await accepting(place, "after")[0](keyed)).id == first.id


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    recipient=st.sampled_from(["447700900000", "+15551234567"]) | st.text(max_size=20),
    sender=st.text(max_size=16),
    text=st.text(st.characters(), max_size=200),
    client_ref=st.none() | st.text(st.characters(), max_size=110),
    key=st.none() | st.text(st.characters(), max_size=10),
)
async def test_any_text_is_either_stored_whole_or_refused(
    place: Place, recipient: str, sender: str, text: str, client_ref: str | None, key: str | None
) -> None:
    request = SendRequest(
        recipient=recipient, sender=sender, text=text, client_ref=client_ref, idempotency_key=key and f"{text[:3]}{key}"
    )
    try:
        made = await accepting(place)[0](request)
    except (InvalidRequest, Conflict):
        return
    stored = await place.store.message(made.id)
    assert (stored.content.text, stored.client_ref) == (text, client_ref or None)
