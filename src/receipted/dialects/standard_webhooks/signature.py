"""Signing and checking (Standard Webhooks 1.0, "Signature scheme"): HMAC-SHA256 over ``id.timestamp.body``."""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping, Sequence

from receipted.domain.errors import InvalidRequest, Unauthentic

PREFIX = "whsec_"
OCTETS = (24, 64)


def new_secret(entropy: bytes) -> str:
    """The written form of a secret of 24 to 64 random octets. Raises InvalidRequest naming ``secret``."""
    return PREFIX + base64.b64encode(_checked(entropy)).decode()


def sign(secrets: Sequence[str], *, webhook_id: str, timestamp_s: int, body: bytes) -> dict[str, str]:
    """The three headers, with one signature for each secret."""
    signatures = [f"v1,{_signature(secret, webhook_id, str(timestamp_s), body)}" for secret in secrets]
    return {
        "webhook-id": webhook_id,
        "webhook-timestamp": str(timestamp_s),
        "webhook-signature": " ".join(signatures),
    }


def verify(
    headers: Mapping[str, str], body: bytes, secrets: Sequence[str], *, now_s: int, tolerance_s: int = 300
) -> None:
    """Check a request. ``headers`` with lower-case names. Raises Unauthentic, which explains."""
    missing = [name for name in ("webhook-id", "webhook-timestamp", "webhook-signature") if not headers.get(name)]
    if missing:
        raise Unauthentic(f"the header {missing[0]} is missing")
    stamp = headers["webhook-timestamp"]
    if not (stamp.isascii() and stamp.isdigit() and len(stamp) <= 12):
        raise Unauthentic("webhook-timestamp is not in seconds")
    if abs(now_s - int(stamp)) > tolerance_s:
        raise Unauthentic("webhook-timestamp is too far from now", "A clock is wrong, or an old request came again.")
    wanted = [_signature(secret, headers["webhook-id"], stamp, body) for secret in secrets]
    claimed = [one.removeprefix("v1,") for one in headers["webhook-signature"].split() if one.startswith("v1,")]
    if not any(hmac.compare_digest(one.encode(), other.encode()) for one in claimed for other in wanted):
        raise Unauthentic("the signature does not hold", f"{len(secrets)} secrets were tried.")


def _signature(secret: str, webhook_id: str, timestamp: str, body: bytes) -> str:
    signed = b".".join((webhook_id.encode(), timestamp.encode(), body))
    return base64.b64encode(hmac.digest(_octets(secret), signed, hashlib.sha256)).decode()


def _octets(secret: str) -> bytes:
    try:
        return _checked(base64.b64decode(secret.removeprefix(PREFIX), validate=True))
    except (binascii.Error, ValueError):
        raise InvalidRequest("secret", "must be whsec_ and base64") from None


def _checked(octets: bytes) -> bytes:
    if not OCTETS[0] <= len(octets) <= OCTETS[1]:
        raise InvalidRequest("secret", f"must have from {OCTETS[0]} to {OCTETS[1]} octets")
    return octets
