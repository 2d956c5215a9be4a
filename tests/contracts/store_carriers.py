"""What every store keeps of carriers: inbound SMS, parts whose answer was unclear, ids that are used again."""

import asyncio

from receipted.domain.status import Status
from receipted.hub.links import Inbound, InboundKind
from receipted.hub.ports import Answered, PartAnswer
from tests.contracts.store_samples import (
    DUE,
    LATER,
    NOW,
    UNCLEAR_DUE,
    Place,
    answered,
    claimed,
    provider_id,
    receipt,
    sent,
    settle,
    statuses,
)

S = Status
CUT_OFF = "the connection broke before the answer came"


def inbound(text: str = "STOP", **more: object) -> Inbound:
    said: dict[str, object] = {
        "provider": "carrier",
        "kind": InboundKind.MESSAGE,
        "sender": "447700900123",
        "recipient": "12345",
        "text": text,
        "raw": b"\x00\x01\xff",
        "data_coding": 8,
        "segment": "7/2/1",
        "bind": "carrier#1",
        **more,
    }
    return Inbound(**said)  # type: ignore[arg-type]


def partly_unclear(one: str) -> Answered:
    return Answered(
        parts=(PartAnswer(provider_message_id=one), PartAnswer(unclear=True, reason=CUT_OFF)),
    )


class CarrierContract:
    """Beside receipts."""

    async def test_inbound_messages_are_kept_as_often_as_they_came(self, place: Place) -> None:
        store = place.store
        riddle = inbound("id:??", kind=InboundKind.UNREADABLE, problem="no id")
        await store.take_inbound([inbound("one"), inbound("two")], NOW)
        await store.take_inbound([riddle, inbound("two")], NOW + 1)
        await store.take_inbound([], NOW + 2)
        found = await store.inbound(10)
        assert [one.inbound for one in found] == [inbound("two"), riddle, inbound("two"), inbound("one")]
        assert [one.received_ms - NOW for one in found] == [1, 1, 0, 0]
        assert await store.inbound(2) == found[:2]
        assert await store.inbound(10, found[1].id) == found[2:]
        await place.close()
        assert await (await place.open()).inbound(10) == found

    async def test_an_inbound_message_may_hold_anything(self, place: Place) -> None:
        await place.store.take_inbound([inbound("\x00\ud800é", sender="\x00", raw=bytes(range(256)))], NOW)
        (found,) = await place.store.inbound(1)
        assert found.inbound.raw == bytes(range(256))
        assert "é" in found.inbound.text
        assert "\x00" not in found.inbound.text + found.inbound.sender

    async def test_a_part_without_a_clear_answer_waits_for_less_long(self, place: Place) -> None:
        store, one = place.store, provider_id()
        made = await claimed(store, 2)
        await settle(store, made, partly_unclear(one))
        await settle(store, made, partly_unclear(one))
        parts = (await store.message(made.id)).parts
        assert [(part.provider_message_id, part.status, part.due_ms, part.reason) for part in parts] == [
            (one, S.SUBMITTED, DUE, None),
            (None, S.SUBMITTED, UNCLEAR_DUE, CUT_OFF),
        ]
        await store.append([receipt(one)], NOW)
        assert await statuses(store, made) == [S.SUBMITTED, S.DELIVERED, S.SUBMITTED]
        assert await store.expire(UNCLEAR_DUE, 10) == 1
        assert await statuses(store, made) == [S.UNKNOWN, S.DELIVERED, S.UNKNOWN]
        assert await store.claim(made.provider, DUE, 10) == []

    async def test_a_receipt_with_our_reference_settles_an_unclear_part(self, place: Place) -> None:
        store, one, other = place.store, provider_id(), provider_id()
        made = await claimed(store, 2)
        await store.append([receipt(other, client_ref=made.id)], NOW)
        await settle(store, made, partly_unclear(one))
        await store.append([receipt(one)], NOW)
        assert await statuses(store, made) == [S.DELIVERED, S.DELIVERED, S.DELIVERED]

    async def test_an_id_that_is_used_again_belongs_to_the_newer_message(self, place: Place) -> None:
        store, one = place.store, provider_id()
        old = await sent(store, one)
        await store.append([receipt(one)], NOW)
        new = await sent(store, one)
        await store.append([receipt(one, S.FAILED, err_code="8", carrier_ms=NOW + 1)], NOW + 1)
        assert await statuses(store, old) == [S.DELIVERED, S.DELIVERED]
        assert await statuses(store, new) == [S.FAILED, S.FAILED]
        assert len((await store.history(old.id)).receipts) == 1

    async def test_an_id_of_a_message_that_is_under_way_is_not_given_away(self, place: Place) -> None:
        store, one = place.store, provider_id()
        old = await sent(store, one)
        new = await sent(store, one)
        await store.append([receipt(one)], NOW)
        assert await statuses(store, old) == [S.DELIVERED, S.DELIVERED]
        now = await store.message(new.id)
        assert (now.status, now.parts[0].provider_message_id) == (S.SUBMITTED, None)
        assert "another message" in (now.parts[0].reason or "")

    async def test_an_id_that_two_answers_give_at_once_goes_to_one(self, place: Place) -> None:
        store, one = place.store, provider_id()
        made = [await claimed(store) for _ in range(2)]
        await asyncio.gather(*(settle(store, each, answered(one)) for each in made))
        found = [(await store.message(each.id)).parts[0] for each in made]
        assert sorted(part.provider_message_id or "" for part in found) == ["", one]
        assert {part.status for part in found} == {S.SUBMITTED}

    async def test_a_message_of_an_unclear_part_is_never_tried_again(self, place: Place) -> None:
        store, one = place.store, provider_id()
        made = await claimed(store, 2)
        await settle(store, made, partly_unclear(one))
        await settle(store, made, LATER)
        assert await store.claim(made.provider, DUE, 10) == []
