"""The whole hub as a value: settings in, a running loop with its doors out."""

import asyncio
import hmac
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from receipted import __version__, logs
from receipted.domain.event import Event
from receipted.domain.message import Message
from receipted.doors.api import api
from receipted.doors.metrics import Metrics
from receipted.doors.webhooks import App, Doorway, Read, Scope, Send, WebhookDoor, not_found
from receipted.hub.accept import Accept, SendRequest
from receipted.hub.expire import Expire
from receipted.hub.inbound import TakeInbound
from receipted.hub.listen import Listen, Listener
from receipted.hub.ports import Observe, Provider
from receipted.hub.receive import Receive
from receipted.hub.submit import Submit
from receipted.hub.wake import LocalWake
from receipted.providers.http import AiohttpClient
from receipted.settings import Settings
from receipted.storage.ids import new_id
from receipted.storage.store import SqlStore, open_store, place
from receipted.wiring import simulated
from receipted.wiring.gateway import FrontDoor
from receipted.wiring.providing import build_all, sections_of
from receipted.wiring.routing import routing_of
from receipted.wiring.simulated import is_inside
from receipted.wiring.starting import api_token, beside, clock, sole_user

DRAIN_S = 4.0
"""How long submits that are under way may take to be answered when the hub stops, for all providers together."""
RESUME_LIMIT = 200_000
"""Parts that a provider is told of after a restart: as many as the sandbox remembers."""
LEFT_BY_A_STOP = "the hub stopped before the provider's answer was recorded"
RESTORED = "it was queued in a backup that was restored, and may have been sent since"


class Hub:
    """The whole hub as a value: ``async with Hub(settings) as hub`` runs it, in our server or in your application.

    ``app`` is its whole HTTP side. ``webhooks`` is only the doors for receipts, to be mounted in an application of
    your own. ``send`` takes a message; ``on_event`` registers a listener for changes of status.
    """

    def __init__(
        self, settings: Settings | None = None, *, observe: Observe | None = None, after_restore: bool = False
    ) -> None:
        """``after_restore``: the database is a backup put back, so what is queued in it may have been sent since.

        Such messages are not sent again; receipts settle them, or they become unknown (promise 5).
        """
        self._after_restore = after_restore
        self.settings = settings or Settings()
        self.metrics = Metrics()
        self._say: Observe = observe or logs.observe
        self._listeners: dict[str, Listener] = {}
        self._events = LocalWake()
        self._queue: dict[str, LocalWake] = {}
        self.app: App = self._whole
        self.webhooks: App = self._webhooks
        self._all: App = not_found
        self._doors: App = not_found
        self._started = False
        self._running = AsyncExitStack()

    # --- what an application uses -------------------------------------------------------------------------------------

    async def send(
        self,
        *,
        to: str,
        from_: str,
        text: str,
        client_ref: str | None = None,
        provider: str | None = None,
        idempotency_key: str | None = None,
    ) -> Message:
        """Send an SMS. Returns when it is stored; it is submitted soon after.

        Raises InvalidRequest (names the field), Conflict, Overloaded or StorageUnavailable.
        """
        return await self.accept(
            SendRequest(
                recipient=to,
                sender=from_,
                text=text,
                client_ref=client_ref,
                provider=provider,
                idempotency_key=idempotency_key,
            )
        )

    def on_event(self, listener: Callable[[Event], Awaitable[None]]) -> Callable[[Event], Awaitable[None]]:
        """Register a coroutine function that is told of each change of status, at least once and in order.

        Its place in the feed is kept under its name (module and qualified name), so that it goes on where it was after
        a restart. Raises RuntimeError after the start of the hub, or when the name is taken.
        """
        name = f"{listener.__module__}.{listener.__qualname__}"
        if self._started:
            raise RuntimeError(f"register {name} before the hub starts")
        if name in self._listeners:
            raise RuntimeError(f"there is a listener called {name} already; give this one another name")
        self._listeners[name] = listener
        return listener

    async def message(self, message_id: str) -> Message:
        """One message with its parts, as it is now. Raises NotFound."""
        return await self.store.message(message_id)

    def let_go(self) -> None:
        """Answer now whoever waits for events: the hub is about to stop."""
        self._events.close()

    # --- running ------------------------------------------------------------------------------------------------------

    async def __aenter__(self) -> "Hub":
        async with AsyncExitStack() as stack:
            await self._start(stack)
            self._running = stack.pop_all()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._running.aclose()

    @asynccontextmanager
    async def lifespan(self, _app: object = None) -> AsyncIterator[None]:
        """``async with hub`` in the form that applications take: ``FastAPI(lifespan=hub.lifespan)``."""
        async with self:
            yield

    async def _start(self, stack: AsyncExitStack) -> None:
        settings = self.settings
        self._started = True
        stack.enter_context(sole_user(settings.data_dir))
        self.http = AiohttpClient()
        stack.push_async_callback(self.http.close)
        inside = {simulated.NAME: await simulated.start(settings, self.observe, stack)} if is_inside(settings) else {}
        self.providers = build_all(sections_of(settings, inside), self.http, self.observe)
        self._queue = {name: LocalWake() for name in self.providers}
        self.store = await self._open_store()
        stack.push_async_callback(self.store.close)
        self.receive = Receive(store=self.store, clock=clock, observe=self.observe)
        stack.callback(self.receive.tell)
        self.take_inbound = TakeInbound(store=self.store, clock=clock, observe=self.observe)
        stack.callback(self.take_inbound.tell)
        self.routing = routing_of(settings, self.providers, self.store, self.observe)
        self.accept = self._accept()
        self.token, self.token_new = api_token(settings.token_file)
        self.front = self._front_door()
        await self.front.open(stack)
        self._open_doors()
        await self._recover()
        await self._start_providers(stack)
        await self._start_workers(stack)
        self.observe("hub.started", version=__version__, data=place(*self._database()), providers=list(self.providers))
        stack.callback(self.observe, "hub.stopped")

    async def _recover(self) -> None:
        """Settle what a stop or a restored backup has left in doubt: it may have been sent, so it is not sent again."""
        due_ms = clock() + self.settings.expiry.ambiguous_s * 1000
        reason = RESTORED if self._after_restore else LEFT_BY_A_STOP
        if doubtful := await self.store.recover(clock(), due_ms, reason, waiting=self._after_restore):
            self.observe("messages.doubtful", count=doubtful, reason=reason)

    def observe(self, what: str, **facts: object) -> None:
        """One unit of work: counted, and written to the log."""
        self.metrics(what, **facts)
        self._say(what, **facts)

    def _database(self) -> tuple[str, Path]:
        return self.settings.database.get_secret_value(), self.settings.data_dir

    async def _open_store(self) -> SqlStore:
        settings = self.settings
        return await open_store(
            *self._database(),
            waiting=settings.limits.waiting,
            rejected_kept=settings.limits.rejected_kept,
            observe=self.observe,
            events=self._events,
        )

    def _accept(self) -> Accept:
        return Accept(
            store=self.store,
            choose=self.routing,
            clock=clock,
            new_id=new_id,
            wakes=self._queue,
            observe=self.observe,
        )

    def _front_door(self) -> FrontDoor:
        return FrontDoor(
            settings=self.settings,
            store=self.store,
            accept=self.accept,
            routing=self.routing,
            providers=self.providers,
            observe=self.observe,
            wake=self._events,
        )

    def _open_doors(self) -> None:
        limits = self.settings.limits
        doors: dict[str, App] = {}
        for provider in self.providers.values():
            door = WebhookDoor(
                provider=provider,
                receive=self.receive,
                store=self.store,
                clock=clock,
                observe=self.observe,
                body_bytes=limits.body_bytes,
                rejected_per_s=limits.rejected_per_s,
            )
            doors |= dict.fromkeys(provider.webhook_paths, door)
        self._doors = Doorway(doors, not_found)
        self._all = Doorway(doors | self.front.doors, self._api())

    def _api(self) -> App:
        return api(  # type: ignore[return-value]
            accept=self.accept,
            store=self.store,
            providers=self.providers,
            wake_events=self._events,
            token_ok=self._token_ok,
            registry=self.metrics.registry,
            clock=clock,
            more=self.front.operations,
        )

    def _token_ok(self, token: str) -> bool:
        return hmac.compare_digest(token.encode(), self.token.encode())

    async def _whole(self, scope: Scope, read: Read, send: Send) -> None:
        await self._all(scope, read, send)

    async def _webhooks(self, scope: Scope, read: Read, send: Send) -> None:
        await self._doors(scope, read, send)

    async def _start_providers(self, stack: AsyncExitStack) -> None:
        for provider in self.providers.values():
            stack.push_async_callback(provider.close)
            if provider.resumes:
                await provider.resume(await self.store.outstanding(provider.name, RESUME_LIMIT))
            await provider.start(self.receive, self.take_inbound)

    async def _start_workers(self, stack: AsyncExitStack) -> None:
        expire = Expire(
            store=self.store,
            clock=clock,
            observe=self.observe,
            stop=LocalWake(),
            every_s=self.settings.expiry.every_s,
        )
        await stack.enter_async_context(beside(expire.run()))
        for name, listener in self._listeners.items():
            notify = Listen(store=self.store, name=name, listener=listener, wake=self._events, observe=self.observe)
            await notify.begin()
            await stack.enter_async_context(beside(notify.run()))
        await self.front.start(stack)
        await stack.enter_async_context(beside(self.routing.watch(self.settings.routing.look_every_s)))
        submits = [self._submit(provider) for provider in self.providers.values()]
        for submit in submits:
            await stack.enter_async_context(beside(submit.run()))
        stack.push_async_callback(_drain, submits)

    def _submit(self, provider: Provider) -> Submit:
        return Submit(
            store=self.store,
            provider=provider,
            clock=clock,
            observe=self.observe,
            wake=self._queue[provider.name],
            ambiguous_s=self.settings.expiry.ambiguous_s,
            unsent_s=self.settings.expiry.unsent_s,
            tally=self.routing.tallies[provider.name],
            wake_other=lambda name: self._queue[name].set(),
        )


async def _drain(submits: Sequence[Submit]) -> None:
    await asyncio.gather(*(submit.drain(DRAIN_S) for submit in submits))
