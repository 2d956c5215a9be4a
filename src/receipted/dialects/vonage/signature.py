"""Signatures of requests and webhooks (reference 3.1): written exactly, checked in any case and with an explanation."""

from collections.abc import Mapping
from typing import NamedTuple

from receipted.dialects.vonage.digest import base_string, base_string_with_unset, digest, same
from receipted.dialects.vonage.explain import explain


class Verdict(NamedTuple):
    """What a check gave. ``problem`` is a sentence for anybody; ``explanation`` is for the hub's owner only."""

    good: bool
    problem: str = ""
    explanation: str = ""


_GOOD = Verdict(True)
_NOT_HELD = "the signature does not hold"
_TWO_IN_ONE = Verdict(
    False,
    "a field name holds & or =",
    "Likely: altered. No documented field has such a name; it can make two fields look like one that was signed.",
)


def sign(fields: Mapping[str, str], secret: str, method: str) -> str:
    """The value for ``sig``: lower case for md5hash and upper for HMAC, the only cases that all SDKs accept (3.2)."""
    made = digest(base_string(fields), secret, method)
    return made if method == "md5hash" else made.upper()


def verify_request(fields: Mapping[str, str], secret: str, method: str, now_ms: int, tolerance_s: int) -> Verdict:
    """``verify`` for a submit request, in the way of the documentation or in that of Vonage's Python SDK 4 (3.4)."""
    verdict = verify(fields, secret, method, now_ms, tolerance_s)
    unset = base_string_with_unset(fields)
    if verdict.problem == _NOT_HELD and same(fields.get("sig", ""), digest(unset, secret, method)):
        return _in_time(fields, now_ms, tolerance_s)
    return verdict


def verify(fields: Mapping[str, str], secret: str, method: str, now_ms: int, tolerance_s: int) -> Verdict:
    """Check ``sig``. A ``timestamp`` more than ``tolerance_s`` away from now fails; 0 does not look at it.

    The digest is looked at before the clock, so a failed clock is only ever reported of a receipt that is otherwise
    genuine. A name with ``&`` or ``=`` fails whatever was signed: only values have those replaced (3.1.4), so two
    fields drawn into one name would keep the signature while saying something else. What is signed then has one
    reading, but for ``&``, ``=`` and ``_`` in values, which all sign alike: ``receipt.read`` refuses the first two
    where the status depends on it.
    """
    names = "".join(fields)
    if "&" in names or "=" in names:
        return _TWO_IN_ONE
    if same(fields.get("sig", ""), digest(base_string(fields), secret, method)):
        return _in_time(fields, now_ms, tolerance_s)
    return Verdict(False, _NOT_HELD, explain(fields, secret, method))


def _in_time(fields: Mapping[str, str], now_ms: int, tolerance_s: int) -> Verdict:
    if tolerance_s <= 0:
        return _GOOD
    stamp = fields.get("timestamp", "")
    if not (stamp.isascii() and stamp.isdigit() and len(stamp) <= 12):
        return Verdict(
            False,
            "the signed timestamp is missing or unreadable",
            "The signature itself is good, so secret and method are right. Without a timestamp the age cannot be "
            "checked; set tolerance_s = 0 to accept such requests.",
        )
    age_s = now_ms // 1000 - int(stamp)
    if abs(age_s) <= tolerance_s:
        return _GOOD
    return Verdict(
        False,
        "the signed timestamp is too far from now",
        f"The signature itself is good, so secret and method are right. It was signed {abs(age_s)} s "
        f"{'ago' if age_s > 0 else 'in the future'}; tolerance_s allows {tolerance_s}. Likely: this machine's clock "
        "is wrong, or an old request came again.",
    )
