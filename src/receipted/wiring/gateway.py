"""The front door put together: accounts, the SMS and account APIs, and the telling of applications."""

from contextlib import AsyncExitStack

from litestar.handlers import HTTPRouteHandler

from receipted.dialects.vonage.codes import written_err_code
from receipted.doors.account_api import AccountDoor
from receipted.doors.api_accounts import accounts_api
from receipted.doors.api_endpoints import endpoints_api
from receipted.doors.sms_api import PATHS, SmsDoor
from receipted.doors.webhooks import App
from receipted.hub import ladder
from receipted.hub.accept import Accept
from receipted.hub.account_desk import AccountDesk
from receipted.hub.accounts import Accounts
from receipted.hub.callback import Callbacks
from receipted.hub.endpoint_desk import EndpointDesk
from receipted.hub.endpoints import Endpoints
from receipted.hub.gateway import Gateway
from receipted.hub.guard import Guard
from receipted.hub.notify import Notify
from receipted.hub.outbox import Due
from receipted.hub.ports import Observe, Provider, Wake
from receipted.hub.routing import Routing
from receipted.hub.secrets import SecretCheck
from receipted.providers.http import AiohttpClient
from receipted.settings import Settings
from receipted.storage.store import SqlStore
from receipted.wiring.starting import beside, clock

DRAIN_S = 2.0
"""How long requests to applications may take to be answered when the hub stops."""
ANSWER_OCTETS = 4_096
"""What is read of an application's answer at most."""


class FrontDoor:
    """``await open(stack)``, then ``doors`` and ``operations`` are what there is, and applications are told."""

    def __init__(
        self,
        *,
        settings: Settings,
        store: SqlStore,
        accept: Accept,
        routing: Routing,
        providers: dict[str, Provider],
        observe: Observe,
        wake: Wake,
    ) -> None:
        self._settings = settings
        self._store = store
        self._providers = providers
        self._observe = observe
        self._wake = wake
        guard = Guard(allowed=tuple(settings.webhooks.allow))
        self._http = AiohttpClient(body_bytes=ANSWER_OCTETS, guard=guard)
        self.accounts = Accounts(store)
        callbacks = Callbacks(http=self._http, guard=guard, clock=clock)
        gateway = Gateway(
            accounts=self.accounts, accept=accept, check=SecretCheck(), guard=guard, clock=clock, observe=observe
        )
        limit = settings.limits.body_bytes
        sms = SmsDoor(gateway=gateway, observe=observe, body_bytes=limit)
        account = AccountDoor(
            gateway=gateway, accounts=self.accounts, store=store, callbacks=callbacks, body_bytes=limit
        )
        self.doors: dict[str, App] = dict.fromkeys(PATHS, sms) | account.doors
        account_desk = AccountDesk(
            accounts=self.accounts, callbacks=callbacks, providers=frozenset(providers), clock=clock
        )
        endpoint_desk = EndpointDesk(
            accounts=self.accounts,
            store=store,
            outbox=store,
            http=self._http,
            guard=guard,
            timeout_s=settings.webhooks.timeout_s,
            clock=clock,
            wake=wake,
        )
        self.operations: list[HTTPRouteHandler] = [
            *accounts_api(account_desk, self.accounts, store),
            *endpoints_api(endpoint_desk, self.accounts, store, routing),
        ]

    async def open(self, stack: AsyncExitStack) -> None:
        """Read the accounts."""
        stack.push_async_callback(self._http.close)
        await self.accounts.load()

    async def start(self, stack: AsyncExitStack) -> None:
        """Begin to tell applications."""
        wanted = self._settings.webhooks
        notify = Notify(
            outbox=self._store,
            accounts=self.accounts,
            endpoints=Endpoints(
                accounts=self.accounts,
                store=self._store,
                outbox=self._store,
                give_up_ms=wanted.events_for_s * 1000,
                observe=self._observe,
            ),
            http=self._http,
            err_code=self._err_code,
            receipts=ladder.receipts(wanted.receipts_for_s),
            events=ladder.events(wanted.events_for_s),
            at_once=wanted.at_once,
            timeout_s=wanted.timeout_s,
            clock=clock,
            observe=self._observe,
            wake=self._wake,
        )
        stack.push_async_callback(notify.drain, DRAIN_S)
        await stack.enter_async_context(beside(notify.run()))

    def _err_code(self, due: Due) -> str:
        """Vonage's err-code for what the provider's own code means."""
        code, provider = due.delivery.err_code, self._providers.get(due.message.provider)
        advice = provider.advise(code, at_submit=False) if provider and code else None
        return written_err_code(due.delivery.status, advice.code if advice else code)
