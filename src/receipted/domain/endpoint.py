"""An endpoint: where one's own application wants to be told of events, and how."""

import msgspec

from receipted.domain.status import Status

MOST_SECRETS = 2
"""Secrets that sign at once while one is being changed."""


class Endpoint(msgspec.Struct, frozen=True, kw_only=True):
    """``secrets`` (``whsec_…``, newest first) sign each request. ``statuses`` empty: it is told of all.

    ``disabled``: it is told nothing, and nothing is lost: events wait for it. ``disabled_for`` says why, if the hub
    did it. ``failing_since_ms``: the first failure since it last answered well.
    """

    name: str
    url: str
    secrets: tuple[str, ...]
    statuses: tuple[Status, ...] = ()
    disabled: bool = False
    disabled_for: str = ""
    failing_since_ms: int | None = None
    created_ms: int = 0
