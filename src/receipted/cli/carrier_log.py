"""What ``receipted carrier`` shows of its work: a line for each thing that happens, or figures by the second when busy.

On a terminal in words and colours, in a pipe with tabs, and with ``--json`` every fact of every event.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final, NamedTuple

from rich.text import Text

from receipted.carrier.traffic import Counts
from receipted.cli.terminal import clean, for_person, out, to_json, write
from receipted.dialects.smpp.status import name_of
from receipted.domain.phone import masked

BUSY_PER_S: Final = 20
"""More lines than that nobody reads."""
_NUMBERS: Final = ("recipient", "sender")


class Look(NamedTuple):
    """How one kind of event is shown: a mark, its style, and the sentence made of its facts."""

    mark: str
    style: str
    sentence: Callable[[dict[str, object]], str]


def _submit(facts: dict[str, object]) -> str:
    parts = facts["parts"]
    part = f" (part {facts['part']} of {parts})" if parts != 1 else ""
    status = facts["status"]
    became = (
        f"id {facts['id']}" if facts["id"] else name_of(status) if isinstance(status, int) and status else "not taken"
    )
    return (
        f"{facts['bind']} submits to {facts['recipient']} from {facts['sender']}{part}: {became}. {facts['scenario']}"
    )


LOOKS: Final[dict[str, Look]] = {
    "carrier.bound": Look("+", "green", lambda f: f"{f['account']} bound as {f['kind']} from {f['peer']}"),
    "carrier.unbound": Look("-", "yellow", lambda f: f"{f['account']} at {f['peer']} is gone: {f['problem']}"),
    "carrier.bind_refused": Look("✕", "red", lambda f: f"{f['account']} at {f['peer']} may not bind: {f['status']}"),
    "carrier.connection_refused": Look("✕", "red", lambda f: f"{f['peer']} was sent away: too many connections"),
    "carrier.malformed": Look("✕", "red", lambda f: f"{f['bind']} sent what cannot be read: {f['problem']}"),
    "carrier.submit": Look("→", "cyan", _submit),
    "carrier.receipt": Look(
        "←",
        "blue",
        lambda f: f"receipt for {f['recipient']} to {f['bind']}: {f['stat']}, err-code {f['err_code']}, id {f['id']}",
    ),
    "carrier.reply": Look("←", "blue", lambda f: f"SMS from {f['recipient']} to {f['bind']}"),
    "carrier.receipt_taken": Look("✓", "green", lambda f: f"{f['bind']} took it, id {f['id']}"),
    "carrier.receipt_again": Look(
        "↻", "yellow", lambda f: f"id {f['id']} goes again in {_seconds(f['wait_ms'])}: {f['problem']}"
    ),
    "carrier.receipt_lost": Look("✕", "red", lambda f: f"id {f['id']} is lost: {f['problem']}"),
    "carrier.state.failed": Look("✕", "red", lambda f: f"the state file cannot be written: {f['problem']}"),
}


ALWAYS_SHOWN: Final = frozenset({"carrier.bound", "carrier.unbound", "carrier.state.failed"})
"""However busy it is."""


class LiveLog:
    """An observer that prints. ``second`` is to be called every second; it tells what was too much to show."""

    def __init__(self, counts: Callable[[], Counts], clock: Callable[[], int], *, as_json: bool) -> None:
        self._counts = counts
        self._clock = clock
        self._as_json = as_json
        self._shown = 0
        self._held = 0
        self._unread = False
        self._before = Counts()

    def __call__(self, what: str, **facts: object) -> None:
        if self._unread:
            return
        try:
            self._told(what, facts)
        except BrokenPipeError:
            # Whoever read our output has gone; the carrier goes on.
            self._unread = True

    def _told(self, what: str, facts: dict[str, object]) -> None:
        facts.pop("quiet", None)
        for name in _NUMBERS:
            if name in facts:
                facts[name] = _masked(str(facts[name]))
        if self._as_json:
            write(to_json({"at": self._at().isoformat(timespec="milliseconds"), "event": what, **facts}))
            return
        look = LOOKS.get(what)
        if look is None:
            return
        if self._shown >= BUSY_PER_S and what not in ALWAYS_SHOWN:
            self._held += 1
            return
        self._shown += 1
        self._print(what, look, facts)

    def second(self) -> None:
        """A second is over."""
        now = self._counts()
        if self._held and not self._as_json and not self._unread:
            figures = ", ".join(f"{value:,} {name}" for name, value in _since(self._before, now) if value)
            self._line("…", "dim", f"in this second: {figures}; {now.waiting:,} messages wait for receipts")
        self._shown = self._held = 0
        self._before = _copy(now)

    def _print(self, what: str, look: Look, facts: dict[str, object]) -> None:
        if for_person():
            self._line(look.mark, look.style, look.sentence(facts))
        else:
            fields = (clean(str(value)) for value in facts.values())
            write("\t".join((self._at().isoformat(timespec="milliseconds"), what, *fields)))

    def _line(self, mark: str, style: str, sentence: str) -> None:
        if for_person():
            local = self._at().astimezone().strftime("%H:%M:%S")
            out().print(Text.assemble((local, "dim"), "  ", (mark, style), "  ", clean(sentence)), soft_wrap=True)
        else:
            write("\t".join((self._at().isoformat(timespec="milliseconds"), "carrier.busy", clean(sentence))))

    def _at(self) -> datetime:
        return datetime.fromtimestamp(self._clock() / 1000, UTC)


COUNTED: Final[tuple[tuple[str, str], ...]] = (
    ("binds", "binds"),
    ("binds_refused", "binds refused"),
    ("submits", "submits"),
    ("accepted", "accepted"),
    ("refused", "refused"),
    ("throttled", "throttled"),
    ("receipts", "receipts sent"),
    ("receipts_taken", "taken"),
    ("receipts_again", "sent again"),
    ("receipts_lost", "lost"),
)
"""What grows, and its name in a sentence."""


def summary(counts: Counts) -> str:
    """Everything since the start, in a line."""
    return ", ".join(f"{getattr(counts, field):,} {name}" for field, name in COUNTED)


def _since(before: Counts, now: Counts) -> list[tuple[str, int]]:
    return [(name, getattr(now, field) - getattr(before, field)) for field, name in COUNTED]


def _copy(counts: Counts) -> Counts:
    return Counts(**{field: getattr(counts, field) for field in counts.__struct_fields__})


def _masked(number: str) -> str:
    return masked(number) if number.lstrip("+").isdigit() else number


def _seconds(wait_ms: object) -> str:
    return f"{wait_ms / 1000:g} s" if isinstance(wait_ms, int) else ""
