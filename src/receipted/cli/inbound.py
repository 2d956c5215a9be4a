"""``receipted inbound``: SMS from phones, and receipts that nobody could read."""

from typing import Annotated

import typer

from receipted.cli import times
from receipted.cli.answers import InboundAnswer, parse, time_of
from receipted.cli.client import HubClient
from receipted.cli.failure import Exit, run
from receipted.cli.options import AsJson, Url
from receipted.cli.terminal import clean, columns, err, for_person, out, to_json, write


def command(
    limit: Annotated[int, typer.Option("--limit", min=1, max=500, help="At most so many, newest first.")] = 50,
    raw: Annotated[bool, typer.Option("--raw", help="Show each PDU in hex, for `receipted decode`.")] = False,
    as_json: AsJson = False,
    url: Url = None,
) -> None:
    """List what carriers handed over beside receipts: SMS from phones, and receipts that could not be read."""
    run(_list(limit, url, raw=raw, as_json=as_json))


async def _list(limit: int, url: str | None, *, raw: bool, as_json: bool) -> Exit:
    async with HubClient(url) as hub:
        found = await hub.inbound(limit)
    if as_json:
        for answer in found:
            write(to_json(answer))
        return Exit.OK
    inbound = [parse(answer, InboundAnswer) for answer in found]
    if for_person():
        _table(inbound, raw=raw)
    else:
        for one in inbound:
            write(_tab_line(one))
    return Exit.OK


def _table(inbound: list[InboundAnswer], *, raw: bool) -> None:
    if not inbound:
        out().print("None: no carrier has handed over anything but receipts.")
        return
    seen_from = times.now()
    headings = ("Age", "Bind", "From", "To", "Part", "Text")
    most = {"Bind": 16, "From": 16, "To": 16, "Part": 6}
    table = columns(headings, right=("Age",), folded=("Text",), rest="Text", most=most)
    for one in inbound:
        at = time_of(one.at)
        text = clean(one.text) + (f"\n! {clean(one.problem)}" if one.problem else "") + (f"\n{one.raw}" if raw else "")
        table.add_row(
            times.ago(at, seen_from).removesuffix(" ago") if at else "",
            clean(one.bind),
            clean(one.sender),
            clean(one.recipient),
            clean(one.segment),
            text,
        )
    out().print(table)
    if any(one.problem for one in inbound):
        err().print("! marks receipts that could not be read: docs/carriers.md says what can be set.", style="dim")


def _tab_line(one: InboundAnswer) -> str:
    """Time, kind, bind, from, to, part, text, problem, PDU in hex."""
    at = time_of(one.at)
    fields = (one.kind, one.bind, one.sender, one.recipient, one.segment, one.text, one.problem, one.raw)
    return "\t".join((times.exact(at) if at else "", *(clean(field) for field in fields)))
