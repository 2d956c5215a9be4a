"""``receipted show ID``: one message, what became of it and why, and every fact with its raw form."""

from typing import Annotated

import typer
from rich.padding import Padding
from rich.text import Text

from receipted.cli import times
from receipted.cli.answers import (
    DeliveryAnswer,
    Json,
    LineAnswer,
    MessageAnswer,
    TimelineAnswer,
    parse,
    raw_text,
    time_of,
)
from receipted.cli.client import HubClient
from receipted.cli.failure import CommandError, Exit, run
from receipted.cli.options import AsJson, Url
from receipted.cli.terminal import clean, columns, for_person, out, status_plain, status_text, to_json, write
from receipted.hub.explain import duration

INDENT = 12


def command(
    message_id: Annotated[str, typer.Argument(metavar="ID", help="The message's id, as `messages` shows it.")],
    as_json: AsJson = False,
    url: Url = None,
) -> None:
    """Show what became of one message: its parts, every receipt as it came, and what the codes mean."""
    run(_show(message_id, url, as_json=as_json))


async def _show(message_id: str, url: str | None, *, as_json: bool) -> Exit:
    async with HubClient(url) as hub:
        raw = await hub.timeline(message_id)
        told = await _deliveries(hub, message_id)
    if as_json:
        write(to_json(raw))
        return Exit.OK
    answer = parse(raw, TimelineAnswer)
    _summary(answer)
    if len(answer.message.parts) > 1:
        _parts(answer.message)
    _route(answer.message)
    _timeline(answer)
    _told([parse(one, DeliveryAnswer) for one in reversed(told)])
    return Exit.OK


async def _deliveries(hub: HubClient, message_id: str) -> list[Json]:
    try:
        answer = await hub.get("/v1/deliveries", message_id=message_id)
    except CommandError:
        # A hub of an older version tells nobody by webhook.
        return []
    found = answer.get("deliveries", [])
    return found if isinstance(found, list) else []


def _summary(answer: TimelineAnswer) -> None:
    message = answer.message
    out().print(Text.assemble(status_text(message.status), "  ", (clean(answer.sentence), "bold")), soft_wrap=True)
    if message.explanation:
        out().print(clean(message.explanation), soft_wrap=True)
    out().print()
    for name, value in _facts(message):
        if value:
            out().print(Text.assemble((f"{name:<12}", "dim"), value), soft_wrap=True)


def _facts(message: MessageAnswer) -> tuple[tuple[str, str], ...]:
    created = time_of(message.created_at)
    age = f"{times.exact(created)}, {times.ago(created, times.now())}" if created and for_person() else ""
    return (
        ("id", clean(message.id)),
        ("to", clean(f"{message.recipient} {message.country}".strip())),
        ("from", clean(message.sender)),
        ("text", clean(message.text or "")),
        ("provider", clean(message.provider)),
        ("account", clean(message.account or "")),
        ("client-ref", clean(message.client_ref or "")),
        ("err-code", clean(message.err_code or "")),
        ("parts", str(message.part_count)),
        ("accepted", age or (times.exact(created) if created else "")),
    )


def _parts(message: MessageAnswer) -> None:
    """A table; in a pipe a line for each part with nothing cut: number, status, provider's id, code, network, price."""
    out().print()
    if not for_person():
        for part in message.parts:
            fields = (part.provider_message_id, part.err_code, part.network, part.price)
            write("\t".join((str(part.seq), status_plain(part.status), *(clean(field or "") for field in fields))))
        return
    table = columns(("Part", "Status", "Provider's id", "Code", "Network", "Price"), right=("Part", "Code", "Price"))
    for part in message.parts:
        table.add_row(
            str(part.seq),
            status_text(part.status),
            *(clean(field or "") for field in (part.provider_message_id, part.err_code, part.network, part.price)),
        )
    out().print(table)


def _route(message: MessageAnswer) -> None:
    """Who was considered for it, in the order of trying, and why."""
    for number, one in enumerate(message.route or ()):
        name = "route" if not number else ""
        reason = f"{clean(one.provider)}: {clean(one.reason)}"
        out().print(Text.assemble((f"{name:<12}", "dim"), reason), soft_wrap=True)


def _told(deliveries: list[DeliveryAnswer]) -> None:
    """What applications were told, oldest first."""
    if deliveries:
        out().print()
    for one in deliveries:
        at = time_of(one.at)
        when = "" if at is None else at.astimezone().strftime("%H:%M:%S.%f")[:-3] if for_person() else times.exact(at)
        part = f" of part {one.part}" if one.part else ""
        tries = f" ({one.attempts} tries)" if one.attempts > 1 else ""
        text = f"  told {clean(one.target)}: {clean(one.status)}{part}: {clean(one.outcome)}, {clean(one.said)}{tries}"
        out().print(Text.assemble((when, "dim"), text.rstrip(", ")), soft_wrap=not for_person())


def _timeline(answer: TimelineAnswer) -> None:
    """One line per fact: when, how long after the start, what; beneath it a receipt as it came."""
    out().print()
    for line in answer.timeline:
        out().print(_line(line), soft_wrap=not for_person())
        if line.raw:
            _beneath(clean(raw_text(line.raw, line.raw_encoding)))


def _beneath(text: str) -> None:
    """Indented under its line; wrapped with the indent kept where there is a window to wrap to."""
    if for_person():
        out().print(Padding(Text(text, style="dim"), (0, 0, 0, INDENT)))
    else:
        write(" " * INDENT + text)


def _line(line: LineAnswer) -> Text:
    at = time_of(line.at)
    when = "" if at is None else at.astimezone().strftime("%H:%M:%S.%f")[:-3] if for_person() else times.exact(at)
    style = "bold red" if line.verdict == "contradiction" else ""
    since = f"+{duration(line.since_ms)}"
    return Text.assemble((when, "dim"), f"{since:>9}  ", (clean(line.text or line.what), style))
