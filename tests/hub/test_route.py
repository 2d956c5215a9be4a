"""Who gets a message: by route, then by policy, and never one in trouble before a healthy one."""

from collections.abc import Sequence
from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from receipted.domain.errors import InvalidRequest
from receipted.hub.route import Decision, Destination, Policy, Route, Standing, decide, next_after

LONDON = Destination(recipient="447700900123", country="GB", network="23410")
DOWN = Standing(unready="bind down: connection refused")
FAILING = Standing(error_share=0.75)
THROTTLED = Standing(throttled=True)

HEALTHY = st.builds(
    Standing,
    error_share=st.floats(0, 0.5),
    slow_share=st.floats(0, 1),
    delivered_share=st.none() | st.floats(0, 1),
    ease=st.floats(0, 1),
)
STANDINGS = st.dictionaries(st.sampled_from("abcd"), HEALTHY | st.sampled_from([DOWN, FAILING, THROTTLED]))
ROUTES = st.lists(
    st.builds(
        Route,
        provider=st.sampled_from("abcd"),
        countries=st.sampled_from([(), (), ("GB",), ("FR", "DE")]),
        networks=st.sampled_from([(), (), ("23410", "23415"), ("20801",)]),
        prefixes=st.sampled_from([(), (), ("44", "4477"), ("33",)]),
        cost=st.none() | st.decimals(0, 1, places=4),
        weight=st.floats(0, 10),
    ),
    max_size=8,
)
POLICIES = st.sampled_from(Policy)
ROLLS = st.floats(0, 1, exclude_max=True)


def priced(provider: str, cost: str | None = None, weight: float = 1.0) -> Route:
    return Route(provider=provider, cost=None if cost is None else Decimal(cost), weight=weight)


def order(decision: Decision) -> str:
    return "".join(one.provider for one in decision.considered)


def reasons(decision: Decision) -> list[str]:
    return [one.reason for one in decision.considered]


def leads(route: Route) -> bool:
    """Whether it leads to LONDON, written down anew."""
    free = not (route.countries or route.networks or route.prefixes)
    return free or "GB" in route.countries or "23410" in route.networks or "44" in route.prefixes


# --- which routes lead to a number -----------------------------------------------------------------------------------

TABLE = (
    Route(provider="a", cost=Decimal("0.0500")),
    Route(provider="a", countries=("GB", "IE"), cost=Decimal("0.0400")),
    Route(provider="a", networks=("23410",), cost=Decimal("0.0300")),
    Route(provider="a", prefixes=("44", "4477"), cost=Decimal("0.0210")),
    Route(provider="a", prefixes=("447",), cost=Decimal("0.0100")),
)


@pytest.mark.parametrize(
    ("destination", "reason"),
    [
        (LONDON, "cheapest: 0.0210 for prefix 4477"),
        (Destination(recipient="447900000000", country="GB", network="23410"), "cheapest: 0.0100 for prefix 447"),
        (Destination(recipient="442079460000", country="GB", network="23410"), "cheapest: 0.0210 for prefix 44"),
        (Destination(recipient="353850000000", country="IE", network="23410"), "cheapest: 0.0300 for network 23410"),
        (Destination(recipient="353850000000", country="IE"), "cheapest: 0.0400 for country IE"),
        (Destination(recipient="33612345678", country="FR"), "cheapest: 0.0500 for any destination"),
        (Destination(recipient="88213000000"), "cheapest: 0.0500 for any destination"),
    ],
)
def test_the_closest_route_of_a_provider_counts(destination: Destination, reason: str) -> None:
    for table in (TABLE, TABLE[::-1]):
        (only,) = decide(destination, table, {}, Policy.LEAST_COST, roll=0).considered
        assert only.reason == reason


def test_of_equally_close_routes_the_first_counts() -> None:
    table = [priced("a", "0.02"), priced("a", "0.01")]
    (only,) = decide(LONDON, table, {}, Policy.LEAST_COST, roll=0).considered
    assert only.cost == "0.02"


@pytest.mark.parametrize(
    "route",
    [
        Route(provider="a", countries=("FR", "")),
        Route(provider="a", networks=("20801", "")),
        Route(provider="a", prefixes=("33", "")),
    ],
)
def test_a_number_that_no_route_leads_to_is_refused(route: Route) -> None:
    for table in ([], [route]):
        with pytest.raises(InvalidRequest, match="no route leads to it: add one for numbers of GB") as refused:
            decide(LONDON, table, {}, Policy.FIXED, roll=0)
        assert refused.value.field == "to"


def test_nothing_is_known_of_a_number_without_country_and_network() -> None:
    table = [Route(provider="a", countries=("",), networks=("",), prefixes=("",))]
    with pytest.raises(InvalidRequest, match="an unknown country"):
        decide(Destination(recipient="88213000000"), table, {}, Policy.FIXED, roll=0)


# --- policies --------------------------------------------------------------------------------------------------------


def test_least_cost_takes_the_cheapest_and_unknown_costs_come_last() -> None:
    table = [priced("a"), priced("b", "0.0250"), priced("c", "0.0210"), priced("d", "0.025")]
    decision = decide(LONDON, table, {}, Policy.LEAST_COST, roll=0)
    assert order(decision) == "cbda"
    assert reasons(decision) == [
        "cheapest: 0.0210 for any destination",
        "0.0250 for any destination",
        "0.025 for any destination",
        "cost unknown for any destination",
    ]
    assert [one.cost for one in decision.considered] == ["0.0210", "0.0250", "0.025", None]


def test_a_tiny_cost_is_written_out() -> None:
    (only,) = decide(LONDON, [priced("a", "1E-8")], {}, Policy.LEAST_COST, roll=0).considered
    assert only.cost == "0.00000001"


def test_best_delivery_takes_who_delivers_most_and_the_unknown_come_last() -> None:
    table = [priced(name) for name in "abc"]
    standings = {"b": Standing(delivered_share=0.5), "c": Standing(delivered_share=0.97)}
    decision = decide(LONDON, table, standings, Policy.BEST_DELIVERY, roll=0)
    assert order(decision) == "cba"
    assert reasons(decision) == ["best delivery: 97 % delivered", "50 % delivered", "not known yet how it delivers"]


def test_fixed_takes_the_order_of_the_table() -> None:
    table = [priced("c", "9"), Route(provider="a", countries=("GB",)), priced("b", "1")]
    decision = decide(LONDON, table, {}, Policy.FIXED, roll=0.99)
    assert order(decision) == "cab"
    assert reasons(decision)[1] == "line 2 of the routing table, for country GB"


@given(st.lists(st.integers(0, 9), min_size=1, max_size=4).filter(any))
def test_weighted_gives_each_exactly_its_interval_of_the_roll(weights: list[int]) -> None:
    table = [priced(name, weight=weight) for name, weight in zip("abcd", weights, strict=False)]
    total = sum(weights)
    drawn = [decide(LONDON, table, {}, Policy.WEIGHTED, roll=(k + 0.5) / total).provider for k in range(total)]
    assert "".join(drawn) == "".join(name * weight for name, weight in zip("abcd", weights, strict=False))


def test_weighted_counts_the_ease_and_only_the_healthy() -> None:
    table = [priced("a", weight=2), priced("b", weight=1), priced("c", weight=7)]
    standings = {"a": Standing(ease=0.5), "c": DOWN}
    for roll, expected in [(0.0, "abc"), (0.49, "abc"), (0.5, "bac"), (0.99, "bac")]:
        decision = decide(LONDON, table, standings, Policy.WEIGHTED, roll=roll)
        assert order(decision) == expected
    assert reasons(decision)[:2] == [
        "drawn: it has 50 % of the traffic for any destination",
        "it has 50 % of the traffic for any destination",
    ]


def test_weights_of_zero_leave_the_order_of_the_table() -> None:
    table = [priced("b", weight=0), priced("a", weight=0)]
    assert order(decide(LONDON, table, {}, Policy.WEIGHTED, roll=0.9)) == "ba"


# --- trouble ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("standing", "reason"),
    [
        (DOWN, "passed over: bind down: connection refused"),
        (Standing(unready=""), "passed over: not ready"),
        (FAILING, "passed over: 75 % of its submits failed in the last 15 minutes"),
        (THROTTLED, "passed over: it throttles"),
        (Standing(unready="bind down", error_share=1.0, throttled=True), "passed over: bind down"),
    ],
)
@pytest.mark.parametrize("policy", Policy)
def test_a_provider_in_trouble_is_passed_over_and_stays_as_a_fallback(
    policy: Policy, standing: Standing, reason: str
) -> None:
    decision = decide(LONDON, [priced("a", "0.01", 100), priced("b", "0.09")], {"a": standing}, policy, roll=0)
    assert (decision.provider, decision.policy) == ("b", policy)
    assert [(one.provider, one.taken) for one in decision.considered] == [("b", True), ("a", False)]
    assert reasons(decision)[1] == reason


def test_errors_up_to_the_limit_are_borne() -> None:
    table = [priced("a"), priced("b")]
    for share, limit, expected in [(0.5, 0.5, "a"), (0.51, 0.5, "b"), (0.2, 0.1, "b"), (1.0, 1.0, "a")]:
        standings = {"a": Standing(error_share=share)}
        assert decide(LONDON, table, standings, Policy.FIXED, roll=0, error_limit=limit).provider == expected


def test_if_all_are_passed_over_the_message_waits_with_the_least_troubled() -> None:
    table = [priced(name) for name in "abcd"]
    standings = {"a": DOWN, "b": FAILING, "c": THROTTLED, "d": THROTTLED}
    decision = decide(LONDON, table, standings, Policy.FIXED, roll=0)
    assert order(decision) == "cdba"
    assert not any(one.taken for one in decision.considered)
    assert reasons(decision)[:2] == [
        "passed over: it throttles; no other can take it sooner, so it waits here",
        "passed over: it throttles",
    ]


def test_weighted_still_draws_when_all_throttle() -> None:
    table = [priced("a", weight=3), priced("b", weight=1)]
    standings = {"a": THROTTLED, "b": THROTTLED}
    drawn = [decide(LONDON, table, standings, Policy.WEIGHTED, roll=k / 4).provider for k in range(4)]
    assert drawn == ["a", "a", "a", "b"]


# --- easing ----------------------------------------------------------------------------------------------------------

EASED = {"a": Standing(ease=0.6, slow_share=0.42, delivered_share=1.0)}


@pytest.mark.parametrize("policy", [Policy.LEAST_COST, Policy.BEST_DELIVERY, Policy.FIXED])
def test_a_slow_first_choice_keeps_its_share_and_gives_way_beyond_it(policy: Policy) -> None:
    table = [priced("a", "0.01"), priced("b", "0.02"), priced("c", "0.03")]
    firsts = [decide(LONDON, table, EASED, policy, roll=k / 10).provider for k in range(10)]
    assert "".join(firsts) == "aaaaaabbbb"
    assert order(decide(LONDON, table, EASED, policy, roll=0.6)) == "bac"


def test_who_gives_way_says_why() -> None:
    table = [priced("a", "0.01"), priced("b", "0.02")]
    assert reasons(decide(LONDON, table, EASED, Policy.LEAST_COST, roll=0.9)) == [
        "in place of a: 0.02 for any destination",
        "gives way: it has 60 % of its traffic since its receipts turned slow (42 % in the last 15 minutes)",
    ]


def test_nobody_gives_way_to_a_provider_in_trouble() -> None:
    table = [priced("a"), priced("b")]
    assert order(decide(LONDON, table, {**EASED, "b": THROTTLED}, Policy.FIXED, roll=0.9)) == "ab"
    assert order(decide(LONDON, table[:1], EASED, Policy.FIXED, roll=0.9)) == "a"


# --- laws ------------------------------------------------------------------------------------------------------------


def decided(routes: Sequence[Route], standings: dict[str, Standing], policy: Policy, roll: float) -> Decision | None:
    try:
        return decide(LONDON, routes, standings, policy, roll=roll)
    except InvalidRequest:
        return None


@given(ROUTES, STANDINGS, POLICIES, ROLLS)
def test_a_decision_considers_every_provider_that_leads_there_once_and_no_other(
    routes: list[Route], standings: dict[str, Standing], policy: Policy, roll: float
) -> None:
    decision = decided(routes, standings, policy, roll)
    matching = {route.provider for route in routes if leads(route)}
    if decision is None:
        assert not matching
    else:
        assert sorted(order(decision)) == sorted(matching)
        assert decision.provider == decision.considered[0].provider


@given(ROUTES, STANDINGS, POLICIES, ROLLS)
def test_nobody_in_trouble_comes_before_a_healthy_one(
    routes: list[Route], standings: dict[str, Standing], policy: Policy, roll: float
) -> None:
    decision = decided(routes, standings, policy, roll)
    if decision:
        taken = [one.taken for one in decision.considered]
        assert taken == sorted(taken, reverse=True)
        for one in decision.considered:
            assert one.taken == (standings.get(one.provider) not in (DOWN, FAILING, THROTTLED))
            assert one.reason.startswith("passed over: ") != one.taken


@given(ROUTES, STANDINGS, POLICIES, ROLLS)
def test_the_next_after_those_that_failed_never_repeats_and_ends(
    routes: list[Route], standings: dict[str, Standing], policy: Policy, roll: float
) -> None:
    decision = decided(routes, standings, policy, roll)
    if decision:
        tried = [decision.provider]
        while following := next_after(decision, tried):
            assert following not in tried
            tried.append(following)
        assert "".join(tried) == order(decision)


@given(ROUTES, STANDINGS, POLICIES, ROLLS)
def test_a_decision_is_the_same_again_and_after_it_was_stored(
    routes: list[Route], standings: dict[str, Standing], policy: Policy, roll: float
) -> None:
    decision = decided(routes, standings, policy, roll)
    assert decision == decided(routes, standings, policy, roll)
    if decision:
        assert msgspec.json.decode(msgspec.json.encode(decision), type=Decision) == decision


def test_a_stored_decision_has_its_costs_as_text() -> None:
    decision = decide(LONDON, [priced("a", "0.0210")], {}, Policy.LEAST_COST, roll=0)
    assert msgspec.json.decode(msgspec.json.encode(decision)) == {
        "provider": "a",
        "policy": "least-cost",
        "considered": [
            {"provider": "a", "taken": True, "reason": "cheapest: 0.0210 for any destination", "cost": "0.0210"}
        ],
    }
