"""API secrets of accounts: made, hashed, and checked without making every request pay for the hash."""

import asyncio
import base64
import hashlib
import hmac
import secrets as entropy
import string
from collections import OrderedDict
from collections.abc import Sequence

from receipted.domain.errors import Overloaded

ALPHABET = string.ascii_letters + string.digits
CHARACTERS = 20
"""Vonage's newer secrets have 8 to 25 characters (reference vonage-sms 1.2)."""
COST, BLOCK, PARALLEL = 2**14, 8, 1
"""Of scrypt (RFC 7914): about 16 MiB and some hundredths of a second for each hash."""
REMEMBERED = 10_000
MOST_WAITING = 8
"""Hashes that may wait for one another; more would let a stranger keep a processor busy."""


class TooManyGuesses(Overloaded):
    """Credentials that are not known wait to be checked; more than that would keep a processor busy."""


def new_secret() -> str:
    """A secret with lower case, upper case and digits, as Vonage wants them; 119 bits of chance."""
    while True:
        made = "".join(entropy.choice(ALPHABET) for _ in range(CHARACTERS))
        if any(c.islower() for c in made) and any(c.isupper() for c in made) and any(c.isdigit() for c in made):
            return made


def new_api_key() -> str:
    """Eight characters, as Vonage's (reference vonage-sms 1.2)."""
    return entropy.token_hex(4)


def hashed(secret: str) -> str:
    """What is stored of a secret: all that is needed to check it, nothing to read it from."""
    salt = entropy.token_bytes(16)
    return "$".join(("scrypt", str(COST), _text(salt), _text(_scrypt(secret, salt, COST))))


def holds(secret: str, stored: str) -> bool:
    """Whether a secret is the one that was hashed."""
    _, cost, salt, wanted = stored.split("$")
    return hmac.compare_digest(_scrypt(secret, base64.b64decode(salt), int(cost)), base64.b64decode(wanted))


class SecretCheck:
    """``await check(secret, hashes)``: whether it is one of these secrets.

    What was found out is remembered under a key of this process, so an application pays for the hash once, however
    many requests it begins with. The hashes of strangers' guesses are made one after the other, off the event loop;
    raises TooManyGuesses when too many wait.
    """

    def __init__(self) -> None:
        self._key = entropy.token_bytes(32)
        self._nobodys = hashed(new_secret())
        self._known: OrderedDict[bytes, bool] = OrderedDict()
        self._turn = asyncio.Lock()
        self._asked: dict[bytes, asyncio.Task[bool]] = {}

    def known(self, secret: str, hashes: Sequence[str]) -> bool | None:
        """The same if it was asked before; None if not."""
        return self._known.get(self._name(secret, hashes))

    async def __call__(self, secret: str, hashes: Sequence[str]) -> bool:
        name = self._name(secret, hashes)
        if name in self._known:
            return self._known[name]
        if name not in self._asked:
            if len(self._asked) >= MOST_WAITING:
                raise TooManyGuesses("too many credentials wait to be checked; try again")
            self._asked[name] = asyncio.create_task(self._find_out(name, secret, tuple(hashes)))
        return await asyncio.shield(self._asked[name])

    async def _find_out(self, name: bytes, secret: str, hashes: Sequence[str]) -> bool:
        try:
            async with self._turn:
                # An account that does not exist takes as long as one that does.
                good = await asyncio.to_thread(_any_holds, secret, hashes or (self._nobodys,))
        finally:
            del self._asked[name]
        self._known[name] = good
        if len(self._known) > REMEMBERED:
            self._known.popitem(last=False)
        return good

    def _name(self, secret: str, hashes: Sequence[str]) -> bytes:
        said = "\0".join((secret, *hashes)).encode("utf-8", "surrogatepass")
        return hashlib.blake2b(said, key=self._key, digest_size=16).digest()


def _any_holds(secret: str, hashes: Sequence[str]) -> bool:
    return any(holds(secret, stored) for stored in hashes)


def _scrypt(secret: str, salt: bytes, cost: int) -> bytes:
    octets = secret.encode("utf-8", "surrogatepass")
    return hashlib.scrypt(octets, salt=salt, n=cost, r=BLOCK, p=PARALLEL, maxmem=2**26)


def _text(octets: bytes) -> str:
    return base64.b64encode(octets).decode()
