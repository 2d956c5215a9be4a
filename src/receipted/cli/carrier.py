"""``receipted carrier``: run the simulated SMSC, and show what it sees."""

import asyncio
import gc
import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from pydantic import ValidationError
from rich.text import Text

from receipted.cli.failure import CommandError, Exit
from receipted.cli.terminal import clean, for_person, out, to_json, write

if TYPE_CHECKING:
    from receipted.carrier.settings import SmscSettings
    from receipted.carrier.smsc import Smsc

GARBAGE_THRESHOLD = 50_000
"""New objects between two looks for garbage."""
PAGE = "docs/carrier.md"
OPTIONS: dict[str, str] = {
    "accounts": "--account",
    "rate_per_s": "--rate",
    "latency_ms": "--latency",
    "spread_ms": "--spread",
    "receipts_waiting": "--waiting",
    "state_file": "--state",
    "receipt_due_s": "--due",
    "answer_s": "--answer",
    "bind_s": "--bind-time",
    "enquire_link_s": "--enquire-link",
}
"""Settings whose option has another name; the others only change their underscores."""


def command(
    host: Annotated[str | None, typer.Option(help="Address to listen on. Default: 127.0.0.1.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on; 0 takes a free one. Default: 2775.")] = None,
    account: Annotated[
        list[str] | None, typer.Option(help="SYSTEM_ID:PASSWORD that may bind; may be repeated. Default: everybody.")
    ] = None,
    rate: Annotated[int | None, typer.Option(help="Submits per second and account; more are throttled.")] = None,
    latency: Annotated[int | None, typer.Option(help="How long answers to submits take, in milliseconds.")] = None,
    spread: Annotated[int | None, typer.Option(help="What chance adds to that at most, in milliseconds.")] = None,
    window: Annotated[int | None, typer.Option(help="Submits a bind may leave unanswered. Default: 1000.")] = None,
    receipt_window: Annotated[int | None, typer.Option(help="Receipts a bind may leave unanswered.")] = None,
    speed: Annotated[float | None, typer.Option(help="How many times faster the carrier's time passes.")] = None,
    seed: Annotated[int | None, typer.Option(help="Another seed gives other random delays.")] = None,
    ids: Annotated[str | None, typer.Option(help=f"How all ids are written: a form of {PAGE}.")] = None,
    receipts: Annotated[str | None, typer.Option(help=f"How all receipts are written: a form of {PAGE}.")] = None,
    state: Annotated[
        Path | None, typer.Option(help="SQLite file that keeps what is owed over a restart. Default: in memory.")
    ] = None,
    waiting: Annotated[int | None, typer.Option(help="Messages that may wait for receipts. Default: 500000.")] = None,
    due: Annotated[int | None, typer.Option(help="The sender's time-out, in seconds; 9205 is later.")] = None,
    answer: Annotated[float | None, typer.Option(help="How long a receipt may be unanswered, in seconds.")] = None,
    bind_time: Annotated[float | None, typer.Option(help="How long a connection may be unbound, in seconds.")] = None,
    enquire_link: Annotated[
        float | None,
        typer.Option(help="Silence after which a bind is asked whether it is there, in seconds; 0: never."),
    ] = None,
    connections: Annotated[int | None, typer.Option(help="Open connections. Default: 1000.")] = None,
    tls_cert: Annotated[
        Path | None, typer.Option(help="Certificate chain (PEM); with --tls-key it speaks TLS.")
    ] = None,
    tls_key: Annotated[Path | None, typer.Option(help="Private key (PEM) of --tls-cert.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="JSON for programs, one object for each event.")] = False,
) -> None:
    """Run a simulated carrier that any SMPP client can bind to, until Ctrl-C."""
    given: dict[str, Any] = {
        "host": host,
        "port": port,
        "accounts": dict(_account(text) for text in account or ()),
        "rate_per_s": rate,
        "latency_ms": latency,
        "spread_ms": spread,
        "window": window,
        "receipt_window": receipt_window,
        "speed": speed,
        "seed": seed,
        "ids": ids,
        "receipts": receipts,
        "state_file": state,
        "receipts_waiting": waiting,
        "receipt_due_s": due,
        "answer_s": answer,
        "bind_s": bind_time,
        "enquire_link_s": enquire_link,
        "connections": connections,
        "tls_cert": tls_cert,
        "tls_key": tls_key,
    }
    settings = _settings({name: value for name, value in given.items() if value is not None})
    import uvloop

    try:
        uvloop.run(_serve(settings, as_json=as_json))
    except OSError as problem:
        raise _cannot_start(problem, settings) from None


def _account(text: str) -> tuple[str, str]:
    system_id, colon, password = text.partition(":")
    if not (system_id and colon):
        raise CommandError(f"--account {text!r} must be SYSTEM_ID:PASSWORD.", code=Exit.USAGE)
    return system_id, password


def _settings(given: dict[str, Any]) -> "SmscSettings":
    # What it needs takes a while to import; other commands shall not wait for it.
    from receipted.carrier.settings import SmscSettings

    try:
        return SmscSettings(**given)
    except ValidationError as problem:
        lines = [f"{_option(error['loc'])}{error['msg'].removeprefix('Value error, ')}." for error in problem.errors()]
        raise CommandError(*lines, code=Exit.USAGE) from None


def _option(where: tuple[int | str, ...]) -> str:
    if not where:
        return ""
    return f"{option_of(str(where[0]))}: "


def option_of(setting: str) -> str:
    """The option that gives a setting."""
    return OPTIONS.get(setting) or "--" + setting.replace("_", "-")


def _cannot_start(problem: OSError, settings: "SmscSettings") -> CommandError:
    said = problem.strerror if problem.errno and problem.strerror else str(problem)
    where = f" ({problem.filename})" if problem.filename else ""
    return CommandError(
        f"The carrier cannot start on {settings.host} port {settings.port}{where}: {said}.",
        "Give another --port, or 0 for a free one; check the files given with --state, --tls-cert and --tls-key.",
    )


def _clock() -> int:
    return time.time_ns() // 1_000_000


async def _serve(settings: "SmscSettings", *, as_json: bool) -> None:
    from receipted.carrier.smsc import Smsc
    from receipted.cli.carrier_log import LiveLog, summary

    # What was loaded at the start is never garbage; looking for it would halt everything for moments.
    gc.collect()
    gc.freeze()
    gc.set_threshold(GARBAGE_THRESHOLD, 20, 20)
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    log = LiveLog(lambda: smsc.counts, _clock, as_json=as_json)
    smsc = Smsc(settings, _clock, log)
    async with smsc:
        if for_person() and not as_json:
            _banner(smsc)
        elif not as_json:
            write(f"listening\t{settings.host}\t{smsc.port}")
        while not stop.is_set():
            try:
                async with asyncio.timeout(1):
                    await stop.wait()
            except TimeoutError:
                log.second()
    counts = smsc.counts
    if as_json:
        write(
            to_json({"event": "carrier.summary", **{name: getattr(counts, name) for name in counts.__struct_fields__}})
        )
    elif for_person():
        out().print(f"\n{summary(counts)}.", soft_wrap=True)
    else:
        write(f"summary\t{summary(counts)}")


def _banner(smsc: "Smsc") -> None:
    settings = smsc.settings
    who = f"system_id {', '.join(settings.accounts)}" if settings.accounts else "any system_id and password"
    kept = f"kept in {settings.state_file}" if settings.state_file else "in memory: lost when it stops"
    facts = [
        ("SMPP 3.4", f"{settings.host} port {smsc.port}" + (" with TLS" if settings.tls_cert else "")),
        ("Bind", f"as transceiver, transmitter or receiver; {who}"),
        ("Owed", f"{kept}; {smsc.counts.waiting:,} messages wait for receipts"),
        ("Numbers", f"the last four digits of a recipient say what happens: {PAGE}"),
    ]
    if settings.speed != 1:
        facts.insert(3, ("Time", f"passes {settings.speed:g} times faster"))
    show = out().print
    show()
    show(Text.assemble(("receipted carrier", "bold"), " is running: a simulated mobile carrier. Ctrl-C stops it."))
    show()
    for name, value in facts:
        show(Text.assemble((f"  {name:<10}", "dim"), clean(value)), soft_wrap=True)
    show()
