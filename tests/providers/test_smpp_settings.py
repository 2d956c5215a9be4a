"""What may be set about a carrier, and what is refused before it does harm."""

from typing import get_args

import pytest
from pydantic import ValidationError

from receipted.dialects.smpp.operations import submits
from receipted.dialects.smpp.states import BY_STATUS
from receipted.dialects.smpp.status import Reaction
from receipted.providers.smpp.carrier import commands_of
from receipted.providers.smpp.settings import Done, Sayable, SmppSettings


def test_a_word_may_mean_whatever_a_receipt_can_say() -> None:
    assert set(get_args(Sayable)) == set(BY_STATUS)


@pytest.mark.parametrize("status", ["queued", "submitted", "parked"])
def test_a_word_that_means_what_no_receipt_says_is_refused(status: str) -> None:
    with pytest.raises(ValidationError, match="should be 'accepted', 'buffered'"):
        SmppSettings(host="h", system_id="s", status_words={"PARKED": status})


def test_about_an_answer_whatever_the_hub_can_do_may_be_set() -> None:
    assert set(get_args(Done)) == set(Reaction) - {Reaction.ACCEPTED, Reaction.CONFIGURATION}


@pytest.mark.parametrize("status", ["1029", "0x", "0x0", "0x123456789", "ESME_RTHROTTLED", "0x04_05"])
def test_an_answer_is_named_in_hex(status: str) -> None:
    with pytest.raises(ValidationError, match="no command_status of an error in hex"):
        SmppSettings(host="h", system_id="s", command_statuses={status: "retry"})


def test_every_way_to_bind_has_its_connections() -> None:
    ways = get_args(SmppSettings.model_fields["bind"].annotation)
    submitting = {
        way: [submits(command) for command in commands_of(SmppSettings(host="h", system_id="s", bind=way))]
        for way in ways
    }
    assert submitting == {
        "transceiver": [True],
        "transmitter-receiver": [True, False],
        "transmitter": [True],
        "receiver": [False],
    }
