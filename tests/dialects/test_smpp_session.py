"""A session at both ends: binding, windows, timers, leaving, and whatever a peer may do wrong. Time is given."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from receipted.dialects.smpp.codec import decode, encode
from receipted.dialects.smpp.events import (
    Answered,
    BindRefused,
    Bound,
    Closed,
    Event,
    Fault,
    Informed,
    Malformed,
    Requested,
    Strange,
    Unanswered,
)
from receipted.dialects.smpp.pdus import LAST_SEQUENCE, RESPONSE, Command, Pdu, Value, response_to
from receipted.dialects.smpp.session import NotAllowed, Role, Session, SessionSettings, State, WindowFull
from receipted.dialects.smpp.status import CommandStatus
from receipted.dialects.smpp.tlvs import Tag
from tests.dialects.smpp_pair import SessionPair, requests

SUBMIT: dict[str, Value] = {"destination_addr": "447700900123", "short_message": b"Hello"}


def kinds(events: list[Event]) -> list[type]:
    return [type(event) for event in events]


def said(session: Session) -> list[Pdu]:
    """What a session has written, read again."""
    from receipted.dialects.smpp.codec import Framer

    found = [decode(octets) for octets in Framer().feed(session.data_to_send())]
    assert all(isinstance(pdu, Pdu) for pdu in found)
    return [pdu for pdu in found if isinstance(pdu, Pdu)]


# --- binding ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("command", "state"),
    [
        (Command.BIND_TRANSCEIVER, State.BOUND_TRX),
        (Command.BIND_TRANSMITTER, State.BOUND_TX),
        (Command.BIND_RECEIVER, State.BOUND_RX),
    ],
)
def test_a_bind_is_accepted(command: Command, state: State) -> None:
    pair = SessionPair()
    pair.esme.bind(command, 0, {"system_id": "gw", "password": "secret"})
    assert pair.esme.state is State.BINDING
    pair.smsc_answers(fields={"system_id": "SMSC"})
    esme, smsc = pair.take()
    assert (kinds(esme), kinds(smsc)) == ([Bound], [Requested, Bound])
    assert (pair.esme.state, pair.smsc.state) == (state, state)
    assert (pair.esme.peer_system_id, pair.smsc.peer_system_id) == ("SMSC", "gw")
    bound = esme[0]
    assert isinstance(bound, Bound)
    assert bound.pdu.tlv(Tag.SC_INTERFACE_VERSION) == b"\x34"


def test_a_refused_bind_may_be_tried_again() -> None:
    pair = SessionPair()
    pair.esme.bind(Command.BIND_TRANSCEIVER, 0, {"system_id": "gw"})
    pair.smsc_answers(CommandStatus.ESME_RINVPASWD)
    (refused,), _ = pair.take()
    assert isinstance(refused, BindRefused)
    assert (refused.pdu.status, pair.esme.state, pair.smsc.state) == (0x0E, State.OPEN, State.OPEN)
    assert pair.bound().esme.state is State.BOUND_TRX


def test_a_second_bind_is_refused_as_already_bound() -> None:
    pair = SessionPair().bound()
    again = Pdu(command=Command.BIND_RECEIVER, sequence=77, fields={"system_id": "gw"})
    assert kinds(pair.smsc.receive(encode(again), 0)) == [Strange]
    assert [(pdu.command, pdu.status) for pdu in said(pair.smsc)] == [
        (Command.BIND_RECEIVER_RESP, CommandStatus.ESME_RALYBND)
    ]


def test_without_a_bind_in_time_it_is_over() -> None:
    pair = SessionPair(bind_ms=1_000)
    pair.wait(999)
    assert pair.take() == ([], [])
    pair.wait(1)
    (esme,), (smsc,) = pair.take()
    assert esme == smsc == Closed("there was no bind within 1 s", Fault.LINE)


def test_an_unanswered_bind_ends_in_time() -> None:
    session = Session(Role.ESME, SessionSettings(bind_ms=1_000), 0)
    session.bind(Command.BIND_RECEIVER, 500, {})
    assert session.next_timer() == 1_500
    assert session.tick(1_499) == []
    assert kinds(session.tick(1_500)) == [Closed]


# --- requests and answers ---------------------------------------------------------------------------------------------


def test_answers_come_in_any_order() -> None:
    pair = SessionPair(window=5).bound()
    numbers = [pair.esme.request(Command.SUBMIT_SM, 0, SUBMIT) for _ in range(5)]
    pair.carry()
    asked = requests(pair.smsc_events)
    for n, request in enumerate(reversed(asked)):
        pair.smsc.answer(request, 0, fields={"message_id": str(n)})
    esme, _ = pair.take()
    assert [e.request.sequence for e in esme if isinstance(e, Answered)] == numbers[::-1]
    assert [e.response.text("message_id") for e in esme if isinstance(e, Answered)] == ["0", "1", "2", "3", "4"]
    assert (pair.esme.in_flight, pair.smsc.owed) == (0, 0)


def test_the_window_is_kept() -> None:
    pair = SessionPair(window=2).bound()
    for free in (2, 1):
        assert pair.esme.free(0) == free
        pair.esme.request(Command.SUBMIT_SM, 0, SUBMIT)
    with pytest.raises(WindowFull):
        pair.esme.request(Command.SUBMIT_SM, 0, SUBMIT)
    pair.smsc_answers(fields={"message_id": "1"})
    assert pair.esme.free(0) == 2


def test_a_pause_holds_requests_back_and_nothing_else() -> None:
    pair = SessionPair(enquire_link_ms=100).bound()
    pair.esme.pause(1_000)
    assert pair.esme.free(999) == 0
    with pytest.raises(WindowFull):
        pair.esme.request(Command.SUBMIT_SM, 999, SUBMIT)
    pair.wait(150)
    assert pair.esme.last_enquire_ms == 100
    assert pair.esme.free(1_000) == 10


def test_nobody_sends_what_it_may_not() -> None:
    pair = SessionPair()
    with pytest.raises(NotAllowed):
        pair.esme.request(Command.SUBMIT_SM, 0, SUBMIT)
    pair.bound(Command.BIND_RECEIVER)
    with pytest.raises(NotAllowed):
        pair.esme.request(Command.SUBMIT_SM, 0, SUBMIT)
    with pytest.raises(NotAllowed):
        pair.smsc.request(Command.SUBMIT_SM, 0, SUBMIT)
    with pytest.raises(NotAllowed):
        pair.smsc.bind(Command.BIND_RECEIVER, 0, {})
    pair.smsc.request(Command.DELIVER_SM, 0, SUBMIT)


@pytest.mark.parametrize("bound_as", [None, Command.BIND_RECEIVER])
def test_a_submit_out_of_place_is_answered_so(bound_as: Command | None) -> None:
    pair = SessionPair()
    if bound_as is not None:
        pair.bound(bound_as)
    stray = Pdu(command=Command.SUBMIT_SM, sequence=9, fields=SUBMIT)
    assert kinds(pair.smsc.receive(encode(stray), 0)) == [Strange]
    (answer,) = said(pair.smsc)
    assert (answer.command, answer.status, answer.sequence) == (
        Command.SUBMIT_SM_RESP,
        CommandStatus.ESME_RINVBNDSTS,
        9,
    )


@pytest.mark.parametrize(
    ("role", "full"), [(Role.SMSC, CommandStatus.ESME_RTHROTTLED), (Role.ESME, CommandStatus.ESME_RMSGQFUL)]
)
def test_a_peer_that_never_stops_asking_is_told_to_wait(role: Role, full: int) -> None:
    pair = SessionPair(peer_window=3, window=10).bound()
    asking, asked = (pair.esme, pair.smsc) if role is Role.SMSC else (pair.smsc, pair.esme)
    command = Command.SUBMIT_SM if role is Role.SMSC else Command.DELIVER_SM
    for _ in range(5):
        asking.request(command, 0, SUBMIT)
    events = asked.receive(asking.data_to_send(), 0)
    assert (kinds(events), asked.owed) == ([Requested] * 3, 3)
    assert [pdu.status for pdu in said(asked)] == [full, full]


def test_an_answer_given_twice_or_too_late_is_passed_over() -> None:
    pair = SessionPair().bound()
    pair.esme.request(Command.SUBMIT_SM, 0, SUBMIT)
    pair.carry()
    (request,) = requests(pair.smsc_events)
    pair.smsc.answer(request, 0, fields={"message_id": "1"})
    pair.smsc.answer(request, 0, fields={"message_id": "2"})
    assert len(said(pair.smsc)) == 1
    pair.smsc.eof(0)
    pair.smsc.answer(request, 0)
    assert pair.smsc.data_to_send() == b""


def test_a_generic_nack_answers_the_request_that_it_names() -> None:
    pair = SessionPair().bound()
    number = pair.esme.request(Command.SUBMIT_SM, 0, SUBMIT)
    pair.esme.data_to_send()
    nack = Pdu(command=Command.GENERIC_NACK, status=3, sequence=number)
    (event,) = pair.esme.receive(encode(nack), 0)
    assert isinstance(event, Answered)
    assert (event.response.status, pair.esme.in_flight) == (3, 0)
    assert kinds(pair.esme.receive(encode(nack), 0)) == [Strange]


@pytest.mark.parametrize("command", [Command.DATA_SM_RESP, Command.ENQUIRE_LINK_RESP, Command.BIND_TRANSCEIVER_RESP])
def test_an_answer_of_another_kind_answers_nothing(command: Command) -> None:
    pair = SessionPair().bound()
    number = pair.esme.request(Command.SUBMIT_SM, 0, SUBMIT)
    answer = Pdu(command=command, sequence=number, fields={})
    assert kinds(pair.esme.receive(encode(answer), 0)) == [Strange]
    assert pair.esme.in_flight == 1


def test_notices_without_an_answer_are_told() -> None:
    pair = SessionPair()
    outbind = Pdu(command=Command.OUTBIND, sequence=1, fields={"system_id": "SMSC"})
    assert kinds(pair.esme.receive(encode(outbind), 0)) == [Informed]
    pair.bound()
    pair.smsc.request(Command.ALERT_NOTIFICATION, 0, {"source_addr": "1"})
    esme, _ = pair.take()
    assert (kinds(esme), pair.smsc.in_flight) == ([Informed], 0)


def test_sequence_numbers_begin_again_and_pass_over_those_in_use() -> None:
    session = SessionPair(window=5).bound().esme
    session._sequence = LAST_SEQUENCE - 1
    assert [session.request(Command.SUBMIT_SM, 0, SUBMIT) for _ in range(3)] == [LAST_SEQUENCE, 1, 2]
    session._sequence = LAST_SEQUENCE
    assert session.request(Command.SUBMIT_SM, 0, SUBMIT) == 3


# --- timers -----------------------------------------------------------------------------------------------------------


def test_a_request_without_an_answer_is_given_up_in_time() -> None:
    pair = SessionPair(response_ms=1_000, enquire_link_ms=0).bound()
    pair.esme.request(Command.SUBMIT_SM, 0, SUBMIT)
    assert pair.esme.next_timer() == 1_000
    pair.wait(1_000)
    (event,), _ = pair.take()
    assert isinstance(event, Unanswered)
    assert (event.written, event.reason, pair.esme.in_flight) == (True, "no answer within 1 s", 0)
    assert pair.esme.state is State.BOUND_TRX


def test_an_answer_that_comes_after_all_is_told_as_late() -> None:
    pair = SessionPair(response_ms=1_000, enquire_link_ms=0).bound()
    number = pair.esme.request(Command.SUBMIT_SM, 0, SUBMIT)
    pair.wait(1_000)
    (unanswered,), _ = pair.esme_events, pair.smsc_events
    pair.smsc_answers(fields={"message_id": "7"})
    late = pair.esme_events[-1]
    assert isinstance(unanswered, Unanswered)
    assert isinstance(late, Answered)
    assert (late.late, late.request is unanswered.request, late.request.sequence) == (True, True, number)


def test_what_never_left_is_told_apart_when_the_line_breaks() -> None:
    pair = SessionPair().bound()
    pair.esme.request(Command.SUBMIT_SM, 0, SUBMIT)
    pair.esme.data_to_send()
    pair.esme.request(Command.SUBMIT_SM, 0, SUBMIT)
    written, unwritten, closed = pair.esme.eof(0)
    assert isinstance(written, Unanswered)
    assert isinstance(unwritten, Unanswered)
    assert (written.written, unwritten.written) == (True, False)
    assert closed == Closed("the connection was closed", Fault.LINE)
    assert pair.esme.eof(0) == []


def test_silence_is_asked_and_answered() -> None:
    pair = SessionPair(enquire_link_ms=1_000).bound()
    pair.wait(10_000)
    assert pair.take() == ([], [])
    assert (pair.esme.state, pair.smsc.state) == (State.BOUND_TRX, State.BOUND_TRX)
    assert pair.esme.last_enquire_ms is not None
    assert pair.esme.last_enquire_ms > 8_000


def test_traffic_makes_asking_needless() -> None:
    pair = SessionPair(enquire_link_ms=1_000).bound()
    for _ in range(10):
        pair.wait(900)
        pair.esme.request(Command.SUBMIT_SM, pair.now_ms, SUBMIT)
        pair.smsc_answers(fields={"message_id": "1"})
        pair.take()
    assert pair.esme.last_enquire_ms is None


def test_a_peer_that_does_not_answer_enquire_link_is_gone() -> None:
    session = SessionPair(enquire_link_ms=1_000, enquire_answer_ms=500).bound().esme
    session.tick(1_000)
    assert [pdu.command for pdu in said(session)] == [Command.ENQUIRE_LINK]
    assert session.tick(1_499) == []
    assert session.tick(1_500) == [Closed("enquire_link was not answered within 0.5 s", Fault.LINE)]


def test_a_peer_that_drips_octets_is_asked_all_the_same() -> None:
    session = SessionPair(enquire_link_ms=1_000, enquire_answer_ms=500).bound().esme
    never_whole = (1_000).to_bytes(4) + bytes(900)
    for now_ms in range(0, 1_000, 100):
        assert session.receive(never_whole[now_ms // 2 : now_ms // 2 + 50], now_ms) == []
    assert session.tick(1_000) == []
    assert [pdu.command for pdu in said(session)] == [Command.ENQUIRE_LINK]
    session.receive(never_whole[500:550], 1_400)
    assert session.tick(1_500) == [Closed("enquire_link was not answered within 0.5 s", Fault.LINE)]


def test_a_session_that_nobody_uses_is_ended() -> None:
    pair = SessionPair(enquire_link_ms=300, inactivity_ms=1_000).bound()
    pair.wait(999)
    assert pair.take() == ([], [])
    pair.wait(1)
    esme, _ = pair.take()
    assert esme[-1] == Closed("nothing was sent for 1 s", Fault.LINE)


# --- leaving ----------------------------------------------------------------------------------------------------------


def test_leaving_lets_answers_through() -> None:
    pair = SessionPair().bound()
    pair.smsc.request(Command.DELIVER_SM, 0, SUBMIT)
    pair.carry()
    (request,) = requests(pair.esme_events)
    number = pair.esme.request(Command.SUBMIT_SM, 0, SUBMIT)
    pair.esme.unbind(0)
    pair.esme.unbind(0)
    pair.esme.answer(request, 0)
    assert [pdu.command for pdu in said(pair.esme)] == [
        Command.SUBMIT_SM,
        Command.UNBIND,
        Command.DELIVER_SM_RESP,
    ]
    answer = Pdu(command=Command.SUBMIT_SM_RESP, sequence=number, fields={"message_id": "1"})
    more = Pdu(command=Command.DELIVER_SM, sequence=99, fields=SUBMIT)
    events = pair.esme.receive(encode(answer) + encode(more), 0)
    assert kinds(events) == [Answered, Requested]
    with pytest.raises(NotAllowed):
        pair.esme.request(Command.SUBMIT_SM, 0, SUBMIT)


@pytest.mark.parametrize("leaver", ["esme", "smsc"])
def test_either_end_may_leave(leaver: str) -> None:
    pair = SessionPair().bound()
    (pair.esme if leaver == "esme" else pair.smsc).unbind(0)
    esme, smsc = pair.take()
    ours, theirs = (esme, smsc) if leaver == "esme" else (smsc, esme)
    assert ours == [Closed("unbound", Fault.US)]
    assert theirs == [Closed("the peer unbound", Fault.PEER)]
    assert (pair.esme.closed, pair.smsc.closed) != (None, None)


def test_a_leaving_peer_still_gets_the_answers_that_it_waits_for() -> None:
    pair = SessionPair().bound()
    number = pair.esme.request(Command.SUBMIT_SM, 0, SUBMIT)
    pair.esme.unbind(0)
    events = pair.smsc.receive(pair.esme.data_to_send(), 0)
    assert (kinds(events), pair.smsc.closed, pair.smsc.free(0)) == ([Requested], None, 0)
    (request,) = requests(events)
    assert kinds(pair.smsc.answer(request, 0, fields={"message_id": "1"})) == [Closed]
    answered, closed = pair.esme.receive(pair.smsc.data_to_send(), 0)
    assert isinstance(answered, Answered)
    assert (answered.request.sequence, closed) == (number, Closed("unbound", Fault.US))


def test_a_leaving_peer_does_not_wait_for_ever() -> None:
    pair = SessionPair(unbind_ms=700).bound()
    pair.esme.request(Command.SUBMIT_SM, 0, SUBMIT)
    pair.esme.unbind(0)
    pair.smsc.receive(pair.esme.data_to_send(), 0)
    assert pair.smsc.next_timer() == 700
    assert kinds(pair.smsc.tick(700)) == [Closed]
    assert [pdu.command for pdu in said(pair.smsc)] == [Command.UNBIND_RESP]


def test_both_may_leave_at_once() -> None:
    pair = SessionPair().bound()
    pair.esme.unbind(0)
    pair.smsc.unbind(0)
    pair.take()
    assert pair.esme.closed
    assert pair.smsc.closed


def test_a_peer_that_does_not_agree_to_part_is_left_anyway() -> None:
    session = SessionPair(unbind_ms=700).bound().esme
    session.unbind(100)
    assert session.next_timer() == 800
    assert session.tick(800) == [Closed("unbind was not answered within 0.7 s", Fault.US)]
    assert session.next_timer() is None


# --- bad bytes --------------------------------------------------------------------------------------------------------


def test_a_body_that_cannot_be_read_is_answered_by_number() -> None:
    smsc = SessionPair().bound().smsc
    short = bytes.fromhex("00000011000000040000000000000009") + b"x"
    unknown = bytes.fromhex("0000001000000999000000000000000a")
    strange = bytes.fromhex("0000001080000999000000000000000b")
    assert kinds(smsc.receive(short + unknown + strange, 0)) == [Malformed, Malformed, Malformed]
    assert [(pdu.command, pdu.status, pdu.sequence) for pdu in said(smsc)] == [
        (Command.SUBMIT_SM_RESP, CommandStatus.ESME_RINVCMDLEN, 9),
        (Command.GENERIC_NACK, CommandStatus.ESME_RINVCMDID, 10),
    ]
    assert smsc.state is State.BOUND_TRX


@pytest.mark.parametrize("length", [0, 15, 2**31, 2**32 - 1])
def test_a_stream_out_of_step_ends_the_session(length: int) -> None:
    smsc = SessionPair().bound().smsc
    events = smsc.receive(length.to_bytes(4) + bytes(12), 0)
    assert kinds(events) == [Closed]
    (nack,) = said(smsc)
    assert (nack.command, nack.status, nack.sequence) == (Command.GENERIC_NACK, CommandStatus.ESME_RINVCMDLEN, 0)
    assert smsc.receive(b"anything", 0) == []


@pytest.mark.parametrize(
    "nonsense",
    [
        "00000010800000040000000000000063",
        "00000014000000050000000000000063abababab",
        "00000010000009990000000000000063",
    ],
)
def test_a_peer_that_makes_no_sense_is_left(nonsense: str) -> None:
    pair = SessionPair(nonsense=5).bound()
    one = bytes.fromhex(nonsense)
    for _ in range(3):
        assert len(pair.esme.receive(one * 4, 0)) == 4
        pair.esme.data_to_send()
        pair.smsc.request(Command.DELIVER_SM, 0, SUBMIT)
        pair.carry()
    events = pair.esme.receive(one * 50, 0)
    assert events[-1] == Closed("the peer sends nothing that makes sense", Fault.PEER)
    assert len(events) == 6


# --- laws -------------------------------------------------------------------------------------------------------------


@settings(max_examples=150)
@given(st.sampled_from(list(Role)), st.booleans(), st.lists(st.binary(max_size=80), max_size=20))
def test_any_bytes_leave_a_session_that_can_be_used(role: Role, bound: bool, chunks: list[bytes]) -> None:
    pair = SessionPair(peer_window=5)
    if bound:
        pair.bound()
    session = pair.esme if role is Role.ESME else pair.smsc
    for now_ms, chunk in enumerate(chunks):
        # Half of them look like PDUs, or nothing would get past the framing.
        data = (len(chunk) + 4).to_bytes(4) + chunk if len(chunk) >= 12 and len(chunk) % 2 else chunk
        for event in session.receive(data, now_ms):
            assert not isinstance(event, Closed) or session.closed
        assert session.owed <= 5
        session.data_to_send()
    session.tick(10**9)
    session.eof(10**9)
    assert session.closed


ACTIONS = ("submit", "deliver", "answer", "wait", "carry", "pause", "submit", "answer", "chop")


@settings(max_examples=100)
@given(st.integers(), st.lists(st.sampled_from(ACTIONS), max_size=80), st.sampled_from(["unbind", "cut", "wait"]))
def test_every_request_ends_exactly_once(seed: int, actions: list[str], end: str) -> None:
    draw = random.Random(seed)
    pair = SessionPair(window=4, response_ms=500, peer_window=3, enquire_link_ms=200).bound()
    asked: list[tuple[Session, int]] = []
    ended: dict[tuple[Session, int], int] = {}
    owed: list[tuple[Session, Pdu]] = []
    wires: dict[Session, bytes] = {pair.esme: b"", pair.smsc: b""}
    other = {pair.esme: pair.smsc, pair.smsc: pair.esme}

    def note(session: Session, events: list[Event]) -> None:
        for event in events:
            if isinstance(event, Requested):
                owed.append((session, event.pdu))
            elif isinstance(event, Unanswered) or (isinstance(event, Answered) and not event.late):
                key = (session, event.request.sequence)
                ended[key] = ended.get(key, 0) + 1
        assert session.in_flight <= 4
        assert session.owed <= 3

    def carry(most: int) -> None:
        for session, peer in other.items():
            wires[session] += session.data_to_send()
            data, wires[session] = wires[session][:most], wires[session][most:]
            note(peer, peer.receive(data, pair.now_ms))

    for action in actions:
        session = draw.choice([pair.esme, pair.smsc])
        if action == "submit" and pair.esme.free(pair.now_ms):
            asked.append((pair.esme, pair.esme.request(Command.SUBMIT_SM, pair.now_ms, SUBMIT)))
        elif action == "deliver" and pair.smsc.free(pair.now_ms):
            asked.append((pair.smsc, pair.smsc.request(Command.DELIVER_SM, pair.now_ms, SUBMIT)))
        elif action == "answer" and owed:
            where, request = owed.pop(draw.randrange(len(owed)))
            where.answer(request, pair.now_ms, draw.choice([0, 0x58]))
        elif action == "pause":
            session.pause(pair.now_ms + 50)
        elif action == "wait":
            pair.now_ms += draw.randrange(300)
            note(session, session.tick(pair.now_ms))
        else:
            carry(draw.randrange(1, 40) if action == "chop" else 10**6)
    if end == "unbind":
        pair.esme.unbind(pair.now_ms)
        carry(10**6)
    elif end == "wait":
        pair.now_ms += 10_000
    for session in other:
        note(session, session.tick(pair.now_ms + 1))
        note(session, session.eof(pair.now_ms + 1))
    assert ended == dict.fromkeys(asked, 1)


def test_memory_does_not_grow_with_what_is_never_answered() -> None:
    session = SessionPair(window=10, response_ms=10, enquire_link_ms=0).bound().esme
    for now_ms in range(0, 20_000, 10):
        session.tick(now_ms)
        while session.free(now_ms):
            session.request(Command.SUBMIT_SM, now_ms, SUBMIT)
        session.data_to_send()
    assert session.in_flight <= 10
    assert len(session._late) <= 1_000


def test_a_response_is_the_requests() -> None:
    request = Pdu(command=Command.QUERY_SM, sequence=5)
    assert response_to(request, 0x67) == Pdu(command=Command.QUERY_SM | RESPONSE, status=0x67, sequence=5)
