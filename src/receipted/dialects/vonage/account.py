"""What Vonage's account, pricing and search APIs answer, as JSON values (reference vonage-sms 5 and 6)."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from receipted.dialects.vonage.codes import receipt_advice, written_err_code
from receipted.dialects.vonage.times import write_timestamp
from receipted.domain.message import Message, Part
from receipted.domain.part_id import part_id
from receipted.domain.price import Price, written
from receipted.domain.status import FINAL, Status

MOST_IDS = 10
"""Messages that are looked up at once (6)."""
CURRENCY = "EUR"
"""What the price list's currency is called; there as here it is one for all."""

FORWARD_METHODS = {"GET_QUERY_PARAMS": "GET", "POST_QUERY_PARAMS": "POST", "POST_JSON": "POST-JSON"}
"""``httpForwardMethod``, and what the settings page calls it (2.2, 5)."""
DLR_URL = ("drCallBackUrl", "drCallbackUrl")
MO_URL = ("moCallBackUrl", "moCallbackUrl")
"""Both spellings are on the wire (5)."""

SEARCH_WORDS: Mapping[Status, str] = {
    Status.QUEUED: "ENROUTE",
    Status.SUBMITTED: "ENROUTE",
    Status.ACCEPTED: "ACCEPTD",
    Status.BUFFERED: "ENROUTE",
    Status.UNKNOWN: "UNKNOWN",
    Status.EXPIRED: "EXPIRED",
    Status.FAILED: "UNDELIV",
    Status.REJECTED: "REJECTD",
    Status.DELIVERED: "DELIVRD",
}
"""How Message Search writes a status (2.3, 6)."""


def named(fields: Mapping[str, str], names: Sequence[str]) -> str | None:
    """The value of a parameter that has several spellings; None if it is not there, "" if it is to be cleared."""
    return next((fields[name] for name in names if name in fields), None)


def settings(*, mo_url: str, dlr_url: str, rate_per_s: int) -> dict[str, Any]:
    """The answer to ``/account/settings``; the throughput values are read-only numbers (5)."""
    return {
        "mo-callback-url": mo_url,
        "dr-callback-url": dlr_url,
        "max-outbound-request": rate_per_s,
        "max-inbound-request": rate_per_s,
        "max-calls-per-second": rate_per_s,
    }


def balance(amount: Decimal) -> dict[str, Any]:
    """The answer to ``/account/get-balance``. The value is a JSON number with every decimal (5)."""
    return {"value": amount.normalize() if amount else Decimal(0), "autoReload": False}


def error(code: int, label: str) -> dict[str, str]:
    """What these APIs say of a request that they do not take (5)."""
    return {"error-code": str(code), "error-code-label": label}


def pricing(country: str, rows: Sequence[Price]) -> dict[str, Any]:
    """Outbound prices of one country: its cheapest as the default, and each network (6)."""
    networks = [
        {
            "type": "mobile",
            "price": written(row.price),
            "currency": CURRENCY,
            "mcc": row.network[:3],
            "mnc": row.network[3:],
            "networkCode": row.network,
            "networkName": row.network_name,
            "prefix": row.prefix,
        }
        for row in rows
    ]
    shortest = min(rows, key=lambda row: (len(row.prefix), row.prefix))
    return {
        "countryCode": country,
        "countryName": country,
        "countryDisplayName": country,
        "dialingPrefix": shortest.prefix,
        "defaultPrice": written(shortest.price),
        "currency": CURRENCY,
        "networks": networks,
    }


def countries(rows: Iterable[Price]) -> dict[str, list[Price]]:
    """The rows by country; those without one are left out."""
    found: dict[str, list[Price]] = {}
    for row in rows:
        if row.country:
            found.setdefault(row.country, []).append(row)
    return found


def found(message: Message, part: Part, text: str) -> dict[str, Any]:
    """One part as ``/search/message`` shows it (6)."""
    closed = part.status in FINAL
    at_ms = part.carrier_ms if part.carrier_ms is not None else message.updated_ms
    code = written_err_code(part.status, part.err_code if part.reason is None else None)
    return {
        "type": "MT",
        "message-id": part_id(message.id, part.seq),
        "account-id": message.account,
        "network": part.network or part.submit_network or "",
        "from": message.sender,
        "to": message.recipient,
        "body": text,
        "price": message.price or "",
        "client-ref": message.client_ref or "",
        "date-received": write_timestamp(message.created_ms),
        "status": SEARCH_WORDS[part.status],
        **(
            {
                "date-closed": write_timestamp(at_ms),
                "latency": max(at_ms - message.created_ms, 0),
                "final-status": SEARCH_WORDS[part.status],
                "error-code": code,
                "error-code-label": receipt_advice(code).meaning,
            }
            if closed
            else {}
        ),
    }
