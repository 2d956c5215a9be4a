"""Pure rooms touch no clock, socket, file, random or log (DESIGN section 3): time comes in as an argument."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.house.source import SRC, Module, imports, modules, plant

PURE_ROOMS = ("domain", "text", "dialects")
PURE_FILES = (
    "hub/health",
    "hub/outbox",
    "hub/route",
    "hub/explain",
    "hub/timeline",
    "carrier/accepted",
    "carrier/intake",
    "carrier/long",
    "carrier/memory",
    "carrier/numbers",
    "carrier/outbox",
    "carrier/quirks",
    "carrier/receipts",
    "carrier/refusals",
    "carrier/scenario",
    "carrier/styles",
    "carrier/traffic",
    "carrier/turn",
    "carrier/words",
)

IMPURE_MODULES = frozenset(
    {
        "aiohttp",
        "anyio",
        "asyncio",
        "concurrent",
        "fcntl",
        "glob",
        "http",
        "httpx",
        "io",
        "logging",
        "multiprocessing",
        "os",
        "pathlib",
        "platform",
        "psycopg",
        "requests",
        "select",
        "selectors",
        "shutil",
        "signal",
        "socket",
        "sqlalchemy",
        "sqlite3",
        "ssl",
        "structlog",
        "subprocess",
        "sys",
        "tempfile",
        "threading",
        "time",
        "urllib.request",
        "uuid",
        "uuid_utils",
        "uvloop",
        "secrets",
    }
)
IMPURE_CALLS = frozenset({"open", "print", "input", "exec", "eval", "breakpoint"})
IMPURE_METHODS = frozenset({"now", "utcnow", "today"})
"""Of datetime and date: reading the clock."""


def is_pure(module: Module) -> bool:
    return module.room in PURE_ROOMS or module.name in PURE_FILES


def breaches(package: Path) -> Iterator[str]:
    for module in filter(is_pure, modules(package)):
        for line in imports(module):
            parts = line.name.split(".")
            if parts[0] in IMPURE_MODULES or ".".join(parts[:2]) in IMPURE_MODULES:
                yield f"{module.name}:{line.line} imports {line.name}"
        for node in ast.walk(module.tree):
            if isinstance(node, ast.Call):
                yield from _calls(module, node)


def _calls(module: Module, node: ast.Call) -> Iterator[str]:
    called = node.func
    if isinstance(called, ast.Name) and called.id in IMPURE_CALLS:
        yield f"{module.name}:{node.lineno} calls {called.id}()"
    if isinstance(called, ast.Attribute) and isinstance(called.value, (ast.Name, ast.Attribute)):
        owner = called.value.id if isinstance(called.value, ast.Name) else called.value.attr
        if owner in {"datetime", "date"} and called.attr in IMPURE_METHODS:
            yield f"{module.name}:{node.lineno} reads the clock: {owner}.{called.attr}()"
        if owner == "random" and called.attr != "Random":
            yield f"{module.name}:{node.lineno} draws from the shared random: random.{called.attr}()"
        if owner == "random" and called.attr == "Random" and not node.args:
            yield f"{module.name}:{node.lineno} makes a Random without a seed"


def test_pure_rooms_are_pure() -> None:
    found = list(breaches(SRC))
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    "line",
    [
        "import time",
        "from pathlib import Path",
        "import urllib.request",
        "from logging import getLogger",
        "import datetime\nx = datetime.datetime.now()",
        "from datetime import datetime\nx = datetime.utcnow()",
        "from datetime import date\nx = date.today()",
        "x = open('f')",
        "print('x')",
        "import random\nx = random.random()",
        "import random\nx = random.Random()",
    ],
)
def test_a_breach_is_seen(tmp_path: Path, line: str) -> None:
    assert len(set(breaches(plant(tmp_path, {"domain/status.py": line})))) >= 1
    assert list(breaches(plant(tmp_path / "x", {"storage/sqlite.py": line}))) == []


def test_a_seeded_random_and_url_parsing_are_pure(tmp_path: Path) -> None:
    line = "import random, urllib.parse\nx = random.Random(7)\ny = x.random()"
    assert list(breaches(plant(tmp_path, {"carrier/scenario.py": line}))) == []
