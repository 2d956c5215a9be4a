"""What Vonage's codes and status words mean.

``SUBMIT`` is the ``status`` of an answer to a submit (reference 1.5), ``RECEIPT`` the ``err-code`` of a receipt (2.4),
``STATUSES`` its ``status`` (2.3). A code that is in no table is explained as undocumented, never refused.
"""

from typing import Final

from receipted.domain.advice import Advice, Fault
from receipted.domain.status import Status

OK: Final = "0"
THROTTLED: Final = "1"
GENERAL: Final = "99"

SUBMIT: tuple[Advice, ...] = (
    Advice("0", "accepted", Fault.NOBODY, None, "Nothing to do; receipts tell what becomes of it."),
    Advice("1", "throttled", Fault.SENDER, True, "Send slower: lower rate_per_s, or ask Vonage for a higher limit."),
    Advice("2", "missing parameter", Fault.SENDER, False, "Add the parameter that the error text names."),
    Advice("3", "invalid parameter", Fault.SENDER, False, "Correct the parameter that the error text names."),
    Advice("4", "invalid credentials", Fault.ACCOUNT, False, "Correct api_key and api_secret in the settings."),
    Advice("5", "internal error at Vonage", Fault.PROVIDER, True, "Wait; if it persists, ask Vonage's support."),
    Advice("6", "invalid message", Fault.SENDER, False, "Check the number's country code and the text."),
    Advice("7", "number barred", Fault.RECIPIENT, False, "The number is on a block list; stop sending to it."),
    Advice("8", "account suspended", Fault.ACCOUNT, False, "Ask Vonage's support why the account is suspended."),
    Advice("9", "no credit", Fault.ACCOUNT, False, "Top the account up, then send again."),
    Advice("10", "too many connections", Fault.SENDER, True, "Lower the provider's concurrency setting."),
    Advice("11", "account not enabled for HTTP", Fault.ACCOUNT, False, "Ask Vonage to enable HTTP for the account."),
    Advice("12", "message too long", Fault.SENDER, False, "Shorten the text; binary body and udh have 140 octets."),
    Advice("13", "communication failed", Fault.PROVIDER, True, "Send again later."),
    Advice(
        "14", "invalid signature", Fault.ACCOUNT, False, "Make signature_secret and signature_method the account's."
    ),
    Advice("15", "invalid sender", Fault.SENDER, False, "Use a sender that the country allows, up to 11 letters."),
    Advice("16", "invalid time to live", Fault.SENDER, False, "Give a ttl between 20 seconds and 7 days."),
    Advice("17", "blocked by Vonage", Fault.PROVIDER, False, "Ask Vonage's support what blocks the message."),
    Advice("18", "too many destinations", Fault.SENDER, False, "Send to one number in each request."),
    Advice("19", "facility not allowed", Fault.ACCOUNT, False, "Ask Vonage to enable what the message uses."),
    Advice("20", "invalid message class", Fault.SENDER, False, "Use a message class from 0 to 3."),
    Advice("22", "invalid network code", Fault.SENDER, False, "Leave the network code out."),
    Advice("23", "invalid callback address", Fault.SENDER, False, "Give a whole URL of up to 100 characters."),
    Advice("29", "not on the allow list", Fault.ACCOUNT, False, "Demo account: register the number, or top up."),
    Advice("32", "signature and secret together", Fault.SENDER, False, "Send either the signature or the secret."),
    Advice("33", "number deactivated", Fault.RECIPIENT, False, "The number is no longer in use; stop sending to it."),
    Advice("34", "invalid or missing number", Fault.SENDER, False, "Write the number with its country code."),
    Advice("101", "invalid account for campaign", Fault.ACCOUNT, False, "Ask Vonage about the US short code campaign."),
    Advice("102", "US short code error", Fault.ACCOUNT, False, "Ask Vonage about the US short code campaign."),
    Advice("103", "US short code error", Fault.ACCOUNT, False, "Ask Vonage about the US short code campaign."),
    Advice("http-401", "credentials refused", Fault.ACCOUNT, False, "Correct api_key and api_secret in the settings."),
    Advice("http-403", "access forbidden", Fault.ACCOUNT, False, "Check the account's rights and its address filter."),
    Advice("http-404", "no SMS API there", Fault.SENDER, False, "Correct base_url in the settings."),
)

RECEIPT: tuple[Advice, ...] = (
    Advice("0", "no error", Fault.NOBODY, None, "Nothing to do."),
    Advice("1", "unknown error", Fault.CARRIER, None, "The carrier gave no reason; try once more, later."),
    Advice("2", "phone absent for now", Fault.RECIPIENT, True, "The phone is off or out of reach; try again later."),
    Advice("3", "phone absent for good", Fault.RECIPIENT, False, "The number is no longer in use; check it."),
    Advice("4", "barred by the user", Fault.RECIPIENT, False, "The recipient blocks such messages; stop sending."),
    Advice("5", "number portability", Fault.CARRIER, False, "It moved; ask the provider to correct its routing."),
    Advice("6", "taken for spam", Fault.SENDER, False, "A filter refused it; change the text or the sender."),
    Advice("7", "phone busy", Fault.RECIPIENT, True, "Try again later."),
    Advice("8", "network error", Fault.CARRIER, True, "Try again later."),
    Advice("9", "illegal number", Fault.RECIPIENT, False, "The recipient opted out or is blocked; stop sending."),
    Advice("10", "illegal message", Fault.SENDER, False, "The carrier refuses this text; change it."),
    Advice("11", "no route", Fault.PROVIDER, False, "The provider does not reach this number; use another."),
    Advice("12", "destination unreachable", Fault.CARRIER, False, "There is no way to the number; check it."),
    Advice("13", "age restriction", Fault.RECIPIENT, False, "The recipient may not get such content."),
    Advice("14", "blocked by the carrier", Fault.CARRIER, False, "Register the sender, or ask the provider about it."),
    Advice("15", "prepaid without funds", Fault.RECIPIENT, True, "The recipient must top up; try again later."),
    Advice("16", "gateway quota exceeded", Fault.PROVIDER, None, "Wait, and ask the provider about the limit."),
    Advice("50", "entity filter (India)", Fault.SENDER, False, "Give the entity-id registered for the sender."),
    Advice("51", "header filter (India)", Fault.SENDER, False, "Use a sender that is registered for India."),
    Advice("52", "content filter (India)", Fault.SENDER, False, "Use a registered template and its content-id."),
    Advice("53", "consent filter (India)", Fault.RECIPIENT, False, "The recipient has not consented; stop sending."),
    Advice("54", "regulation", Fault.SENDER, False, "The country's rules forbid it; ask the provider which one."),
    Advice("95", "unknown error", Fault.CARRIER, None, "No meaning is documented; ask the provider's support."),
    Advice("99", "general error", Fault.CARRIER, None, "No reason was given; try once more, later."),
)

STATUSES: dict[str, Status] = {
    "accepted": Status.ACCEPTED,
    "acceptd": Status.ACCEPTED,
    "buffered": Status.BUFFERED,
    "enroute": Status.BUFFERED,
    "delivered": Status.DELIVERED,
    "delivrd": Status.DELIVERED,
    "expired": Status.EXPIRED,
    "failed": Status.FAILED,
    "undeliv": Status.FAILED,
    "undelivered": Status.FAILED,
    "deleted": Status.FAILED,
    "rejected": Status.REJECTED,
    "rejectd": Status.REJECTED,
    "unknown": Status.UNKNOWN,
}
"""A receipt's word, lower-cased, in Vonage's and in SMPP's spelling. Any other word means Status.UNKNOWN."""

WORDS: dict[Status, str] = {
    Status.ACCEPTED: "accepted",
    Status.BUFFERED: "buffered",
    Status.DELIVERED: "delivered",
    Status.EXPIRED: "expired",
    Status.FAILED: "failed",
    Status.REJECTED: "rejected",
    Status.UNKNOWN: "unknown",
}
"""The word that a receipt says a status with. A message that is only queued or submitted has no receipt."""

_SUBMIT = {row.code: row for row in SUBMIT}
_RECEIPT = {row.code: row for row in RECEIPT}


def submit_advice(code: str) -> Advice:
    """What the status of a submit answer means; ``http-NNN`` stands for an HTTP status."""
    return _SUBMIT.get(code) or _undocumented(code)


def receipt_advice(code: str) -> Advice:
    """What the err-code of a receipt means."""
    return _RECEIPT.get(code.lstrip("0") or "0") or _undocumented(code)


def written_err_code(status: Status, code: str | None) -> str:
    """The err-code to write into a receipt: a documented one (2.4), whatever the carrier's was.

    Without a code, or with one that means nothing here, what was not delivered has a general error.
    """
    if status in (Status.ACCEPTED, Status.BUFFERED, Status.DELIVERED):
        return OK
    return code if code in _RECEIPT and code != OK else GENERAL


def _undocumented(code: str) -> Advice:
    return Advice(code, "not documented", Fault.PROVIDER, None, f"Ask Vonage's support what {code} means.")
