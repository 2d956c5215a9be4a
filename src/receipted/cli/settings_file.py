"""``receipted settings``: the sample file, or what is wrong with the settings as they are."""

from typing import Annotated

import typer

from receipted.cli import configuration
from receipted.cli.failure import Exit
from receipted.cli.sample import sample
from receipted.cli.terminal import err, write


def command(
    check: Annotated[
        bool, typer.Option("--check", help="Load the settings as `serve` would and say what is wrong with them.")
    ] = False,
) -> None:
    """Print a sample settings file: every setting with its sentence and default.

    Begin with: receipted settings > receipted.toml
    """
    if not check:
        write(sample().rstrip("\n"))
        return
    for remark in configuration.stray_variables():
        err().print(remark, soft_wrap=True)
    configuration.load_whole()
    file = configuration.settings_file()
    write(f"The settings are good. File: {file}{'' if file.is_file() else ' (not there: defaults)'}")
    raise SystemExit(int(Exit.OK))
