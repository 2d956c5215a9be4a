"""How fast a provider may be given messages: its rate, and how long it is left alone when its answers are unclear."""

from collections import deque

from receipted.domain.backoff import delay_ms

SECOND_MS = 1_000
LONGEST_TROUBLE_MS = 60_000
"""The longest pause between two messages while a provider's answers are unclear."""


class Rate:
    """At most ``per_s`` in any second, wherever it begins; 0 = no limit. A pause (the provider throttles) holds all up.

    Below one a second it is one in ``1 / per_s`` seconds. A token bucket would let twice as many through in its first
    second, which providers that count by the second answer by throttling.
    """

    def __init__(self, per_s: float) -> None:
        self._most = max(1, int(per_s)) if per_s else 0
        self._window_ms = SECOND_MS if per_s >= 1 or not per_s else int(SECOND_MS / per_s) + 1
        self._gone_ms: deque[int] = deque()
        self._paused_until_ms = 0

    def pause(self, until_ms: int) -> None:
        """Let nothing through before ``until_ms``."""
        self._paused_until_ms = max(self._paused_until_ms, until_ms)

    def take(self, now_ms: int, wanted: int) -> int:
        """How many of ``wanted`` may go now; they count as gone."""
        if now_ms < self._paused_until_ms:
            return 0
        if not self._most:
            return wanted
        self._forget(now_ms)
        taken = min(wanted, self._most - len(self._gone_ms))
        self._gone_ms.extend([now_ms] * taken)
        return taken

    def give_back(self, unused: int) -> None:
        """What was taken last and not used."""
        for _ in range(min(unused, len(self._gone_ms))):
            self._gone_ms.pop()

    def wait_ms(self, now_ms: int) -> int:
        """How long until at least one may go; 0 = now."""
        if now_ms < self._paused_until_ms:
            return self._paused_until_ms - now_ms
        self._forget(now_ms)
        if len(self._gone_ms) < self._most or not self._most:
            return 0
        return self._gone_ms[0] + self._window_ms - now_ms

    def _forget(self, now_ms: int) -> None:
        gone = self._gone_ms
        if gone and gone[-1] > now_ms:
            # The clock was turned back: wait one window at most, not until it has caught up.
            self._gone_ms = gone = deque([now_ms] * len(gone))
        while gone and now_ms - gone[0] >= self._window_ms:
            gone.popleft()


class Trouble:
    """Unclear answers one after the other: each may cost a message its clear end, so few are to run into them.

    After each nothing goes for 1 s, doubling up to a minute; then one message at a time finds out whether the provider
    is back. Any clear answer ends all of it at once, so that one lost answer among many costs next to nothing.
    """

    def __init__(self) -> None:
        self._unclear = 0
        self._last_ms = 0
        self._until_ms = 0

    @property
    def on(self) -> bool:
        return self._unclear > 0

    def unclear(self, started_ms: int, ended_ms: int) -> None:
        """A submit had an unclear answer. Those that were under way together count as one."""
        if not self._unclear or started_ms > self._last_ms:
            self._unclear += 1
            self._last_ms = ended_ms
        self._until_ms = ended_ms + delay_ms(self._unclear, cap_ms=LONGEST_TROUBLE_MS)

    def over(self) -> None:
        """The provider gave a clear answer."""
        self._unclear = self._until_ms = 0

    def wait_ms(self, now_ms: int) -> int:
        """How long until one may try; 0 = now."""
        return min(max(self._until_ms - now_ms, 0), LONGEST_TROUBLE_MS)
