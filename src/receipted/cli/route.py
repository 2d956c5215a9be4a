"""``receipted route``: who would take a message to a number now, and why."""

from typing import Annotated

import typer
from rich.text import Text

from receipted.cli.client import HubClient
from receipted.cli.failure import Exit, run
from receipted.cli.options import AsJson, Url
from receipted.cli.terminal import clean, for_person, out, to_json, write


def command(
    number: Annotated[str, typer.Argument(help="The recipient's number, with country code.")],
    as_json: AsJson = False,
    url: Url = None,
) -> None:
    """Explain who would take a message to a number now, without sending one."""

    async def explained() -> Exit:
        async with HubClient(url) as hub:
            answer = await hub.get("/v1/route", to=number)
        if as_json:
            write(to_json(answer))
            return Exit.OK
        provider, considered = clean(str(answer.get("provider"))), answer.get("considered", [])
        if for_person():
            country = f" in {clean(str(answer.get('country')))}" if answer.get("country") else ""
            policy = clean(str(answer.get("policy")))
            how = "no routes are set: it is the default provider" if policy == "default" else f"policy {policy}"
            out().print(
                Text.assemble((provider, "bold green"), f" takes {clean(str(answer.get('to')))}{country} ({how})")
            )
        else:
            write(provider)
        for one in considered:
            chosen = one.get("provider") == answer.get("provider")
            name, reason = clean(str(one.get("provider"))), clean(str(one.get("reason")))
            if for_person():
                mark = ("● ", "green") if chosen else ("○ ", "dim") if one.get("taken") else ("⊘ ", "yellow")
                out().print(Text.assemble("  ", mark, (f"{name}  ", "bold"), reason), soft_wrap=True)
            else:
                write(f"{name}\t{'taken' if chosen else 'next' if one.get('taken') else 'passed over'}\t{reason}")
        return Exit.OK

    run(explained())
