"""How close the front door is to Vonage's SMS API: every parameter, code and field of the reference, one row each.

``docs/vonage-compatibility.md`` is made from it; a test checks that no documented name is missing and that each test
named here exists.
"""

from typing import NamedTuple

YES, DIFFERS, NO = "yes", "differs", "not done"


class Row(NamedTuple):
    """``how`` is YES, DIFFERS or NO; ``note`` says how it differs; ``test`` is the file that proves it, with its test."""

    name: str
    how: str
    note: str = ""
    test: str = ""


GATEWAY = "hub/test_gateway.py"
DOOR = "whole/test_front_door.py"
NOTIFY = "hub/test_notify.py"
TRAVELS = f"{GATEWAY}::test_all_that_is_asked_for_travels_on"
CODES = f"{GATEWAY}::test_each_refusal_has_its_documented_code"
ASKED = f"{DOOR}::test_an_sms_is_taken_in_each_way_and_its_receipts_come_back"
TOLD = f"{NOTIFY}::test_a_receipt_is_told_in_vonages_words_signed_and_in_the_accounts_method"
ITEM = f"{GATEWAY}::test_an_sms_is_stored_and_answered_with_an_id_and_its_price"
ACCOUNT = f"{DOOR}::test_an_account_sees_its_settings_balance_prices_and_messages"

REQUESTS: tuple[Row, ...] = (
    Row("POST /sms/json", YES, "", ASKED),
    Row("POST /sms/xml", YES, "", f"{DOOR}::test_xml_is_answered_in_xml"),
    Row("GET", YES, "as was documented once", ASKED),
    Row("parameters in a form, JSON, or the query", YES, "", ASKED),
    Row("Basic authentication", YES, "", ASKED),
    Row("signed requests, every method", YES, "also as Vonage's Python SDK 4 signs them", f"{GATEWAY}::test_a_signed_request_is_checked"),
    Row("two API secrets at once", YES, "", f"{DOOR}::test_accounts_endpoints_and_routes_by_command"),
    Row("HTTP 200 for every SMS-level error", YES, "413 for a body over the limit, 429 for a flood of wrong credentials", f"{DOOR}::test_nothing_that_a_stranger_sends_is_more_than_a_refusal"),
)  # fmt: skip

PARAMETERS: tuple[Row, ...] = (
    Row("api_key", YES, "", CODES),
    Row("api_secret", YES, "", CODES),
    Row("sig", YES, "", CODES),
    Row("timestamp", DIFFERS, "a signed request older than 72 h is refused; there, nothing is documented", f"{GATEWAY}::test_a_signed_request_is_checked"),
    Row("from", YES, "country rules are the carrier's", CODES),
    Row("to", YES, "a leading + or 00 and separators are taken, too", CODES),
    Row("text", DIFFERS, "up to 3,200 characters; a text that does not fit in GSM 7-bit is sent as unicode whatever the type", f"{GATEWAY}::test_each_type_is_sent_as_it_is_meant"),
    Row("type", YES, "text, unicode, binary", f"{GATEWAY}::test_each_type_is_sent_as_it_is_meant"),
    Row("body", YES, "", CODES),
    Row("udh", YES, "", CODES),
    Row("protocol-id", YES, "", TRAVELS),
    Row("ttl", YES, "becomes the validity_period at a carrier", TRAVELS),
    Row("status-report-req", YES, "false: nothing is forwarded, failures neither", TRAVELS),
    Row("callback", YES, "an empty one means the account's", f"{NOTIFY}::test_the_callback_of_a_request_comes_before_the_accounts_address"),
    Row("message-class", YES, "", TRAVELS),
    Row("client-ref", YES, "up to 100 characters", ITEM),
    Row("account-ref", DIFFERS, "echoed without being enabled", ""),
    Row("entity-id", NO, "taken and not used", ""),
    Row("content-id", NO, "taken and not used", ""),
    Row("trusted-number", NO, "taken and not used: there is no fraud filter", ""),
    Row("pool-id", NO, "taken and not used", ""),
    Row("title", NO, "wappush is not in the current API either", ""),
    Row("url", NO, "wappush is not in the current API either", ""),
    Row("validity", NO, "wappush is not in the current API either", ""),
    Row("vcal", NO, "not in the current API either", ""),
    Row("vcard", NO, "not in the current API either", ""),
)  # fmt: skip

THROTTLED = f"{GATEWAY}::test_too_many_requests_are_told_how_long_to_wait"
STATUSES: tuple[Row, ...] = (
    Row("0", YES, "", ITEM),
    Row("1", YES, "with the wait in brackets; also when the hub is overloaded", THROTTLED),
    Row("2", YES, "", CODES),
    Row("3", YES, "", CODES),
    Row("4", YES, "", CODES),
    Row("5", YES, "the database is away, or no provider can take it", ""),
    Row("6", YES, "no price or no route for the number", CODES),
    Row("7", YES, "", CODES),
    Row("8", YES, "", CODES),
    Row("9", YES, "", CODES),
    Row("10", DIFFERS, "too many connections are answered with HTTP 503", ""),
    Row("11", NO, "every account is enabled for HTTP", ""),
    Row("12", YES, "", CODES),
    Row("13", NO, "no longer used there either", ""),
    Row("14", YES, "", CODES),
    Row("15", YES, "", CODES),
    Row("16", YES, "as was documented once", CODES),
    Row("17", NO, "there is no filter of its own", ""),
    Row("18", NO, "no longer used there either", ""),
    Row("19", NO, "no facility has to be enabled", ""),
    Row("20", YES, "", CODES),
    Row("22", NO, "no network code is taken", ""),
    Row("23", YES, "inner addresses, too, unless webhooks.allow names them", CODES),
    Row("29", YES, "", CODES),
    Row("32", YES, "", CODES),
    Row("33", NO, "only a carrier could know", ""),
    Row("34", DIFFERS, "2 or 3 names the parameter instead", ""),
    Row("101", NO, "there are no US campaigns", ""),
    Row("102", NO, "there are no US campaigns", ""),
    Row("103", NO, "there are no US campaigns", ""),
)  # fmt: skip

ANSWER: tuple[Row, ...] = (
    Row("message-count", YES, "a string, as SDKs insist", ASKED),
    Row("to", YES, "", ITEM),
    Row("message-id", YES, "a lower-case UUID of its own for each part", f"{GATEWAY}::test_each_part_has_an_item_an_id_and_its_price"),
    Row("status", YES, "", ITEM),
    Row("error-text", YES, "the documented texts, and words where none is", CODES),
    Row("remaining-balance", YES, "exact, after all parts", ITEM),
    Row("message-price", YES, "exact, eight decimals", ITEM),
    Row("network", DIFFERS, "of the price list; 00000 where that does not tell", ITEM),
    Row("client-ref", YES, "", ITEM),
    Row("account-ref", YES, "", ""),
)  # fmt: skip

RECEIPT: tuple[Row, ...] = (
    Row("msisdn", YES, "", TOLD),
    Row("to", YES, "", TOLD),
    Row("network-code", YES, "of the carrier, else of the price list; left out if neither tells", TOLD),
    Row("messageId", YES, "", TOLD),
    Row("price", YES, "what the account pays", TOLD),
    Row("status", YES, "one webhook for each change; a correction after unknown or expired, too", f"{NOTIFY}::test_each_change_is_told_once_and_in_order"),
    Row("scts", YES, "UTC", TOLD),
    Row("err-code", YES, "a code of the table; 99 for what no table has", "dialects/test_vonage_front.py::test_every_documented_err_code_is_written_as_it_is_and_others_as_a_general_error"),
    Row("api-key", YES, "", TOLD),
    Row("client-ref", YES, "left out if there is none", ASKED),
    Row("message-timestamp", YES, "", TOLD),
    Row("timestamp", YES, "fresh on each try", f"{NOTIFY}::test_whatever_is_no_2xx_is_tried_again_signed_anew"),
    Row("nonce", YES, "fresh on each try", f"{NOTIFY}::test_whatever_is_no_2xx_is_tried_again_signed_anew"),
    Row("sig", YES, "upper case for HMAC, lower for md5hash: what every SDK takes", TOLD),
)  # fmt: skip

FORWARDING: tuple[Row, ...] = (
    Row("GET, POST and POST-JSON", YES, "", TOLD),
    Row("2xx is success, anything else is tried again", YES, "Vonage's own texts disagree about 4xx", f"{NOTIFY}::test_whatever_is_no_2xx_is_tried_again_signed_anew"),
    Row("retries", YES, "5 s doubling to 15 min, for 24 h; then kept, and replayed on request", f"{NOTIFY}::test_after_24_hours_it_is_given_up_and_can_be_replayed"),
    Row("Retry-After", YES, "up to one hour", f"{NOTIFY}::test_retry_after_is_honoured"),
    Row("timeouts", YES, "3 s to connect, 15 s to answer", ""),
    Row("order", DIFFERS, "a status is never told after a later one of the same part", f"{NOTIFY}::test_an_earlier_status_is_not_told_after_a_later_one"),
)  # fmt: skip

ACCOUNTS: tuple[Row, ...] = (
    Row("POST /account/settings", YES, "each receipt URL must answer 200 while it is saved; 420 says what was wrong", ACCOUNT),
    Row("GET /account/get-balance", YES, "", ACCOUNT),
    Row("GET /account/get-pricing/outbound", YES, "also with /sms; country names are their codes", ACCOUNT),
    Row("GET /account/get-full-pricing/outbound", YES, "", ACCOUNT),
    Row("GET /account/get-prefix-pricing/outbound", YES, "", ACCOUNT),
    Row("POST /account/top-up", NO, "`receipted account pay` adds to a balance", ""),
    Row("GET /search/message, /search/messages, /search/rejections", YES, "at most 100 of a day", ACCOUNT),
    Row("secrets API", NO, "`receipted account rotate-secret`", ""),
    Row("Reports, Redact, Conversion, Messages API", NO, "", ""),
)  # fmt: skip

SECTIONS: tuple[tuple[str, tuple[Row, ...]], ...] = (
    ("Asking", REQUESTS),
    ("Parameters of a request", PARAMETERS),
    ("Status codes", STATUSES),
    ("Fields of the answer", ANSWER),
    ("Fields of a receipt", RECEIPT),
    ("Forwarding receipts", FORWARDING),
    ("Account, pricing and search", ACCOUNTS),
)
HEAD = """\
# How compatible the front door is

`/sms/json` and its neighbours speak Vonage's (Nexmo's) public SMS API. Existing code works by changing its host: Python's
`vonage` 4 and `nexmo` 2.5.2 and Node's `@vonage/server-sdk` 3 and `nexmo` 2.9.1 are run against a hub by the tests,
unmodified. This page has every parameter, code and field, whether it is as there, and what differs. It is made from
`docs/conformance.py` and checked by a test.
"""


def page() -> str:
    """The page."""
    return HEAD + "".join(_section(title, rows) for title, rows in SECTIONS)


def _section(title: str, rows: tuple[Row, ...]) -> str:
    lines = [f"| {row.name} | {row.how} | {row.note} |" for row in rows]
    return "\n".join(["", f"## {title}", "", "| | as there | |", "|---|---|---|", *lines, ""])
