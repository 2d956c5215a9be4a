"""Ids that sort in the order in which they were made."""

import uuid
from itertools import pairwise

from receipted.storage.ids import Ascending, new_id


def test_ids_ascend_also_when_the_clock_was_turned_back() -> None:
    ahead = "f0000000-0000-7000-bfff-ffffffffffff"
    make = Ascending(ahead)
    made = [ahead, *(make() for _ in range(1_000))]
    assert all(before < after for before, after in pairwise(made))


def test_ids_are_uuids_of_version_7() -> None:
    for made in (new_id(), Ascending()()):
        assert uuid.UUID(made).version == 7
        assert made == made.lower()
