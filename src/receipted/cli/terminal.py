"""What every command's output has in common: where it goes, what is harmless to print, how a status and a time look.

Two kinds of readers: a person at a terminal (colours, relative times, columns that fit the window) and a pipe (no
colour, one record a line, fields separated by a tab, exact times). ``--json`` is for programs.
"""

import json
import re
import sys
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import NamedTuple

from rich.console import Console
from rich.table import Table
from rich.text import Text


class Mark(NamedTuple):
    """How a status looks. The shape and the word say it; the colour only helps."""

    shape: str
    style: str


MARKS: dict[str, Mark] = {
    "queued": Mark("○", "dim"),
    "submitted": Mark("✓", "cyan"),
    "accepted": Mark("✓", "blue"),
    "buffered": Mark("◔", "yellow"),
    "delivered": Mark("✓✓", "green"),
    "failed": Mark("✕", "red"),
    "rejected": Mark("⊘", "red"),
    "expired": Mark("⌛", "yellow"),
    "unknown": Mark("?", "magenta"),
}

_JOINERS = "\u200c\u200d"
"""Invisible, harmless, and needed: without them emoji and several scripts fall apart."""

_JSON_UNSAFE = re.compile("[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


@cache
def out() -> Console:
    """Standard output. Nothing printed is ever read as rich markup, an emoji code or something to highlight."""
    return Console(markup=False, highlight=False, emoji=False)


@cache
def err() -> Console:
    """Standard error: failures, progress and remarks, so that a pipe gets only what was asked for."""
    return Console(stderr=True, markup=False, highlight=False, emoji=False)


def for_person() -> bool:
    """Whether standard output is a terminal."""
    return out().is_terminal


def write(line: str) -> None:
    """One line for a pipe or a program, as it is, at once."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def clean(text: str, *, keep: str = "") -> str:
    """Text that strangers can influence, made harmless: what could steer a terminal is shown as an escape.

    Control characters (C0, C1, DEL), line and paragraph separators, lone surrogates and invisible formatting such as
    bidirectional overrides become ``\\x1b``, ``\\u202e``. Characters in ``keep`` stay.
    """
    return "".join(c if c in keep else _visible(c) for c in text)


def _visible(char: str) -> str:
    if unicodedata.category(char) not in ("Cc", "Cf", "Cs", "Zl", "Zp") or char in _JOINERS:
        return char
    code = ord(char)
    if char == "\n":
        return "\\n"
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def to_json(value: object) -> str:
    """One line of JSON that reads well and cannot steer a terminal: what JSON leaves bare is escaped as ``\\u…``."""
    plain = json.dumps(value, ensure_ascii=False)
    return _JSON_UNSAFE.sub(lambda found: f"\\u{ord(found.group()):04x}", plain)


def status_text(status: str) -> Text:
    """A status as shape, word and colour. A word that this version does not know gets the shape of `unknown`."""
    mark = MARKS.get(status, MARKS["unknown"])
    return Text.assemble((f"{mark.shape} {clean(status)}", mark.style))


def status_plain(status: str) -> str:
    """A status as shape and word."""
    return status_text(status).plain


REST_LEAST = 16
"""Characters that the column with the rest has at least."""


def columns(
    headings: Sequence[str],
    *,
    right: Iterable[str] = (),
    folded: Iterable[str] = (),
    rest: str | None = None,
    most: Mapping[str, int] | None = None,
) -> Table:
    """An empty table without lines.

    ``right`` are columns of numbers. ``folded`` go on below, others are cut. ``rest`` has what the others leave over.
    ``most`` bounds the width of columns that strangers fill, so that they cannot push the others out of sight.
    """
    widths = most or {}
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold", pad_edge=False, expand=rest in headings)
    for heading in headings:
        table.add_column(
            heading,
            justify="right" if heading in right else "left",
            ratio=1 if heading == rest else None,
            min_width=REST_LEAST if heading == rest else None,
            max_width=widths.get(heading),
            no_wrap=heading not in folded,
            overflow="fold" if heading in folded else "ellipsis",
        )
    return table
