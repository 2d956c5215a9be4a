"""An event: one change of a message's status, as told to whoever listens."""

import msgspec

from receipted.domain.status import Status


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """A message went from ``previous`` to ``status``; ``version`` orders the events of one message.

    ``id`` is the cursor of feeds: it sorts in the order in which events were committed. ``previous`` is None for the
    first.
    """

    id: str
    message_id: str
    version: int
    status: Status
    previous: Status | None
    at_ms: int
    err_code: str | None = None
    reason: str | None = None
    client_ref: str | None = None
    recipient: str = ""
    sender: str = ""
