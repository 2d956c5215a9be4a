"""API secrets: made as Vonage's, stored as hashes, checked once."""

import asyncio

import pytest

from receipted.hub.secrets import MOST_WAITING, SecretCheck, TooManyGuesses, hashed, holds, new_api_key, new_secret


def test_a_secret_has_what_vonage_wants_and_another_each_time() -> None:
    made = {new_secret() for _ in range(50)}
    assert len(made) == 50
    for one in made:
        assert 8 <= len(one) <= 25
        assert one.isalnum()
        assert any(c.islower() for c in one)
        assert any(c.isupper() for c in one)
        assert any(c.isdigit() for c in one)
    assert len(new_api_key()) == 8


def test_a_hash_holds_its_secret_only_and_shows_nothing_of_it() -> None:
    stored = hashed("Secret123")
    assert holds("Secret123", stored)
    assert not holds("Secret124", stored)
    assert "Secret123" not in stored
    assert hashed("Secret123") != stored


async def test_either_of_two_secrets_is_good_and_what_was_found_out_is_remembered() -> None:
    check, hashes = SecretCheck(), (hashed("Newer1234"), hashed("Older1234"))
    assert check.known("Newer1234", hashes) is None
    for secret, good in (("Newer1234", True), ("Older1234", True), ("Wrong1234", False)):
        assert await check(secret, hashes) is good
        assert check.known(secret, hashes) is good
    assert check.known("Older1234", hashes[:1]) is None
    assert not await check("Older1234", hashes[:1])
    assert not await check("anything", ())


async def test_a_flood_of_guesses_is_refused_and_the_known_secret_still_good() -> None:
    check, hashes = SecretCheck(), (hashed("Secret123"),)
    assert await check("Secret123", hashes)
    guesses = [asyncio.create_task(check(f"guess{n}", hashes)) for n in range(MOST_WAITING * 3)]
    await asyncio.sleep(0)
    assert check.known("Secret123", hashes) is True
    ended = await asyncio.gather(*guesses, return_exceptions=True)
    assert [one for one in ended if isinstance(one, TooManyGuesses)]
    assert not any(one is True for one in ended)
    with pytest.raises(TooManyGuesses):
        await asyncio.gather(*(check(f"more{n}", hashes) for n in range(MOST_WAITING + 1)))
