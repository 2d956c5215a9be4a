"""The JSON API about accounts and prices."""

from decimal import Decimal
from typing import Annotated, Any

import msgspec
from litestar import get, patch, post, put
from litestar.handlers import HTTPRouteHandler
from litestar.params import Body, PathParameter, QueryParameter

from receipted.domain.account import Account
from receipted.domain.price import Price, amount, written
from receipted.doors.api_gateway_shapes import (
    AccountChange,
    AccountOut,
    AccountsOut,
    BalanceOut,
    NewAccount,
    OpenedOut,
    Payment,
    PriceListIn,
    PriceListOut,
    PriceRow,
)
from receipted.doors.api_patterns import PLAIN
from receipted.doors.api_problems import documented
from receipted.doors.api_render import iso
from receipted.doors.api_request import reading
from receipted.hub.account_desk import AccountDesk
from receipted.hub.accounts import Accounts
from receipted.hub.outbox import Outbox

TAGS = ["accounts"]
WHOSE = QueryParameter(pattern=PLAIN, max_length=64, description="An api key; left out: everybody's.")
PRICE_LIST_LIMIT = 16_777_216
"""Octets of a price list (16 MiB); other bodies have the API's own limit."""
ApiKey = Annotated[str, PathParameter(description="The account's api key.")]


def accounts_api(desk: AccountDesk, accounts: Accounts, outbox: Outbox) -> list[HTTPRouteHandler]:
    """The operations, closed over what they work with."""

    async def shown(account: Account) -> AccountOut:
        balances = {one.account.api_key: one.balance for one in await accounts.funded()}
        waiting = {one.target: one.waiting for one in await outbox.owing()}
        balance = balances.get(account.api_key, Decimal(0))
        return _account_out(account, balance, waiting.get(account.api_key, 0))

    @get(
        "/v1/accounts",
        operation_id="list_accounts",
        summary="All accounts",
        tags=TAGS,
        responses=documented(401, 503),
    )
    async def list_accounts() -> AccountsOut:
        waiting = {one.target: one.waiting for one in await outbox.owing()}
        listed = [
            _account_out(one.account, one.balance, waiting.get(one.account.api_key, 0))
            for one in await accounts.funded()
        ]
        return AccountsOut(accounts=listed)

    @post(
        "/v1/accounts",
        operation_id="open_account",
        summary="Open an account",
        description="Its API secret is in this answer only. A URL for receipts must answer 200 while it is saved.",
        request_class=reading(NewAccount),
        tags=TAGS,
        responses=documented(400, 401, 409, 413, 415, 503),
    )
    async def open_account(data: Annotated[Any, Body(description="A NewAccount.")]) -> OpenedOut:
        settings = given(data)
        key, secret = settings.pop("api_key", None), settings.pop("api_secret", None)
        opened = await desk.open(key, secret, settings)
        return OpenedOut(account=await shown(opened.account), api_secret=opened.secret)

    @get(
        "/v1/accounts/{api_key:str}",
        operation_id="get_account",
        summary="One account",
        tags=TAGS,
        responses=documented(400, 401, 404, 503),
    )
    async def get_account(api_key: ApiKey) -> AccountOut:
        return await shown(accounts.account(api_key))

    @patch(
        "/v1/accounts/{api_key:str}",
        operation_id="change_account",
        summary="Change an account",
        description="A URL for receipts must answer 200 while it is saved.",
        request_class=reading(AccountChange),
        tags=TAGS,
        responses=documented(400, 401, 404, 413, 415, 503),
    )
    async def change_account(
        api_key: ApiKey, data: Annotated[Any, Body(description="An AccountChange.")]
    ) -> AccountOut:
        return await shown(await desk.change(api_key, given(data)))

    @post(
        "/v1/accounts/{api_key:str}/secrets",
        operation_id="rotate_secret",
        summary="Give an account another API secret",
        description="It is in this answer only. The one before stays good until it is ended.",
        status_code=201,
        tags=TAGS,
        responses=documented(400, 401, 404, 503),
    )
    async def rotate_secret(api_key: ApiKey) -> OpenedOut:
        opened = await desk.rotate_secret(api_key)
        return OpenedOut(account=await shown(opened.account), api_secret=opened.secret)

    @post(
        "/v1/accounts/{api_key:str}/secrets/end-old",
        operation_id="end_old_secret",
        summary="Let only the newest API secret be good",
        status_code=200,
        tags=TAGS,
        responses=documented(400, 401, 404, 503),
    )
    async def end_old_secret(api_key: ApiKey) -> AccountOut:
        return await shown(await desk.end_old_secret(api_key))

    @post(
        "/v1/accounts/{api_key:str}/payments",
        operation_id="pay_in",
        summary="Add to an account's balance",
        request_class=reading(Payment),
        tags=TAGS,
        responses=documented(400, 401, 404, 413, 415, 503),
    )
    async def pay_in(api_key: ApiKey, data: Annotated[Any, Body(description="A Payment.")]) -> BalanceOut:
        return BalanceOut(balance=written(await desk.pay_in(api_key, amount("amount", data.amount))))

    @get(
        "/v1/prices",
        operation_id="list_prices",
        summary="The price list that counts for an account, or everybody's",
        tags=TAGS,
        responses=documented(400, 401, 503),
    )
    async def list_prices(
        account: Annotated[
            str, QueryParameter(pattern=PLAIN, max_length=64, description="An api key; left out: everybody's.")
        ] = "",
    ) -> PriceListOut:
        return PriceListOut(prices=[_price_row(row) for row in accounts.price_rows(account)])

    @put(
        "/v1/prices",
        operation_id="replace_prices",
        summary="Put a price list in the place of the one before",
        request_class=reading(PriceListIn),
        request_max_body_size=PRICE_LIST_LIMIT,
        tags=TAGS,
        responses=documented(400, 401, 404, 413, 415, 503),
    )
    async def replace_prices(data: Annotated[Any, Body(description="A PriceListIn.")]) -> PriceListOut:
        await accounts.replace_prices(data.account, [_price(row) for row in data.prices])
        return PriceListOut(prices=[_price_row(row) for row in accounts.price_rows(data.account)])

    return [
        list_accounts,
        open_account,
        get_account,
        change_account,
        rotate_secret,
        end_old_secret,
        pay_in,
        list_prices,
        replace_prices,
    ]


def given(change: msgspec.Struct) -> dict[str, Any]:
    """What was given, by name."""
    return {name: value for name in change.__struct_fields__ if (value := getattr(change, name)) is not msgspec.UNSET}


def _account_out(account: Account, balance: Decimal, waiting: int) -> AccountOut:
    return AccountOut(
        api_key=account.api_key,
        name=account.name,
        secrets=len(account.secret_hashes),
        signed=bool(account.signature_secret),
        signature_method=account.signature_method,
        require_signature=account.require_signature,
        dlr_url=account.dlr_url,
        dlr_method=account.dlr_method,
        rate_per_s=account.rate_per_s,
        senders=list(account.senders),
        recipients=list(account.recipients),
        barred=list(account.barred),
        postpaid=account.postpaid,
        intermediate=account.intermediate,
        provider=account.provider,
        disabled=account.disabled,
        balance=written(balance),
        waiting=waiting,
        created=iso(account.created_ms),
    )


def _price(row: PriceRow) -> Price:
    return Price(
        prefix=row.prefix,
        price=amount("price", row.price),
        country=row.country,
        network=row.network,
        network_name=row.network_name,
    )


def _price_row(row: Price) -> PriceRow:
    return PriceRow(
        prefix=row.prefix,
        price=written(row.price),
        country=row.country,
        network=row.network,
        network_name=row.network_name,
    )
