"""``make bench``: every benchmark, with progress, ending in a table. ``ARGS="--help"`` shows what can be chosen."""

import shlex
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from benchmarks import report, smpp_codec, smpp_loop, webhook_door
from benchmarks.report import Figure


def main(
    seconds: Annotated[float, typer.Option(help="How long each server is loaded.")] = 8.0,
    connections: Annotated[int, typer.Option(help="Connections that ask without pause.")] = 64,
    messages: Annotated[list[int] | None, typer.Option(help="Messages stored before; may be repeated.")] = None,
    only: Annotated[
        list[str] | None, typer.Option(help="empty, flask, fastapi, hub, sqlite, postgres, codec, smpp")
    ] = None,
    json: Annotated[Path | None, typer.Option(help="Write the figures to this file too.")] = None,
) -> None:
    """Measure the webhook door beside an empty answer and plain versions of the tutorial."""
    plan = webhook_door.Plan(
        seconds=seconds,
        connections=connections,
        messages=tuple(messages or (100_000,)),
        only=tuple(only or ()),
    )
    screen = report.console()
    figures: list[Figure] = []
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=screen, transient=True) as progress:
        task = progress.add_task("starting", total=None)

        def say(what: str) -> None:
            progress.update(task, description=what)
            if not screen.is_terminal:
                print(what, file=sys.stderr, flush=True)

        for figure in webhook_door.run(plan, say):
            figures.append(figure)
            say(f"{figure.name}, {figure.form}, {figure.messages:,} stored: {figure.rate:,.0f} receipts/s")
    report.show(figures, connections, screen)
    if not only or "codec" in only:
        smpp_codec.show(screen)
    if not only or "smpp" in only:
        smpp_loop.show(screen, lambda what: print(what, file=sys.stderr, flush=True))
    if json is not None:
        report.write(figures, json, "python -m benchmarks " + shlex.join(sys.argv[1:]))


if __name__ == "__main__":
    typer.run(main)
