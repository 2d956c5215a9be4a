"""Know what became of every SMS you sent.

``from receipted import Hub`` embeds a hub in an application of your own: see docs/embedding.md.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from receipted.wiring import Hub

__all__ = ["Hub"]
__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    """Import the hub only where it is asked for: the command line shall not wait for all of it."""
    if name == "Hub":
        from receipted.wiring import Hub

        return Hub
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
