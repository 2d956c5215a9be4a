"""``receipted send``: hand one message to the hub, and with ``--wait`` watch what becomes of it."""

import asyncio
import time
from collections.abc import Callable
from typing import Annotated
from uuid import uuid4

import typer
from rich.live import Live
from rich.text import Text

from receipted.cli.answers import Json, LineAnswer, MessageAnswer, parse, time_of
from receipted.cli.client import Away, HubClient
from receipted.cli.failure import CommandError, Exit, run
from receipted.cli.hints import program
from receipted.cli.options import AsJson, Url
from receipted.cli.terminal import clean, for_person, out, status_plain, status_text, to_json, write
from receipted.cli.times import exact
from receipted.domain.status import Status
from receipted.hub.explain import duration

POLL_S = (0.2, 2.0)
"""Between two looks at a message: at first, and at most. It grows by a fifth each time."""
REDRAW_PER_S = 8


def command(
    to: Annotated[str, typer.Option("--to", help="The recipient's number with country code, such as 447700900000.")],
    sender: Annotated[str, typer.Option("--from", help="What the phone shows as sender: a number or a name.")],
    text: Annotated[str, typer.Option("--text", help="The text.")],
    client_ref: Annotated[str | None, typer.Option("--client-ref", help="Your own reference; find it again.")] = None,
    provider: Annotated[str | None, typer.Option("--provider", help="Who sends it. Default: the settings say.")] = None,
    wait: Annotated[bool, typer.Option("--wait", help="Wait for the final status; exit 0 delivered, 3 not.")] = False,
    timeout_s: Annotated[
        float | None, typer.Option("--timeout", min=0, metavar="SECONDS", help="With --wait: at most so long; exit 4.")
    ] = None,
    idempotency_key: Annotated[
        str | None, typer.Option("--idempotency-key", help="Repeat a send with the same key: nothing is sent twice.")
    ] = None,
    as_json: AsJson = False,
    url: Url = None,
) -> None:
    """Send an SMS.

    Example: receipted send --to 447700900000 --from Acme --text "Your table is ready" --wait
    """
    request: Json = {"to": to, "from": sender, "text": text}
    request |= {"client_ref": client_ref} if client_ref is not None else {}
    request |= {"provider": provider} if provider is not None else {}
    if timeout_s is not None and not wait:
        raise CommandError("--timeout goes with --wait.", code=Exit.USAGE)
    run(_send(request, idempotency_key or str(uuid4()), url, wait=wait, timeout_s=timeout_s, as_json=as_json))


async def _send(
    request: Json, key: str, url: str | None, *, wait: bool, timeout_s: float | None, as_json: bool
) -> Exit:
    async with HubClient(url) as hub:
        try:
            raw = await hub.send(request, key)
        except Away as away:
            raise CommandError(
                *away.lines, f"To try again without the danger of sending twice, add: --idempotency-key {key}"
            ) from None
        if not wait:
            _tell(raw, as_json)
            return Exit.OK
        show: Callable[[Json], None] = _watch_json if as_json else _watch_lines
        if for_person() and not as_json:
            line = _LiveLine()
            with Live(console=out(), refresh_per_second=REDRAW_PER_S, get_renderable=line.draw):
                return await _watch(hub, raw, timeout_s, line, line.waits_because)
        return await _watch(hub, raw, timeout_s, show)


async def _watch(
    hub: HubClient,
    raw: Json,
    timeout_s: float | None,
    show: Callable[[Json], None],
    problem: Callable[[str], None] | None = None,
) -> Exit:
    """Look at the message until it is final, showing each change. A hub that is away is waited for.

    ``problem`` is told why the message still waits in the queue, at each look.
    """
    started_s = time.monotonic()
    pause_s, most_s = POLL_S
    show(raw)
    message = parse(raw, MessageAnswer)
    while not message.final:
        left_s = None if timeout_s is None else timeout_s - (time.monotonic() - started_s)
        if left_s is not None and left_s <= 0:
            raise CommandError(
                f"Still {status_plain(message.status)} after {timeout_s:g} s: see `receipted show {message.id}`.",
                code=Exit.TIMEOUT,
            )
        await asyncio.sleep(pause_s if left_s is None else min(pause_s, left_s))
        pause_s = min(most_s, pause_s * 1.2)
        try:
            raw = await hub.message(message.id)
        except Away:
            continue
        if parse(raw, MessageAnswer).version != message.version:
            show(raw)
        message = parse(raw, MessageAnswer)
        if problem and message.status == Status.QUEUED:
            problem(await _last_problem(hub, message.id))
    return Exit.OK if message.status == "delivered" else Exit.NOT_DELIVERED


async def _last_problem(hub: HubClient, message_id: str) -> str:
    """Why the last try to hand a message over failed; "" without one, or while the hub is away."""
    try:
        lines = parse((await hub.timeline(message_id)).get("timeline") or [], tuple[LineAnswer, ...])
    except Away:
        return ""
    return next((line.text for line in reversed(lines) if line.what == "submit"), "")


class _LiveLine:
    """The line on a terminal: each status that the message went through, and how long it has been going on.

    Beneath it stands why the message waits, or why it failed.
    """

    def __init__(self) -> None:
        self._started_s = time.monotonic()
        self._message = MessageAnswer(id="", status=Status.QUEUED)
        self._passed: list[str] = []
        self._problem = ""

    def __call__(self, raw: Json) -> None:
        self._message = parse(raw, MessageAnswer)
        if self._passed[-1:] != [self._message.status]:
            self._passed.append(self._message.status)
        self._problem = ""

    def waits_because(self, problem: str) -> None:
        """Why the message is still queued; "" if no try was made yet."""
        self._problem = problem

    def draw(self) -> Text:
        """The line as it is now; rich asks for it several times a second."""
        message = self._message
        line = Text.assemble(("  →  ", "dim")).join(status_text(status) for status in self._passed)
        line.append(f"  {duration(round((time.monotonic() - self._started_s) * 1_000))}", "dim")
        if self._problem:
            line.append(f"\n{clean(self._problem)}", "yellow")
        if message.final and message.status != "delivered" and message.why:
            line.append(f"\n{clean(message.why)}")
        if message.final:
            line.append(f"\n{program()} show {clean(message.id)}", "dim")
        return line


def _watch_json(raw: Json) -> None:
    write(to_json(raw))


def _watch_lines(raw: Json) -> None:
    """For a pipe: one line per change, fields separated by tabs: time, status, id, reason."""
    message = parse(raw, MessageAnswer)
    at = time_of(message.updated_at)
    why = message.why if message.status != "delivered" else ""
    write("\t".join((exact(at) if at else "", status_plain(message.status), clean(message.id), clean(why))).rstrip())


def _tell(raw: Json, as_json: bool) -> None:
    """What the hub answered. A pipe gets the id alone, to be kept in a variable."""
    message = parse(raw, MessageAnswer)
    if as_json:
        write(to_json(raw))
    elif not for_person():
        write(clean(message.id))
    else:
        parts = f"{message.part_count} part{'' if message.part_count == 1 else 's'}"
        said = status_text(message.status)
        said.append(f"  {clean(message.recipient)}  {parts} by {clean(message.provider)}\n")
        said.append(f"{program()} show {clean(message.id)}", "dim")
        out().print(said)
