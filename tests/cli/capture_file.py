"""Captures as a sniffer writes them, made with dpkt: packets of one connection, in any order, on any link."""

import io
import socket
from collections.abc import Iterable
from pathlib import Path

import dpkt  # type: ignore[import-untyped]

ESME, SMSC = ("10.0.0.1", 40_000), ("10.0.0.2", 2775)
ESME_6, SMSC_6 = ("fd00::1", 40_000), ("fd00::2", 2775)
BEGIN_S = 1_795_451_853.0
ETHERNET, LINUX_COOKED, RAW_IP, LOOPBACK = 1, 113, 101, 0


def ip_packet(
    source: tuple[str, int], target: tuple[str, int], sequence: int, octets: bytes = b"", flags: int = 0x18
) -> "dpkt.ip.IP | dpkt.ip6.IP6":
    """One TCP segment in an IP packet."""
    tcp = dpkt.tcp.TCP(sport=source[1], dport=target[1], seq=sequence % 2**32, flags=flags, data=octets)
    if ":" in source[0]:
        ends = {
            "src": socket.inet_pton(socket.AF_INET6, source[0]),
            "dst": socket.inet_pton(socket.AF_INET6, target[0]),
        }
        packet = dpkt.ip6.IP6(nxt=6, hlim=64, data=tcp, **ends)
        packet.plen = len(tcp)
        return packet
    packet = dpkt.ip.IP(p=6, data=tcp, src=socket.inet_aton(source[0]), dst=socket.inet_aton(target[0]))
    packet.len = len(packet)
    return packet


def framed(packet: "dpkt.ip.IP | dpkt.ip6.IP6", link: int) -> bytes:
    """The packet on a link of that type."""
    six = isinstance(packet, dpkt.ip6.IP6)
    kind = 0x86DD if six else 0x0800
    if link == ETHERNET:
        # Short frames are padded to 60 octets; the padding is no part of the stream.
        return bytes(dpkt.ethernet.Ethernet(src=b"\2" * 6, dst=b"\4" * 6, type=kind, data=packet)).ljust(60, b"\xaa")
    if link == LINUX_COOKED:
        return bytes(dpkt.sll.SLL(ethtype=kind, data=packet))
    return ((30 if six else 2).to_bytes(4, "little") if link == LOOPBACK else b"") + bytes(packet)


def capture(packets: Iterable["dpkt.ip.IP | dpkt.ip6.IP6"], *, link: int = ETHERNET, pcapng: bool = False) -> bytes:
    """A capture of these packets, a millisecond after each other."""
    file = io.BytesIO()
    if pcapng:
        shb = dpkt.pcapng.SectionHeaderBlockLE()
        idb = dpkt.pcapng.InterfaceDescriptionBlockLE(linktype=link)
        writer = dpkt.pcapng.Writer(file, linktype=link, shb=shb, idb=idb)
    else:
        writer = dpkt.pcap.Writer(file, linktype=link)
    for number, packet in enumerate(packets):
        writer.writepkt(framed(packet, link), ts=BEGIN_S + number / 1000)
    return file.getvalue()


def written(path: Path, octets: bytes) -> str:
    """The capture as a file."""
    path.write_bytes(octets)
    return str(path)
