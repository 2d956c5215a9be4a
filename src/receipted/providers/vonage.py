"""Vonage (Nexmo), SMS API: https://developer.vonage.com/en/messaging/sms/overview (reference 1-3).

The wire itself is ``dialects.vonage``; here is what its answers mean for a message on its way.

Long because a provider is one file: its settings, its tables and the six methods of the port.
"""

import base64
import re
from collections.abc import Sequence
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator

from receipted.dialects.vonage import answer as answers
from receipted.dialects.vonage import receipt as receipts
from receipted.dialects.vonage import submit as submits
from receipted.dialects.vonage.codes import OK, SUBMIT, THROTTLED, receipt_advice, submit_advice
from receipted.dialects.vonage.fields import RECEIPT, Decoded, decode, encode
from receipted.dialects.vonage.signature import verify
from receipted.domain.advice import Advice
from receipted.domain.errors import Unauthentic
from receipted.domain.phone import without_numbers
from receipted.domain.receipt import Receipt, Signature
from receipted.hub.links import Link
from receipted.hub.ports import (
    Ambiguous,
    Answered,
    Deferred,
    Deliver,
    Finding,
    HttpAnswer,
    HttpFailure,
    Outcome,
    Outstanding,
    PartAnswer,
    Provider,
    Submission,
    TakeInbound,
    WebhookRequest,
)
from receipted.providers import Context, Kind

PERHAPS_TAKEN = frozenset(("13",))
"""Submit statuses that do not say for certain that the request went no further (1.5): communication failed, which
newer servers do not give any more. A person may send again; by itself that could send twice."""
AGAIN = frozenset(row.code for row in SUBMIT if row.retry) - PERHAPS_TAKEN
"""Submit statuses after which the same request is sent again (1.5): throttled, internal error, too many binds."""
SLOWER = frozenset((THROTTLED, "10"))
"""Those of them that ask for a lower rate."""
HTTP_AGAIN = frozenset((429, 503))
"""HTTP statuses that say that the request was not taken, and may be later."""
HTTP_UNCLEAR = frozenset((408,))
"""A refusal that a proxy may give after the request went through."""
CLOCK_OFF_S = 30
REASON_CHARACTERS = 300
LONGEST_WAIT_MS = 3_600_000


class VonageSettings(BaseModel):
    """An account at Vonage. Get the values from its dashboard, under API Settings."""

    model_config = ConfigDict(extra="forbid")

    api_key: str = Field("", description="The account's API key.")
    api_secret: SecretStr = Field(SecretStr(""), description="The account's API secret.")
    signature_secret: SecretStr = Field(
        SecretStr(""), description="The account's signature secret, to check receipts with. It is not the API secret."
    )
    signature_method: Literal["md5hash", "md5", "sha1", "sha256", "sha512"] = Field(
        "md5hash", description="The account's signature method: md5hash, or HMAC by md5, sha1, sha256 or sha512."
    )
    sign_requests: bool = Field(False, description="Sign requests with signature_secret in place of the API secret.")
    require_signature: bool | None = Field(
        None, description="Refuse receipts that are not signed. Default: yes where signature_secret is set."
    )
    tolerance_s: int = Field(
        259_200,
        ge=0,
        description="How far a signed timestamp may be from now, in seconds; 0 does not look. Vonage may repeat a "
        "receipt unchanged for 72 h, and a repetition changes nothing.",
    )
    base_url: str = Field(
        "https://rest.nexmo.com",
        pattern=r"^https?://[^\s?#]+$",
        description="Where the API is: Vonage, or another hub.",
    )
    rate_per_s: float = Field(30, ge=0, description="Requests per second that the account may send; 0 for no limit.")
    concurrency: int = Field(16, ge=1, le=1_000, description="Requests under way at once.")
    timeout_s: float = Field(15, gt=0, le=300, description="How long an answer to a request may take, in seconds.")
    receipt_due_s: int = Field(
        259_200, ge=1, description="How long a final receipt may take before a message is unknown, in seconds."
    )
    receipt_due_s_by_country: dict[str, int] = Field(
        default_factory=dict, description="The same by country, as in { US = 3600 }: two-letter code and seconds."
    )

    @model_validator(mode="after")
    def _secret_is_there(self) -> "VonageSettings":
        if (self.sign_requests or self.require_signature) and not self.signature_secret.get_secret_value():
            raise ValueError("sign_requests and require_signature need signature_secret: set it, or leave them out")
        return self

    @model_validator(mode="after")
    def _account_is_whole(self) -> "VonageSettings":
        # Half an account would silently leave the messages to the next provider that can send.
        signs = self.sign_requests
        if self.api_key and not signs and not self.api_secret.get_secret_value():
            raise ValueError("api_secret is missing: set it beside api_key, or leave both out to receive only")
        if not self.api_key and (signs or self.api_secret.get_secret_value()):
            beside = "sign_requests" if signs else "api_secret"
            raise ValueError(f"api_key is missing: set it beside {beside}, or leave both out to receive only")
        return self


class Vonage:
    """The Provider port, for one account."""

    retry_status = 503
    resumes = False

    def __init__(self, name: str, settings: VonageSettings, context: Context) -> None:
        self.name = name
        self.rate_per_s = settings.rate_per_s
        self.concurrency = settings.concurrency
        alias = ("/sms_delivery_receipts",) if name == "vonage" else ()
        self.webhook_paths: tuple[str, ...] = (f"/webhooks/{name}", *alias)
        self._settings = settings
        self._api_secret = settings.api_secret.get_secret_value()
        self._signature_secret = settings.signature_secret.get_secret_value()
        required = settings.require_signature
        self._must_be_signed = bool(self._signature_secret) if required is None else required
        self._due_s = {country.upper(): due_s for country, due_s in settings.receipt_due_s_by_country.items()}
        self._url = settings.base_url.rstrip("/")
        self._http = context.http
        self._clock = context.clock

    def due_s(self, country: str) -> int:
        return self._due_s.get(country, self._settings.receipt_due_s)

    def missing(self) -> str | None:
        if self._settings.api_key and (self._api_secret or self._settings.sign_requests):
            return None
        section = self.name.upper()
        return (
            f"no Vonage account: set api_key and api_secret in [providers.{self.name}], "
            f"or RECEIPTED_PROVIDERS__{section}__API_KEY and RECEIPTED_PROVIDERS__{section}__API_SECRET"
        )

    def ready(self) -> str | None:
        return self.missing()

    async def submit(self, submission: Submission) -> Outcome:
        content_type, body = encode(self._authorised(_request(submission)), "form")
        said = await self._http.call(
            "POST",
            f"{self._url}/sms/json",
            headers={"Content-Type": content_type, "Accept": "application/json"},
            body=body,
            timeout_s=self._settings.timeout_s,
        )
        if isinstance(said, HttpFailure):
            return Ambiguous(reason=said.problem) if said.sent else Deferred(reason=said.problem)
        if said.status // 100 != 2:
            return self._http_refusal(said, submission.part_count)
        try:
            items = answers.read(said.body)
        except answers.AnswerError as problem:
            return Ambiguous(reason=f"Vonage answered HTTP {said.status}, but it cannot be read: {problem}")
        return self._outcome(items, submission.part_count)

    def read(self, request: WebhookRequest, now_ms: int) -> list[Receipt]:
        decoded = decode(request.method, request.query, request.content_type, request.body, RECEIPT)
        if not decoded.fields:
            return []
        signature = self._verified(decoded, now_ms)
        return [
            receipts.read(
                decoded.fields,
                provider=self.name,
                raw=decoded.raw,
                transport=decoded.transport,
                signature=signature,
            )
        ]

    def advise(self, err_code: str, *, at_submit: bool) -> Advice | None:
        if not err_code:
            return None
        return submit_advice(err_code) if at_submit else receipt_advice(err_code)

    async def start(self, deliver: Deliver, take_inbound: TakeInbound) -> None:
        """Nothing to do: receipts come by webhook."""

    async def resume(self, outstanding: Sequence[Outstanding]) -> None:
        """Nothing to do: Vonage goes on sending receipts by itself."""

    async def close(self) -> None:
        """Nothing to do: the HTTP client belongs to who made it."""

    def links(self) -> list[Link]:
        """None: HTTP keeps no binds."""
        return []

    async def check(self) -> list[Finding]:
        missing = self.missing()
        if missing:
            return [Finding(what=f"{self.name} account", ok=False, said="not configured", cure=missing)]
        token = base64.b64encode(f"{self._settings.api_key}:{self._api_secret}".encode()).decode()
        said = await self._http.call(
            "GET", f"{self._url}/account/get-balance", headers={"Authorization": f"Basic {token}"}
        )
        if isinstance(said, HttpFailure):
            cure = "Check base_url, the name service and the firewall."
            return [Finding(what=f"{self.name} reachable", ok=False, said=said.problem, cure=cure)]
        reached = Finding(what=f"{self.name} reachable", ok=True, said=f"answered in {said.elapsed_ms} ms")
        return [reached, self._credentials(said), *self._clocks(said)]

    def _authorised(self, fields: dict[str, str]) -> dict[str, str]:
        settings = self._settings
        if not settings.sign_requests:
            return {**fields, "api_key": settings.api_key, "api_secret": self._api_secret}
        return submits.signed(
            fields,
            api_key=settings.api_key,
            secret=self._signature_secret,
            method=settings.signature_method,
            now_ms=self._clock(),
        )

    def _outcome(self, items: list[answers.Item], part_count: int) -> Outcome:
        statuses = {item.status for item in items}
        if statuses <= AGAIN:
            waits = [wait for item in items if (wait := answers.throttle_wait_ms(item.error_text or "")) is not None]
            return Deferred(
                reason=self._reason(items[0]), wait_ms=max(waits, default=None), throttled=bool(statuses & SLOWER)
            )
        parts = [self._part(item) for item in items]
        if OK not in statuses:
            # An error that concerns the whole message comes as one item, however many parts there would have been.
            parts += parts[-1:] * (part_count - len(parts))
        return Answered(parts=tuple(parts))

    def _part(self, item: answers.Item) -> PartAnswer:
        if item.status == OK:
            return PartAnswer(provider_message_id=item.message_id, network=item.network, price=item.price)
        return PartAnswer(err_code=item.status, reason=self._reason(item), network=item.network, price=item.price)

    def _reason(self, item: answers.Item) -> str:
        advice = submit_advice(item.status)
        return f"{self._safe(item.error_text or advice.meaning)} (status {self._safe(item.status)}). {advice.advice}"

    def _http_refusal(self, said: HttpAnswer, part_count: int) -> Outcome:
        if said.status in HTTP_AGAIN:
            return Deferred(
                reason=f"Vonage answered HTTP {said.status}",
                wait_ms=self._retry_after_ms(said),
                throttled=said.status == 429,
            )
        if said.status >= 500 or said.status < 300 or said.status in HTTP_UNCLEAR:
            return Ambiguous(reason=f"Vonage answered HTTP {said.status}")
        code = f"http-{said.status}"
        advice = submit_advice(code)
        cure = "Correct base_url: it answers with a redirect." if said.status < 400 else advice.advice
        refused = PartAnswer(err_code=code, reason=f"Vonage answered HTTP {said.status}: {advice.meaning}. {cure}")
        return Answered(parts=(refused,) * max(part_count, 1))

    def _retry_after_ms(self, said: HttpAnswer) -> int | None:
        """Retry-After in seconds or as a date (RFC 9110, 10.2.3)."""
        text = said.headers.get("retry-after", "").strip()
        if re.fullmatch(r"[0-9]{1,9}", text):
            return min(int(text) * 1000, LONGEST_WAIT_MS)
        at_ms = _http_date_ms(text)
        return None if at_ms is None else min(max(at_ms - self._clock(), 0), LONGEST_WAIT_MS)

    def _verified(self, decoded: Decoded, now_ms: int) -> Signature:
        if not decoded.fields.get("sig"):
            if self._must_be_signed:
                raise Unauthentic(
                    "the receipt is not signed",
                    "The account does not sign its webhooks: ask Vonage's support to turn it on, "
                    "or set require_signature = false.",
                )
            return Signature.ABSENT
        if not self._signature_secret:
            return Signature.UNCHECKED
        settings = self._settings
        verdict = verify(
            decoded.fields, self._signature_secret, settings.signature_method, now_ms, settings.tolerance_s
        )
        if not verdict.good:
            raise Unauthentic(verdict.problem, verdict.explanation)
        return Signature.GOOD

    def _credentials(self, said: HttpAnswer) -> Finding:
        what = f"{self.name} credentials"
        if said.status == 200:
            return Finding(what=what, ok=True, said="accepted")
        cure = "Correct api_key and api_secret." if said.status in (401, 403) else "Check base_url."
        return Finding(what=what, ok=False, said=f"HTTP {said.status}", cure=cure)

    def _clocks(self, said: HttpAnswer) -> list[Finding]:
        theirs_ms = _http_date_ms(said.headers.get("date", ""))
        if theirs_ms is None:
            return []
        off_s = abs(theirs_ms - self._clock()) // 1000
        return [
            Finding(
                what="clock",
                ok=off_s <= CLOCK_OFF_S,
                said=f"{off_s} s away from that of {self.name}",
                cure="" if off_s <= CLOCK_OFF_S else "Set this machine's clock (NTP): signatures carry the time.",
            )
        ]

    def _safe(self, text: str) -> str:
        """What Vonage says, fit for pages and logs: no secret, no whole number, not endless."""
        for secret in (self._api_secret, self._signature_secret):
            if secret:
                text = text.replace(secret, "…")
        return without_numbers(text[:REASON_CHARACTERS].replace("\x00", ""))


def _request(submission: Submission) -> dict[str, str]:
    return submits.write(
        submits.SubmitRequest(
            recipient=submission.recipient,
            sender=submission.sender,
            content=submission.content,
            client_ref=submission.client_ref,
            ttl_ms=submission.ttl_ms,
            message_class=submission.options.message_class,
            protocol_id=submission.options.protocol_id,
        )
    )


def _http_date_ms(text: str) -> int | None:
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()) * 1000


def build(name: str, settings: BaseModel, context: Context) -> Provider:
    """The provider of one settings section."""
    if not isinstance(settings, VonageSettings):
        raise TypeError(f"providers.{name}: VonageSettings expected")
    return Vonage(name, settings, context)


KIND = Kind(VonageSettings, build)
