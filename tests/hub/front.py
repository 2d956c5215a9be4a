"""A front door over the real store: an account, prices, and a far application that answers as the test says."""

from collections.abc import Awaitable, Callable, Mapping
from decimal import Decimal
from typing import Any

from receipted.domain.account import Account
from receipted.domain.price import Price
from receipted.hub import ladder
from receipted.hub.accept import Accept
from receipted.hub.accounts import Accounts
from receipted.hub.endpoints import Endpoints
from receipted.hub.gateway import Gateway
from receipted.hub.guard import Guard
from receipted.hub.notify import Notify
from receipted.hub.outbox import Due
from receipted.hub.ports import HttpAnswer, HttpFailure
from receipted.hub.secrets import SecretCheck, hashed
from receipted.hub.wake import LocalWake
from receipted.storage.ids import new_id
from tests.contracts.store_samples import Place
from tests.hub.stage import Clock, Far, routing

KEY, SECRET = "abcd1234", "Secret123"
HASH = hashed(SECRET)
GB = Price(prefix="4477", price=Decimal("0.0333"), country="GB", network="23410")
GOOD = {"api_key": KEY, "api_secret": SECRET, "from": "AcmeInc", "to": "447700900000", "text": "Hello"}


class Front:
    """``await open(**settings)`` gives the account; ``sms(**fields)`` asks for an SMS in its name."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.clock = Clock()
        self.far = Far()
        self.accounts = Accounts(place.store)
        accept = Accept(
            store=place.store,
            choose=routing(place, {"far": self.far}),
            clock=self.clock,
            new_id=new_id,
            wakes={"far": LocalWake()},
            observe=place.observe,
        )
        self.gateway = Gateway(
            accounts=self.accounts,
            accept=accept,
            check=SecretCheck(),
            guard=Guard(),
            clock=self.clock,
            observe=place.observe,
        )

    async def open(self, *, balance: str = "10", prices: list[Price] | None = None, **settings: Any) -> Account:
        account = Account(api_key=KEY, secret_hashes=(HASH,), **{"rate_per_s": 0, **settings})
        await self.accounts.save(account)
        await self.accounts.pay_in(KEY, Decimal(balance))
        await self.accounts.replace_prices("", [GB] if prices is None else prices)
        return account

    async def sms(self, authorization: str = "", **changes: str) -> list[dict[str, str]]:
        """The items of the answer, as far as they say anything; a field given as "" is left out."""
        fields = {name.replace("_", "-") if "api" not in name else name: value for name, value in changes.items()}
        whole = {name: value for name, value in {**GOOD, **fields}.items() if value}
        items = await self.gateway.sms(whole, authorization)
        return [
            {name: value for name in item.__struct_fields__ if (value := getattr(item, name)) is not None}
            for item in items
        ]


Answer = Callable[[str], Awaitable[HttpAnswer | HttpFailure]]


def answered(status: int = 200, **headers: str) -> HttpAnswer:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return HttpAnswer(status=status, headers=named, body=b"", elapsed_ms=3)


DOWN = HttpFailure(problem="no connection: refused", kind="refused", sent=False)


class Application:
    """The Http port with far applications behind it; ``answers`` by the beginning of the URL, 200 otherwise."""

    def __init__(self) -> None:
        self.answers: dict[str, Answer] = {}
        self.calls: list[tuple[str, str, Mapping[str, str], bytes | None]] = []
        self.under_way = 0
        self.most_under_way = 0

    async def call(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        connect_timeout_s: float = 3.0,
        timeout_s: float = 15.0,
    ) -> HttpAnswer | HttpFailure:
        self.calls.append((method, url, headers or {}, body))
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        try:
            answer = next((one for start, one in self.answers.items() if url.startswith(start)), None)
            return await answer(url) if answer else answered()
        finally:
            self.under_way -= 1


def telling(
    place: Place,
    accounts: Accounts,
    http: Application,
    clock: Clock,
    *,
    at_once: int = 4,
    give_up_ms: int = 259_200_000,
) -> Notify:
    """The worker that tells, over the real store."""
    return Notify(
        outbox=place.store,
        accounts=accounts,
        endpoints=Endpoints(
            accounts=accounts, store=place.store, outbox=place.store, give_up_ms=give_up_ms, observe=place.observe
        ),
        http=http,
        err_code=_err_code,
        receipts=ladder.receipts(86_400),
        events=ladder.events(259_200),
        at_once=at_once,
        timeout_s=15.0,
        clock=clock,
        observe=place.observe,
        wake=place.events,
    )


def _err_code(due: Due) -> str:
    return due.delivery.err_code or "0"
