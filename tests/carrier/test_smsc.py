"""The simulated SMSC over loopback: binds, submits, receipts, and what hostile clients get."""

import asyncio
import functools
import ssl
import time
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
import trustme
from hypothesis import given, settings
from hypothesis import strategies as st

from receipted.carrier.smsc import SYSTEM_ID
from receipted.dialects.smpp.codec import Unencodable, encode
from receipted.dialects.smpp.events import Answered, Strange
from receipted.dialects.smpp.pdus import PDUS, Command, Pdu, Value
from receipted.dialects.smpp.receipt import RECEIPT_BIT
from receipted.dialects.smpp.status import CommandStatus
from receipted.dialects.smpp.tlvs import Tag, Tlv, make_tlv
from tests.carrier.far_esme import Esme, Observed, bound, clock, connected, running, until

DELIVERED = b"stat:DELIVRD"


@pytest.mark.parametrize("command", [Command.BIND_TRANSMITTER, Command.BIND_RECEIVER, Command.BIND_TRANSCEIVER])
async def test_everybody_may_bind_as_anything(command: Command) -> None:
    async with running() as smsc, connected(smsc.port) as esme:
        answer = await esme.bind(command)
        assert (answer.status, answer.text("system_id")) == (0, SYSTEM_ID)
        assert smsc.counts.bound == 1
        await esme.unbind()
        await until(lambda: smsc.counts.bound == 0)


@pytest.mark.parametrize(
    ("system_id", "password", "status"),
    [
        ("acme", "right", CommandStatus.ESME_ROK),
        ("acme", "wrong", CommandStatus.ESME_RINVPASWD),
        ("acme", "", CommandStatus.ESME_RINVPASWD),
        ("else", "right", CommandStatus.ESME_RINVSYSID),
        ("refuse-password", "right", CommandStatus.ESME_RINVPASWD),
        ("refuse-bound", "right", CommandStatus.ESME_RALYBND),
    ],
)
async def test_who_may_bind(system_id: str, password: str, status: int) -> None:
    async with running(accounts={"acme": "right"}) as smsc, connected(smsc.port) as esme:
        answer = await esme.bind(system_id=system_id, password=password)
        assert answer.status == status
        assert smsc.counts.binds_refused == (status != 0)


async def test_a_submit_gets_an_id_and_then_its_receipt() -> None:
    async with running() as smsc, bound(smsc) as esme:
        answer = await esme.submitted(text=b"Hello you")
        (receipt,) = await esme.given(1)
        message_id = answer.text("message_id")
        assert receipt.number("esm_class") == RECEIPT_BIT
        assert receipt.tlv(Tag.RECEIPTED_MESSAGE_ID) == message_id.encode() + b"\0"
        assert receipt.tlv(Tag.MESSAGE_STATE) == b"\2"
        assert (receipt.text("source_addr"), receipt.text("destination_addr")) == ("447700900000", "Acme")
        assert receipt.octets("short_message").startswith(f"id:{message_id} sub:001 dlvrd:001 submit date:".encode())
        assert receipt.octets("short_message").endswith(b"stat:DELIVRD err:000 text:Hello you")
        await until(lambda: smsc.counts.receipts_taken == 1)
        assert smsc.counts.waiting == 0


@pytest.mark.parametrize(
    ("registered", "suffix", "words"),
    [
        (0x00, "0000", []),
        (0x01, "0000", ["DELIVRD"]),
        (0x02, "0000", []),
        (0x02, "9008", ["UNDELIV"]),
        (0x11, "9200", ["ACCEPTD", "ENROUTE", "DELIVRD"]),
        (0x10, "0000", ["ACCEPTD"]),
    ],
)
async def test_receipts_are_those_that_were_asked_for(registered: int, suffix: str, words: list[str]) -> None:
    async with running(speed=10_000) as smsc, bound(smsc) as esme:
        await esme.submitted(suffix, registered_delivery=registered)
        # The last of these two comes after all that the first could get.
        await esme.submitted("9200", text=b"the end", source_addr="End")
        await until(lambda: any(pdu.text("destination_addr") == "End" for pdu in esme.delivered))
        ours = [pdu for pdu in esme.delivered if pdu.text("destination_addr") == "Acme"]
        assert [_word(pdu) for pdu in ours] == words
        intermediate = [pdu.number("esm_class") == 0x20 for pdu in ours]
        assert intermediate == [word in ("ACCEPTD", "ENROUTE") for word in words]


def _word(pdu: Pdu) -> str:
    return pdu.message_octets().split(b"stat:")[1].split()[0].decode()


@pytest.mark.parametrize(
    ("suffix", "status"),
    [
        ("9300", CommandStatus.ESME_RTHROTTLED),
        ("9301", CommandStatus.ESME_RMSGQFUL),
        ("9302", CommandStatus.ESME_RSYSERR),
        ("9210", CommandStatus.ESME_RTHROTTLED),
    ],
)
async def test_the_third_try_is_taken_also_from_another_bind(suffix: str, status: int) -> None:
    async with running() as smsc:
        async with bound(smsc) as esme:
            assert [(await esme.submitted(suffix)).status for _ in range(2)] == [status, status]
            assert (await esme.submitted(suffix, text=b"Another")).status == status
        async with bound(smsc) as again:
            assert (await again.submitted(suffix)).status == 0
            assert DELIVERED in (await again.given(1))[0].octets("short_message")
            assert (await again.submitted(suffix, text=b"Another")).status == status


async def test_a_refusal_has_no_id_and_no_receipt() -> None:
    async with running() as smsc, bound(smsc) as esme:
        answer = await esme.submitted("9109")
        assert (answer.status, dict(answer.fields)) == (0x409, {})
        assert smsc.counts.waiting == 0


async def test_an_answer_that_never_comes_holds_nothing_up() -> None:
    async with running() as smsc, bound(smsc) as esme:
        silent = esme.submit("9303")
        taken = esme.submit("9304", source_addr="Taken")
        assert (await esme.submitted()).status == 0
        await until(lambda: len(esme.delivered) == 2)
        assert esme.answered(silent) is None
        assert esme.answered(taken) is None
        assert {pdu.text("destination_addr") for pdu in esme.delivered} == {"Acme", "Taken"}


async def test_a_slow_answer_comes_after_faster_ones_and_before_the_receipt() -> None:
    async with running(speed=50) as smsc, bound(smsc) as esme:
        slow = esme.submit("9305", source_addr="Slow")
        fast = esme.submit()
        await until(lambda: len(esme.delivered) == 2)
        answers = [pdu.sequence for pdu in esme.order if pdu.command == Command.SUBMIT_SM_RESP]
        assert answers == [fast, slow]
        assert esme.order[-1].text("destination_addr") == "Slow"


@pytest.mark.parametrize(("suffix", "receipts"), [("9306", 0), ("9307", 1)])
async def test_a_cut_connection_before_and_after_the_message_is_taken(suffix: str, receipts: int) -> None:
    async with running() as smsc:
        async with bound(smsc) as esme:
            before, cut = esme.submit(registered_delivery=0), esme.submit(suffix)
            await until(lambda: esme.lost)
            assert esme.answered(before) is not None
            assert esme.answered(cut) is None
            assert smsc.counts.accepted == 1 + receipts
        async with bound(smsc) as again:
            await again.given(receipts)
            assert (await again.submitted(suffix)).status == 0
            await again.given(receipts + 1)


async def test_a_receipt_on_another_bind() -> None:
    async with running() as smsc, bound(smsc) as one, bound(smsc) as other:
        for _ in range(4):
            await one.submitted("9310")
        await other.given(4)
        assert one.delivered == []


async def test_a_receipt_goes_to_a_receiver_of_the_same_account_only() -> None:
    async with (
        running() as smsc,
        bound(smsc, Command.BIND_TRANSMITTER) as sender,
        bound(smsc, system_id="else") as stranger,
        bound(smsc, Command.BIND_RECEIVER) as receiver,
    ):
        await sender.submitted()
        await receiver.given(1)
        assert sender.delivered == stranger.delivered == []


async def test_receipts_go_to_all_receivers_in_turn() -> None:
    async with running() as smsc, bound(smsc) as one, bound(smsc) as other:
        for _ in range(10):
            one.submit()
        await until(lambda: len(one.delivered) + len(other.delivered) == 10)
        assert len(one.delivered) == len(other.delivered) == 5


@pytest.mark.parametrize("suffix", ["9311", "9208"])
async def test_a_receipt_before_the_answer(suffix: str) -> None:
    async with running(speed=10) as smsc, bound(smsc) as esme:
        answer = await esme.submitted(suffix)
        assert [pdu.command for pdu in esme.order] == [Command.DELIVER_SM, Command.SUBMIT_SM_RESP]
        assert answer.text("message_id").encode() in esme.delivered[0].octets("short_message")


async def test_a_malformed_pdu_comes_before_the_receipt() -> None:
    async with running() as smsc, bound(smsc) as esme:
        await esme.submitted("9312")
        await esme.given(1)
        assert esme.malformed == 1
        assert (await esme.submitted()).status == 0


async def test_the_handset_answers() -> None:
    async with running() as smsc, bound(smsc) as esme:
        await esme.submitted("9313", registered_delivery=0)
        (reply,) = await esme.given(1)
        assert (reply.number("esm_class"), reply.octets("short_message")) == (0, b"Thank you!")
        assert (reply.text("source_addr"), reply.text("destination_addr")) == ("447700909313", "Acme")


async def test_intermediate_states_that_were_not_asked_for() -> None:
    async with running() as smsc, bound(smsc) as esme:
        await esme.submitted("9314")
        receipts = await esme.given(3)
        assert [_word(pdu) for pdu in receipts] == ["ENROUTE", "ACCEPTD", "DELIVRD"]
        assert {pdu.number("esm_class") for pdu in receipts} == {RECEIPT_BIT}


async def test_only_the_last_part_of_a_long_message_fails() -> None:
    async with running() as smsc, bound(smsc) as esme:
        for seq in (1, 2, 3):
            header = bytes((5, 0, 3, 77, 3, seq))
            await esme.submitted("9212", text=header + b"part %d" % seq, esm_class=0x40)
        receipts = await esme.given(3)
        said = {pdu.octets("short_message").split(b"text:")[1]: _word(pdu) for pdu in receipts}
        assert said == {b"part 1": "DELIVRD", b"part 2": "DELIVRD", b"part 3": "UNDELIV"}


async def test_a_message_in_message_payload() -> None:
    async with running() as smsc, bound(smsc) as esme:
        answer = await esme.submitted("9213", text=b"", tlvs=(Tlv(Tag.MESSAGE_PAYLOAD, b"x" * 400),))
        assert answer.status == 0x409
        assert (await esme.submitted("9213", text=b"", tlvs=(Tlv(Tag.MESSAGE_PAYLOAD, b"x" * 100),))).status == 0


async def test_a_data_sm_is_a_submit_too() -> None:
    async with running() as smsc, bound(smsc) as esme:
        fields: dict[str, Value] = {"destination_addr": "447700900000", "registered_delivery": 1}
        sequence = esme.request(Command.DATA_SM, fields, (make_tlv(Tag.MESSAGE_PAYLOAD, b"Hello"),))
        answer = await esme.answer(sequence)
        assert answer.command == Command.DATA_SM_RESP
        (receipt,) = await esme.given(1)
        assert answer.text("message_id").encode() in receipt.octets("short_message")


@pytest.mark.parametrize(
    ("first", "resent"),
    [
        (CommandStatus.ESME_RSYSERR, True),
        (CommandStatus.ESME_RTHROTTLED, True),
        (CommandStatus.ESME_RMSGQFUL, True),
        (None, True),
        (CommandStatus.ESME_RX_P_APPN, False),
        (CommandStatus.ESME_RINVDSTADR, False),
    ],
)
async def test_what_is_sent_again(first: int | None, resent: bool) -> None:
    async with running(speed=1_000) as smsc, bound(smsc) as esme:
        esme.answers = [first]
        await esme.submitted()
        counts = smsc.counts
        await until(lambda: counts.receipts_taken == resent and counts.receipts_lost == (not resent))
        octets = [pdu.octets("short_message") for pdu in esme.delivered]
        assert len(octets) == 1 + resent
        assert len(set(octets)) == 1
        assert counts.waiting == 0


async def test_a_receipt_is_kept_while_nobody_is_bound_and_sent_again_when_a_connection_breaks() -> None:
    async with running(speed=1_000) as smsc:
        async with bound(smsc, Command.BIND_TRANSMITTER) as sender:
            await sender.submitted()
        async with connected(smsc.port) as deaf:
            deaf.answers = [None]
            await deaf.bind()
            await deaf.given(1)
            deaf.cut()
        async with bound(smsc) as esme:
            await esme.given(1)
            await until(lambda: smsc.counts.receipts_taken == 1)


async def test_a_message_that_waits_for_its_phone_expires() -> None:
    async with running(speed=100) as smsc, bound(smsc) as esme:
        await esme.submitted("9200", validity_period="000000000010000R")
        await esme.submitted("0000", validity_period="000000000000000R", source_addr="Fast")
        receipts = {pdu.text("destination_addr"): pdu for pdu in await esme.given(2)}
        assert _word(receipts["Acme"]) == "EXPIRED"
        assert _word(receipts["Fast"]) == "DELIVRD"


async def test_a_rate_above_the_limit_is_throttled() -> None:
    async with running(rate_per_s=5) as smsc, bound(smsc) as esme, bound(smsc, system_id="else") as other:
        sequences = [esme.submit() for _ in range(8)]
        statuses = [(await esme.answer(sequence)).status for sequence in sequences]
        assert statuses == [0] * 5 + [CommandStatus.ESME_RTHROTTLED] * 3
        assert (await other.submitted()).status == 0
        assert smsc.counts.throttled == 3


async def test_a_window_above_the_limit_is_throttled() -> None:
    async with running(window=3, latency_ms=200) as smsc, bound(smsc) as esme:
        sequences = [esme.submit(registered_delivery=0) for _ in range(5)]
        statuses = [(await esme.answer(sequence)).status for sequence in sequences]
        assert statuses == [0] * 3 + [CommandStatus.ESME_RTHROTTLED] * 2


async def test_latency() -> None:
    async with running(latency_ms=50, spread_ms=20) as smsc, bound(smsc) as esme:
        begun = time.monotonic()
        await esme.submitted()
        assert time.monotonic() - begun >= 0.05


async def test_a_full_carrier_takes_no_more() -> None:
    async with running(receipts_waiting=2, speed=1) as smsc, bound(smsc) as esme:
        for _ in range(2):
            assert (await esme.submitted("9200")).status == 0
        assert (await esme.submitted()).status == CommandStatus.ESME_RMSGQFUL


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"destination_addr": ""}, CommandStatus.ESME_RINVDSTADR),
        ({"destination_addr": "hello"}, CommandStatus.ESME_ROK),
    ],
)
async def test_odd_numbers(fields: dict[str, str], status: int) -> None:
    async with running() as smsc, bound(smsc) as esme:
        assert (await esme.submitted(**fields)).status == status


async def test_a_number_that_no_receipt_could_name_is_refused() -> None:
    long = b"4" * 30 + b"\0"
    body = b"\0\0\0\0\1\1" + long + bytes(3) + b"\0\0" + b"\1" + bytes(3) + b"\0"
    header = (16 + len(body)).to_bytes(4) + (4).to_bytes(4) + bytes(4) + (77).to_bytes(4)
    async with running() as smsc, bound(smsc) as esme:
        esme.write(header + body)
        await until(lambda: smsc.counts.refused == 1)
        assert (await esme.submitted()).status == 0


async def test_queries() -> None:
    async with running(speed=1_000) as smsc, bound(smsc) as esme:
        message_id = (await esme.submitted("9008")).text("message_id")
        about = {"message_id": message_id, "source_addr": "Acme"}
        pending = await esme.answer(esme.request(Command.QUERY_SM, about))
        assert (pending.status, pending.text("message_id")) == (0, message_id)
        await esme.given(1)
        final = await esme.answer(esme.request(Command.QUERY_SM, about))
        assert (final.number("message_state"), final.number("error_code")) == (5, 8)
        assert len(final.text("final_date")) == 16
        unknown = await esme.answer(esme.request(Command.QUERY_SM, {**about, "source_addr": "Else"}))
        assert unknown.status == CommandStatus.ESME_RINVMSGID
        cancelled = await esme.answer(esme.request(Command.CANCEL_SM, about))
        assert cancelled.status == CommandStatus.ESME_RCANCELFAIL


async def test_ids_never_repeat_after_a_restart() -> None:
    ids: list[int] = []
    for _ in range(2):
        async with running() as smsc, bound(smsc) as esme:
            ids += [int((await esme.submitted(registered_delivery=0)).text("message_id")) for _ in range(3)]
    assert sorted(set(ids)) == ids


async def test_what_is_owed_outlives_the_carrier(tmp_path: Path) -> None:
    state = tmp_path / "deep" / "carrier.db"
    async with running(state_file=state) as smsc, bound(smsc, Command.BIND_TRANSMITTER) as esme:
        first = (await esme.submitted("9313")).text("message_id")
        await esme.submitted("9203")
    async with running(state_file=state) as smsc:
        assert smsc.counts.waiting == 1
        async with bound(smsc) as esme:
            receipt, reply = await esme.given(2)
            assert f"id:{first} ".encode() in receipt.octets("short_message")
            assert reply.octets("short_message") == b"Thank you!"
            await until(lambda: smsc.counts.waiting == 0)
            assert int((await esme.submitted("9203")).text("message_id")) > int(first)
    async with running(state_file=state) as smsc:
        assert smsc.counts.waiting == 0


async def test_a_second_carrier_on_the_same_state_is_refused(tmp_path: Path) -> None:
    state = tmp_path / "carrier.db"
    async with running(state_file=state):
        with pytest.raises(OSError, match="cannot be used"):
            async with running(state_file=state):
                pass


async def test_what_cannot_be_written_down_is_not_taken(tmp_path: Path) -> None:
    observed = Observed()
    async with running(observed, state_file=tmp_path / "carrier.db", latency_ms=20) as smsc, bound(smsc) as esme:
        assert (await esme.submitted("9200")).status == 0
        smsc._ledger.close()
        assert (await esme.submitted("9200")).status == CommandStatus.ESME_RSYSERR
        assert smsc.counts.waiting == 1
        assert observed.named("carrier.state.failed")


async def test_a_state_file_that_is_none(tmp_path: Path) -> None:
    state = tmp_path / "carrier.db"
    state.write_text("This is a letter to my aunt, and no database at all. " * 20)
    with pytest.raises(OSError, match="cannot be used"):
        async with running(state_file=state):
            pass
    assert state.read_text().startswith("This is a letter")


async def test_tls(tmp_path: Path) -> None:
    authority = trustme.CA()
    issued = authority.issue_cert("localhost")
    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    issued.cert_chain_pems[0].write_to_path(str(cert))
    issued.private_key_pem.write_to_path(str(key))
    context = ssl.create_default_context()
    authority.configure_trust(context)
    async with running(tls_cert=cert, tls_key=key) as smsc, connected(smsc.port, tls=context) as esme:
        assert (await esme.bind()).status == 0
        await esme.submitted()
        await esme.given(1)


async def test_a_connection_without_a_bind_is_closed() -> None:
    async with running(bind_s=0.05) as smsc, connected(smsc.port) as silent, connected(smsc.port) as slow:
        slow.write(encode(Pdu(command=Command.BIND_TRANSCEIVER, sequence=1))[:20])
        await until(lambda: silent.lost and slow.lost)
        await until(lambda: smsc.counts.connections == 0)


async def test_more_connections_than_allowed_are_closed_at_once() -> None:
    async with running(connections=1) as smsc, bound(smsc) as esme:
        async with connected(smsc.port) as other:
            await until(lambda: other.lost)
        assert (await esme.submitted()).status == 0


@pytest.mark.parametrize("octets", [b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"\xff" * 64, bytes(64), b"\0\0\0\x0f" * 8])
async def test_garbage_ends_its_own_connection_only(octets: bytes) -> None:
    observed = Observed()
    async with running(observed) as smsc, bound(smsc) as esme:
        async with connected(smsc.port) as stranger:
            stranger.write(octets)
            await until(lambda: stranger.lost)
        assert (await esme.submitted()).status == 0


numbers = st.integers(0, 255)
words = st.one_of(
    st.sampled_from(["", "Acme", "447700909300", "447700909313", "000003000000000R"]), st.text(max_size=70)
)
fields = st.dictionaries(
    st.sampled_from(sorted({field.name for row in PDUS.values() for field in row})),
    st.one_of(numbers, words, st.binary(max_size=254)),
    max_size=8,
)
tlvs = st.lists(
    st.builds(Tlv, st.sampled_from([0x20C, 0x20E, 0x20F, 0x424, 0x1400]), st.binary(max_size=200)), max_size=3
)
pdus = st.builds(
    Pdu,
    command=st.sampled_from(sorted(PDUS)),
    status=st.sampled_from([0, 8, 0x58]),
    sequence=st.integers(0, 200),
    fields=fields,
    tlvs=tlvs.map(tuple),
)


def _written(pdu: Pdu) -> bytes:
    try:
        return encode(pdu)
    except Unencodable:
        return b""


@given(data=st.lists(st.one_of(pdus.map(_written), st.binary(max_size=40)), max_size=30))
@settings(max_examples=60, deadline=None)
def test_whatever_is_sent_nothing_raises(data: list[bytes]) -> None:
    asyncio.run(_sent(data))


async def _sent(data: list[bytes]) -> None:
    async with running(speed=1e6) as smsc, connected(smsc.port) as esme:
        await esme.bind()
        for octets in data:
            if not esme.lost:
                esme.write(octets)
        esme.close()
        await until(lambda: smsc.counts.connections == 0)


async def test_who_reads_nothing_costs_little_and_holds_nobody_up() -> None:
    async with running() as smsc, bound(smsc) as esme, bound(smsc, system_id="deaf", narrow=True) as deaf:
        deaf.stop_reading()
        flood = encode(Pdu(command=Command.ENQUIRE_LINK, sequence=1)) * 400_000
        deaf.write(flood)
        # The carrier stops reading from it, so that what it keeps to write is bounded; the others go on.
        before = -1
        while deaf.unsent != before:
            before = deaf.unsent
            assert [(await esme.submitted()).status for _ in range(20)] == [0] * 20
        assert before > 0
        await esme.given(20)


async def test_submits_before_a_bind_and_from_a_receiver_are_refused() -> None:
    submit = encode(Pdu(command=Command.SUBMIT_SM, sequence=9, fields={"destination_addr": "447700900000"}))
    async with running() as smsc, bound(smsc, Command.BIND_RECEIVER) as receiver, connected(smsc.port) as early:
        for esme in (receiver, early):
            esme.write(submit)
            await until(functools.partial(_was_refused, esme))
        assert smsc.counts.submits == 0


def _was_refused(esme: Esme) -> bool:
    return any(isinstance(e, Strange) and e.pdu.status == CommandStatus.ESME_RINVBNDSTS for e in esme.events)


async def test_the_carrier_unbinds_everybody_when_it_stops() -> None:
    async with AsyncExitStack() as stack:
        async with running() as smsc:
            esme = await stack.enter_async_context(bound(smsc))
        await until(lambda: esme.lost)
        assert esme.closed is not None
        assert "unbound" in esme.closed.reason


async def test_whoever_leaves_still_gets_the_answers() -> None:
    async with running() as smsc, bound(smsc) as esme:
        sequence = esme.submit()
        esme.session.unbind(esme.now_ms)
        esme.flush()
        await until(lambda: esme.lost)
        answers = [event for event in esme.events if isinstance(event, Answered)]
        assert [(one.request.sequence, one.response.status) for one in answers] == [(sequence, 0)]
        await until(lambda: smsc.counts.bound == smsc.counts.connections == 0)


async def test_a_thousand_messages_in_one_breath() -> None:
    async with running(speed=1_000, receipt_window=10) as smsc, bound(smsc) as esme:
        sequences = [esme.submit(registered_delivery=1) for _ in range(1_000)]
        await until(lambda: len(esme.delivered) == 1_000)
        answers = [await esme.answer(sequence) for sequence in sequences[-3:]]
        assert [answer.status for answer in answers] == [0, 0, 0]
        await until(lambda: smsc.counts.waiting == 0)
        assert len({pdu.tlv(Tag.RECEIPTED_MESSAGE_ID) for pdu in esme.delivered}) == 1_000


async def test_what_is_observed() -> None:
    observed = Observed()
    async with running(observed) as smsc, bound(smsc) as esme:
        await esme.submitted("9008")
        await esme.given(1)
        await until(lambda: observed.named("carrier.receipt_taken"))
    (submit,), (receipt,) = observed.named("carrier.submit"), observed.named("carrier.receipt")
    assert submit["scenario"] == "Failed with err-code 8: network error."
    assert submit["id"] == receipt["id"]
    assert receipt["stat"] == "UNDELIV"
    assert [name for name, _ in observed.told][:2] == ["carrier.started", "carrier.bound"]
    assert observed.told[-1][0] == "carrier.stopped"
    assert clock() > 0
