import pytest

from receipted.domain.errors import InvalidRequest
from receipted.domain.phone import country, masked, msisdn, without_numbers


@pytest.mark.parametrize(
    ("written", "digits"),
    [
        ("447700900000", "447700900000"),
        ("+44 7700 900-000", "447700900000"),
        ("0044 7700.900000", "447700900000"),
        (" +1 (201) 555-5522 ", "12015555522"),
        ("1234567", "1234567"),
        ("123456789012345", "123456789012345"),
    ],
)
def test_msisdn(written: str, digits: str) -> None:
    assert msisdn(written) == digits


@pytest.mark.parametrize(
    "written",
    [
        "",
        "+",
        "123456",
        "1234567890123456",
        "07700900000",
        "+44(0)7700900000",
        "abc",
        "44770090000x",
        "٤٤٧٧٠٠٩٠٠٠٠٠",
        "++447700900000",
    ],
)
def test_not_a_number(written: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        msisdn(written)
    assert refused.value.field == "to"


@pytest.mark.parametrize(
    ("number", "region"),
    [
        ("447400123456", "GB"),
        ("447700900000", "GB"),
        ("442079460000", "GB"),
        ("12015555522", "US"),
        ("12025550100", "US"),
        ("870773000000", ""),
        ("66837000111", "TH"),
        ("999999999", ""),
        ("", ""),
        ("8823456789", ""),
    ],
)
def test_country(number: str, region: str) -> None:
    assert country(number) == region


@pytest.mark.parametrize(
    ("number", "shown"),
    [("447700900000", "4477…000"), ("1234567", "…67"), ("123456789", "1234…789"), ("12", "…"), ("", "…")],
)
def test_masked(number: str, shown: str) -> None:
    assert masked(number) == shown


def test_numbers_in_what_others_say_are_masked() -> None:
    assert without_numbers("to 447700900000 refused (29)") == "to 4477…000 refused (29)"
