"""Which network a simulated phone is on, and what a part to it costs: invented, but of the right country."""

from typing import NamedTuple


class Network(NamedTuple):
    """Numbers that start with ``prefix`` are on ``code`` (MCC and MNC). ``price``: euro a part, 8 decimals, text."""

    prefix: str
    code: str
    price: str


TABLE: tuple[Network, ...] = (
    Network("1", "310260", "0.00710000"),
    Network("33", "20801", "0.06560000"),
    Network("34", "21407", "0.06750000"),
    Network("39", "22201", "0.07260000"),
    Network("44", "23410", "0.03330000"),
    Network("48", "26001", "0.02430000"),
    Network("49", "26201", "0.07760000"),
    Network("66", "52099", "0.02000000"),
    Network("91", "40445", "0.01050000"),
)

ELSEWHERE = Network("", "00101", "0.05000000")
"""Every other number: mobile country code 001, which the ITU keeps for test networks."""


def network_of(recipient: str) -> Network:
    """The network of a number (digits, no ``+``); ``ELSEWHERE`` for any other text."""
    for network in TABLE:
        if recipient.startswith(network.prefix):
            return network
    return ELSEWHERE
