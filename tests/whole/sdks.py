"""Official SDKs as programs of their own (tests/peers), the HTTPS they insist on, and where receipts come in."""

import asyncio
import json
import os
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

import trustme
from aiohttp import web

from tests.peers.programs import PEERS
from tests.whole.hubs import Client, HubProcess, until

SECRET = "Secret123"
SIGNATURE_SECRET = "my_secret_1"
METHODS = ("md5hash", "md5", "sha1", "sha256", "sha512")
HMAC = METHODS[1:]
FORMS = ("GET", "POST", "POST-JSON")
SETTINGS = {"CARRIER__SPEED": "1000", "WEBHOOKS__ALLOW": '["127.0.0.1"]'}
"""Of a hub whose simulated carrier is quick, and which may call this machine."""
TRICKY = "a&b=c_d+é €%26"
"""What signing, the query, a form and JSON each write in another way."""
LONG = "Every SMS, receipted. " * 20
"""Three parts."""
BODY, UDH = "0011bbff", "06050415811581"
KEPT = [
    ("text", "5 € & 3 = 8", "", "", 1, TRICKY),
    ("unicode", "Grüße 🎉", "", "", 1, None),
    ("text", LONG, "", "", 3, None),
    ("binary", "", BODY, UDH, 1, None),
]
"""What the hub is to keep of the four SMS that each SDK sends: type, text, body, udh, parts and client-ref."""
PRICES = [{"prefix": "447", "price": "0.0333", "country": "GB", "network": "23410", "network_name": "O2 UK"}]
SIGNED = (
    "msisdn", "to", "messageId", "price", "status", "scts", "err-code", "api-key", "client-ref", "message-timestamp",
    "timestamp", "nonce",
)  # fmt: skip
"""What is in every receipt that the simulated carrier causes, beside ``sig``."""
ADDED = "text"
TIMEOUT_S = 60.0


class Reply(NamedTuple):
    """What one call gave: its result, or the class and text of what it raised."""

    result: Any
    error: Any


async def ask(
    command: Sequence[str], asked: Mapping[str, Any], *calls: tuple[str, Any], authority: Path | None = None
) -> list[Reply]:
    """Run the program of an SDK and have it make these calls one after the other. ``authority``: whom it trusts."""
    trusting = {name: str(authority) for name in ("REQUESTS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS") if authority}
    process = await asyncio.create_subprocess_exec(
        *command, cwd=PEERS, env={**os.environ, **trusting},
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        async with asyncio.timeout(TIMEOUT_S):
            out, errors = await process.communicate(json.dumps({**asked, "calls": calls}).encode())
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode == 0, errors.decode()
    return [Reply(result, error) for result, error in json.loads(out)]


def over_https(hub: HubProcess, folder: Path) -> Path:
    """Have a hub that is not started yet speak HTTPS. Returns the certificate of the authority to be trusted."""
    authority = trustme.CA()
    issued = authority.issue_cert("127.0.0.1")
    trusted, cert, key = folder / "authority.pem", folder / "cert.pem", folder / "key.pem"
    authority.cert_pem.write_to_path(str(trusted))
    issued.cert_chain_pems[0].write_to_path(str(cert))
    issued.private_key_pem.write_to_path(str(key))
    hub.environment |= {"RECEIPTED_TLS_CERT": str(cert), "RECEIPTED_TLS_KEY": str(key)}
    hub.tls = ssl.create_default_context(cafile=str(trusted))
    return trusted


async def open_account(client: Client, **settings: Any) -> str:
    """Open an account with SECRET, and return its api key."""
    status, opened = await client.call("POST", "/v1/accounts", {"api_secret": SECRET, **settings})
    assert status == 201, opened
    return str(opened["account"]["api_key"])


async def open_funded_account(client: Client, **settings: Any) -> str:
    """Open an account that has 10 and pays PRICES."""
    key = await open_account(client, **settings)
    assert (await client.call("PUT", "/v1/prices", {"prices": PRICES}))[0] == 200
    assert (await client.call("POST", f"/v1/accounts/{key}/payments", {"amount": "10"}))[0] == 201
    return key


async def kept(client: Client, message_ids: Sequence[str]) -> list[tuple[Any, ...]]:
    """What the hub has of these messages, as KEPT has it."""
    names = ("type", "text", "body", "udh", "part_count", "client_ref")
    return [tuple(message[name] for name in names) for message in [await client.message(one) for one in message_ids]]


@dataclass(frozen=True)
class Came:
    """A webhook request as it came: nothing of it is decoded, since that is for the language of each SDK."""

    method: str
    path: str
    query: str
    type: str
    body: str


class Webhook:
    """A server that answers 200 to everything and keeps it in ``came``."""

    def __init__(self) -> None:
        self.came: list[Came] = []
        self.url = ""

    async def __aenter__(self) -> "Webhook":
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._take)
        self._runner = web.AppRunner(app, shutdown_timeout=0, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()

    async def delivered(self, message_id: str, path: str) -> Came:
        """Wait for the final receipt of a message at this path, and return it."""

        def found() -> Came | None:
            for came in self.came:
                said = came.query + came.body
                if came.path == path and message_id in said and "delivered" in said:
                    return came
            return None

        came: Came = await until(found, 20.0, f"the receipt of {message_id} at {path}")
        return came

    async def _take(self, request: web.Request) -> web.Response:
        query, kind = request.rel_url.raw_query_string, request.headers.get("content-type", "")
        self.came.append(Came(request.method, request.path, query, kind, (await request.read()).decode()))
        return web.Response()


async def deliveries(hub: HubProcess) -> dict[tuple[str, str], Came]:
    """The final receipt of one SMS, for an account of every signature method and form of webhook."""
    cases = list(product(METHODS, FORMS))
    async with Webhook() as webhook, Client(hub) as client:
        ids = []
        for method, form in cases:
            key = await open_account(
                client,
                dlr_url=f"{webhook.url}/{method}/{form}",
                dlr_method=form,
                signature_secret=SIGNATURE_SECRET,
                signature_method=method,
            )
            asked = {"api_key": key, "api_secret": SECRET, "from": "AcmeInc", "to": "447700900000", "text": "Hello"}
            _, answer = await client.call("POST", "/sms/json", {**asked, "client-ref": TRICKY})
            ids.append(answer["messages"][0]["message-id"])
        return {
            (method, form): await webhook.delivered(message_id, f"/{method}/{form}")
            for (method, form), message_id in zip(cases, ids, strict=True)
        }


async def misjudged(
    command: Sequence[str], asked: Mapping[str, Any], came: Mapping[tuple[str, str], Came], methods: Sequence[str]
) -> list[str]:
    """Let an SDK check each receipt as it came and with each field altered in turn: what it does not judge right."""
    asking = list(product(methods, FORMS, ("", *SIGNED, ADDED)))
    calls = [
        ("check", {"came": asdict(came[method, form]), "secret": SIGNATURE_SECRET, "method": method, "change": change})
        for method, form, change in asking
    ]
    replies = await ask(command, asked, *calls)
    return [
        f"{method} by {form}, {f'{change} altered' if change else 'as it came'}: {reply}"
        for (method, form, change), reply in zip(asking, replies, strict=True)
        if reply != Reply(not change, None)
    ]
