"""The page about the simulated carrier says what the tables say."""

from pathlib import Path

from receipted.carrier.numbers import ORDINARY, TABLE
from receipted.providers.sandbox import SandboxSettings

PAGE = (Path(__file__).parents[2] / "docs" / "sandbox.md").read_text(encoding="utf-8")


def test_the_table_of_numbers_is_the_table() -> None:
    rows = [line for line in PAGE.splitlines() if line.startswith("| `9")]
    assert rows == [f"| `{row.suffix}` | {row.what} |" for row in TABLE]
    assert f"| anything else | {ORDINARY.what} |" in PAGE


def test_every_setting_has_its_default_on_the_page() -> None:
    for name, field in SandboxSettings.model_fields.items():
        default = f"{field.default:g}" if isinstance(field.default, float) else str(field.default)
        assert f"| `{name}` | {default} |" in PAGE
