"""The table of compatibility is whole, and what it says is proved is."""

import re
from pathlib import Path

import pytest

from docs.conformance import ANSWER, DIFFERS, NO, PARAMETERS, RECEIPT, SECTIONS, STATUSES, YES, Row
from receipted.dialects.vonage.answer import NAMES
from receipted.dialects.vonage.codes import SUBMIT
from receipted.dialects.vonage.fields import RECEIPT_FIELDS, REQUEST_FIELDS

TESTS = Path(__file__).parents[1]
ROWS = [row for _, rows in SECTIONS for row in rows]


def test_every_documented_name_has_a_row() -> None:
    assert {row.name for row in PARAMETERS} == REQUEST_FIELDS
    assert {row.name for row in RECEIPT} == RECEIPT_FIELDS
    assert {row.name for row in STATUSES} == {row.code for row in SUBMIT if not row.code.startswith("http")}
    assert {row.name for row in ANSWER} == {"message-count"} | {theirs for _, theirs, _ in NAMES}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_a_row_says_how_and_what_differs_and_names_a_test_that_exists(row: Row) -> None:
    assert row.how in (YES, DIFFERS, NO)
    assert row.note or row.how == YES or row.name.startswith("Reports")
    if row.test:
        file, _, name = row.test.partition("::")
        assert re.search(rf"^(async )?def {name}\b", (TESTS / file).read_text(), re.MULTILINE), row.test
