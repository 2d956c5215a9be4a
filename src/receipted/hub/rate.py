"""How fast a provider may be given messages: a token bucket that takes ``now`` and says how long to wait."""


class Rate:
    """At most ``per_s`` in any second, evenly; 0 = no limit. A pause (the provider throttles) holds everything up."""

    def __init__(self, per_s: float, now_ms: int) -> None:
        self._per_s = per_s
        self._tokens = max(1.0, per_s)
        self._at_ms = now_ms
        self._paused_until_ms = 0

    def pause(self, until_ms: int) -> None:
        """Let nothing through before ``until_ms``."""
        self._paused_until_ms = max(self._paused_until_ms, until_ms)

    def take(self, now_ms: int, wanted: int) -> int:
        """How many of ``wanted`` may go now; they count as gone."""
        if now_ms < self._paused_until_ms:
            return 0
        if not self._per_s:
            return wanted
        elapsed_ms = max(0, now_ms - self._at_ms)
        self._at_ms = now_ms
        self._tokens = min(max(1.0, self._per_s), self._tokens + elapsed_ms * self._per_s / 1000)
        taken = min(wanted, int(self._tokens))
        self._tokens -= taken
        return taken

    def give_back(self, unused: int) -> None:
        """What was taken and not used."""
        if self._per_s:
            self._tokens = min(max(1.0, self._per_s), self._tokens + unused)

    def wait_ms(self, now_ms: int) -> int:
        """How long until at least one may go; 0 = now."""
        if now_ms < self._paused_until_ms:
            return self._paused_until_ms - now_ms
        if not self._per_s or self._tokens >= 1:
            return 0
        return max(1, int((1 - self._tokens) * 1000 / self._per_s) + 1)
