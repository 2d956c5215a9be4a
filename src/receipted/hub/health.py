"""How a provider stands, from what was counted of its messages: when it fails too often, and how it eases back.

A provider whose receipts turn slow is not dropped at once: at each look it loses one step of its traffic, and has it
back step by step when it is fast again, as GOV.UK Notify does. So it always keeps some, which shows how it does.
"""

import msgspec

from receipted.hub.route import Standing


class Sample(msgspec.Struct, frozen=True, kw_only=True):
    """What was counted for one provider over the last ``route.WINDOW_MIN`` minutes.

    ``failed``: submits put off, or refused through the provider's or our account's fault. ``finals``: final receipts,
    ``delivered`` those that say so. ``slow``: delivered later than the limit, or waiting longer than it.
    ``awaited``: delivered at all, or waiting longer than the limit; ``slow`` is a part of these.
    """

    submits: int = 0
    failed: int = 0
    finals: int = 0
    delivered: int = 0
    slow: int = 0
    awaited: int = 0


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """When a provider loses traffic. A share at its limit is still well; ``error_share`` is for ``route.decide``.

    Fewer messages than ``least`` prove nothing. ``step`` is how much of its traffic goes or comes back at each look,
    and the least that it keeps.
    """

    slow_share: float = 0.3
    error_share: float = 0.5
    least: int = 10
    step: float = 0.1


def standing(sample: Sample, *, ease: float, limits: Limits, unready: str | None, throttled: bool) -> Standing:
    """How the provider stands after one more look. ``ease`` is that of the look before, 1 at the first."""
    slow_share = _share(sample.slow, sample.awaited, limits.least) or 0.0
    eased = ease - limits.step if slow_share > limits.slow_share else ease + limits.step
    return Standing(
        unready=unready,
        throttled=throttled,
        error_share=_share(sample.failed, sample.submits, limits.least) or 0.0,
        slow_share=slow_share,
        delivered_share=_share(sample.delivered, sample.finals, limits.least),
        # Rounded, so that as many steps lead back to 1 as led away from it.
        ease=round(min(max(eased, limits.step), 1.0), 9),
    )


def _share(some: int, of: int, least: int) -> float | None:
    """None where too few were counted to prove anything."""
    return some / of if of >= max(least, 1) else None
