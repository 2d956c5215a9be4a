"""``receipted show`` and ``tail``: one message's story, and everything as it happens."""

import json

import pytest

from tests.cli.conftest import Run
from tests.cli.far_hub import ESCAPE, FarHub, event, message

PART = {"seq": 1, "status": "delivered", "provider_message_id": "0A00", "network": "23410", "price": "0.0333"}
TIMELINE = {
    "message": message(
        text=ESCAPE, part_count=2, explanation="Advice.", parts=[PART, {**PART, "seq": 2, "status": "failed"}]
    ),
    "sentence": "Not delivered: the phone was off.",
    "timeline": [
        {"at": "2026-01-31T14:02:11.208Z", "since_ms": 0, "what": "accepted", "text": "accepted by us"},
        {
            "at": "2026-01-31T14:02:14.108Z",
            "since_ms": 2_900,
            "what": "receipt",
            "text": "receipt: failed",
            "verdict": "contradiction",
            "raw": f"status=failed&x={ESCAPE}",
            "raw_encoding": "utf-8",
        },
    ],
}


async def test_show_tells_the_whole_story(run: Run, show: Run, hub: FarHub) -> None:
    hub.timeline = TIMELINE
    for shown in ((await run("show", "019a")).out, (await show("show", "019a")).err):
        for word in ("Not delivered: the phone was off.", "Advice.", "0A00", "23410", "+2.9 s", "receipt: failed"):
            assert word in shown
        assert "status=failed&x=" in shown
        assert "\x1b[31mred" not in shown
        assert "[bold]" in shown


async def test_show_cuts_nothing_of_the_parts_in_a_pipe(run: Run, hub: FarHub) -> None:
    part = {**PART, "provider_message_id": "0A" * 60, "err_code": ESCAPE}
    hub.timeline = TIMELINE | {"message": message(part_count=2, parts=[part, {**part, "seq": 2}])}
    lines = (await run("show", "019a")).out.splitlines()
    [first, second] = [line.split("\t") for line in lines if "0A0A" in line]
    assert first[:3] == ["1", "✓✓ delivered", "0A" * 60]
    assert first[4:] == ["23410", "0.0333"]
    assert (second[0], "\x1b" in first[3]) == ("2", False)


async def test_show_json_is_the_answer_itself(run: Run, hub: FarHub) -> None:
    hub.timeline = TIMELINE
    assert json.loads((await run("show", "019a", "--json")).out) == TIMELINE


@pytest.mark.parametrize("wrong", ["../x", "a b", "", "ü"])
async def test_what_can_be_no_id_is_not_asked_for(run: Run, hub: FarHub, wrong: str) -> None:
    ran = await run("show", wrong)
    assert ran.code == 2
    assert hub.asked == []


async def test_a_message_that_is_not_there(run: Run, hub: FarHub) -> None:
    hub.problem = (404, {"title": "Not Found", "status": 404, "detail": "there is no message x"})
    ran = await run("show", "x")
    assert (ran.code, ran.err) == (1, "There is no message x.\n")


async def test_tail_follows_from_now_and_passes_the_cursor_on(run: Run, hub: FarHub) -> None:
    hub.feed = [[], [event(1, client_ref=ESCAPE)], [event(2, status="failed", reason="Phone off")]]
    ran = await run("tail")
    assert [line.split("\t")[1] for line in ran.out.splitlines()] == ["✓✓ delivered", "✕ failed"]
    assert "Phone off" in ran.out
    assert "\x1b" not in ran.out
    assert [query.get("after") for _, _, query, _, _ in hub.asked] == ["now", "e0", "e1", "e2"]


async def test_tail_filters_by_status_and_speaks_json(run: Run, hub: FarHub) -> None:
    hub.feed = [[], [event(1), event(2, status="failed")]]
    ran = await run("tail", "--json", "--status", "failed")
    assert [json.loads(line)["id"] for line in ran.out.splitlines()] == ["e2"]


async def test_tail_on_a_terminal_keeps_to_one_line_an_event(show: Run, hub: FarHub) -> None:
    hub.feed = [[], [event(1, client_ref=ESCAPE)]]
    ran = await show("tail")
    assert "✓✓ delivered" in ran.err
    assert "\x1b[31mred" not in ran.err
