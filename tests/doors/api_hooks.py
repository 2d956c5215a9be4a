"""What schemathesis is told of the API beyond its document (see test_api_document.py)."""

from typing import Any

import schemathesis

OCTETS = 140


@schemathesis.hook
def before_call(context: Any, case: Any, kwargs: Any) -> None:
    """A body and a udh of 140 octets are each right, but together they may have no more; no schema can say that."""
    sms = case.body if isinstance(case.body, dict) else {}
    octets = [value for name in ("body", "udh") if isinstance(value := sms.get(name), str)]
    if len(octets) == 2 and sum(map(len, octets)) > OCTETS * 2:
        case.body = {**sms, "udh": None}
