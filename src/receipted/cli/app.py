"""``receipted``: the table of contents of the command line.

    the hub      serve  doctor  settings  probe  backup
    SMPP         carrier  decode
    messages     send  messages  show  tail  unmatched  rejected  inbound  binds  route
    gateway      account  prices  endpoint  deliveries

Each is the function ``command`` of the module of its name (``settings``: of ``settings_file``), or its ``app``.
"""

import sys
from typing import Annotated

import typer

from receipted import __version__
from receipted.cli import (
    account,
    backup,
    binds,
    carrier,
    decode,
    doctor,
    endpoint,
    inbound,
    messages,
    prices,
    probe,
    rejected,
    route,
    send,
    serve,
    settings_file,
    show,
    tail,
    unmatched,
)
from receipted.cli.failure import CommandError, tell

PERSON = sys.stdout.isatty() and sys.stderr.isatty()

app = typer.Typer(
    name="receipted",
    help="Send SMS and know what became of each. Begin with `receipted serve`.",
    no_args_is_help=True,
    add_completion=PERSON,
    rich_markup_mode="rich" if PERSON else None,
    # A traceback for users is a bug report; without their variables, which may hold a token.
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

MESSAGES = "Messages (a hub must be running)"
HUB = "The hub"
GATEWAY = "The gateway: applications that send through the hub (it must be running)"
SMPP = "SMPP, with or without a hub"

app.command("serve", rich_help_panel=HUB)(serve.command)
app.command("doctor", rich_help_panel=HUB)(doctor.command)
app.command("settings", rich_help_panel=HUB)(settings_file.command)
app.command("probe", rich_help_panel=HUB)(probe.command)
app.command("backup", rich_help_panel=HUB)(backup.command)
app.command("carrier", rich_help_panel=SMPP)(carrier.command)
app.command("decode", rich_help_panel=SMPP)(decode.command)
app.command("send", rich_help_panel=MESSAGES)(send.command)
app.command("messages", rich_help_panel=MESSAGES)(messages.command)
app.command("show", rich_help_panel=MESSAGES)(show.command)
app.command("tail", rich_help_panel=MESSAGES)(tail.command)
app.command("unmatched", rich_help_panel=MESSAGES)(unmatched.command)
app.command("rejected", rich_help_panel=MESSAGES)(rejected.command)
app.command("inbound", rich_help_panel=MESSAGES)(inbound.command)
app.command("binds", rich_help_panel=MESSAGES)(binds.command)
app.command("route", rich_help_panel=MESSAGES)(route.command)
app.add_typer(account.app, name="account", rich_help_panel=GATEWAY)
app.add_typer(prices.app, name="prices", rich_help_panel=GATEWAY)
app.add_typer(endpoint.app, name="endpoint", rich_help_panel=GATEWAY)
app.command("deliveries", rich_help_panel=GATEWAY)(endpoint.deliveries)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"receipted {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", help="Show the version and leave.", callback=_version, is_eager=True)
    ] = False,
) -> None:
    """Send SMS and know what became of each. Begin with `receipted serve`."""


def main() -> None:
    """The entry point of the script and of ``python -m receipted``."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            # A terminal or pipe that cannot show a shape shows "?" instead of ending the command.
            stream.reconfigure(errors="replace")
    try:
        app()
    except CommandError as failure:
        tell(failure)
        raise SystemExit(int(failure.code)) from None
