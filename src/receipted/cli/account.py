"""``receipted account``: who may send through the front door, and where their receipts go."""

from typing import Annotated, Any

import typer
from rich.text import Text

from receipted.cli.answers import Json
from receipted.cli.client import HubClient, segment
from receipted.cli.failure import CommandError, Exit, run
from receipted.cli.options import AsJson, Url
from receipted.cli.terminal import clean, columns, err, for_person, out, to_json, write
from receipted.domain.account import WebhookMethod

app = typer.Typer(help="Accounts: who may send through Vonage's API at the front door.", no_args_is_help=True)

Key = Annotated[str, typer.Argument(help="The account's api key.")]
Name = Annotated[str | None, typer.Option("--name", help="What people call it.")]
DlrUrl = Annotated[
    str | None, typer.Option("--dlr-url", help="Where its delivery receipts go; it must answer 200. Empty: nowhere.")
]
DlrMethod = Annotated[WebhookMethod | None, typer.Option("--dlr-method", help="How they are sent.")]
SignatureSecret = Annotated[
    str | None, typer.Option("--signature-secret", help="Signs its receipts, and checks its signed requests.")
]
SignatureMethod = Annotated[
    str | None, typer.Option("--signature-method", help="md5hash (Vonage's default), md5, sha1, sha256 or sha512.")
]
RequireSignature = Annotated[
    bool | None, typer.Option("--require-signature/--no-require-signature", help="Take signed requests only.")
]
Rate = Annotated[int | None, typer.Option("--rate", min=0, help="Requests a second; 0 = no limit. Default 30.")]
Sender = Annotated[
    list[str] | None, typer.Option("--sender", help="A sender that it may use; again for more. Without: any.")
]
Recipient = Annotated[
    list[str] | None, typer.Option("--recipient", help="A demo account: it reaches only these numbers.")
]
Barred = Annotated[list[str] | None, typer.Option("--barred", help="A number that it may not send to.")]
Prepaid = Annotated[
    bool | None,
    typer.Option("--prepaid/--postpaid", help="Whether it stops at a balance of 0. Default postpaid."),
]
Intermediate = Annotated[
    bool | None,
    typer.Option("--intermediate/--final-only", help="Whether it wants receipts that are not final. Default yes."),
]
Provider = Annotated[str | None, typer.Option("--provider", help="Always send through this one. Empty: by the routes.")]


@app.command("add")
def add(
    api_key: Annotated[str | None, typer.Option("--api-key", help="Bring an api key along (8 characters).")] = None,
    api_secret: Annotated[str | None, typer.Option("--api-secret", help="Bring an API secret along.")] = None,
    name: Name = None,
    dlr_url: DlrUrl = None,
    dlr_method: DlrMethod = None,
    signature_secret: SignatureSecret = None,
    signature_method: SignatureMethod = None,
    require_signature: RequireSignature = None,
    rate: Rate = None,
    sender: Sender = None,
    recipient: Recipient = None,
    barred: Barred = None,
    prepaid: Prepaid = None,
    intermediate: Intermediate = None,
    provider: Provider = None,
    as_json: AsJson = False,
    url: Url = None,
) -> None:
    """Open an account. Its API secret is shown this once."""
    settings = _settings(
        name, dlr_url, dlr_method, signature_secret, signature_method, require_signature, rate, sender, recipient,
        barred, prepaid, intermediate, provider,
    )  # fmt: skip
    brought = {"api_key": api_key, "api_secret": api_secret}
    settings |= {key: value for key, value in brought.items() if value is not None}
    run(_opened("/v1/accounts", settings, url, as_json=as_json))


@app.command("set")
def change(
    key: Key,
    name: Name = None,
    dlr_url: DlrUrl = None,
    dlr_method: DlrMethod = None,
    signature_secret: SignatureSecret = None,
    signature_method: SignatureMethod = None,
    require_signature: RequireSignature = None,
    rate: Rate = None,
    sender: Sender = None,
    recipient: Recipient = None,
    barred: Barred = None,
    prepaid: Prepaid = None,
    intermediate: Intermediate = None,
    provider: Provider = None,
    as_json: AsJson = False,
    url: Url = None,
) -> None:
    """Change what is given; the rest stays. A list that is given replaces the one before."""
    settings = _settings(
        name, dlr_url, dlr_method, signature_secret, signature_method, require_signature, rate, sender, recipient,
        barred, prepaid, intermediate, provider,
    )  # fmt: skip
    if not settings:
        raise CommandError("Nothing to change: give at least one option.", code=Exit.USAGE)
    run(_changed(key, settings, url, as_json=as_json))


@app.command("disable")
def disable(key: Key, as_json: AsJson = False, url: Url = None) -> None:
    """Take no more requests of an account. Its receipts are still forwarded."""
    run(_changed(key, {"disabled": True}, url, as_json=as_json))


@app.command("enable")
def enable(key: Key, as_json: AsJson = False, url: Url = None) -> None:
    """Take its requests again."""
    run(_changed(key, {"disabled": False}, url, as_json=as_json))


@app.command("rotate-secret")
def rotate_secret(
    key: Key,
    end_old: Annotated[bool, typer.Option("--end-old", help="Make no new one; end all but the newest.")] = False,
    as_json: AsJson = False,
    url: Url = None,
) -> None:
    """Make another API secret, shown this once. The one before stays good until --end-old."""
    path = f"/v1/accounts/{segment(key)}/secrets"
    if end_old:
        run(_shown("POST", f"{path}/end-old", None, url, as_json=as_json))
    run(_opened(path, None, url, as_json=as_json))


@app.command("pay")
def pay(
    key: Key,
    amount: Annotated[str, typer.Argument(help="An amount such as 25.00; with -- before it, -25.00 takes away.")],
    url: Url = None,
) -> None:
    """Add to an account's balance; prints the new one."""

    async def paid() -> Exit:
        async with HubClient(url) as hub:
            answer = await hub.change("POST", f"/v1/accounts/{segment(key)}/payments", {"amount": amount})
        write(str(answer.get("balance")))
        return Exit.OK

    run(paid())


@app.command("list")
def list_all(as_json: AsJson = False, url: Url = None) -> None:
    """All accounts."""

    async def listed() -> Exit:
        async with HubClient(url) as hub:
            found = (await hub.get("/v1/accounts")).get("accounts", [])
        if as_json:
            for account in found:
                write(to_json(account))
        elif for_person():
            out().print(_table(found) if found else "None yet: `receipted account add` opens one.")
        else:
            for account in found:
                write("\t".join(clean(str(account.get(name))) for name in ("api_key", "name", "balance", "dlr_url")))
        return Exit.OK

    run(listed())


@app.command("show")
def show(key: Key, as_json: AsJson = False, url: Url = None) -> None:
    """One account."""
    run(_shown("GET", f"/v1/accounts/{segment(key)}", None, url, as_json=as_json))


def _settings(
    name: str | None,
    dlr_url: str | None,
    dlr_method: WebhookMethod | None,
    signature_secret: str | None,
    signature_method: str | None,
    require_signature: bool | None,
    rate: int | None,
    sender: list[str] | None,
    recipient: list[str] | None,
    barred: list[str] | None,
    prepaid: bool | None,
    intermediate: bool | None,
    provider: str | None,
) -> dict[str, Any]:
    """What was given, by the API's names."""
    given: dict[str, Any] = {
        "name": name,
        "dlr_url": dlr_url,
        "dlr_method": dlr_method,
        "signature_secret": signature_secret,
        "signature_method": signature_method,
        "require_signature": require_signature,
        "rate_per_s": rate,
        "senders": sender or None,
        "recipients": recipient or None,
        "barred": barred or None,
        "postpaid": None if prepaid is None else not prepaid,
        "intermediate": intermediate,
        "provider": provider,
    }
    return {name: value for name, value in given.items() if value is not None}


async def _opened(path: str, body: Json | None, url: str | None, *, as_json: bool) -> Exit:
    async with HubClient(url) as hub:
        answer = await hub.change("POST", path, body)
    if as_json:
        write(to_json(answer))
        return Exit.OK
    account, secret = answer.get("account", {}), str(answer.get("api_secret"))
    if for_person():
        _details(account)
        out().print(Text.assemble("  api secret      ", (clean(secret), "bold")), soft_wrap=True)
        err().print("Keep the secret now: it is not shown again.", style="yellow")
    else:
        write(f"{clean(str(account.get('api_key')))}\t{clean(secret)}")
    return Exit.OK


async def _changed(key: str, settings: Json, url: str | None, *, as_json: bool) -> Exit:
    return await _shown("PATCH", f"/v1/accounts/{segment(key)}", settings, url, as_json=as_json)


async def _shown(method: str, path: str, body: Json | None, url: str | None, *, as_json: bool) -> Exit:
    async with HubClient(url) as hub:
        account = await hub.change(method, path, body)
    if as_json:
        write(to_json(account))
    else:
        _details(account)
    return Exit.OK


def _details(account: Json) -> None:
    """One line for each setting; words instead of what is empty."""
    signed = "with its signature secret" if account.get("signed") else "no"
    rows = (
        ("api key", account.get("api_key")),
        ("name", account.get("name") or "none"),
        ("balance", f"{account.get('balance')} ({'postpaid' if account.get('postpaid') else 'prepaid'})"),
        ("receipts go to", account.get("dlr_url") or "nowhere: set --dlr-url"),
        ("as", account.get("dlr_method")),
        ("signed", f"{signed}, {account.get('signature_method')}" if account.get("signed") else signed),
        ("not final too", "yes" if account.get("intermediate") else "no"),
        ("waiting", f"{account.get('waiting', 0):,}"),
        ("rate", f"{account.get('rate_per_s')}/s" if account.get("rate_per_s") else "no limit"),
        ("senders", ", ".join(account.get("senders", [])) or "any"),
        ("recipients", ", ".join(account.get("recipients", [])) or "any"),
        ("provider", account.get("provider") or "by the routes"),
        ("secrets", account.get("secrets")),
        ("state", "disabled" if account.get("disabled") else "enabled"),
    )
    for name, value in rows:
        if for_person():
            out().print(Text.assemble((f"  {name:<16}", "dim"), clean(str(value))), soft_wrap=True)
        else:
            write(f"{name}\t{clean(str(value))}")


def _table(found: list[Json]) -> Any:
    table = columns(("Api key", "Name", "Balance", "Waiting", "Receipts go to", "State"), right=("Balance", "Waiting"))
    for account in found:
        table.add_row(
            clean(str(account.get("api_key"))),
            clean(str(account.get("name"))),
            clean(str(account.get("balance"))),
            f"{account.get('waiting', 0):,}",
            clean(f"{account.get('dlr_method')} {account.get('dlr_url')}" if account.get("dlr_url") else "nowhere"),
            "disabled" if account.get("disabled") else "enabled",
        )
    return table
