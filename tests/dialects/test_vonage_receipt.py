import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from receipted.dialects.vonage import receipt as dialect
from receipted.dialects.vonage.codes import STATUSES
from receipted.dialects.vonage.fields import RECEIPT, decode, encode
from receipted.dialects.vonage.signature import verify
from receipted.dialects.vonage.times import read_scts, read_timestamp, write_scts, write_timestamp
from receipted.domain.errors import InvalidReceipt
from receipted.domain.receipt import Receipt
from receipted.domain.status import Status
from tests.vectors.vonage_receipts import ROWS, TUTORIAL_PUSHED_MS, Row
from tests.vectors.vonage_signatures import V4

FIELDS = {name: value for name, value in V4.fields.items() if name not in ("timestamp", "nonce")}


def read(fields: dict[str, str]) -> Receipt:
    return dialect.read(fields, provider="vonage")


def changed(**change: str) -> Receipt:
    return read({**FIELDS, **{name.replace("_", "-"): value for name, value in change.items()}})


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_vectors(row: Row) -> None:
    query, body = (row.sent, b"") if row.transport == "get" else (b"", row.sent)
    decoded = decode(row.method, query, row.content_type, body, RECEIPT)
    assert decoded.transport == row.transport
    found = dialect.read(decoded.fields, provider="vonage", raw=decoded.raw, transport=decoded.transport)
    assert found == msgspec.structs.replace(row.receipt, digest=found.digest, raw=row.sent, transport=row.transport)
    if row.exact:
        written = dialect.write(row.receipt, api_key=row.api_key, pushed_ms=row.pushed_ms)
        assert encode(written, decoded.transport)[1] == row.sent


def test_the_digest_is_of_what_is_said_not_of_how() -> None:
    assert (
        len(
            {
                dialect.read(
                    decode(
                        row.method, row.sent, row.content_type, b"" if row.transport == "get" else row.sent, RECEIPT
                    ).fields,
                    provider="vonage",
                ).digest
                for row in ROWS
                if row.pushed_ms == TUTORIAL_PUSHED_MS
            }
        )
        == 1
    )
    digest = read(FIELDS).digest
    assert len(digest) == 32
    assert int(digest, 16) >= 0
    same = {
        "timestamp": "1",
        "nonce": "n",
        "sig": "s",
        "message-timestamp": "2030-01-01 00:00:00",
        "status": "DELIVERED",
    }
    for name, value in same.items():
        assert read({**FIELDS, name: value}).digest == digest
    for name in ("messageId", "err-code", "scts", "network-code", "price"):
        assert read({**FIELDS, name: "7"}).digest != digest
    assert changed(status="failed").digest != digest
    assert dialect.read(FIELDS, provider="other").digest != digest
    shifted = read({**FIELDS, "price": "", "network-code": FIELDS["network-code"] + FIELDS["price"]})
    assert shifted.digest != digest


def test_without_scts_the_time_of_the_push_counts() -> None:
    one = changed(scts="")
    assert one.carrier_ms == 1_700_000_000_000
    assert changed(scts="", message_timestamp="2023-11-14 22:13:21").digest != one.digest
    assert changed(scts="9999999999").carrier_ms == 1_700_000_000_000
    assert changed(scts="", message_timestamp="soon").carrier_ms is None
    assert changed(scts="").digest != changed(scts="bad").digest


@given(st.sampled_from(["2311142213", "", "bad"]), st.sampled_from(["2023-11-14 22:13:20", "", "2024-01-01 00:00:00"]))
def test_one_digest_has_one_carrier_time(scts: str, pushed: str) -> None:
    one, other = changed(scts=scts, message_timestamp=pushed), changed(scts=scts)
    assert one.digest != other.digest or one.order_key == other.order_key


@pytest.mark.parametrize(("word", "status"), [*STATUSES.items(), ("wired", Status.UNKNOWN), ("0", Status.UNKNOWN)])
def test_words(word: str, status: Status) -> None:
    for spelled in (word, word.upper(), word.title()):
        found = changed(status=spelled)
        assert found.status is status
        assert found.raw_status == spelled


@pytest.mark.parametrize(
    ("word", "code", "status", "err_code"),
    [
        ("delivered", "0", Status.DELIVERED, None),
        ("delivered", "", Status.DELIVERED, None),
        ("delivered", "000", Status.DELIVERED, None),
        ("delivered", "5", Status.FAILED, "5"),
        ("failed", "2", Status.FAILED, "2"),
        ("failed", "0", Status.FAILED, None),
        ("accepted", "99", Status.ACCEPTED, None),
        ("buffered", "1", Status.BUFFERED, None),
        ("rejected", "4711", Status.REJECTED, "4711"),
        ("delivered", " 0", Status.DELIVERED, None),
        (" delivered\t", "0 ", Status.DELIVERED, None),
        ("delivered ", " ", Status.DELIVERED, None),
        (" Failed ", " 6 ", Status.FAILED, "6"),
    ],
)
def test_codes(word: str, code: str, status: Status, err_code: str | None) -> None:
    found = changed(status=word, err_code=code)
    assert (found.status, found.err_code) == (status, err_code)


def test_blanks_around_a_value_mean_nothing() -> None:
    padded = read({name: value if name == "client-ref" else f" {value} " for name, value in FIELDS.items()})
    assert padded == msgspec.structs.replace(read(FIELDS), raw_status=f" {FIELDS['status']} ")


def test_the_least_receipt() -> None:
    found = read({"messageId": "1", "status": "accepted"})
    assert (found.carrier_ms, found.network, found.price, found.recipient, found.client_ref) == (None,) * 5


@pytest.mark.parametrize(
    ("fields", "field", "problem"),
    [
        ({"messageId": "1"}, "status", "is missing"),
        ({"messageId": "1", "text": "Hi"}, "status", "inbound SMS"),
        ({"status": "failed"}, "messageId", "is missing"),
        ({"status": "failed", "messageId": ""}, "messageId", "is missing"),
        ({"status": "failed", "messageId": "a\x00"}, "body", "NUL"),
        ({"status": " ", "messageId": "1"}, "status", "is missing"),
        ({"status": "failed", "messageId": " "}, "messageId", "is missing"),
        ({"status": "failed", "messageId": "a&b"}, "messageId", "& or ="),
        ({"status": "failed", "messageId": "a=b"}, "messageId", "& or ="),
        ({"status": "fail=ed", "messageId": "1"}, "status", "& or ="),
        ({"status": "failed", "messageId": "1", "err-code": "&6"}, "err-code", "& or ="),
    ],
)
def test_what_cannot_be_read(fields: dict[str, str], field: str, problem: str) -> None:
    with pytest.raises(InvalidReceipt, match=problem) as refused:
        read(fields)
    assert refused.value.field == field


@given(
    st.sampled_from([Status.ACCEPTED, Status.FAILED, Status.DELIVERED, Status.UNKNOWN, Status.EXPIRED]),
    st.none() | st.integers(946_684_800, 4_102_444_799).map(lambda at_s: at_s // 60 * 60_000),
    st.none() | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), min_size=1, max_size=40),
)
def test_what_is_written_is_read(status: Status, carrier_ms: int | None, client_ref: str | None) -> None:
    said = Receipt(
        provider="vonage", provider_message_id="m", digest="", status=status, raw_status=status.value,
        err_code="3" if status is Status.FAILED else None, carrier_ms=carrier_ms, client_ref=client_ref,
    )  # fmt: skip
    fields = dialect.write(said, pushed_ms=1_700_000_000_000)
    assert all(fields.values())
    found = read(fields)
    expected_ms = 1_700_000_000_000 if carrier_ms is None else carrier_ms
    assert found == msgspec.structs.replace(said, digest=found.digest, carrier_ms=expected_ms)


def test_a_receipt_signed_is_verified() -> None:
    for method, sig in V4.sigs.items():
        whole = dialect.signed(
            FIELDS, secret=V4.secret, method=method, nonce=V4.fields["nonce"], now_ms=1_700_000_000_000
        )
        assert whole["sig"].lower() == sig
        assert verify(whole, V4.secret, method, 1_700_000_000_000, 300).good


@pytest.mark.parametrize(
    "text", ["", "231114221", "23111422133", "2313142213", "2302302213", "231114+213", "２３11142213"]
)
def test_no_scts(text: str) -> None:
    assert read_scts(text) is None


@pytest.mark.parametrize(
    "text",
    ["", "2023-11-14", "2023-11-14 22:13:60", "2023-11-14 22:13:2x", "2023-11-14 22:13:200", "+023-11-14 22:13:20"],
)
def test_no_timestamp(text: str) -> None:
    assert read_timestamp(text) is None


def test_times() -> None:
    assert read_scts("2311142213") == 1_699_999_980_000
    assert write_scts(1_699_999_980_000) == "2311142213"
    assert read_timestamp("2023-11-14 22:13:20") == 1_700_000_000_000
    assert write_timestamp(1_700_000_000_000) == "2023-11-14 22:13:20"
