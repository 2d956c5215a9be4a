"""Counters for Prometheus, made from the facts that the hub observes, and the exposition of ``/metrics``.

``Metrics`` is one of the observers that ``wiring`` joins; the log is another. What ``Metrics`` does not count, and a
label that a fact lacks, does no harm: observing must never break the work that is observed.
"""

from collections.abc import Callable, Mapping, Sequence

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from receipted.domain.errors import ReceiptedError
from receipted.hub.links import Link, LinkState
from receipted.hub.ports import Counts, Store

CONTENT_TYPE = "text/plain; version=0.0.4"
SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
BATCH = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000)

TROUBLE = (".postponed", ".failed", ".broke", ".unavailable", "_not_taken", "-failed", ".not-kept")
"""How what is observed is named where something could not be done now, or went wrong."""

WAITING = (
    ("receipted_queued", "Messages that wait to be handed to a provider.", "queued"),
    ("receipted_submitting", "Messages that are being handed over right now.", "submitting"),
    ("receipted_unmatched", "Receipts whose message is not known.", "unmatched"),
)
"""Gauges that are asked of the store at each scrape: name, help, field of ``Counts``."""

UP = (LinkState.BOUND, LinkState.THROTTLED)
BINDS: tuple[tuple[str, str, Callable[[Link], float]], ...] = (
    ("receipted_bind_up", "Whether a bind with a carrier is up.", lambda link: link.state in UP),
    ("receipted_bind_in_flight", "Submits that the carrier has not answered.", lambda link: link.in_flight),
    ("receipted_bind_submitted", "Submits since the start.", lambda link: link.submitted),
    ("receipted_bind_receipts", "Receipts since the start.", lambda link: link.receipts),
    ("receipted_bind_throttled", "Submits that the carrier throttled since the start.", lambda link: link.throttled),
)
"""Gauges of each bind, asked of its provider at each scrape: name, help, value."""


class Metrics:
    """An ``Observe`` that counts. ``registry`` is its own, so that two hubs in one process do not meet."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()

        def counter(name: str, text: str, *labels: str) -> Counter:
            return Counter(name, text, labels, registry=self.registry)

        self._receipts = counter("receipted_receipts", "Receipts stored.", "provider", "status")
        self._rejected = counter("receipted_receipts_rejected", "Webhook requests that were refused.", "reason")
        self._accepted = counter("receipted_accepted", "Messages taken from applications.", "provider")
        self._submits = counter("receipted_submits", "Tries to hand a message over.", "provider", "outcome")
        self._refusals = counter("receipted_refusals", "Parts that a provider refused.", "provider", "err_code")
        self._submit_s = Histogram(
            "receipted_submit_seconds",
            "How long a provider took over a submit.",
            ("provider",),
            buckets=SECONDS,
            registry=self.registry,
        )
        self._inbound = counter("receipted_inbound", "What carriers handed over beside receipts.", "provider", "kind")
        self._expired = counter("receipted_expired", "Messages that became unknown by silence.")
        self._commit_s = Histogram(
            "receipted_commit_seconds", "How long a commit took.", buckets=SECONDS, registry=self.registry
        )
        self._commit_batch = Histogram(
            "receipted_commit_batch", "Writes in one commit.", buckets=BATCH, registry=self.registry
        )
        self._trouble = counter("receipted_trouble", "Work that was postponed or failed.", "what")

    def __call__(self, what: str, **facts: object) -> None:
        """Count one unit of work. Never raises."""
        provider = _label(facts, "provider")
        match what:
            case "receipts.stored":
                for status, count in _statuses(facts).items():
                    self._receipts.labels(provider, status).inc(count)
            case "receipt.rejected":
                self._rejected.labels(_label(facts, "reason")).inc()
            case "message.accepted":
                self._accepted.labels(provider).inc()
            case "message.submitted":
                self._submits.labels(provider, _label(facts, "outcome")).inc()
                if (ms := _number(facts, "ms")) is not None:
                    self._submit_s.labels(provider).observe(ms / 1000)
                for err_code, count in _counts(facts.get("refusals")).items():
                    self._refusals.labels(provider, err_code).inc(count)
            case "inbound.stored":
                self._inbound.labels(provider, _label(facts, "kind")).inc(_number(facts, "count") or 0)
            case "messages.expired":
                self._expired.inc(_number(facts, "count") or 0)
            case "store.committed":
                if (ms := _number(facts, "ms")) is not None:
                    self._commit_s.observe(ms / 1000)
                if (ops := _number(facts, "ops")) is not None:
                    self._commit_batch.observe(ops)
            case _ if what.endswith(TROUBLE):
                self._trouble.labels(what).inc()


async def exposition(registry: CollectorRegistry, store: Store, links: Sequence[Link] = ()) -> bytes:
    """The text of ``/metrics``: what was counted, and what waits right now.

    While the database is away the gauges are left out rather than shown as 0, and ``receipted_store_up`` is 0.
    """
    try:
        counts: Counts | None = await store.counts()
    except ReceiptedError:
        counts = None
    now = CollectorRegistry()
    Gauge("receipted_store_up", "Whether the database answers.", registry=now).set(counts is not None)
    if counts is not None:
        for name, text, field in WAITING:
            Gauge(name, text, registry=now).set(getattr(counts, field))
    for name, text, value in BINDS if links else ():
        gauge = Gauge(name, text, ("provider", "bind"), registry=now)
        for link in links:
            gauge.labels(link.provider, link.bind).set(value(link))
    return generate_latest(registry) + generate_latest(now)


def _label(facts: Mapping[str, object], name: str) -> str:
    value = facts.get(name)
    return str(value) if value is not None else ""


def _number(facts: Mapping[str, object], name: str) -> float | None:
    value = facts.get(name)
    return max(float(value), 0.0) if isinstance(value, int | float) else None


def _statuses(facts: Mapping[str, object]) -> dict[str, float]:
    """How many of which status: a mapping, or the one status of all of them, or not said."""
    statuses = facts.get("statuses")
    if isinstance(statuses, Mapping):
        return _counts(statuses)
    return {str(statuses) if statuses is not None else "": _number(facts, "count") or 0}


def _counts(counted: object) -> dict[str, float]:
    """How many of what: the sound entries of a mapping, none of anything else."""
    if not isinstance(counted, Mapping):
        return {}
    return {str(what): n for what, n in counted.items() if isinstance(n, int | float) and n >= 0}
