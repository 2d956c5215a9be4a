"""``receipted carrier`` as a process: what it shows, and what survives kill -9."""

import asyncio
import json
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from receipted.carrier.settings import SmscSettings
from receipted.carrier.traffic import Counts
from receipted.cli.carrier import option_of
from receipted.cli.carrier_log import BUSY_PER_S, COUNTED, LiveLog
from receipted.dialects.smpp.pdus import Command
from receipted.dialects.smpp.tlvs import Tag
from tests.carrier.far_esme import connected, until
from tests.cli.command import PROGRAM, environment, on_terminal, receipted


class Carrier:
    """A running carrier. ``lines`` is what it has printed."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.lines: list[str] = []
        self.port = 0

    async def read(self) -> None:
        assert self.process.stdout is not None
        async for line in self.process.stdout:
            self.lines.append(line.decode().rstrip("\n"))

    async def stop(self, number: signal.Signals = signal.SIGINT) -> int:
        self.process.send_signal(number)
        return await self.process.wait()


@asynccontextmanager
async def carrier(home: Path, *arguments: str) -> AsyncIterator[Carrier]:
    process = await asyncio.create_subprocess_exec(
        *PROGRAM, "carrier", "--port", "0", *arguments, cwd=home, env=environment(home), stdout=asyncio.subprocess.PIPE
    )
    running = Carrier(process)
    reading = asyncio.create_task(running.read())
    try:
        await until(lambda: running.lines, "the carrier to start")
        first = running.lines[0]
        running.port = json.loads(first)["port"] if "--json" in arguments else int(first.split("\t")[2])
        yield running
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()
        await reading


async def test_a_line_for_each_event_and_a_summary(tmp_path: Path) -> None:
    async with carrier(tmp_path, "--speed", "100") as running:
        async with connected(running.port) as esme:
            await esme.bind()
            answer = await esme.submitted("9008")
            await esme.given(1)
            await until(lambda: any("receipt_taken" in line for line in running.lines))
        assert await running.stop() == 0
    fields = [line.split("\t") for line in running.lines]
    assert [line[1] for line in fields[1:5]] == [
        "carrier.bound",
        "carrier.submit",
        "carrier.receipt",
        "carrier.receipt_taken",
    ]
    assert answer.text("message_id") in fields[2]
    assert "4477…008" in fields[2]
    assert "447700909008" not in "".join(running.lines)
    assert running.lines[-1].startswith("summary\t1 binds, 0 binds refused, 1 submits, 1 accepted")


async def test_json_has_every_event(tmp_path: Path) -> None:
    async with carrier(tmp_path, "--json", "--account", "acme:secret", "--speed", "1000") as running:
        async with connected(running.port) as stranger:
            assert (await stranger.bind(password="wrong")).status == 0x0E
        async with connected(running.port) as esme:
            await esme.bind()
            for _ in range(30):
                esme.submit()
            await esme.given(30)
        assert await running.stop(signal.SIGTERM) == 0
    events = [json.loads(line) for line in running.lines]
    assert sum(event["event"] == "carrier.submit" for event in events) == 30
    assert next(event for event in events if event["event"] == "carrier.bind_refused")["status"] == "ESME_RINVPASWD"
    assert (events[-1]["event"], events[-1]["submits"]) == ("carrier.summary", 30)
    assert "secret" not in "".join(running.lines)


async def test_a_person_sees_how_to_bind(tmp_path: Path) -> None:
    shown = asyncio.create_task(on_terminal("carrier", "--port", "0", "--speed", "7", home=tmp_path))
    pid = await until(lambda: _child_listens(), "the carrier to listen")
    os.kill(pid, signal.SIGINT)
    ran = await shown
    assert ran.code == 0
    for words in (
        "receipted carrier",
        "127.0.0.1 port",
        "any system_id",
        "docs/carrier.md",
        "7 times faster",
        "0 submits",
    ):
        assert words in ran.err
    assert "Traceback" not in ran.err


def _child_listens() -> int:
    """The process that this test started, once it listens; 0 before."""
    for entry in Path("/proc").iterdir():
        with suppress(OSError, IndexError, ValueError):
            parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            if parent == os.getpid() and b"carrier" in (entry / "cmdline").read_bytes():
                sockets = {str(fd.readlink()) for fd in (entry / "fd").iterdir()}
                rows = (entry / "net" / "tcp").read_text().splitlines()[1:]
                listening = {f"socket:[{row.split()[9]}]" for row in rows if row.split()[3] == "0A"}
                if sockets & listening:
                    return int(entry.name)
    return 0


async def test_what_is_accepted_survives_kill_9(tmp_path: Path) -> None:
    state = tmp_path / "state.db"
    async with (
        carrier(tmp_path, "--state", str(state), "--speed", "1000") as running,
        connected(running.port) as esme,
    ):
        await esme.bind(Command.BIND_TRANSMITTER)
        sequences = [esme.submit() for _ in range(1_000)]
        await until(lambda: esme.answered(sequences[300]))
        running.process.kill()
        await until(lambda: esme.lost)
        answers = [answer for sequence in sequences if (answer := esme.answered(sequence)) is not None]
        ids = {answer.text("message_id") for answer in answers if answer.status == 0}
    assert len(ids) > 300
    async with carrier(tmp_path, "--state", str(state), "--speed", "1000") as running:
        async with connected(running.port) as esme:
            await esme.bind(Command.BIND_RECEIVER)
            await until(lambda: ids <= {_id(pdu.tlv(Tag.RECEIPTED_MESSAGE_ID)) for pdu in esme.delivered})
            await until(lambda: not esme.session.owed)
        assert await running.stop() == 0


def _id(value: bytes | None) -> str:
    return (value or b"").rstrip(b"\0").decode()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--account", "acme"), "SYSTEM_ID:PASSWORD"),
        (("--speed", "0"), "--speed: "),
        (("--ids", "roman"), "--ids: must be one of decimal"),
        (("--receipts", "sung"), "--receipts: must be one of full"),
        (("--tls-cert", "cert.pem"), "go together"),
    ],
)
async def test_a_wrong_option_is_named(tmp_path: Path, arguments: tuple[str, ...], said: str) -> None:
    ran = await receipted("carrier", *arguments, home=tmp_path)
    assert (ran.code, ran.out) == (2, "")
    assert said in ran.err
    assert "Traceback" not in ran.err


async def test_a_port_in_use_is_said(tmp_path: Path) -> None:
    async with carrier(tmp_path) as running:
        ran = await receipted("carrier", "--port", str(running.port), home=tmp_path)
    assert ran.code == 1
    assert "--port" in ran.err
    assert "Traceback" not in ran.err


async def test_every_setting_has_its_option(tmp_path: Path) -> None:
    ran = await receipted("carrier", "--help", home=tmp_path, env={"COLUMNS": "200"})
    assert [name for name in SmscSettings.model_fields if option_of(name) not in ran.out] == []


def test_a_busy_second_is_summed_up(capsys: pytest.CaptureFixture[str]) -> None:
    counts = Counts(submits=500, accepted=499, throttled=1, waiting=7)
    log = LiveLog(lambda: counts, lambda: 0, as_json=False)
    for number in range(500):
        log("carrier.receipt_taken", quiet=True, bind="acme@x", id=str(number))
    log.second()
    log("carrier.receipt_taken", quiet=True, bind="acme@x", id="last")
    log.second()
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == BUSY_PER_S + 2
    assert lines[BUSY_PER_S].endswith("500 submits, 499 accepted, 1 throttled; 7 messages wait for receipts")
    assert lines[-1].endswith("last")


def test_everything_that_grows_is_told() -> None:
    now_only = {"connections", "bound", "waiting"}
    assert {field for field, _ in COUNTED} == set(Counts.__struct_fields__) - now_only
