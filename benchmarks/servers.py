"""The servers that are measured: how each is started, when it is ready, what it costs, how it is stopped."""

import http.client
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path

import psutil

ROOT = Path(__file__).parents[1]
BIN = Path(sys.executable).parent
START_TIMEOUT_S = 60


class Server:
    """One running server with all its child processes."""

    def __init__(self, process: subprocess.Popen[bytes], port: int) -> None:
        self.process = process
        self.port = port

    @property
    def processes(self) -> list[psutil.Process]:
        leader = psutil.Process(self.process.pid)
        return [leader, *leader.children(recursive=True)]


def cpu_s(processes: list[psutil.Process]) -> float:
    """User and system time that living processes have used so far, in seconds."""
    total = 0.0
    for process in processes:
        try:
            times = process.cpu_times()
        except psutil.NoSuchProcess:
            continue
        total += times.user + times.system
    return total


def peak_rss_mib(processes: list[psutil.Process]) -> float:
    """The most memory that each has held so far, added up, in MiB. Linux only: elsewhere what is held now."""
    total = 0
    for process in processes:
        status = Path(f"/proc/{process.pid}/status")
        lines = status.read_text().splitlines() if status.exists() else []
        peak = [int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:")]
        total += peak[0] if peak else process.memory_info().rss
    return round(total / 2**20, 1)


def free_port() -> int:
    with closing(socket.socket()) as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


@contextmanager
def started(
    command: list[str], port: int, log: Path, *, ready: str = "/", environment: Mapping[str, str] | None = None
) -> Iterator[Server]:
    """Run a server until the end of the block. Raises RuntimeError with the end of its log if it does not start."""
    with log.open("ab") as output:
        process = subprocess.Popen(
            command, cwd=ROOT, env={**os.environ, **(environment or {})}, stdout=output, stderr=output
        )
        try:
            _wait(process, port, ready, log)
            yield Server(process, port)
        finally:
            process.terminate()
            try:
                process.wait(timeout=30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _wait(process: subprocess.Popen[bytes], port: int, path: str, log: Path) -> None:
    deadline = time.monotonic() + START_TIMEOUT_S
    while process.poll() is None and time.monotonic() < deadline:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", path)
            if connection.getresponse().status < 500:
                return
        except OSError:
            time.sleep(0.05)
        finally:
            connection.close()
    raise RuntimeError(f"{log.stem} did not start:\n{log.read_text()[-2000:]}")


def uvicorn(
    application: str, folder: Path, environment: Mapping[str, str] | None = None
) -> AbstractContextManager[Server]:
    """One uvicorn process with the event loop and parser that the hub uses too."""
    port = free_port()
    options = ["--port", str(port), "--loop", "uvloop", "--http", "httptools", "--no-access-log"]
    command = [str(BIN / "uvicorn"), application, *options, "--log-level", "warning"]
    return started(command, port, folder / f"{application.rpartition('.')[2].partition(':')[0]}.log",
                   environment=environment)  # fmt: skip


def gunicorn(
    application: str, folder: Path, environment: Mapping[str, str] | None = None
) -> AbstractContextManager[Server]:
    """One gunicorn worker of the default kind."""
    port = free_port()
    command = [str(BIN / "gunicorn"), application, "--workers", "1", "--bind", f"127.0.0.1:{port}"]
    command += ["--log-level", "warning", "--no-control-socket"]
    return started(command, port, folder / f"{application.partition(':')[0].rpartition('.')[2]}.log",
                   environment=environment)  # fmt: skip


def hub(data_dir: Path, database: str) -> AbstractContextManager[Server]:
    """The hub with the provider vonage, as a user starts it. ``database`` is a URL, or empty for SQLite."""
    port = free_port()
    environment = {
        "RECEIPTED_DATA_DIR": str(data_dir),
        "RECEIPTED_PORT": str(port),
        "RECEIPTED_DATABASE": database,
        "RECEIPTED_PROVIDERS__VONAGE__API_KEY": "abcd1234",
        "RECEIPTED_PROVIDERS__VONAGE__API_SECRET": "benchmark-secret",
        "RECEIPTED_LOG__LEVEL": "warning",
    }
    command = [sys.executable, "-m", "receipted", "serve"]
    return started(command, port, data_dir / "hub.log", ready="/readyz", environment=environment)
