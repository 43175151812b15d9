"""The keys that sign access tokens. Each derives from a random salt in the database and from the log's key, which every
replica has in its home. So all replicas have the same keys, and the database alone is not enough to make a token."""

import asyncio
import logging
import secrets
from collections.abc import Callable, Mapping
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from joserfc.jwk import OKPKey
from joserfc.util import urlsafe_b64encode

from ledger.errors import Unavailable
from ledger.service.heads.keyring import Keyring, vkey_of
from ledger.service.identity.tokens import LONGEST_LIFE, ROTATION, SKEW, TokenKey
from ledger.store.database import DatabasePool
from ledger.store.sql import queries

_PURPOSE: Final = b"carbon-ledger/token-key/v1\n"
_MOST: Final = 64
_LOOK_SECONDS: Final = 2.0
"""Tokens that name unknown keys, other than the next one, make this process look for new keys at most so often."""
_log = logging.getLogger(__name__)


class TokenKeys:
    """The keys of this log's tokens. `clock`: seconds since 1970."""

    def __init__(self, pool: DatabasePool, keyring: Keyring, clock: Callable[[], float]) -> None:
        self._pool, self._keyring, self._clock = pool, keyring, clock
        self._keys: dict[str, TokenKey] = {}
        self._log_keys: dict[str, str] = {}
        self._highest = 0
        self._looked = float("-inf")
        self._looking = asyncio.Lock()

    async def verifying(self, kid: str | None = None) -> Mapping[str, TokenKey]:
        """The keys whose tokens may be valid now, by their ids. `kid`: an id that should be among them."""
        if kid is None or kid not in self._keys:
            async with self._looking:
                is_next = kid == str(self._highest + 1)
                if kid is None or is_next or self._clock() - self._looked > _LOOK_SECONDS:
                    await self._look()
        return self._keys

    async def signing(self) -> TokenKey:
        """The key that signs now, the same at every replica; a new one if the newest one is a day old. Raises
        Unavailable if this replica lacks the log's key."""
        async with self._looking:
            # Another replica may have replaced the key.
            await self._look()
            if self._newest() is None:
                await self._add(replaces=False)
            newest = self._newest()
        if newest is not None:
            return newest
        raise Unavailable("this server has no key to sign tokens with", code="no-token-key")

    async def replace(self) -> TokenKey:
        """Adds a new key. Tokens of all earlier keys are invalid from now on, at every replica."""
        async with self._looking:
            await self._look()
            await self._add(replaces=True)
        return await self.signing()

    def _newest(self) -> TokenKey | None:
        key = max(self._keys.values(), key=lambda each: each.number, default=None)
        usable = key is not None and key.begins - SKEW <= self._clock() < key.begins + ROTATION
        return key if key is not None and usable and self._log_keys[key.kid] == self._keyring.vkey else None

    async def _add(self, *, replaces: bool) -> None:
        number = self._highest + 1
        await self._pool.fetch(queries("identity")["add_token_key"], number, secrets.token_bytes(32),
                               self._keyring.vkey, replaces)
        await self._look()

    async def _look(self) -> None:
        """Reads the keys of the database. A key whose log key has left the home is passed over."""
        rows = await self._pool.fetch(queries("identity")["token_keys"], _MOST)
        self._looked, self._highest = self._clock(), rows[0]["number"] if rows else 0
        keys, log_keys = {}, {}
        for row in rows:
            if row["begins"] + ROTATION + LONGEST_LIFE + SKEW < self._clock():
                break
            key = self._key(row)
            if key is not None:
                keys[key.kid], log_keys[key.kid] = key, row["log_key"]
            if row["replaces"]:
                break
        self._keys, self._log_keys = keys, log_keys

    def _key(self, row: Any) -> TokenKey | None:
        known = self._keys.get(str(row["number"]))
        if known is not None:
            return known
        signer = next((one for one in self._keyring.signers if vkey_of(one) == row["log_key"]), None)
        if signer is None:
            _log.warning("token key %d is not used: the home lacks the log's key %s", row["number"], row["log_key"])
            return None
        purpose = _PURPOSE + f"{self._keyring.origin}\n{row['number']}".encode()
        seed = signer.derived(row["salt"], purpose)
        public = Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()
        jwk = OKPKey.import_key({"kty": "OKP", "crv": "Ed25519", "x": urlsafe_b64encode(public).decode(),
                                 "d": urlsafe_b64encode(seed).decode()})
        return TokenKey(row["number"], row["begins"], jwk)
