"""Call a webhook address as Vonage's dashboard does when it is saved, and say in words what is wrong with it."""

from collections.abc import Collection
from urllib.parse import urlsplit
from uuid import uuid4

import msgspec

from receipted.dialects.vonage.fields import Transport, encode
from receipted.dialects.vonage.receipt import signed, write
from receipted.domain.receipt import Receipt
from receipted.domain.status import Status
from receipted.hub.ports import Http, HttpAnswer, HttpFailure

FORMATS: tuple[tuple[str, str, Transport], ...] = (
    ("GET", "GET", "get"),
    ("POST", "POST", "form"),
    ("POST-JSON", "POST", "json"),
)
"""The webhook formats by their names in the dashboard, with the HTTP method and the transport (reference 2.2)."""
EVERY = tuple(name for name, _, _ in FORMATS)

MESSAGE_ID = "receipted-probe"
"""The messageId of the example receipt. No provider makes such ids, so it matches no message."""

CONNECT_TIMEOUT_S, TIMEOUT_S = 3.0, 15.0
"""How long Vonage waits for a connection and for an answer (reference 2.6)."""

FAILURES: dict[str, str] = {
    "dns": "Check the spelling of the host name, and that the public name service knows it.",
    "guarded": "",
    "refused": "Start the server, and check port and firewall.",
    "connect-timeout": f"Let the address in at the firewall; Vonage waits {CONNECT_TIMEOUT_S:.0f} s for a connection.",
    "tls": "Install a certificate of a public authority, for this host name, with its whole chain.",
    "timeout": f"Answer first and work later; Vonage waits {TIMEOUT_S:.0f} s.",
    "broken": "Look into the server's log: it closed the connection without an answer.",
}
STATUSES: dict[int, tuple[str, str]] = {
    400: ("the handler refuses the receipt", "Look into its log: an example receipt has all documented fields."),
    401: (
        "it checks signatures or wants a login",
        (
            "Give --secret and --method as the account has them; the hub's refused requests (`receipted rejected`) "
            "say what differed. No login may stand in front of the address."
        ),
    ),
    403: ("access is forbidden", "Take the address out of the CSRF guard and the login; check receipts by signature."),
    404: ("there is nothing at that path", "Correct the path, or add the route."),
    405: (
        "the handler is for another method",
        "Choose a format in the dashboard that the handler takes, or add the method.",
    ),
    411: ("it wants a length", "Let the server take requests as HTTP clients send them."),
    413: ("it finds the request too large", "Raise the limit of the server or its proxy."),
    415: ("the handler does not take this content type", "Choose another format, or let the handler read this one."),
    429: ("it limits the rate", "Take the address out of the rate limit."),
    503: (
        "the hub or its database is away for the moment",
        "Try again soon; a provider does so by itself. If it lasts, look into the server's log.",
    ),
}
"""What refusals mean for a webhook, and how to mend it."""
PROBLEM_JSON = "application/problem+json"
DETAIL_CHARACTERS = 300
"""As much of a server's own explanation as is quoted."""
UNREACHABLE = frozenset(("dns", "guarded", "refused", "connect-timeout", "tls"))


class ProbeResult(msgspec.Struct, frozen=True, kw_only=True):
    """What came of one format. ``cure`` is "" where nothing is wrong; ``status`` is None without an answer."""

    format: str
    ok: bool
    said: str
    cure: str = ""
    status: int | None = None
    elapsed_ms: int | None = None


async def probe(
    http: Http,
    url: str,
    *,
    now_ms: int,
    secret: str = "",
    method: str = "md5hash",
    formats: Collection[str] = EVERY,
) -> list[ProbeResult]:
    """Call ``url`` once in each format with an example receipt that matches no message, signed if a secret is given.

    One result for each format. An address that cannot be reached at all is tried once only.
    """
    asked = [row for row in FORMATS if row[0] in formats]
    wrong = _not_a_url(url)
    if wrong:
        return [ProbeResult(format=name, ok=False, said=wrong[0], cure=wrong[1]) for name, _, _ in asked]
    results: list[ProbeResult] = []
    failure: HttpFailure | None = None
    for name, verb, transport in asked:
        if failure is None or failure.kind not in UNREACHABLE:
            said = await _call(http, url, verb, transport, _example(now_ms, secret, method))
            failure = said if isinstance(said, HttpFailure) else None
        results.append(_result(name, failure or said))
    return results


def _example(now_ms: int, secret: str, method: str) -> dict[str, str]:
    fields = write(
        Receipt(
            provider="",
            provider_message_id=MESSAGE_ID,
            digest="",
            status=Status.DELIVERED,
            raw_status="delivered",
            carrier_ms=now_ms,
            network="23410",
            price="0.03330000",
            recipient="447700900000",
            sender="receipted",
        ),
        pushed_ms=now_ms,
    )
    return signed(fields, secret=secret, method=method, nonce=str(uuid4()), now_ms=now_ms) if secret else fields


async def _call(
    http: Http, url: str, verb: str, transport: Transport, fields: dict[str, str]
) -> HttpAnswer | HttpFailure:
    content_type, sent = encode(fields, transport)
    in_query = transport == "get"
    return await http.call(
        verb,
        f"{url}{'&' if '?' in url else '?'}{sent.decode()}" if in_query else url,
        headers=None if in_query else {"Content-Type": content_type},
        body=None if in_query else sent,
        connect_timeout_s=CONNECT_TIMEOUT_S,
        timeout_s=TIMEOUT_S,
    )


def _result(name: str, said: HttpAnswer | HttpFailure) -> ProbeResult:
    if isinstance(said, HttpFailure):
        return ProbeResult(format=name, ok=False, said=said.problem, cure=FAILURES.get(said.kind, ""))
    words, cure = _judged(said)
    return ProbeResult(format=name, ok=not cure, said=words, cure=cure, status=said.status, elapsed_ms=said.elapsed_ms)


def _judged(said: HttpAnswer) -> tuple[str, str]:
    status = said.status
    if status == 200:
        return "answered 200", ""
    if 200 < status < 300:
        return f"answered {status}: fine for receipts, but the dashboard asks for 200 when the address is saved", ""
    if 300 <= status < 400:
        where = said.headers.get("location", "")[:200] or "somewhere else"
        return (
            f"answered {status}: a redirect to {where}",
            "Set the address that it leads to; redirects are not followed.",
        )
    failed = ("the server failed", "Look into the server's log for the error.")
    refused = ("the request is refused", "Look into the server's log for the reason.")
    words, cure = STATUSES.get(status, failed if status >= 500 else refused)
    detail = _detail(said)
    return f"answered {status}: {words}" + (f" ({detail})" if detail else ""), cure


def _detail(said: HttpAnswer) -> str:
    """What the server itself says is wrong, on one line, if it says so as RFC 9457 has it; else ""."""
    if said.headers.get("content-type", "").partition(";")[0].strip().lower() != PROBLEM_JSON:
        return ""
    try:
        detail = msgspec.json.decode(said.body, type=_Problem).detail
    except (msgspec.DecodeError, UnicodeDecodeError):
        return ""
    return " ".join(detail[:DETAIL_CHARACTERS].split()).rstrip(".")


class _Problem(msgspec.Struct):
    """The one member of a problem document that is quoted."""

    detail: str = ""


def _not_a_url(url: str) -> tuple[str, str] | None:
    cure = "Write the whole address, such as https://example.com/webhooks/vonage."
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname or "", parts.port
    except ValueError:
        return "it is not a URL", cure
    if parts.scheme not in ("http", "https") or not host:
        return "it is not an http(s) URL", cure
    if any(char.isspace() for char in url):
        return "it has a blank in it", cure
    if "_" in host:
        return "its host name has an underscore", "Use a host name of letters, digits and hyphens (reference 2.7)."
    return None
