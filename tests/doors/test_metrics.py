"""The counters: each unit of work moves its own, and nothing that is observed can break."""

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client import generate_latest

from receipted.domain.status import Status
from receipted.doors.metrics import Metrics

OBSERVED = (
    "receipts.stored",
    "receipt.rejected",
    "message.accepted",
    "message.submitted",
    "messages.expired",
    "store.committed",
    "submit.postponed",
    "anything.else",
)


def told(metrics: Metrics, name: str, **labels: str) -> float | None:
    return metrics.registry.get_sample_value(name, labels)


def test_receipts_are_counted_by_provider_and_status() -> None:
    metrics = Metrics()
    metrics("receipts.stored", provider="vonage", count=12, statuses=Counter({Status.DELIVERED: 11, Status.FAILED: 1}))
    metrics("receipts.stored", provider="vonage", count=1, statuses=Status.DELIVERED)
    assert told(metrics, "receipted_receipts_total", provider="vonage", status="delivered") == 12
    assert told(metrics, "receipted_receipts_total", provider="vonage", status="failed") == 1


def test_refused_receipts_are_counted_by_reason() -> None:
    metrics = Metrics()
    metrics("receipt.rejected", provider="vonage", reason="unauthentic", source="192.0.2.1")
    assert told(metrics, "receipted_receipts_rejected_total", reason="unauthentic") == 1


def test_messages_are_counted_as_they_are_taken_and_handed_over() -> None:
    metrics = Metrics()
    metrics("message.accepted", provider="sandbox", country="GB", parts=2)
    metrics("message.submitted", provider="sandbox", outcome="answered", ms=40, attempt=1)
    metrics("message.submitted", provider="sandbox", outcome="deferred", ms=4, attempt=1)
    metrics("messages.expired", count=3)
    assert told(metrics, "receipted_accepted_total", provider="sandbox") == 1
    assert told(metrics, "receipted_submits_total", provider="sandbox", outcome="answered") == 1
    assert told(metrics, "receipted_submits_total", provider="sandbox", outcome="deferred") == 1
    assert told(metrics, "receipted_submit_seconds_count", provider="sandbox") == 2
    assert told(metrics, "receipted_expired_total") == 3


def test_what_comes_in_beside_receipts_is_counted_by_its_kind() -> None:
    metrics = Metrics()
    metrics("inbound.stored", provider="acme", kind="message", count=3)
    metrics("inbound.stored", provider="acme", kind="unreadable-receipt", count=1)
    assert told(metrics, "receipted_inbound_total", provider="acme", kind="message") == 3
    assert told(metrics, "receipted_inbound_total", provider="acme", kind="unreadable-receipt") == 1


def test_refused_parts_are_counted_by_their_code() -> None:
    metrics = Metrics()
    metrics("message.submitted", provider="vonage", outcome="refused", refusals={"4": 2}, ms=4)
    metrics("message.submitted", provider="vonage", outcome="answered", refusals={}, ms=4)
    assert told(metrics, "receipted_submits_total", provider="vonage", outcome="refused") == 1
    assert told(metrics, "receipted_refusals_total", provider="vonage", err_code="4") == 2


def test_commits_are_measured_in_seconds_and_writes() -> None:
    metrics = Metrics()
    metrics("store.committed", ops=40, ms=20)
    assert told(metrics, "receipted_commit_seconds_sum") == 0.02
    assert told(metrics, "receipted_commit_batch_sum") == 40


def test_trouble_is_counted_by_its_name() -> None:
    metrics = Metrics()
    metrics("submit.postponed", provider="vonage", problem="the database is locked")
    assert told(metrics, "receipted_trouble_total", what="submit.postponed") == 1


@settings(max_examples=100, deadline=None)
@given(
    st.sampled_from(OBSERVED),
    st.dictionaries(
        st.sampled_from(["provider", "statuses", "count", "ms", "ops", "outcome", "reason", "refusals", "else"]),
        st.none()
        | st.text()
        | st.integers()
        | st.floats()
        | st.lists(st.none())
        | st.dictionaries(st.text(), st.text()),
    ),
)
def test_no_fact_can_break_the_work_that_is_observed(what: str, facts: dict[str, object]) -> None:
    metrics = Metrics()
    metrics(what, **facts)
    assert generate_latest(metrics.registry)
