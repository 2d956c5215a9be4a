"""What the simulated carrier does with a message and when: the rows of ``numbers`` with times put in.

Nothing here waits or remembers: the same message, seed and time always give the same plan. Statuses are the words of
Vonage's delivery receipts (vonage-sms.md 2.3); a word that is not among them becomes `unknown`.
"""

from hashlib import blake2b

import msgspec

from receipted.carrier.networks import Network, network_of
from receipted.carrier.numbers import Refusal, Say, Scenario, Submit, scenario_of
from receipted.domain.status import Status

__all__ = ["DUE_MS", "Network", "PartPlan", "Plan", "Refusal", "Step", "Submit", "plan", "steps_of"]

DUE_MS = 259_200_000
"""The 72 h after which Vonage itself gives a message up (vonage-sms.md 2.3)."""

_WORDS: dict[str, Status] = {
    status.value: status
    for status in (
        Status.ACCEPTED,
        Status.BUFFERED,
        Status.UNKNOWN,
        Status.EXPIRED,
        Status.FAILED,
        Status.REJECTED,
        Status.DELIVERED,
    )
}


class Step(msgspec.Struct, frozen=True):
    """One receipt to push at ``at_ms``. ``carrier_ms`` is the time that it states. Both milliseconds since 1970."""

    at_ms: int
    status: Status
    raw_status: str
    err_code: str
    carrier_ms: int


class PartPlan(msgspec.Struct, frozen=True):
    """What becomes of one part, counted from 1: refused at once, or accepted and then these receipts in this order."""

    seq: int
    refusal: Refusal | None
    steps: tuple[Step, ...]


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What a submit gets and what follows.

    ``answer_at_ms`` is when the submit ends. ``wait_ms`` goes with THROTTLED. ``early`` asks that the first receipt is
    out before the answer. ``parts`` is empty when nothing was taken.
    """

    submit: Submit
    network: Network
    answer_at_ms: int
    wait_ms: int = 0
    early: bool = False
    parts: tuple[PartPlan, ...] = ()


def plan(
    recipient: str,
    message_id: str,
    part_count: int,
    *,
    now_ms: int,
    attempt: int = 1,
    seed: int = 0,
    speed: float = 1.0,
    due_ms: int = DUE_MS,
) -> Plan:
    """What happens to a message that is submitted at ``now_ms``, for the ``attempt``-th time (from 1).

    ``speed`` (above 0) divides every delay, ``due_ms`` (the sender's time-out in milliseconds) included. Random delays
    depend on nothing but ``seed``, ``message_id`` and the part. Raises nothing for any recipient.
    """
    row = scenario_of(recipient)
    failing = attempt <= row.first_tries
    submit = row.submit if failing else Submit.ANSWERED
    taken = submit in (Submit.ANSWERED, Submit.UNANSWERED)
    return Plan(
        submit=submit,
        network=network_of(recipient),
        answer_at_ms=now_ms + round((row.answer_ms if failing else 0) / speed),
        wait_ms=round(row.wait_ms / speed) if submit is Submit.THROTTLED else 0,
        early=row.early,
        parts=tuple(
            _part(row, seq, part_count, _Delays(f"{seed}:{message_id}:{seq}", now_ms, speed, due_ms))
            for seq in range(1, part_count + 1)
        )
        if taken
        else (),
    )


def steps_of(
    says: tuple[Say, ...], key: str, *, now_ms: int, seed: int = 0, speed: float = 1.0, due_ms: int = DUE_MS
) -> tuple[Step, ...]:
    """The receipts of one part that is taken at ``now_ms``, in the order of their pushes.

    ``key`` is what tells the part from others: with ``seed`` it decides the random delays. The rest is as in ``plan``.
    """
    return _steps_of(says, _Delays(f"{seed}:{key}", now_ms, speed, due_ms))


class _Delays:
    """The clockwork of one part: its random draws, and simulated delays as real times."""

    def __init__(self, key: str, now_ms: int, speed: float, due_ms: int) -> None:
        self._digest = blake2b(key.encode(errors="surrogatepass")).digest()
        self._now_ms = now_ms
        self._speed = speed
        self._due_ms = due_ms

    def at_ms(self, index: int, say: Say) -> int:
        share = int.from_bytes(self._digest[4 * index : 4 * index + 4]) / 2**32
        return self.after_ms(say.after_ms + say.spread_ms * share + self._due_ms * say.after_due)

    def after_ms(self, delay_ms: float) -> int:
        return self._now_ms + round(delay_ms / self._speed)


def _part(row: Scenario, seq: int, part_count: int, delays: _Delays) -> PartPlan:
    is_last_of_several = seq == part_count > 1
    refusal = row.last_refusal if is_last_of_several and row.last_refusal is not None else row.refusal
    if refusal is not None:
        return PartPlan(seq, refusal, ())
    says = row.last if is_last_of_several and row.last is not None else row.says
    return PartPlan(seq, None, _steps_of(says, delays))


def _steps_of(says: tuple[Say, ...], delays: _Delays) -> tuple[Step, ...]:
    return tuple(sorted((step for at, say in enumerate(says) for step in _steps(at, say, delays)), key=_at))


def _steps(index: int, say: Say, delays: _Delays) -> tuple[Step, ...]:
    at_ms = delays.at_ms(index, say)
    carrier_ms = at_ms if say.happened_ms is None else delays.after_ms(say.happened_ms)
    step = Step(at_ms, _WORDS.get(say.word, Status.UNKNOWN), say.word, say.err_code, carrier_ms)
    return (step,) * say.times


def _at(step: Step) -> int:
    return step.at_ms
