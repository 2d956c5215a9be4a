"""The only place where everything meets: settings become a running hub.

Long because all rooms are joined here and nowhere else.
"""

import asyncio
import fcntl
import gc
import hmac
import os
import resource
import secrets
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from pathlib import Path

import msgspec
import uvloop

from receipted import __version__, logs, providers
from receipted.domain.event import Event
from receipted.domain.message import Message
from receipted.doors.api import api
from receipted.doors.metrics import Metrics
from receipted.doors.server import Server, listen, unless_stopped
from receipted.doors.webhooks import App, Doorway, Read, Scope, Send, WebhookDoor, not_found
from receipted.hub.accept import Accept, SendRequest
from receipted.hub.expire import Expire
from receipted.hub.notify import Listener, Notify
from receipted.hub.ports import Finding, Observe, Provider
from receipted.hub.receive import Receive
from receipted.hub.submit import Submit
from receipted.hub.wake import LocalWake
from receipted.providers.http import AiohttpClient
from receipted.settings import Settings
from receipted.storage.ids import new_id
from receipted.storage.store import SqlStore, inspect, open_store, place

DRAIN_S = 4.0
"""How long submits that are under way may take to be answered when the hub stops, for all providers together."""
RESUME_LIMIT = 200_000
"""Parts that a provider is told of after a restart: as many as the sandbox remembers."""
GARBAGE_THRESHOLD = 10_000
"""New objects between two looks for garbage; requests make hardly any that is not freed at once."""
SWITCH_S = 0.00002
"""How soon the writer's thread gets Python's lock back from a busy event loop; a tenth of Python's own default."""


class AlreadyServed(OSError):
    """Another hub uses this data folder. Stop it first, or choose another folder with --data-dir."""


def clock() -> int:
    """Milliseconds since 1970, UTC."""
    return time.time_ns() // 1_000_000


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
        self._queue = {name: LocalWake() for name in _sections(self.settings)}
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
        stack.enter_context(_sole_user(settings.data_dir))
        self.http = AiohttpClient()
        stack.push_async_callback(self.http.close)
        self.providers = _providers(settings, self.http, self.observe)
        self.store = await self._open_store()
        stack.push_async_callback(self.store.close)
        self.receive = Receive(store=self.store, clock=clock, observe=self.observe)
        stack.callback(self.receive.tell)
        self.accept = self._accept()
        self.token, self.token_new = _token(settings.token_file)
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
            providers=self.providers,
            default_provider=_default_provider(self.settings, self.providers),
            clock=clock,
            new_id=new_id,
            wakes=self._queue,
            observe=self.observe,
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
        self._all = Doorway(doors, self._api())

    def _api(self) -> App:
        return api(  # type: ignore[return-value]
            accept=self.accept,
            store=self.store,
            providers=self.providers,
            wake_events=self._events,
            token_ok=self._token_ok,
            registry=self.metrics.registry,
            clock=clock,
        )

    def _token_ok(self, token: str) -> bool:
        return hmac.compare_digest(token.encode(), self.token.encode())

    async def _whole(self, scope: Scope, read: Read, send: Send) -> None:
        await self._all(scope, read, send)

    async def _webhooks(self, scope: Scope, read: Read, send: Send) -> None:
        await self._doors(scope, read, send)

    async def _start_providers(self, stack: AsyncExitStack) -> None:
        for provider in self.providers.values():
            await provider.start(self.receive)
            stack.push_async_callback(provider.close)
            if provider.resumes:
                await provider.resume(await self.store.outstanding(provider.name, RESUME_LIMIT))

    async def _start_workers(self, stack: AsyncExitStack) -> None:
        expire = Expire(
            store=self.store,
            clock=clock,
            observe=self.observe,
            stop=LocalWake(),
            every_s=self.settings.expiry.every_s,
        )
        await stack.enter_async_context(_task(expire.run()))
        for name, listener in self._listeners.items():
            notify = Notify(store=self.store, name=name, listener=listener, wake=self._events, observe=self.observe)
            await notify.begin()
            await stack.enter_async_context(_task(notify.run()))
        submits = [self._submit(provider) for provider in self.providers.values()]
        for submit in submits:
            await stack.enter_async_context(_task(submit.run()))
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
        )


LEFT_BY_A_STOP = "the hub stopped before the provider's answer was recorded"
RESTORED = "it was queued in a backup that was restored, and may have been sent since"


# --- serving ----------------------------------------------------------------------------------------------------------


class ServeInfo(msgspec.Struct, frozen=True, kw_only=True):
    """What the banner of ``receipted serve`` says. ``token_new`` is the API token, at the first start only."""

    urls: list[str]
    data: str
    provider: str
    token_file: Path
    token_new: str | None
    webhook_urls: list[str]


def serve(settings: Settings, *, banner: Callable[[ServeInfo], None], after_restore: bool = False) -> None:
    """Run the hub until SIGINT or SIGTERM. ``banner`` is called once it listens; ``after_restore`` as in ``Hub``.

    Raises OSError (port or data folder in use), LookupError or ValidationError (a provider's settings),
    or what the database says when it cannot be reached.
    """
    logs.configure(settings.log.level, json_lines=settings.log.json_lines)
    sys.setswitchinterval(SWITCH_S)
    _many_files()
    uvloop.run(_serve(settings, banner, after_restore))


async def _serve(settings: Settings, banner: Callable[[ServeInfo], None], after_restore: bool) -> None:
    sock = listen(settings.host, settings.port)
    try:
        async with Hub(settings, after_restore=after_restore) as hub:
            server = Server(
                unless_stopped(hub.app),
                connections=settings.limits.connections,
                arrive_s=settings.limits.body_timeout_s,
                on_stop=hub.let_go,
                tls_cert=str(settings.tls_cert) if settings.tls_cert else None,
                tls_key=str(settings.tls_key) if settings.tls_key else None,
            )
            store = hub.store
            async with _task(server.close_the_slow()):
                banner(_info(hub, sock.getsockname()[1]))
                _settle_garbage()
                await server.serve(sockets=[sock])
        if store.stuck:
            # Its threads wait for a database that does not answer, and would keep the process alive for ever.
            os._exit(1)
    finally:
        sock.close()


def _many_files() -> None:
    """Allow as many open files as the system lets us: each connection is one."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def _settle_garbage() -> None:
    """Keep what was loaded at the start out of the garbage collector's sight: looking through it again and again
    halts everything for a tenth of a second each time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(GARBAGE_THRESHOLD, 20, 20)


def _info(hub: Hub, port: int) -> ServeInfo:
    settings = hub.settings
    scheme = "https" if settings.tls_cert else "http"
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    url = f"{scheme}://{host}:{port}"
    return ServeInfo(
        urls=[url],
        data=place(settings.database.get_secret_value(), settings.data_dir),
        provider=_default_provider(settings, hub.providers),
        token_file=settings.token_file,
        token_new=hub.token if hub.token_new else None,
        webhook_urls=[url + path for provider in hub.providers.values() for path in provider.webhook_paths],
    )


async def examine(settings: Settings) -> list[Finding]:
    """For ``receipted doctor``: the database, and whether each provider can be reached and accepts us."""
    findings = await asyncio.to_thread(inspect, settings.database.get_secret_value(), settings.data_dir)
    http = AiohttpClient()
    try:
        for name, provider in _providers(settings, http, logs.observe).items():
            if name in settings.providers or provider.ready() is None:
                findings += await provider.check()
    finally:
        await http.close()
    return findings


# --- parts ------------------------------------------------------------------------------------------------------------


def _sections(settings: Settings) -> dict[str, dict[str, object]]:
    """The settings of all providers: those that are configured, then those that need no configuration."""
    return {**settings.providers, **{name: {} for name in providers.ALWAYS if name not in settings.providers}}


def _providers(settings: Settings, http: AiohttpClient, observe: Observe) -> dict[str, Provider]:
    context = providers.Context(clock=clock, http=http, observe=observe)
    return {name: providers.build(name, section, context) for name, section in _sections(settings).items()}


def _default_provider(settings: Settings, known: dict[str, Provider]) -> str:
    """The one that is set; else the first that can send, the simulated carrier last."""
    if settings.default_provider:
        if settings.default_provider not in known:
            raise LookupError(f"default_provider is {settings.default_provider!r}; there are {', '.join(known)}")
        return settings.default_provider
    fallback = providers.ALWAYS[-1]
    able = [name for name, provider in known.items() if provider.ready() is None]
    return next((name for name in able if name != fallback), fallback)


def _token(file: Path) -> tuple[str, bool]:
    """The API token, and whether it was made just now. Only the file's owner may read it; it is whole or not there."""
    with suppress(FileNotFoundError):
        if token := file.read_text("ascii").strip():
            return token, False
    token = secrets.token_urlsafe(32)
    new = file.with_suffix(".new")
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as opened:
        opened.write(token + "\n")
        opened.flush()
        os.fsync(opened.fileno())
    new.replace(file)
    return token, True


@contextmanager
def _sole_user(folder: Path) -> Iterator[None]:
    """Holds the data folder's lock, so that a second hub on the same file is refused instead of doing harm."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (folder / "lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AlreadyServed(AlreadyServed.__doc__) from None
        yield


async def _drain(submits: Sequence[Submit]) -> None:
    await asyncio.gather(*(submit.drain(DRAIN_S) for submit in submits))


@asynccontextmanager
async def _task(work: Coroutine[None, None, None]) -> AsyncIterator[None]:
    """Runs beside the block, and ends with it."""
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])
