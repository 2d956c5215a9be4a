import pytest

from receipted.dialects.vonage.digest import METHODS, base_string, digest
from receipted.dialects.vonage.explain import explain, py4_base_string
from receipted.dialects.vonage.signature import Verdict, sign, verify
from tests.vectors.vonage_signatures import PY4_DOCUMENTED_MD5, PY4_FIELDS, PY4_SIGS, ROWS, SECRET, V4, Signed

V4_MS = 1_700_000_000_000


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_vectors_are_written(row: Signed) -> None:
    assert base_string({**row.fields, "sig": "x"}) == row.base
    for method, sig in row.sigs.items():
        made = sign(row.fields, row.secret, method)
        assert made.lower() == sig.lower()
        assert made == (made.lower() if method == "md5hash" else made.upper())


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_vectors_are_read_in_any_case(row: Signed) -> None:
    for method, sig in row.sigs.items():
        for spelled in (sig.lower(), sig.upper()):
            assert verify({**row.fields, "sig": spelled}, row.secret, method, 0, 0).good
        assert not verify({**row.fields, "sig": "0" * len(sig)}, row.secret, method, 0, 0).good


@pytest.mark.parametrize("sig", ["", "é", "\ud800", "zz", "00", "0" * 10_000])
def test_nonsense_is_a_verdict(sig: str) -> None:
    assert not verify({"a": "b\x00", "sig": sig}, SECRET, "sha256", 0, 0).good


def _explained(fields: dict[str, str], secret: str = SECRET, method: str = "md5hash") -> str:
    verdict = verify(fields, secret, method, V4_MS, 300)
    assert not verdict.good
    assert secret.strip() not in verdict.explanation
    assert sign(fields, secret, method).lower() not in verdict.explanation.lower()
    return verdict.explanation


def test_another_method() -> None:
    for signer, sig in V4.sigs.items():
        for configured in METHODS:
            if configured != signer:
                told = _explained({**V4.fields, "sig": sig}, method=configured)
                assert f"the signer uses {signer}, the setting says {configured}" in told


def test_another_secret() -> None:
    told = _explained({**V4.fields, "sig": V4.sigs["sha256"]}, secret="other secret", method="sha256")
    assert "Likely: secret: another one was used" in told
    assert f"Signed string: {V4.base}" in told
    told = _explained({**V4.fields, "sig": V4.sigs["sha256"]}, secret="other secret", method="md5")
    assert "Likely: secret and method: sig has 64 hex digits, as sha256 makes" in told
    told = _explained({**V4.fields, "sig": V4.sigs["sha256"]}, secret="my_secret\n", method="sha256")
    assert "has a blank at its start or end" in told


@pytest.mark.parametrize(
    ("change", "finding"),
    [
        ({"client-ref": ""}, "left blank fields out (client-ref)"),
        ({"token": "1", "x": "2"}, "not signed were the undocumented token, x"),
        ({"nonce": ""}, "altered on the way"),
        ({"status": "failed"}, "altered on the way"),
    ],
)
def test_altered_fields(change: dict[str, str], finding: str) -> None:
    signed = {name: value for name, value in V4.fields.items() if name != "client-ref"}
    fields = {**signed, "sig": sign(signed, SECRET, "md5hash"), **change}
    assert finding in _explained(fields)


def test_one_added_field_beside_a_signed_one() -> None:
    signed = {**V4.fields, "account-ref": "a"}
    fields = {**signed, "token": "1", "sig": sign(signed, SECRET, "md5hash")}
    assert "token was added after signing" in _explained(fields)


@pytest.mark.parametrize(
    ("mangled", "finding"),
    [
        (V4.base.replace(" ", "+"), "signed + where a blank belongs"),
        (V4.base.replace("&timestamp", "×tamp"), "HTML made × of &times"),
    ],
)
def test_altered_strings(mangled: str, finding: str) -> None:
    assert finding in _explained({**V4.fields, "sig": digest(mangled, SECRET, "sha1")}, method="sha1")


def test_the_python_sdk_that_signs_none() -> None:
    for method, sig in PY4_SIGS.items():
        assert digest(py4_base_string({**PY4_FIELDS, "sig": sig}), SECRET, method) == sig
        assert "the Python SDK 4.9.1" in _explained({**PY4_FIELDS, "sig": sig}, method=method)
    assert sign(PY4_FIELDS, SECRET, "md5").lower() == PY4_DOCUMENTED_MD5


def test_two_fields_drawn_into_one_name_do_not_pass() -> None:
    failed = {**V4.fields, "err-code": "3"}
    for method in METHODS:
        sig = sign(failed, SECRET, method)
        assert verify({**failed, "sig": sig}, SECRET, method, V4_MS, 300).good
        drawn = {name: value for name, value in failed.items() if name not in ("err-code", "message-timestamp")}
        drawn["err-code=3&message-timestamp"] = failed["message-timestamp"]
        assert base_string(drawn) == base_string(failed)
        verdict = verify({**drawn, "sig": sig}, SECRET, method, V4_MS, 300)
        assert (verdict.good, verdict.problem) == (False, "a field name holds & or =")
    for name in ("a&b", "a=b"):
        one = {name: "1"}
        assert not verify({**one, "sig": sign(one, SECRET, "md5")}, SECRET, "md5", 0, 0).good


def test_the_clock() -> None:
    fields = {**V4.fields, "sig": V4.sigs["sha256"]}
    assert verify(fields, SECRET, "sha256", V4_MS + 300_999, 300) == Verdict(True)
    late = verify(fields, SECRET, "sha256", V4_MS + 301_000, 300)
    early = verify(fields, SECRET, "sha256", V4_MS - 301_000, 300)
    assert "signed 301 s ago" in late.explanation
    assert "signed 301 s in the future" in early.explanation
    assert verify(fields, SECRET, "sha256", 0, 0).good
    unstamped = {"a": "1"}
    told = verify({**unstamped, "sig": sign(unstamped, SECRET, "md5")}, SECRET, "md5", V4_MS, 300)
    assert "tolerance_s = 0" in told.explanation


def test_a_flood_of_fields_is_not_tried() -> None:
    fields = {f"x{number}": "1" for number in range(1_000)}
    assert "nothing was tried" in explain({**fields, "sig": "0" * 32}, SECRET, "md5")


def test_an_explanation_can_be_stored() -> None:
    told = explain({"a": "\x00\ud800", "sig": "0" * 32}, SECRET, "md5")
    assert "\x00" not in told
    assert told.encode()
