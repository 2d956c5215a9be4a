"""Ids that sort in the order in which they were made, even when the clock is turned back."""

from uuid import UUID

import uuid_utils


def new_id() -> str:
    """A UUIDv7, lower case."""
    return str(uuid_utils.uuid7())


class Ascending:
    """UUIDv7s, each greater than the one before and than ``last``: the cursor of the event feed.

    A clock that jumps back would else put new events below a reader's cursor, where they are never read.
    """

    def __init__(self, last: str | None = None) -> None:
        self._last = last or ""

    def __call__(self) -> str:
        made = str(uuid_utils.uuid7())
        self._last = made if made > self._last else str(UUID(int=UUID(self._last).int + 1))
        return self._last
