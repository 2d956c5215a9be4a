"""What carriers hand over beside receipts is durable when the call returns, and told once a second."""

from receipted.hub.inbound import TakeInbound
from tests.contracts.store_carriers import inbound
from tests.contracts.store_samples import NOW, Place
from tests.hub.stage import Clock


async def test_what_is_handed_over_is_stored_with_its_time_and_told_in_sums(place: Place) -> None:
    take = TakeInbound(store=place.store, clock=Clock(), observe=place.observe)
    await take([inbound("one"), inbound("two")])
    await take([inbound("three")])
    assert [(one.inbound.text, one.received_ms) for one in await place.store.inbound(10)] == [
        ("three", NOW),
        ("two", NOW),
        ("one", NOW),
    ]
    take.tell()
    take.tell()
    told = [facts for what, facts in place.observed if what == "inbound.stored"]
    assert told == [{"provider": "carrier", "kind": "message", "count": 3}]
