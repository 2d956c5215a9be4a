"""What the SMSC writes down, and what it counts of each account."""

from pathlib import Path

import msgspec
import pytest

from receipted.carrier.accepted import Accepted
from receipted.carrier.ledger import SqliteLedger, WrongFile, open_ledger
from receipted.carrier.traffic import TRIES_KEPT, Limit, Tries

MESSAGE = Accepted(
    number=1_700_000_000_000_000,
    account="acme\xff",
    draw=3,
    submitted_ms=1_700_000_000_000,
    valid_ms=0,
    registered=1,
    seq=1,
    total=2,
    service_type="",
    source="Acme",
    source_ton=5,
    source_npi=0,
    recipient="447700900000",
    recipient_ton=1,
    recipient_npi=1,
    data_coding=8,
    opening=b"\0H\0i",
    ids="decimal",
    style="full",
)


def test_what_was_written_is_owed(tmp_path: Path) -> None:
    messages = [msgspec.structs.replace(MESSAGE, number=number) for number in (1, 2, 3)]
    ledger = SqliteLedger(tmp_path / "state.db")
    ledger.write(messages, [], [])
    ledger.write([], [(2, 3)], [1])
    ledger.close()
    again = SqliteLedger(tmp_path / "state.db")
    assert again.owed() == [(0, messages[1]), (2, messages[2])]
    again.close()


def test_a_write_is_whole_or_not_at_all(tmp_path: Path) -> None:
    ledger = SqliteLedger(tmp_path / "state.db")
    ledger.write([MESSAGE], [], [])
    other = msgspec.structs.replace(MESSAGE, number=1)
    with pytest.raises(Exception, match="UNIQUE"):
        ledger.write([other, MESSAGE], [], [])
    ledger.write([], [], [])
    assert ledger.owed() == [(0, MESSAGE)]
    ledger.close()


def test_a_file_of_another_version_is_left_alone(tmp_path: Path) -> None:
    ledger = SqliteLedger(tmp_path / "state.db")
    ledger._connection.execute("PRAGMA user_version = 99")
    ledger.close()
    with pytest.raises(WrongFile, match="another version"):
        open_ledger(tmp_path / "state.db")


def test_memory_owes_nothing() -> None:
    ledger = open_ledger(None)
    ledger.write([MESSAGE], [], [])
    assert ledger.owed() == []


def test_the_limit_counts_by_the_second() -> None:
    limit = Limit(2)
    assert [limit.exceeded(now_ms) for now_ms in (0, 500, 999, 1_000, 1_001, 1_002)] == [
        False,
        False,
        True,
        False,
        False,
        True,
    ]
    assert limit.exceeded(-5_000) is False, "a clock that was set back"
    assert not any(Limit(0).exceeded(0) for _ in range(1_000))


def test_tries_are_counted_by_account_number_and_content_in_bounded_memory() -> None:
    tries = Tries()
    assert [tries.next("a", "1", b"x") for _ in range(3)] == [1, 2, 3]
    assert tries.next("b", "1", b"x") == tries.next("a", "2", b"x") == tries.next("a", "1", b"y") == 1
    for number in range(TRIES_KEPT):
        tries.next("a", str(number + 10), b"x")
    assert len(tries) == TRIES_KEPT
    assert tries.next("a", "1", b"x") == 1
