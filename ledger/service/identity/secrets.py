"""Secrets of clients: made here, stored as argon2id hashes, compared a few at a time."""

import asyncio
import secrets
from collections.abc import Callable
from functools import cache
from typing import Final, ParamSpec, TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from ledger.host.threads import in_thread
from ledger.service.identity.faults import OAuthFault

PLACES: Final = 2
"""Hashes at a time: each takes 19 MiB and a core."""
ROOM: Final = 16
"""Requests that run or wait."""
LONGEST: Final = 200
Arguments = ParamSpec("Arguments")
Value = TypeVar("Value")
_HASHER: Final = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
"""The parameters that OWASP names for argon2id."""


def new_secret() -> str:
    """A secret that nobody guesses: 32 random bytes."""
    return secrets.token_urlsafe(32)


class SecretHasher:
    """Hashes and compares secrets in threads. Raises OAuthFault (503) if too many wait."""

    def __init__(self) -> None:
        self._places = asyncio.Semaphore(PLACES)
        self._waiting = 0

    async def hash(self, secret: str) -> str:
        """The argon2id hash of a secret, with its parameters and salt."""
        return await self._in_turn(_HASHER.hash, secret)

    async def matches(self, stored: str | None, secret: str) -> bool:
        """Whether this is the secret with the stored hash. Without a hash it takes the same time and says no."""
        return await self._in_turn(_matches, stored, secret[:LONGEST]) and stored is not None

    async def _in_turn(
        self, function: Callable[Arguments, Value], *args: Arguments.args, **kwargs: Arguments.kwargs
    ) -> Value:
        if self._waiting >= ROOM:
            raise OAuthFault("temporarily_unavailable", f"{ROOM} requests with a secret run or wait; ask again later",
                             status=503, retry_after=2)
        self._waiting += 1
        try:
            async with self._places:
                return await in_thread(function, *args, **kwargs)
        finally:
            self._waiting -= 1


def _matches(stored: str | None, secret: str) -> bool:
    try:
        return _HASHER.verify(_nobodys() if stored is None else stored, secret)
    except (VerificationError, InvalidHashError):
        return False


@cache
def _nobodys() -> str:
    """The hash of a secret that nobody has."""
    return _HASHER.hash(new_secret())
