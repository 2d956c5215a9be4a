"""Pages made from the code are as the code is, and every setting is described."""

import tomllib
from collections.abc import Iterator

import pytest
from pydantic import BaseModel, Field

from docs.make import HERE, PAGES, Setting, leaves, sections, settings
from receipted.cli.sample import sample
from receipted.dialects.smpp.deviations import DEVIATIONS, Deviation
from receipted.providers import KINDS, kind_named
from receipted.settings import Settings


@pytest.mark.parametrize("name", PAGES)
def test_the_page_is_as_the_code_is(name: str) -> None:
    made = PAGES[name]()
    assert (HERE / name).read_text(encoding="utf-8") == made, f"docs/{name} is out of date: run `make docs`"


def undescribed(model: type[BaseModel]) -> Iterator[str]:
    for setting in leaves(model):
        text = setting.description
        if not text or not text.endswith((".", ")")) or not text[0].isupper():
            yield setting.path


@pytest.mark.parametrize("model", [Settings, *(kind_named(kind).settings for kind in KINDS)])
def test_every_setting_has_a_sentence(model: type[BaseModel]) -> None:
    assert list(undescribed(model)) == []


def test_a_setting_without_a_sentence_is_seen() -> None:
    class Bad(BaseModel):
        port: int = Field(1)
        host: str = Field("", description="no sentence")

    assert list(undescribed(Bad)) == ["port", "host"]


def test_every_setting_stands_in_the_page_and_in_the_sample_file() -> None:
    listed: list[Setting] = [setting for _, _, group in sections() for setting in group]
    page, file = settings(), sample()
    assert [s.path for s in listed if f"`{s.name}`" not in page or s.description.replace("|", "\\|") not in page] == []
    assert [s.path for s in listed if f"\n#{s.name} = " not in file] == []


@pytest.mark.parametrize("row", [row for row in DEVIATIONS if row.setting], ids=lambda row: str(row.number))
def test_what_carriers_do_otherwise_can_be_set_as_the_page_says(row: Deviation) -> None:
    name, _, value = row.setting.partition(" = ")
    carrier = kind_named("smpp").settings
    assert name in carrier.model_fields
    given = {name: tomllib.loads(row.setting)[name]} if value else {}
    carrier.model_validate({"host": "127.0.0.1", "system_id": "gw", **given})


def test_the_sample_is_a_settings_file() -> None:
    Settings.model_validate(tomllib.loads(sample()))
