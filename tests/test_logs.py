"""The log: one line per unit of work, nothing secret in it, nothing that a stranger can fake with it."""

import io
import json
import logging
from collections.abc import Iterator

import pytest

from receipted import logs


@pytest.fixture(autouse=True)
def _own_logging() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:], root.level = handlers, level


def line(json_lines: bool = True, what: str = "message.accepted", /, **facts: object) -> str:
    out = io.StringIO()
    logs.configure("info", json_lines=json_lines, stream=out)
    logs.observe(what, **facts)
    return out.getvalue()


def test_a_unit_of_work_is_one_wide_line() -> None:
    told = json.loads(line(provider="vonage", country="GB", parts=2))
    assert list(told)[:3] == ["timestamp", "level", "event"]
    assert told.pop("timestamp").endswith("Z")
    assert told == {"event": "message.accepted", "level": "info", "provider": "vonage", "country": "GB", "parts": 2}


def test_text_for_people_has_the_same_facts() -> None:
    told = line(False, provider="vonage", parts=2)
    assert told.count("\n") == 1
    assert "message.accepted" in told
    assert "provider=vonage" in told
    assert "parts=2" in told


@pytest.mark.parametrize("key", ["secret", "token", "password", "sig", "api_secret", "Authorization"])
def test_secrets_are_masked_at_any_depth(key: str) -> None:
    assert "hunter2" not in line(**{key: "hunter2"}, headers={key: "hunter2"}, each=[{key: "hunter2"}])


def test_secrets_are_masked_where_a_url_was_quoted() -> None:
    told = json.loads(line(problem="GET /sms?api_secret=hunter2&to=4477&sig=hunter3 gave 500"))
    assert told["problem"] == "GET /sms?api_secret=***&to=4477&sig=*** gave 500"


@pytest.mark.parametrize("key", ["recipient", "sender", "to", "from", "msisdn"])
def test_numbers_are_masked_in_the_middle(key: str) -> None:
    told = json.loads(line(**{key: "447700900123"}))
    assert told[key] == "4477…123"


def test_a_name_as_sender_is_not_a_number() -> None:
    assert json.loads(line(sender="AcmeInc"))["sender"] == "AcmeInc"


@pytest.mark.parametrize("json_lines", [True, False])
def test_what_a_stranger_sends_fakes_no_line_and_moves_no_cursor(json_lines: bool) -> None:
    told = line(json_lines=json_lines, said="x\n2026 [error] forged\x1b[2J\u202e\x9b", raw=b"\xff\x1b", half="\ud800")
    assert told.count("\n") == 1
    assert not set("\x1b\u202e\x9b\ud800") & set(told)


def test_loudness_follows_the_name() -> None:
    assert json.loads(line(True, "receipt.rejected", reason="malformed"))["level"] == "warning"
    assert json.loads(line(True, "store.unavailable"))["level"] == "error"
    assert json.loads(line(True, "listener.failed"))["level"] == "error"
    assert json.loads(line(True, "bind.down", provider="acme"))["level"] == "warning"
    assert json.loads(line(True, "bind.up", provider="acme"))["level"] == "info"
    assert json.loads(line(True, "submit.id-reused", provider="acme"))["level"] == "warning"
    assert json.loads(line(True, "submit.id-too-long", provider="acme"))["level"] == "warning"
    assert line(True, "store.committed", ops=3) == ""


@pytest.mark.parametrize("what", ["store.close-failed", "rejected.not-kept"])
def test_what_was_lost_is_a_warning(what: str) -> None:
    assert json.loads(line(True, what))["level"] == "warning"


@pytest.mark.parametrize(
    ("outcome", "level"),
    [("answered", "info"), ("deferred", "info"), ("ambiguous", "warning"), ("refused", "warning")],
)
def test_a_submit_is_as_loud_as_its_outcome(outcome: str, level: str) -> None:
    assert json.loads(line(True, "message.submitted", outcome=outcome))["level"] == level


def test_of_an_error_the_first_line_is_told() -> None:
    assert json.loads(line(True, "store.unavailable", problem="no disk\nDETAIL: long"))["problem"] == "no disk"


def test_what_is_tried_again_and_again_is_told_once_a_minute() -> None:
    now_s = [1_000.0]
    seldom, told = logs.Seldom(lambda: now_s[0]), []
    for _ in range(1_200):
        told.append(seldom.held_back("submit.postponed"))
        now_s[0] += 0.125
    assert [held for held in told if held is not None] == [0, 479, 479]
    assert seldom.held_back("settle.postponed") == 0


def test_postponed_work_does_not_flood_the_log() -> None:
    assert line(True, "submit.postponed", provider="one of this test", problem="the database is away")
    assert not line(True, "submit.postponed", provider="one of this test", problem="the database is away")
    assert line(True, "submit.postponed", provider="another of this test")


def test_other_libraries_take_the_same_road() -> None:
    out = io.StringIO()
    logs.configure("info", json_lines=True, stream=out)
    logging.getLogger("asyncio").warning("odd %s", "request\n")
    assert json.loads(out.getvalue())["event"] == "odd request\\x0a"


@pytest.mark.parametrize("json_lines", [True, False])
def test_an_unexpected_error_keeps_its_traceback(json_lines: bool) -> None:
    out = io.StringIO()
    logs.configure("info", json_lines=json_lines, stream=out)
    try:
        raise ValueError("why \x1b[2J")
    except ValueError:
        logging.getLogger("receipted").exception("it broke")
    told = json.loads(out.getvalue())["exception"] if json_lines else out.getvalue()
    assert "ValueError: why \\x1b[2J" in told
    assert "Traceback" in told
    assert "\n" in told
