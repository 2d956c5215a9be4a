"""The only place where everything meets: settings become a running hub."""

from receipted.wiring.hub import Hub
from receipted.wiring.providing import examine
from receipted.wiring.serving import ServeInfo, serve

__all__ = ["Hub", "ServeInfo", "examine", "serve"]
