"""Makes the pages of this folder that follow from the code: ``make docs``. ``tests/house`` compares them.

Each page is a function without arguments that returns its whole text; ``PAGES`` lists them.
"""

import json
from collections.abc import Callable, Iterable, Iterator
from itertools import groupby, pairwise
from pathlib import Path
from typing import Any, get_args, get_origin

import annotated_types
from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from docs import conformance
from receipted.carrier.numbers import TABLE as NUMBERS
from receipted.carrier.quirks import OWN
from receipted.carrier.refusals import BY_NAME
from receipted.carrier.settings import SmscSettings
from receipted.carrier.styles import STYLES
from receipted.carrier.words import status_of
from receipted.cli.carrier import option_of
from receipted.dialects.smpp.deviations import DEVIATIONS
from receipted.dialects.smpp.grammars import GRAMMARS
from receipted.dialects.smpp.id_forms import AUTO, ID_FORMS, WRITTEN_IDS
from receipted.dialects.smpp.operations import MAY_SEND, TRANSITIONS, State
from receipted.dialects.smpp.pdus import Command
from receipted.dialects.smpp.states import BY_STATUS, STATES
from receipted.dialects.smpp.status import name_of as status_name
from receipted.domain.status import TABLE, Row
from receipted.providers import KINDS, kind_named
from receipted.settings import Settings

HERE = Path(__file__).parent
MADE = "<!-- Made from the code by `make docs`: change the code, not this page. -->"


def statuses() -> str:
    """The table of ``domain/status.py``, with both of its orders drawn."""
    by_strength = [list(rows) for _, rows in groupby(sorted(TABLE, key=lambda row: row.strength), lambda r: r.strength)]
    gravity = sorted(TABLE, key=lambda row: row.gravity)
    lines = [
        "# Statuses",
        MADE,
        "",
        "| status | strength | gravity | final | meaning |",
        "|---|---|---|---|---|",
        *(f"| `{r.status}` | {r.strength} | {r.gravity} | {'yes' if r.final else 'no'} | {r.meaning} |" for r in TABLE),
        "",
        "## Which receipt of a part is believed",
        "",
        "The strongest one. Among equally strong ones the later time by the carrier's own clock wins, then the",
        "receipt's digest, which only makes the order total. So order, delay and repetition of receipts change",
        "nothing. A final status is still corrected by a stronger receipt: an arrow is followed whenever a receipt",
        "further along comes, and never back.",
        "",
        "```mermaid",
        "flowchart LR",
        *(f"  {_node(rows)}" for rows in by_strength),
        *(f"  {_name(a)} --> {_name(b)}" for a, b in pairwise(by_strength)),
        "```",
        "",
        "In text: " + " < ".join(" = ".join(f"`{row.status}`" for row in rows) for rows in by_strength) + ".",
        "",
        "## What a message shows",
        "",
        "The gravest of its parts' statuses. A message is delivered when all its parts are, and an error is never",
        "hidden beside a success.",
        "",
        "```mermaid",
        "flowchart LR",
        *(f"  {a.status} --> {b.status}" for a, b in pairwise(gravity)),
        "```",
        "",
        "In text: " + " < ".join(f"`{row.status}`" for row in gravity) + ".",
    ]
    return "\n".join(lines) + "\n"


def _name(rows: list[Row]) -> str:
    return "_".join(row.status for row in rows)


def _node(rows: list[Row]) -> str:
    label = " = ".join(row.status for row in rows)
    return f'{_name(rows)}(["{label}"])' if all(row.final for row in rows) else f'{_name(rows)}["{label}"]'


class Setting:
    """One leaf of a settings model: its name with dots, type in words, default, bounds, description."""

    def __init__(self, section: str, name: str, field: FieldInfo) -> None:
        self.section = section
        self.name = name
        self.field = field
        self.description = field.description or ""

    @property
    def path(self) -> str:
        return f"{self.section}.{self.name}" if self.section else self.name

    @property
    def variable(self) -> str:
        """The environment variable of the same setting."""
        return "RECEIPTED_" + self.path.replace(".", "__").upper()

    @property
    def default(self) -> str:
        """As TOML writes it; empty where there is none or it depends on the machine."""
        value = self.field.default
        if isinstance(value, SecretStr):
            value = value.get_secret_value()
        if value is PydanticUndefined or value is None:
            return ""
        return _toml(value)

    @property
    def kind(self) -> str:
        words = _words(self.field.annotation)
        bounds = [bound for item in self.field.metadata if (bound := _bound(item))]
        return ", ".join([words, *bounds])


def _toml(value: Any) -> str:
    if isinstance(value, (list, tuple, set, frozenset)):
        return "[" + ", ".join(_toml(item) for item in value) + "]"
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{json.dumps(k)} = {_toml(v)}" for k, v in value.items()) + " }" if value else "{}"
    if isinstance(value, (bool, int, float)):
        return json.dumps(value)
    return json.dumps(str(value), ensure_ascii=False)


WORDS: dict[Any, str] = {
    str: "text",
    int: "number",
    float: "number",
    bool: "true or false",
    Path: "path",
    SecretStr: "secret",
    type(None): "",
}


def _words(annotation: Any) -> str:
    if annotation in WORDS:
        return WORDS[annotation]
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin in {list, tuple, set, frozenset}:
        return f"list of {_words(arguments[0])}"
    if origin is dict:
        return f"table of {_words(arguments[1])}"
    if arguments and not isinstance(arguments[0], type) and get_origin(arguments[0]) is None:
        return " or ".join(f"`{choice}`" for choice in arguments)
    if arguments:
        return " or ".join(word for argument in arguments if (word := _words(argument)))
    values = getattr(annotation, "__members__", None)
    return " or ".join(f"`{member.value}`" for member in values.values()) if values else "text"


BOUNDS: dict[type[Any], tuple[str, str]] = {
    annotated_types.Ge: ("at least", "ge"),
    annotated_types.Gt: ("more than", "gt"),
    annotated_types.Le: ("at most", "le"),
    annotated_types.Lt: ("less than", "lt"),
    annotated_types.MinLen: ("length at least", "min_length"),
    annotated_types.MaxLen: ("length at most", "max_length"),
}


def _bound(item: object) -> str:
    words, attribute = BOUNDS.get(type(item), ("", ""))
    return f"{words} {getattr(item, attribute)}" if words else ""


def leaves(model: type[BaseModel], section: str = "") -> Iterator[Setting]:
    """Every setting of a model, its own first, then those of its sections; ``providers`` is not entered."""
    nested: list[tuple[str, type[BaseModel]]] = []
    for name, field in model.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            nested.append((name, field.annotation))
        elif not (model is Settings and name == "providers"):
            yield Setting(section, name, field)
    for name, inner in nested:
        yield from leaves(inner, f"{section}.{name}" if section else name)


def sections() -> Iterator[tuple[str, str, list[Setting]]]:
    """(section, what it is for, its settings), in the order of the page."""
    everything = list(leaves(Settings))
    for section, group in groupby(everything, lambda setting: setting.section):
        about = Settings.model_fields[section].description if section else "Everything at the top of the file."
        yield section, about or "", list(group)
    for kind in KINDS:
        model = kind_named(kind).settings
        about = (model.__doc__ or "").strip().partition("\n")[0]
        yield f"providers.{kind}", about, list(leaves(model, f"providers.{kind}"))


def settings() -> str:
    """Every setting of the hub and of every kind of provider."""
    lines = [
        "# Settings",
        MADE,
        "",
        "Settings are read from `receipted.toml` in the working directory, or from the file that `RECEIPTED_SETTINGS`",
        "names, and from the environment, which wins: `RECEIPTED_PORT=9000`,",
        "`RECEIPTED_PROVIDERS__VONAGE__API_KEY=…` (two underscores between section and name).",
        "`receipted settings` prints a sample file that holds every setting with its default, to copy from.",
        "",
        "A provider's section is named after its kind. For a second one of the same kind give the section a name of",
        'your own and say `kind = "…"` in it.',
    ]
    for section, about, group in sections():
        lines += ["", f"## [{section}]" if section else "## Top level", "", about, ""]
        lines += ["| setting | default | values | what it does |", "|---|---|---|---|"]
        for setting in group:
            shown = f"`{setting.default}`" if setting.default else "required" if setting.field.is_required() else "–"
            cells = (f"`{setting.path.removeprefix(section + '.')}`", shown, setting.kind, setting.description)
            lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(lines) + "\n"


def carriers() -> str:
    """The page about carriers: written by hand, with the tables of ``dialects/smpp`` put in."""
    return filled(
        "carriers.md", {"id-forms": _id_forms, "states": _states, "grammars": _grammars, "deviations": _deviations}
    )


def _id_forms() -> list[str]:
    rows = [f"| `{form.name}` | {form.meaning} |" for form in ID_FORMS.values()]
    return ["| `id_form` | meaning |", "|---|---|", f"| `{AUTO}` | Found out from the first receipts. |", *rows]


def _states() -> list[str]:
    rows = (
        f"| `{row.word}` | {'–' if row.number is None else row.number} | `{row.status}` | {row.meaning} |"
        for row in STATES
    )
    return ["| word | message_state | status | meaning |", "|---|---|---|---|", *rows]


def _grammars() -> list[str]:
    return ["| grammar | text |", "|---|---|", *(f"| `{row.name}` | {row.about} |" for row in GRAMMARS.values())]


def _deviations() -> list[str]:
    rows = (
        f"| {row.number} | {row.what} | {row.answer} | {f'`{row.setting}`' if row.setting else ''} |"
        for row in DEVIATIONS
    )
    return ["| # | what a carrier does | what the hub does | setting |", "|---|---|---|---|", *rows]


def carrier() -> str:
    """The page about the simulated carrier, with the tables of its room put in."""
    return filled(
        "carrier.md",
        {
            "quirks": lambda: _table(("number ends in", "what happens"), ((f"`{r.suffix}`", r.what) for r in OWN)),
            "refusals": _refusals,
            "words": _words_of_receipts,
            "styles": lambda: _table(("`--receipts`", "a receipt is"), ((f"`{s.name}`", s.what) for s in STYLES)),
            "ids": lambda: _table(("`--ids`", "an id is"), ((f"`{i.name}`", i.meaning) for i in WRITTEN_IDS.values())),
            "names": lambda: _table(
                ("system_id", "its bind gets"), ((f"`{r.system_id}`", f"`{status_name(r.status)}`") for r in BY_NAME)
            ),
            "settings": _smsc_settings,
        },
    )


def _table(heads: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> list[str]:
    return [f"| {' | '.join(heads)} |", "|---" * len(heads) + "|", *(f"| {' | '.join(row)} |" for row in rows)]


def _refusals() -> list[str]:
    refused = {row.refusal.code: row.refusal.text for row in NUMBERS if row.refusal is not None}
    rows = ((f"`91{int(code):02}`", f"{code}: “{text}”", f"`{_status(code)}`") for code, text in refused.items())
    return _table(("number ends in", "status", "command_status"), rows)


def _status(code: str) -> str:
    return status_name(status_of(code))


def _words_of_receipts() -> list[str]:
    rows = ((f"`{status}`", f"`{state.word}`", str(state.number)) for status, state in BY_STATUS.items())
    return _table(("status", "`stat`", "message_state"), rows)


def _smsc_settings() -> list[str]:
    rows = (
        (f"`{option_of(s.name)}`", f"`{s.default}`" if s.default else "–", s.description) for s in leaves(SmscSettings)
    )
    return _table(("option", "default", "what it does"), rows)


def smpp() -> str:
    """The page about SMPP without I/O, with the tables of ``operations`` drawn."""
    return filled("smpp.md", {"states": _session_states, "operations": _operations})


def _session_states() -> list[str]:
    arrows: dict[tuple[str, str], list[str]] = {}
    for (before, step), after in TRANSITIONS.items():
        arrows.setdefault((before, after), []).append(step)
    lines = (f"  {before} --> {after}: {' or '.join(steps)}" for (before, after), steps in arrows.items())
    return ["```mermaid", "stateDiagram-v2", f"  [*] --> {State.OPEN}", *lines, f"  {State.CLOSED} --> [*]", "```"]


def _operations() -> list[str]:
    rows = (
        (f"`{command.name.lower()}`", role.upper(), ", ".join(f"`{state}`" for state in State if state in states))
        for (role, command), states in MAY_SEND.items()
        if isinstance(command, Command)
    )
    return _table(("operation", "sent by", "in the state"), rows)


def filled(name: str, parts: dict[str, Callable[[], list[str]]]) -> str:
    """A page written by hand, with what stands between ``<!-- made: PART -->`` and ``<!-- end -->`` made anew."""
    text = (HERE / name).read_text(encoding="utf-8")
    for part, make in parts.items():
        start = f"<!-- made: {part} -->\n"
        before, found, after = text.partition(start)
        if not found:
            raise ValueError(f"docs/{name} has no line {start.strip()}")
        text = before + start + "\n".join(make()) + "\n" + after[after.index("<!-- end -->") :]
    return text


PAGES: dict[str, Callable[[], str]] = {
    "statuses.md": statuses,
    "settings.md": settings,
    "carriers.md": carriers,
    "carrier.md": carrier,
    "smpp.md": smpp,
    "vonage-compatibility.md": conformance.page,
}


def main() -> None:
    for name, page in PAGES.items():
        (HERE / name).write_text(page(), encoding="utf-8")
        print(f"docs/{name}")


if __name__ == "__main__":
    main()
