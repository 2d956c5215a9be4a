"""``receipted prices``: what a part costs, by the prefix of the number."""

import csv
from pathlib import Path
from typing import Annotated

import typer

from receipted.cli.answers import Json
from receipted.cli.client import HubClient
from receipted.cli.failure import CommandError, Exit, run
from receipted.cli.options import AsJson, Url
from receipted.cli.terminal import clean, columns, err, for_person, out, to_json, write

app = typer.Typer(help="Prices: what a part costs, by the prefix of the number.", no_args_is_help=True)
COLUMNS = ("prefix", "price", "country", "network", "network_name")
Account = Annotated[str, typer.Option("--account", help="An api key; without: for everybody.")]


@app.command("import")
def import_file(
    file: Annotated[
        Path,
        typer.Argument(
            help="CSV with the columns prefix, price and, if you like, country, "
            "network (MCC and MNC) and network_name.",
            exists=True,
            dir_okay=False,
        ),
    ],
    account: Account = "",
    url: Url = None,
) -> None:
    """Put a price list in the place of the one before. An empty prefix is for all other numbers."""

    async def imported() -> Exit:
        rows = _rows(file)
        async with HubClient(url) as hub:
            await hub.change("PUT", "/v1/prices", {"prices": rows, "account": account})
        err().print(f"{len(rows):,} prices count from now on.")
        return Exit.OK

    run(imported())


@app.command("list")
def list_all(account: Account = "", as_json: AsJson = False, url: Url = None) -> None:
    """The prices that count."""

    async def listed() -> Exit:
        async with HubClient(url) as hub:
            found = (await hub.get("/v1/prices", account=account or None)).get("prices", [])
        if as_json:
            for row in found:
                write(to_json(row))
        elif for_person():
            table = columns([name.replace("_", " ").capitalize() for name in COLUMNS], right=("Price",))
            for row in found:
                table.add_row(*(clean(str(row.get(name, ""))) for name in COLUMNS))
            out().print(table if found else "None yet: `receipted prices import FILE.csv` reads some.")
        else:
            for row in found:
                write("\t".join(clean(str(row.get(name, ""))) for name in COLUMNS))
        return Exit.OK

    run(listed())


def _rows(file: Path) -> list[Json]:
    """The lines of the file. Raises CommandError that names the line."""
    try:
        with file.open(encoding="utf-8-sig", newline="") as opened:
            reader = csv.DictReader(opened)
            names = [(name or "").strip().lower() for name in reader.fieldnames or ()]
            missing = [name for name in COLUMNS[:2] if name not in names]
            if missing:
                raise CommandError(f"{file}: the first line must name the columns; {', '.join(missing)} is missing.")
            reader.fieldnames = names
            return [_row(file, reader.line_num, line) for line in reader]
    except (OSError, UnicodeDecodeError, csv.Error) as problem:
        raise CommandError(f"{file} cannot be read: {problem}.") from None


def _row(file: Path, number: int, line: dict[str, str | None]) -> Json:
    price = (line.get("price") or "").strip()
    if not price:
        raise CommandError(f"{file}, line {number}: the price is missing.")
    row = {name: (line.get(name) or "").strip() for name in COLUMNS}
    return row | {"prefix": row["prefix"].removeprefix("+"), "country": row["country"].upper()}
