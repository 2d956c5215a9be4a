"""The errors that cross rooms. Each says whose fault it is, whether trying again can help, and what to do.

ReceiptedError
├── InvalidRequest     the caller sent something that cannot be used; names the field
│   └── InvalidReceipt the same, for a delivery receipt at the webhook door
├── Unauthentic        a receipt whose signature does not hold
├── NotFound           no such message
├── NoCredit           the account's balance does not cover the message
├── Conflict           an Idempotency-Key that was used for another request
├── Overloaded         too much is waiting already: try again later
└── StorageUnavailable the database cannot take anything now: try again later
    └── Unstorable     the database is well and refuses this very thing: trying again gives the same
"""


class ReceiptedError(Exception):
    """Any error that a user may see. ``retry`` says whether the same request can succeed later."""

    retry = False


class InvalidRequest(ReceiptedError):
    """The caller's fault. ``field`` is the name on the wire of what is wrong, as the caller wrote it."""

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(f"{field}: {problem}")
        self.field = field
        self.problem = problem


class InvalidReceipt(InvalidRequest):
    """A delivery receipt that cannot be read."""


class Unauthentic(ReceiptedError):
    """A forged, altered or stale receipt, or a wrong secret. ``explanation`` is for the hub's owner only."""

    def __init__(self, problem: str, explanation: str = "") -> None:
        super().__init__(problem)
        self.explanation = explanation


class NotFound(ReceiptedError):
    """What was asked for does not exist."""


class NoCredit(ReceiptedError):
    """The account's balance does not cover the message. Nothing was stored."""


class Conflict(ReceiptedError):
    """An Idempotency-Key came again with another request."""


class Overloaded(ReceiptedError):
    """More waits to be stored than the hub allows. Nothing was stored; try again."""

    retry = True


class StorageUnavailable(ReceiptedError):
    """The database could not store or read. Nothing is certain to be stored: try again, with the same key."""

    retry = True


class Unstorable(StorageUnavailable):
    """The database is well, and refuses this very thing. A door still asks for it again, since it may be our fault."""
