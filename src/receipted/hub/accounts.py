"""The accounts, their prices and the endpoints at hand: read once, and again after each change.

Every request at the front door asks for its account, so they are kept in memory; the table is the truth.
"""

import asyncio
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Protocol

import msgspec

from receipted.domain.account import Account, Funded
from receipted.domain.endpoint import Endpoint
from receipted.domain.errors import NotFound
from receipted.domain.price import Price, PriceList


class AccountStore(Protocol):
    """The store's side. Writes return when they are durable."""

    async def accounts(self) -> list[Funded]: ...
    async def save_account(self, account: Account) -> None: ...
    async def pay_in(self, api_key: str, amount: Decimal) -> Decimal: ...
    async def prices(self) -> dict[str, list[Price]]: ...
    async def replace_prices(self, account: str, rows: Sequence[Price]) -> None: ...
    async def endpoints(self) -> list[Endpoint]: ...
    async def save_endpoint(self, endpoint: Endpoint) -> None: ...


class Accounts:
    """``load`` before use. Changes go through here, so that what is at hand is what is stored."""

    def __init__(self, store: AccountStore) -> None:
        self._store = store
        self._changing = asyncio.Lock()
        self._accounts: dict[str, Account] = {}
        self._prices: dict[str, PriceList] = {}
        self._endpoints: dict[str, Endpoint] = {}

    async def load(self) -> None:
        """Read everything."""
        self._accounts = {funded.account.api_key: funded.account for funded in await self._store.accounts()}
        self._prices = {account: PriceList(rows) for account, rows in (await self._store.prices()).items()}
        self._endpoints = {endpoint.name: endpoint for endpoint in await self._store.endpoints()}

    def find(self, api_key: str) -> Account | None:
        """The account with this key, as it is now."""
        return self._accounts.get(api_key)

    def account(self, api_key: str) -> Account:
        """The same. Raises NotFound."""
        found = self._accounts.get(api_key)
        if found is None:
            raise NotFound(f"there is no account {api_key}")
        return found

    async def funded(self) -> list[Funded]:
        """All accounts with their balances."""
        return await self._store.accounts()

    async def save(self, account: Account) -> None:
        """Store an account as it is to be from now on."""
        async with self._changing:
            await self._store.save_account(account)
            self._accounts[account.api_key] = account

    async def change(self, api_key: str, **changes: object) -> Account:
        """Change some of an account's settings; the others stay. Raises NotFound."""
        async with self._changing:
            changed = msgspec.structs.replace(self.account(api_key), **changes)
            await self._store.save_account(changed)
            self._accounts[api_key] = changed
        return changed

    async def pay_in(self, api_key: str, amount: Decimal) -> Decimal:
        """Add to a balance; the new one. Raises NotFound."""
        return await self._store.pay_in(api_key, amount)

    # --- prices -------------------------------------------------------------------------------------------------------

    def price(self, api_key: str, number: str) -> Price | None:
        """What a part to the number costs an account: by its own list, else by everybody's. None if no row fits."""
        for whose in (api_key, ""):
            listed = self._prices.get(whose)
            if listed and (row := listed.of(number)) is not None:
                return row
        return None

    def has_prices(self, api_key: str) -> bool:
        """Whether there is any list that counts for the account."""
        return bool(self._prices.get(api_key) or self._prices.get(""))

    def price_rows(self, api_key: str) -> list[Price]:
        """Everybody's rows with the account's own in their places, by prefix."""
        rows: dict[str, Price] = {}
        for whose in ("", api_key):
            rows |= self._prices[whose].rows if whose in self._prices else {}
        return [rows[prefix] for prefix in sorted(rows)]

    async def replace_prices(self, account: str, rows: Sequence[Price]) -> None:
        """Put a whole list in the place of the one before; ``account`` "" is everybody's."""
        if account:
            self.account(account)
        async with self._changing:
            await self._store.replace_prices(account, rows)
            self._prices[account] = PriceList(rows)

    # --- endpoints ----------------------------------------------------------------------------------------------------

    @property
    def endpoints(self) -> Mapping[str, Endpoint]:
        return self._endpoints

    def endpoint(self, name: str) -> Endpoint:
        """Raises NotFound."""
        found = self._endpoints.get(name)
        if found is None:
            raise NotFound(f"there is no endpoint {name}")
        return found

    async def save_endpoint(self, endpoint: Endpoint) -> None:
        """Store an endpoint as it is to be from now on."""
        async with self._changing:
            await self._store.save_endpoint(endpoint)
            self._endpoints[endpoint.name] = endpoint

    async def change_endpoint(self, name: str, **changes: object) -> Endpoint:
        """Change some of an endpoint's settings; the others stay. Raises NotFound."""
        async with self._changing:
            changed = msgspec.structs.replace(self.endpoint(name), **changes)
            await self._store.save_endpoint(changed)
            self._endpoints[name] = changed
        return changed
