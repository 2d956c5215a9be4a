"""What a hint names can be used as it stands."""

import pytest

from receipted.cli.hints import beyond_this_machine, named, program, reachable


@pytest.mark.parametrize(
    ("url", "called"),
    [
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000"),
        ("http://0.0.0.0:8000/webhooks/vonage", "http://127.0.0.1:8000/webhooks/vonage"),
        ("https://[::]:8443", "https://127.0.0.1:8443"),
        ("http://:8000", "http://127.0.0.1:8000"),
        ("http://[::1]:8000", "http://[::1]:8000"),
        ("http://hub.example:8000", "http://hub.example:8000"),
    ],
)
def test_an_address_that_can_be_called(url: str, called: str) -> None:
    assert reachable(url) == called


@pytest.mark.parametrize(
    ("host", "beyond"),
    [
        ("127.0.0.1", False),
        ("127.1.2.3", False),
        ("::1", False),
        ("localhost", False),
        ("0.0.0.0", True),
        ("::", True),
        ("", True),
        ("192.0.2.1", True),
        ("hub.example", True),
    ],
)
def test_who_can_call_what_listens_there(host: str, beyond: bool) -> None:
    assert beyond_this_machine(host) is beyond


def test_a_command_in_a_sentence_is_called_as_this_program_was() -> None:
    assert (
        named("Start it with `receipted serve`; receipted runs.")
        == f"Start it with `{program()} serve`; receipted runs."
    )
