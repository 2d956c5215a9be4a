"""Delivery receipts as Vonage sends them, for the messages that ``seed`` stores: number in, bytes out.

Ids follow from the number of a message alone, in Python and in SQL alike, so nothing has to be handed over but a
range of numbers.
"""

import json
import random
from collections.abc import Iterable, Iterator
from hashlib import md5
from typing import Literal, TypeAlias
from urllib.parse import urlencode

FIRST_MS = 1_767_225_600_000
"""When message 0 was sent; each further one a millisecond later."""

Form: TypeAlias = Literal["form", "json"]
Order: TypeAlias = Literal["recent", "uniform"]
SHUFFLED_TOGETHER = 2_000
"""In the order "recent", receipts come back in the order of sending, mixed within blocks of this many."""


def provider_message_id(number: int) -> str:
    """A random-looking UUID, as Vonage gives to a part."""
    h = md5(f"part:{number}".encode(), usedforsecurity=False).hexdigest()
    return f"{h[:8]}-{h[8:12]}-{h[12:16]}-{h[16:20]}-{h[20:]}"


def message_id(number: int) -> str:
    """Our id, a UUIDv7 whose time is that of sending."""
    t = f"{FIRST_MS + number:012x}"
    h = md5(f"message:{number}".encode(), usedforsecurity=False).hexdigest()
    return f"{t[:8]}-{t[8:]}-7{h[:3]}-8{h[3:6]}-{h[6:18]}"


def recipient(number: int) -> str:
    return f"4477{number % 100_000_000:08d}"


def numbers(stored: int, count: int, order: Order, skip: int = 0) -> list[int]:
    """Which messages receipts come for, each at most once. ``skip`` leaves out that many that a run before took."""
    if count + skip > stored:
        raise ValueError(f"{count + skip} receipts need as many stored messages, there are {stored}")
    rng = random.Random(7)
    if order == "uniform":
        return rng.sample(range(stored), skip + count)[skip:]
    first = stored - skip - count
    chosen: list[int] = []
    for start in range(first, first + count, SHUFFLED_TOGETHER):
        block = list(range(start, min(start + SHUFFLED_TOGETHER, first + count)))
        rng.shuffle(block)
        chosen += block
    return chosen


def fields(number: int) -> dict[str, str]:
    """The fields of one receipt (vonage-sms.md 2.1)."""
    return {
        "msisdn": recipient(number),
        "to": "AcmeInc",
        "network-code": "23410",
        "messageId": provider_message_id(number),
        "price": "0.03330000",
        "status": "delivered",
        "scts": "2601011200",
        "err-code": "0",
        "api-key": "abcd1234",
        "client-ref": message_id(number),
        "message-timestamp": "2026-01-01 12:00:00",
    }


def requests(which: Iterable[int], path: str, form: Form) -> Iterator[bytes]:
    """Whole HTTP/1.1 requests (vonage-sms.md 2.2)."""
    content_type = "application/json" if form == "json" else "application/x-www-form-urlencoded; charset=UTF-8"
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: Nexmo/MessagingHUB/v1.0\r\nAccept: */*\r\n"
        f"Content-Type: {content_type}\r\nContent-Length: "
    ).encode()
    for number in which:
        body = (json.dumps(fields(number)) if form == "json" else urlencode(fields(number))).encode()
        yield head + str(len(body)).encode() + b"\r\n\r\n" + body
