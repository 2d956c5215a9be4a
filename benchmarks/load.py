"""A closed loop of HTTP requests over kept-alive connections, at as little CPU per request as Python can.

Runs as a process of its own: ``python -m benchmarks.load --port 8000 --path /webhooks/vonage --stored 100000 --count
100000``. All requests are built before the first is sent. It prints one JSON object: what was answered and how fast.
"""

import argparse
import asyncio
import contextlib
import gc
import json
import re
import sys
import time
from collections import Counter
from collections.abc import Iterator
from typing import cast

import uvloop

from benchmarks import workload

LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


LATE_S = 15
"""An answer later than this after the end is not waited for."""


class Load:
    """What all connections share: the requests that are left, the deadline, what was seen."""

    def __init__(self, prepared: Iterator[bytes], seconds: float) -> None:
        self.requests = prepared
        self.seconds = seconds
        self.deadline_ns = 0
        self.latencies_ns: list[int] = []
        self.statuses: Counter[str] = Counter()
        self.ended_ns = 0
        self.open = 0
        self.done = asyncio.Event()

    def next(self) -> bytes | None:
        """The next request, or None once the time or the requests are over."""
        if time.perf_counter_ns() >= self.deadline_ns:
            return None
        return next(self.requests, None)


class Connection(asyncio.Protocol):
    """Sends a request, waits for its answer, sends the next. Opens itself anew where a server closes."""

    def __init__(self, load: Load, port: int) -> None:
        self.load = load
        self.port = port
        self.transport: asyncio.Transport | None = None
        self.waiting = False
        self.started_ns = 0
        self.seen = b""
        self.finished = False

    async def connect(self) -> None:
        self.started_ns = time.perf_counter_ns()
        await asyncio.get_running_loop().create_connection(lambda: self, "127.0.0.1", self.port)

    async def reconnect(self) -> None:
        try:
            await self.connect()
        except OSError:
            self.load.statuses["broken"] += 1
            self.finish()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        self.send()

    def send(self) -> None:
        request = self.load.next()
        if request is None or self.transport is None:
            self.finish()
            return
        self.waiting = True
        self.transport.write(request)

    def data_received(self, data: bytes) -> None:
        if self.seen:
            data = self.seen + data
        end = data.find(b"\r\n\r\n")
        if end < 0:
            self.seen = data
            return
        length = LENGTH.search(data, 0, end + 2)
        if length is not None and len(data) < end + 4 + int(length[1]):
            self.seen = data
            return
        self.seen = b""
        now = time.perf_counter_ns()
        load = self.load
        load.latencies_ns.append(now - self.started_ns)
        load.ended_ns = now
        status = data[9:12]
        if status != b"200":
            load.statuses[status.decode("ascii", "replace")] += 1
        self.waiting = False
        self.started_ns = now
        if b"connection: close" not in data[:end].lower():
            self.send()

    def connection_lost(self, exc: Exception | None) -> None:
        self.transport = None
        if self.waiting:
            self.load.statuses["broken"] += 1
            self.waiting = False
        if time.perf_counter_ns() < self.load.deadline_ns:
            self.reconnecting = asyncio.ensure_future(self.reconnect())
        else:
            self.finish()

    def finish(self) -> None:
        if self.finished:
            return
        self.finished = True
        transport, self.transport = self.transport, None
        self.load.deadline_ns = min(self.load.deadline_ns, time.perf_counter_ns())
        if transport is not None:
            transport.abort()
        self.load.open -= 1
        if self.load.open == 0:
            self.load.done.set()


def percentile_ms(ordered: list[int], share: float) -> float:
    return round(ordered[min(len(ordered) - 1, int(len(ordered) * share))] / 1e6, 3) if ordered else 0.0


async def run(prepared: list[bytes], port: int, connections: int, seconds: float) -> dict[str, object]:
    """Send until the time or the requests are over."""
    load = Load(iter(prepared), seconds)
    load.open = connections
    cpu_ns, start = time.process_time_ns(), time.perf_counter_ns()
    load.deadline_ns = start + int(seconds * 1e9)
    await asyncio.gather(*(Connection(load, port).connect() for _ in range(connections)))
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(load.done.wait(), seconds + LATE_S)
    load.statuses["unanswered"] += load.open
    cpu_ns = time.process_time_ns() - cpu_ns
    ordered = sorted(load.latencies_ns)
    refused = load.statuses.total() - load.statuses["broken"] - load.statuses["unanswered"]
    answered = len(ordered)
    elapsed_s = max(load.ended_ns - start, 1) / 1e9
    return {
        "answered": answered,
        "ok": answered - refused,
        "not_ok": {status: count for status, count in load.statuses.items() if count},
        "elapsed_s": round(elapsed_s, 3),
        "rate": round((answered - refused) / elapsed_s, 1),
        "p50_ms": percentile_ms(ordered, 0.5),
        "p99_ms": percentile_ms(ordered, 0.99),
        "p999_ms": percentile_ms(ordered, 0.999),
        "load_cpu_us": round(cpu_ns / 1e3 / max(answered, 1), 1),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--path", required=True)
    parser.add_argument("--form", choices=["form", "json"], default="form")
    parser.add_argument("--order", choices=["recent", "uniform"], default="recent")
    parser.add_argument("--stored", type=int, required=True, help="messages in the database")
    parser.add_argument("--count", type=int, required=True, help="requests at most, each for another message")
    parser.add_argument("--skip", type=int, default=0, help="messages that a run before has used up")
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--connections", type=int, default=64)
    wanted = parser.parse_args()
    which = workload.numbers(wanted.stored, wanted.count, wanted.order, wanted.skip)
    prepared = list(workload.requests(which, wanted.path, wanted.form))
    gc.collect()
    gc.disable()
    # The parent reads this line, takes its own measurements, and answers with one when to begin.
    print("ready", flush=True)
    sys.stdin.readline()
    print(json.dumps(uvloop.run(run(prepared, wanted.port, wanted.connections, wanted.seconds))), flush=True)


if __name__ == "__main__":
    main()
