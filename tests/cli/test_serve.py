"""The real hub: ``serve``, its banner, and every command against it."""

import asyncio
import json
import os
import re
import shutil
import signal
import socket
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

import aiohttp

from tests.cli.command import PROGRAM, Ran, environment, on_terminal, receipted
from tests.cli.conftest import Run
from tests.cli.far_hub import FarHub

START_S = 30
FAST = {"RECEIPTED_PROVIDERS__SANDBOX__SPEED": "50"}


@asynccontextmanager
async def served(home: Path, *arguments: str, **env: str) -> AsyncIterator[tuple[Process, str]]:
    """A running hub and what it printed until its banner was whole."""
    process = await asyncio.create_subprocess_exec(
        *PROGRAM, "serve", "--port", "0", *arguments, cwd=home, env=environment(home, **FAST, **env), stdout=PIPE
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(START_S):
            banner = await _banner(process.stdout)
        yield process, banner
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGINT)
        async with asyncio.timeout(START_S):
            await process.communicate()


async def _banner(printed: asyncio.StreamReader) -> str:
    """What is printed up to the last line of the banner."""
    banner = ""
    while "curl" not in banner:
        line = await printed.readline()
        assert line, banner
        banner += line.decode()
    return banner


async def test_every_command_works_with_the_hub_that_serve_starts(tmp_path: Path) -> None:
    async def run(*arguments: str) -> Ran:
        return await receipted(*arguments, home=tmp_path)

    async with served(tmp_path) as (_, banner):
        url = re.findall(r"http://127\.0\.0\.1:\d+", banner)[0]
        sent = await run(
            "send", "--to", "447700900000", "--from", "Acme", "--text", "Hi", "--client-ref", "r", "--wait"
        )
        assert sent.code == 0, sent
        assert "✓✓ delivered" in sent.out
        failed = await run("send", "--to", "447700909003", "--from", "Acme", "--text", "Hi", "--wait", "--json")
        assert failed.code == 3, failed
        message_id = json.loads(failed.out.splitlines()[-1])["id"]
        assert (await run("messages", "--ref", "r")).out.count("\n") == 1
        shown = await run("show", message_id)
        assert "Not delivered" in shown.out
        assert '"status":"failed"' in shown.out
        probed = await run("probe", f"{url}/webhooks/vonage")
        assert (probed.code, probed.out.count("ok\t")) == (0, 3)
        receipt = {"messageId": "0A00", "msisdn": "447700900000", "to": "Acme", "status": "delivered"}
        async with aiohttp.ClientSession() as session, session.get(f"{url}/webhooks/vonage", params=receipt) as answer:
            assert answer.status == 200
        assert "0A00" in (await run("unmatched")).out
        doctor = await run("doctor")
        assert doctor.code == 0, doctor
        for found in ("database", "disk", f"hub\tanswers at {url}, ready"):
            assert f"ok\t{found}" in doctor.out
    assert not (tmp_path / "data" / "hub.json").exists()


async def test_the_banner_says_where_everything_is_and_no_token_into_a_pipe(tmp_path: Path) -> None:
    async with served(tmp_path, "--data-dir", "mine") as (process, banner):
        token = (tmp_path / "mine" / "token").read_text().strip()
        assert token not in banner
        for said in (
            "mine/receipted.db",
            "sandbox (simulated: no SMS leaves this machine)",
            "/webhooks/vonage",
            "kept in mine/token",
            f"RECEIPTED_DATA_DIR={tmp_path}/mine",
            f"$(cat {tmp_path}/mine/token)",
        ):
            assert said in banner
        assert "Warning" not in banner
        curl = next(line.strip() for line in banner.splitlines() if line.strip().startswith("curl"))
        if shutil.which("curl"):
            shell = await asyncio.create_subprocess_shell(curl, cwd="/", stdout=PIPE, stderr=PIPE)
            out, _ = await shell.communicate()
            assert json.loads(out)["status"] == "queued"
        process.send_signal(signal.SIGTERM)
        assert await process.wait() == 0


async def test_the_token_is_shown_on_a_terminal_at_the_first_start_only(tmp_path: Path) -> None:
    for first in (True, False):
        serving = asyncio.create_task(on_terminal("serve", "--port", "0", home=tmp_path, env=FAST))
        file = tmp_path / "data" / "hub.json"
        async with asyncio.timeout(START_S):
            while not file.exists() or not file.read_text():
                assert not serving.done(), serving.result()
                await asyncio.to_thread(os.sched_yield)
        told = json.loads(file.read_text())
        # It listens before the banner and answers only after it.
        async with aiohttp.ClientSession() as session, session.get(f"{told['url']}/healthz") as answer:
            assert answer.status == 200
        os.kill(told["pid"], signal.SIGTERM)
        shown = (await serving).err
        assert ((tmp_path / "data" / "token").read_text().strip() in shown) is first
        assert "kept in" in shown


async def test_a_hub_that_listens_anywhere_is_shown_where_it_can_be_called_and_warns(tmp_path: Path) -> None:
    async with served(tmp_path, "--host", "0.0.0.0") as (_, banner):
        url = re.findall(r"Hub +(http://127\.0\.0\.1:\d+)", banner)[0]
        assert banner.count("0.0.0.0") == 1
        assert "without TLS: tokens and texts go in the clear" in banner
        assert json.loads((tmp_path / "data" / "hub.json").read_text())["url"] == url


TLS = {"RECEIPTED_TLS_CERT": "cert.pem", "RECEIPTED_TLS_KEY": "key.pem"}


async def test_tls_files_that_cannot_be_used_are_named_before_the_banner(tmp_path: Path) -> None:
    for command in (("serve", "--port", "0"), ("settings", "--check"), ("doctor",)):
        ran = await receipted(*command, home=tmp_path, env=TLS)
        assert (ran.code, ran.out) == (2, "")
        assert "setting tls_cert (RECEIPTED_TLS_CERT): cert.pem cannot be read: No such file" in ran.err
    for file in TLS.values():
        (tmp_path / file).write_text("-----BEGIN CERTIFICATE-----\n")
    ran = await receipted("serve", "--port", "0", home=tmp_path, env=TLS)
    assert (ran.code, ran.out) == (2, "")
    assert "cert.pem and key.pem are no certificate with its unencrypted key" in ran.err


async def test_doctor_says_that_no_hub_runs_and_that_receipts_are_not_verified(tmp_path: Path) -> None:
    ran = await receipted(
        "doctor",
        home=tmp_path,
        env={
            "RECEIPTED_URL": "http://127.0.0.1:1",
            "RECEIPTED_PROVIDERS__VONAGE__API_KEY": "abcd",
            "RECEIPTED_PROVIDERS__VONAGE__API_SECRET": "x",
            "RECEIPTED_PROVIDERS__VONAGE__BASE_URL": "http://127.0.0.1:1",
        },
    )
    assert ran.code == 1
    assert "wrong\thub\tno hub runs at http://127.0.0.1:1\tStart it with `" in ran.out
    assert "ok\tvonage receipts\treceipts are not verified: set signature_secret in [providers.vonage]" in ran.out


async def test_doctor_tells_a_hub_that_is_not_ready_and_what_is_no_hub(run: Run, hub: FarHub) -> None:
    hub.ready = (503, {"detail": "not ready: database"})
    ran = await run("doctor")
    assert f"wrong\thub\tanswers at {hub.url} but is not ready: not ready: database\t" in ran.out
    hub.ready = (404, {})
    ran = await run("doctor")
    assert f"wrong\thub\tsomething else than a hub answers at {hub.url}: HTTP 404\t" in ran.out


async def test_tail_shows_what_happens_and_ends_quietly(tmp_path: Path) -> None:
    async with served(tmp_path):
        tail = await asyncio.create_subprocess_exec(
            *PROGRAM, "tail", "--all", cwd=tmp_path, env=environment(tmp_path), stdout=PIPE, stderr=PIPE
        )
        assert tail.stdout is not None
        await receipted("send", "--to", "447700900000", "--from", "Acme", "--text", "Hi", home=tmp_path)
        seen: list[str] = []
        async with asyncio.timeout(START_S):
            while not seen or "delivered" not in seen[-1]:
                line = await tail.stdout.readline()
                assert line, await tail.communicate()
                seen.append(line.decode())
        tail.send_signal(signal.SIGINT)
        _, err = await tail.communicate()
        assert (tail.returncode, err) == (130, b"")
    told = [line.split("\t")[1] for line in seen]
    assert (told[0], told[-1]) == ("○ queued", "✓✓ delivered")


async def test_a_port_in_use_is_one_sentence(tmp_path: Path) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        ran = await receipted("serve", "--port", str(taken.getsockname()[1]), home=tmp_path)
    assert ran.code == 1
    assert "in use" in ran.err
    assert "--port" in ran.err
    assert ran.err.count("\n") == 1


async def test_a_second_hub_is_refused_and_leaves_the_first_one_alone(tmp_path: Path) -> None:
    async with served(tmp_path):
        ran = await receipted("serve", "--port", "0", home=tmp_path)
        assert ran.code == 1
        assert "Another hub" in ran.err
        assert json.loads((tmp_path / "data" / "hub.json").read_text())["url"]


async def test_a_data_folder_that_cannot_be_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    ran = await receipted("serve", "--port", "0", "--data-dir", os.fspath(tmp_path / "file"), home=tmp_path)
    assert ran.code == 1
    assert "--data-dir" in ran.err
    assert "Traceback" not in ran.err


async def test_a_database_that_cannot_be_reached_is_said_without_its_password(tmp_path: Path) -> None:
    env = {"RECEIPTED_DATABASE": "postgresql://me:s3cr3t@127.0.0.1:1/x"}
    for command in (("serve", "--port", "0"), ("doctor",)):
        ran = await receipted(*command, home=tmp_path, env=env)
        assert ran.code == 1
        assert "s3cr3t" not in ran.out + ran.err
        assert "Traceback" not in ran.err


async def test_probe_says_what_is_wrong(tmp_path: Path) -> None:
    ran = await receipted("probe", "http://127.0.0.1:1/x", home=tmp_path)
    assert ran.code == 1
    assert ran.out.count("wrong\t") == 3
    assert "Start the server" in ran.out


async def test_version_and_help(tmp_path: Path) -> None:
    assert (await receipted("--version", home=tmp_path)).out.startswith("receipted ")
    told = (await receipted("--help", home=tmp_path)).out
    assert all(name in told for name in ("serve", "send", "messages", "show", "unmatched", "tail", "probe", "doctor"))
    assert not set(told) & set("─│╭")
