"""``receipted endpoint``: where one's own application is told of events, and what it was told."""

from typing import Annotated, Any

import typer
from rich.text import Text

from receipted.cli import times
from receipted.cli.answers import Json, time_of
from receipted.cli.client import HubClient, segment
from receipted.cli.failure import CommandError, Exit, run
from receipted.cli.options import AsJson, Url
from receipted.cli.terminal import clean, columns, err, for_person, out, status_text, to_json, write
from receipted.domain.status import Status

app = typer.Typer(help="Endpoints: where your own application is told of events.", no_args_is_help=True)
Name = Annotated[str, typer.Argument(help="The endpoint's name.")]
ENDPOINT = "@"


@app.command("add")
def add(
    name: Name,
    address: Annotated[str, typer.Argument(metavar="URL", help="Where it is told, by POST (Standard Webhooks).")],
    status: Annotated[
        list[Status] | None, typer.Option("--status", help="Only of this status; again for more. Without: of all.")
    ] = None,
    as_json: AsJson = False,
    url: Url = None,
) -> None:
    """Add an endpoint; it is told of what happens from now on. Its secret is shown this once."""
    body = {"name": name, "url": address, "statuses": [str(one) for one in status or []]}
    run(_added("/v1/endpoints", body, url, as_json=as_json))


@app.command("rotate-secret")
def rotate_secret(name: Name, as_json: AsJson = False, url: Url = None) -> None:
    """Another secret signs from now on, beside the one before. It is shown this once."""
    run(_added(f"/v1/endpoints/{segment(name)}/secrets", None, url, as_json=as_json))


@app.command("enable")
def enable(name: Name, url: Url = None) -> None:
    """Tell it again, of everything since it was disabled."""
    run(_changed(name, {"disabled": False}, url))


@app.command("disable")
def disable(name: Name, url: Url = None) -> None:
    """Tell it nothing. What happens meanwhile waits for it."""
    run(_changed(name, {"disabled": True}, url))


@app.command("set")
def change(
    name: Name,
    address: Annotated[str | None, typer.Option("--address", help="Another URL.")] = None,
    status: Annotated[
        list[Status] | None, typer.Option("--status", help="Only of this status; again for more.")
    ] = None,
    url: Url = None,
) -> None:
    """Change the URL, or of which statuses it is told."""
    settings: Json = {} if address is None else {"url": address}
    settings |= {"statuses": [str(one) for one in status]} if status else {}
    if not settings:
        raise CommandError("Nothing to change: give --address or --status.", code=Exit.USAGE)
    run(_changed(name, settings, url))


@app.command("test")
def send_test(name: Name, url: Url = None) -> None:
    """Send it a test event now, and say what it answered. Exit code 1 if that was not well."""

    async def tested() -> Exit:
        async with HubClient(url) as hub:
            answer = await hub.change("POST", f"/v1/endpoints/{segment(name)}/test")
        good = bool(answer.get("ok"))
        mark = ("✓ ", "green") if good else ("✕ ", "red")
        said = clean(str(answer.get("said")))
        if for_person():
            out().print(Text.assemble(mark, said), soft_wrap=True)
        else:
            write(f"{'ok' if good else 'wrong'}\t{said}")
        return Exit.OK if good else Exit.FAILED

    run(tested())


@app.command("list")
def list_all(as_json: AsJson = False, url: Url = None) -> None:
    """All endpoints, with what waits for them."""

    async def listed() -> Exit:
        async with HubClient(url) as hub:
            found = (await hub.get("/v1/endpoints")).get("endpoints", [])
        if as_json:
            for endpoint in found:
                write(to_json(endpoint))
        elif for_person():
            out().print(_table(found) if found else "None yet: `receipted endpoint add NAME URL` adds one.")
            for endpoint in found:
                if endpoint.get("disabled_for"):
                    err().print(f"{clean(str(endpoint.get('name')))}: {clean(endpoint['disabled_for'])}", style="red")
        else:
            for endpoint in found:
                fields = (endpoint.get("name"), _state(endpoint), endpoint.get("waiting"), endpoint.get("url"))
                write("\t".join(clean(str(field)) for field in fields))
        return Exit.OK

    run(listed())


@app.command("replay")
def replay(
    name: Annotated[str, typer.Argument(help="The endpoint's name, or an account's api key with --account.")],
    since: Annotated[str, typer.Option("--since", help="From when on: 2h, 3d, or a date and time.")],
    dead: Annotated[bool, typer.Option("--dead", help="Only what was given up.")] = False,
    account: Annotated[bool, typer.Option("--account", help="NAME is an account: tell its receipts again.")] = False,
    url: Url = None,
) -> None:
    """Tell again what was told, or could not be, since then."""
    try:
        at = times.read(since, times.now())
    except ValueError as problem:
        raise CommandError(f"--since: {problem}.", code=Exit.USAGE) from None
    target = name if account else ENDPOINT + name
    body: Json = {"target": target, "since": times.exact(at)} | ({"only": "dead"} if dead else {})

    async def replayed() -> Exit:
        async with HubClient(url) as hub:
            answer = await hub.change("POST", "/v1/deliveries/replay", body)
        number = answer.get("replayed", 0)
        err().print(f"{number:,} told again." if number else "There is nothing to tell again.")
        return Exit.OK

    run(replayed())


def deliveries(
    to: Annotated[str | None, typer.Option("--to", help="An api key, or @ and the name of an endpoint.")] = None,
    message: Annotated[str | None, typer.Option("--message", help="Our id of a message.")] = None,
    dead: Annotated[bool, typer.Option("--dead", help="Only what was given up.")] = False,
    waiting: Annotated[bool, typer.Option("--waiting", help="Only what is still to be told.")] = False,
    limit: Annotated[int, typer.Option("--limit", min=1, max=500, help="At most so many, newest first.")] = 50,
    as_json: AsJson = False,
    url: Url = None,
) -> None:
    """What applications were told by webhook, or are to be, and what they answered."""
    outcome = "dead" if dead else "waiting" if waiting else None

    async def listed() -> Exit:
        async with HubClient(url) as hub:
            answer = await hub.get("/v1/deliveries", target=to, message_id=message, outcome=outcome, limit=str(limit))
        found = answer.get("deliveries", [])
        if as_json:
            for one in found:
                write(to_json(one))
        elif for_person():
            out().print(_deliveries(found) if found else "None.")
        else:
            for one in found:
                names = ("at", "target", "message_id", "part", "status", "outcome", "attempts", "said")
                write("\t".join(clean(str(one.get(name))) for name in names))
        return Exit.OK

    run(listed())


async def _added(path: str, body: Json | None, url: str | None, *, as_json: bool) -> Exit:
    async with HubClient(url) as hub:
        answer = await hub.change("POST", path, body)
    if as_json:
        write(to_json(answer))
        return Exit.OK
    secret = clean(str(answer.get("secret")))
    if for_person():
        out().print(Text.assemble("  secret  ", (secret, "bold")), soft_wrap=True)
        err().print("Keep the secret now: it is not shown again.", style="yellow")
    else:
        write(secret)
    return Exit.OK


async def _changed(name: str, settings: Json, url: str | None) -> Exit:
    async with HubClient(url) as hub:
        endpoint = await hub.change("PATCH", f"/v1/endpoints/{segment(name)}", settings)
    write(f"{clean(str(endpoint.get('name')))}\t{_state(endpoint)}\t{clean(str(endpoint.get('url')))}")
    return Exit.OK


def _state(endpoint: Json) -> str:
    if endpoint.get("disabled"):
        return "disabled"
    return "failing" if endpoint.get("failing_since") else "enabled"


def _table(found: list[Json]) -> Any:
    table = columns(("Name", "State", "Waiting", "Statuses", "URL"), right=("Waiting",))
    styles = {"enabled": "green", "failing": "yellow", "disabled": "red"}
    for endpoint in found:
        state = _state(endpoint)
        table.add_row(
            clean(str(endpoint.get("name"))),
            Text(state, styles[state]),
            f"{endpoint.get('waiting', 0):,}",
            clean(", ".join(endpoint.get("statuses", [])) or "all"),
            clean(str(endpoint.get("url"))),
        )
    return table


def _deliveries(found: list[Json]) -> Any:
    seen_from = times.now()
    table = columns(
        ("When", "To", "Message", "Part", "Status", "Outcome", "Tries", "Said"), right=("Tries",), rest="Said"
    )
    styles = {"delivered": "green", "waiting": "yellow", "dead": "red", "skipped": "dim"}
    for one in found:
        at, outcome = time_of(one.get("at")), str(one.get("outcome"))
        table.add_row(
            times.ago(at, seen_from) if at else "",
            clean(str(one.get("target"))),
            clean(str(one.get("message_id"))),
            str(one.get("part") or ""),
            status_text(str(one.get("status"))),
            Text(clean(outcome), styles.get(outcome, "")),
            str(one.get("attempts")),
            clean(str(one.get("said"))),
        )
    return table
