"""Who gets a message: the providers whose routes lead to its number, in the order in which they are tried, and why.

Pure: how each provider does comes in as its ``Standing``, chance as one ``roll``. The same input gives the same
decision, and every provider that was looked at stands in it with a reason for people.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

import msgspec

from receipted.domain.errors import InvalidRequest

WINDOW_MIN = 15
"""How far back the shares of a standing look, in minutes."""

ANY, COUNTRY, NETWORK, PREFIX = range(4)
"""How closely a route fits a number; the closer wins."""


class Policy(StrEnum):
    """What puts one provider before another."""

    LEAST_COST = "least-cost"
    BEST_DELIVERY = "best-delivery"
    WEIGHTED = "weighted"
    FIXED = "fixed"
    """The order of the routing table."""


class Route(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the routing table: it leads to numbers that any of its entries fits; without any entry, to all.

    ``countries`` two letters, ``networks`` MCC and MNC, ``prefixes`` the first digits of an MSISDN. ``cost`` is that of
    one part, in whatever currency the table keeps to. ``weight`` counts in ``weighted`` only; 0 = a fallback only.
    """

    provider: str
    countries: tuple[str, ...] = ()
    networks: tuple[str, ...] = ()
    prefixes: tuple[str, ...] = ()
    cost: Decimal | None = None
    weight: float = 1.0


class Destination(msgspec.Struct, frozen=True, kw_only=True):
    """Where a message goes: an MSISDN (digits), its country, and its network (MCC and MNC); "" if unknown."""

    recipient: str
    country: str = ""
    network: str = ""


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """How a provider does now. All shares are 0 to 1, counted over the last ``WINDOW_MIN`` minutes.

    ``unready`` says why it cannot take messages, None if it can. ``delivered_share`` is None while nothing is known.
    ``ease`` is the share of its traffic that it is trusted with.
    """

    unready: str | None = None
    throttled: bool = False
    error_share: float = 0.0
    slow_share: float = 0.0
    delivered_share: float | None = None
    ease: float = 1.0


class Considered(msgspec.Struct, frozen=True, kw_only=True):
    """One provider that a route leads through. ``taken`` False: passed over, tried only when the others have failed."""

    provider: str
    taken: bool
    reason: str
    cost: str | None = None


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """Who gets a message first, and every provider that was looked at, in the order in which they are tried."""

    provider: str
    policy: str
    considered: tuple[Considered, ...]


def next_after(decision: Decision, failed: Collection[str]) -> str | None:
    """The next provider to try once those in ``failed`` could not take the message; None if nobody is left."""
    return next((one.provider for one in decision.considered if one.provider not in failed), None)


def decide(
    destination: Destination,
    routes: Sequence[Route],
    standings: Mapping[str, Standing],
    policy: Policy,
    *,
    roll: float,
    error_limit: float = 0.5,
) -> Decision:
    """Who gets the message. ``roll`` (from 0, below 1) is drawn by the caller and stands for all chance in it.

    A provider that cannot take the message now is passed over: it comes after the healthy ones, the least troubled
    first. If all are passed over the best of them has the message, since waiting is better than refusing. Raises
    InvalidRequest naming ``to`` when no route leads to the number.
    """
    candidates = _candidates(destination, routes, standings, error_limit)
    if not candidates:
        where = f"numbers of {destination.country}" if destination.country else "numbers of an unknown country"
        raise InvalidRequest("to", f"no route leads to it: add one for {where}, or one for any destination")
    candidates.sort(key=lambda one: (one.trouble, _place(one, policy)))
    front = [one for one in candidates if one.trouble == candidates[0].trouble]
    rest = candidates[len(front) :]
    gave_way: _Candidate | None = None
    if policy is Policy.WEIGHTED:
        front = _drawn(front, roll)
    elif len(front) > 1 and not front[0].trouble and roll >= front[0].standing.ease:
        gave_way, front[0], front[1] = front[0], front[1], front[0]
    return Decision(
        provider=front[0].provider,
        policy=policy.value,
        considered=tuple(
            Considered(
                provider=one.provider,
                taken=not one.trouble,
                reason=_reason(one, policy, front, gave_way),
                cost=None if one.route.cost is None else f"{one.route.cost:f}",
            )
            for one in front + rest
        ),
    )


# --- who can be asked ------------------------------------------------------------------------------------------------


class _Fit(NamedTuple):
    """How closely a route fits: the kind of its entry, then the digits of a prefix. ``entry`` names it in words."""

    kind: int
    digits: int
    entry: str


class _Candidate(NamedTuple):
    """One provider by the route that counts for it, which is line ``line`` of the table (from 1).

    ``trouble`` 0 = healthy; the greater, the less likely it is to take the message soon. ``why`` says it in words.
    """

    provider: str
    route: Route
    line: int
    fit: _Fit
    standing: Standing
    trouble: int
    why: str

    @property
    def pull(self) -> float:
        """What it has in a draw."""
        return max(self.route.weight * self.standing.ease, 0.0)


def _candidates(
    destination: Destination, routes: Iterable[Route], standings: Mapping[str, Standing], error_limit: float
) -> list[_Candidate]:
    """Each provider once, by the route that fits most closely (the first of equals), in the order of the table."""
    best: dict[str, tuple[int, Route, _Fit]] = {}
    for line, route in enumerate(routes, 1):
        fit = _fit(route, destination)
        if fit and (route.provider not in best or fit[:2] > best[route.provider][2][:2]):
            best[route.provider] = line, route, fit
    found = []
    for provider, (line, route, fit) in sorted(best.items(), key=lambda item: item[1][0]):
        standing = standings.get(provider, Standing())
        trouble, why = _trouble(standing, error_limit)
        found.append(_Candidate(provider, route, line, fit, standing, trouble, why))
    return found


def _fit(route: Route, destination: Destination) -> _Fit | None:
    fitting = [prefix for prefix in route.prefixes if prefix and destination.recipient.startswith(prefix)]
    if fitting:
        longest = max(fitting, key=len)
        return _Fit(PREFIX, len(longest), f"prefix {longest}")
    if destination.network and destination.network in route.networks:
        return _Fit(NETWORK, 0, f"network {destination.network}")
    if destination.country and destination.country in route.countries:
        return _Fit(COUNTRY, 0, f"country {destination.country}")
    if not (route.countries or route.networks or route.prefixes):
        return _Fit(ANY, 0, "any destination")
    return None


def _trouble(standing: Standing, error_limit: float) -> tuple[int, str]:
    if standing.unready is not None:
        return 3, standing.unready or "not ready"
    if standing.error_share > error_limit:
        return 2, f"{_percent(standing.error_share)} of its submits failed in the last {WINDOW_MIN} minutes"
    if standing.throttled:
        return 1, "it throttles"
    return 0, ""


# --- who comes first -------------------------------------------------------------------------------------------------


def _place(one: _Candidate, policy: Policy) -> tuple[bool, Decimal | float]:
    """Sorts by policy, what is not known last. Equals stay in the order of the table."""
    match policy:
        case Policy.LEAST_COST:
            return one.route.cost is None, one.route.cost or 0
        case Policy.BEST_DELIVERY:
            return one.standing.delivered_share is None, -(one.standing.delivered_share or 0)
        case Policy.WEIGHTED:
            return False, -one.pull
        case Policy.FIXED:
            return False, one.line


def _drawn(candidates: list[_Candidate], roll: float) -> list[_Candidate]:
    """The one whose interval ``roll`` falls in, then the others. The intervals lie in the order of the table."""
    at, upto = roll * sum(one.pull for one in candidates), 0.0
    for one in sorted(candidates, key=lambda one: one.line):
        upto += one.pull
        if at < upto:
            return [one, *(other for other in candidates if other is not one)]
    return candidates


# --- why, in words ---------------------------------------------------------------------------------------------------


def _percent(share: float) -> str:
    return f"{share * 100:.0f} %"


def _reason(one: _Candidate, policy: Policy, front: list[_Candidate], gave_way: _Candidate | None) -> str:
    first = one is front[0]
    if one.trouble:
        return f"passed over: {one.why}" + ("; no other can take it sooner, so it waits here" if first else "")
    if one is gave_way:
        slow = f"{_percent(one.standing.slow_share)} in the last {WINDOW_MIN} minutes"
        trusted = _percent(one.standing.ease)
        return f"gives way: it has {trusted} of its traffic since its receipts turned slow ({slow})"
    if first and gave_way:
        return f"in place of {gave_way.provider}: {_merit(one, policy, front, best=False)}"
    return _merit(one, policy, front, best=first)


def _merit(one: _Candidate, policy: Policy, front: list[_Candidate], *, best: bool) -> str:
    """What speaks for a healthy provider."""
    match policy:
        case Policy.LEAST_COST if one.route.cost is None:
            return f"cost unknown for {one.fit.entry}"
        case Policy.LEAST_COST:
            return f"{'cheapest: ' if best else ''}{one.route.cost:f} for {one.fit.entry}"
        case Policy.BEST_DELIVERY if one.standing.delivered_share is None:
            return "not known yet how it delivers"
        case Policy.BEST_DELIVERY:
            return f"{'best delivery: ' if best else ''}{_percent(one.standing.delivered_share or 0)} delivered"
        case Policy.WEIGHTED:
            total = sum(other.pull for other in front)
            share = _percent(one.pull / total if total else 0.0)
            return f"{'drawn: ' if best else ''}it has {share} of the traffic for {one.fit.entry}"
        case Policy.FIXED:
            return f"line {one.line} of the routing table, for {one.fit.entry}"
