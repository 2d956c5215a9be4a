"""Proving a webhook address before it is saved, as Vonage does: it must answer 200 (reference vonage-sms 5)."""

from receipted.domain.account import Account, WebhookMethod
from receipted.domain.errors import InvalidRequest
from receipted.hub.guard import Guard
from receipted.hub.ports import Clock, Http
from receipted.hub.probe import probe


class Callbacks:
    """``await callbacks.prove(field, url, account, method)`` calls an address with an example receipt."""

    def __init__(self, *, http: Http, guard: Guard, clock: Clock) -> None:
        self._http = http
        self._guard = guard
        self._clock = clock

    async def prove(self, field: str, url: str, account: Account, method: WebhookMethod) -> None:
        """Raises InvalidRequest naming ``field``, in words that say what was wrong and how to mend it."""
        try:
            self._guard.check_url(url)
        except InvalidRequest as error:
            raise InvalidRequest(field, error.problem) from None
        (result,) = await probe(
            self._http,
            url,
            now_ms=self._clock(),
            secret=account.signature_secret,
            method=account.signature_method,
            formats=(method.value,),
        )
        if not result.ok or result.status != 200:
            raise InvalidRequest(
                field, f"{url} must answer 200 to a {method} request: {result.said}. {result.cure}".rstrip()
            )
