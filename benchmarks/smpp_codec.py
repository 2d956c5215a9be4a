"""How fast SMPP's PDUs become octets and the reverse, in one thread: ``python -m benchmarks.smpp_codec``.

The PDUs are those of the vectors. ``feed`` is what a socket costs: a stream of 64 KiB pieces cut and read.
"""

import time
from collections.abc import Callable, Iterator
from typing import NamedTuple

from rich import box
from rich.console import Console
from rich.table import Table

from benchmarks import report
from receipted.dialects.smpp.codec import Framer, decode, encode
from receipted.dialects.smpp.pdus import name_of
from tests.vectors.smpp_pdus import VECTORS

MEASURED = (
    "submit_sm",
    "submit_sm_resp",
    "deliver_sm with a receipt",
    "deliver_sm_resp",
    "enquire_link",
)
"""Names of vectors: what a bind carries."""
ROUND_S = 0.2
ROUNDS = 5
PIECE_OCTETS = 65_536


class Rate(NamedTuple):
    """One kind of work. ``micros`` for one PDU, the best of ``ROUNDS``: what others do on the machine only adds."""

    pdu: str
    octets: int
    work: str
    micros: float

    @property
    def per_s(self) -> float:
        return 1e6 / self.micros


def run() -> Iterator[Rate]:
    """Each PDU written and read, then the stream of all."""
    vectors = {vector.name: vector for vector in VECTORS}
    for name in MEASURED:
        vector = vectors[name]
        pdu, octets = vector.pdu, vector.octets
        yield Rate(name, len(octets), "encode", _micros(lambda pdu=pdu: encode(pdu)))  # type: ignore[misc]
        yield Rate(name, len(octets), "decode", _micros(lambda octets=octets: decode(octets)))  # type: ignore[misc]
    submit = vectors["submit_sm"]
    each = len(submit.octets)
    count = 20_000
    yield Rate(name_of(submit.pdu.command), each, "feed and decode", _micros(_feeding(submit.octets, count)) / count)


def _feeding(octets: bytes, count: int) -> Callable[[], None]:
    stream = octets * count

    def feed() -> None:
        framer = Framer()
        for at in range(0, len(stream), PIECE_OCTETS):
            for one in framer.feed(stream[at : at + PIECE_OCTETS]):
                decode(one)

    return feed


def _micros(work: Callable[[], object]) -> float:
    """CPU time of one call, the best of some rounds."""
    calls = 1
    while (took_s := _timed(work, calls)) < ROUND_S / 10:
        calls *= 4
    calls = max(1, int(calls * ROUND_S / took_s))
    return min(_timed(work, calls) for _ in range(ROUNDS)) / calls * 1e6


def _timed(work: Callable[[], object], calls: int) -> float:
    started = time.process_time()
    for _ in range(calls):
        work()
    return time.process_time() - started


def show(to: Console) -> None:
    """Measure, and print the table."""
    table = Table(
        title="SMPP PDUs, one thread", title_justify="left", box=box.ROUNDED if to.is_terminal else None
    )  # fmt: skip
    for name in ("PDU", "work"):
        table.add_column(name, no_wrap=True)
    for name in ("octets", "CPU µs", "PDUs/s"):
        table.add_column(name, justify="right", no_wrap=True)
    for rate in run():
        table.add_row(rate.pdu, rate.work, str(rate.octets), f"{rate.micros:.2f}", f"{rate.per_s:,.0f}")
    to.print(table)


if __name__ == "__main__":
    show(report.console())
