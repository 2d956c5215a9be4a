"""Reading the settings, and saying in words what is wrong with them: which one, what it must be, what it was."""

import difflib
import os
import ssl
import tomllib
import typing
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel, SecretStr, ValidationError
from pydantic_core import ErrorDetails
from pydantic_settings import SettingsError

from receipted.cli.failure import CommandError, Exit
from receipted.providers import ALWAYS, kind_named
from receipted.settings import Settings

PREFIX = "RECEIPTED_"
OURS: frozenset[str] = frozenset({"RECEIPTED_SETTINGS", "RECEIPTED_URL", "RECEIPTED_TOKEN", "RECEIPTED_PROBE_SECRET"})
"""Variables that are read, but are no settings."""

CURE = "Mend it in the settings file or the environment; `receipted settings` prints every setting and what it may be."


def settings_file() -> Path:
    """The file that settings are read from, whether or not it is there."""
    return Path(os.environ.get("RECEIPTED_SETTINGS", "receipted.toml"))


def load(**given: object) -> Settings:
    """The settings from file and environment; ``given`` (options of the command line) wins where not None.

    Raises CommandError (exit code 2) with a line per problem.
    """
    file = settings_file()
    if "RECEIPTED_SETTINGS" in os.environ and not file.is_file():
        raise CommandError(f"RECEIPTED_SETTINGS names {file}, which is no file.", code=Exit.USAGE)
    options: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    try:
        return Settings(**options)
    except ValidationError as problem:
        raise _failure(_lines(problem, Settings, ())) from None
    except SettingsError as problem:
        raise _failure([_unreadable_variable(str(problem))]) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as problem:
        raise CommandError(f"{file} is not valid TOML: {problem}.", code=Exit.USAGE) from None
    except OSError as problem:
        raise CommandError(f"{file} cannot be read: {problem.strerror}.", code=Exit.USAGE) from None


def load_whole(**given: object) -> Settings:
    """As ``load``; each provider's section is checked against its kind's model too, and the TLS files are read.

    Raises CommandError.
    """
    settings = load(**given)
    problems = [line for name in settings.providers for line in _provider_problems(name, settings.providers[name])]
    problems += _default_provider_problems(settings)
    problems += _tls_problems(settings)
    if problems:
        raise _failure(problems)
    return settings


INSIDE = "carrier"
"""The provider that is bound to the simulated carrier inside the hub."""


def is_simulated(settings: Settings, provider: str) -> bool:
    """Whether a provider is simulated: the sandbox, or the carrier that the hub runs inside."""
    kind = settings.providers.get(provider, {}).get("kind", provider)
    return bool(kind == ALWAYS[-1] or (provider == INSIDE and provider not in settings.providers))


def unverified(settings: Settings) -> list[str]:
    """Configured providers whose receipts could be forged: their kind knows a ``signature_secret``, and none is set."""
    found = []
    for name, section in settings.providers.items():
        values = dict(section)
        model = kind_named(str(values.pop("kind", name))).settings.model_validate(values)
        secret = getattr(model, "signature_secret", None)
        if isinstance(secret, SecretStr) and not secret.get_secret_value():
            found.append(name)
    return found


def wrong(problem: ValidationError, where: Sequence[str] = ()) -> CommandError:
    """A failed validation of a settings section as a CommandError; ``where`` is the path of the section."""
    return _failure(_lines(problem, None, tuple(where)))


def stray_variables() -> Iterator[str]:
    """A remark for each variable with our prefix that no setting reads: most likely a slip of the pen."""
    for name in sorted(os.environ):
        first = name.removeprefix(PREFIX).partition("__")[0].lower()
        if name.startswith(PREFIX) and name not in OURS and first not in Settings.model_fields:
            known = [PREFIX + field.upper() for field in Settings.model_fields]
            yield f"The variable {name} is no setting and is not read.{_perhaps(name, known)}"


def _provider_problems(name: str, section: dict[str, Any]) -> list[str]:
    values = dict(section)
    try:
        model = kind_named(str(values.pop("kind", name))).settings
        model.model_validate(values)
    except LookupError as problem:
        said = str(problem.args[0]) if problem.args else str(problem)
        return [f"setting providers.{name}: {said}; write kind = … in its section to say which one it is."]
    except ValidationError as problem:
        return _lines(problem, model, ("providers", name))
    return []


def _default_provider_problems(settings: Settings) -> list[str]:
    known = sorted({*settings.providers, *ALWAYS})
    if settings.default_provider in ("", *known):
        return []
    must = f"must be one of {', '.join(known)}, was {settings.default_provider!r}."
    return [f"setting default_provider ({PREFIX}DEFAULT_PROVIDER): {must}"]


def _tls_problems(settings: Settings) -> list[str]:
    """What would keep the server from speaking HTTPS, found before it listens."""
    cert, key = settings.tls_cert, settings.tls_key
    if cert is None or key is None:
        return []
    unreadable = [line for name, file in (("tls_cert", cert), ("tls_key", key)) if (line := _unreadable(name, file))]
    if unreadable:
        return unreadable
    try:
        # Without a password to give, an encrypted key would make OpenSSL ask for one at the terminal.
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(cert, key, password=lambda: "")
    except (OSError, ValueError) as problem:
        why = getattr(problem, "reason", None) or "not readable as PEM"
        return [f"settings tls_cert and tls_key: {cert} and {key} are no certificate with its unencrypted key ({why})."]
    return []


def _unreadable(name: str, file: Path) -> str | None:
    try:
        with file.open("rb"):
            return None
    except OSError as problem:
        return f"setting {name} ({PREFIX}{name.upper()}): {file} cannot be read: {problem.strerror}."


def _failure(problems: list[str]) -> CommandError:
    return CommandError(*problems, CURE, code=Exit.USAGE)


def _lines(problem: ValidationError, model: type[BaseModel] | None, where: tuple[str, ...]) -> list[str]:
    return [_line(error, model, where) for error in problem.errors()]


def _line(error: ErrorDetails, model: type[BaseModel] | None, where: tuple[str, ...]) -> str:
    path = [*where, *(str(step) for step in error["loc"] if not str(step).endswith("]"))]
    variable = PREFIX + "__".join(path).upper()
    named = f"setting {'.'.join(path)} ({variable}): " if path else "settings: "
    if not error["loc"]:
        return f"{named}{_must(error)}."
    if error["type"] == "missing":
        return f"{named}is required and not set."
    if error["type"] == "extra_forbidden":
        siblings = _siblings(model, [str(step) for step in error["loc"][:-1]])
        return f"{named}is not a setting.{_perhaps(path[-1], siblings)}"
    return f"{named}{_must(error)}{_was(error, model)}"


def _must(error: ErrorDetails) -> str:
    """pydantic's sentence in ours: "Input should be …" becomes "must be …"."""
    said = error["msg"].removeprefix("Value error, ")
    for theirs, ours in (("Input should be ", "must be "), ("Input should ", "must "), ("Value should ", "must ")):
        if said.startswith(theirs):
            said = ours + said.removeprefix(theirs)
    return said.partition(", unable to")[0]


def _was(error: ErrorDetails, model: type[BaseModel] | None) -> str:
    """What was given instead: never of a secret, nor of a whole section, which may hold one."""
    value = error["input"]
    if isinstance(value, (dict, list)):
        return f", was a {'section' if isinstance(value, dict) else 'list'}."
    if model is None or _is_secret(model, [str(step) for step in error["loc"]]):
        return "."
    return f", was {value!r}."


def _field_type(model: type[BaseModel], path: Sequence[str]) -> Any:
    """The annotation of the setting at ``path``; None where the path leaves the models."""
    here: Any = model
    for step in path:
        inside = here if isinstance(here, type) and issubclass(here, BaseModel) else None
        if inside is None or step not in inside.model_fields:
            return None
        here = inside.model_fields[step].annotation
    return here


def _is_secret(model: type[BaseModel], path: Sequence[str]) -> bool:
    """Whether the setting at ``path`` may hold a secret: it is declared so, or it is not known what it is."""
    kind = _field_type(model, path)
    return kind is None or kind is SecretStr or SecretStr in typing.get_args(kind)


def _siblings(model: type[BaseModel] | None, path: Sequence[str]) -> list[str]:
    inside = _field_type(model, path) if model else None
    return list(inside.model_fields) if isinstance(inside, type) and issubclass(inside, BaseModel) else []


def _perhaps(word: str, known: Sequence[str]) -> str:
    close = difflib.get_close_matches(word, known, n=1)
    return f" Did you mean {close[0]}?" if close else ""


def _unreadable_variable(said: str) -> str:
    """pydantic-settings names the field in quotes when a variable that holds a whole section is no JSON."""
    field = said.split('"')[1] if said.count('"') >= 2 else "?"
    return (
        f"setting {field} ({PREFIX}{field.upper()}): must be JSON when set as one variable; or set its parts, "
        f"such as {PREFIX}{field.upper()}__NAME."
    )
