"""The SMS API's side of the hub: from the parameters of one request to one answer for each part.

What the sender did wrong is an answer, too, with one of Vonage's codes (reference vonage-sms 1.5); only trouble of our
own is raised.
"""

from collections.abc import Mapping
from decimal import Decimal

from receipted.dialects.vonage import claim, refusal, signature, submit
from receipted.dialects.vonage.answer import Item
from receipted.dialects.vonage.refusal import Refused
from receipted.domain import phone
from receipted.domain.account import Account
from receipted.domain.errors import InvalidRequest, NoCredit
from receipted.domain.message import Kind, Options
from receipted.domain.part_id import MOST_PARTS, part_id
from receipted.domain.price import Price, written
from receipted.hub.accept import TEXT_LIMIT, Accept, Payer, SendRequest
from receipted.hub.accounts import Accounts
from receipted.hub.guard import Guard
from receipted.hub.ports import Accepted, Clock, Observe
from receipted.hub.rate import Rate
from receipted.hub.secrets import SecretCheck
from receipted.text.segments import SMS_OCTETS

TOLERANCE_S = 259_200
"""How old a signed request may be. Nothing is documented; a replay of one would send again, so it is not for ever."""
NO_NETWORK = "00000"
"""Where the price list does not tell the network: SDKs insist on one."""
FREE = Price(prefix="", price=Decimal(0))


class Gateway:
    """``await gateway.sms(fields, authorization)``: send one SMS; an item for each part, or one that says why not.

    Raises Overloaded or StorageUnavailable.
    """

    def __init__(
        self,
        *,
        accounts: Accounts,
        accept: Accept,
        check: SecretCheck,
        guard: Guard,
        clock: Clock,
        observe: Observe,
    ) -> None:
        self._accounts = accounts
        self._accept = accept
        self._check = check
        self._guard = guard
        self._clock = clock
        self._observe = observe
        self._rates: dict[str, tuple[int, Rate]] = {}

    async def sms(self, fields: Mapping[str, str], authorization: str) -> list[Item]:
        try:
            account = await self.authenticate(fields, authorization)
            self._throttle(account)
            request = self._read(fields)
            self._allow(account, request)
            price = self._price(account, request.recipient)
            accepted = await self._accepted(account, request, price)
        except Refused as refused:
            self._observe("sms.refused", code=refused.code, problem=refused.text)
            return [Item(status=refused.code, error_text=refused.text)]
        return _items(accepted, price, fields.get("account-ref") or None)

    async def authenticate(self, fields: Mapping[str, str], authorization: str) -> Account:
        """Whose request it is. Raises Refused, and Overloaded when too many guesses wait to be checked."""
        claimed = claim.read(fields, authorization)
        account = self._accounts.find(claimed.api_key)
        if claimed.secret is None:
            self._check_signature(account, fields)
        else:
            good = self._check.known(claimed.secret, account.secret_hashes if account else ())
            if good is None:
                good = await self._check(claimed.secret, account.secret_hashes if account else ())
            if not good:
                account = None
        if account is None:
            raise Refused(refusal.BAD_CREDENTIALS, "Bad Credentials")
        if account.disabled:
            raise Refused(refusal.SUSPENDED, "Account suspended")
        if account.require_signature and claimed.secret is not None:
            raise Refused(refusal.BAD_SIGNATURE, "Invalid Signature: this account only takes signed requests")
        return account

    def _check_signature(self, account: Account | None, fields: Mapping[str, str]) -> None:
        secret = account.signature_secret if account else ""
        if account is None or not secret:
            raise Refused(refusal.BAD_CREDENTIALS, "Bad Credentials")
        verdict = signature.verify_request(fields, secret, account.signature_method, self._clock(), TOLERANCE_S)
        if not verdict.good:
            self._observe("sms.unauthentic", account=account.api_key, explanation=verdict.explanation)
            raise Refused(refusal.BAD_SIGNATURE, f"Invalid Signature: {verdict.problem}")

    def _throttle(self, account: Account) -> None:
        """Requests count, not parts (reference vonage-sms 1.6)."""
        if not account.rate_per_s:
            return
        per_s, rate = self._rates.get(account.api_key, (0, Rate(0)))
        if per_s != account.rate_per_s:
            rate = Rate(account.rate_per_s)
            self._rates[account.api_key] = (account.rate_per_s, rate)
        now_ms = self._clock()
        if not rate.take(now_ms, 1):
            raise refusal.throttled(max(rate.wait_ms(now_ms), 1))

    def _read(self, fields: Mapping[str, str]) -> submit.SubmitRequest:
        try:
            request = submit.read(fields)
            if request.callback:
                self._guard.check_url(request.callback)
        except InvalidRequest as error:
            raise refusal.of(error) from None
        content = request.content
        if len(content.text) > TEXT_LIMIT:
            raise Refused(refusal.TOO_LONG, f"Message too long: {TEXT_LIMIT} characters are taken")
        if len(content.body) + len(content.udh) > SMS_OCTETS * 2:
            raise Refused(refusal.TOO_LONG, f"Message too long: body and udh have {SMS_OCTETS} octets together")
        return request

    def _allow(self, account: Account, request: submit.SubmitRequest) -> None:
        number = request.recipient.removeprefix("+")
        if account.senders and request.sender not in account.senders:
            raise Refused(refusal.BAD_SENDER, "Illegal Sender Address - rejected")
        if number in account.barred:
            raise Refused(refusal.BARRED, "Number barred.")
        if account.recipients and number not in account.recipients:
            raise Refused(refusal.NOT_ALLOWED, "Non White-listed Destination - rejected")

    def _price(self, account: Account, recipient: str) -> Price:
        try:
            number = phone.msisdn(recipient)
        except InvalidRequest as error:
            raise refusal.of(error) from None
        found = self._accounts.price(account.api_key, number)
        if found is None and self._accounts.has_prices(account.api_key):
            raise Refused(refusal.INVALID_MESSAGE, "Un-routable message - rejected: no price for this number")
        return found or FREE

    async def _accepted(self, account: Account, request: submit.SubmitRequest, price: Price) -> Accepted:
        content = request.content
        # The alphabet follows the text, where the documentation leaves a text that does not fit to chance (1.6).
        kind = None if content.kind is Kind.TEXT else content.kind
        wanted = SendRequest(
            recipient=request.recipient,
            sender=request.sender,
            text=content.text,
            body=content.body,
            udh=content.udh,
            kind=kind,
            client_ref=request.client_ref,
            ttl_ms=request.ttl_ms,
            provider=account.provider or None,
            options=Options(
                callback=request.callback,
                message_class=request.message_class,
                protocol_id=request.protocol_id,
                status_report=request.status_report,
            ),
        )
        payer = Payer(account=account.api_key, price=price.price, overdraw=account.postpaid)
        try:
            return await self._accept.paid(wanted, payer)
        except NoCredit:
            raise Refused(refusal.NO_CREDIT, "Quota Exceeded - rejected") from None
        except InvalidRequest as error:
            if error.field == "provider":
                raise Refused(refusal.INTERNAL, "Internal Error: no provider can take it") from None
            raise refusal.of(error) from None


def _items(accepted: Accepted, price: Price, account_ref: str | None) -> list[Item]:
    message = accepted.message
    return [
        Item(
            status="0",
            message_id=part_id(message.id, seq),
            to=message.recipient,
            balance=written(accepted.balance or Decimal(0)),
            price=written(price.price),
            network=price.network or NO_NETWORK,
            client_ref=message.client_ref,
            account_ref=account_ref,
        )
        for seq in range(1, min(message.part_count, MOST_PARTS) + 1)
    ]
