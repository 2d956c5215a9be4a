"""Which addresses an application's webhook may have: none inside, whatever it is written like. Pure.

Names are checked where they are resolved, address by address, since a name may mean another address each time.
"""

import ipaddress
import re
from typing import TypeAlias
from urllib.parse import urlsplit

import msgspec

from receipted.domain.errors import InvalidRequest

Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address

INNER_NAMES = ("localhost", "internal", "local", "localdomain")
"""The last word of names that only mean something inside."""
_CGNAT = ipaddress.ip_network("100.64.0.0/10")
_SITE_LOCAL = ipaddress.ip_network("fec0::/10")
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_COMPATIBLE = ipaddress.ip_network("::/96")
_NUMBER = re.compile(r"0[xX][0-9a-fA-F]+|[0-9]+")


class Guard(msgspec.Struct, frozen=True):
    """``allowed``: host names, addresses and networks that may be called although they are inner (for development)."""

    allowed: tuple[str, ...] = ()

    def problem(self, host: str, address: str) -> str | None:
        """Why an address that ``host`` stands for may not be called; None if it may."""
        try:
            found = ipaddress.ip_address(address.partition("%")[0])
        except ValueError:
            return f"{address[:60]!r} is no address"
        if host.lower().rstrip(".") in self.allowed or self._allows(found):
            return None
        why = next((why for one in _meanings(found) if (why := _inner(one))), None)
        return f"{host} is {found}, {why}" if why else None

    def check_url(self, url: str) -> None:
        """Raises InvalidRequest naming ``callback`` for a URL that may not be called, as far as the text shows it."""
        try:
            parts = urlsplit(url)
            host, port = (parts.hostname or "").lower().rstrip("."), parts.port
        except ValueError:
            raise InvalidRequest("callback", "it is not a URL") from None
        if parts.scheme not in ("http", "https") or not host:
            raise InvalidRequest("callback", "it is not an http(s) URL")
        if parts.username or parts.password:
            raise InvalidRequest("callback", "credentials in a URL are not taken")
        if port == 0 or any(char.isspace() or not char.isprintable() for char in url):
            raise InvalidRequest("callback", "it is not a URL")
        address = literal(host)
        if address is not None:
            problem = self.problem(host, address)
            if problem:
                raise InvalidRequest("callback", f"{problem}; {CURE}")
        elif host.rpartition(".")[2] in INNER_NAMES and host not in self.allowed and not self._loopback_allowed(host):
            raise InvalidRequest("callback", f"{host} is an inner name; {CURE}")

    def _loopback_allowed(self, host: str) -> bool:
        return host == "localhost" and self._allows(ipaddress.ip_address("127.0.0.1"))

    def _allows(self, address: Address) -> bool:
        return any(address in network for network in map(_network, self.allowed) if network is not None)


CURE = "inner addresses are only called if the setting webhooks.allow names them"


def literal(host: str) -> str | None:
    """The address that a host is, in any form that clients take: decimal, hex, octal, short, IPv6. None for a name."""
    bare = host.strip("[]").partition("%")[0]
    try:
        return str(ipaddress.ip_address(bare))
    except ValueError:
        pass
    pieces = bare.split(".")
    if not 1 <= len(pieces) <= 4 or not all(_NUMBER.fullmatch(piece) for piece in pieces):
        return None
    try:
        numbers = [_number(piece) for piece in pieces]
    except ValueError:
        return None
    *heads, tail = numbers
    if any(head > 0xFF for head in heads) or tail >= 1 << (8 * (5 - len(numbers))):
        return None
    return str(ipaddress.IPv4Address(sum(head << (24 - 8 * at) for at, head in enumerate(heads)) + tail))


def _number(piece: str) -> int:
    """One piece as inet_aton reads it: 0x is hex, a leading 0 octal."""
    if piece[:2].lower() == "0x":
        return int(piece, 16)
    return int(piece, 8) if len(piece) > 1 and piece[0] == "0" else int(piece)


def _network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None


def _meanings(address: Address) -> list[Address]:
    """The address, and the IPv4 address within it that a gateway would go to."""
    if isinstance(address, ipaddress.IPv4Address):
        return [address]
    inside: list[Address | None] = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
    if address in _NAT64 or address in _COMPATIBLE:
        inside.append(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
    return [address, *(one for one in inside if one is not None)]


def _inner(address: Address) -> str | None:
    if address.is_loopback:
        return "this machine itself"
    if address.is_unspecified:
        return "no machine at all"
    if address.is_link_local:
        return "a link-local address, as the metadata services of clouds have"
    if address.is_multicast:
        return "a multicast address"
    if address.is_private or address in _CGNAT or address in _SITE_LOCAL or not address.is_global:
        return "an address of an inner network"
    return None
