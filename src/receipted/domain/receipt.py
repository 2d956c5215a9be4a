"""A receipt: one statement by a provider about one part, as it arrived. Immutable."""

from enum import StrEnum

import msgspec

from receipted.domain.status import Status, order_key


class Signature(StrEnum):
    """What checking a receipt's signature gave."""

    GOOD = "good"
    ABSENT = "absent"
    """Not signed, and the settings do not ask for it."""
    UNCHECKED = "unchecked"
    """Signed, but no secret is configured to check it with."""
    NOT_USED = "not-used"
    """The provider's wire has no signatures (the sandbox, SMPP)."""


class Receipt(msgspec.Struct, frozen=True, kw_only=True):
    """One delivery receipt in our words, with the provider's own beside them.

    ``provider_message_id`` is a key only together with ``provider``. ``digest`` (32 lower-case hex digits) identifies
    what the receipt says: a repetition of the same statement has the same digest, however it was transported.
    Times are milliseconds since 1970, UTC. ``price`` is the decimal text that the provider sent.
    """

    provider: str
    provider_message_id: str
    digest: str
    status: Status
    raw_status: str
    err_code: str | None = None
    carrier_ms: int | None = None
    network: str | None = None
    price: str | None = None
    recipient: str | None = None
    sender: str | None = None
    client_ref: str | None = None
    raw: bytes = b""
    transport: str = ""
    signature: Signature = Signature.NOT_USED

    @property
    def order_key(self) -> str:
        """Where this receipt stands among all that can be said of its part."""
        return order_key(self.status, self.carrier_ms, self.digest)
