"""``receipted probe URL``: call a webhook address as Vonage's dashboard does, and say what is wrong with it."""

from typing import Annotated

import msgspec
import typer
from rich.text import Text

from receipted.cli import times
from receipted.cli.failure import Exit, run
from receipted.cli.hints import named
from receipted.cli.options import AsJson
from receipted.cli.terminal import clean, columns, err, for_person, out, to_json, write
from receipted.dialects.vonage.digest import METHODS
from receipted.hub.explain import duration
from receipted.hub.probe import ProbeResult, probe
from receipted.providers.http import AiohttpClient

FROM_ENVIRONMENT = "RECEIPTED_PROBE_SECRET"
"""Instead of --secret, which other users of the machine can see in the list of processes."""


def command(
    url: Annotated[str, typer.Argument(help="The whole address, such as https://example.com/webhooks/vonage.")],
    secret: Annotated[
        str,
        typer.Option("--secret", envvar=FROM_ENVIRONMENT, help="Sign with this secret.", show_default=False),
    ] = "",
    method: Annotated[str, typer.Option("--method", help=f"How to sign: {', '.join(METHODS)}.")] = "md5hash",
    as_json: AsJson = False,
) -> None:
    """Call a webhook address with an example receipt, in each of GET, POST and POST-JSON.

    Exit 0 if at least one format works, 1 if none does. The receipt fits no message.
    """
    if method not in METHODS:
        raise typer.BadParameter(f"{method!r} is not one of {', '.join(METHODS)}", param_hint="--method")
    run(_probe(url, secret, method, as_json=as_json))


async def _probe(url: str, secret: str, method: str, *, as_json: bool) -> Exit:
    http = AiohttpClient()
    try:
        results = await probe(http, url, now_ms=int(times.now().timestamp() * 1_000), secret=secret, method=method)
    finally:
        await http.close()
    if as_json:
        for result in results:
            write(to_json(msgspec.to_builtins(result)))
    elif for_person():
        _table(results)
    else:
        for result in results:
            fields = ("ok" if result.ok else "wrong", result.format, clean(result.said), named(clean(result.cure)))
            write("\t".join(fields).rstrip("\t"))
    return Exit.OK if any(result.ok for result in results) else Exit.FAILED


def _table(results: list[ProbeResult]) -> None:
    table = columns(("", "Format", "Time", "Found"), right=("Time",), folded=("Found",))
    for result in results:
        mark = Text("✓ ok", "green") if result.ok else Text("✕ wrong", "red")
        took = "" if result.elapsed_ms is None else duration(result.elapsed_ms)
        found = clean(result.said) + (f"\n{named(clean(result.cure))}" if result.cure else "")
        table.add_row(mark, result.format, took, found)
    out().print(table)
    works = [result.format for result in results if result.ok]
    err().print(f"Choose {' or '.join(works)} in the dashboard." if works else "No format works.")
