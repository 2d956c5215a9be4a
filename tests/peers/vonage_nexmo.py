"""Existing code with the SDK's last version under its old name (PyPI ``nexmo`` 2.5.2), as a program of its own.

Reads and prints what ``vonage_python.py`` does; instead of ``Auth``'s arguments it takes those of ``nexmo.Client``.
"""

import json
import sys
from typing import Any
from urllib.parse import parse_qsl

import nexmo


def check(came: dict[str, str], secret: str, method: str, change: str = "") -> bool:
    """Whether the SDK takes a webhook as it came, or with ``change`` altered in it."""
    form = came["body"] if "form" in came["type"] else came["query"]
    fields = json.loads(came["body"]) if "json" in came["type"] else dict(parse_qsl(form, strict_parsing=True))
    if change:
        fields[change] = fields.get(change, "") + "x"
    client = nexmo.Client(signature_secret=secret, signature_method=None if method == "md5hash" else method)
    return bool(client.check_signature(fields))


def call(client: nexmo.Client, name: str, arguments: dict[str, Any]) -> Any:
    match name:
        case "send":
            return nexmo.Sms(client).send_message(arguments)
        case "balance":
            return client.get_balance()
        case "settings":
            return client.update_settings(arguments)
        case "country prices":
            return client.get_country_pricing(**arguments)
        case "prefix prices":
            return client.get_prefix_pricing(**arguments)
        case "number prices":
            return client.get_sms_pricing(**arguments)
        case "message":
            return client.get_message(**arguments)
        case "messages":
            return client.search_messages(arguments)
        case "rejections":
            return client.get_message_rejections(arguments)
        case _:
            return check(**arguments)


def main() -> None:
    asked = json.load(sys.stdin)
    host, calls = asked.pop("host"), asked.pop("calls")
    client = nexmo.Client(**asked)
    client._Client__host = host  # client.host() takes no port: with a hub at 443 existing code writes client.host(name)
    answers: list[Any] = []
    for name, arguments in calls:
        try:
            answers.append([call(client, name, arguments), None])
        except Exception as error:
            answers.append([None, [type(error).__name__, str(error)]])
    json.dump(answers, sys.stdout)


if __name__ == "__main__":
    main()
