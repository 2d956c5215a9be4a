"""``receipted serve``: run the hub, and say where it is and what to try first."""

import json
import os
import shlex
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from receipted.cli import configuration
from receipted.cli.hints import beyond_this_machine, program, reachable
from receipted.cli.terminal import clean, for_person, out
from receipted.settings import Settings

if TYPE_CHECKING:
    from receipted.wiring import ServeInfo

TRY_TO = "447700900000"
"""A number of Ofcom's range for drama: it belongs to nobody."""
SIMULATED = " (simulated: no SMS leaves this machine)"


def command(
    host: Annotated[str | None, typer.Option("--host", help="Address to listen on. Default: the settings say.")] = None,
    port: Annotated[
        int | None, typer.Option("--port", help="Port to listen on; 0 takes a free one. Default: the settings say.")
    ] = None,
    data_dir: Annotated[
        Path | None, typer.Option("--data-dir", help="Folder of the database and the token. Default: the settings say.")
    ] = None,
    after_restore: Annotated[
        bool,
        typer.Option(
            "--after-restore", help="The database is a backup put back: do not send what is queued in it a second time."
        ),
    ] = False,
) -> None:
    """Run the hub until Ctrl-C."""
    settings = configuration.load_whole(host=host, port=port, data_dir=data_dir)
    # Everything that serving needs takes a while to import; `receipted send` shall not wait for it.
    from receipted import wiring
    from receipted.cli.startup import in_words

    hub_file = settings.data_dir / "hub.json"

    def started(info: "ServeInfo") -> None:
        _write_down(hub_file, reachable(info.urls[0]))
        _banner(info, settings, data_dir)

    try:
        with in_words():
            wiring.serve(settings, banner=started, after_restore=after_restore)
    finally:
        _forget(hub_file)


def _write_down(hub_file: Path, url: str) -> None:
    """Tell the other commands where the hub is; without the file they use the settings, so failing does no harm."""
    with suppress(OSError):
        hub_file.write_text(json.dumps({"url": url, "pid": os.getpid()}) + "\n", "utf-8")


def _forget(hub_file: Path) -> None:
    """Take the address back, if it is ours: a second hub that could not start leaves the first one's alone."""
    with suppress(OSError, ValueError, AttributeError):
        if json.loads(hub_file.read_text("utf-8")).get("pid") == os.getpid():
            hub_file.unlink()


def _banner(info: "ServeInfo", settings: Settings, data_dir: Path | None) -> None:
    """What a person wants to know first, on standard output; the log stays on standard error."""
    show = out().print
    show()
    show(Text.assemble(("receipted", "bold"), " is running. Ctrl-C stops it."))
    show()
    for name, value in _facts(info, settings):
        show(Text.assemble((f"  {name:<10}", "dim"), clean(value)), soft_wrap=True)
    if beyond_this_machine(settings.host) and not settings.tls_cert:
        warning = f"  Warning   it listens on {settings.host} without TLS: tokens and texts go in the clear."
        show(Text(warning, "yellow"), soft_wrap=True)
    show()
    show("Try, in another terminal:")
    show()
    for line in _examples(reachable(info.urls[0]), info.token_file, data_dir):
        show(f"  {line}", soft_wrap=True)
    show()


def _facts(info: "ServeInfo", settings: Settings) -> Iterator[tuple[str, str]]:
    """The token itself only at the very first start and only on a terminal: a file of output is not kept secret."""
    simulated = configuration.is_simulated(settings, info.provider)
    kept = f"kept in {info.token_file}"
    yield from (("Hub", reachable(url)) for url in info.urls)
    yield "Data", info.data
    yield "Provider", info.provider + (SIMULATED if simulated else "")
    yield from (("Webhook", reachable(url)) for url in info.webhook_urls)
    yield "Token", f"{info.token_new}  (shown this once; {kept})" if info.token_new and for_person() else kept


def _examples(url: str, token_file: Path, data_dir: Path | None) -> tuple[str, str]:
    """A line for this command line and one for curl, to be copied as they are, from any folder. None has the token."""
    given = data_dir or (Path(named) if (named := os.environ.get("RECEIPTED_DATA_DIR")) else None)
    prefix = f"RECEIPTED_DATA_DIR={shlex.quote(str(given.absolute()))} " if given else ""
    body = json.dumps({"to": TRY_TO, "from": "Acme", "text": "Hello"})
    return (
        f'{prefix}{program()} send --to {TRY_TO} --from Acme --text "Hello" --wait',
        f'curl {url}/v1/messages {_header(token_file)} -H "Content-Type: application/json" -d {shlex.quote(body)}',
    )


def _header(token_file: Path) -> str:
    return f'-H "Authorization: Bearer $(cat {shlex.quote(str(token_file.absolute()))})"'
