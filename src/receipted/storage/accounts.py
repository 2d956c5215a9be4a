"""Accounts, their money and prices, and endpoints: read whole at the start, written one at a time."""

from collections.abc import Collection, Sequence
from decimal import Decimal
from typing import TypeAlias

import msgspec
import sqlalchemy as sa

from receipted.domain.account import Account, Funded
from receipted.domain.endpoint import Endpoint
from receipted.domain.errors import NotFound, ReceiptedError
from receipted.domain.price import Price
from receipted.hub.ports import NewMessage
from receipted.storage import schema
from receipted.storage.hot import HotSession

_PRICE = ("account", "prefix", "price", "country", "network", "network_name")


class Purse:
    """The balances that a batch of messages is paid from: read once, written once."""

    def __init__(self, session: HotSession, api_keys: Collection[str]) -> None:
        self._session = session
        self._before = _balances(session, api_keys) if api_keys else {}
        self._now = dict(self._before)

    def pay(self, new: NewMessage) -> bool:
        """Take the charge of a message off its account; False if there is not enough and it may not go below zero."""
        account = new.message.account
        if account is None or account not in self._now:
            return True
        left = self._now[account] - new.charge
        if left < 0 and new.charge and not new.overdraw:
            return False
        self._now[account] = left
        return True

    def left(self, new: NewMessage) -> Decimal | None:
        """What its account has now."""
        return self._now.get(new.message.account or "")

    def write(self) -> None:
        """Store what has changed."""
        for api_key, balance in self._now.items():
            if balance != self._before[api_key]:
                _set_balance(self._session, api_key, balance)


def _balances(session: HotSession, api_keys: Collection[str]) -> dict[str, Decimal]:
    table = schema.account
    query = sa.select(table.c.api_key, table.c.balance).where(table.c.api_key.in_(api_keys))
    return {api_key: Decimal(balance) for api_key, balance in session.connection.execute(query)}


def _set_balance(session: HotSession, api_key: str, balance: Decimal) -> None:
    table = schema.account
    session.connection.execute(table.update().where(table.c.api_key == api_key).values(balance=str(balance)))


def save_accounts(session: HotSession, accounts: Sequence[Account]) -> list[None]:
    """Store accounts as they are to be from now on; a new one begins with nothing."""
    table = schema.account
    for account in accounts:
        settings = msgspec.json.encode(account).decode()
        known = session.connection.execute(
            table.update().where(table.c.api_key == account.api_key).values(settings=settings)
        )
        if not known.rowcount:
            session.connection.execute(
                table.insert().values(api_key=account.api_key, settings=settings, balance=str(Decimal(0)))
            )
    return [None] * len(accounts)


Payment: TypeAlias = tuple[str, Decimal]
"""Api key, amount."""


def pay_in(session: HotSession, payments: Sequence[Payment]) -> list[Decimal | ReceiptedError]:
    """Add to balances (a negative amount takes away); the new ones."""
    results: list[Decimal | ReceiptedError] = []
    for api_key, amount in payments:
        balance = _balances(session, [api_key]).get(api_key)
        if balance is None:
            results.append(NotFound(f"there is no account {api_key}"))
            continue
        _set_balance(session, api_key, balance + amount)
        results.append(balance + amount)
    return results


def accounts(connection: sa.Connection) -> list[Funded]:
    """All of them, by their keys."""
    table = schema.account
    return [
        Funded(account=msgspec.json.decode(row.settings, type=Account), balance=Decimal(row.balance))
        for row in connection.execute(sa.select(table).order_by(table.c.api_key))
    ]


PricesOf: TypeAlias = tuple[str, Sequence[Price]]
"""Api key, or "" for everybody; the whole list."""


def replace_prices(session: HotSession, lists: Sequence[PricesOf]) -> list[None]:
    """Put whole price lists in the place of those before."""
    table = schema.price
    for account, rows in lists:
        session.connection.execute(table.delete().where(table.c.account == account))
        last = {row.prefix: row for row in rows}.values()
        if last:
            values = [(account, row.prefix, str(row.price), row.country, row.network, row.network_name) for row in last]
            session.connection.execute(table.insert(), [dict(zip(_PRICE, row, strict=True)) for row in values])
    return [None] * len(lists)


def prices(connection: sa.Connection) -> dict[str, list[Price]]:
    """The price lists by account; "" is everybody's."""
    found: dict[str, list[Price]] = {}
    table = schema.price
    for row in connection.execute(sa.select(table).order_by(table.c.account, table.c.prefix)):
        found.setdefault(row.account, []).append(
            Price(
                prefix=row.prefix,
                price=Decimal(row.price),
                country=row.country,
                network=row.network,
                network_name=row.network_name,
            )
        )
    return found


def save_endpoints(session: HotSession, endpoints: Sequence[Endpoint]) -> list[None]:
    """Store endpoints as they are to be from now on."""
    table = schema.webhook_endpoint
    for endpoint in endpoints:
        settings = msgspec.json.encode(endpoint).decode()
        known = session.connection.execute(
            table.update().where(table.c.name == endpoint.name).values(settings=settings)
        )
        if not known.rowcount:
            session.connection.execute(table.insert().values(name=endpoint.name, settings=settings))
    return [None] * len(endpoints)


def endpoints(connection: sa.Connection) -> list[Endpoint]:
    """All of them, by their names."""
    table = schema.webhook_endpoint
    return [
        msgspec.json.decode(settings, type=Endpoint)
        for settings in connection.execute(sa.select(table.c.settings).order_by(table.c.name)).scalars()
    ]
