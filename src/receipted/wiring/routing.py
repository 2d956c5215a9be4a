"""The routing table of the settings, as the hub works with it."""

from receipted.hub.health import Limits
from receipted.hub.ports import Observe, Provider
from receipted.hub.route import Policy, Route
from receipted.hub.routing import Routing, Samples
from receipted.settings import Settings
from receipted.wiring.providing import default_provider_of
from receipted.wiring.starting import clock


def routing_of(settings: Settings, providers: dict[str, Provider], store: Samples, observe: Observe) -> Routing:
    """Raises LookupError for a line that names nobody."""
    wanted = settings.routing
    for line in wanted.routes:
        if line.provider not in providers:
            raise LookupError(f"routing.routes names {line.provider!r}; there are {', '.join(providers)}")
    return Routing(
        providers=providers,
        default_provider=default_provider_of(settings, providers),
        routes=[
            Route(
                provider=line.provider,
                countries=tuple(country.upper() for country in line.countries),
                networks=tuple(line.networks),
                prefixes=tuple(prefix.removeprefix("+") for prefix in line.prefixes),
                cost=line.cost,
                weight=line.weight,
            )
            for line in wanted.routes
        ],
        policy=Policy(wanted.policy),
        limits=Limits(slow_share=wanted.slow_share, error_share=wanted.error_share),
        slow_s=wanted.slow_after_s,
        store=store,
        clock=clock,
        observe=observe,
    )
