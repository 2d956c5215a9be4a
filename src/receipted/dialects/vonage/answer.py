"""The answer to a submit request, JSON and XML, both ends (reference 1.4-1.6)."""

import re
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from typing import Any
from xml.sax.saxutils import escape

import msgspec

from receipted.dialects.vonage.codes import OK

JSON_TYPE = "application/json"
XML_TYPE = "text/xml; charset=UTF-8"
LONGEST_WAIT_MS = 3_600_000
MOST_ITEMS = 255
"""As many parts as the header of a long message can count (GSM 03.40, 9.2.3.24.1)."""
MOST_CHARACTERS = 255
KEPT = ("status", "message_id", "network", "price")
"""What is stored as it comes, and so must be short and printable; the other texts are cut or left aside."""


class AnswerError(ValueError):
    """What came back is no answer of the SMS API: nothing can be said of what became of the request."""


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """One part's answer: ``status`` 0 with a ``message_id``, or another with ``error_text``. Money is decimal text."""

    status: str
    message_id: str | None = None
    error_text: str | None = None
    to: str | None = None
    balance: str | None = None
    price: str | None = None
    network: str | None = None
    client_ref: str | None = None
    account_ref: str | None = None


NAMES: tuple[tuple[str, str, str], ...] = (
    ("to", "to", "to"),
    ("message_id", "message-id", "messageId"),
    ("status", "status", "status"),
    ("error_text", "error-text", "errorText"),
    ("balance", "remaining-balance", "remainingBalance"),
    ("price", "message-price", "messagePrice"),
    ("network", "network", "network"),
    ("client_ref", "client-ref", "clientRef"),
    ("account_ref", "account-ref", "accountRef"),
)
"""Our name, JSON's and XML's, in the order of the documentation (1.4)."""

_ONE_NUMBER = re.compile(r"\[\s*(\d{1,9})\s*\]")
_INTERVAL = re.compile(r"\bINTERVAL\s*\[\s*(\d{1,9})\s*\]")
_ELAPSED = re.compile(r"TIME_SINCE_LAST_INTERVAL_START\s*\[\s*(\d{1,9})\s*\]")


def read(body: bytes) -> list[Item]:
    """The items of an answer, at least one; XML is told by its first character. Raises AnswerError."""
    return read_xml(body) if body.lstrip()[:1] == b"<" else read_json(body)


def read_json(body: bytes) -> list[Item]:
    """The items of a JSON answer; numbers count as text, since not all servers quote. Raises AnswerError."""
    try:
        whole = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise AnswerError("it is not JSON") from None
    listed = whole.get("messages") if isinstance(whole, dict) else None
    if not isinstance(listed, list) or not all(isinstance(entry, dict) for entry in listed):
        raise AnswerError("it has no list of messages")
    return _items([{ours: _text(entry.get(theirs)) for ours, theirs, _ in NAMES} for entry in listed])


def read_xml(body: bytes) -> list[Item]:
    """The items of an XML answer. A document type is refused, and with it every entity. Raises AnswerError."""
    # A document type is refused before its entities are read, so the attacks that the warning is about cannot start.
    parser = ET.XMLParser(target=_WithoutDoctype())  # noqa: S314
    try:
        parser.feed(body)
        root: ET.Element = parser.close()
    except (ET.ParseError, ValueError):
        raise AnswerError("it is not XML of the SMS API") from None
    return _items(
        [{ours: entry.findtext(theirs) for ours, _, theirs in NAMES} for entry in root.iterfind("messages/message")]
    )


def write_json(items: Sequence[Item]) -> bytes:
    """The JSON answer. Every value is text, the count too: SDKs insist on it (1.4, 8.5)."""
    listed = [{theirs: value for ours, theirs, _ in NAMES if (value := getattr(item, ours))} for item in items]
    return msgspec.json.encode({"message-count": str(len(items)), "messages": listed})


def write_xml(items: Sequence[Item]) -> bytes:
    """The XML answer."""
    listed = "".join(
        f"<message>{''.join(_element(theirs, getattr(item, ours)) for ours, _, theirs in NAMES)}</message>"
        for item in items
    )
    return (
        "<?xml version='1.0' encoding='UTF-8' ?>"
        f"<mt-submission-response><messages count='{len(items)}'>{listed}</messages></mt-submission-response>"
    ).encode()


def throttle_wait_ms(error_text: str) -> int | None:
    """How long to wait, from the text beside status 1; None if it does not say (1.5).

    Either the one number in brackets, in milliseconds, or what is left of INTERVAL.
    """
    interval, elapsed = _INTERVAL.search(error_text), _ELAPSED.search(error_text)
    if interval:
        left = int(interval[1]) - (int(elapsed[1]) if elapsed else 0)
        return min(max(left, 0), LONGEST_WAIT_MS)
    numbers = _ONE_NUMBER.findall(error_text)
    return min(int(numbers[0]), LONGEST_WAIT_MS) if len(numbers) == 1 else None


class _WithoutDoctype(ET.TreeBuilder):
    def doctype(self, name: str, public: str | None, system: str | None) -> None:
        raise ValueError("a document type")


def _items(entries: list[dict[str, str | None]]) -> list[Item]:
    if not entries:
        raise AnswerError("it has no messages")
    if len(entries) > MOST_ITEMS:
        raise AnswerError(f"it has {len(entries)} messages; no SMS has more than {MOST_ITEMS} parts")
    made = []
    for entry in entries:
        known: dict[str, Any] = {name: value for name, value in entry.items() if value}
        if "status" not in known:
            raise AnswerError("a message has no status")
        if known["status"] == OK and "message_id" not in known:
            raise AnswerError("an accepted message has no id")
        for name in KEPT:
            _check(name, known.get(name, ""))
        made.append(Item(**known))
    return made


def _check(name: str, value: str) -> None:
    if len(value) > MOST_CHARACTERS or not value.isprintable():
        problem = (
            f"is longer than {MOST_CHARACTERS} characters" if value.isprintable() else "holds what cannot be printed"
        )
        raise AnswerError(f"its {name} {problem}")


def _text(value: object) -> str | None:
    if isinstance(value, str):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    return None


def _element(name: str, value: str | None) -> str:
    return f"<{name}>{escape(value)}</{name}>" if value else ""
