"""``receipted messages``, ``unmatched`` and ``rejected``: filters, pages, forms, and text that strangers chose."""

import csv
import io
import json
import re

import pytest

from tests.cli.conftest import Run
from tests.cli.far_hub import ESCAPE, FarHub, message

RECEIPT = {
    "received_at": "2026-01-31T14:02:11.208Z",
    "provider": "vonage",
    "provider_message_id": "0A00",
    "status": "delivered",
    "raw_status": "delivered",
    "err_code": "0",
    "to": "447700900000",
    "from": "Acme",
    "client_ref": None,
    "raw": f"status={ESCAPE}",
    "raw_encoding": "utf-8",
}
REFUSED = {
    "at": "2026-01-31T14:02:11.208Z",
    "door": "vonage",
    "status": 401,
    "problem": "the signature does not match",
    "explanation": f"Signed was:\n&a=1{ESCAPE}",
    "method": "POST",
    "content_type": "application/json",
    "source": "192.0.2.1",
    "query": "x=1",
    "query_encoding": "utf-8",
    "body": '{"a":1}',
    "body_encoding": "utf-8",
}


async def test_filters_reach_the_hub_in_its_own_words(run: Run, hub: FarHub) -> None:
    filters = ("--to", "447700900000", "--status", "failed", "--ref", "a", "--provider", "p")
    await run("messages", *filters, "--since", "2026-01-31T14:00+01:00", "--limit", "7")
    assert hub.asked[0][2] == {
        "to": "447700900000",
        "status": "failed",
        "client_ref": "a",
        "provider": "p",
        "since": "2026-01-31T13:00:00.000Z",
        "limit": "7",
    }


@pytest.mark.parametrize("option", ["--json", "--csv"])
async def test_an_export_goes_on_over_pages(run: Run, hub: FarHub, option: str) -> None:
    hub.stored = [message(number) for number in range(450)]
    ran = await run("messages", option, "--limit", "0")
    assert len(ran.out.splitlines()) == 450 + (option == "--csv")
    assert len(hub.asked) == 3


async def test_the_limit_holds_across_pages(run: Run, hub: FarHub) -> None:
    hub.stored = [message(number) for number in range(450)]
    assert len((await run("messages", "--limit", "250")).out.splitlines()) == 250


async def test_json_says_exactly_what_the_hub_said_and_steers_no_terminal(run: Run, hub: FarHub) -> None:
    hub.stored = [message(text=ESCAPE + "ü\ud800")]
    out = (await run("messages", "--json")).out
    assert json.loads(out) == hub.stored[0]
    assert not set(out) & set("\x1b\x9b\u202e")
    assert "ü" in out


async def test_a_pipe_gets_one_line_a_message_with_tabs(run: Run, hub: FarHub) -> None:
    hub.stored = [message(text=f"a\tb\n{ESCAPE}", client_ref="r")]
    out = (await run("messages")).out
    assert out.count("\n") == 1
    shown = r"a\x09b\n\x1b[31mred\x1b[0m\u202e\x9b2J[bold]x[/bold]"
    rest = ["2026-01-31T14:02:11.208Z", "✓✓ delivered", "447700900000", "Acme", "r", "", shown]
    assert out.removesuffix("\n").split("\t") == [hub.stored[0]["id"], *rest]


@pytest.mark.parametrize("start", ["=", "+", "-", "@", " =", "\t=", "\r", "＝"])
async def test_csv_runs_nothing_in_a_spreadsheet(run: Run, hub: FarHub, start: str) -> None:
    hub.stored = [message(text=f'{start}cmd|"x",\n2') | {"from": "=1+1"}]
    out = (await run("messages", "--csv")).out
    [row] = csv.DictReader(io.StringIO(out))
    assert row["from"] == "'=1+1"
    assert row["text"].startswith("'")
    assert row["text"].endswith('cmd|"x",\n2') or start == "\r"
    assert row["to"] == "447700900000"


async def test_a_terminal_shows_colour_and_whole_ids_in_any_width(show: Run, hub: FarHub) -> None:
    hub.stored = [message(1, text=ESCAPE), message(2, status="expired"), message(3, status="novel")]
    for columns in (80, 120):
        ran = await show("messages", columns=columns)
        assert "\x1b[32m✓✓ delivered" in ran.err
        assert "⌛ expired" in ran.err
        assert "? novel" in ran.err
        assert all(stored["id"] in ran.err for stored in hub.stored)
        assert "\x1b[31mred" not in ran.err


async def test_an_export_to_a_file_from_a_terminal_loses_nothing_to_the_progress(show: Run, hub: FarHub) -> None:
    hub.stored = [message(number) for number in range(30)]
    ran = await show("messages", "--csv", piped_out=True)
    assert len(ran.out.splitlines()) == 31
    assert "447700900000" not in ran.err


async def test_an_empty_list_teaches(show: Run) -> None:
    assert "receipted send" in (await show("messages")).err
    assert "No message fits." in (await show("messages", "--to", "1")).err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--since", "yesterday"), "--since"),
        (("--status", "gone"), "--status"),
        (("--json", "--csv"), "--csv"),
        (("--limit", "-1"), "--limit"),
    ],
)
async def test_a_wrong_filter_says_which(run: Run, arguments: tuple[str, ...], said: str) -> None:
    ran = await run("messages", *arguments)
    assert ran.code == 2
    assert said in ran.err


async def test_unmatched_receipts_are_shown_in_each_form(run: Run, show: Run, hub: FarHub) -> None:
    hub.receipts = [RECEIPT, {**RECEIPT, "raw": "/w==", "raw_encoding": "base64"}]
    piped = (await run("unmatched")).out
    assert piped.splitlines()[0].split("\t")[2:4] == ["vonage", "0A00"]
    assert piped.splitlines()[1].endswith("base64: /w==")
    assert "\x1b" not in piped
    assert json.loads((await run("unmatched", "--json")).out.splitlines()[0]) == RECEIPT
    assert "0A00" in (await show("unmatched")).err


async def test_no_unmatched_receipt_is_good_news(show: Run) -> None:
    assert "every receipt fits" in (await show("unmatched")).err


async def test_refused_requests_are_shown_in_each_form(run: Run, show: Run, hub: FarHub) -> None:
    hub.rejected = [REFUSED, {**REFUSED, "method": "GET", "body": "", "query": "/w==", "query_encoding": "base64"}]
    piped = [line.split("\t") for line in (await run("rejected")).out.splitlines()]
    assert piped[0][:5] == [REFUSED["at"], "401", "vonage", "192.0.2.1", "the signature does not match"]
    assert piped[0][5].startswith("Signed was:\\n&a=1\\x1b[31mred")
    assert [line[6] for line in piped] == ['POST ?x=1 application/json {"a":1}', "GET ?base64: /w=="]
    assert [json.loads(line) for line in (await run("rejected", "--json", "--limit", "1")).out.splitlines()] == [
        REFUSED
    ]
    shown = (await show("rejected")).err
    assert re.search(r"\n  Signed was: *\r\n  &a=1\\x1b\[31mred", shown)
    assert "\x1b[31mred" not in shown


async def test_no_refused_request_is_good_news(show: Run) -> None:
    assert "no webhook request was refused" in (await show("rejected")).err
