"""Code with Vonage's own Python SDK (PyPI ``vonage`` 4), a program of its own; it trusts REQUESTS_CA_BUNDLE.

Reads one JSON object: ``host`` and what ``Auth`` takes, and ``calls``, each a name with arguments. Prints a JSON list:
``[result, null]`` for a call that went well, or ``[null, [the exception's class, its text]]``.
"""

import json
import sys
from typing import Any
from urllib.parse import parse_qsl

from vonage import Auth, HttpClientOptions, Vonage
from vonage_account.requests import GetCountryPricingRequest, GetPrefixPricingRequest, ServiceType
from vonage_sms import SmsMessage


def check(came: dict[str, str], secret: str, method: str, change: str = "") -> bool:
    """Whether the SDK takes a webhook as it came, or with ``change`` altered in it."""
    form = came["body"] if "form" in came["type"] else came["query"]
    fields = json.loads(came["body"]) if "json" in came["type"] else dict(parse_qsl(form, strict_parsing=True))
    if change:
        fields[change] = fields.get(change, "") + "x"
    auth = Auth(api_key=fields["api-key"], signature_secret=secret, signature_method=method)
    return bool(auth.check_signature(fields))


def call(vonage: Vonage, name: str, arguments: dict[str, Any]) -> Any:
    account = vonage.account
    match name:
        case "send":
            return vonage.sms.send(SmsMessage(**arguments)).model_dump()
        case "balance":
            return account.get_balance().model_dump()
        case "settings":
            return account.update_default_sms_webhook(**arguments).model_dump()
        case "country prices":
            return account.get_country_pricing(GetCountryPricingRequest(type="sms", **arguments)).model_dump()
        case "prefix prices":
            return account.get_prefix_pricing(GetPrefixPricingRequest(type="sms", **arguments)).model_dump()
        case "prices":
            return account.get_all_countries_pricing(ServiceType.SMS).model_dump()
        case _:
            return check(**arguments)


def main() -> None:
    asked = json.load(sys.stdin)
    host, calls = asked.pop("host"), asked.pop("calls")
    vonage = Vonage(Auth(**asked), HttpClientOptions(rest_host=host, api_host=host))
    answers: list[Any] = []
    for name, arguments in calls:
        try:
            answers.append([call(vonage, name, arguments), None])
        except Exception as error:
            answers.append([None, [type(error).__name__, str(error)]])
    json.dump(answers, sys.stdout)


if __name__ == "__main__":
    main()
