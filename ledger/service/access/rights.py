"""Reads a caller's rights at each request, so that a grant, a revocation or an expiry acts from its commit on."""

from ledger.access.caller import Caller
from ledger.access.rights import HeldGrant, Rights
from ledger.store.database import DatabasePool
from ledger.store.sql import queries

_COLUMNS = ("records", "grantors", "depths", "lots", "products", "starts", "ends")


async def read_rights(pool: DatabasePool, caller: Caller) -> Rights:
    """The rights of a caller at the newest head, in one round trip. The caller's identity is verified already. A token
    without the scope `read` gives no right to read."""
    if "read" not in caller.scopes or (caller.organization is None and caller.link is None):
        return Rights(caller)
    link = None if caller.link is None else bytes.fromhex(caller.link)
    async with pool.acquire() as connection:
        (row,) = await connection.fetch(queries("access")["rights"], caller.organization, link)
    grants = zip(*[row[name] for name in _COLUMNS], strict=True)
    return Rights(caller, row["everything"], frozenset(row["own"]), tuple([HeldGrant(*grant) for grant in grants]))


async def read_link(pool: DatabasePool, grant: str) -> str | None:
    """The digest (hex) of the secret of a grant's link; None if no such grant is in force. `grant` is the digest of the
    grant record in hex."""
    async with pool.acquire() as connection:
        row = await connection.fetchrow(queries("access")["link"], bytes.fromhex(grant))
    return None if row is None else row["link"]
