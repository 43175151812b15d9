"""Reads a caller's rights at each request, so that a grant, a revocation or an expiry acts from its commit on."""

from typing import Final, NamedTuple

from asyncpg import Record

from ledger.access.caller import Caller
from ledger.access.rights import HeldGrant, Rights
from ledger.store.database import DatabasePool
from ledger.store.sql import queries


class TokenBasis(NamedTuple):
    """The things that must stand for a token to hold, besides the organisation or the grant of its caller: the number
    of the key that signed it, its spent id, and the ledger key or the client to which it was issued."""

    key: int | None = None
    token: bytes | None = None
    keyid: bytes | None = None
    client: str | None = None


_NO_TOKEN: Final = TokenBasis()


async def read_rights(pool: DatabasePool, caller: Caller) -> Rights:
    """The rights of a caller at the newest head. The caller's identity is verified already."""
    return _rights(caller, await _rows(pool, caller, _NO_TOKEN)) if _reads(caller) else Rights(caller)


async def rights_of_token(pool: DatabasePool, caller: Caller, basis: TokenBasis) -> Rights | None:
    """The same for a caller with a token whose signature is verified; None if a part of its basis has ended."""
    rows = await _rows(pool, caller, basis)
    return _rights(caller, rows) if rows[0]["holds"] else None


def _reads(caller: Caller) -> bool:
    """A token without the scope `read` gives no right to read."""
    return "read" in caller.scopes and (caller.organization is not None or caller.link is not None)


async def _rows(pool: DatabasePool, caller: Caller, basis: TokenBasis) -> list[Record]:
    link = None if caller.link is None else bytes.fromhex(caller.link)
    (rows,) = await pool.fetch_each(queries("access")["rights"], [(caller.organization, link, *basis)])
    return rows


def _rights(caller: Caller, rows: list[Record]) -> Rights:
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
