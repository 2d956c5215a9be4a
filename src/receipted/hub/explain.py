"""What became of a message and why, in words: a code's explanation and one sentence. Pure.

The CLI, the API and the pages show the same words because all of them take them from here (promise 9).

    err_source    whether a code came from the submit's answer or from a receipt: two tables
    explanation   what a message's code means and what to do about it
    sentence      the answer to "what became of it, and why?"

The timeline is in ``hub/timeline.py`` and takes its words from here.

``advise`` is ``Provider.advise`` of the message's provider, or ``no_advice`` where it is not configured any more.
"""

from typing import Literal, Protocol, TypeAlias

from receipted.domain.advice import Advice
from receipted.domain.message import Message, Part
from receipted.domain.status import BY_STATUS, Status
from receipted.hub.ports import History, SubmitAttempt


class Advise(Protocol):
    """The shape of ``Provider.advise``."""

    def __call__(self, err_code: str, *, at_submit: bool) -> Advice | None: ...


def no_advice(err_code: str, *, at_submit: bool) -> Advice | None:
    """For a provider that is not configured any more: its codes cannot be explained."""
    return None


NO_ERROR: frozenset[str] = frozenset({"", "0", "00", "000"})
"""The codes that mean that nothing went wrong."""

Source: TypeAlias = Literal["submit", "receipt"]
CODE_WORD: dict[Source, str] = {"submit": "status", "receipt": "err-code"}
"""What the documentation of providers calls a code of either table."""

_RETRY: dict[bool | None, str] = {
    True: " Trying again may help.",
    False: " Trying again will not help.",
    None: "",
}

_DURATIONS: tuple[tuple[int, int, str], ...] = (
    # up to this many ms, divided by, unit
    (1_000, 1, "ms"),
    (60_000, 1_000, "s"),
    (3_600_000, 60_000, "min"),
    (172_800_000, 3_600_000, "h"),
)


def duration(ms: int) -> str:
    """A length of time for people, to two digits: ``41 ms``, ``2.9 s``, ``3 min``, ``72 h`` becomes ``3 days``."""
    ms = max(ms, 0)
    for below_ms, divisor, unit in _DURATIONS:
        if ms < below_ms:
            value = ms / divisor
            return f"{value:.1f} {unit}" if value < 10 and unit == "s" else f"{value:.0f} {unit}"
    return f"{ms / 86_400_000:.0f} days"


# --- the code ---------------------------------------------------------------------------------------------------------


def err_source(message: Message, part: Part | None = None) -> Source | None:
    """Where the code of ``part`` (or of the message as a whole) came from: the two sources have a table each.

    A refusal at submit has its reason beside the code and no time of a carrier; a receipt's code stands without a
    reason. None without a code.
    """
    decisive = part or decisive_part(message)
    said = decisive or message
    if _code(message, part) is None:
        return None
    carrier_ms = decisive.carrier_ms if decisive else None
    refused = said.status is Status.REJECTED and said.reason is not None and carrier_ms is None
    return "submit" if refused else "receipt"


def advice(message: Message, advise: Advise, part: Part | None = None) -> Advice | None:
    """The row of the provider's table for the code that ``part`` (or the message as a whole) ended with."""
    code, source = _code(message, part), err_source(message, part)
    return advise(code, at_submit=source == "submit") if code is not None else None


def _code(message: Message, part: Part | None) -> str | None:
    code = part.err_code if part else message.err_code
    return None if code in NO_ERROR else code


def explanation(message: Message, advise: Advise) -> str | None:
    """What the message's code means and what to do about it; None where there is no code, or it is not known."""
    row = advice(message, advise)
    return f"{whole_sentence(row.meaning)} {whole_sentence(row.advice)}".strip() if row else None


def decisive_part(message: Message) -> Part | None:
    """The first part whose status is the message's: the one that the message's status rests on."""
    return next((part for part in message.parts if part.status is message.status), None)


# --- the sentence -----------------------------------------------------------------------------------------------------


def sentence(history: History, advise: Advise, waits_for: str | None = None) -> str:
    """What became of the message, and why, for anyone to read.

    ``waits_for``: why its provider takes nothing just now, a sentence or more; told of a message that waits for it.
    """
    message = history.message
    last = history.attempts[-1] if history.attempts else None
    match message.status:
        case Status.QUEUED:
            return " ".join(part for part in (_queued(message, history.attempts), waits_for) if part)
        case Status.SUBMITTED:
            if last and last.outcome == "ambiguous":
                why = inside_sentence(last.detail)
                return (
                    f"Perhaps sent: {message.provider} was asked and gave no clear answer ({why}). "
                    "It is not sent again; a receipt settles it."
                )
            return f"Handed to {message.provider}; no receipt yet."
        case Status.ACCEPTED:
            return "On its way: the carrier took it; no final receipt yet."
        case Status.BUFFERED:
            return "On its way: it waits at the carrier, which tries again."
        case Status.DELIVERED:
            whole = "Delivered" if message.part_count == 1 else f"All {message.part_count} parts delivered"
            return f"{whole} after {duration(_reached_ms(history) - message.created_ms)}, as the network says."
        case Status.UNKNOWN:
            why = inside_sentence(message.reason or "the carrier does not know what became of it")
            return f"Unknown{_which(message)}: {why}. It may have arrived; a later receipt still corrects this."
        case _:
            return f"Not delivered{_which(message)}: {_why(message, advise)}"


def _queued(message: Message, attempts: tuple[SubmitAttempt, ...]) -> str:
    if not attempts:
        return f"Waiting to be handed to {message.provider}."
    tries = "once" if len(attempts) == 1 else f"{len(attempts)} times"
    return f"Waiting to be handed to {message.provider}: tried {tries}, last: {inside_sentence(attempts[-1].detail)}."


def _why(message: Message, advise: Advise) -> str:
    row, source = advice(message, advise), err_source(message)
    word = CODE_WORD[source] if source else ""
    if row:
        return f"{inside_sentence(row.meaning)} ({word} {row.code}).{_RETRY[row.retry]}"
    if message.reason:
        return f"{inside_sentence(message.reason)}."
    if source:
        return f"{message.provider} gave {word} {message.err_code}, which is not in our table."
    return inside_sentence(BY_STATUS[message.status].meaning) + "; no reason was given."


def _which(message: Message) -> str:
    part = decisive_part(message)
    if part is None or message.part_count == 1:
        return ""
    same = sum(other.status is message.status for other in message.parts)
    if same == message.part_count:
        return ""
    return f" whole, {same} of {message.part_count} parts"


def _reached_ms(history: History) -> int:
    return next(
        (event.at_ms for event in reversed(history.events) if event.status is history.message.status),
        history.message.updated_ms,
    )


# --- words in a sentence ----------------------------------------------------------------------------------------------


def whole_sentence(text: str) -> str:
    """As a sentence of its own."""
    text = text.strip()
    return text[:1].upper() + text[1:] + ("" if not text or text[-1] in ".!?" else ".")


def inside_sentence(text: str) -> str:
    """Inside a sentence: no full stop, and no capital where it only begins the text.

    With other capitals in it, it is a title or begins with a name (Bad Credentials, SMS, Vonage answered HTTP 500).
    """
    text = text.strip().removesuffix(".")
    return text if text[1:] != text[1:].lower() else text[:1].lower() + text[1:]
