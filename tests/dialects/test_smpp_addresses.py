import pytest

from receipted.dialects.smpp.addresses import (
    Address,
    destination_of,
    number_of,
    of_recipient,
    of_sender,
    same_number,
    source_of,
    written,
)
from receipted.dialects.smpp.pdus import Command, Pdu


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("AcmeInc", Address(5, 0, "AcmeInc")),
        ("12345", Address(3, 0, "12345")),
        ("447700900000", Address(1, 1, "447700900000")),
        ("+447700900000", Address(1, 1, "447700900000")),
        ("Ça va", Address(5, 0, "Ça va")),
        ("Москва", Address(5, 0, "??????")),
        ("x" * 30, Address(5, 0, "x" * 20)),
        ("a\0b", Address(5, 0, "ab")),
        ("٤٤٧", Address(5, 0, "???")),
        ("", Address(5, 0, "")),
    ],
)
def test_senders(text: str, address: Address) -> None:
    assert of_sender(text) == address


def test_a_carrier_may_want_other_numbers() -> None:
    assert of_sender("12345", ton=0, npi=1) == Address(0, 1, "12345")
    assert of_recipient("447700900000", npi=0) == Address(1, 0, "447700900000")
    assert of_recipient("447700900000") == Address(1, 1, "447700900000")


@pytest.mark.parametrize(
    ("address", "number"),
    [
        (Address(1, 1, "+447700900000"), "447700900000"),
        (Address(1, 1, "00447700900000"), "447700900000"),
        (Address(0, 1, "00447"), "00447"),
        (Address(5, 0, "Acme Inc\0"), "Acme Inc"),
        (Address(77, 77, "447700900000"), "447700900000"),
    ],
)
def test_numbers(address: Address, number: str) -> None:
    assert number_of(address) == number


def test_both_ways() -> None:
    source, destination = Address(5, 0, "Acme"), Address(1, 1, "447700900000")
    pdu = Pdu(command=Command.SUBMIT_SM, fields=dict(written(source, destination)))
    assert (source_of(pdu), destination_of(pdu)) == (source, destination)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("447700900123", "447700900123", True),
        ("+44 7700 900-123", "447700900123", True),
        ("00447700900123", "447700900123", True),
        ("07700900123", "447700900123", True),
        ("447700900124", "447700900123", False),
        ("900123", "447700900123", False),
        ("12345", "12345", True),
        ("Acme", "447700900123", False),
        ("Acme", "Acme", False),
        ("", "447700900123", False),
        ("", "", False),
        ("٧٧٠٠٩٠٠١٢٣", "447700900123", False),
    ],
)
def test_two_ways_to_write_one_number(one: str, other: str, same: bool) -> None:
    assert same_number(one, other) is same
    assert same_number(other, one) is same
