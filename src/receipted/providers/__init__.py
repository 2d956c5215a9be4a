"""Whoever takes our messages. To add one: a file here and a line in ``KINDS``.

A package of somebody else adds a kind through the entry-point group ``receipted.providers``, whose value names a
``Kind`` as below.
"""

from collections.abc import Callable, Mapping
from importlib import import_module
from importlib.metadata import entry_points
from typing import TypeAlias

import msgspec
from pydantic import BaseModel

from receipted.hub.ports import Clock, Http, Observe, Provider


class Context(msgspec.Struct, frozen=True, kw_only=True):
    """What a provider is given: time, the outbound HTTP client, and somebody to tell."""

    clock: Clock
    http: Http
    observe: Observe


Build: TypeAlias = Callable[[str, BaseModel, Context], Provider]


class Kind(msgspec.Struct, frozen=True):
    """A kind of provider: the model of its settings section, and what makes one of a section's name and values."""

    settings: type[BaseModel]
    build: Build


KINDS: dict[str, str] = {
    "vonage": "receipted.providers.vonage:KIND",
    "sandbox": "receipted.providers.sandbox:KIND",
    "smpp": "receipted.providers.smpp:KIND",
}


ALWAYS = ("vonage", "sandbox")
"""Kinds that need no settings, so that every hub has them. The last one takes messages when no other can."""


def kind_named(name: str) -> Kind:
    """The kind of that name, ours or an installed package's. Raises LookupError that lists the known ones."""
    if name in KINDS:
        module, _, attribute = KINDS[name].partition(":")
        kind = getattr(import_module(module), attribute)
    else:
        found = {entry.name: entry for entry in entry_points(group="receipted.providers")}
        if name not in found:
            raise LookupError(f"no provider kind {name!r}; known are {', '.join(sorted({*KINDS, *found}))}")
        kind = found[name].load()
    if not isinstance(kind, Kind):
        raise LookupError(f"provider kind {name!r} is not a receipted.providers.Kind")
    return kind


def build(name: str, section: Mapping[str, object], context: Context) -> Provider:
    """The provider of one settings section. Raises LookupError (no such kind) or pydantic's ValidationError."""
    values = dict(section)
    kind = kind_named(str(values.pop("kind", name)))
    return kind.build(name, kind.settings.model_validate(values), context)
