"""The sample settings file, made from the settings themselves: every field with its sentence, default and bounds.

Everything is commented out with ``#name = default``, so the file can be used as it is and a line takes effect by
removing its ``#``. Sentences begin with ``# `` and never do.
"""

import textwrap
import typing
from collections.abc import Iterator, Sequence
from enum import Enum
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from receipted.providers import ALWAYS, KINDS, kind_named
from receipted.settings import Settings

WIDTH = 100
NOT_SET = '"…"'
"""Stands for a value where there is no default; TOML has no word for that."""

EXAMPLE = "acme"
"""Stands for the name that a provider is given whose kind does not name it."""

BOUNDS: tuple[tuple[str, str], ...] = (
    ("gt", "more than {}"),
    ("ge", "at least {}"),
    ("lt", "less than {}"),
    ("le", "at most {}"),
    ("min_length", "at least {} long"),
    ("max_length", "at most {} long"),
)
"""A constraint's name in pydantic's metadata, and its words."""

HEAD = """\
Settings of receipted. Each line shows a default: remove the # in front of a name to change it.
The file is read as receipted.toml in the working directory, or from where RECEIPTED_SETTINGS points.
A variable of the environment wins over the file: RECEIPTED_PORT, RECEIPTED_LIMITS__BODY_BYTES."""


def sample() -> str:
    """The whole file."""
    return "\n".join(_lines()) + "\n"


def kinds() -> dict[str, type[BaseModel]]:
    """The settings model of each kind of provider that is installed, by name."""
    installed = {entry.name for entry in entry_points(group="receipted.providers")}
    return {name: kind_named(name).settings for name in [*KINDS, *sorted(installed - set(KINDS))]}


def _lines() -> Iterator[str]:
    yield from _comment(HEAD)
    sections: dict[str, FieldInfo] = {}
    for name, field in Settings.model_fields.items():
        if name == "providers":
            continue
        if _is_section(field):
            sections[name] = field
        else:
            yield from _setting(name, field)
    for name, field in sections.items():
        yield from ("", *_comment(field.description or ""), f"[{name}]")
        yield from _settings(typing.cast("type[BaseModel]", field.annotation))
    yield from ("", *_comment(Settings.model_fields["providers"].description or ""))
    for name, model in kinds().items():
        section = name if name in ALWAYS else EXAMPLE
        yield from ("", *_comment(_first_line(model) or f"Provider {name}."), f"#[providers.{section}]")
        if section is EXAMPLE:
            yield from ("", *_comment("The kind of provider. As many sections as wanted, each with a name of its own."))
            yield f"#kind = {_toml(name)}"
        yield from _settings(model)


def _settings(model: type[BaseModel]) -> Iterator[str]:
    for name, field in model.model_fields.items():
        yield from _setting(name, field)


def _setting(name: str, field: FieldInfo) -> Iterator[str]:
    facts = [_choices(field.annotation), _bounds(field.metadata), "Required." if field.is_required() else ""]
    yield ""
    yield from _comment(" ".join(part for part in (field.description or "", *facts) if part))
    yield f"#{name} = {_toml(_default(field))}"


def _default(field: FieldInfo) -> object:
    """The default as a value, or an example of what is required; None where there is none. No default is a secret."""
    if field.is_required() and field.examples:
        return field.examples[0]
    value = field.get_default(call_default_factory=True, validated_data={})
    return None if value is PydanticUndefined else value


def _is_section(field: FieldInfo) -> bool:
    return isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel)


def _choices(annotation: Any) -> str:
    """The words that a setting may have, where they are fixed."""
    for kind in (annotation, *typing.get_args(annotation)):
        if typing.get_origin(kind) is typing.Literal:
            return f"One of: {', '.join(str(word) for word in typing.get_args(kind))}."
        if isinstance(kind, type) and issubclass(kind, Enum):
            return f"One of: {', '.join(str(word.value) for word in kind)}."
    return ""


def _bounds(metadata: Sequence[object]) -> str:
    said = [
        words.format(getattr(rule, name))
        for rule in metadata
        for name, words in BOUNDS
        if getattr(rule, name, None) is not None
    ]
    return f"{', '.join(said).capitalize()}." if said else ""


def _toml(value: object) -> str:
    match value:
        case None:
            return NOT_SET
        case bool():
            return "true" if value else "false"
        case Enum():
            return _toml(value.value)
        case int() | float():
            return f"{value:_}" if isinstance(value, int) and value >= 10_000 else repr(value)
        case SecretStr():
            return _toml(value.get_secret_value())
        case dict():
            return "{" + ", ".join(f"{_toml(str(key))} = {_toml(item)}" for key, item in value.items()) + "}"
        case list() | tuple() | set() | frozenset():
            return f"[{', '.join(_toml(item) for item in value)}]"
        case Path():
            return _toml(str(value))
        case _:
            escaped = str(value).replace("\\", "\\\\").replace('"', '\\"')
            return f'"{escaped}"'


def _comment(text: str) -> Iterator[str]:
    for line in text.splitlines():
        yield from (f"# {part}" for part in textwrap.wrap(line, WIDTH))


def _first_line(model: type[BaseModel]) -> str:
    return (model.__doc__ or "").strip().partition("\n")[0]
