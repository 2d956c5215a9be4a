"""Vonage's own Python SDK (PyPI vonage) and we agree about signatures. Its 4.x knows the HMAC methods only."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from vonage import Auth

from receipted.dialects.vonage.receipt import signed
from receipted.dialects.vonage.signature import sign, verify
from tests.whole.far_vonage import receipt

SECRET = "signature-secret-of-tests"
HMAC = ("md5", "sha1", "sha256", "sha512")
NOW_MS = 1_795_000_000_000
TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)
NAME = TEXT.filter(lambda name: name not in ("sig", "timestamp") and not {"&", "="} & set(name))
"""A field name: with `&` or `=` in it two fields could pass for one, so such names are refused."""
FIELDS = st.dictionaries(NAME, TEXT, max_size=8)


def sdk(method: str) -> Auth:
    return Auth(api_key="abcd1234", api_secret="x", signature_secret=SECRET, signature_method=method)


@pytest.mark.parametrize("method", HMAC)
@given(fields=FIELDS)
def test_each_accepts_what_the_other_signed(method: str, fields: dict[str, str]) -> None:
    stamped = {**fields, "timestamp": str(NOW_MS // 1000)}
    theirs = sdk(method).sign_params(dict(stamped))
    assert sign(stamped, SECRET, method).lower() == theirs
    assert verify({**stamped, "sig": theirs}, SECRET, method, NOW_MS, 300).good
    assert sdk(method).check_signature({**stamped, "sig": sign(stamped, SECRET, method)})


@pytest.mark.parametrize("method", HMAC)
def test_the_sdk_takes_a_receipt_of_ours_and_no_altered_one(method: str) -> None:
    ours = signed(receipt("02000000FEA5EE9B"), secret=SECRET, method=method, nonce="n", now_ms=NOW_MS)
    assert sdk(method).check_signature(dict(ours))
    assert not sdk(method).check_signature({**ours, "status": "failed"})
