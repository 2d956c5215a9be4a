"""Hubs as real processes: started, stopped, killed, and asked over HTTP like any client does."""

import asyncio
import json
import os
import re
import signal
import sqlite3
import ssl
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

import aiohttp

READY_S = 30.0
"""How long a start may take: imports on a busy machine, and the first schema."""
LOOK_EVERY_S = 0.02
FAILED = re.compile(r"Traceback|door\.broke|request\.failed|store\.failed|provider\.broke|never retrieved")
"""What a hub must never log, whatever is done to it from outside."""


async def until(condition: Callable[[], Awaitable[object] | object], timeout_s: float = 10.0, what: str = "") -> Any:
    """Wait for a condition to give something true, and return it. Raises TimeoutError that says what was waited for."""
    deadline = time.monotonic() + timeout_s
    while True:
        found = condition()
        if isinstance(found, Awaitable):
            found = await found
        if found:
            return found
        if time.monotonic() > deadline:
            raise TimeoutError(f"not within {timeout_s} s: {what or condition}")
        await asyncio.sleep(LOOK_EVERY_S)


class HubProcess:
    """``python -m receipted serve`` on one data folder, again and again. ``settings`` are environment variables."""

    def __init__(self, folder: Path, settings: Mapping[str, str]) -> None:
        self.folder = folder / "data"
        self.log_file = folder / "hub.log"
        self._working = folder
        kept = {name: value for name, value in os.environ.items() if not name.startswith("RECEIPTED_")}
        self.environment = {
            **kept,
            "RECEIPTED_DATA_DIR": str(self.folder),
            "RECEIPTED_PORT": "0",
            "RECEIPTED_LOG__JSON_LINES": "true",
            **{f"RECEIPTED_{name}": value for name, value in settings.items()},
        }
        self.url = ""
        self.token = ""
        self.tls: ssl.SSLContext | bool = True
        """What its certificate is checked by, where it speaks HTTPS with one that only a test trusts."""
        self.started_in_s = 0.0
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    async def start(self) -> None:
        """Start it and wait until it answers."""
        begun = time.monotonic()
        with self.log_file.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "receipted", "serve"], cwd=self._working, env=self.environment, stderr=log
            )
        self.url = await until(self._address, READY_S, "the hub to start")
        self.token = (self.folder / "token").read_text().strip()
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=self.tls)) as session:
            await until(lambda: _answers(session, f"{self.url}/healthz"), READY_S, "the hub to answer")
        self.started_in_s = time.monotonic() - begun

    def kill(self) -> None:
        """Kill -9, as a power cut would."""
        assert self._process is not None
        self._process.send_signal(signal.SIGKILL)
        self._process.wait(10)

    async def stop(self, timeout_s: float = 15.0) -> int:
        """SIGTERM; returns the exit code."""
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)
        await until(lambda: not self.alive, timeout_s, "the hub to stop")
        return self._process.wait()

    async def refuses(self) -> bool:
        """Whether nobody listens at its address."""
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", int(self.url.rpartition(":")[2]))
        except OSError:
            return True
        writer.close()
        return False

    def end(self) -> None:
        """At the end of a test, whatever became of it."""
        if self.alive:
            self.kill()

    def log(self) -> str:
        return self.log_file.read_text(errors="replace")

    def faults(self) -> list[str]:
        """Lines of the log that no deed of strangers may cause."""
        return [line for line in self.log().splitlines() if FAILED.search(line)]

    def rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """Read its SQLite database from outside."""
        with sqlite3.connect(f"file:{self.folder / 'receipted.db'}?mode=ro", uri=True) as connection:
            found = connection.execute(query, values).fetchall()
        connection.close()
        return found

    async def command(self, *arguments: str) -> tuple[int, str, str]:
        """Run a command of the command line beside it: exit code, output, errors."""
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "receipted", *arguments, cwd=self._working, env=self.environment,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        out, errors = await process.communicate()
        assert process.returncode is not None
        return process.returncode, out.decode(), errors.decode()

    def _address(self) -> str | None:
        if not self.alive:
            raise AssertionError(f"the hub ended at its start:\n{self.log()[-4000:]}")
        try:
            told = json.loads((self.folder / "hub.json").read_text())
        except (OSError, ValueError):
            return None
        return str(told["url"]) if told["pid"] == self.pid else None


class Client:
    """An application of the hub: the JSON API with its token. A broken connection raises ClientError."""

    def __init__(self, hub: HubProcess, timeout_s: float = 30.0) -> None:
        self._hub = hub
        self._timeout = aiohttp.ClientTimeout(total=timeout_s)

    async def __aenter__(self) -> "Client":
        connector = aiohttp.TCPConnector(limit=0, ssl=self._hub.tls)
        self.session = aiohttp.ClientSession(timeout=self._timeout, connector=connector)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.session.close()

    async def call(
        self, method: str, path: str, body: object = None, headers: Mapping[str, str] | None = None
    ) -> tuple[int, Any]:
        """One request: status and decoded answer."""
        whole = {"Authorization": f"Bearer {self._hub.token}", **(headers or {})}
        async with self.session.request(method, self._hub.url + path, json=body, headers=whole) as answer:
            return answer.status, await answer.json(content_type=None)

    async def send(self, text: str = "Hello", to: str = "447700900000", **more: str) -> dict[str, Any]:
        """Have a message sent that must be taken."""
        status, message = await self.call("POST", "/v1/messages", {"to": to, "from": "AcmeInc", "text": text, **more})
        assert status == 201, message
        assert isinstance(message, dict)
        return message

    async def message(self, message_id: str) -> dict[str, Any]:
        status, message = await self.call("GET", f"/v1/messages/{message_id}")
        assert status == 200, message
        assert isinstance(message, dict)
        return message

    async def becomes(self, message_id: str, status: str, timeout_s: float = 10.0) -> dict[str, Any]:
        """Wait for a message to have a status; returns it."""
        latest: dict[str, Any] = {}

        async def has_it() -> bool:
            latest.update(await self.message(message_id))
            return bool(latest["status"] == status)

        try:
            await until(has_it, timeout_s, f"{message_id} to become {status}")
        except TimeoutError as error:
            raise AssertionError(f"{error}; it is {latest}") from None
        return latest


async def _answers(session: aiohttp.ClientSession, url: str) -> bool:
    try:
        async with session.get(url) as answer:
            return answer.status == 200
    except aiohttp.ClientError:
        return False
