"""``receipted tail``: every change of a status as it happens."""

import asyncio
from typing import Annotated

import typer
from rich.text import Text

from receipted.cli import times
from receipted.cli.answers import EventAnswer, parse, time_of
from receipted.cli.client import Away, HubClient
from receipted.cli.failure import CommandError, Exit, run
from receipted.cli.hints import named
from receipted.cli.options import AsJson, Url
from receipted.cli.terminal import clean, err, for_person, out, status_plain, status_text, to_json, write
from receipted.domain.status import Status

WAIT_S = 20
"""How long one question waits at the hub for an event; below the client's own timeout."""
RETRY_S = (0.5, 10.0)
"""Between two tries to reach a hub that went away: at first, and at most. It doubles."""
STATUS_WIDTH = 12


def command(
    status: Annotated[Status | None, typer.Option("--status", help="Only changes to this status.")] = None,
    after: Annotated[
        str | None, typer.Option("--after", metavar="ID", help="Begin after this event; --json shows their ids.")
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="Begin with the very first event.")] = False,
    as_json: AsJson = False,
    url: Url = None,
) -> None:
    """Follow what happens, live, until Ctrl-C. A hub that is restarted is waited for; nothing is left out."""
    if everything and after:
        raise CommandError("--all and --after exclude each other.", code=Exit.USAGE)
    run(_follow(status, None if everything else after or "now", url, as_json=as_json))


async def _follow(status: Status | None, after: str | None, url: str | None, *, as_json: bool) -> Exit:
    async with HubClient(url) as hub:
        # The first question does not wait: it says at once whether there is a hub, and where "now" is.
        events, cursor = await hub.events(after, wait_s=0)
        if for_person() and not as_json:
            err().print(f"Following {hub.url}; Ctrl-C ends.", style="dim")
        pause_s, most_s = RETRY_S
        while True:
            for raw in events:
                if status is None or raw.get("status") == status:
                    write(to_json(raw)) if as_json else _print(parse(raw, EventAnswer))
            try:
                events, following = await hub.events(cursor, wait_s=WAIT_S)
            except Away as away:
                events = []
                if pause_s == RETRY_S[0]:
                    err().print(f"{named(away.lines[0])} Trying again.", soft_wrap=True)
                await asyncio.sleep(pause_s)
                pause_s = min(most_s, pause_s * 2)
                continue
            cursor = following or cursor
            pause_s = RETRY_S[0]


def _print(event: EventAnswer) -> None:
    at = time_of(event.at)
    if not for_person():
        rest = (event.recipient, event.sender, event.client_ref, event.message_id, event.err_code, event.reason)
        fields = (times.exact(at) if at else "", status_plain(event.status))
        write("\t".join((*fields, *(clean(field or "") for field in rest))))
        return
    line = Text.assemble((at.astimezone().strftime("%H:%M:%S") if at else "", "dim"), "  ", status_text(event.status))
    line.pad_right(max(0, 10 + STATUS_WIDTH - line.cell_len))
    line.append(f"  {clean(event.recipient)}  from {clean(event.sender)}")
    if event.client_ref:
        line.append(f"  ref {clean(event.client_ref)}")
    line.append(f"  {clean(event.message_id)}", "dim")
    if event.reason or event.err_code:
        line.append(f"  {clean(event.reason or f'err-code {event.err_code}')}")
    out().print(line, soft_wrap=True)
