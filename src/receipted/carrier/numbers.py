"""What each recipient number asks of the simulated carrier: one row for each ending of four digits.

``TABLE`` has every scenario; a number that is not in it takes ``ORDINARY``. Statuses are the words of Vonage's delivery
receipts (vonage-sms.md 2.3), codes are its err-codes (2.4) and, for a refusal, its send statuses (1.5).

The endings start with 90, 91 or 92, which the numbers reserved for examples never do (United Kingdom 07700 900000 to
900999, North America 555-0100 to 0199). The page docs/sandbox.md is made from this table. Those of ``quirks``, which
only SMPP has, start with 93.
"""

from enum import StrEnum

import msgspec

ALWAYS = 1_000_000_000
"""More tries than anybody makes."""


class Submit(StrEnum):
    """What the sender sees of its submit."""

    ANSWERED = "answered"
    THROTTLED = "throttled"
    """Refused for now: send status 1, with the wait to keep."""
    UNREACHABLE = "unreachable"
    """No connection; certainly nothing was sent."""
    UNANSWERED = "unanswered"
    """The question arrived, its answer never does."""


class Refusal(msgspec.Struct, frozen=True):
    """A part refused at submit: the send status and its error text."""

    code: str
    text: str


class Say(msgspec.Struct, frozen=True):
    """One receipt of a scenario, as written in the table.

    It is pushed ``after_ms`` plus a random share of ``spread_ms`` plus ``after_due`` times the sender's time-out after
    the submit, ``times`` times over. ``happened_ms`` is the carrier's own time of it, counted from the submit, where
    that is not the moment of the push.
    """

    word: str
    err_code: str = "0"
    after_ms: int = 0
    spread_ms: int = 0
    after_due: float = 0.0
    happened_ms: int | None = None
    times: int = 1


class Scenario(msgspec.Struct, frozen=True, kw_only=True):
    """One row: the suffix that asks for it, what it does in a sentence, and the receipts.

    ``first_tries`` is how many tries get ``submit`` instead of an answer. ``last`` and ``last_refusal`` apply to the
    last part of a message that has several. ``early`` holds the answer back until the first receipt is out.
    """

    suffix: str
    what: str
    says: tuple[Say, ...] = ()
    submit: Submit = Submit.ANSWERED
    first_tries: int = 0
    refusal: Refusal | None = None
    last: tuple[Say, ...] | None = None
    last_refusal: Refusal | None = None
    early: bool = False
    answer_ms: int = 0
    wait_ms: int = 0


ACCEPTED = Say("accepted", after_ms=100, spread_ms=200)
DELIVERED = Say("delivered", after_ms=1_000, spread_ms=2_000)
GOOD = (ACCEPTED, DELIVERED)


def _failing(code: str) -> tuple[Say, ...]:
    return (ACCEPTED, Say("failed", code, after_ms=1_000, spread_ms=2_000))


ORDINARY = Scenario(suffix="", what="Accepted, then delivered after 1 to 3 s.", says=GOOD)

_ERR_CODES: tuple[tuple[str, str], ...] = (
    ("1", "unknown"),
    ("2", "subscriber absent for now"),
    ("3", "subscriber absent for good"),
    ("4", "barred by the user"),
    ("5", "number portability"),
    ("6", "taken for spam"),
    ("7", "handset busy"),
    ("8", "network error"),
    ("9", "illegal number"),
    ("10", "illegal message"),
    ("11", "unroutable"),
    ("12", "destination unreachable"),
    ("13", "age restriction"),
    ("14", "blocked by the carrier"),
    ("15", "prepaid without funds"),
    ("16", "gateway quota exceeded"),
    ("50", "entity filter"),
    ("51", "header filter"),
    ("52", "content filter"),
    ("53", "consent filter"),
    ("54", "regulation error"),
    ("95", "code without a published text"),
    ("99", "general error"),
)

_SEND_STATUSES: tuple[tuple[str, str], ...] = (
    ("2", "Missing from param"),
    ("3", "Invalid from param"),
    ("4", "Bad Credentials"),
    ("6", "Unroutable message - rejected"),
    ("7", "Number barred."),
    ("8", "Partner account suspended"),
    ("9", "Quota Exceeded - rejected"),
    ("11", "Account not enabled for HTTP"),
    ("12", "Message too long"),
    ("14", "Invalid Signature"),
    ("15", "Illegal Sender Address - rejected"),
    ("17", "Blocked by the provider"),
    ("22", "Invalid network code"),
    ("23", "Bad callback :: Missing Protocol"),
    ("29", "Non White-listed Destination - rejected"),
    ("32", "Signature and secret together"),
    ("33", "Number de-activated"),
)

TABLE: tuple[Scenario, ...] = (
    Scenario(suffix="9000", what="Accepted, then delivered after 1 to 3 s, like any ordinary number.", says=GOOD),
    *(
        Scenario(suffix=f"90{int(code):02d}", what=f"Failed with err-code {code}: {means}.", says=_failing(code))
        for code, means in _ERR_CODES
    ),
    *(
        Scenario(
            suffix=f"91{int(code):02d}",
            what=f"Refused at submit with status {code}: “{text}”.",
            refusal=Refusal(code, text),
        )
        for code, text in _SEND_STATUSES
    ),
    Scenario(
        suffix="9200",
        what="Buffered after 1 s and delivered after a minute, as when a phone is off for a while.",
        says=(ACCEPTED, Say("buffered", after_ms=1_000), Say("delivered", after_ms=60_000)),
    ),
    Scenario(
        suffix="9201",
        what="Buffered, then expired after 20 s.",
        says=(ACCEPTED, Say("buffered", after_ms=1_000), Say("expired", "2", after_ms=20_000)),
    ),
    Scenario(
        suffix="9202",
        what="Rejected by a receipt (err-code 14), after the submit was accepted.",
        says=(Say("rejected", "14", after_ms=1_000, spread_ms=2_000),),
    ),
    Scenario(suffix="9203", what="Never any receipt."),
    Scenario(
        suffix="9204",
        what="Accepted, and never a final receipt, as on many routes in the United States.",
        says=(ACCEPTED,),
    ),
    Scenario(
        suffix="9205",
        what="Delivered after one and a half times the time-out, when the hub has made it unknown.",
        says=(ACCEPTED, Say("delivered", after_due=1.5)),
    ),
    Scenario(
        suffix="9206",
        what="Every receipt comes three times.",
        says=(
            Say("accepted", after_ms=100, spread_ms=200, times=3),
            Say("delivered", after_ms=1_000, spread_ms=2_000, times=3),
        ),
    ),
    Scenario(
        suffix="9207",
        what="Out of order: delivered comes first, then buffered, then accepted.",
        says=(
            Say("delivered", after_ms=1_000, happened_ms=900),
            Say("buffered", after_ms=2_000, happened_ms=500),
            Say("accepted", after_ms=3_000, happened_ms=100),
        ),
    ),
    Scenario(
        suffix="9208",
        what="The receipts, delivered included, come before the submit is answered.",
        says=(Say("accepted"), Say("delivered")),
        early=True,
    ),
    Scenario(
        suffix="9209",
        what="Contradictory: delivered, and 2 s later failed with err-code 8.",
        says=(ACCEPTED, Say("delivered", after_ms=1_000), Say("failed", "8", after_ms=3_000)),
    ),
    Scenario(
        suffix="9210",
        what="Throttled twice (status 1, wait 702 ms), then like an ordinary number.",
        says=GOOD,
        submit=Submit.THROTTLED,
        first_tries=2,
        wait_ms=702,
    ),
    Scenario(
        suffix="9211",
        what="Cannot be reached twice, then like an ordinary number.",
        says=GOOD,
        submit=Submit.UNREACHABLE,
        first_tries=2,
    ),
    Scenario(
        suffix="9212",
        what="The last of several parts fails with err-code 8, the others are delivered; a single part is delivered.",
        says=GOOD,
        last=_failing("8"),
    ),
    Scenario(
        suffix="9213",
        what="The last of several parts is refused at submit with status 9; a single part is delivered.",
        says=GOOD,
        last_refusal=Refusal("9", "Quota Exceeded - rejected"),
    ),
    Scenario(
        suffix="9214",
        what="The carrier says “parked”, a status that nobody has documented, with err-code 777.",
        says=(ACCEPTED, Say("parked", "777", after_ms=1_000, spread_ms=2_000)),
    ),
    Scenario(
        suffix="9215",
        what="The answer to the submit is lost (time-out after 5 s), but it is delivered: the client-ref tells.",
        says=(ACCEPTED, Say("delivered", after_ms=6_000)),
        submit=Submit.UNANSWERED,
        first_tries=ALWAYS,
        answer_ms=5_000,
    ),
    Scenario(
        suffix="9216",
        what="The submit is lost (time-out after 5 s), and no receipt ever comes.",
        submit=Submit.UNANSWERED,
        first_tries=ALWAYS,
        answer_ms=5_000,
    ),
)

_BY_SUFFIX: dict[str, Scenario] = {row.suffix: row for row in TABLE}


def scenario_of(recipient: str) -> Scenario:
    """The row for a number, by its last four digits; ``ORDINARY`` for any other text."""
    return _BY_SUFFIX.get(recipient[-4:], ORDINARY)
