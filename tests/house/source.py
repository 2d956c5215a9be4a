"""The source tree as data: every module of ``receipted`` parsed once, for the rules beside this file."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
SRC = ROOT / "src" / "receipted"


class Module(NamedTuple):
    """One file. ``name`` is its path below the package, with slashes and without ``.py`` (``hub/ports``)."""

    name: str
    path: Path
    text: str
    tree: ast.Module

    @property
    def room(self) -> str:
        """The floor plan's word for where it is: ``hub``, ``dialects``, or a top-level file's own name."""
        return self.name.split("/")[0]


class Import(NamedTuple):
    """One imported module, dotted and absolute, and the line. ``from a import b`` gives both ``a`` and ``a.b``."""

    name: str
    line: int


def modules(package: Path) -> Iterator[Module]:
    """Every module below ``package``, which is the folder of the package itself."""
    for path in sorted(package.rglob("*.py")):
        name = path.relative_to(package).with_suffix("").as_posix().removesuffix("/__init__")
        text = path.read_text(encoding="utf-8")
        yield Module(name, path, text, ast.parse(text, str(path)))


def imports(module: Module) -> Iterator[Import]:
    """What a module imports, at its top or inside a function, relative imports made absolute."""
    package = ["receipted", *module.name.split("/")]
    if module.path.name != "__init__.py":
        package = package[:-1]
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield Import(alias.name, node.lineno)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else []
            origin = ".".join([*above, *([node.module] if node.module else [])])
            yield Import(origin, node.lineno)
            for alias in node.names:
                yield Import(f"{origin}.{alias.name}", node.lineno)


def plant(tmp_path: Path, files: dict[str, str]) -> Path:
    """A small package with these files, to prove that a rule can fail."""
    package = tmp_path / "receipted"
    for name, text in files.items():
        path = package / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return package
