"""Ids that sort in the order in which they were made, even when the clock is turned back."""

import uuid

import uuid_utils


def new_id() -> str:
    """A UUIDv7, lower case."""
    return str(uuid_utils.uuid7())


class Ascending:
    """UUIDv7s, each greater than the one before and than ``last``: the cursor of the event feed.

    A clock that jumps back would else put new events below a reader's cursor, where they are never read.
    """

    def __init__(self, last: str | None = None) -> None:
        self._last = uuid.UUID(last).int if last else 0

    def __call__(self) -> str:
        made = uuid_utils.uuid7().int
        self._last = made if made > self._last else self._last + 1
        return str(uuid.UUID(int=self._last))
