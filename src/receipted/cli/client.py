"""The commands' way to a running hub: its JSON API, and the sentences for when it does not answer.

    address()   where the hub is: --url, RECEIPTED_URL, what the running hub wrote down, the settings
    token()     what lets us in: RECEIPTED_TOKEN, or the file that the hub made at its first start
    HubClient   the open connection, a method for each path

Nothing is asked twice by itself: whether trying again is safe is for the command to know.
"""

import json
import os
from collections.abc import AsyncIterator, Mapping
from types import TracebackType
from typing import Any

import aiohttp

from receipted.cli.answers import Json
from receipted.cli.configuration import load
from receipted.cli.failure import CommandError, Exit
from receipted.cli.hints import reachable
from receipted.settings import Settings

CONNECT_TIMEOUT_S = 3.0
TIMEOUT_S = 30.0
PAGE = 200
"""Messages asked for at once when many are wanted."""

OPTIONS: dict[str, str] = {"client_ref": "--client-ref", "cursor": "--after", "Idempotency-Key": "--idempotency-key"}
"""Fields whose option is not called like them."""


class Away(CommandError):
    """The hub does not answer now; it may later."""


def hub_file_url(settings: Settings) -> str | None:
    """The address that the hub running on ``settings.data_dir`` wrote into ``hub.json`` there, if one did."""
    try:
        url = json.loads((settings.data_dir / "hub.json").read_text("utf-8"))["url"]
    except (OSError, ValueError, LookupError, TypeError):
        return None
    return url if isinstance(url, str) else None


def address(url: str | None) -> str:
    """Where the hub is, without a slash at the end. ``url`` is the option --url."""
    given = url or os.environ.get("RECEIPTED_URL")
    if not given:
        settings = load()
        scheme = "https" if settings.tls_cert else "http"
        host = f"[{settings.host}]" if ":" in settings.host else settings.host
        given = hub_file_url(settings) or reachable(f"{scheme}://{host}:{settings.port}")
    if not given.startswith(("http://", "https://")):
        raise CommandError(f"--url: {given!r} is no web address; write http://127.0.0.1:8000.", code=Exit.USAGE)
    return given.rstrip("/")


def token() -> str:
    """The API token. Raises CommandError if none is to be had."""
    given = os.environ.get("RECEIPTED_TOKEN")
    if given:
        return given.strip()
    file = load().token_file
    try:
        return file.read_text("utf-8").strip()
    except FileNotFoundError:
        raise CommandError(
            f"No hub has run with the data folder {file.parent}: start one with `receipted serve`, or set "
            "RECEIPTED_URL and RECEIPTED_TOKEN for one that runs elsewhere."
        ) from None
    except OSError as problem:
        raise CommandError(
            f"No API token: RECEIPTED_TOKEN is not set and {file} cannot be read ({problem.strerror}).",
            "Run this as the user who started the hub, or set RECEIPTED_TOKEN.",
        ) from None


class HubClient:
    """``async with HubClient(url) as hub``: talks to the hub.

    Methods raise CommandError, and Away where the hub does not answer.
    """

    def __init__(self, url: str | None) -> None:
        self.url = address(url)
        self._token = token()

    async def __aenter__(self) -> "HubClient":
        self._session = aiohttp.ClientSession(
            headers={"Authorization": f"Bearer {self._token}", "Accept": "application/json"},
            timeout=aiohttp.ClientTimeout(total=TIMEOUT_S, sock_connect=CONNECT_TIMEOUT_S),
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._session.close()

    async def send(self, request: Json, idempotency_key: str) -> Json:
        """Have a message sent. Asked again with the same key, the hub answers the same message and sends nothing."""
        return await self._call("POST", "/v1/messages", body=request, headers={"Idempotency-Key": idempotency_key})

    async def message(self, message_id: str) -> Json:
        """One message with its parts."""
        return await self._call("GET", f"/v1/messages/{segment(message_id)}")

    async def timeline(self, message_id: str) -> Json:
        """One message with all that happened to it."""
        return await self._call("GET", f"/v1/messages/{segment(message_id)}/timeline")

    async def messages(self, which: Mapping[str, str], limit: int | None) -> AsyncIterator[Json]:
        """Messages, newest first, page by page; ``limit`` None for all."""
        cursor: str | None = None
        left = limit
        while left is None or left > 0:
            page = PAGE if left is None else min(PAGE, left)
            query = {**which, "limit": str(page)} | ({"cursor": cursor} if cursor else {})
            answer = await self._call("GET", "/v1/messages", query=query)
            found = _list(answer, "messages")
            for message in found[:page]:
                yield message
            left = None if left is None else left - len(found)
            cursor = answer.get("next_cursor")
            if not cursor or not found:
                return

    async def unmatched(self, limit: int) -> list[Json]:
        """Receipts whose message is not known, newest first."""
        answer = await self._call("GET", "/v1/unmatched", query={"limit": str(limit)})
        return _list(answer, "receipts")

    async def rejected(self, limit: int) -> list[Json]:
        """Webhook requests that the hub refused, newest first."""
        answer = await self._call("GET", "/v1/rejected", query={"limit": str(limit)})
        return _list(answer, "rejected")

    async def binds(self) -> list[Json]:
        """The binds with carriers, as they are now."""
        return _list(await self._call("GET", "/v1/binds"), "binds")

    async def inbound(self, limit: int) -> list[Json]:
        """SMS from phones and receipts that could not be read, newest first."""
        return _list(await self._call("GET", "/v1/inbound", query={"limit": str(limit)}), "inbound")

    async def events(self, after: str | None, wait_s: int, limit: int = PAGE) -> tuple[list[Json], str | None]:
        """Events after a cursor ("now": the newest; None: the very first) and the cursor to go on from.

        The hub holds the answer back for up to ``wait_s`` until there is one.
        """
        query = {"limit": str(limit), "wait_s": str(wait_s)} | ({"after": after} if after else {})
        answer = await self._call("GET", "/v1/events", query=query)
        return _list(answer, "events"), answer.get("cursor")

    async def get(self, path: str, **query: str | None) -> Json:
        """Any other question; parameters that are None are left out."""
        return await self._call("GET", path, query={name: value for name, value in query.items() if value is not None})

    async def change(self, method: str, path: str, body: Json | None = None) -> Json:
        """Any other change."""
        return await self._call(method, path, body=body)

    async def _call(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: Json | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Json:
        try:
            async with self._session.request(
                method, self.url + path, params=query, json=body, headers=headers, allow_redirects=False
            ) as answer:
                return _read(answer.status, await answer.read(), self.url)
        except TimeoutError:
            raise Away(f"The hub at {self.url} did not answer within {TIMEOUT_S:.0f} s.") from None
        except aiohttp.InvalidURL:
            raise CommandError(f"--url: {self.url!r} is no web address.", code=Exit.USAGE) from None
        except aiohttp.ClientConnectorCertificateError as problem:
            raise CommandError(
                f"The certificate of {self.url} does not hold: {problem.certificate_error}.",
                "Use the name that is in the certificate with --url; for an own authority, set SSL_CERT_FILE.",
            ) from None
        except aiohttp.ClientConnectorError:
            raise Away(
                f"No hub answers at {self.url}: start one with `receipted serve`, or say where it is with --url."
            ) from None
        except aiohttp.ClientError as problem:
            raise Away(f"The connection to {self.url} broke: {problem or type(problem).__name__}.") from None


def segment(text: str) -> str:
    """An id as one segment of a path; raises CommandError for what can be no id."""
    if not text or not all(c.isascii() and (c.isalnum() or c in "-_") for c in text):
        raise CommandError(f"{text!r} is no message id; `receipted messages` lists them.", code=Exit.USAGE)
    return text


def _list(answer: Json, name: str) -> list[Json]:
    found = answer.get(name)
    if not isinstance(found, list) or not all(isinstance(item, dict) for item in found):
        raise CommandError(f"The hub's answer has no list {name!r}. Is this the address of a receipted hub?")
    return found


def _read(status: int, body: bytes, url: str) -> Json:
    """The JSON object of an answer. Raises CommandError with the sentence for any answer that is not 2xx."""
    try:
        value: Any = json.loads(body)
    except ValueError:
        value = None
    if 200 <= status < 300 and isinstance(value, dict):
        return value
    raise _refusal(status, value if isinstance(value, dict) else {}, url)


def _refusal(status: int, problem: Json, url: str) -> CommandError:
    """An answer that is not 2xx, in words. The problem document is that of RFC 9457."""
    detail = str(problem.get("detail") or problem.get("title") or "")
    if status in (401, 403):
        return CommandError(
            f"The hub at {url} does not take this API token.",
            "It is in the file `token` of the hub's data folder: run this as the user who started the hub, or set "
            "RECEIPTED_TOKEN.",
        )
    field = problem.get("field")
    if 400 <= status < 500 and field:
        option = OPTIONS.get(str(field), f"--{field}".replace("_", "-"))
        return CommandError(f"{option}: {detail.removeprefix(f'{field}: ')}", code=Exit.USAGE)
    if not problem:
        return CommandError(
            f"{url} answered HTTP {status} and nothing that we know. Is it the address of a receipted hub?"
        )
    if status == 503:
        return Away(f"The hub cannot do this now: {detail.rstrip('.')}.", "Try again in a moment.")
    detail = detail[:1].upper() + detail[1:].removesuffix(".") + "." if detail else ""
    return CommandError(detail or f"The hub answered HTTP {status}.")
