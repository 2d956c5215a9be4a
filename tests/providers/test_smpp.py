"""The provider ``smpp`` before a carrier of the test's own: binding, submitting, taking in, and coming back."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from itertools import count
from typing import Any, TypeAlias

import pytest

from receipted.dialects.smpp.pdus import Command, Pdu, Value
from receipted.dialects.smpp.session import SessionSettings
from receipted.dialects.smpp.tlvs import Tag, make_tlv
from receipted.domain.errors import Overloaded, StorageUnavailable, Unstorable
from receipted.domain.message import Content, Kind
from receipted.domain.status import Status
from receipted.hub.links import InboundKind, LinkState
from receipted.hub.ports import Ambiguous, Answered, Deferred, Outstanding, PartAnswer, Submission
from receipted.providers import Context, build
from receipted.providers.smpp.carrier import Smpp
from tests.contracts.test_providers import NoHttp
from tests.providers.far_smsc import FarSmsc, Line, Taker, far_smsc, receipt_of, until

Make: TypeAlias = Callable[..., Awaitable[Smpp]]
_numbers = count(1)


def submission(text: str = "Hello", **more: object) -> Submission:
    number = next(_numbers)
    said: dict[str, object] = {
        "message_id": f"0190c0de-0000-7000-8000-{number:012d}",
        "recipient": "447700900123",
        "sender": "Acme",
        "content": Content(kind=Kind.TEXT, text=text),
        "part_count": 1,
        "client_ref": f"our-{number}",
        **more,
    }
    return Submission(**said)  # type: ignore[arg-type]


LONG = "a" * 400
"""Three parts."""


@pytest.fixture
async def far() -> AsyncIterator[FarSmsc]:
    async with far_smsc() as carrier:
        yield carrier


@pytest.fixture
def hub() -> Taker:
    return Taker()


@pytest.fixture
async def make(far: FarSmsc, hub: Taker) -> AsyncIterator[Make]:
    made: list[Smpp] = []
    raised: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: raised.append(context))

    async def one(
        *, bound: bool = True, name: str = "acme", outstanding: Sequence[Outstanding] = (), **section: object
    ) -> Smpp:
        usual = {"kind": "smpp", "host": "127.0.0.1", "port": far.port, "system_id": "gw", "password": "secret-8",
                 "rate_per_s": 0, "reconnect_first_s": 0.02, "reconnect_most_s": 0.05}  # fmt: skip
        context = Context(clock=lambda: time.time_ns() // 1_000_000, http=NoHttp(), observe=hub.observe)
        provider = build(name, {**usual, **section}, context)
        assert isinstance(provider, Smpp)
        made.append(provider)
        await provider.resume(outstanding)
        await provider.start(hub.deliver, hub.take_inbound)
        if bound:
            await until(lambda: all(link.state is LinkState.BOUND for link in provider.links()))
        return provider

    yield one
    for provider in made:
        await provider.close()
    assert raised == []


def taken(*ids: str) -> Answered:
    return Answered(parts=tuple(PartAnswer(provider_message_id=one) for one in ids))


# --- submitting -------------------------------------------------------------------------------------------------------


async def test_a_message_is_submitted_as_the_settings_say(make: Make, far: FarSmsc) -> None:
    provider = await make(receipts="intermediate", service_type="X", source_npi=9)
    assert provider.ready() is None
    assert await provider.submit(submission(ttl_ms=259_200_000)) == taken("id-1")
    _, pdu = far.submits[0]
    wanted = {
        "service_type": "X",
        "source_addr_ton": 5,
        "source_addr_npi": 9,
        "source_addr": "Acme",
        "dest_addr_ton": 1,
        "destination_addr": "447700900123",
        "validity_period": "000003000000000R",
        "registered_delivery": 0x11,
        "short_message": b"Hello",
    }
    assert {name: pdu.fields[name] for name in wanted} == wanted
    assert (far.binds[0].text("system_id"), far.binds[0].text("password")) == ("gw", "secret-8")


@pytest.mark.parametrize(
    ("way", "ids", "first"),
    [
        ("udh8", 3, lambda pdu: pdu.number("esm_class") == 0x40 and pdu.octets("short_message")[:3] == b"\5\0\3"),
        ("udh16", 3, lambda pdu: pdu.octets("short_message")[:4] == b"\6\x08\4" + pdu.octets("short_message")[3:4]),
        ("sar", 3, lambda pdu: pdu.tlv(Tag.SAR_TOTAL_SEGMENTS) == b"\3" and not pdu.number("esm_class")),
        ("payload", 1, lambda pdu: pdu.tlv(Tag.MESSAGE_PAYLOAD) == b"a" * 400),
    ],
)
async def test_a_long_message_goes_as_the_carrier_wants_it(
    make: Make, far: FarSmsc, way: str, ids: int, first: Callable[[Pdu], bool]
) -> None:
    provider = await make(long_messages=way)
    answered = await provider.submit(submission(LONG))
    assert answered == taken(*(f"id-{n}" for n in range(1, ids + 1)))
    assert first(far.submits[0][1])


async def test_contents_of_each_kind_travel(make: Make, far: FarSmsc) -> None:
    provider = await make()
    for content in (
        Content(kind=Kind.TEXT, text="é€"),
        Content(kind=Kind.UNICODE, text="я🎉"),
        Content(kind=Kind.BINARY, body="0011ff", udh="06050415810000"),
    ):
        assert isinstance(await provider.submit(submission(content=content)), Answered)
    sent = [(pdu.number("data_coding"), pdu.number("esm_class"), pdu.octets("short_message")) for _, pdu in far.submits]
    assert sent == [
        (0, 0, b"\x05\x1be"),
        (8, 0, "я🎉".encode("utf-16-be")),
        (4, 0x40, bytes.fromhex("060504158100000011ff")),
    ]


async def test_the_window_is_kept_and_answers_come_in_any_order(make: Make, far: FarSmsc) -> None:
    far.on_submit = far.keep
    provider = await make(window=2)
    assert provider.concurrency == 2
    work = [asyncio.create_task(provider.submit(submission(str(n)))) for n in range(4)]
    await until(lambda: len(far.submits) == 2)
    line = far.lines[0]
    line.answer(far.submits[1][1], "B")
    await until(lambda: len(far.submits) == 3)
    assert provider.links()[0].in_flight == 2
    for (_, pdu), message_id in zip([far.submits[0], far.submits[2]], "AC", strict=True):
        line.answer(pdu, message_id)
    await until(lambda: len(far.submits) == 4)
    line.answer(far.submits[3][1], "D")
    assert [await one for one in work] == [taken("A"), taken("B"), taken("C"), taken("D")]


async def test_the_rate_of_a_bind_is_kept(make: Make, far: FarSmsc) -> None:
    provider = await make(rate_per_s=5, window=100)
    assert provider.rate_per_s == 5
    work = [asyncio.create_task(provider.submit(submission(str(n)))) for n in range(8)]
    await until(lambda: len(far.submits) >= 5)
    started = time.monotonic()
    await asyncio.gather(*work)
    assert time.monotonic() - started > 0.8


async def test_several_binds_share_the_work(make: Make, far: FarSmsc) -> None:
    far.on_submit = far.keep
    provider = await make(binds=3, window=2)
    assert provider.concurrency == 6
    work = [asyncio.create_task(provider.submit(submission())) for _ in range(6)]
    await until(lambda: len(far.submits) == 6)
    assert {line.session.owed for line in far.lines} == {2}
    for line, pdu in far.submits:
        line.answer(pdu, "x")
    await asyncio.gather(*work)


async def test_a_throttled_bind_is_left_alone_and_the_message_comes_again(make: Make, far: FarSmsc) -> None:
    far.says(0x58)
    provider = await make()
    outcome = await provider.submit(submission())
    assert isinstance(outcome, Deferred)
    assert outcome.wait_ms is not None
    assert 0 < outcome.wait_ms <= 1_000
    assert "throttled" in outcome.reason
    (link,) = provider.links()
    assert (link.state, link.throttled) == (LinkState.THROTTLED, 1)
    assert provider.ready() is None
    assert await provider.submit(submission()) == taken("id-1")
    assert provider.links()[0].state is LinkState.BOUND


@pytest.mark.parametrize("status", [0x08, 0x45, 0xFF])
async def test_a_temporary_error_is_tried_again(make: Make, far: FarSmsc, status: int) -> None:
    far.says(status)
    provider = await make()
    assert isinstance(await provider.submit(submission()), Deferred)


async def test_a_refusal_without_a_reason_is_not_tried_for_ever(make: Make, far: FarSmsc) -> None:
    far.says(0x45, 0x08)
    provider = await make()
    outcome = await provider.submit(submission(attempt=5))
    assert isinstance(outcome, Answered)
    assert outcome.parts[0].err_code == "0x00000045"
    assert isinstance(await provider.submit(submission(attempt=500)), Deferred)


@pytest.mark.parametrize(("status", "word"), [(0x0B, "number refused"), (0x400, "of this carrier's own")])
async def test_a_permanent_error_is_explained(make: Make, far: FarSmsc, status: int, word: str) -> None:
    far.says(status)
    provider = await make()
    outcome = await provider.submit(submission(LONG))
    assert isinstance(outcome, Answered)
    assert len(far.submits) == 1
    assert [part.err_code for part in outcome.parts] == [f"0x{status:08X}"] * 3
    assert word in (outcome.parts[0].reason or "")
    assert "part 1 was refused" in (outcome.parts[1].reason or "")
    advice = provider.advise(f"0x{status:08X}", at_submit=True)
    assert advice is not None
    assert word in advice.meaning


async def test_a_code_of_the_carriers_own_may_be_temporary(make: Make, far: FarSmsc) -> None:
    far.says(0x405, 0x406)
    provider = await make(command_statuses={"0x0405": "slow-down", "0x00000406": "retry"})
    outcome = await provider.submit(submission())
    assert isinstance(outcome, Deferred)
    assert outcome.throttled
    assert provider.links()[0].state is LinkState.THROTTLED
    assert isinstance(await provider.submit(submission()), Deferred)
    assert await provider.submit(submission()) == taken("id-1")
    advice = provider.advise("0x00000405", at_submit=True)
    assert advice is not None
    assert advice.retry


async def test_a_bind_refused_by_a_code_of_the_carriers_own_may_be_tried_soon(make: Make, far: FarSmsc) -> None:
    far.bind_answers = [0x40A]
    await make(command_statuses={"0x40a": "retry"})
    assert far.connections == 2


async def test_later_parts_are_tried_until_they_are_taken(make: Make, far: FarSmsc) -> None:
    far.says(0, 0x58, 0, 0x08)
    provider = await make()
    assert await provider.submit(submission(LONG)) == taken("id-1", "id-2", "id-3")
    assert len(far.submits) == 5


async def test_an_id_that_another_message_has_is_complained_about(make: Make, far: FarSmsc, hub: Taker) -> None:
    far.on_submit = lambda line, pdu: line.answer(pdu, "77")
    before = Outstanding(submission=submission(), seq=1, provider_message_id="78", submitted_ms=0)
    provider = await make(outstanding=[before])
    await provider.submit(submission())
    assert hub.named("submit.id-reused") == []
    await provider.submit(submission())
    far.on_submit = lambda line, pdu: line.answer(pdu, "78")
    await provider.submit(submission())
    assert [facts["provider"] for facts in hub.named("submit.id-reused")] == ["acme", "acme"]


@pytest.mark.parametrize(("length", "complaints"), [(64, 0), (65, 1)])
async def test_an_id_longer_than_the_specification_allows_is_complained_about(
    make: Make, far: FarSmsc, hub: Taker, length: int, complaints: int
) -> None:
    def octet_by_octet(line: Line, submit: Pdu) -> None:
        octets = (
            int(Command.SUBMIT_SM_RESP).to_bytes(4) + bytes(4) + submit.sequence.to_bytes(4) + b"x" * length + b"\0"
        )
        line.write((len(octets) + 4).to_bytes(4) + octets)

    far.on_submit = octet_by_octet
    provider = await make()
    assert await provider.submit(submission()) == taken("x" * length)
    assert len(hub.named("submit.id-too-long")) == complaints


async def test_what_cannot_be_said_is_refused(make: Make, far: FarSmsc) -> None:
    provider = await make()
    outcome = await provider.submit(submission("a" * 153 * 256))
    assert isinstance(outcome, Answered)
    assert outcome.parts[0].refused
    assert far.submits == []


# --- a line that breaks -----------------------------------------------------------------------------------------------


async def test_what_was_written_when_the_line_breaks_is_never_written_again(make: Make, far: FarSmsc) -> None:
    far.on_submit = far.keep
    provider = await make(window=5)
    work = [asyncio.create_task(provider.submit(submission(str(n)))) for n in range(5)]
    await until(lambda: len(far.submits) == 5)
    far.on_submit = far.take
    far.lines[0].cut()
    outcomes = [await one for one in work]
    assert {type(outcome) for outcome in outcomes} == {Ambiguous}
    await until(lambda: provider.ready() is None)
    assert len(far.submits) == 5
    assert await provider.submit(submission()) == taken("id-1")


async def test_a_part_without_a_clear_answer_is_told_apart(make: Make, far: FarSmsc) -> None:
    def cut_at_the_second(line: Line, submit: Pdu) -> None:
        far.take(line, submit) if len(far.submits) != 2 else line.cut()

    far.on_submit = cut_at_the_second
    provider = await make()
    outcome = await provider.submit(submission(LONG))
    assert isinstance(outcome, Answered)
    assert [(part.provider_message_id, part.unclear) for part in outcome.parts] == [
        ("id-1", False),
        (None, True),
        ("id-2", False),
    ]
    assert len(far.submits) == 3


async def test_while_nothing_is_bound_nothing_is_written(make: Make, far: FarSmsc) -> None:
    far.bind_answers = [0x05] * 10_000
    provider = await make(bound=False)
    await until(lambda: provider.links()[0].state is LinkState.REFUSED)
    assert "already bound" in (provider.ready() or "")
    far.bind_answers.clear()
    assert await provider.submit(submission()) == taken("id-1")


async def test_an_answer_that_comes_too_late_still_gives_its_id(make: Make, far: FarSmsc, hub: Taker) -> None:
    far.on_submit = far.keep
    provider = await make(response_s=0.05)
    one = submission()
    assert isinstance(await provider.submit(one), Ambiguous)
    (line, pdu) = far.submits[0]
    line.answer(pdu, "LATE-1")
    (receipt,) = await until(lambda: hub.receipts)
    assert (receipt.provider_message_id, receipt.client_ref, receipt.status) == (
        "LATE-1",
        one.message_id,
        Status.ACCEPTED,
    )


async def test_a_refused_bind_waits_long_and_says_what_to_do(make: Make, far: FarSmsc, hub: Taker) -> None:
    far.bind_answers = [0x0E]
    provider = await make(bound=False)
    (link,) = await until(lambda: [one for one in provider.links() if one.state is LinkState.REFUSED])
    assert "Correct system_id and password" in link.problem
    (down,) = hub.named("bind.down")
    assert isinstance(down["next_try_ms"], int)
    assert down["next_try_ms"] >= 15_000
    assert "secret-8" not in str(hub.told)


async def test_a_carrier_that_falls_silent_is_left_and_bound_anew(make: Make, far: FarSmsc, hub: Taker) -> None:
    provider = await make(enquire_link_s=0.05, enquire_answer_s=0.05)
    far.deaf = True
    await until(lambda: hub.named("bind.down"))
    far.deaf = False
    await until(lambda: provider.ready() is None and far.connections >= 2)
    assert "enquire_link" in str(hub.named("bind.down")[0]["reason"])


async def test_nonsense_from_the_carrier_ends_the_connection_and_not_the_hub(make: Make, far: FarSmsc) -> None:
    provider = await make()
    far.lines[0].write(b"HTTP/1.1 400 Bad Request\r\n\r\n" * 10)
    await until(lambda: far.connections == 2)
    await until(lambda: provider.ready() is None)
    assert await provider.submit(submission()) == taken("id-1")


async def test_a_carrier_that_says_not_bound_is_bound_anew(make: Make, far: FarSmsc) -> None:
    far.says(0x04)
    provider = await make()
    assert isinstance(await provider.submit(submission()), Deferred)
    await until(lambda: far.connections == 2)
    assert await provider.submit(submission()) == taken("id-1")


async def test_a_carrier_that_is_away_is_waited_for(make: Make, far: FarSmsc) -> None:
    provider = await make(port=1, bound=False)
    (link,) = await until(lambda: [one for one in provider.links() if one.state is LinkState.DOWN])
    assert "nothing listens there" in link.problem
    assert provider.ready() is not None


# --- taking in --------------------------------------------------------------------------------------------------------


async def test_a_receipt_is_answered_after_it_is_stored(make: Make, far: FarSmsc, hub: Taker) -> None:
    await make()
    hub.gate.clear()
    line = far.lines[0]
    first = line.deliver(receipt_of("id-1"))
    second = line.deliver(receipt_of("id-2"))
    await line.ping()
    assert [one.request.command for one in line.answered] == [Command.ENQUIRE_LINK]
    hub.gate.set()
    assert (await line.answer_to(first), await line.answer_to(second)) == (0, 0)
    assert [one.provider_message_id for one in hub.receipts] == ["id-1", "id-2"]


async def test_what_a_receipt_says_is_kept_in_our_words_and_in_its_own(make: Make, far: FarSmsc, hub: Taker) -> None:
    await make(err_codes={"000": "5"}, time_zone="+01:00")
    line = far.lines[0]
    await line.answer_to(line.deliver(receipt_of("7", "UNDELIV"), [make_tlv(Tag.RECEIPTED_MESSAGE_ID, "7")]))
    (receipt,) = hub.receipts
    assert (receipt.provider, receipt.status, receipt.raw_status, receipt.err_code) == (
        "acme",
        Status.FAILED,
        "UNDELIV",
        "5",
    )
    assert (receipt.recipient, receipt.sender, receipt.transport) == ("447700900123", "Acme", "smpp")
    assert receipt.carrier_ms == 1_767_362_700_000
    assert b"stat:UNDELIV" in receipt.raw
    assert receipt.raw[:4] == len(receipt.raw).to_bytes(4)


@pytest.mark.parametrize(
    ("refusal", "status"),
    [(StorageUnavailable("away"), 0x08), (Unstorable("no"), 0x08), (Overloaded("full"), 0x14), (KeyError("bug"), 0x08)],
)
async def test_what_cannot_be_stored_is_asked_for_again(
    make: Make, far: FarSmsc, hub: Taker, refusal: Exception, status: int
) -> None:
    await make()
    hub.refusals = [refusal]
    line = far.lines[0]
    assert await line.answer_to(line.deliver(receipt_of("id-1"))) == status
    assert await line.answer_to(line.deliver(receipt_of("id-1"))) == 0
    assert len(hub.receipts) == 1


async def test_the_same_statement_has_the_same_digest(make: Make, far: FarSmsc, hub: Taker) -> None:
    await make()
    line = far.lines[0]
    for stat in ("ACCEPTD", "ACCEPTD", "DELIVRD"):
        await line.answer_to(line.deliver(receipt_of("id-1", stat)))
    first, again, other = (one.digest for one in hub.receipts)
    assert first == again != other


async def test_a_message_from_a_phone_is_never_a_receipt(make: Make, far: FarSmsc, hub: Taker) -> None:
    await make()
    line = far.lines[0]
    ordinary = {**receipt_of("1"), "esm_class": 0, "short_message": b"id: my id is 5, stat: fine"}
    unicode = {**ordinary, "data_coding": 8, "short_message": "да".encode("utf-16-be")}
    part = {**ordinary, "esm_class": 0x40, "short_message": b"\5\0\3\7\2\1Hello"}
    for fields in (ordinary, unicode, part):
        assert await line.answer_to(line.deliver(fields)) == 0
    assert hub.receipts == []
    assert [(one.kind, one.text, one.segment) for one in hub.inbound] == [
        (InboundKind.MESSAGE, "id: my id is 5, stat: fine", ""),
        (InboundKind.MESSAGE, "да", ""),
        (InboundKind.MESSAGE, "Hello", "7/2/1"),
    ]
    assert (hub.inbound[0].sender, hub.inbound[0].recipient, hub.inbound[0].bind) == ("447700900123", "Acme", "acme#1")


def unmarked(message_id: str, source: str, **more: Value) -> dict[str, Value]:
    """A receipt whose esm_class says an ordinary message: from a carrier, or from anybody with a phone."""
    return {**receipt_of(message_id), "esm_class": 0, "source_addr": source, **more}


async def test_a_receipt_that_is_not_marked_counts_when_its_numbers_fit(make: Make, far: FarSmsc, hub: Taker) -> None:
    part = Outstanding(submission=submission(), seq=1, provider_message_id="0a1b2c", submitted_ms=0)
    provider = await make(outstanding=[part])
    assert await provider.submit(submission(recipient="447700900456")) == taken("id-1")
    line = far.lines[0]
    await line.answer_to(line.deliver(unmarked("662316", "447700900123")))
    await line.answer_to(line.deliver(unmarked("id-1", "07700900456", source_addr_ton=2)))
    assert [one.provider_message_id for one in hub.receipts] == ["0a1b2c", "id-1"]
    assert hub.inbound == []


async def test_a_strangers_sms_is_no_receipt_however_it_reads(make: Make, far: FarSmsc, hub: Taker) -> None:
    provider = await make()
    assert await provider.submit(submission()) == taken("id-1")
    line = far.lines[0]
    tlvs = [make_tlv(Tag.RECEIPTED_MESSAGE_ID, "id-1"), make_tlv(Tag.MESSAGE_STATE, 2)]
    for fields, more in (
        (unmarked("id-1", "447700900666"), ()),
        (unmarked("id-1", "447700900666"), tlvs),
        (unmarked("id-1", "Acme", source_addr_ton=5), ()),
        (unmarked("id-1", ""), ()),
        (unmarked("id-2", "447700900123"), ()),
    ):
        assert await line.answer_to(line.deliver(fields, more)) == 0
    assert hub.receipts == []
    assert [one.kind for one in hub.inbound] == [InboundKind.MESSAGE] * 5
    assert "stat:DELIVRD" in hub.inbound[0].text
    problems = [facts["problem"] for facts in hub.named("receipt.strange")]
    assert problems[0] == "an SMS reads like the receipt of somebody else's message"
    assert problems[-1] == "an SMS reads like the receipt of a message that is not known"
    assert provider.links()[0].receipts == 0
    assert "no receipt matched" in provider.links()[0].id_form


@pytest.mark.parametrize("id_form", ["auto", "as-given"])
async def test_an_unmarked_receipt_before_the_answer_finds_its_message(
    make: Make, far: FarSmsc, hub: Taker, id_form: str
) -> None:
    far.on_submit = far.keep
    provider = await make(id_form=id_form)
    work = asyncio.create_task(provider.submit(submission()))
    (line, pdu) = await until(lambda: far.submits[0] if far.submits else None)
    sequence = line.deliver(unmarked("77", "447700900123"))
    await line.ping()
    line.answer(pdu, "77")
    assert await work == taken("77")
    assert await line.answer_to(sequence) == 0
    assert [one.provider_message_id for one in hub.receipts] == ["77"]


async def test_an_unreadable_receipt_is_kept_as_it_came(make: Make, far: FarSmsc, hub: Taker) -> None:
    await make()
    line = far.lines[0]
    assert await line.answer_to(line.deliver({**receipt_of("1"), "short_message": b"stat:DELIVRD"})) == 0
    line.write(bytes.fromhex("00000014000000050000000000000063") + b"\0\0\0\0")
    riddle, broken = await until(lambda: hub.inbound if len(hub.inbound) == 2 else None)
    assert (riddle.kind, riddle.text, riddle.problem) == (
        InboundKind.UNREADABLE,
        "stat:DELIVRD",
        "it has no message id",
    )
    assert broken.raw == bytes.fromhex("00000014000000050000000000000063") + b"\0\0\0\0"
    assert hub.receipts == []


async def test_a_receipt_before_the_answer_finds_its_message(make: Make, far: FarSmsc, hub: Taker) -> None:
    far.on_submit = far.keep
    provider = await make()
    work = asyncio.create_task(provider.submit(submission()))
    (line, pdu) = await until(lambda: far.submits[0] if far.submits else None)
    sequence = line.deliver(receipt_of("1780797"))
    await line.ping()
    line.answer(pdu, "1B2C3D")
    assert await work == taken("1B2C3D")
    assert await line.answer_to(sequence) == 0
    assert hub.receipts[0].provider_message_id == "1B2C3D"


async def test_a_receipt_of_nobody_is_kept_under_its_own_id(make: Make, far: FarSmsc, hub: Taker) -> None:
    await make()
    line = far.lines[0]
    assert await line.answer_to(line.deliver(receipt_of("999"))) == 0
    assert hub.receipts[0].provider_message_id == "999"


async def test_a_receipt_may_come_on_another_bind_and_by_another_operation(
    make: Make, far: FarSmsc, hub: Taker
) -> None:
    far.on_submit = lambda line, pdu: line.answer(pdu, "FF")
    provider = await make(bind="transmitter-receiver", binds=2)
    assert [link.kind for link in provider.links()] == ["transmitter", "receiver"] * 2
    assert await provider.submit(submission()) == taken("FF")
    tlvs = [make_tlv(Tag.RECEIPTED_MESSAGE_ID, "255"), make_tlv(Tag.MESSAGE_STATE, 2)]
    line = far.receivers[-1]
    fields: dict[str, Value] = {"source_addr": "447700900123", "destination_addr": "Acme", "esm_class": 4}
    assert await line.answer_to(line.deliver(fields, tlvs, Command.DATA_SM)) == 0
    assert [(one.provider_message_id, one.status) for one in hub.receipts] == [("FF", Status.DELIVERED)]
    assert sum(link.receipts for link in provider.links()) == 1


async def test_ids_of_before_a_restart_are_known(make: Make, far: FarSmsc, hub: Taker) -> None:
    part = Outstanding(submission=submission(), seq=1, provider_message_id="0a1b", submitted_ms=0)
    provider = await make(outstanding=[part])
    line = far.lines[0]
    await line.answer_to(line.deliver(receipt_of("2587")))
    assert hub.receipts[0].provider_message_id == "0a1b"
    assert "not certain yet" in provider.links()[0].id_form


async def test_what_came_in_is_stored_before_the_hub_stops(make: Make, far: FarSmsc, hub: Taker) -> None:
    provider = await make()
    hub.gate.clear()
    line = far.lines[0]
    sequence = line.deliver(receipt_of("id-1"))
    await until(lambda: provider.links()[0].receipts == 1)
    closing = asyncio.create_task(provider.close())
    await line.ping()
    assert not closing.done()
    hub.gate.set()
    await closing
    assert await line.answer_to(sequence) == 0
    assert line.session.closed == "the peer unbound"
    assert isinstance(await provider.submit(submission()), Deferred)


async def test_a_carrier_is_read_only_as_fast_as_its_receipts_are_stored(make: Make, far: FarSmsc, hub: Taker) -> None:
    far.session_settings = SessionSettings(window=10_000, enquire_link_ms=0)
    provider = await make()
    hub.gate.clear()
    line = far.lines[0]
    for number in range(5_000):
        line.session.request(Command.DELIVER_SM, line.now_ms, receipt_of(f"id-{number}"))
    line.flush()
    await until(lambda: provider.links()[0].receipts >= 500)
    # Another connection makes its whole way meanwhile, so nothing holds the event loop.
    await provider.check()
    assert provider.links()[0].receipts < 1_000
    hub.gate.set()
    await until(lambda: len(line.answered) == 5_000)
    assert {one.response.status for one in line.answered} == {0}
    assert len(hub.receipts) == 5_000


@pytest.mark.parametrize("nonsense", ["00000010800000040000000000000063", "00000010000000060000000000000001"])
async def test_a_carrier_that_makes_no_sense_is_left_and_bound_anew(make: Make, far: FarSmsc, nonsense: str) -> None:
    provider = await make()
    far.lines[0].write(bytes.fromhex(nonsense) * 20_000)
    await until(lambda: far.connections == 2)
    await until(lambda: provider.ready() is None)
    assert await provider.submit(submission()) == taken("id-1")


async def test_a_thousand_messages_in_one_go(make: Make, far: FarSmsc, hub: Taker) -> None:
    far.session_settings = SessionSettings(window=1_000, peer_window=1_000, enquire_link_ms=0)
    provider = await make(window=100)
    outcomes = await asyncio.gather(*(provider.submit(submission(str(n))) for n in range(1_000)))
    ids = [part.provider_message_id for one in outcomes if isinstance(one, Answered) for part in one.parts]
    assert len(set(ids)) == 1_000
    line = far.lines[0]
    for message_id in ids:
        line.session.request(Command.DELIVER_SM, line.now_ms, receipt_of(str(message_id)))
    line.flush()
    await until(lambda: len(line.answered) == 1_000)
    assert {one.provider_message_id for one in hub.receipts} == set(ids)
    assert hub.batches < 500
