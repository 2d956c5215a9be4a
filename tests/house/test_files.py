"""How files look: their size, their names, what they may not leave behind."""

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.house.source import ROOT, SRC, Module, modules, plant

MOST_LINES = 500
MANY_LINES = 300
REASON = "Long because"
"""A file above MANY_LINES says why in its docstring, in a sentence that starts like this."""

VAGUE = re.compile(r"(^|_)(utils?|helpers?|managers?|base|commons?|misc|stuff)($|_)")
VAGUE_CLASS = re.compile(r"(Utils?|Helpers?|Manager|Base)$|^Base[A-Z]")
LEFT_BEHIND = re.compile(r"#.*\b(TODO|FIXME|XXX|HACK)\b|# type: ignore(?!\[)|# noqa(?!:)")


def size_breaches(module: Module) -> Iterator[str]:
    lines = module.text.count("\n")
    reason = REASON in (ast.get_docstring(module.tree) or "")
    if lines > MOST_LINES:
        yield f"{module.name}: {lines} lines, more than {MOST_LINES}"
    elif lines > MANY_LINES and not reason:
        yield f'{module.name}: {lines} lines and no sentence "{REASON} ..." in its docstring'


def name_breaches(module: Module) -> Iterator[str]:
    for word in module.name.split("/"):
        if VAGUE.search(word):
            yield f"{module.name}: a vague name"
    for node in ast.walk(module.tree):
        if isinstance(node, ast.ClassDef) and VAGUE_CLASS.search(node.name):
            yield f"{module.name}:{node.lineno} class {node.name}: a vague name"


def left_breaches(module: Module) -> Iterator[str]:
    for number, line in enumerate(module.text.splitlines(), 1):
        if LEFT_BEHIND.search(line):
            yield f"{module.name}:{number} {line.strip()}"


def docstring_breaches(module: Module) -> Iterator[str]:
    if not ast.get_docstring(module.tree):
        yield f"{module.name}: no docstring"


RULES = [size_breaches, name_breaches, left_breaches, docstring_breaches]


@pytest.mark.parametrize("rule", RULES)
def test_source_files(rule: Callable[[Module], Iterator[str]]) -> None:
    found = [breach for module in modules(SRC) for breach in rule(module)]
    assert not found, "\n".join(found)


def test_no_test_leaves_a_task_behind() -> None:
    here = Path(__file__)
    found = [b for m in modules(ROOT / "tests") if m.path != here for b in left_breaches(m)]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("hub/accept.py", '"""A."""\n' + "x = 1\n" * 501),
        ("hub/accept.py", '"""A."""\n' + "x = 1\n" * 301),
        ("hub/utils.py", '"""A."""\n'),
        ("hub/http_helpers.py", '"""A."""\n'),
        ("hub/accept.py", '"""A."""\nclass BindManager: pass\n'),
        ("hub/accept.py", '"""A."""\nx = 1  # TODO: later\n'),
        ("hub/accept.py", '"""A."""\nx = 1  # type: ignore\n'),
        ("hub/accept.py", "x = 1\n"),
    ],
)
def test_a_breach_is_seen(tmp_path: Path, name: str, text: str) -> None:
    (module,) = modules(plant(tmp_path, {name: text}))
    assert len([breach for rule in RULES for breach in rule(module)]) == 1


def test_a_long_file_with_a_reason_passes(tmp_path: Path) -> None:
    text = '"""A.\n\nLong because it is one table.\n"""\n' + "x = 1\n" * 400
    (module,) = modules(plant(tmp_path, {"domain/codes.py": text}))
    assert [breach for rule in RULES for breach in rule(module)] == []
