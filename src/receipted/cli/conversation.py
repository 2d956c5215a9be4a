"""What two ends of SMPP said to each other in a capture: PDUs with times, answers beside requests."""

import re
from collections.abc import Generator, Iterator
from typing import Final, NamedTuple, TypeAlias

from receipted.cli.capture import Flow, Piece, Skipped, Told
from receipted.dialects.smpp.codec import MOST_OCTETS, decode
from receipted.dialects.smpp.operations import UNANSWERED
from receipted.dialects.smpp.pdus import HEADER_OCTETS, PDUS, RESPONSE, Pdu

_IDS = b"|".join(re.escape(int(command).to_bytes(4)) for command in PDUS)
_BEGIN: Final = re.compile(rb"\x00[\x00\x01]..(?:" + _IDS + rb")\x00\x00..", re.DOTALL)
"""What a header looks like: a length that can be believed, a command_id of the table, a small command_status."""
_MOST_SEARCHED = 1_000_000
"""Octets of one direction in which SMPP is looked for."""
_MOST_OPEN = 100_000
"""Requests of one direction that may wait for their answer."""


class Spoken(NamedTuple):
    """One PDU. ``took_ms``: how long its request waited for it; None for a request, or if that was not seen."""

    flow: Flow
    at_s: float
    octets: bytes
    took_ms: float | None = None


class Remark(NamedTuple):
    """What must be known to believe the PDUs around it."""

    flow: Flow
    at_s: float
    text: str


class Ended(NamedTuple):
    """What a whole capture came to. ``unanswered``: requests whose answer is not in it."""

    pdus: int
    connections: int
    unanswered: int
    skipped: Skipped


Heard: TypeAlias = Spoken | Remark | Ended


def conversation(told: Iterator[Told], port: int | None = None) -> Iterator[Heard]:
    """The PDUs in a capture in the order in which they became whole; at the end what it came to.

    With ``port`` only connections with it at one end, and their bytes are all to be SMPP; without, each direction
    counts whose bytes begin as SMPP does.
    """
    speakers: dict[Flow, _Speaker] = {}
    open_requests: dict[Flow, dict[int, float]] = {}
    pdus = 0
    connections: set[frozenset[Flow]] = set()
    for piece in told:
        if isinstance(piece, Skipped):
            yield Ended(pdus, len(connections), sum(map(len, open_requests.values())), piece)
            return
        if port is not None and port not in (piece.flow.source_port, piece.flow.target_port):
            continue
        if piece.opens or piece.flow not in speakers:
            speakers[piece.flow] = _Speaker(piece, named=port is not None)
        for heard in speakers[piece.flow].take(piece):
            if isinstance(heard, Spoken):
                pdus += 1
                connections.add(frozenset((piece.flow, piece.flow.back)))
                heard = _paired(heard, open_requests)
            yield heard


def _paired(spoken: Spoken, open_requests: dict[Flow, dict[int, float]]) -> Spoken:
    """With the round-trip, if it is an answer."""
    command, sequence = int.from_bytes(spoken.octets[4:8]), int.from_bytes(spoken.octets[12:16])
    if command >= RESPONSE:
        asked_s = open_requests.get(spoken.flow.back, {}).pop(sequence, None)
        return spoken if asked_s is None else spoken._replace(took_ms=(spoken.at_s - asked_s) * 1000)
    if command not in UNANSWERED:
        asked = open_requests.setdefault(spoken.flow, {})
        if len(asked) < _MOST_OPEN:
            asked[sequence] = spoken.at_s
    return spoken


class _Speaker:
    """One direction's bytes, cut into PDUs. Where it is out of step it looks for the next header."""

    def __init__(self, first: Piece, *, named: bool) -> None:
        self._named = named
        self._from_its_begin = first.opens
        self._in_step = first.opens
        self._known = False
        self._searched_octets = 0
        self._held = bytearray()

    def take(self, piece: Piece) -> Iterator[Spoken | Remark]:
        """The PDUs that are whole now."""
        if not self._may_be_smpp:
            return
        if piece.missing:
            yield from self._after_a_hole(piece)
        self._held += piece.octets
        while self._in_step or (yield from self._found(piece)):
            if len(self._held) < HEADER_OCTETS:
                return
            length = int.from_bytes(self._held[:4])
            if not self._believed(length):
                yield from self._out_of_step(piece, length)
            elif len(self._held) < length:
                return
            else:
                octets = bytes(self._held[:length])
                if self._known or self._is_smpp(octets):
                    yield Spoken(piece.flow, piece.at_s, octets)
                    del self._held[:length]

    @property
    def _may_be_smpp(self) -> bool:
        return self._known or self._named or self._searched_octets < _MOST_SEARCHED

    def _believed(self, length: int) -> bool:
        likely = self._known or self._named or _BEGIN.match(self._held) is not None
        return likely and HEADER_OCTETS <= length <= MOST_OCTETS

    def _is_smpp(self, octets: bytes) -> bool:
        """Whether the first PDU proves the whole: at a connection's begin its header does, elsewhere its body too."""
        self._known = self._named or self._from_its_begin or isinstance(decode(octets), Pdu)
        if not self._known:
            self._pass_over(1)
        return self._known

    def _after_a_hole(self, piece: Piece) -> Iterator[Remark]:
        if self._known or self._named:
            left = f"; {len(self._held)} octets of an unfinished PDU are left out" if self._held else ""
            yield Remark(piece.flow, piece.at_s, f"{piece.missing} octets are missing in the capture{left}")
        self._pass_over(len(self._held))

    def _out_of_step(self, piece: Piece, length: int) -> Iterator[Remark]:
        if self._known or self._named:
            yield Remark(piece.flow, piece.at_s, f"a command_length of {length}: the stream is out of step")
        elif self._from_its_begin:
            self._searched_octets = _MOST_SEARCHED
        self._pass_over(1)

    def _pass_over(self, octets: int) -> None:
        self._searched_octets += octets
        del self._held[:octets]
        self._in_step = False

    def _found(self, piece: Piece) -> Generator[Remark, None, bool]:
        """Go to the next header; whether there is one."""
        if not self._may_be_smpp:
            self._held.clear()
            return False
        found = _BEGIN.search(self._held)
        passed = found.start() if found else max(0, len(self._held) - HEADER_OCTETS + 1)
        self._pass_over(passed)
        self._in_step = found is not None
        if self._known and passed:
            yield Remark(piece.flow, piece.at_s, f"{passed} octets are passed over")
        return self._in_step
