"""A hub inside somebody's own application: the example of docs/embedding.md as a process, and other frameworks."""

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import uvicorn
from litestar import Litestar, asgi
from litestar.types import Receive, Scope, Send
from starlette.applications import Starlette
from starlette.routing import Mount

from receipted import Hub
from receipted.domain.event import Event
from receipted.domain.status import Status
from receipted.doors.server import listen
from receipted.settings import Settings
from tests.whole.far_vonage import FarVonage, receipt
from tests.whole.hubs import until

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "fastapi_app.py"


def test_the_example_is_short_and_on_the_page() -> None:
    text = EXAMPLE.read_text()
    assert text.count("\n") < 30
    assert f"```python\n{text}```" in (ROOT / "docs" / "embedding.md").read_text()


async def test_the_example_as_a_process(tmp_path: Path, far: FarVonage) -> None:
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("RECEIPTED_")},
        "RECEIPTED_DATA_DIR": str(tmp_path / "data"),
        **{f"RECEIPTED_{name}": value for name, value in far.settings().items()},
    }
    log = tmp_path / "log"
    with listen("127.0.0.1", 0) as sock, log.open("wb") as out:
        os.set_inheritable(sock.fileno(), True)
        process = subprocess.Popen(
            [sys.executable, "-m", "uvicorn", "examples.fastapi_app:app", "--fd", str(sock.fileno())],
            cwd=ROOT, env=environment, stdout=out, stderr=out, close_fds=False,
        )  # fmt: skip
        url = f"http://127.0.0.1:{sock.getsockname()[1]}"
    try:
        await until(lambda: "startup complete" in log.read_text(), 30, "the application to start")
        async with aiohttp.ClientSession() as session, session.post(f"{url}/greet/447700900000") as answer:
            assert answer.status == 200
            message_id = await answer.json()
        await until(lambda: f"{message_id} is submitted" in log.read_text(), what="the callback")
        assert await far.push(f"{url}/sms/webhooks/vonage", receipt(far.ids[message_id]), "form") == 200
        await until(lambda: f"{message_id} is delivered" in log.read_text(), what="the callback")
    finally:
        process.terminate()
        await asyncio.to_thread(process.wait, 15)
    assert "Traceback" not in log.read_text()


def in_starlette(hub: Hub) -> Any:
    return Starlette(routes=[Mount("/sms", app=hub.webhooks)], lifespan=hub.lifespan)


def in_litestar(hub: Hub) -> Any:
    @asgi("/sms", is_mount=True, copy_scope=True)
    async def webhooks(scope: Scope, receive: Receive, send: Send) -> None:
        await hub.webhooks(scope, receive, send)  # type: ignore[arg-type]

    return Litestar([webhooks], lifespan=[hub.lifespan])


@asynccontextmanager
async def served(app: Any) -> AsyncIterator[str]:
    """The application by uvicorn on a free port, with its lifespan."""
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="on"))
    sock = listen("127.0.0.1", 0)
    serving = asyncio.create_task(server._serve([sock]))
    await until(lambda: server.started or serving.done(), what="the application to start")
    try:
        yield f"http://127.0.0.1:{sock.getsockname()[1]}"
    finally:
        server.should_exit = True
        await serving
        sock.close()


@pytest.mark.parametrize("framework", [in_starlette, in_litestar])
async def test_mounted(tmp_path: Path, far: FarVonage, framework: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in far.settings().items():
        monkeypatch.setenv(f"RECEIPTED_{name}", value)
    hub = Hub(Settings(data_dir=tmp_path / "data"), observe=lambda what, **facts: None)
    heard: list[Status] = []

    @hub.on_event
    async def changed(event: Event) -> None:
        heard.append(event.status)

    async with served(framework(hub)) as url:
        message = await hub.send(to="447700900000", from_="AcmeInc", text="Hello")
        await until(lambda: heard == ["queued", "submitted"], what="the callback")
        fields = receipt(far.ids[message.id])
        for how in ("json", "form", "get"):
            assert await far.push(f"{url}/sms/webhooks/vonage", fields, how) == 200
        assert await far.push(f"{url}/sms/sms_delivery_receipts", fields) == 200
        assert await far.push(f"{url}/sms/elsewhere", fields) == 404
        assert await far.push(f"{url}/sms/webhooks/vonage", {"messageId": "1"}) == 400
        await until(lambda: heard == ["queued", "submitted", "delivered"], what="the callback")
        assert (await hub.message(message.id)).status == "delivered"
    heard.clear()
    async with served(framework(hub)):
        await hub.send(to="447700900000", from_="AcmeInc", text="Again")
        await until(lambda: heard == ["queued", "submitted"], what="the callback, after a restart")
