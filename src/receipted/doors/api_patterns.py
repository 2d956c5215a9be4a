"""What texts of the API look like, as patterns, and what a value that does not fit one is told."""

NUMBER = r"^\+?[1-9][0-9]{6,14}$"
"""As documented. Separators are taken too, by ``domain.phone``, which also says best what is wrong with a number."""
SENDER = r"^(\+?[0-9]{1,15}|[!-~¡-¬®-ÿΓΔΘΛΞΠΣΦΨΩ€]([ -~¡-¬®-ÿΓΔΘΛΞΠΣΦΨΩ€]{0,9}[!-~¡-¬®-ÿΓΔΘΛΞΠΣΦΨΩ€])?)$"
"""Digits, or a name that networks can show: it travels in the GSM alphabet, so nothing beyond it and Latin-1 helps."""
PLAIN = r"^[^\u0000]*$"
HEX = r"^([0-9A-Fa-f]{2})+$"
UUID = r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"
AFTER = r"^(now|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$"
AMOUNT = r"^-?[0-9]{1,6}(\.[0-9]{1,8})?$"
API_KEY = r"^[0-9A-Za-z]{8}$"
API_SECRET = r"^[!-~]{6,32}$"  # noqa: S105
SIGNATURE_SECRET = r"^([!-~]{8,128})?$"  # noqa: S105
ENDPOINT_NAME = r"^[a-z0-9][a-z0-9_-]{0,31}$"

WORDS: dict[str, str] = {
    NUMBER: "must be a phone number with country code, such as 447700900000",
    AMOUNT: "must be an amount such as 0.0333, with at most 8 decimals",
    API_KEY: "must have 8 letters and digits",
    API_SECRET: "must have from 6 to 32 characters, without blanks",
    SIGNATURE_SECRET: "must have from 8 to 128 characters, without blanks",
    ENDPOINT_NAME: "must be up to 32 small letters, digits, hyphens and underscores",
    SENDER: "must be a name of up to 11 characters, or up to 15 digits",
    PLAIN: "has a NUL character",
    HEX: "must be hex digits, two for each octet",
    UUID: "must be a cursor that an answer gave",
    AFTER: "must be a cursor that an answer gave, or now",
}
"""What a value that does not fit a pattern is told."""

SAID: tuple[tuple[str, str], ...] = (
    (r"Object missing required field", "is missing"),
    (r"Object contains unknown field", "is not a field of such a message"),
    (r"Expected `str` of length >= 1\b", "is missing: it may not be empty"),
    (r"Expected `str` of length <= (\d+)", r"may have \1 characters at most"),
)
"""What msgspec says, as a pattern, and what we say for it."""
