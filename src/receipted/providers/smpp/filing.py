"""A carrier's receipt as the hub files it: in our words, with what makes two of them the same statement."""

from hashlib import blake2b
from typing import Final

from receipted.dialects.smpp.receipt import DeliveryReceipt
from receipted.domain.receipt import Receipt

NO_ERROR: Final = "0"


def receipt_in_our_words(provider: str, raw: bytes, said: DeliveryReceipt, stored_id: str) -> Receipt:
    """What the receipt ``raw`` says of the message that is stored under ``stored_id``."""
    words = (said.raw_status, said.raw_err, said.err_code, str(said.carrier_ms), said.sub, said.dlvrd)
    return Receipt(
        provider=provider,
        provider_message_id=stored_id,
        digest=digest_of(provider, stored_id, str(said.status), *words),
        status=said.status,
        raw_status=said.raw_status,
        err_code=None if said.err_code == NO_ERROR else said.err_code,
        carrier_ms=said.carrier_ms,
        network=said.mccmnc,
        recipient=said.recipient,
        sender=said.sender,
        raw=raw,
        transport="smpp",
    )


def digest_of(*words: str) -> str:
    """What makes two receipts the same statement: all that it says, however it was transported."""
    return blake2b("\0".join(words).encode(errors="surrogatepass"), digest_size=16).hexdigest()
