"""``receipted decode HEX|FILE``: SMPP's PDUs explained field by field, from hex or from a network capture."""

import io
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, BinaryIO

import msgspec
import typer
from rich.text import Text

from receipted.cli import capture
from receipted.cli.conversation import Ended, Heard, Remark, Spoken, conversation
from receipted.cli.failure import CommandError, Exit
from receipted.cli.hex_text import NoHex, pdus_in
from receipted.cli.options import AsJson
from receipted.cli.terminal import clean, columns, err, for_person, out, to_json, write
from receipted.dialects.smpp import status as statuses
from receipted.dialects.smpp.codings import Alphabet, Alphabets
from receipted.dialects.smpp.explain import Explained, Row, explain
from receipted.text.gsm import decode_gsm

STDIN = "-"
MOST_SHOWN = 200
"""Characters of a value in a table; a pipe and JSON get all."""
MOST_OCTETS_SHOWN = 24
"""Octets of a field in a table."""


def command(
    source: Annotated[
        list[str],
        typer.Argument(
            metavar="HEX|FILE", help="Hex, or a file: a capture (pcap, pcapng) or hex; - for standard input."
        ),
    ],
    port: Annotated[
        int | None,
        typer.Option("--port", min=1, max=65_535, help="Captures: connections with this port; default: all SMPP."),
    ] = None,
    latin_1: Annotated[
        bool, typer.Option("--latin-1", help="The carrier's default alphabet is ISO-8859-1, not GSM 7-bit.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Explain SMPP PDUs field by field. Passwords are masked.

    Exit 1 if there is no PDU, or one that cannot be read.
    """
    show = _Show(Alphabets(decode_gsm, Alphabet.LATIN_1 if latin_1 else Alphabet.GSM7), as_json=as_json)
    given = _given(source)
    if isinstance(given, str):
        for octets in _pdus(given, source):
            show.pdu(octets)
    else:
        with given:
            for heard in _heard(given, port):
                show.heard(heard)
    if not show.shown:
        raise CommandError(
            "There is no SMPP in it.", *(["Without --port, every connection is looked at."] * bool(port))
        )
    raise SystemExit(int(Exit.FAILED if show.unreadable else Exit.OK))


# --- where it comes from ----------------------------------------------------------------------------------------------


def _given(source: list[str]) -> str | BinaryIO:
    """Hex as text, or an open capture. Several arguments are one hex text that the shell took apart at its blanks."""
    if source == [STDIN]:
        octets = sys.stdin.buffer.read()
        return io.BytesIO(octets) if octets[:4] in capture.MAGIC else _as_text(octets, "Standard input")
    path = Path(source[0])
    if len(source) > 1 or not _is_file(path):
        return " ".join(source)
    try:
        with path.open("rb") as file:
            magic = file.read(4)
        return path.open("rb") if magic in capture.MAGIC else _as_text(path.read_bytes(), str(path))
    except OSError as problem:
        raise CommandError(f"{clean(str(path))} cannot be read: {problem.strerror}.") from None


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def _as_text(octets: bytes, name: str) -> str:
    try:
        return octets.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise CommandError(f"{clean(name)} is neither a capture (pcap, pcapng) nor hex.") from None


def _pdus(text: str, source: list[str]) -> Iterator[bytes]:
    try:
        yield from pdus_in(text)
    except NoHex as problem:
        name = "Standard input" if source == [STDIN] else clean(" ".join(source))
        name = name if len(name) <= 60 else f"{name[:60]}…"
        raise CommandError(
            f"{name} is neither a file nor hex: {clean(str(problem))}."
            if len(source) > 1 or not _is_file(Path(source[0]))
            else f"{name} is neither a capture (pcap, pcapng) nor hex: {clean(str(problem))}.",
        ) from None


def _heard(file: BinaryIO, port: int | None) -> Iterator[Heard]:
    try:
        yield from conversation(capture.pieces(file), port)
    except capture.NoCapture as problem:
        raise CommandError(clean(str(problem))) from None


# --- how it is shown --------------------------------------------------------------------------------------------------


class _Show:
    """Prints what is found, for a person, a pipe or a program, and counts it."""

    def __init__(self, alphabets: Alphabets, *, as_json: bool) -> None:
        self._alphabets = alphabets
        self._as_json = as_json
        self.shown = 0
        self.unreadable = 0

    def heard(self, heard: Heard) -> None:
        """What a capture says."""
        if isinstance(heard, Spoken):
            self.pdu(heard.octets, heard)
        elif isinstance(heard, Remark):
            self._remark(heard)
        else:
            for sentence in _ended(heard):
                err().print(sentence, soft_wrap=True)

    def pdu(self, octets: bytes, spoken: Spoken | None = None) -> None:
        """One PDU, explained."""
        explained = explain(octets, self._alphabets)
        self.unreadable += bool(explained.problem)
        if self._as_json:
            write(to_json({**_where(spoken), **msgspec.to_builtins(explained)}))
        else:
            if self.shown:
                out().print()
            _heading(explained, spoken)
            (_table if for_person() else _lines)(explained.rows)
        self.shown += 1

    def _remark(self, remark: Remark) -> None:
        if self._as_json:
            spoken = Spoken(remark.flow, remark.at_s, b"")
            write(to_json({**_where(spoken), "remark": remark.text}))
            return
        direction = f"{remark.flow.sender} → {remark.flow.receiver}"
        out().print(Text(f"\n{_time(remark.at_s)}  {direction}  ! {remark.text}", "yellow"), soft_wrap=True)


def _where(spoken: Spoken | None) -> dict[str, object]:
    if spoken is None:
        return {}
    took_ms = None if spoken.took_ms is None else round(spoken.took_ms, 3)
    at = {"at": _time(spoken.at_s), "from": spoken.flow.sender, "to": spoken.flow.receiver}
    return {**at, "round_trip_ms": took_ms} if spoken.octets else {**at}


def _heading(explained: Explained, spoken: Spoken | None) -> None:
    """What it is and whether it is well, in one line; above it in a capture: when, from whom, to whom."""
    if spoken is not None:
        took = "" if spoken.took_ms is None else f"  after {spoken.took_ms:,.3f} ms"
        way = f"{spoken.flow.sender} → {spoken.flow.receiver}"
        out().print(Text(f"{_time(spoken.at_s)}  {way}{took}", "dim"), soft_wrap=True)
    said = f"  sequence {explained.sequence}  {explained.length} octets"
    wrong = explained.problem or (statuses.name_of(explained.status) if explained.status else "")
    style = "red" if wrong else "green"
    line = Text.assemble((clean(explained.name), f"bold {style}"), said)
    if wrong:
        line.append(f"  {clean(wrong)}", "red")
    out().print(line, soft_wrap=True)


def _table(rows: tuple[Row, ...]) -> None:
    table = columns(
        ("Offset", "Octets", "Field", "Value", "Meaning"), right=("Offset",), folded=("Octets", "Value", "Meaning")
    )
    for row in rows:
        name = f"  {row.name}" if row.inside else row.name
        offset = "" if row.offset is None else str(row.offset)
        table.add_row(offset, Text(_spaced(row.hex), "dim"), name, _value(row), clean(_cut(row.meaning)))
    out().print(table)


def _lines(rows: tuple[Row, ...]) -> None:
    """Offset, hex, field, value, meaning, separated by tabs; a piece of a field has its name behind a ``>``."""
    for row in rows:
        name = f"> {row.name}" if row.inside else row.name
        fields = ("" if row.offset is None else str(row.offset), row.hex, name, clean(str(row.value)), row.meaning)
        write("\t".join((*fields[:4], clean(fields[4]))).rstrip("\t"))


def _value(row: Row) -> str:
    return clean(_cut(str(row.value)), keep="\n")


def _spaced(octets: str) -> str:
    """Two digits an octet, as many as fit."""
    pairs = octets.split() if " " in octets else [octets[at : at + 2] for at in range(0, len(octets), 2)]
    more = f" … {len(pairs)} octets" if len(pairs) > MOST_OCTETS_SHOWN else ""
    return " ".join(pairs[:MOST_OCTETS_SHOWN]) + more


def _cut(text: str) -> str:
    return text if len(text) <= MOST_SHOWN else f"{text[:MOST_SHOWN]}… ({len(text):,} characters)"


def _time(at_s: float) -> str:
    """To the microsecond, as captures have it."""
    try:
        return datetime.fromtimestamp(at_s, UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    except (ValueError, OverflowError, OSError):
        return f"{at_s:.6f}"


def _ended(ended: Ended) -> Iterator[str]:
    """What the whole came to, for standard error."""
    if ended.pdus:
        waiting = f"; {_counted(ended.unanswered, 'request')} without an answer in it" if ended.unanswered else ""
        yield f"{_counted(ended.pdus, 'PDU')} in {_counted(ended.connections, 'connection')}{waiting}."
    skipped = ended.skipped
    if skipped.unreadable:
        yield f"Not readable: {_counted(skipped.unreadable, 'packet')}."
    if skipped.fragments:
        yield f"Left out: {_counted(skipped.fragments, 'fragment')} of IP packets."
    if skipped.cut:
        yield "The capture ends in the middle of a packet."


def _counted(number: int, what: str) -> str:
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"
