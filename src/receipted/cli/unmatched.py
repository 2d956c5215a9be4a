"""``receipted unmatched``: receipts whose message is not known (yet)."""

from typing import Annotated

import typer

from receipted.cli import times
from receipted.cli.answers import ReceiptAnswer, parse, raw_text, time_of
from receipted.cli.client import HubClient
from receipted.cli.failure import Exit, run
from receipted.cli.options import AsJson, Url
from receipted.cli.terminal import clean, columns, err, for_person, out, status_plain, status_text, to_json, write


def command(
    limit: Annotated[int, typer.Option("--limit", min=1, max=500, help="At most so many, newest first.")] = 50,
    as_json: AsJson = False,
    url: Url = None,
) -> None:
    """List receipts that fit no message.

    They are kept, and take effect as soon as their message is known.
    """
    run(_list(limit, url, as_json=as_json))


async def _list(limit: int, url: str | None, *, as_json: bool) -> Exit:
    async with HubClient(url) as hub:
        found = await hub.unmatched(limit)
    if as_json:
        for raw in found:
            write(to_json(raw))
        return Exit.OK
    receipts = [parse(raw, ReceiptAnswer) for raw in found]
    if for_person():
        _table(receipts)
    else:
        for receipt in receipts:
            write(_tab_line(receipt))
    return Exit.OK


def _table(receipts: list[ReceiptAnswer]) -> None:
    if not receipts:
        out().print("None: every receipt fits a message.")
        return
    seen_from = times.now()
    table = columns(
        ("Age", "Status", "Provider", "Provider's id", "To", "Code", "Raw"), right=("Age", "Code"), rest="Raw"
    )
    for receipt in receipts:
        at = time_of(receipt.received_at)
        table.add_row(
            times.ago(at, seen_from).removesuffix(" ago") if at else "",
            status_text(receipt.status),
            clean(receipt.provider),
            clean(receipt.provider_message_id),
            clean(receipt.recipient or ""),
            clean(receipt.err_code or ""),
            clean(raw_text(receipt.raw, receipt.raw_encoding)),
        )
    out().print(table)
    err().print("A message sent by another system with the same account shows up here too.", style="dim")


def _tab_line(receipt: ReceiptAnswer) -> str:
    """Time, status, provider, provider's id, to, err-code, raw form."""
    at = time_of(receipt.received_at)
    raw = raw_text(receipt.raw, receipt.raw_encoding)
    rest = (receipt.provider, receipt.provider_message_id, receipt.recipient, receipt.err_code, raw)
    fields = (times.exact(at) if at else "", status_plain(receipt.status))
    return "\t".join((*fields, *(clean(field or "") for field in rest)))
