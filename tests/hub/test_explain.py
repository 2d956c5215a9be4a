"""The words about a message: its sentence, its timeline, what each receipt did."""

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from receipted.domain.advice import Advice, Fault
from receipted.domain.event import Event
from receipted.domain.message import Content, Kind, Message, Part
from receipted.domain.receipt import Receipt, Signature
from receipted.domain.status import Status, of_message, order_key
from receipted.hub.explain import duration, err_source, explanation, inside_sentence, no_advice, sentence
from receipted.hub.ports import History, StoredReceipt, SubmitAttempt
from receipted.hub.timeline import Verdict, timeline

T0 = 1_795_442_531_208
NOT_IN_SERVICE = Advice("3", "The number is not in service", Fault.RECIPIENT, False, "Remove it from your list.")
ILLEGAL_SENDER = Advice("15", "The sender is refused", Fault.SENDER, None, "Use a registered sender.")


def advise(err_code: str, *, at_submit: bool) -> Advice | None:
    return {("3", False): NOT_IN_SERVICE, ("15", True): ILLEGAL_SENDER}.get((err_code, at_submit))


def receipt(status: Status, *, part: int = 1, carrier_ms: int | None = None, err_code: str = "0") -> Receipt:
    return Receipt(
        provider="vonage",
        provider_message_id=f"id-{part}",
        digest=f"{part}-{status}-{carrier_ms}",
        status=status,
        raw_status=str(status),
        err_code=err_code,
        carrier_ms=carrier_ms,
        network="23410",
        price="0.0333",
        raw=b"messageId=id",
        transport="POST form",
        signature=Signature.GOOD,
    )


def history(
    *receipts: tuple[int, Receipt],
    parts: int = 1,
    attempts: tuple[SubmitAttempt, ...] = (),
    events: tuple[Event, ...] = (),
    reason: str | None = None,
    status: Status | None = None,
    err_code: str | None = None,
    provider_message_id: str | None = "id",
) -> History:
    """A message whose parts stand where these receipts (received so many ms after the start) leave them."""
    made = []
    for seq in range(1, parts + 1):
        own = [r for _, r in receipts if r.provider_message_id == f"id-{seq}"]
        best = max(own, key=lambda r: r.order_key, default=None)
        made.append(
            Part(
                message_id="m",
                seq=seq,
                provider="vonage",
                provider_message_id=provider_message_id and f"{provider_message_id}-{seq}",
                status=best.status if best else status or Status.SUBMITTED,
                status_key=best.order_key if best else order_key(status or Status.SUBMITTED, None),
                err_code=best.err_code if best else err_code,
                reason=reason,
            )
        )
    whole = status or of_message(part.status for part in made)
    message = Message(
        id="m",
        provider="vonage",
        recipient="447700900000",
        sender="AcmeInc",
        content=Content(kind=Kind.TEXT, text="hello"),
        country="GB",
        part_count=parts,
        status=whole,
        version=2,
        created_ms=T0,
        updated_ms=T0 + 2_900,
        err_code=next((part.err_code for part in made if part.status is whole), None),
        reason=reason,
        parts=tuple(made),
    )
    stored = tuple(StoredReceipt(receipt=r, received_ms=T0 + at) for at, r in receipts)
    return History(message=message, events=events, attempts=attempts, receipts=stored)


def attempt(outcome: str, detail: str = "", *, number: int = 1) -> SubmitAttempt:
    return SubmitAttempt(
        message_id="m", attempt=number, started_ms=T0 + 10, ended_ms=T0 + 51, outcome=outcome, detail=detail
    )


def event(version: int, status: Status, at_ms: int, previous: Status | None, reason: str | None = None) -> Event:
    return Event(
        id=str(version),
        message_id="m",
        version=version,
        status=status,
        previous=previous,
        at_ms=T0 + at_ms,
        reason=reason,
    )


def test_a_delivery_says_how_long_it_took() -> None:
    told = history((2_900, receipt(Status.DELIVERED)))
    assert sentence(told, advise) == "Delivered after 2.9 s, as the network says."


def test_a_failure_says_why_and_whether_trying_again_helps() -> None:
    told = history((900, receipt(Status.FAILED, err_code="3")))
    assert sentence(told, advise) == (
        "Not delivered: the number is not in service (err-code 3). Trying again will not help."
    )
    assert explanation(told.message, advise) == "The number is not in service. Remove it from your list."


def test_a_refusal_at_submit_is_explained_by_the_table_of_the_submit() -> None:
    told = history(status=Status.REJECTED, err_code="15", reason="Illegal Sender Address", provider_message_id=None)
    assert sentence(told, advise) == "Not delivered: the sender is refused (status 15)."


def test_a_code_says_where_it_came_from() -> None:
    refused = history(status=Status.REJECTED, err_code="15", reason="Illegal Sender Address", provider_message_id=None)
    by_receipt = history((900, receipt(Status.REJECTED, err_code="15", carrier_ms=T0)))
    without_time = history((900, receipt(Status.REJECTED, err_code="15")))
    silent = history(status=Status.UNKNOWN, reason="No final receipt came within 72 h.")
    found = [err_source(told.message, told.message.parts[0]) for told in (refused, by_receipt, without_time, silent)]
    assert found == ["submit", "receipt", "receipt", None]
    assert [err_source(told.message) for told in (refused, by_receipt, without_time, silent)] == found
    assert err_source(replace(refused.message, parts=())) == "submit"


def test_the_code_of_a_receipt_of_a_part_without_an_id_is_a_receipts() -> None:
    told = history((900, receipt(Status.FAILED, err_code="3")))
    (part,) = told.message.parts
    found = replace(told.message, parts=(replace(part, provider_message_id=None),))
    assert explanation(found, advise) == "The number is not in service. Remove it from your list."


def test_what_others_say_keeps_its_capitals() -> None:
    cases = {
        "Bad Credentials (status 4).": "Bad Credentials (status 4)",
        "Vonage answered HTTP 500": "Vonage answered HTTP 500",
        "No answer within 15 s.": "no answer within 15 s",
        "UCS-2 only": "UCS-2 only",
        "no connection: Connection refused": "no connection: Connection refused",
        "A reason": "a reason",
        "": "",
    }
    assert {text: inside_sentence(text) for text in cases} == cases


def test_tries_that_were_put_off_for_the_same_reason_are_one_line() -> None:
    tries = [
        replace(attempt("deferred", f"Throttled - please wait [ {n} ].", number=n), ended_ms=T0 + n * 1_000)
        for n in range(1, 34)
    ]
    odd = replace(attempt("deferred", "No connection", number=34), ended_ms=T0 + 34_000)
    taken = replace(attempt("answered", number=35), ended_ms=T0 + 35_000)
    told = history(attempts=(*tries, odd, taken), provider_message_id=None)
    lines = [(line.attempt, line.text) for line in timeline(told, advise) if line.what == "submit"]
    assert lines[:2] == [
        (
            33,
            (
                "not taken by vonage: tried 33 times from 1.0 s to 33 s after it was accepted, "
                "last: throttled - please wait [ 33 ]; to be tried again"
            ),
        ),
        (34, "not taken by vonage: no connection; to be tried again"),
    ]
    assert [number for number, _ in lines] == [33, 34, 35]


def test_a_code_that_no_table_has_is_told_as_it_is() -> None:
    told = history((900, receipt(Status.FAILED, err_code="777")))
    assert "777" in sentence(told, no_advice)
    assert explanation(told.message, no_advice) is None


def test_silence_is_not_failure() -> None:
    told = history(status=Status.UNKNOWN, reason="No final receipt came within 72 h.")
    assert sentence(told, advise) == (
        "Unknown: no final receipt came within 72 h. It may have arrived; a later receipt still corrects this."
    )


def test_an_error_is_not_hidden_beside_a_success() -> None:
    told = history((900, receipt(Status.DELIVERED)), (950, receipt(Status.FAILED, part=2, err_code="3")), parts=2)
    assert sentence(told, advise).startswith("Not delivered whole, 1 of 2 parts: the number is not in service")


def test_a_lost_submit_answer_is_told_as_such() -> None:
    told = history(attempts=(attempt("ambiguous", "No answer within 15 s."),), provider_message_id=None)
    assert sentence(told, advise) == (
        "Perhaps sent: vonage was asked and gave no clear answer (no answer within 15 s). "
        "It is not sent again; a receipt settles it."
    )


def test_the_wait_in_the_queue_names_the_last_trouble() -> None:
    tries = (attempt("deferred", "Throttled"), attempt("deferred", "Connection refused", number=2))
    told = history(status=Status.QUEUED, attempts=tries)
    assert sentence(told, advise) == "Waiting to be handed to vonage: tried 2 times, last: connection refused."


def test_a_message_that_waits_says_for_what() -> None:
    told = history(status=Status.QUEUED)
    assert sentence(told, advise, "No bind can submit.") == "Waiting to be handed to vonage. No bind can submit."
    assert "No bind" not in sentence(history((900, receipt(Status.DELIVERED))), advise, "No bind can submit.")


def test_the_timeline_is_in_order_of_time_and_tells_causes_first() -> None:
    told = history(
        (2_900, receipt(Status.DELIVERED)),
        attempts=(attempt("answered"),),
        events=(
            event(1, Status.QUEUED, 0, None),
            event(2, Status.SUBMITTED, 51, Status.QUEUED),
            event(3, Status.DELIVERED, 2_900, Status.SUBMITTED),
        ),
    )
    lines = timeline(told, advise)
    assert [(line.what, line.since_ms, line.text) for line in lines] == [
        ("accepted", 0, "accepted by us · for vonage · to GB"),
        ("submit", 51, "submitted, vonage answered in 41 ms, id id-1"),
        ("status", 51, "now submitted, was queued"),
        ("receipt", 2_900, "receipt: delivered, network 23410, price 0.0333, signature good"),
        ("status", 2_900, "now delivered, was submitted"),
    ]
    assert lines[3].raw == b"messageId=id"


def test_a_contradiction_stands_out() -> None:
    told = history((100, receipt(Status.DELIVERED)), (200, receipt(Status.FAILED, err_code="3")))
    first, second = (line for line in timeline(told, advise) if line.what == "receipt")
    assert (first.verdict, second.verdict) == (Verdict.APPLIED, Verdict.CONTRADICTION)
    assert second.text.endswith("says failed after delivered; kept, not applied")
    assert second.meaning == NOT_IN_SERVICE.meaning


def test_a_correction_is_told_at_the_receipt_that_it_corrects() -> None:
    told = history((100, receipt(Status.FAILED, err_code="3")), (200, receipt(Status.DELIVERED)))
    first, second = (line for line in timeline(told, advise) if line.what == "receipt")
    assert (first.verdict, second.verdict) == (Verdict.SUPERSEDED, Verdict.APPLIED)
    assert first.text.endswith("later corrected to delivered")


def test_a_receipt_that_was_overtaken_is_outranked_not_a_contradiction() -> None:
    told = history((100, receipt(Status.DELIVERED)), (200, receipt(Status.ACCEPTED)))
    assert [line.verdict for line in timeline(told, advise) if line.what == "receipt"] == [
        Verdict.APPLIED,
        Verdict.OUTRANKED,
    ]


def test_what_comes_after_silence_and_is_weaker_does_not_count() -> None:
    told = history(
        (500, receipt(Status.ACCEPTED)),
        events=(event(2, Status.UNKNOWN, 400, Status.SUBMITTED, "No final receipt came within 72 h"),),
    )
    part = told.message.parts[0]
    mute = replace(part, status=Status.UNKNOWN, status_key=order_key(Status.UNKNOWN, None))
    silent = replace(told, message=replace(told.message, parts=(mute,)))
    (line,) = (line for line in timeline(silent, advise) if line.what == "receipt")
    assert line.verdict is Verdict.OUTRANKED
    assert "came after unknown" in line.text


def test_an_intermediate_receipt_is_not_explained_by_its_err_code() -> None:
    told = history((100, receipt(Status.ACCEPTED, err_code="3")))
    (line,) = (line for line in timeline(told, advise) if line.what == "receipt")
    assert line.meaning is None
    assert "err-code" not in line.text


def test_durations_have_two_digits() -> None:
    cases = {0: "0 ms", 41: "41 ms", 1_400: "1.4 s", 42_000: "42 s", 180_000: "3 min", 18_000_000: "5 h"}
    assert {ms: duration(ms) for ms in cases} == cases
    assert duration(259_200_000) == "3 days"


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 10), st.sampled_from(list(Status)), st.none() | st.integers(0, 3), st.integers(1, 2)),
        max_size=6,
        unique_by=lambda row: row[1:],
    )
)
def test_each_part_with_receipts_has_exactly_one_that_counts(
    rows: list[tuple[int, Status, int | None, int]],
) -> None:
    """Whatever comes in whatever order, one receipt a part is applied: the one that the total order names."""
    told = history(*((at, receipt(s, carrier_ms=c, part=p)) for at, s, c, p in rows), parts=2)
    lines = [line for line in timeline(told, no_advice) if line.what == "receipt"]
    assert len(lines) == len(rows)
    for part in told.message.parts:
        applied = [line for line in lines if line.part == part.seq and line.verdict is Verdict.APPLIED]
        assert len(applied) == (1 if any(p == part.seq for *_, p in rows) else 0)
        assert all(line.status is part.status for line in applied)
    assert sentence(told, no_advice)
