"""``receipted settings`` and what is said of settings that are wrong."""

import re
import tomllib
from pathlib import Path

import pytest

from receipted.cli.sample import NOT_SET, kinds, sample
from receipted.settings import Settings
from tests.cli.command import receipted


def uncommented(text: str) -> str:
    """The sample with every line in effect that has a default."""
    lines = text.splitlines()
    return "\n".join(line.removeprefix("#") for line in lines if not line.startswith("# ") and NOT_SET not in line)


def test_the_sample_holds_every_setting_with_its_sentence() -> None:
    text = sample()
    sections = [Settings, *(field.annotation for field in Settings.model_fields.values()), *kinds().values()]
    fields = [item for model in sections for item in getattr(model, "model_fields", {}).items()]
    words = " ".join(text.replace("\n# ", " ").split())
    for name, field in fields:
        assert " ".join((field.description or "").split()) in words
        if name not in ("providers", "carrier", "routing", "webhooks", "limits", "expiry", "log"):
            assert re.search(rf"^#{name} = ", text, re.MULTILINE), name


def test_the_sample_can_be_used_as_it_is_and_states_the_true_defaults(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for text in (sample(), uncommented(sample())):
        tomllib.loads(text)
        (tmp_path / "receipted.toml").write_text(text)
        loaded = Settings()
        assert loaded.model_copy(update={"providers": {}}) == Settings.model_construct()
        for name, section in loaded.providers.items():
            values = dict(section)
            model = kinds()[values.pop("kind", name)]
            examples = {key: field.examples[0] for key, field in model.model_fields.items() if field.examples}
            assert model.model_validate(values) == model.model_validate(examples)


async def test_the_sample_of_the_command_is_good(tmp_path: Path) -> None:
    printed = await receipted("settings", home=tmp_path)
    (tmp_path / "receipted.toml").write_text(printed.out)
    checked = await receipted("settings", "--check", home=tmp_path)
    assert (printed.code, checked.code) == (0, 0)
    assert checked.out == "The settings are good. File: receipted.toml\n"


WRONG: list[tuple[dict[str, str], str]] = [
    ({"RECEIPTED_PORT": "70000"}, "setting port (RECEIPTED_PORT): must be less than or equal to 65535, was '70000'."),
    (
        {"RECEIPTED_PROVIDERS__VONAGE__RATE_PER_S": "-1"},
        "setting providers.vonage.rate_per_s (RECEIPTED_PROVIDERS__VONAGE__RATE_PER_S): must be ",
    ),
    ({"RECEIPTED_LIMITS__BODY_BYTE": "1"}, "limits.body_byte (RECEIPTED_LIMITS__BODY_BYTE): is not a setting. Did you"),
    ({"RECEIPTED_PROVIDERS": "x"}, "setting providers (RECEIPTED_PROVIDERS): must be JSON"),
    ({"RECEIPTED_PROVIDERS__ACME__X": "1"}, "setting providers.ACME: no provider kind 'acme'"),
    ({"RECEIPTED_TLS_CERT": "cert.pem"}, "tls_cert and tls_key go together"),
    ({"RECEIPTED_DEFAULT_PROVIDER": "x"}, "(RECEIPTED_DEFAULT_PROVIDER): must be one of sandbox, vonage, was 'x'."),
    ({"RECEIPTED_SETTINGS": "gone.toml"}, "RECEIPTED_SETTINGS names gone.toml, which is no file."),
]


@pytest.mark.parametrize(("env", "said"), WRONG, ids=lambda value: next(iter(value)) if isinstance(value, dict) else "")
async def test_a_wrong_setting_is_named_with_its_variable_and_what_it_must_be(
    tmp_path: Path, env: dict[str, str], said: str
) -> None:
    ran = await receipted("settings", "--check", home=tmp_path, env=env)
    assert ran.code == 2
    assert said.lower() in ran.err.lower()
    assert "Traceback" not in ran.err


async def test_a_file_that_is_no_toml(tmp_path: Path) -> None:
    (tmp_path / "receipted.toml").write_text("port = = 1")
    ran = await receipted("serve", home=tmp_path)
    assert ran.code == 2
    assert ran.err.startswith("receipted.toml is not valid TOML: ")
    assert "line 1" in ran.err


async def test_all_that_is_wrong_is_said_at_once_and_no_secret(tmp_path: Path) -> None:
    secret = "s3cr3t-value"
    (tmp_path / "receipted.toml").write_text(
        f'port = "{secret}"\ndatabase = ["{secret}"]\n[providers.vonage]\napi_secret = 5\nsecret_of_mine = "{secret}"\n'
    )
    for command in (("settings", "--check"), ("serve",), ("doctor",)):
        ran = await receipted(*command, home=tmp_path)
        assert ran.code == 2
        assert "setting port" in ran.err
        assert "setting database (RECEIPTED_DATABASE): must be a valid string, was a list." in ran.err
        assert ran.err.count(secret) == 1


async def test_a_variable_that_is_no_setting_is_remarked(tmp_path: Path) -> None:
    ran = await receipted("settings", "--check", home=tmp_path, env={"RECEIPTED_PROT": "1"})
    assert ran.code == 0
    assert "RECEIPTED_PROT is no setting and is not read. Did you mean RECEIPTED_PORT?" in ran.err
