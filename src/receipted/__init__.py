"""Know what became of every SMS you sent."""

__version__ = "0.1.0"
