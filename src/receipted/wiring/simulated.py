"""The simulated carrier inside the hub: what a hub without any account sends to, over a real SMPP socket."""

from contextlib import AsyncExitStack

from receipted.carrier.settings import SmscSettings
from receipted.carrier.smsc import Smsc
from receipted.dialects.vonage.codes import RECEIPT
from receipted.hub.ports import Observe
from receipted.settings import Settings
from receipted.wiring.starting import clock

NAME = "carrier"
"""The provider that is bound to it."""
SYSTEM_ID = "hub"


def is_inside(settings: Settings) -> bool:
    """Whether this hub runs one: as the setting says, or where nobody else takes its messages."""
    if settings.carrier.inside == "auto":
        return not settings.providers and settings.default_provider in ("", NAME)
    return settings.carrier.inside == "always"


async def start(settings: Settings, observe: Observe, stack: AsyncExitStack) -> dict[str, object]:
    """Start it, to end with ``stack``. Returns the settings section of the provider that binds to it.

    What it owes is kept in the data folder: after a restart the receipts still come. Raises OSError.
    """
    of = settings.carrier
    smsc_settings = SmscSettings(
        port=of.port, speed=of.speed, seed=of.seed, state_file=settings.data_dir / "carrier.db"
    )

    def tell(what: str, **facts: object) -> None:
        if not facts.pop("quiet", False):
            observe(what, **facts)

    smsc = await stack.enter_async_context(Smsc(smsc_settings, clock, tell))
    return section(smsc.port)


def section(port: int) -> dict[str, object]:
    """The settings of the provider: it writes err-codes of Vonage's table as they are."""
    return {
        "kind": "smpp",
        "host": "127.0.0.1",
        "port": port,
        "system_id": SYSTEM_ID,
        "window": 100,
        "rate_per_s": 0,
        "receipts": "intermediate",
        "reconnect_most_s": 2,
        "err_codes": {advice.code: advice.code for advice in RECEIPT},
    }
