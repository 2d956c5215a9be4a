"""PDUs to bytes and back (SMPP 3.4 section 3; reference smpp 1).

Writing is exact. Reading is liberal: a response without its body, a field longer than the specification allows, a
missing NUL at the very end, TLVs behind any body, junk behind the TLVs. Nothing that a peer sends raises.
"""

from collections.abc import Mapping
from struct import Struct
from typing import Final, NamedTuple, TypeAlias

import msgspec

from receipted.dialects.smpp.pdus import ALWAYS_WITH_BODY, HEADER_OCTETS, PDUS, RESPONSE, Field, Kind, Pdu, Value
from receipted.dialects.smpp.status import CommandStatus
from receipted.dialects.smpp.tlvs import Tlv

MOST_OCTETS: Final = 72_000
"""The longest PDU that is believed: a message_payload of 64 KiB and all else (reference smpp 1). Beyond is noise."""

_HEADER = Struct(">IIII")
_TLV = Struct(">HH")


class Unencodable(ValueError):
    """A PDU that cannot be said on the wire: our fault. ``field`` is the specification's name."""

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(f"{field}: {problem}")
        self.field = field
        self.problem = problem


class Unreadable(msgspec.Struct, frozen=True, kw_only=True):
    """A PDU whose header was read and whose body cannot be. ``nack`` is the command_status to answer it with."""

    command: int
    status: int
    sequence: int
    raw: bytes
    problem: str
    nack: int

    @property
    def is_response(self) -> bool:
        return self.command >= RESPONSE


# --- plans: the field tables, with runs of single octets taken together -----------------------------------------------


class _Octets(NamedTuple):
    """A run of u8 fields."""

    names: tuple[str, ...]


_Step: TypeAlias = _Octets | Field


def _plan(fields: tuple[Field, ...]) -> tuple[_Step, ...]:
    steps: list[_Step] = []
    for field in fields:
        if field.kind is not Kind.U8:
            steps.append(field)
        elif steps and isinstance(steps[-1], _Octets):
            steps[-1] = _Octets((*steps[-1].names, field.name))
        else:
            steps.append(_Octets((field.name,)))
    return tuple(steps)


_PLANS: Final[Mapping[int, tuple[_Step, ...]]] = {int(command): _plan(fields) for command, fields in PDUS.items()}


# --- writing ----------------------------------------------------------------------------------------------------------


def encode(pdu: Pdu) -> bytes:
    """The octets of a PDU. Fields that it does not give are 0 or empty. Raises Unencodable naming the field."""
    plan = _PLANS.get(pdu.command)
    if plan is None:
        raise Unencodable("command_id", f"0x{pdu.command:08X} is not in the table of PDUs")
    chunks: list[bytes] = [b""]
    if not (pdu.status and pdu.command >= RESPONSE and not pdu.fields and pdu.command not in ALWAYS_WITH_BODY):
        _write_fields(plan, pdu.fields, chunks)
    for tlv in pdu.tlvs:
        if len(tlv.value) > 0xFFFF or not 0 <= tlv.tag <= 0xFFFF:
            raise Unencodable(f"TLV 0x{tlv.tag:04X}", f"{len(tlv.value)} octets; a TLV holds 65535")
        chunks.append(_TLV.pack(tlv.tag, len(tlv.value)))
        chunks.append(tlv.value)
    chunks.append(pdu.rest)
    length = HEADER_OCTETS + sum(map(len, chunks))
    if length > MOST_OCTETS:
        raise Unencodable("command_length", f"{length} octets; a PDU has {MOST_OCTETS} at most")
    try:
        chunks[0] = _HEADER.pack(length, pdu.command, pdu.status, pdu.sequence)
    except Exception:
        raise Unencodable("command_status", "header fields are unsigned numbers of 32 bits") from None
    return b"".join(chunks)


def _write_fields(plan: tuple[_Step, ...], fields: Mapping[str, Value], chunks: list[bytes]) -> None:
    get = fields.get
    for step in plan:
        if isinstance(step, _Octets):
            try:
                chunks.append(bytes([get(name, 0) for name in step.names]))  # type: ignore[misc]
            except (ValueError, TypeError):
                raise _not_an_octet(step, fields) from None
        elif step.kind is Kind.SHORT_MESSAGE:
            octets = get(step.name, b"")
            if not isinstance(octets, bytes):
                raise Unencodable(step.name, "must be octets")
            if len(octets) > step.size:
                raise Unencodable(step.name, f"{len(octets)} octets; it holds {step.size}: use message_payload")
            chunks.append(bytes((len(octets),)) + octets)
        else:
            value = get(step.name)
            chunks.append(_c_string(step, value) if value else b"\0")


def _c_string(field: Field, value: Value) -> bytes:
    if not isinstance(value, str):
        raise Unencodable(field.name, "must be text")
    try:
        octets = value.encode("latin-1")
    except UnicodeEncodeError:
        raise Unencodable(field.name, "has a character that no octet stands for") from None
    if b"\0" in octets:
        raise Unencodable(field.name, "has a NUL inside")
    if len(octets) >= field.size:
        raise Unencodable(field.name, f"{len(octets)} characters; it holds {field.size - 1}")
    if field.kind is Kind.TIME and len(octets) != field.size - 1:
        raise Unencodable(field.name, f"{len(octets)} characters; a time has {field.size - 1} or none")
    return octets + b"\0"


def _not_an_octet(step: _Octets, fields: Mapping[str, Value]) -> Unencodable:
    for name in step.names:
        value = fields.get(name, 0)
        if not isinstance(value, int) or not 0 <= value <= 0xFF:
            return Unencodable(name, f"{value!r} is not a number from 0 to 255")
    return Unencodable(step.names[0], "is not a number from 0 to 255")


# --- reading ----------------------------------------------------------------------------------------------------------


class _Short(Exception):
    """The body ends before its fields do."""

    def __init__(self, field: str, nack: int) -> None:
        super().__init__(field)
        self.field = field
        self.nack = nack


def decode(octets: bytes) -> Pdu | Unreadable:
    """One whole PDU, header included (``Framer`` cuts them). Never raises; fewer than 16 octets are Unreadable, too."""
    if len(octets) < HEADER_OCTETS:
        return _unreadable(octets.ljust(HEADER_OCTETS, b"\0"), "shorter than a header", CommandStatus.ESME_RINVCMDLEN)
    length, command, status, sequence = _HEADER.unpack_from(octets)
    if length != len(octets):
        problem = f"command_length says {length}, there are {len(octets)} octets"
        return _unreadable(octets, problem, CommandStatus.ESME_RINVCMDLEN)
    plan = _PLANS.get(command)
    if plan is None:
        return _unreadable(octets, f"no PDU has the command_id 0x{command:08X}", CommandStatus.ESME_RINVCMDID)
    fields: dict[str, Value] = {}
    at = HEADER_OCTETS
    if at < length or command < RESPONSE:
        try:
            at = _read_fields(plan, octets, fields)
        except _Short as short:
            if command < RESPONSE:
                return _unreadable(octets, f"the body ends inside {short.field}", short.nack)
            at = length
    if at == length:
        return Pdu(command=command, status=status, sequence=sequence, fields=fields)
    tlvs, at = _read_tlvs(octets, at)
    return Pdu(command=command, status=status, sequence=sequence, fields=fields, tlvs=tlvs, rest=octets[at:])


def _unreadable(octets: bytes, problem: str, nack: int) -> Unreadable:
    _, command, status, sequence = _HEADER.unpack_from(octets)
    return Unreadable(command=command, status=status, sequence=sequence, raw=octets, problem=problem, nack=nack)


def _read_fields(plan: tuple[_Step, ...], octets: bytes, fields: dict[str, Value]) -> int:
    at, end = HEADER_OCTETS, len(octets)
    find = octets.find
    for step in plan:
        if isinstance(step, _Octets):
            names = step.names
            stop = at + len(names)
            if stop > end:
                raise _Short(names[max(0, end - at)], CommandStatus.ESME_RINVCMDLEN)
            fields.update(zip(names, octets[at:stop], strict=True))
            at = stop
        elif step.kind is Kind.SHORT_MESSAGE:
            if at >= end:
                raise _Short("sm_length", CommandStatus.ESME_RINVCMDLEN)
            stop = at + 1 + octets[at]
            if stop > end:
                raise _Short(step.name, CommandStatus.ESME_RINVMSGLEN)
            fields[step.name] = octets[at + 1 : stop]
            at = stop
        else:
            stop = find(0, at)
            if stop < 0:
                if at >= end or step is not plan[-1]:
                    raise _Short(step.name, CommandStatus.ESME_RINVCMDLEN)
                fields[step.name] = octets[at:].decode("latin-1")
                return end
            fields[step.name] = octets[at:stop].decode("latin-1")
            at = stop + 1
    return at


def _read_tlvs(octets: bytes, at: int) -> tuple[tuple[Tlv, ...], int]:
    tlvs: list[Tlv] = []
    end = len(octets)
    while at + 4 <= end:
        tag, size = _TLV.unpack_from(octets, at)
        if at + 4 + size > end:
            break
        tlvs.append(Tlv(tag, octets[at + 4 : at + 4 + size]))
        at += 4 + size
    return tuple(tlvs), at


# --- framing ----------------------------------------------------------------------------------------------------------


class Framer:
    """Cuts a stream of bytes into PDUs. Holds at most one unfinished PDU.

    ``lost`` says why framing is lost, once a length is under 16 or absurdly large: nothing that follows can be
    believed, and the connection is to be closed (reference smpp 1).
    """

    def __init__(self) -> None:
        self._held = bytearray()
        self.lost: str | None = None

    @property
    def held(self) -> int:
        """Octets of the PDU that is not whole yet."""
        return len(self._held)

    def feed(self, data: bytes) -> list[bytes]:
        """The PDUs that are whole now, header included, in order."""
        if self.lost is not None:
            return []
        if self._held:
            self._held += data
            if len(self._held) < 4 or len(self._held) < int.from_bytes(self._held[:4]) <= MOST_OCTETS:
                return []
            data = bytes(self._held)
            self._held.clear()
        pdus: list[bytes] = []
        at, end = 0, len(data)
        while end - at >= 4:
            length = int.from_bytes(data[at : at + 4])
            if not HEADER_OCTETS <= length <= MOST_OCTETS:
                self.lost = f"a command_length of {length}: the stream is out of step"
                return pdus
            if at + length > end:
                break
            pdus.append(data[at : at + length])
            at += length
        if at < end:
            self._held += data[at:]
        return pdus
