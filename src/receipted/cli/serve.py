"""``receipted serve``: run the hub, and say where it is and what to try first."""

import json
import os
import shlex
import shutil
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from receipted.cli import configuration
from receipted.cli.terminal import clean, err

if TYPE_CHECKING:
    from receipted.wiring import ServeInfo

TRY_TO = "447700900000"
"""A number of Ofcom's range for drama: it belongs to nobody."""


def command(
    host: Annotated[str | None, typer.Option("--host", help="Address to listen on. Default: the settings say.")] = None,
    port: Annotated[
        int | None, typer.Option("--port", help="Port to listen on; 0 takes a free one. Default: the settings say.")
    ] = None,
    data_dir: Annotated[
        Path | None, typer.Option("--data-dir", help="Folder of the database and the token. Default: the settings say.")
    ] = None,
) -> None:
    """Run the hub until Ctrl-C."""
    settings = configuration.load_whole(host=host, port=port, data_dir=data_dir)
    # Everything that serving needs takes a while to import; `receipted send` shall not wait for it.
    from receipted import wiring
    from receipted.cli.startup import in_words

    hub_file = settings.data_dir / "hub.json"

    def started(info: "ServeInfo") -> None:
        _write_down(hub_file, info.urls[0])
        _banner(info, elsewhere=data_dir)

    try:
        with in_words():
            wiring.serve(settings, banner=started)
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


def _banner(info: "ServeInfo", elsewhere: Path | None) -> None:
    """What a person wants to know first. On standard error, beside the log; the token only at the very first start."""
    url = info.urls[0]
    facts = [("Hub", one) for one in info.urls]
    facts += [("Data", str(info.data)), ("Provider", info.provider)]
    facts += [("Webhook", one) for one in info.webhook_urls]
    facts += [("Token", f"{info.token_new}  (shown this once; kept in {info.token_file})")] if info.token_new else []
    show = err().print
    show()
    show(Text.assemble(("receipted", "bold"), " is running. Ctrl-C stops it."))
    show()
    for name, value in facts:
        show(Text.assemble((f"  {name:<10}", "dim"), clean(value)), soft_wrap=True)
    show()
    show("Try, in another terminal:")
    show()
    for line in _examples(url, str(info.token_file), elsewhere):
        show(f"  {line}", soft_wrap=True)
    show()


def _examples(url: str, token_file: str, elsewhere: Path | None) -> tuple[str, str]:
    """A line for this command line and one for curl, to be copied as they are. Neither shows the token."""
    prefix = f"RECEIPTED_DATA_DIR={shlex.quote(str(elsewhere.absolute()))} " if elsewhere else ""
    body = json.dumps({"to": TRY_TO, "from": "Acme", "text": "Hello"})
    return (
        f'{prefix}{_program()} send --to {TRY_TO} --from Acme --text "Hello" --wait',
        f'curl {url}/v1/messages {_header(token_file)} -H "Content-Type: application/json" -d {shlex.quote(body)}',
    )


def _program() -> str:
    """How this command was called, so that the example can be copied: `make serve` puts nothing on the PATH."""
    called = Path(sys.argv[0])
    if shutil.which("receipted"):
        return "receipted"
    return shlex.quote(os.path.relpath(called)) if called.name == "receipted" else "python -m receipted"


def _header(token_file: str) -> str:
    return f'-H "Authorization: Bearer $(cat {shlex.quote(token_file)})"'
