"""A provider's name stands in its own file, in its dialect and in the list, and nowhere else in the code."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from receipted.providers import KINDS
from tests.house.source import SRC, Module, modules, plant

ALLOWED: dict[tuple[str, str], str] = {
    ("settings", "sandbox"): "the description of default_provider names the default",
    ("providers/sandbox", "vonage"): "it explains its error codes by that dialect's table",
    ("wiring/providing", "sandbox"): "the default where no account is configured",
    ("wiring/simulated", "smpp"): "the carrier inside the hub is bound to like any other",
    ("wiring/simulated", "vonage"): "the simulated carrier's err-codes are of that table",
    ("providers/smpp/carrier", "vonage"): "a carrier's errors are translated to that table, and explained by it",
    ("providers/smpp/settings", "vonage"): "a sentence names the table that errors are translated to",
    ("wiring/hub", "vonage"): "the kind that speaks for the alias of the tutorial's webhook path",
    ("doors/webhooks", "vonage"): "the alias of the tutorial's webhook path",
    ("doors/sms_api", "vonage"): "the front door speaks this dialect",
    ("doors/account_api", "vonage"): "the front door speaks this dialect",
    ("hub/gateway", "vonage"): "the front door speaks this dialect",
    ("hub/forward", "vonage"): "accounts are told in this dialect",
    ("hub/account_desk", "vonage"): "an account's signature method is one of this dialect's",
    ("wiring/gateway", "vonage"): "err-codes of receipts are those of this dialect",
    ("cli/account", "vonage"): "says which API an account is for",
    ("hub/probe", "vonage"): "calls a webhook URL as that company's dashboard does",
    ("cli/app", "smpp"): "lists the commands that speak this dialect",
    ("cli/carrier", "smpp"): "runs the other end of the wire",
    ("cli/carrier_log", "smpp"): "names that dialect's statuses",
    ("cli/conversation", "smpp"): "explains that dialect's PDUs",
    ("cli/decode", "smpp"): "explains that dialect's PDUs",
    ("cli/hex_text", "smpp"): "cuts that dialect's PDUs out of hex",
    ("cli/probe", "vonage"): "says what that company's dashboard would say",
}
"""(module, provider): why. Prose in docstrings and comments is free: facts need their source."""

SPEAKERS: dict[tuple[str, str], str] = {
    ("carrier", "smpp"): "the other end of the same wire: it speaks the dialect of that name",
}
"""(room, provider): why, for all that is in a room."""


def _prose(tree: ast.Module) -> set[int]:
    """The ids of string nodes that stand alone: docstrings."""
    return {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}


def words(module: Module) -> Iterator[tuple[str, int]]:
    """Every name and every string of the code, lower case, with its line."""
    prose = _prose(module.tree)
    for node in ast.walk(module.tree):
        match node:
            case ast.Constant(value=str(text)) if id(node) not in prose:
                yield text.lower(), node.lineno
            case ast.Name(id=text) | ast.Attribute(attr=text):
                yield text.lower(), node.lineno
            case ast.FunctionDef(name=text) | ast.AsyncFunctionDef(name=text) | ast.ClassDef(name=text):
                yield text.lower(), node.lineno
            case ast.ImportFrom(module=origin, names=names):
                yield f"{origin or ''} {' '.join(alias.name for alias in names)}".lower(), node.lineno
            case ast.Import(names=names):
                yield " ".join(alias.name for alias in names).lower(), node.lineno


def is_home(module: Module, provider: str) -> bool:
    """The provider's file or folder, its dialect, and the list."""
    own = (f"providers/{provider}", f"dialects/{provider}")
    return module.name == "providers" or module.name in own or module.name.startswith(tuple(f"{o}/" for o in own))


def breaches(package: Path, providers: Iterator[str] | list[str]) -> Iterator[str]:
    for module in modules(package):
        for provider in providers:
            if is_home(module, provider) or (module.name, provider) in ALLOWED or (module.room, provider) in SPEAKERS:
                continue
            for text, line in words(module):
                if provider in text:
                    yield f"{module.name}:{line} knows the provider {provider}"


def test_no_other_file_knows_a_providers_name() -> None:
    found = list(breaches(SRC, list(KINDS)))
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    "text",
    [
        "if provider == 'vonage': pass",
        "def send_to_vonage(): pass",
        "from receipted.dialects.vonage import codes",
        "x = f'{y}/vonage/z'",
    ],
)
def test_a_breach_is_seen(tmp_path: Path, text: str) -> None:
    assert list(breaches(plant(tmp_path, {"hub/submit.py": text}), ["vonage"]))


def test_its_own_files_and_prose_are_free(tmp_path: Path) -> None:
    files = {
        "providers/vonage.py": "NAME = 'vonage'",
        "dialects/vonage/codes.py": "VONAGE = 1",
        "hub/submit.py": '"""As Vonage does (vonage-sms.md 2.3)."""\n',
    }
    assert list(breaches(plant(tmp_path, files), ["vonage"])) == []
