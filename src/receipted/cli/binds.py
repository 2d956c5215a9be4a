"""``receipted binds``: how the connections with carriers stand."""

import asyncio
from datetime import datetime
from typing import Annotated

import typer
from rich.console import Group, RenderableType
from rich.live import Live
from rich.text import Text

from receipted.cli import times
from receipted.cli.answers import BindAnswer, Json, Time, parse, time_of
from receipted.cli.client import HubClient
from receipted.cli.failure import CommandError, Exit, run
from receipted.cli.options import AsJson, Url
from receipted.cli.terminal import Mark, clean, columns, for_person, out, to_json, write

LOOK_EVERY_S = 1.0
MARKS: dict[str, Mark] = {
    "bound": Mark("●", "green"),
    "throttled": Mark("◐", "yellow"),
    "connecting": Mark("○", "cyan"),
    "refused": Mark("⊘", "red"),
    "down": Mark("✕", "red"),
}
UNKNOWN = Mark("?", "magenta")
NONE = "None: no carrier is configured. `receipted settings` shows how to add one."


def command(
    watch: Annotated[bool, typer.Option("--watch", help="Go on showing them until Ctrl-C.")] = False,
    as_json: AsJson = False,
    url: Url = None,
) -> None:
    """Show the binds with carriers: state, window, rate, last enquire_link and receipt, and what is wrong.

    Exit code 1 if none is bound.
    """
    if watch and (as_json or not for_person()):
        raise CommandError("--watch is for a terminal; ask again and again instead.", code=Exit.USAGE)
    run(_watch(url) if watch else _list(url, as_json=as_json))


async def _list(url: str | None, *, as_json: bool) -> Exit:
    async with HubClient(url) as hub:
        found = await hub.binds()
    binds = _parsed(found)
    if as_json:
        for raw in found:
            write(to_json(raw))
    elif for_person():
        out().print(_table(binds))
    else:
        for bind in binds:
            write(_tab_line(bind))
    return Exit.OK if any(bind.state in ("bound", "throttled") for bind in binds) else Exit.FAILED


async def _watch(url: str | None) -> Exit:
    async with HubClient(url) as hub:
        with Live(_table(_parsed(await hub.binds())), console=out(), auto_refresh=False) as live:
            while True:
                await asyncio.sleep(LOOK_EVERY_S)
                live.update(_table(_parsed(await hub.binds())), refresh=True)


def _parsed(found: list[Json]) -> list[BindAnswer]:
    return [parse(raw, BindAnswer) for raw in found]


def _table(binds: list[BindAnswer]) -> RenderableType:
    """A line for each bind; what is wrong with it, and how ids are written, stand beneath."""
    if not binds:
        return Text(NONE)
    seen_from = times.now()
    headings = ("Bind", "State", "Since", "Window", "Rate/s", "Sent", "Receipts", "Enquired", "Last receipt", "Peer")
    table = columns(headings, right=("Since", "Window", "Rate/s", "Sent", "Receipts", "Enquired", "Last receipt"))
    remarks = Text()
    for bind in binds:
        mark = MARKS.get(bind.state, UNKNOWN)
        table.add_row(
            clean(bind.bind),
            Text(f"{mark.shape} {clean(bind.state)}", mark.style),
            _ago(bind.since, seen_from),
            f"{bind.in_flight}/{bind.window}",
            _rate(bind),
            f"{bind.submitted:,}",
            f"{bind.receipts:,}",
            _ago(bind.last_enquire_link_at, seen_from),
            _ago(bind.last_receipt_at, seen_from),
            clean(f"{bind.peer} {bind.kind}"),
        )
        if bind.problem:
            remarks.append(f"\n{clean(bind.bind)}: {clean(bind.problem)}", mark.style)
    for provider, form in {bind.provider: bind.id_form for bind in binds if bind.id_form}.items():
        remarks.append(f"\n{clean(provider)} message ids: {clean(form)}", "dim")
    return Group(table, remarks)


def _ago(at: Time, seen_from: datetime) -> str:
    read = time_of(at)
    return times.ago(read, seen_from).removesuffix(" ago") if read else ""


def _rate(bind: BindAnswer) -> str:
    limit = f"/{bind.rate_per_s:g}" if bind.rate_per_s else ""
    return f"{bind.sent_per_s:g}{limit}"


def _tab_line(bind: BindAnswer) -> str:
    """Bind, state, since, in flight, window, sent per second, its limit, submitted, receipts, throttled, problem."""
    since = time_of(bind.since)
    numbers = (bind.in_flight, bind.window, f"{bind.sent_per_s:g}", f"{bind.rate_per_s:g}", bind.submitted,
               bind.receipts, bind.throttled)  # fmt: skip
    fields = (bind.bind, bind.state, times.exact(since) if since else "", *map(str, numbers), bind.problem)
    return "\t".join(clean(field) for field in fields)
