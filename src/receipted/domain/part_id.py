"""The id that an application is told for a part: made from the message's own, and read back without asking anybody.

Each part has an id of its own in Vonage's answers and receipts (reference vonage-sms 1.4, 2.5). The first part's is the
message's; the others count on in its last octet. So nothing needs to be stored, and all parts of a message lie within
one narrow range of ids.
"""

import re

MOST_PARTS = 255
_LOW = 0xFF
_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


def part_id(message_id: str, seq: int) -> str:
    """The id of part ``seq`` (from 1 to 255) of a message, a lower-case UUID. Raises ValueError for what is no UUID."""
    number = _number(message_id)
    return _written((number & ~_LOW) | ((number + seq - 1) & _LOW))


def range_of(told: str) -> tuple[str, str]:
    """The least and the greatest id that the message of this part can have. Raises ValueError for what is no UUID."""
    number = _number(told)
    return _written(number & ~_LOW), _written(number | _LOW)


def seq_of(message_id: str, told: str) -> int:
    """Which part of the message the id means, from 1 to 256; a message has as many parts as it has."""
    return ((_number(told) - _number(message_id)) & _LOW) + 1


def _number(text: str) -> int:
    if not _UUID.fullmatch(text):
        raise ValueError("it is no UUID")
    return int(text.replace("-", ""), 16)


def _written(number: int) -> str:
    digits = f"{number:032x}"
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))
