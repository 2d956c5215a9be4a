"""What every provider keeps, whoever it hands messages to: the tests of the port ``hub.ports.Provider``.

A provider's own test makes a class of ``ProviderContract`` with the fixture ``far``: a provider that was built, and its
far side, which answers recipients by the endings below.
"""

import asyncio
import re
import time
from collections.abc import Sequence
from itertools import count
from typing import Protocol

import pytest
from hypothesis import given
from hypothesis import strategies as st

from receipted.domain.advice import Advice
from receipted.domain.errors import InvalidReceipt, Unauthentic
from receipted.domain.message import Content, Kind
from receipted.domain.receipt import Receipt
from receipted.domain.status import Status
from receipted.hub.links import Inbound
from receipted.hub.ports import (
    Ambiguous,
    Answered,
    Deferred,
    Finding,
    Outcome,
    Outstanding,
    Provider,
    Submission,
    WebhookRequest,
)

TAKEN = "447700900000"
REFUSED = "447700909115"
THROTTLED = "447700909210"
LOST = "447700909216"
THREE_PARTS = "x" * 400

_numbers = count(1)


class Far(Protocol):
    """A provider and whoever is behind it. ``secrets`` must not appear in any text that it gives.

    ``refusal`` is its code for a sender that it does not take. ``echoes``: its receipts carry our reference.
    """

    provider: Provider
    secrets: tuple[str, ...]
    refusal: str
    echoes: bool

    async def receipts(self, submission: Submission, ids: Sequence[str]) -> list[Receipt]:
        """The receipts of one message that was taken, at least one a part, the way they really come."""
        ...

    async def deliver(self, receipts: Sequence[Receipt]) -> None:
        """Given to ``Provider.start``."""
        ...

    async def take_inbound(self, taken: Sequence[Inbound]) -> None:
        """Given to ``Provider.start``, too."""
        ...


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def submission(recipient: str = TAKEN, *, text: str = "Hello", part_count: int = 1) -> Submission:
    number = next(_numbers)
    return Submission(
        message_id=f"0190c0de-0000-7000-8000-{number:012d}",
        recipient=recipient,
        sender="AcmeInc",
        content=Content(kind=Kind.TEXT, text=text),
        part_count=part_count,
        client_ref=f"our-{number}",
        country="GB",
        created_ms=now_ms(),
    )


def ids_of(outcome: Outcome) -> list[str]:
    assert isinstance(outcome, Answered), outcome
    ids = [part.provider_message_id for part in outcome.parts]
    assert all(ids), outcome
    return [str(each) for each in ids]


def webhook(path: str, method: str = "POST", body: bytes = b"", content_type: str = "") -> WebhookRequest:
    return WebhookRequest(method=method, path=path, query=b"", content_type=content_type, body=body)


class ProviderContract:
    """To be subclassed with the fixture ``far``."""

    @pytest.fixture
    def far(self) -> Far:
        raise NotImplementedError

    # --- what it says of itself ---------------------------------------------------------------------------------------

    async def test_what_it_declares_can_be_used(self, far: Far) -> None:
        provider = far.provider
        assert provider.name
        assert provider.rate_per_s >= 0
        assert provider.concurrency >= 1
        assert all(path.startswith("/") for path in provider.webhook_paths)
        assert 400 <= provider.retry_status < 600
        assert provider.missing() is None

    @pytest.mark.parametrize("country", ["GB", "US", "", "ZZ", "nowhere"])
    async def test_a_receipt_is_due_in_every_country(self, far: Far, country: str) -> None:
        assert far.provider.due_s(country) >= 1

    async def test_a_check_gives_findings_without_secrets(self, far: Far) -> None:
        findings = await far.provider.check()
        assert findings
        for finding in findings:
            assert isinstance(finding, Finding)
            assert finding.what
            assert finding.said
            assert finding.ok or finding.cure
            assert not any(secret in repr(finding) for secret in far.secrets)

    # --- submit -------------------------------------------------------------------------------------------------------

    async def test_a_message_that_is_taken_has_an_id(self, far: Far) -> None:
        assert len(ids_of(await far.provider.submit(submission()))) == 1

    async def test_every_part_has_an_id_of_its_own(self, far: Far) -> None:
        ids = ids_of(await far.provider.submit(submission(text=THREE_PARTS, part_count=3)))
        assert len(set(ids)) == 3

    async def test_messages_at_once_are_not_mixed_up(self, far: Far) -> None:
        outcomes = await asyncio.gather(*(far.provider.submit(submission()) for _ in range(30)))
        assert len({each for outcome in outcomes for each in ids_of(outcome)}) == 30

    async def test_a_refusal_has_a_code_that_is_explained(self, far: Far) -> None:
        outcome = await far.provider.submit(submission(REFUSED))
        assert isinstance(outcome, Answered)
        (part,) = outcome.parts
        assert part.provider_message_id is None
        assert part.err_code == far.refusal
        assert part.reason
        advice = far.provider.advise(part.err_code, at_submit=True)
        assert isinstance(advice, Advice)
        assert advice.code == part.err_code

    async def test_throttling_is_to_be_tried_again_after_a_wait(self, far: Far) -> None:
        outcome = await far.provider.submit(submission(THROTTLED))
        assert isinstance(outcome, Deferred)
        assert outcome.throttled
        assert outcome.wait_ms is not None
        assert outcome.reason

    async def test_an_answer_that_never_comes_leaves_the_outcome_open(self, far: Far) -> None:
        outcome = await far.provider.submit(submission(LOST))
        assert isinstance(outcome, Ambiguous)
        assert outcome.reason

    @pytest.mark.parametrize("recipient", [TAKEN, REFUSED, THROTTLED, LOST])
    async def test_an_outcome_tells_no_secret_and_no_number(self, far: Far, recipient: str) -> None:
        outcome = repr(await far.provider.submit(submission(recipient)))
        assert not any(secret in outcome for secret in (*far.secrets, recipient))

    # --- receipts -----------------------------------------------------------------------------------------------------

    async def test_receipts_name_the_part_and_carry_our_reference(self, far: Far) -> None:
        await far.provider.start(far.deliver, far.take_inbound)
        sent = submission(text=THREE_PARTS, part_count=3)
        ids = ids_of(await far.provider.submit(sent))
        receipts = await far.receipts(sent, ids)
        assert {receipt.provider_message_id for receipt in receipts} == set(ids)
        for receipt in receipts:
            assert receipt.provider == far.provider.name
            assert receipt.client_ref == (sent.client_ref if far.echoes else None)
            assert (receipt.recipient, receipt.sender) == (sent.recipient, sent.sender)
            assert isinstance(receipt.status, Status)
            assert receipt.raw_status
            assert receipt.err_code != "0"
            assert re.fullmatch("[0-9a-f]{32}", receipt.digest)
            assert receipt.raw
            assert receipt.transport
        assert len({receipt.digest for receipt in receipts}) == len(receipts)

    async def test_an_empty_request_is_a_probe_without_receipts(self, far: Far) -> None:
        for path in (*far.provider.webhook_paths, "/elsewhere"):
            for method in ("GET", "POST"):
                assert far.provider.read(webhook(path, method), now_ms()) == []

    async def test_reading_raises_only_what_the_door_can_answer(self, far: Far) -> None:
        path = (*far.provider.webhook_paths, "/elsewhere")[0]

        @given(
            st.binary(max_size=300),
            st.sampled_from(["", "application/json", "application/x-www-form-urlencoded; charset=UTF-8", "text/é"]),
            st.sampled_from(["GET", "POST"]),
            st.binary(max_size=100),
        )
        def law(body: bytes, content_type: str, method: str, query: bytes) -> None:
            request = WebhookRequest(method=method, path=path, query=query, content_type=content_type, body=body)
            try:
                receipts = far.provider.read(request, 1_700_000_000_000)
            except (InvalidReceipt, Unauthentic):
                return
            assert all(isinstance(receipt, Receipt) for receipt in receipts)

        law()

    # --- codes --------------------------------------------------------------------------------------------------------

    async def test_any_text_may_be_asked_about(self, far: Far) -> None:
        @given(st.text(), st.booleans())
        def law(code: str, at_submit: bool) -> None:
            advice = far.provider.advise(code, at_submit=at_submit)
            assert advice is None or (advice.meaning and advice.advice)

        law()

    @pytest.mark.parametrize("at_submit", [True, False])
    async def test_without_a_code_there_is_nothing_to_say(self, far: Far, at_submit: bool) -> None:
        assert far.provider.advise("", at_submit=at_submit) is None

    # --- beginning and end --------------------------------------------------------------------------------------------

    async def test_closing_without_a_start_is_harmless(self, far: Far) -> None:
        await far.provider.close()

    async def test_starting_and_closing_twice_is_harmless(self, far: Far) -> None:
        await far.provider.start(far.deliver, far.take_inbound)
        await far.provider.start(far.deliver, far.take_inbound)
        sent = submission()
        ids = ids_of(await far.provider.submit(sent))
        assert await far.receipts(sent, ids)
        await far.provider.close()
        await far.provider.close()

    async def test_after_the_close_a_submit_is_an_outcome_still(self, far: Far) -> None:
        await far.provider.start(far.deliver, far.take_inbound)
        await far.provider.close()
        assert isinstance(await far.provider.submit(submission()), Answered | Deferred | Ambiguous)

    async def test_what_it_had_accepted_may_be_told_again(self, far: Far) -> None:
        await far.provider.resume([])
        await far.provider.start(far.deliver, far.take_inbound)
        sent = submission()
        (mine,) = ids_of(await far.provider.submit(sent))
        part = Outstanding(submission=sent, seq=1, provider_message_id=mine, submitted_ms=now_ms())
        await far.provider.resume([part, part])
        assert {receipt.provider_message_id for receipt in await far.receipts(sent, [mine])} == {mine}
