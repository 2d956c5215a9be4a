"""The texts of receipts, as named grammars (Appendix B: "SMSC vendor specific"; reference smpp 6 and 7).

A carrier that writes yet another text gets a grammar here, a row in ``GRAMMARS`` and a vector; nothing else changes.
"""

import re
from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

import msgspec

from receipted.dialects.smpp.states import state_of


class Words(msgspec.Struct, frozen=True, kw_only=True):
    """What a receipt's text says, as given; "" for what it does not say. Names of Appendix B."""

    id: str = ""
    sub: str = ""
    dlvrd: str = ""
    submit_date: str = ""
    done_date: str = ""
    stat: str = ""
    err: str = ""
    text: str = ""


FIELDS: Final = Words.__struct_fields__
"""In the order of Appendix B."""

SPELLINGS: Final[Mapping[str, tuple[str, ...]]] = {
    "id": ("id",),
    "sub": ("sub",),
    "dlvrd": ("dlvrd",),
    "submit_date": ("submit date", "submit_date", "submitdate"),
    "done_date": ("done date", "done_date", "donedate"),
    "stat": ("stat", "status"),
    "err": ("err", "error"),
    "text": ("text",),
}
"""How the fields are called, in any case."""

_FIELD_OF = {spelling: name for name, spellings in SPELLINGS.items() for spelling in spellings}
_KEY = re.compile(
    rf"(?<![a-z0-9_])({'|'.join(key for key in _FIELD_OF if key != 'text')})[ \t]{{0,3}}:", re.IGNORECASE | re.ASCII
)
_TEXT = re.compile(r"(?<![a-z0-9_])text[ \t]{0,3}:", re.IGNORECASE | re.ASCII)
_DATES = frozenset({"submit_date", "done_date"})
_EDGES = "\0 \t\r\n,;"


class Grammar(NamedTuple):
    """One way to write a receipt's text. ``read`` gives None for a text that is not of it, and never raises.

    ``write`` takes the words, how to write a key, and which fields in which order.
    """

    name: str
    about: str
    read: Callable[[str], Words | None]
    write: Callable[[Words, "KeyStyle"], str]


class KeyStyle(NamedTuple):
    """How a carrier writes its keys: which fields in which order, in which case, and what stands after each."""

    fields: tuple[str, ...] = FIELDS
    case: Callable[[str], str] = str.lower
    colon: str = ":"
    bare_stat: bool = False
    """``DELIVRD`` in place of ``stat:DELIVRD``."""


def _read_keys(text: str) -> Words | None:
    before, opening = text, ""
    values: dict[str, str] = {}
    found = _TEXT.search(text)
    if found is not None:
        before, opening = text[: found.start()], text[found.end() :]
    head, *pairs = _KEY.split(before)
    for key, value in zip(pairs[::2], pairs[1::2], strict=True):
        values.setdefault(_FIELD_OF[key.lower()], value.strip(_EDGES))
    if "id" not in values and "stat" not in values:
        opening = _cut_own_words(opening, values)
    if "stat" not in values:
        _find_bare_word(head, values)
    if not (values.get("id") or values.get("stat")):
        return None
    for name in values.keys() - _DATES:
        values[name] = _first(values[name])
    return Words(**values, text=opening.strip("\0 \t\r\n"))


def _cut_own_words(opening: str, values: dict[str, str]) -> str:
    """The sender's own words, where the text comes first; what stands behind them goes into ``values``.

    What follows ``text:`` is the sender's, keys included, unless the id and the status only come behind it. Then the
    last of each key is the carrier's: the sender's words stand before.
    """
    keys = list(_KEY.finditer(opening))
    last = {_FIELD_OF[key[1].lower()]: at for at, key in enumerate(keys)}
    if not {"id", "stat"} <= last.keys():
        return opening
    for name, at in last.items():
        end = keys[at + 1].start() if at + 1 < len(keys) else len(opening)
        values.setdefault(name, opening[keys[at].end() : end].strip(_EDGES))
    return opening[: keys[min(last.values())].start()]


def _find_bare_word(head: str, values: dict[str, str]) -> None:
    """Deviation 13: a status without ``stat:``, before the first key or behind the value of another."""
    for name, value in [("", head), *values.items()]:
        before, _, last = value.strip(_EDGES).rpartition(" ")
        if state_of(last) is not None and (before or not name):
            values["stat"] = last
            if name:
                values[name] = before.strip(_EDGES)
            return


def _first(value: str) -> str:
    if not value or value.isalnum():
        return value
    return next(iter(value.split(None, 1)), "").strip(_EDGES)


def _write_keys(words: Words, style: KeyStyle) -> str:
    written = []
    for name in style.fields:
        value = getattr(words, name)
        bare = name == "stat" and style.bare_stat
        written.append(value if bare else f"{style.case(SPELLINGS[name][0])}{style.colon}{value}")
    return " ".join(written)


def _read_word(text: str) -> Words | None:
    word = text.strip(_EDGES)
    return Words(stat=word) if state_of(word) is not None else None


def _write_word(words: Words, _style: KeyStyle) -> str:
    return words.stat


def _read_nothing(text: str) -> Words | None:
    return Words(text=text.strip(_EDGES))


def _write_nothing(_words: Words, _style: KeyStyle) -> str:
    return ""


GRAMMARS: Final[Mapping[str, Grammar]] = {
    grammar.name: grammar
    for grammar in (
        Grammar(
            "appendix-b",
            "`id:… sub:… dlvrd:… submit date:… done date:… stat:… err:… text:…`, in any order and case, any of them "
            "missing, blanks around the colon, the status also without its key.",
            _read_keys,
            _write_keys,
        ),
        Grammar(
            "bare-word", "Nothing but the status, such as `DELIVRD`; the id stands in a TLV.", _read_word, _write_word
        ),
        Grammar("tlv-only", "Whatever the text says, or none: the TLVs alone count.", _read_nothing, _write_nothing),
    )
}
"""Tried in the order of a carrier's setting; the first that reads the text counts."""
