"""A delivery receipt of the SMS API: read liberally, written exactly (reference 2)."""

import hashlib
from collections.abc import Mapping

from receipted.dialects.vonage.codes import OK, STATUSES, WORDS
from receipted.dialects.vonage.signature import sign
from receipted.dialects.vonage.times import read_scts, read_timestamp, write_scts, write_timestamp
from receipted.domain.errors import InvalidReceipt
from receipted.domain.receipt import Receipt, Signature
from receipted.domain.status import Status

DECISIVE = ("messageId", "status", "err-code")
"""The fields that say what became of which message."""
_INTERMEDIATE = (Status.ACCEPTED, Status.BUFFERED)


def read(
    fields: Mapping[str, str],
    *,
    provider: str,
    raw: bytes = b"",
    transport: str = "",
    signature: Signature = Signature.NOT_USED,
) -> Receipt:
    """The receipt that the fields of one webhook request state. ``provider`` is the name to file it under.

    Only ``messageId`` and ``status`` must be there. The carrier's time is ``scts``, or ``message-timestamp`` where
    that is missing or unreadable. ``err-code`` counts for nothing while the status is intermediate (2.3); with a final
    one, anything but 0 means not delivered (2.4, KB 204014733), even beside the word ``delivered``. Blanks around a
    value mean nothing, but for ``client-ref``, which is the sender's own text.
    Raises InvalidReceipt naming the field; also for ``&`` or ``=`` where the outcome depends on it, since a signature
    cannot tell those from ``_`` (3.1.4).
    """
    texts = {name: value.strip() for name, value in fields.items()}
    get = texts.get
    message_id, word = get("messageId"), get("status", "").lower()
    if not word:
        if "text" in fields:
            raise InvalidReceipt("status", "is missing, and there is a text: this is an inbound SMS, not a receipt")
        raise InvalidReceipt("status", "is missing")
    if not message_id:
        raise InvalidReceipt("messageId", "is missing")
    code = get("err-code", "")
    outcome = f"{message_id}{word}{code}"
    if "&" in outcome or "=" in outcome:
        raise _ambiguous(texts)
    status = STATUSES.get(word, Status.UNKNOWN)
    err_code = None if status in _INTERMEDIATE or not code.strip("0") else code
    if err_code and status is Status.DELIVERED:
        status = Status.FAILED
    said_at = get("scts", "")
    carrier_ms = read_scts(said_at)
    if carrier_ms is None:
        pushed = get("message-timestamp", "")
        carrier_ms, said_at = read_timestamp(pushed), f"{said_at} {pushed}"
    network, price = get("network-code"), get("price")
    return Receipt(
        provider=provider,
        provider_message_id=message_id,
        digest=_digest(provider, message_id, word, code, said_at, network or "", price or ""),
        status=status,
        raw_status=fields["status"],
        err_code=err_code,
        carrier_ms=carrier_ms,
        network=network or None,
        price=price or None,
        recipient=get("msisdn") or None,
        sender=get("to") or None,
        client_ref=fields.get("client-ref") or None,
        raw=raw,
        transport=transport,
        signature=signature,
    )


def write(receipt: Receipt, *, api_key: str = "", pushed_ms: int) -> dict[str, str]:
    """The fields that state a receipt: the documented ones in the old wire order, all text, none of them empty (2.1).

    Raises KeyError for a status that has no receipt (queued, submitted).
    """
    fields = {
        "msisdn": receipt.recipient,
        "to": receipt.sender,
        "network-code": receipt.network,
        "messageId": receipt.provider_message_id,
        "price": receipt.price,
        "status": WORDS[receipt.status],
        "scts": None if receipt.carrier_ms is None else write_scts(receipt.carrier_ms),
        "err-code": receipt.err_code or OK,
        "api-key": api_key,
        "client-ref": receipt.client_ref,
        "message-timestamp": write_timestamp(pushed_ms),
    }
    return {name: value for name, value in fields.items() if value}


def signed(fields: Mapping[str, str], *, secret: str, method: str, nonce: str, now_ms: int) -> dict[str, str]:
    """The same fields with ``timestamp``, ``nonce`` and ``sig`` (3.1). To be done anew for each try (3.2)."""
    whole = {**fields, "timestamp": str(now_ms // 1000), "nonce": nonce}
    return {**whole, "sig": sign(whole, secret, method)}


def _ambiguous(texts: Mapping[str, str]) -> InvalidReceipt:
    field = next(name for name in DECISIVE if not {"&", "="}.isdisjoint(texts.get(name, "")))
    return InvalidReceipt(field, "holds & or =, which a signature does not protect there")


def _digest(*said: str) -> str:
    """What identifies the statement. NUL separates: no documented field holds one (``fields`` refuses it)."""
    together = "\x00".join(said)
    if together.count("\x00") != len(said) - 1:
        raise InvalidReceipt("body", "holds a NUL character")
    return hashlib.blake2b(together.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
