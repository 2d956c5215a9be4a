"""The JSON of the API about accounts, prices, endpoints and deliveries: the shapes that go in and out."""

from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from receipted.domain.account import WebhookMethod
from receipted.domain.status import Status
from receipted.doors.api_patterns import (
    AMOUNT,
    API_KEY,
    API_SECRET,
    ENDPOINT_NAME,
    NUMBER,
    PLAIN,
    SENDER,
    SIGNATURE_SECRET,
)
from receipted.doors.api_shapes import Instant
from receipted.hub.outbox import Outcome
from receipted.hub.route import Considered

Text = Annotated[str, Meta(max_length=255, pattern=PLAIN)]
Url = Annotated[str, Meta(max_length=2_000, pattern=PLAIN)]
Senders = Annotated[list[Annotated[str, Meta(pattern=SENDER)]], Meta(max_length=1_000)]
Numbers = Annotated[list[Annotated[str, Meta(pattern=NUMBER)]], Meta(max_length=1_000)]
Amount = Annotated[str, Meta(pattern=AMOUNT, examples=["0.0333"])]
SignatureMethod = Literal["md5hash", "md5", "sha1", "sha256", "sha512"]


class AccountChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Settings of an account; those that are left out stay as they are."""

    name: Text | UnsetType = UNSET
    signature_secret: Annotated[str, Meta(pattern=SIGNATURE_SECRET)] | UnsetType = UNSET
    signature_method: SignatureMethod | UnsetType = UNSET
    require_signature: bool | UnsetType = UNSET
    dlr_url: Url | UnsetType = UNSET
    dlr_method: WebhookMethod | UnsetType = UNSET
    rate_per_s: Annotated[int, Meta(ge=0, le=100_000)] | UnsetType = UNSET
    senders: Senders | UnsetType = UNSET
    recipients: Numbers | UnsetType = UNSET
    barred: Numbers | UnsetType = UNSET
    postpaid: bool | UnsetType = UNSET
    intermediate: bool | UnsetType = UNSET
    provider: Text | UnsetType = UNSET
    disabled: bool | UnsetType = UNSET


class NewAccount(AccountChange, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An account to be opened. Key and secret are made unless they are brought along."""

    api_key: Annotated[str, Meta(pattern=API_KEY)] | UnsetType = UNSET
    api_secret: Annotated[str, Meta(pattern=API_SECRET)] | UnsetType = UNSET


class AccountOut(msgspec.Struct, frozen=True, kw_only=True):
    """An account. Its secrets are not shown; `secrets` says how many are good."""

    api_key: str
    name: str
    secrets: int
    signed: bool
    signature_method: str
    require_signature: bool
    dlr_url: str
    dlr_method: WebhookMethod
    rate_per_s: int
    senders: list[str]
    recipients: list[str]
    barred: list[str]
    postpaid: bool
    intermediate: bool
    provider: str
    disabled: bool
    balance: str
    waiting: int
    created: Instant


class AccountsOut(msgspec.Struct, frozen=True, kw_only=True):
    """All accounts."""

    accounts: list[AccountOut]


class OpenedOut(msgspec.Struct, frozen=True, kw_only=True):
    """An account and its new API secret, which is shown this once."""

    account: AccountOut
    api_secret: str


class Payment(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An amount to be added to a balance; a negative one takes away."""

    amount: Amount


class BalanceOut(msgspec.Struct, frozen=True, kw_only=True):
    """A balance, with eight decimals."""

    balance: str


class PriceRow(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a part costs to numbers that begin with `prefix`; an empty one is for all others."""

    prefix: Annotated[str, Meta(max_length=15, pattern="^[0-9]*$")]
    price: Amount
    country: Annotated[str, Meta(max_length=2, pattern="^[A-Z]*$")] = ""
    network: Annotated[str, Meta(max_length=6, pattern="^[0-9]*$")] = ""
    network_name: Text = ""


class PriceListIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A whole price list. `account` left out: everybody's."""

    prices: Annotated[list[PriceRow], Meta(max_length=100_000)]
    account: Text = ""


class PriceListOut(msgspec.Struct, frozen=True, kw_only=True):
    """A price list as it counts."""

    prices: list[PriceRow]


class NewEndpoint(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An address that is told of events. `statuses` left out: of all."""

    name: Annotated[str, Meta(pattern=ENDPOINT_NAME)]
    url: Url
    statuses: list[Status] = []


class EndpointChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Settings of an endpoint; those that are left out stay as they are."""

    url: Url | UnsetType = UNSET
    statuses: list[Status] | UnsetType = UNSET
    disabled: bool | UnsetType = UNSET


class EndpointOut(msgspec.Struct, frozen=True, kw_only=True):
    """An endpoint, with what waits for it."""

    name: str
    url: str
    statuses: list[Status]
    disabled: bool
    disabled_for: str
    failing_since: Instant | None
    waiting: int
    oldest_waiting: Instant | None
    created: Instant


class EndpointsOut(msgspec.Struct, frozen=True, kw_only=True):
    """All endpoints."""

    endpoints: list[EndpointOut]


class AddedOut(msgspec.Struct, frozen=True, kw_only=True):
    """An endpoint and its new secret, which is shown this once."""

    endpoint: EndpointOut
    secret: str


class TestedOut(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a test event."""

    ok: bool
    said: str


class DeliveryOut(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that an application was told, or is to be. `part` 0: the whole message."""

    target: str
    message_id: str
    part: int
    status: Status
    outcome: Outcome
    attempts: int
    said: str
    at: Instant
    due: Instant | None


class DeliveriesOut(msgspec.Struct, frozen=True, kw_only=True):
    """Newest first."""

    deliveries: list[DeliveryOut]


class Replay(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to be told again: to an api key, or to `@` and the name of an endpoint."""

    target: Text
    since: Annotated[str, Meta(max_length=40, pattern=PLAIN, extra_json_schema={"format": "date-time"})]
    only: Outcome | None = None


class ReplayedOut(msgspec.Struct, frozen=True, kw_only=True):
    """How many are told again."""

    replayed: int


class RouteOut(msgspec.Struct, frozen=True, kw_only=True):
    """Who would take a message to a number now, and everybody that was considered, in the order of trying."""

    to: str
    country: str
    provider: str
    policy: str
    considered: list[Considered]
