"""A network capture (pcap, pcapng) as TCP: whose octets came when, put back in order.

Retransmissions are told apart by sequence number, what came early waits for what is missing, and what never comes is
said. At most ``MOST_WAITING`` octets in ``MOST_PIECES`` pieces wait in each direction.
"""

import heapq
import socket
import struct
from collections.abc import Iterator
from typing import Any, BinaryIO, Final, NamedTuple, TypeAlias

import dpkt  # type: ignore[import-untyped]

MOST_WAITING: Final = 1_000_000
"""Octets that wait for a missing piece; beyond, it counts as lost. A window of TCP is seldom larger."""
MOST_PIECES: Final = 10_000
"""Pieces that wait, however small."""
MAGIC: Final = frozenset(
    bytes.fromhex(magic)
    for magic in ("a1b2c3d4", "d4c3b2a1", "a1b23c4d", "4d3cb2a1", "a1b2cd34", "34cdb2a1", "0a0d0d0a")
)
"""The first four octets of a pcap file in both orders, and of a pcapng file."""

_SYN = dpkt.tcp.TH_SYN
_HALF, _WHOLE = 1 << 31, 1 << 32

_LINKS: Final = {
    0: dpkt.loopback.Loopback, 108: dpkt.loopback.Loopback, 1: dpkt.ethernet.Ethernet, 113: dpkt.sll.SLL,
    276: dpkt.sll2.SLL2,
}  # fmt: skip
"""By the numbers of the pcap format: BSD loopback, Ethernet, Linux cooked and its second version."""
_RAW_LINKS: Final = frozenset({12, 14, 101, 228, 229})
"""IP with nothing in front of it."""


class Flow(NamedTuple):
    """One direction of a connection."""

    source: str
    source_port: int
    target: str
    target_port: int

    @property
    def back(self) -> "Flow":
        return Flow(self.target, self.target_port, self.source, self.source_port)

    @property
    def sender(self) -> str:
        return _shown(self.source, self.source_port)

    @property
    def receiver(self) -> str:
        return _shown(self.target, self.target_port)


class Piece(NamedTuple):
    """Octets of one direction in the order of sending. ``at_s``: seconds since 1970, when the last of them was seen.

    ``missing``: so many octets in front of them are not in the capture. ``opens``: a new connection begins here.
    """

    flow: Flow
    at_s: float
    octets: bytes
    missing: int = 0
    opens: bool = False


class Skipped(NamedTuple):
    """Packets that could not be used, at the end of a capture; ``cut``: the file ends inside a packet."""

    unreadable: int
    fragments: int
    cut: bool


class NoCapture(ValueError):
    """It is no capture that can be read. The message says why."""


class _Segment(NamedTuple):
    flow: Flow
    at_s: float
    sequence: int
    flags: int
    octets: bytes


Told: TypeAlias = Piece | Skipped


def pieces(file: BinaryIO) -> Iterator[Told]:
    """What was sent over TCP, in the order in which it became complete; at the end, what was skipped.

    Raises NoCapture for another kind of file and for a link that is not Ethernet, Linux cooked, loopback or raw IP.
    """
    try:
        whole = _File(file)
        reader = dpkt.pcap.UniversalReader(whole)
    except (ValueError, dpkt.Error, IndexError, struct.error):
        raise NoCapture("It is no capture that can be read: neither pcap nor pcapng.") from None
    link = reader.datalink()
    if link not in _LINKS and link not in _RAW_LINKS:
        raise NoCapture(f"Its link type {link} is not read; Ethernet, Linux cooked, loopback and raw IP are.")
    directions: dict[Flow, _Direction] = {}
    unreadable = fragments = 0
    for at_s, packet in _packets(reader, whole):
        try:
            segment = _segment(link, at_s, packet)
        except (dpkt.Error, ValueError, IndexError, KeyError, TypeError, AttributeError, struct.error):
            unreadable += 1
            continue
        if isinstance(segment, _Segment):
            direction = directions.setdefault(segment.flow, _Direction(segment.flow))
            yield from direction.take(segment)
        elif segment is not None:
            fragments += 1
    for direction in directions.values():
        yield from direction.give_up_waiting()
    yield Skipped(unreadable, fragments, whole.cut)


class _File:
    """What is read from a file; ``cut`` once it ended before what was asked for."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.cut = False

    def read(self, size: int) -> bytes:
        octets = self._file.read(size)
        self.cut = self.cut or 0 < len(octets) < size
        return octets

    def seek(self, at: int) -> None:
        self._file.seek(at)


def _packets(reader: Iterator[tuple[float, bytes]], file: _File) -> Iterator[tuple[float, bytes]]:
    """The packets with their times. What is damaged or cut off ends them, and is told by ``cut``."""
    packets = iter(reader)
    while True:
        try:
            at_s, packet = next(packets)
        except StopIteration:
            return
        except (dpkt.Error, ValueError, OSError, IndexError, struct.error):
            file.cut = True
            return
        if file.cut:
            return
        yield float(at_s), packet


class _Fragment(NamedTuple):
    """A piece of an IP packet. SMPP's are never fragmented where TCP does its work, so they are only counted."""


def _segment(link: int, at_s: float, packet: bytes) -> _Segment | _Fragment | None:
    """The TCP segment in a packet; None for anything else that IP carries."""
    network = _network(link, packet)
    if isinstance(network, dpkt.ip.IP):
        family = socket.AF_INET
        if network.mf or network.offset:
            return _Fragment()
    elif isinstance(network, dpkt.ip6.IP6):
        family = socket.AF_INET6
    else:
        return None
    tcp = network.data
    if not isinstance(tcp, dpkt.tcp.TCP):
        return None
    source, target = (socket.inet_ntop(family, end) for end in (network.src, network.dst))
    flow = Flow(source, tcp.sport, target, tcp.dport)
    return _Segment(flow, at_s, tcp.seq, tcp.flags, bytes(tcp.data))


def _network(link: int, packet: bytes) -> Any:
    if link in _RAW_LINKS:
        return dpkt.ip6.IP6(packet) if packet[0] >> 4 == 6 else dpkt.ip.IP(packet)
    frame = _LINKS[link](packet)
    return frame.data


class _Direction:
    """One direction: what is due next, and what came before its turn."""

    def __init__(self, flow: Flow) -> None:
        self._flow = flow
        self._due: int | None = None
        """The sequence number of the next octet, and beside it how many octets it is from the first one seen."""
        self._waiting: dict[int, tuple[float, bytes]] = {}
        self._order: list[tuple[int, int]] = []
        self._unwrapped = 0
        self._waiting_octets = 0
        self._opens = False

    def take(self, segment: _Segment) -> Iterator[Piece]:
        sequence = segment.sequence
        if segment.flags & _SYN:
            sequence = (sequence + 1) % _WHOLE
            if self._due != sequence:
                yield from self.give_up_waiting()
                self._due, self._opens = sequence, True
                self._order.clear()
        if not segment.octets:
            return
        if self._due is None:
            self._due = sequence
        self._keep(sequence, segment)
        yield from self._ready(segment.at_s)
        while self._waiting_octets > MOST_WAITING or len(self._waiting) > MOST_PIECES:
            yield from self._skip()

    def give_up_waiting(self) -> Iterator[Piece]:
        """What still waits for pieces that are not in the capture."""
        while self._waiting:
            yield from self._skip()

    def _keep(self, sequence: int, segment: _Segment) -> None:
        known = self._waiting.get(sequence)
        if known is None or len(known[1]) < len(segment.octets):
            self._waiting_octets += len(segment.octets) - (len(known[1]) if known else 0)
            if known is None:
                heapq.heappush(self._order, (self._unwrapped + self._ahead(sequence), sequence))
            self._waiting[sequence] = (segment.at_s, segment.octets)

    def _ahead(self, sequence: int) -> int:
        """How far a sequence number is beyond the one that is due; negative for what was there before."""
        ahead = (sequence - (self._due or 0)) % _WHOLE
        return ahead - _WHOLE if ahead >= _HALF else ahead

    def _ready(self, at_s: float, missing: int = 0) -> Iterator[Piece]:
        """All that now follows without a hole."""
        while self._waiting:
            sequence = self._first()
            ahead = self._ahead(sequence)
            if ahead > 0:
                return
            heapq.heappop(self._order)
            _, octets = self._waiting.pop(sequence)
            self._waiting_octets -= len(octets)
            octets = octets[-ahead:] if ahead else octets
            if octets:
                self._due = ((self._due or 0) + len(octets)) % _WHOLE
                self._unwrapped += len(octets)
                yield Piece(self._flow, at_s, octets, missing, self._opens)
                missing, self._opens = 0, False

    def _first(self) -> int:
        """The sequence number of the piece that is nearest; as many as wait are looked at only once."""
        return self._order[0][1]

    def _skip(self) -> Iterator[Piece]:
        """Go on behind the hole."""
        sequence = self._first()
        missing = self._ahead(sequence)
        self._due = sequence
        self._unwrapped += missing
        yield from self._ready(self._waiting[sequence][0], missing)


def _shown(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
