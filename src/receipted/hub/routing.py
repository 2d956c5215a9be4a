"""Choosing who takes a message: ``route`` decides, this keeps what it needs to know of the providers up to date.

How receipts come is asked of the store again and again, so that a restart forgets nothing of it; how submits end is
counted here as they do.
"""

import asyncio
import random
from collections import deque
from collections.abc import Mapping, Sequence
from typing import Protocol

import msgspec

from receipted.domain.errors import InvalidRequest, Overloaded, StorageUnavailable
from receipted.hub.health import Limits, Sample, standing
from receipted.hub.ports import Clock, Observe, Provider
from receipted.hub.route import WINDOW_MIN, Decision, Destination, Policy, Route, Standing, decide, next_after

WINDOW_MS = WINDOW_MIN * 60_000
MOST_LOOKED_AT = 20_000
"""Messages that a look at the store counts at most: the newest ones."""


class Choose(Protocol):
    """Gives the provider of a message, and how that was decided, as JSON (None: nothing had to be decided)."""

    def __call__(self, destination: Destination, wanted: str | None) -> tuple[str, str | None]: ...


class Samples(Protocol):
    """The store's side: how the receipts of the messages accepted since then came, by provider."""

    async def samples(self, since_ms: int, now_ms: int, slow_ms: int, limit: int) -> Mapping[str, Sample]: ...


class Tally:
    """How the submits of one provider ended within the window."""

    def __init__(self) -> None:
        self._ends: deque[tuple[int, bool]] = deque(maxlen=MOST_LOOKED_AT)
        self._throttled_until_ms = 0

    def add(self, at_ms: int, *, failed: bool) -> None:
        """A submit ended: taken, or put off or refused through no fault of the message."""
        self._ends.append((at_ms, failed))

    def throttled(self, until_ms: int) -> None:
        """The provider asked for a pause."""
        self._throttled_until_ms = until_ms

    def is_throttled(self, now_ms: int) -> bool:
        return now_ms < self._throttled_until_ms

    def count(self, now_ms: int) -> tuple[int, int]:
        """How many ended, and how many of them failed."""
        while self._ends and self._ends[0][0] < now_ms - WINDOW_MS:
            self._ends.popleft()
        return len(self._ends), sum(failed for _, failed in self._ends)


class Routing:
    """The routing table at work. Without any route all messages go to the default provider, as nothing is to choose."""

    def __init__(
        self,
        *,
        providers: Mapping[str, Provider],
        default_provider: str,
        routes: Sequence[Route],
        policy: Policy,
        limits: Limits,
        slow_s: float,
        store: Samples,
        clock: Clock,
        observe: Observe,
    ) -> None:
        self._providers = providers
        self._default_provider = default_provider
        self._routes = routes
        self._policy = policy
        self._limits = limits
        self._slow_ms = int(slow_s * 1000)
        self._store = store
        self._clock = clock
        self._observe = observe
        self.tallies: dict[str, Tally] = {name: Tally() for name in providers}
        self._samples: Mapping[str, Sample] = {}
        self._eases: dict[str, float] = {}

    def __call__(self, destination: Destination, wanted: str | None) -> tuple[str, str | None]:
        """Raises InvalidRequest for a provider that is not there or cannot send, and where no route leads."""
        if wanted is None and self._routes:
            decision = self.decide(destination)
            return decision.provider, msgspec.json.encode(decision).decode()
        return self._named(wanted or self._default_provider), None

    def decide(self, destination: Destination) -> Decision:
        """The decision about a number as it would be made now. Raises InvalidRequest where no route leads."""
        if not self._routes:
            return Decision(provider=self._named(self._default_provider), policy="default", considered=())
        return decide(
            destination,
            self._routes,
            self._standings(),
            self._policy,
            roll=random.random(),  # noqa: S311
            error_limit=self._limits.error_share,
        )

    async def watch(self, every_s: float) -> None:
        """Until cancelled: look at how receipts come. Without routes there is nothing to look for."""
        while self._routes:
            try:
                await self._look()
            except (Overloaded, StorageUnavailable) as error:
                self._observe("routing.postponed", problem=str(error))
            await asyncio.sleep(every_s)

    async def _look(self) -> None:
        now_ms = self._clock()
        self._samples = await self._store.samples(now_ms - WINDOW_MS, now_ms, self._slow_ms, MOST_LOOKED_AT)
        for name in self._providers:
            before = self._eases.get(name, 1.0)
            eased = self._standing(name, now_ms, before).ease
            self._eases[name] = eased
            if eased != before:
                self._observe("routing.eased", provider=name, ease=eased, before=before)

    def _standings(self) -> dict[str, Standing]:
        now_ms = self._clock()
        return {
            name: msgspec.structs.replace(self._standing(name, now_ms, 1.0), ease=self._eases.get(name, 1.0))
            for name in {route.provider for route in self._routes}
        }

    def _standing(self, name: str, now_ms: int, ease: float) -> Standing:
        provider, tally = self._providers[name], self.tallies[name]
        submits, failed = tally.count(now_ms)
        sample = msgspec.structs.replace(self._samples.get(name, Sample()), submits=submits, failed=failed)
        return standing(
            sample,
            ease=ease,
            limits=self._limits,
            unready=provider.missing() or provider.ready(),
            throttled=tally.is_throttled(now_ms),
        )

    def _named(self, name: str) -> str:
        if name not in self._providers:
            raise InvalidRequest("provider", f"there is none called {name!r}; there are {', '.join(self._providers)}")
        missing = self._providers[name].missing()
        if missing:
            raise InvalidRequest("provider", f"{name} cannot send yet: {missing}")
        return name


def onward(route: str | None, provider: str, reason: str) -> tuple[str, str] | None:
    """Where a message goes that ``provider`` did not take, and the decision with that written into it.

    None if nothing was decided about it, or nobody is left: each provider is tried once, in the order of the decision.
    """
    if route is None:
        return None
    decision = msgspec.json.decode(route, type=Decision)
    names = [one.provider for one in decision.considered]
    tried = names[: names.index(provider) + 1] if provider in names else names
    following = next_after(decision, tried)
    if following is None:
        return None
    considered = tuple(
        msgspec.structs.replace(one, taken=False, reason=f"did not take it: {reason}")
        if one.provider == provider
        else one
        for one in decision.considered
    )
    moved = msgspec.structs.replace(decision, provider=following, considered=considered)
    return following, msgspec.json.encode(moved).decode()
