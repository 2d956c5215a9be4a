"""Phone numbers: one form for all of them (an MSISDN: digits, no ``+``), their country, and how logs show them."""

import re

import phonenumbers

from receipted.domain.errors import InvalidRequest

_SEPARATORS = str.maketrans("", "", " -./()\u00a0\u2011")


def msisdn(text: str) -> str:
    """The 7-15 digits of an international number, as E.164 has it without the ``+`` (reference 1.3).

    Takes ``+``, a leading ``00`` and the usual separators. Raises InvalidRequest naming ``to``.
    """
    if "(0)" in text:
        raise InvalidRequest("to", "has a (0): leave it out, it is not dialled from abroad")
    digits = text.strip().translate(_SEPARATORS)
    if digits.startswith("+"):
        digits = digits[1:]
    elif digits.startswith("00"):
        digits = digits[2:]
    if not (digits.isascii() and digits.isdigit()):
        raise InvalidRequest("to", "must be a phone number with country code, such as 447700900000")
    if digits.startswith("0"):
        raise InvalidRequest("to", "starts with 0: write it with its country code, such as 447700900000")
    if not 7 <= len(digits) <= 15:
        raise InvalidRequest("to", f"has {len(digits)} digits; a phone number with country code has 7 to 15")
    return digits


def country(number: str) -> str:
    """The two-letter region of an MSISDN, or "" if it has none (satellite, unassigned code, not a number).

    A range that is assigned to nobody, such as those kept for examples, has the main region of its calling code.
    """
    try:
        parsed = phonenumbers.parse(f"+{number}")
    except phonenumbers.NumberParseException:
        return ""
    region = phonenumbers.region_code_for_number(parsed)
    if not region and parsed.country_code:
        region = phonenumbers.region_code_for_country_code(parsed.country_code)
    return region if region and region.isalpha() else ""


def masked(number: str) -> str:
    """A number for logs: enough to recognise one's own, not enough to call it (``4477…000``)."""
    if len(number) < 9:
        return f"…{number[-2:]}" if len(number) > 4 else "…"
    return f"{number[:4]}…{number[-3:]}"


def without_numbers(text: str) -> str:
    """A text with every run of seven or more digits masked: what far sides say may quote a number."""
    return re.sub(r"\d{7,}", lambda found: masked(found.group()), text)
