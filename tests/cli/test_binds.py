"""``receipted binds`` and ``receipted inbound``, as a table, for pipes and for programs."""

import json
from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias

from tests.cli.command import Ran
from tests.cli.far_hub import FarHub

Run: TypeAlias = Callable[..., Awaitable[Ran]]

AT = "2026-11-23T14:02:11.208Z"
BIND: dict[str, Any] = {
    "provider": "acme",
    "bind": "acme#1",
    "kind": "transceiver",
    "peer": "192.0.2.7:2775",
    "state": "bound",
    "since": AT,
    "window": 10,
    "in_flight": 3,
    "rate_per_s": 30.0,
    "sent_per_s": 12.4,
    "submitted": 1234,
    "receipts": 1200,
    "throttled": 2,
    "last_enquire_link_at": AT,
    "last_receipt_at": None,
    "id_form": "submit hex, receipt decimal, found from 3 receipts",
    "problem": "",
}
REFUSED = {
    **BIND,
    "bind": "acme#2",
    "state": "refused",
    "problem": "ESME_RINVPASWD: wrong password. Correct system_id and \x1b[31mpassword.",
}
INBOUND: dict[str, Any] = {
    "id": "019f",
    "at": AT,
    "provider": "acme",
    "bind": "acme#1",
    "kind": "message",
    "from": "447700900123",
    "to": "12345",
    "text": "STOP\x1b[2J",
    "segment": "7/2/1",
    "data_coding": 0,
    "problem": "",
    "raw": "00ff",
}
RIDDLE = {**INBOUND, "kind": "unreadable-receipt", "text": "stat:??", "problem": "it has no message id"}


async def test_binds_are_shown_in_each_form(run: Run, show: Run, hub: FarHub) -> None:
    hub.binds = [BIND, REFUSED]
    piped = await run("binds")
    fields = [line.split("\t") for line in piped.out.splitlines()]
    assert piped.code == 0
    assert fields[0] == ["acme#1", "bound", AT, "3", "10", "12.4", "30", "1234", "1200", "2", ""]
    assert (fields[1][:2], fields[1][-1]) == (["acme#2", "refused"], REFUSED["problem"].replace("\x1b", "\\x1b"))
    assert [json.loads(line) for line in (await run("binds", "--json")).out.splitlines()] == hub.binds
    shown = (await show("binds")).err
    assert "3/10" in shown
    assert "12.4/30" in shown
    assert "wrong password" in shown
    assert shown.count("submit hex, receipt decimal") == 1
    assert "\x1b[31mpassword" not in shown


async def test_without_a_bound_bind_the_exit_code_says_so(run: Run, show: Run, hub: FarHub) -> None:
    hub.binds = [REFUSED]
    assert (await run("binds")).code == 1
    hub.binds = []
    shown = await show("binds")
    assert shown.code == 1
    assert "no carrier is configured" in shown.err


async def test_watching_needs_a_terminal(run: Run) -> None:
    ran = await run("binds", "--watch")
    assert ran.code == 2
    assert "--watch is for a terminal" in ran.err


async def test_inbound_messages_are_shown_in_each_form(run: Run, show: Run, hub: FarHub) -> None:
    hub.inbound = [INBOUND, RIDDLE]
    piped = [line.split("\t") for line in (await run("inbound")).out.splitlines()]
    assert piped[0] == [AT, "message", "acme#1", "447700900123", "12345", "7/2/1", "STOP\\x1b[2J", "", "00ff"]
    assert (piped[1][1], piped[1][7]) == ("unreadable-receipt", "it has no message id")
    assert [json.loads(line) for line in (await run("inbound", "--json", "--limit", "1")).out.splitlines()] == [INBOUND]
    shown = (await show("inbound")).err
    assert "! it has no message id" in shown
    assert "\x1b[2J" not in shown
    assert "00ff" not in shown
    assert "00ff" in (await show("inbound", "--raw")).err


async def test_nothing_inbound_is_said(show: Run) -> None:
    assert "None: no carrier has handed over" in (await show("inbound")).err
