"""Who a request says it is from, and how it proves that: Basic, key and secret, or a signature (reference 1.2)."""

import base64
import binascii
from collections.abc import Mapping
from typing import NamedTuple

from receipted.dialects.vonage.refusal import BAD_CREDENTIALS, TWO_PROOFS, Refused, missing


class Claim(NamedTuple):
    """``secret`` is None where the request is signed instead."""

    api_key: str
    secret: str | None


def read(fields: Mapping[str, str], authorization: str) -> Claim:
    """The claim of a request. ``authorization`` is that header, or "". Raises Refused.

    A signature stands in the place of a secret, wherever that is: both together are status 32.
    """
    scheme, _, encoded = authorization.partition(" ")
    if authorization and scheme.lower() == "basic":
        if fields.get("sig"):
            raise Refused(TWO_PROOFS, "A signature and an Authorization header cannot go together")
        return _basic(encoded.strip())
    api_key, secret, sig = (fields.get(name, "") for name in ("api_key", "api_secret", "sig"))
    if not api_key:
        raise missing("api_key")
    if sig and secret:
        raise Refused(TWO_PROOFS, "A signature and an api_secret cannot go together")
    if not sig and not secret:
        raise missing("api_secret")
    return Claim(api_key, secret or None)


def _basic(encoded: str) -> Claim:
    try:
        text = base64.b64decode(encoded, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError, ValueError):
        raise Refused(BAD_CREDENTIALS, "Bad Credentials") from None
    api_key, colon, secret = text.partition(":")
    if not colon or not api_key:
        raise Refused(BAD_CREDENTIALS, "Bad Credentials")
    return Claim(api_key, secret)
