"""What is written to standard error: one wide line per unit of work, as text for people or as JSON.

``configure`` is called once, by whoever starts the process. ``observe`` is the observer that writes the lines; messages
of other libraries (uvicorn, asyncio) take the same road, so all of them are masked and cleaned alike.
"""

import logging
import re
import sys
import time
from collections.abc import Callable, Hashable, Mapping
from typing import IO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from receipted.domain.phone import masked

SECRETS = frozenset(
    {"secret", "token", "password", "sig", "signature_secret", "api_secret", "api-secret", "authorization"}
)
IN_TEXT = re.compile(r"(?i)\b((?:api[-_])?secret|signature_secret|sig|token|password)=[^&\s]+")
"""The same secrets where a URL or a form was quoted."""
NUMBERS = frozenset({"recipient", "sender", "to", "from", "msisdn"})

LEVELS: tuple[tuple[str, int], ...] = (
    (".failed", logging.ERROR),
    ("-failed", logging.WARNING),
    (".not-kept", logging.WARNING),
    (".broke", logging.ERROR),
    (".unavailable", logging.ERROR),
    (".postponed", logging.WARNING),
    ("_not_taken", logging.WARNING),
    (".rejected", logging.WARNING),
    (".down", logging.WARNING),
    (".throttled", logging.WARNING),
    (".unreadable", logging.WARNING),
    (".malformed", logging.WARNING),
    (".strange", logging.WARNING),
    (".id-reused", logging.WARNING),
    (".id-too-long", logging.WARNING),
    ("store.committed", logging.DEBUG),
)
"""How loud what is observed is, by how its name ends; the rest is INFO, and what is marked ``quiet`` is DEBUG."""
OUTCOMES: dict[object, int] = {
    "ambiguous": logging.WARNING,
    "refused": logging.WARNING,
    "partly-refused": logging.WARNING,
}
"""The same by the ``outcome`` among the facts, where that says more than the name."""
SELDOM = (".postponed", ".unreadable", ".malformed", ".strange", ".id-reused", ".id-too-long")
"""What is tried again and again while something is away, or what a peer can cause as often as it likes: a line for
each would bury all others."""
SELDOM_S = 60.0
CHATTY = ("alembic", "uvicorn")
"""Libraries of whose daily work nobody needs to read."""

_FIRST = ("timestamp", "level", "event")
_PLAIN = {code: f"\\x{code:02x}" for code in (*range(0x20), *range(0x7F, 0xA0))}
_PLAIN |= {code: f"\\u{code:04x}" for code in (0x2028, 0x2029, *range(0x202A, 0x202F), *range(0x2066, 0x206A))}


def observe(what: str, **facts: object) -> None:
    """Write one line about one unit of work: its name and its facts. An ``Observe`` of ``hub/ports.py``."""
    level = next((level for ending, level in LEVELS if what.endswith(ending)), logging.INFO)
    outcome = facts.get("outcome")
    if isinstance(outcome, str):
        level = max(level, OUTCOMES.get(outcome, level))
    if facts.get("quiet"):
        level = logging.DEBUG
    logger = logging.getLogger("receipted")
    if not logger.isEnabledFor(level):
        return
    if what.endswith(SELDOM):
        held_back = _postponed.held_back((what, str(facts.get("provider")), str(facts.get("listener"))))
        if held_back is None:
            return
        facts |= {"held_back": held_back} if held_back else {}
    if isinstance(problem := facts.get("problem"), str):
        facts["problem"] = problem.strip().partition("\n")[0]
    logger.log(level, what, extra={"facts": facts})


class Seldom:
    """Lets the first of many equal lines through, then at most one in ``SELDOM_S`` seconds. ``clock``: seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._seen: dict[Hashable, tuple[float, int]] = {}

    def held_back(self, line: Hashable) -> int | None:
        """How many were held back since the last one that was let through; None: hold this one back, too."""
        now_s = self._clock()
        last_s, held = self._seen.get(line, (now_s - SELDOM_S, 0))
        if now_s - last_s < SELDOM_S:
            self._seen[line] = (last_s, held + 1)
            return None
        self._seen[line] = (now_s, 0)
        return held


_postponed = Seldom()


def configure(level: str = "info", *, json_lines: bool = False, stream: IO[str] | None = None) -> None:
    """Send all logging to ``stream`` (standard error), from ``level`` (debug, info, warning, error) upwards.

    May be called again; the last call holds.
    """
    out = stream or sys.stderr
    renderer: Processor = (
        structlog.processors.JSONRenderer(ensure_ascii=False, default=str)
        if json_lines
        else structlog.dev.ConsoleRenderer(
            colors=out.isatty(), pad_event_to=24, exception_formatter=structlog.dev.plain_traceback
        )
    )
    handler = logging.StreamHandler(out)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[
                structlog.stdlib.add_log_level,
                structlog.processors.TimeStamper(fmt="iso", utc=True),
                _facts,
            ],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                redact,
                clean,
                renderer,
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for chatty in CHATTY:
        logging.getLogger(chatty).setLevel(logging.WARNING)


def redact(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    """Mask secrets wholly and phone numbers in the middle, by the names of their keys, at any depth."""
    return {key: _redacted(key, value) for key, value in event.items()}


def clean(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    """Write control characters as escapes: what a stranger sent must not move a terminal's cursor or fake a line."""
    traceback = event.pop("exception", None)
    cleaned = {str(_cleaned(key)): _cleaned(value) for key, value in event.items()}
    if traceback is not None:
        cleaned["exception"] = "\n".join(str(_cleaned(line)) for line in str(traceback).split("\n"))
    return cleaned


def _facts(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    """Time, level and name first, then the facts of ``observe`` as keys of the line; the line's own keys win."""
    first = {key: event[key] for key in _FIRST if key in event}
    facts = getattr(event.get("_record"), "facts", None)
    return {**first, **({str(key): facts[key] for key in facts} if isinstance(facts, Mapping) else {}), **event}


def _redacted(key: object, value: object) -> object:
    name = str(key).lower()
    if name in SECRETS:
        return "***"
    if name in NUMBERS and isinstance(value, str):
        return masked(value) if value.lstrip("+").isdigit() else value
    if isinstance(value, str):
        return IN_TEXT.sub(r"\1=***", value)
    if isinstance(value, Mapping):
        return {k: _redacted(k, v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_redacted(key, item) for item in value]
    return value


def _cleaned(value: object) -> object:
    if isinstance(value, bytes):
        value = value.decode("utf-8", "backslashreplace")
    if isinstance(value, str):
        return value.translate(_PLAIN).encode("utf-8", "backslashreplace").decode()
    if isinstance(value, Mapping):
        return {_cleaned(str(k)): _cleaned(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_cleaned(item) for item in value]
    return value
