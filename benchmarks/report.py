"""The figures of a run: as a table for people, as JSON for the record."""

import json
import os
import platform
import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec
from rich import box
from rich.console import Console
from rich.table import Table


class Figure(msgspec.Struct, kw_only=True):
    """One server under one load. Times in ms, CPU in µs per receipt; ``stored`` is what was found in its database."""

    name: str
    plain: bool = False
    """Is it a plain version of the tutorial, to be compared with?"""
    ceiling: bool = False
    """Is it the empty answer?"""
    database: str = "-"
    form: str = "form"
    order: str = "recent"
    messages: int = 0
    rate: float = 0.0
    p50_ms: float = 0.0
    p99_ms: float = 0.0
    p999_ms: float = 0.0
    cpu_us: float = 0.0
    database_cpu_us: float | None = None
    rss_mib: float = 0.0
    ok: int = 0
    not_ok: dict[str, int] = {}
    stored: int | None = None
    load_cpu_us: float = 0.0


def share(figure: Figure, of: Sequence[Figure]) -> float | None:
    """A rate as a multiple of the fastest among others."""
    best = max((other.rate for other in of), default=0.0)
    return figure.rate / best if best else None


def console() -> Console:
    """For a terminal, or plain text as wide as the table where it is piped."""
    return Console() if sys.stdout.isatty() else Console(width=190, color_system=None)


NUMBERS = (
    "stored before", "receipts/s", "of empty", "x plain", "p50 ms", "p99 ms", "p99.9 ms", "CPU µs", "DB CPU µs",
    "peak MiB", "not 200", "in database",
)  # fmt: skip


def show(figures: Sequence[Figure], connections: int, to: Console) -> None:
    table = Table(
        title=f"Receipts by webhook, {connections} connections",
        title_justify="left",
        box=box.ROUNDED if to.is_terminal else None,
    )
    for name in ("server", "form", "order"):
        table.add_column(name, no_wrap=True)
    for name in NUMBERS:
        table.add_column(name, justify="right", no_wrap=True)
    for figure in figures:
        ceiling = share(figure, [other for other in figures if other.ceiling])
        plain = share(figure, [other for other in figures if other.plain])
        found = (
            "-" if figure.stored is None else "all" if figure.stored >= figure.ok else f"{figure.stored - figure.ok:,}"
        )
        table.add_row(
            figure.name,
            figure.form,
            figure.order if figure.messages else "-",
            f"{figure.messages:,}" if figure.messages else "-",
            f"{figure.rate:,.0f}",
            f"{ceiling:.0%}" if ceiling else "-",
            f"{plain:.1f}" if plain else "-",
            f"{figure.p50_ms:.1f}",
            f"{figure.p99_ms:.1f}",
            f"{figure.p999_ms:.1f}",
            f"{figure.cpu_us:,.0f}",
            "-" if figure.database_cpu_us is None else f"{figure.database_cpu_us:,.0f}",
            f"{figure.rss_mib:,.0f}",
            f"{sum(figure.not_ok.values()):,}",
            found,
        )
    to.print(table)


def write(figures: Sequence[Figure], file: Path, command: str) -> None:
    """The same as JSON, with what it ran on."""
    machine = {"python": platform.python_version(), "system": platform.platform(), "cpus": os.cpu_count()}
    whole = {"command": command, "machine": machine, "figures": msgspec.to_builtins(figures)}
    file.write_text(json.dumps(whole, indent=2) + "\n", encoding="utf-8")
