"""Captures read as TCP and as SMPP: order, doubles, holes, links, and what is no SMPP."""

import io
from collections.abc import Iterable, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from receipted.cli.capture import MAGIC, MOST_WAITING, NoCapture, Piece, Skipped, pieces
from receipted.cli.conversation import Ended, Remark, Spoken, conversation
from tests.cli.capture_file import (
    ESME,
    ESME_6,
    ETHERNET,
    LINUX_COOKED,
    LOOPBACK,
    RAW_IP,
    SMSC,
    SMSC_6,
    capture,
    ip_packet,
)
from tests.vectors.smpp_pdus import VECTORS

SYN = 0x02
PDUS = [vector.octets for vector in VECTORS]
STREAM = b"".join(PDUS)
BIND, BIND_RESP, SUBMIT, SUBMIT_RESP = PDUS[:4]


def heard(file: bytes, port: int | None = None) -> tuple[list[Spoken], list[Remark], Ended]:
    everything = list(conversation(pieces(io.BytesIO(file)), port))
    ended = everything.pop()
    assert isinstance(ended, Ended)
    return (
        [one for one in everything if isinstance(one, Spoken)],
        [one for one in everything if isinstance(one, Remark)],
        ended,
    )


def segments(sizes: Sequence[int], stream: bytes = STREAM, first: int = 2**32 - 40) -> list[tuple[int, bytes]]:
    """The stream cut into pieces, with their sequence numbers, which wrap around."""
    cut, at, turn = [], 0, 0
    while at < len(stream):
        size = sizes[turn % len(sizes)]
        cut.append((first + at, stream[at : at + size]))
        at, turn = at + size, turn + 1
    return cut


def one_way(cut: Iterable[tuple[int, bytes]], *, opened: int | None = None) -> list[object]:
    opening = [] if opened is None else [ip_packet(ESME, SMSC, opened - 1, flags=SYN)]
    return [*opening, *(ip_packet(ESME, SMSC, sequence, octets) for sequence, octets in cut)]


@pytest.mark.parametrize("link", [ETHERNET, LINUX_COOKED, RAW_IP, LOOPBACK])
@pytest.mark.parametrize("pcapng", [False, True])
@pytest.mark.parametrize(("esme", "smsc"), [(ESME, SMSC), (ESME_6, SMSC_6)])
def test_a_request_and_its_answer(link: int, pcapng: bool, esme: tuple[str, int], smsc: tuple[str, int]) -> None:
    packets = [
        ip_packet(esme, smsc, 99, flags=SYN),
        ip_packet(smsc, esme, 499, flags=SYN | 0x10),
        ip_packet(esme, smsc, 100, BIND + SUBMIT),
        ip_packet(smsc, esme, 500, BIND_RESP[:20]),
        ip_packet(smsc, esme, 520, BIND_RESP[20:]),
    ]
    file = capture(packets, link=link, pcapng=pcapng)
    assert file[:4] in MAGIC
    spoken, remarks, ended = heard(file)
    assert [one.octets for one in spoken] == [BIND, SUBMIT, BIND_RESP]
    assert [one.took_ms is None for one in spoken] == [True, True, False]
    assert spoken[2].took_ms == pytest.approx(2, abs=0.01)
    assert spoken[0].flow.sender == (f"[{esme[0]}]:40000" if ":" in esme[0] else "10.0.0.1:40000")
    assert (remarks, ended) == ([], Ended(3, 1, 1, Skipped(0, 0, cut=False)))


@settings(max_examples=40, deadline=None)
@given(st.data(), st.lists(st.integers(1, 400), min_size=1, max_size=5))
def test_order_and_doubles_change_nothing(data: st.DataObject, sizes: list[int]) -> None:
    first = 2**32 - 40
    cut = segments(sizes, first=first)[:60]
    sent = b"".join(octets for _, octets in cut)
    again = data.draw(st.lists(st.sampled_from(cut), max_size=5))
    mixed = data.draw(st.permutations(cut + again))
    spoken, _, ended = heard(capture(one_way(mixed, opened=first)))
    whole = b"".join(one.octets for one in spoken)
    assert sent.startswith(whole)
    assert len(sent) - len(whole) < max(map(len, PDUS))
    assert ended.pdus == len(spoken)


def test_a_longer_retransmission_adds_only_what_is_new() -> None:
    spoken, remarks, _ = heard(capture(one_way([(100, BIND[:10]), (104, (BIND + SUBMIT)[4:])], opened=100)))
    assert [one.octets for one in spoken] == [BIND, SUBMIT]
    assert not remarks


def test_a_hole_is_said_and_the_next_pdu_found() -> None:
    cut = [(100, BIND + SUBMIT[:20]), (100 + len(BIND) + 40, SUBMIT[40:] + SUBMIT_RESP + BIND_RESP)]
    spoken, remarks, _ = heard(capture(one_way(cut, opened=100)))
    assert [one.octets for one in spoken] == [BIND, SUBMIT_RESP, BIND_RESP]
    assert [remark.text for remark in remarks] == [
        "20 octets are missing in the capture; 20 octets of an unfinished PDU are left out",
        f"{len(SUBMIT) - 40} octets are passed over",
    ]


def test_a_capture_that_begins_in_the_middle_finds_the_next_pdu() -> None:
    spoken, _, _ = heard(capture(one_way([(1, SUBMIT[30:] + SUBMIT_RESP + BIND)])))
    assert [one.octets for one in spoken] == [SUBMIT_RESP, BIND]


def test_a_length_that_cannot_be_is_said_and_left_behind() -> None:
    wrong = b"\xff\xff\xff\xff" + SUBMIT[4:]
    spoken, remarks, _ = heard(capture(one_way([(1, BIND + wrong + SUBMIT_RESP)], opened=1)))
    assert [one.octets for one in spoken] == [BIND, SUBMIT_RESP]
    assert "a command_length of 4294967295" in remarks[0].text


def test_what_is_no_smpp_is_passed_over_unless_its_port_is_named() -> None:
    web = [
        ip_packet(("10.0.0.1", 5), ("10.0.0.3", 80), 9, flags=SYN),
        ip_packet(("10.0.0.1", 5), ("10.0.0.3", 80), 10, b"GET / HTTP/1.1\r\n\r\n" + SUBMIT),
        ip_packet(("10.0.0.3", 80), ("10.0.0.1", 5), 10, b"HTTP/1.1 200 OK\r\n\r\n" * 50_000),
    ]
    spoken, remarks, ended = heard(capture([*web[:2], *one_way([(1, BIND)], opened=1)]))
    assert ([one.octets for one in spoken], remarks, ended.connections) == ([BIND], [], 1)
    assert heard(capture([*web[:2], *one_way([(1, BIND)], opened=1)]), port=2776)[0] == []
    spoken, remarks, _ = heard(capture(web[:2]), port=80)
    assert [one.octets for one in spoken] == [SUBMIT]
    assert remarks


def test_the_port_keeps_to_one_connection() -> None:
    other = ("10.0.0.2", 2776)
    packets = [*one_way([(1, BIND)], opened=1), ip_packet(ESME, other, 1, SUBMIT)]
    assert [one.octets for one in heard(capture(packets), port=2776)[0]] == [SUBMIT]
    assert len(heard(capture(packets))[0]) == 2


def test_a_port_used_again_is_a_new_connection() -> None:
    first = one_way([(100, BIND + SUBMIT[:9])], opened=100)
    spoken, _, _ = heard(capture([*first, *one_way([(70_000, BIND)], opened=70_000)]))
    assert [one.octets for one in spoken] == [BIND, BIND]


def test_a_hole_holds_a_bounded_number_of_octets() -> None:
    big = bytes(60_000)
    cut = [(100, BIND), *((1_000 + number * len(big), big) for number in range(40))]
    file = io.BytesIO(capture(packet for packet in one_way(cut, opened=100)))
    came = 0
    for number, told in enumerate(pieces(file)):
        if isinstance(told, Piece):
            came += 1
            if number == 1:
                assert told.missing == 900 - len(BIND)
                assert len(told.octets) <= MOST_WAITING + len(big)
    assert came == 41


def test_a_file_that_is_cut_off_says_so() -> None:
    file = capture(one_way([(1, BIND), (1 + len(BIND), SUBMIT)], opened=1))
    spoken, _, ended = heard(file[:-10])
    assert [one.octets for one in spoken] == [BIND]
    assert ended.skipped.cut


@pytest.mark.parametrize("file", [b"", b"GET / HTTP/1.1", capture([], link=147)])
def test_what_is_no_capture_is_refused(file: bytes) -> None:
    with pytest.raises(NoCapture):
        list(pieces(io.BytesIO(file)))


@settings(max_examples=150, deadline=None)
@given(st.data(), st.booleans())
def test_a_damaged_capture_never_raises(data: st.DataObject, pcapng: bool) -> None:
    file = bytearray(capture(one_way([(1, BIND), (1 + len(BIND), SUBMIT)], opened=1), pcapng=pcapng))
    for at in data.draw(st.lists(st.integers(24, len(file) - 1), max_size=20)):
        file[at] = data.draw(st.integers(0, 255))
    try:
        told = list(conversation(pieces(io.BytesIO(bytes(file)))))
    except NoCapture:
        return
    assert isinstance(told[-1], Ended)


def test_pieces_in_the_wrong_order_are_put_right_however_small_and_many() -> None:
    first, *others = segments([1], STREAM * 3, first=2**32 - 40)
    packets = one_way([first, *reversed(others)], opened=2**32 - 40)
    found = [one for one in pieces(io.BytesIO(capture(packets))) if isinstance(one, Piece)]
    assert b"".join(piece.octets for piece in found) == STREAM * 3
