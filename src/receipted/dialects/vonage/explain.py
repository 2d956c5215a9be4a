"""Why a signature does not hold, found out by trying what is known to go wrong (reference 3.2, 3.4, section 7).

The number of trials is bounded, and nothing is tried on a request larger than any real one: a forger must not be able
to make us compute. The explanation holds what was signed and never the secret or a good signature.
"""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from receipted.dialects.vonage.digest import METHODS, base_string, digest, same
from receipted.dialects.vonage.fields import RECEIPT_FIELDS, REQUEST_FIELDS

WEBHOOK_FIELDS = RECEIPT_FIELDS | frozenset(
    ["text", "type", "keyword", "concat", "concat-ref", "concat-total", "concat-part", "data", "udh"]
)
"""What Vonage documents in webhooks: receipts, and inbound messages, which come to the same door (2.2)."""

NONE_FIELDS = [
    "account-ref",
    "body",
    "callback",
    "client-ref",
    "content-id",
    "entity-id",
    "message-class",
    "protocol-id",
    "sig",
    "status-report-req",
    "trusted-number",
    "ttl",
    "type",
    "udh",
]
"""What vonage 4.9.1 for Python signs as the text ``None`` where it is not set, ``sig`` included (3.4)."""

MOST_FIELDS = 40
MOST_CHARACTERS = 8_000
MOST_REMOVED = 8
SHOWN_CHARACTERS = 2_000


class Trial(NamedTuple):
    """One way in which the signer may have made the string, and what it says if it fits."""

    base: str
    finding: str


def explain(fields: Mapping[str, str], secret: str, method: str) -> str:
    """A few lines: the method, what is likely wrong, and the string that was signed."""
    base = base_string(fields)
    shown = base if len(base) <= SHOWN_CHARACTERS else f"{base[:SHOWN_CHARACTERS]}… ({len(base)} characters)"
    shown = shown.replace("\x00", "\\0").encode("utf-8", "backslashreplace").decode()
    return f"Method: {method}.\nLikely: {_likely(fields, base, secret, method)}\nSigned string: {shown}"


def py4_base_string(fields: Mapping[str, str]) -> str:
    """What vonage 4.9.1 for Python signs in place of what it sends (3.4)."""
    unset = dict.fromkeys(NONE_FIELDS, "None")
    plain = base_string({**unset, **fields})
    before, _, after = plain.partition("&status-report-req=")
    return f"{before}&sig=None&status-report-req={after}"


def _likely(fields: Mapping[str, str], base: str, secret: str, method: str) -> str:
    claimed = fields.get("sig", "")
    if not claimed:
        return "the request is not signed: turn signing on for the account, or set require_signature = false."
    if not (claimed.isascii() and all(char in "0123456789abcdefABCDEF" for char in claimed)):
        return "altered: sig is not hex digits."
    of_length = [name for name, length in METHODS.items() if length == len(claimed)]
    if not of_length:
        return f"altered: sig has {len(claimed)} hex digits, which no method makes."
    if len(fields) > MOST_FIELDS or len(base) > MOST_CHARACTERS:
        return "altered: the request is larger than any that Vonage signs, so nothing was tried."
    for trial in _trials(fields, base):
        for name in of_length:
            if same(claimed, digest(trial.base, secret, name)):
                return f"{_method(name, method)}{trial.finding}".strip() or "altered."
    if secret != secret.strip() and any(same(claimed, digest(base, secret.strip(), name)) for name in of_length):
        return "secret: the configured one has a blank at its start or end."
    if method not in of_length:
        return (
            f"secret and method: sig has {len(claimed)} hex digits, as {' or '.join(of_length)} makes, while "
            f"{method} makes {METHODS[method]}; and with that method the secret does not fit either."
        )
    return (
        "secret: another one was used (the signature secret is not the API secret), or a field was altered on the way."
    )


def _method(found: str, configured: str) -> str:
    return "" if found == configured else f"method: the signer uses {found}, the setting says {configured}. "


def _trials(fields: Mapping[str, str], base: str) -> Iterator[Trial]:
    yield Trial(base, "")
    blank = [name for name, value in fields.items() if not value]
    if blank:
        left = {name: value for name, value in fields.items() if value}
        yield Trial(base_string(left), f"altered field: the signer left blank fields out ({_names(blank)}).")
    documented = REQUEST_FIELDS if "api_key" in fields else WEBHOOK_FIELDS
    extra = [name for name in fields if name not in documented]
    if extra:
        left = {name: value for name, value in fields.items() if name in documented}
        yield Trial(base_string(left), f"altered field: not signed were the undocumented {_names(extra)}.")
        for name in extra[:MOST_REMOVED]:
            left = {key: value for key, value in fields.items() if key != name}
            yield Trial(base_string(left), f"altered field: {_names([name])} was added after signing.")
    yield Trial(base.replace(" ", "+"), "altered field: the signer signed + where a blank belongs (form encoding).")
    yield Trial(base.replace("+", " "), "altered field: a + was decoded as a blank before signing.")
    if "api_key" in fields:
        yield Trial(py4_base_string(fields), "altered field: the Python SDK 4.9.1 signs unset options as None.")
    yield Trial(base.replace("&timestamp", "×tamp"), "altered field: HTML made × of &times in &timestamp.")


def _names(names: list[str]) -> str:
    shown = ", ".join(name[:40] for name in names[:5])
    return shown if len(names) <= 5 else f"{shown}, …"
