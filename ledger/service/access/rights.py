"""Reads a caller's rights at each request, so that a grant, a revocation or an expiry acts from its commit on."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from asyncpg import Record

from ledger.access.caller import Caller
from ledger.access.rights import HeldGrant, Rights
from ledger.store.database import DatabasePool
from ledger.store.shared_reads import Key
from ledger.store.sql import queries


class TokenBasis(NamedTuple):
    """The things that must stand for a token to hold, besides the organisation or the grant of its caller: the number
    of the key that signed it, its spent id, and the ledger key or the client to which it was issued."""

    key: int | None = None
    token: bytes | None = None
    keyid: bytes | None = None
    client: str | None = None


class AskingCaller(NamedTuple):
    """Who asks: a caller with a token whose signature is verified, and on whose basis the rights depend; or, without
    `basis`, one whose identity is verified already."""

    caller: Caller
    basis: TokenBasis | None = None

    @property
    def keys(self) -> list[Key]:
        """The key of the statement `rights`; no key for a caller who has neither rights nor a token."""
        caller = self.caller
        if self.basis is None and not _reads(caller):
            return []
        link = None if caller.link is None else bytes.fromhex(caller.link)
        return [(caller.organization, link, *(self.basis or _NO_TOKEN))]

    @property
    def reader(self) -> str | None:
        """The organisation as which the caller reads, if its token stands; None for others, and without the scope
        `read`."""
        return self.caller.organization if _reads(self.caller) else None

    def rights(self, rows: Sequence[Sequence[Record]]) -> Rights | None:
        """The rights by the rows of these keys; None if a part of the token's basis has ended."""
        if not rows:
            return Rights(self.caller)
        if self.basis is not None and not rows[0][0]["holds"]:
            return None
        return _rights(self.caller, rows[0])


_NO_TOKEN: Final = TokenBasis()


async def read_rights(pool: DatabasePool, asking: AskingCaller) -> Rights | None:
    """The rights at the newest head; None if a part of the token's basis has ended."""
    return asking.rights(await pool.fetch_each(queries("access")["rights"], asking.keys))


def _reads(caller: Caller) -> bool:
    """A token without the scope `read` gives no right to read."""
    return "read" in caller.scopes and (caller.organization is not None or caller.link is not None)


def _rights(caller: Caller, rows: Sequence[Record]) -> Rights:
    if not _reads(caller):
        return Rights(caller)
    everything, own = rows[0]["everything"], frozenset(rows[0]["own"])
    grants = [HeldGrant(row["record"], row["grantor"], row["depth"], row["lot"], row["product"], row["starts"],
                        row["ends"]) for row in rows if row["record"] is not None]
    return Rights(caller, everything, own, tuple(grants))


async def read_link(pool: DatabasePool, grant: str) -> str | None:
    """The digest (hex) of the secret of a grant's link; None if no such grant is in force. `grant` is the digest of the
    grant record in hex."""
    async with pool.acquire() as connection:
        row = await connection.fetchrow(queries("access")["link"], bytes.fromhex(grant))
    return None if row is None else row["link"]
