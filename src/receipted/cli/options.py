"""Options that several commands share, declared once."""

from typing import Annotated, TypeAlias

import typer

Url: TypeAlias = Annotated[
    str | None,
    typer.Option("--url", help="Where the hub is. Default: RECEIPTED_URL, else the hub of your settings."),
]
AsJson: TypeAlias = Annotated[bool, typer.Option("--json", help="JSON for programs, one object a line.")]
