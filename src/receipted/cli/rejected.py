"""``receipted rejected``: webhook requests that the hub refused, and why."""

from typing import Annotated

import typer
from rich.padding import Padding
from rich.text import Text

from receipted.cli import times
from receipted.cli.answers import RejectedAnswer, parse, raw_text, time_of
from receipted.cli.client import HubClient
from receipted.cli.failure import Exit, run
from receipted.cli.options import AsJson, Url
from receipted.cli.terminal import clean, err, for_person, out, to_json, write

INDENT = 2


def command(
    limit: Annotated[int, typer.Option("--limit", min=1, max=500, help="At most so many, newest first.")] = 50,
    as_json: AsJson = False,
    url: Url = None,
) -> None:
    """List webhook requests that were refused, and why.

    A wrong signature secret shows here, with the string that was signed and what differed.
    """
    run(_list(limit, url, as_json=as_json))


async def _list(limit: int, url: str | None, *, as_json: bool) -> Exit:
    async with HubClient(url) as hub:
        found = await hub.rejected(limit)
    if as_json:
        for raw in found:
            write(to_json(raw))
        return Exit.OK
    refused = [parse(raw, RejectedAnswer) for raw in found]
    if for_person():
        _blocks(refused, limit)
    else:
        for request in refused:
            write(_tab_line(request))
    return Exit.OK


def _blocks(refused: list[RejectedAnswer], limit: int) -> None:
    """A block for each request: when and by which status, then the problem, its explanation and the request."""
    if not refused:
        out().print("None: no webhook request was refused.")
        return
    seen_from = times.now()
    for request in refused:
        at = time_of(request.at)
        when = f"{times.exact(at)}, {times.ago(at, seen_from)}" if at else ""
        whence = f"  {clean(request.door)}" + (f"  from {clean(request.source)}" if request.source else "")
        out().print(Text.assemble((f"{request.status}", "red"), f"  {when}", (whence, "dim")), soft_wrap=True)
        _beneath(Text(clean(request.problem), "bold"))
        _beneath(Text(clean(request.explanation, keep="\n")))
        _beneath(Text(_request(request), "dim"))
        out().print()
    if len(refused) == limit:
        err().print(f"The newest {limit}. There may be more: --limit shows up to 500.", style="dim")


def _beneath(text: Text) -> None:
    """Indented under its request, on every line."""
    if text:
        out().print(Padding(text, (0, 0, 0, INDENT), expand=False))


def _request(request: RejectedAnswer) -> str:
    """The request on one line: method, query, content type and body, as far as there are any."""
    query = raw_text(request.query, request.query_encoding)
    body = raw_text(request.body, request.body_encoding)
    parts = (request.method, query and f"?{query}", body and request.content_type, body)
    return clean(" ".join(part for part in parts if part))


def _tab_line(request: RejectedAnswer) -> str:
    """Time, status, provider, source, problem, explanation, request."""
    at = time_of(request.at)
    rest = (request.door, request.source, request.problem, request.explanation)
    fields = (times.exact(at) if at else "", str(request.status))
    return "\t".join((*fields, *(clean(field) for field in rest), _request(request)))
