"""Reads the rights of a caller, as they are at this moment."""

from ledger.access.caller import Caller
from ledger.access.rights import Rights
from ledger.store.database import DatabasePool
from ledger.store.sql import queries


async def read_rights(pool: DatabasePool, caller: Caller) -> Rights:
    """The organisations whose data are the caller's own: its organisation and the subsidiaries."""
    own = await pool.fetchval(queries("sight")["subsidiaries"], caller.organization)
    return Rights(caller, own=frozenset(own))
