"""The arithmetic of Vonage's signatures: which string is signed, and how (reference 3.1)."""

import hashlib
import hmac
from collections.abc import Mapping

METHODS: dict[str, int] = {"md5hash": 32, "md5": 32, "sha1": 40, "sha256": 64, "sha512": 128}
"""The methods, with the number of hex digits that each makes. ``md5hash`` is no HMAC; the others are."""

UNSET = dict.fromkeys(
    (
        "account-ref",
        "body",
        "callback",
        "client-ref",
        "content-id",
        "entity-id",
        "message-class",
        "protocol-id",
        "status-report-req",
        "trusted-number",
        "ttl",
        "type",
        "udh",
    ),
    "None",
)
"""The options that the Python SDK 4 knows, as it signs those that are not set."""


def base_string(fields: Mapping[str, str]) -> str:
    """What is signed: the decoded fields but ``sig``, by name in byte order, ``_`` for ``&`` and ``=`` in values."""
    return _joined([pair for pair in sorted(fields.items()) if pair[0] != "sig"])


def base_string_with_unset(fields: Mapping[str, str]) -> str:
    """What Vonage's Python SDK 4 signs instead: options that are not set count as the text ``None`` (3.4)."""
    return _joined(sorted({**UNSET, **fields, "sig": "None"}.items()))


def _joined(named: list[tuple[str, str]]) -> str:
    whole = "".join([f"&{name}={value}" for name, value in named])
    if whole.count("&") == whole.count("=") == len(named):
        return whole
    return "".join([f"&{name}={value.replace('&', '_').replace('=', '_')}" for name, value in named])


def digest(base: str, secret: str, method: str) -> str:
    """The signature of a base string, lower case. Raises KeyError for an unknown method."""
    message, key = base.encode("utf-8", "surrogatepass"), secret.encode()
    if method == "md5hash":
        return hashlib.md5(message + key, usedforsecurity=False).hexdigest()
    if method not in METHODS:
        raise KeyError(method)
    return hmac.digest(key, message, method).hex()


def same(claimed: str, made: str) -> bool:
    """Are two signatures equal, in any case? Takes the same time wherever they differ."""
    return hmac.compare_digest(claimed.lower().encode("utf-8", "surrogatepass"), made.encode())
