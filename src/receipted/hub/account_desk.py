"""Opening and changing accounts: what is wrong is named, addresses are proved, secrets are shown once."""

from decimal import Decimal
from typing import Any, NamedTuple

import msgspec

from receipted.dialects.vonage.digest import METHODS
from receipted.domain import phone
from receipted.domain.account import MOST_SECRETS, Account
from receipted.domain.errors import Conflict, InvalidRequest
from receipted.hub.accounts import Accounts
from receipted.hub.callback import Callbacks
from receipted.hub.ports import Clock
from receipted.hub.secrets import hashed, new_api_key, new_secret

API_KEY_CHARACTERS = 8
SECRET_CHARACTERS = (6, 32)
"""Of an API secret that somebody brings along (reference vonage-sms 1.2)."""
SIGNATURE_CHARACTERS = (8, 128)
MOST_LISTED = 10_000


class Opened(NamedTuple):
    """An account with the API secret that is shown this once."""

    account: Account
    secret: str


class AccountDesk:
    """What the hub's owner may do with accounts. ``providers`` are the names that one may be fixed to."""

    def __init__(self, *, accounts: Accounts, callbacks: Callbacks, providers: frozenset[str], clock: Clock) -> None:
        self._accounts = accounts
        self._callbacks = callbacks
        self._providers = providers
        self._clock = clock

    async def open(self, api_key: str | None, secret: str | None, settings: dict[str, Any]) -> Opened:
        """Open an account; key and secret are made unless they are brought along. Raises InvalidRequest, Conflict."""
        api_key = api_key or new_api_key()
        if len(api_key) != API_KEY_CHARACTERS or not (api_key.isascii() and api_key.isalnum()):
            raise InvalidRequest("api_key", f"must have {API_KEY_CHARACTERS} letters and digits")
        if self._accounts.find(api_key) is not None:
            raise Conflict(f"there is an account {api_key} already")
        secret = _checked("api_secret", secret, SECRET_CHARACTERS) if secret else new_secret()
        blank = Account(api_key=api_key, secret_hashes=(hashed(secret),), created_ms=self._clock())
        account = msgspec.structs.replace(blank, **await self._good(blank, settings))
        await self._accounts.save(account)
        return Opened(account, secret)

    async def change(self, api_key: str, settings: dict[str, Any]) -> Account:
        """Change the settings that are given. Raises InvalidRequest, NotFound."""
        good = await self._good(self._accounts.account(api_key), settings)
        return await self._accounts.change(api_key, **good)

    async def rotate_secret(self, api_key: str) -> Opened:
        """Give an account another secret; the one before stays good, the one before that does not."""
        account, secret = self._accounts.account(api_key), new_secret()
        hashes = (hashed(secret), *account.secret_hashes)[:MOST_SECRETS]
        return Opened(await self._accounts.change(api_key, secret_hashes=hashes), secret)

    async def end_old_secret(self, api_key: str) -> Account:
        """Only the newest secret is good from now on."""
        return await self._accounts.change(api_key, secret_hashes=self._accounts.account(api_key).secret_hashes[:1])

    async def pay_in(self, api_key: str, amount: Decimal) -> Decimal:
        """Add to a balance; a negative amount takes away. The new one. Raises NotFound."""
        self._accounts.account(api_key)
        return await self._accounts.pay_in(api_key, amount)

    async def _good(self, account: Account, settings: dict[str, Any]) -> dict[str, Any]:
        """The settings as they are stored. Raises InvalidRequest naming the one that is wrong."""
        good = dict(settings)
        if good.get("signature_secret"):
            _checked("signature_secret", good["signature_secret"], SIGNATURE_CHARACTERS)
        if good.get("signature_method", "md5hash") not in METHODS:
            raise InvalidRequest("signature_method", f"must be one of {', '.join(METHODS)}")
        if good.get("provider") and good["provider"] not in self._providers:
            raise InvalidRequest("provider", f"there is none called {good['provider']!r}")
        for name in ("recipients", "barred"):
            if name in good:
                good[name] = tuple(_number(name, number) for number in _bounded(name, good[name]))
        if "senders" in good:
            good["senders"] = tuple(_bounded("senders", good["senders"]))
        if good.get("dlr_url"):
            whole = msgspec.structs.replace(account, **good)
            await self._callbacks.prove("dlr_url", whole.dlr_url, whole, whole.dlr_method)
        return good


def _checked(field: str, secret: str, characters: tuple[int, int]) -> str:
    least, most = characters
    if not (least <= len(secret) <= most and secret.isascii() and secret.isprintable()):
        raise InvalidRequest(field, f"must have from {least} to {most} printable characters")
    return secret


def _bounded(field: str, items: list[str]) -> list[str]:
    if len(items) > MOST_LISTED:
        raise InvalidRequest(field, f"may list {MOST_LISTED} at most")
    return items


def _number(field: str, number: str) -> str:
    try:
        return phone.msisdn(number)
    except InvalidRequest as error:
        raise InvalidRequest(field, f"{number[:20]!r} {error.problem}") from None
