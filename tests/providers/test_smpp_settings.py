"""What may be set about a carrier, and what is refused before it does harm."""

from typing import get_args

import pytest
from pydantic import ValidationError

from receipted.dialects.smpp.states import BY_STATUS
from receipted.providers.smpp.settings import Sayable, SmppSettings


def test_a_word_may_mean_whatever_a_receipt_can_say() -> None:
    assert set(get_args(Sayable)) == set(BY_STATUS)


@pytest.mark.parametrize("status", ["queued", "submitted", "parked"])
def test_a_word_that_means_what_no_receipt_says_is_refused(status: str) -> None:
    with pytest.raises(ValidationError, match="should be 'accepted', 'buffered'"):
        SmppSettings(host="h", system_id="s", status_words={"PARKED": status})
