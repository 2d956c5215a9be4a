"""``receipted messages``: find messages, as a table for people, lines for pipes, JSON or CSV for programs."""

import csv
import io
import sys
from collections.abc import AsyncIterator, Callable
from datetime import datetime
from typing import Annotated

import typer
from rich.progress import Progress, SpinnerColumn, TextColumn
from rich.text import Text

from receipted.cli import times
from receipted.cli.answers import Json, MessageAnswer, parse, time_of
from receipted.cli.client import HubClient
from receipted.cli.failure import CommandError, Exit, run
from receipted.cli.hints import program
from receipted.cli.options import AsJson, Url
from receipted.cli.terminal import clean, columns, err, for_person, out, status_plain, status_text, to_json, write
from receipted.domain.status import Status

LIMIT = 50
WIDE = 110
"""Columns of a window that holds everything; a narrower one shows no sender and no text, but whole ids."""

CSV_COLUMNS: tuple[str, ...] = (
    *("id", "created_at", "updated_at", "status", "to", "from", "provider", "country", "part_count"),
    *("client_ref", "err_code", "reason", "text"),
)
"""Fields of the API's message, in the order of the columns."""

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""What makes a spreadsheet run a cell as a formula (OWASP, CSV injection)."""


def command(
    to: Annotated[str | None, typer.Option("--to", help="Only to this number.")] = None,
    status: Annotated[
        Status | None, typer.Option("--status", help="Only those that are now: delivered, failed, …")
    ] = None,
    ref: Annotated[str | None, typer.Option("--ref", help="Only those with this client-ref.")] = None,
    since: Annotated[str | None, typer.Option("--since", help="Accepted since: 30m, 2h, 3d, or a date.")] = None,
    until: Annotated[str | None, typer.Option("--until", help="Accepted before: likewise.")] = None,
    provider: Annotated[str | None, typer.Option("--provider", help="Only through this provider.")] = None,
    limit: Annotated[int, typer.Option("--limit", min=0, help="At most so many, newest first; 0 for all.")] = LIMIT,
    as_json: AsJson = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="CSV with a heading, safe to open as a spreadsheet.")] = False,
    url: Url = None,
) -> None:
    """List messages, newest first.

    Example: receipted messages --status failed --since 2d --csv --limit 0 > failed.csv
    """
    if as_json and as_csv:
        raise CommandError("--json and --csv exclude each other.", code=Exit.USAGE)
    asked = {
        "to": to,
        "status": status,
        "client_ref": ref,
        "since": _time("--since", since),
        "until": _time("--until", until),
        "provider": provider,
    }
    which = {name: value for name, value in asked.items() if value is not None}
    run(_list(which, limit or None, url, as_json=as_json, as_csv=as_csv))


def _time(option: str, text: str | None) -> str | None:
    if text is None:
        return None
    try:
        return times.exact(times.read(text, times.now()))
    except ValueError as problem:
        raise CommandError(f"{option}: {problem}.", code=Exit.USAGE) from None


async def _list(which: dict[str, str], limit: int | None, url: str | None, *, as_json: bool, as_csv: bool) -> Exit:
    async with HubClient(url) as hub:
        found = hub.messages(which, limit)
        if for_person() and not as_json and not as_csv:
            await _table([parse(raw, MessageAnswer) async for raw in found], limit, filtered=bool(which))
            return Exit.OK
        line: Callable[[Json], str] = _json_line if as_json else _csv_line if as_csv else _tab_line
        if as_csv:
            write(_csv_row(CSV_COLUMNS))
        await _export(found, line)
    return Exit.OK


async def _export(found: AsyncIterator[Json], line: Callable[[Json], str]) -> None:
    """Write one line per message; count them on standard error where that is a terminal and output is not."""
    counted = Progress(
        SpinnerColumn(),
        TextColumn("{task.completed:,.0f} messages"),
        console=err(),
        transient=True,
        # Otherwise rich takes what we write to standard output as well, and prints it beside the count.
        redirect_stdout=False,
        redirect_stderr=False,
        disable=for_person() or not err().is_terminal,
    )
    with counted:
        task = counted.add_task("", total=None)
        async for raw in found:
            sys.stdout.write(line(raw) + "\n")
            counted.advance(task)
    sys.stdout.flush()


async def _table(found: list[MessageAnswer], limit: int | None, *, filtered: bool) -> None:
    if not found:
        example = f'{program()} send --to 447700900000 --from Acme --text "Hello"'
        out().print("No message fits." if filtered else f"No messages yet. Send one: {example}", soft_wrap=True)
        return
    seen_from = times.now()
    wide = out().width >= WIDE
    headings = ("Status", "To", "Age", "Id", *(("Parts", "From", "Text") if wide else ()))
    table = columns(headings, right=("Age", "Parts"), rest="Text")
    for message in found:
        table.add_row(*_row(message, seen_from)[: len(headings)])
    out().print(table)
    if limit is not None and len(found) == limit:
        err().print(f"The newest {limit}. There may be more: --limit 0 shows all.", style="dim")


def _row(message: MessageAnswer, seen_from: datetime) -> tuple[Text | str, ...]:
    at = time_of(message.created_at)
    return (
        status_text(message.status),
        clean(message.recipient),
        times.ago(at, seen_from).removesuffix(" ago") if at else "",
        clean(message.id),
        str(message.part_count),
        clean(message.sender),
        clean(message.text or ""),
    )


def _json_line(raw: Json) -> str:
    return to_json(raw)


def _tab_line(raw: Json) -> str:
    """Id, time, status, to, from, client-ref, err-code, text."""
    message = parse(raw, MessageAnswer)
    at = time_of(message.created_at)
    rest = (message.recipient, message.sender, message.client_ref, message.err_code, message.text)
    fields = (clean(message.id), times.exact(at) if at else "", status_plain(message.status))
    return "\t".join((*fields, *(clean(field or "") for field in rest)))


def _csv_line(raw: Json) -> str:
    return _csv_row([_cell(raw.get(name)) for name in CSV_COLUMNS])


def _cell(value: object) -> str:
    """A value that a spreadsheet shows and never runs: an apostrophe stands before what begins like a formula."""
    text = "" if value is None else str(value)
    starts = text.lstrip(" ").startswith(FORMULA_STARTS)
    return clean(f"'{text}" if starts else text, keep="\n")


def _csv_row(cells: list[str] | tuple[str, ...]) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow(cells)
    return line.getvalue()
