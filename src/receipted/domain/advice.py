"""What a provider's code means, for a person: the row type of every code table."""

from enum import StrEnum
from typing import NamedTuple


class Fault(StrEnum):
    """Who can mend it."""

    NOBODY = "nobody"
    SENDER = "sender"
    """Whoever sends: the content, the sender id, the parameters."""
    RECIPIENT = "recipient"
    """The phone, its owner or their subscription."""
    CARRIER = "carrier"
    """The mobile network."""
    PROVIDER = "provider"
    """The aggregator that we hand messages to."""
    ACCOUNT = "account"
    """Our account with the provider: credit, credentials, permissions."""


class Advice(NamedTuple):
    """One code explained. ``retry``: can sending the same again help? None where the sources do not say."""

    code: str
    meaning: str
    fault: Fault
    retry: bool | None
    advice: str
