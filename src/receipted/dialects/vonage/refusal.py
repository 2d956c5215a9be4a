"""What the SMS API answers when it does not take a request: a status code and its text (reference 1.5).

The texts that are documented are written as they are; SDKs and people look for them.
"""

from typing import Final

from receipted.domain.errors import InvalidRequest

THROTTLED: Final = "1"
MISSING: Final = "2"
INVALID: Final = "3"
BAD_CREDENTIALS: Final = "4"
INTERNAL: Final = "5"
INVALID_MESSAGE: Final = "6"
BARRED: Final = "7"
SUSPENDED: Final = "8"
NO_CREDIT: Final = "9"
TOO_LONG: Final = "12"
BAD_SIGNATURE: Final = "14"
BAD_SENDER: Final = "15"
BAD_TTL: Final = "16"
BAD_CLASS: Final = "20"
BAD_CALLBACK: Final = "23"
NOT_ALLOWED: Final = "29"
TWO_PROOFS: Final = "32"


class Refused(Exception):
    """A request that is not taken. ``code`` is the ``status`` of the answer, ``text`` its ``error-text``."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(f"{code}: {text}")
        self.code = code
        self.text = text


NAMES: Final = {"client_ref": "client-ref", "ttl_s": "ttl"}
"""Parameters that are called otherwise inside the hub."""
MISSING_TEXT: Final = {
    "text": "Missing Message Text",
    "body": "Missing Message Body",
    "api_key": "Missing api_key",
    "api_secret": "Missing api_secret",
}
"""Where it is not ``Missing … param``."""
BY_PARAMETER: Final = {
    "from": (BAD_SENDER, "Illegal Sender Address - rejected"),
    "callback": (BAD_CALLBACK, "Bad callback :: {problem}"),
    "message-class": (BAD_CLASS, "Invalid message class: {problem}"),
    "ttl": (BAD_TTL, "Invalid ttl: {problem}"),
}
"""Parameters with a code of their own. The others have INVALID."""


def throttled(wait_ms: int) -> Refused:
    """Too fast: in the words that SDKs read the wait from (1.5)."""
    return Refused(THROTTLED, f"Throughput Rate Exceeded - please wait [ {wait_ms} ] and retry")


def missing(parameter: str) -> Refused:
    """A parameter that must be there."""
    return Refused(MISSING, MISSING_TEXT.get(parameter, f"Missing {parameter} param"))


def of(error: InvalidRequest) -> Refused:
    """The refusal for what is wrong with one parameter."""
    name = NAMES.get(error.field, error.field)
    if error.problem.startswith("is missing"):
        return missing(name)
    code, text = BY_PARAMETER.get(name, (INVALID, "Invalid value for param: {name} {problem}"))
    return Refused(code, text.format(name=name, problem=error.problem))
