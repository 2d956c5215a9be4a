"""An account: who may send through the hub's front door, and where its delivery receipts go."""

from decimal import Decimal
from enum import StrEnum

import msgspec


class WebhookMethod(StrEnum):
    """How an account wants its receipts, by the names of Vonage's settings page (reference vonage-sms 2.2)."""

    GET = "GET"
    POST = "POST"
    POST_JSON = "POST-JSON"


MOST_SECRETS = 2
"""API secrets that are good at once, so that one can be changed without an outage (reference vonage-sms 1.2)."""


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """What is settled about one account. Money is kept apart, since it changes with every message.

    ``secret_hashes`` are those of its API secrets, newest first. ``signature_secret`` cannot be a hash: signatures are
    made with it. ``senders`` empty: any. ``recipients`` not empty: a demo account that reaches nobody else (status
    29). ``barred``: numbers it may not send to (status 7). ``postpaid``: its balance may go below zero.
    ``intermediate``: receipts that are not final are forwarded, too. ``provider`` fixes who takes its messages.
    ``rate_per_s``: requests a second, 0 = no limit.
    """

    api_key: str
    name: str = ""
    secret_hashes: tuple[str, ...] = ()
    signature_secret: str = ""
    signature_method: str = "md5hash"
    require_signature: bool = False
    dlr_url: str = ""
    dlr_method: WebhookMethod = WebhookMethod.POST_JSON
    mo_url: str = ""
    rate_per_s: int = 30
    senders: tuple[str, ...] = ()
    recipients: tuple[str, ...] = ()
    barred: tuple[str, ...] = ()
    postpaid: bool = True
    intermediate: bool = True
    provider: str = ""
    disabled: bool = False
    created_ms: int = 0


class Funded(msgspec.Struct, frozen=True, kw_only=True):
    """An account with its balance as it is now, in the currency of the price list."""

    account: Account
    balance: Decimal
