"""``receipted send``: what goes out, what comes back, and the exit codes that scripts live by."""

import json
import re
from pathlib import Path

import pytest

from tests.cli.command import receipted
from tests.cli.conftest import Run
from tests.cli.far_hub import ESCAPE, FarHub, message

SEND = ("send", "--to", "447700900000", "--from", "Acme", "--text", "Hello")
QUEUED = message(status="queued", version=1, final=False)
ACCEPTED = message(status="accepted", version=2, final=False)
FAILED = message(status="failed", version=3, explanation=f"Phone off. {ESCAPE}")


async def test_a_pipe_gets_the_id_alone(run: Run, hub: FarHub) -> None:
    hub.course = [QUEUED]
    ran = await run(*SEND, "--client-ref", "order-17", "--provider", "sandbox")
    assert (ran.code, ran.out, ran.err) == (0, QUEUED["id"] + "\n", "")
    method, path, _, body, key = hub.asked[0]
    assert (method, path) == ("POST", "/v1/messages")
    sent = {"to": "447700900000", "from": "Acme", "text": "Hello", "client_ref": "order-17", "provider": "sandbox"}
    assert body == sent
    assert key


async def test_the_idempotency_key_is_passed_on(run: Run, hub: FarHub) -> None:
    await run(*SEND, "--idempotency-key", "k1")
    assert hub.asked[0][4] == "k1"


async def test_json_is_the_answer_itself(run: Run) -> None:
    assert json.loads((await run(*SEND, "--json")).out) == message()


async def test_waiting_tells_each_change_once_and_ends_with_0_when_delivered(run: Run, hub: FarHub) -> None:
    hub.course = [QUEUED, QUEUED, ACCEPTED, message()]
    ran = await run(*SEND, "--wait")
    assert ran.code == 0
    assert [line.split("\t")[1] for line in ran.out.splitlines()] == ["○ queued", "✓ accepted", "✓✓ delivered"]


async def test_waiting_ends_with_3_when_not_delivered_and_says_why(run: Run, hub: FarHub) -> None:
    hub.course = [QUEUED, FAILED]
    ran = await run(*SEND, "--wait")
    assert ran.code == 3
    assert "✕ failed" in ran.out
    assert "Phone off." in ran.out
    assert "\x1b" not in ran.out


async def test_waiting_ends_with_4_after_the_timeout(run: Run, hub: FarHub) -> None:
    hub.course = [QUEUED]
    ran = await run(*SEND, "--wait", "--timeout", "0.1")
    assert ran.code == 4
    assert "Still ○ queued" in ran.err


async def test_on_a_terminal_one_line_lives_until_the_end(show: Run, hub: FarHub) -> None:
    hub.course = [QUEUED, ACCEPTED, FAILED]
    ran = await show(*SEND, "--wait")
    assert ran.code == 3
    plain = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", ran.err)
    assert "○ queued  →  ✓ accepted  →  ✕ failed  " in plain
    assert "[bold]x[/bold]" in ran.err
    assert "\x1b[31mred" not in ran.err
    assert "\\x1b[31mred" in ran.err


async def test_on_a_terminal_one_sees_why_a_message_waits(show: Run, hub: FarHub) -> None:
    hub.course = [QUEUED, QUEUED, message()]
    hub.timeline = {
        "timeline": [
            {"what": "submit", "text": "not taken: refused"},
            {"what": "submit", "text": f"not taken: throttled {ESCAPE}", "outcome": "deferred"},
            {"what": "status", "text": "now delivered"},
        ]
    }
    ran = await show(*SEND, "--wait")
    assert ran.code == 0
    assert "not taken: throttled \\x1b[31mred" in ran.err
    assert "not taken: refused" not in ran.err
    assert "throttled" not in ran.err[ran.err.rindex("delivered") :]


async def test_a_refused_field_is_named_as_an_option(run: Run, hub: FarHub) -> None:
    hub.problem = (
        400,
        {"title": "Bad Request", "status": 400, "detail": "client_ref: too long", "field": "client_ref"},
    )
    ran = await run(*SEND)
    assert (ran.code, ran.err) == (2, "--client-ref: too long\n")


async def test_a_hub_that_cannot_now_gives_the_key_to_try_again_safely(run: Run, hub: FarHub) -> None:
    hub.problem = (503, {"title": "Service Unavailable", "status": 503, "detail": "the database is away"})
    ran = await run(*SEND, "--idempotency-key", "k7")
    assert ran.code == 1
    assert "the database is away" in ran.err
    assert "--idempotency-key k7" in ran.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("send", "--to", "1"), "--from"),
        ((*SEND, "--timeout", "3"), "--wait"),
        ((*SEND, "--url", "localhost:8000"), "--url"),
        (("sned",), "sned"),
    ],
)
async def test_a_wrong_option_says_which(run: Run, arguments: tuple[str, ...], said: str) -> None:
    ran = await run(*arguments)
    assert ran.code == 2
    assert said in ran.err
    assert "Traceback" not in ran.err


async def test_a_wrong_token_says_where_the_right_one_is(run: Run) -> None:
    ran = await run(*SEND, RECEIPTED_TOKEN="other")
    assert ran.code == 1
    assert "RECEIPTED_TOKEN" in ran.err


async def test_without_any_hub_one_sentence_says_how_to_start_one(tmp_path: Path) -> None:
    ran = await receipted(*SEND, home=tmp_path)
    assert ran.code == 1
    assert "receipted serve" in ran.err
    assert ran.err.count("\n") == 1


async def test_with_a_hub_that_is_gone_too(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "token").write_text("t")
    (tmp_path / "data" / "hub.json").write_text('{"url": "http://127.0.0.1:1"}')
    ran = await receipted(*SEND, home=tmp_path)
    assert ran.code == 1
    assert ran.err.startswith("No hub answers at http://127.0.0.1:1: start one with `")
    assert "receipted serve`" in ran.err


async def test_another_server_is_told_from_a_hub(run: Run, hub: FarHub) -> None:
    hub.course = [{"hello": "world"}]
    ran = await run(*SEND)
    assert ran.code == 1
    assert "receipted hub" in ran.err
