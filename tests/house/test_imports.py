"""Imports go down only, and rooms on one floor never meet but in wiring (DESIGN section 3)."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.house.source import SRC, Module, imports, modules, plant

FLOORS: tuple[tuple[str, ...], ...] = (
    ("domain",),
    ("dialects", "text"),
    ("hub",),
    ("doors", "web", "providers", "storage", "carrier"),
    ("wiring",),
    ("cli",),
)
FLOOR: dict[str, int] = {room: floor for floor, rooms in enumerate(FLOORS) for room in rooms}

TOP: dict[str, frozenset[str]] = {
    "settings": frozenset({"cli", "wiring"}),
    "logs": frozenset({"cli", "wiring"}),
    "embed": frozenset(),
    "__init__": frozenset(),
    "__main__": frozenset(),
}
"""Files beside the rooms, and the rooms that may import them. Those that only start things nobody imports."""

ABOVE: dict[str, frozenset[str]] = {
    "embed": frozenset(FLOOR),
    "logs": frozenset({"domain"}),
    "__init__": frozenset({"wiring"}),
    "__main__": frozenset({"cli"}),
}
"""What a top-level file may import; the others import no room at all."""

ALLOWED: frozenset[tuple[str, str]] = frozenset(
    {
        ("providers/sandbox", "receipted.carrier.scenario"),
        ("providers/sandbox", "receipted.carrier.numbers"),
    }
)
"""Exceptions. Both are pure: the sandbox and the simulated carrier play the same scenarios."""


def house_of(module: str) -> str:
    """The room of a module name as ``hub/ports``; each dialect is a room of its own."""
    room, _, rest = module.partition("/")
    return f"{room}/{rest.split('/')[0]}" if room == "dialects" and rest else room


def problem(module: Module, target: str) -> str | None:
    """Why this module may not import ``target`` (a dotted name), or None if it may."""
    path = target.removeprefix("receipted").lstrip(".").replace(".", "/")
    room = path.split("/")[0]
    if (
        not path
        or (module.name, target) in ALLOWED
        or any(module.name == who and target.startswith(f"{what}.") for who, what in ALLOWED)
    ):
        return None
    if room in TOP:
        return None if module.room in TOP[room] or module.room in ABOVE else f"{room} is for {sorted(TOP[room])} only"
    if room not in FLOOR:
        return None if not (SRC / room).exists() else f"{room} is on no floor"
    if module.room in TOP:
        return None if room in ABOVE.get(module.room, ()) else f"{module.room} imports no room"
    if house_of(module.name) == house_of(path) or path == "dialects":
        return None
    if FLOOR[room] < FLOOR[module.room]:
        return None
    return "that is the same floor" if FLOOR[room] == FLOOR[module.room] else "that is upstairs"


def breaches(package: Path) -> Iterator[str]:
    for module in modules(package):
        if module.room not in FLOOR and module.room not in TOP:
            yield f"{module.name}: a room that DESIGN section 3 does not have"
            continue
        seen: set[tuple[int, str]] = set()
        for line in imports(module):
            if line.name.split(".")[0] != "receipted":
                continue
            why = problem(module, line.name)
            if why and (line.line, why) not in seen:
                seen.add((line.line, why))
                yield f"{module.name}:{line.line} imports {line.name}: {why}"


def test_imports_go_down_only() -> None:
    found = list(breaches(SRC))
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("domain/message.py", "from receipted.hub import ports"),
        ("dialects/vonage/receipt.py", "import receipted.text.segments"),
        ("dialects/vonage/receipt.py", "from receipted.dialects.smpp import pdus"),
        ("hub/accept.py", "from ..storage import sqlite"),
        ("hub/accept.py", "def f():\n    from receipted.settings import Settings"),
        ("storage/sqlite.py", "from receipted.doors import api"),
        ("providers/vonage.py", "from receipted.carrier.scenario import decide"),
        ("wiring.py", "from receipted.cli.app import main"),
        ("settings.py", "from receipted.domain.status import Status"),
        ("misc/thing.py", "x = 1"),
    ],
)
def test_a_breach_is_seen(tmp_path: Path, name: str, line: str) -> None:
    assert len(list(breaches(plant(tmp_path, {name: line})))) == 1


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("hub/accept.py", "from receipted.dialects.vonage import codes"),
        ("hub/accept.py", "from . import ports"),
        ("providers/sandbox.py", "from receipted.carrier.scenario import decide"),
        ("wiring.py", "from receipted.storage import sqlite\nfrom receipted.settings import Settings"),
        ("cli/app.py", "from receipted.wiring import open_hub\nfrom receipted import __version__"),
    ],
)
def test_the_way_down_is_free(tmp_path: Path, name: str, line: str) -> None:
    assert list(breaches(plant(tmp_path, {name: line}))) == []
