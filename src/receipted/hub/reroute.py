"""Hand a message that a provider did not take to the next of its candidates: only what was certainly not sent."""

from collections.abc import Awaitable, Callable
from typing import TypeAlias

from receipted.domain.advice import Fault
from receipted.hub.ports import Answered, Deferred, Observe, Outcome, Provider, Store, Submission, SubmitAttempt
from receipted.hub.routing import onward

OTHERS_MAY_TAKE_IT = frozenset({Fault.ACCOUNT, Fault.PROVIDER, Fault.CARRIER})
"""Whose fault a refusal is that says nothing of what another provider would answer."""

UntilStored: TypeAlias = Callable[[Callable[[], Awaitable[None]]], Awaitable[None]]


def blamed(outcome: Outcome, provider: Provider) -> str | None:
    """Why the provider did not take a message, through no fault of that; None if it did, perhaps did, or is right."""
    if isinstance(outcome, Deferred):
        return outcome.reason
    if not isinstance(outcome, Answered) or not all(part.refused for part in outcome.parts):
        return None
    first = outcome.parts[0]
    advice = provider.advise(first.err_code, at_submit=True) if first.err_code else None
    return (first.reason or "refused") if advice and advice.fault in OTHERS_MAY_TAKE_IT else None


class Reroute:
    """One provider's way to the others. ``wake_other`` is told the name of who was given a message."""

    def __init__(self, *, store: Store, provider: str, wake_other: Callable[[str], None], observe: Observe) -> None:
        self._store = store
        self._provider = provider
        self._wake_other = wake_other
        self._observe = observe

    async def __call__(
        self, submission: Submission, reason: str, started_ms: int, ended_ms: int, until_stored: UntilStored
    ) -> bool:
        """Whether there was somebody to hand it to. ``reason`` says why this provider did not take it."""
        moved = onward(submission.route, self._provider, reason)
        if moved is None:
            return False
        provider, route = moved
        attempt = SubmitAttempt(
            message_id=submission.message_id,
            attempt=submission.attempt,
            started_ms=started_ms,
            ended_ms=ended_ms,
            outcome="rerouted",
            detail=f"{self._provider}: {reason}",
        )
        await until_stored(lambda: self._store.reroute(attempt, provider, route))
        self._wake_other(provider)
        self._observe(
            "message.rerouted", message=submission.message_id, provider=self._provider, to=provider, detail=reason
        )
        return True
