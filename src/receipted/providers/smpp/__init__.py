"""The provider for a mobile carrier's SMSC over SMPP 3.4: the asyncio shell around ``dialects/smpp``.

A folder, because a carrier is settings, binds, submitting and receiving: ``carrier`` joins them.
"""

from pydantic import BaseModel

from receipted.hub.ports import Provider
from receipted.providers import Context, Kind
from receipted.providers.smpp.carrier import Smpp
from receipted.providers.smpp.settings import SmppSettings


def build(name: str, settings: BaseModel, context: Context) -> Provider:
    """The carrier of one settings section."""
    if not isinstance(settings, SmppSettings):
        raise TypeError(f"providers.{name}: SmppSettings expected")
    return Smpp(name, settings, context)


KIND = Kind(SmppSettings, build)
