"""What an application is told, as one HTTP request: a receipt in Vonage's format, or an event as a Standard Webhook.

Written anew for each try, so that times and signatures are fresh (reference vonage-sms 3.2).
"""

from collections.abc import Mapping

import msgspec

from receipted.dialects.standard_webhooks import payload
from receipted.dialects.standard_webhooks.signature import sign
from receipted.dialects.vonage import receipt as receipts
from receipted.dialects.vonage.fields import Transport, encode
from receipted.domain.account import Account, WebhookMethod
from receipted.domain.endpoint import Endpoint
from receipted.domain.part_id import part_id
from receipted.domain.receipt import Receipt
from receipted.domain.status import FINAL
from receipted.hub.outbox import Due

TRANSPORTS: dict[WebhookMethod, Transport] = {
    WebhookMethod.GET: "get",
    WebhookMethod.POST: "form",
    WebhookMethod.POST_JSON: "json",
}
"""How each method carries the fields (reference vonage-sms 2.2)."""


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """One HTTP request to be made."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes | None


def receipt_call(due: Due, account: Account, *, err_code: str, network: str, now_ms: int, nonce: str) -> Call | str:
    """The receipt of one part for its account; or the sentence that says why there is nothing to tell.

    ``err_code`` is Vonage's (reference vonage-sms 2.4), ``network`` what counts where the carrier named none.
    """
    url = due.message.options.callback or account.dlr_url
    if not url:
        return "the account has no webhook URL for receipts"
    if due.delivery.status not in FINAL and not account.intermediate:
        return "the account does not want receipts that are not final"
    fields = receipts.write(_receipt(due, err_code, network), api_key=account.api_key, pushed_ms=now_ms)
    if account.signature_secret:
        method = account.signature_method
        fields = receipts.signed(fields, secret=account.signature_secret, method=method, nonce=nonce, now_ms=now_ms)
    return call_with(url, account.dlr_method, fields)


def call_with(url: str, method: WebhookMethod, fields: Mapping[str, str]) -> Call:
    """The fields as the account wants them. A query that is in the URL already stays in front (2.2, a gap)."""
    transport = TRANSPORTS[method]
    content_type, said = encode(fields, transport)
    if transport == "get":
        return Call(method="GET", url=f"{url}{'&' if '?' in url else '?'}{said.decode()}", headers={}, body=None)
    return Call(method="POST", url=url, headers={"Content-Type": content_type}, body=said)


def event_call(due: Due, endpoint: Endpoint, *, now_ms: int) -> Call:
    """An event for an endpoint, signed with every secret that is good (Standard Webhooks)."""
    assert due.event is not None
    body = payload.write(due.event, due.message)
    signed = sign(endpoint.secrets, webhook_id=due.event.id, timestamp_s=now_ms // 1000, body=body)
    return Call(method="POST", url=endpoint.url, headers={"Content-Type": "application/json", **signed}, body=body)


def _receipt(due: Due, err_code: str, network: str) -> Receipt:
    said, message = due.delivery, due.message
    return Receipt(
        provider=message.provider,
        provider_message_id=part_id(message.id, said.seq),
        digest="",
        status=said.status,
        raw_status=said.status,
        err_code=err_code,
        carrier_ms=said.carrier_ms if said.carrier_ms is not None else said.at_ms,
        network=said.network or network,
        price=message.price,
        recipient=message.recipient,
        sender=message.sender,
        client_ref=message.client_ref,
    )
