"""Words of a hint that are to be copied as they stand: this program as it was called, an address that can be opened."""

import os
import shlex
import shutil
import sys
from functools import cache
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit


@cache
def program() -> str:
    """How this command was called: `make serve` puts nothing on the PATH, so ``receipted`` alone may not be found."""
    called = Path(sys.argv[0])
    if shutil.which("receipted"):
        return "receipted"
    if called.name != "receipted":
        return "python -m receipted"
    here = os.path.relpath(called)
    return shlex.quote(str(called.absolute()) if here.startswith("..") else here)


def named(sentence: str) -> str:
    """A sentence with the commands in it, such as `receipted serve`, called as this program was."""
    return sentence.replace("`receipted ", f"`{program()} ")


def reachable(url: str) -> str:
    """A hub's address as a program on this machine calls it: a hub that listens anywhere is at 127.0.0.1."""
    parts = urlsplit(url)
    if not _is_anywhere(parts.hostname or ""):
        return url
    return parts._replace(netloc=f"127.0.0.1:{parts.port}" if parts.port else "127.0.0.1").geturl()


def _is_anywhere(host: str) -> bool:
    """Whether a host to listen on means every address, and so is none to call."""
    try:
        return not host or ip_address(host).is_unspecified
    except ValueError:
        return False


def beyond_this_machine(host: str) -> bool:
    """Whether what listens on ``host`` can be called from elsewhere; of a name other than localhost that is assumed."""
    try:
        return not ip_address(host).is_loopback
    except ValueError:
        return host != "localhost"
