"""Carrying out what the log asks for: bodies give way to their residues, on a session that can do nothing else."""

from collections.abc import Callable
from typing import NamedTuple

import asyncpg

from ledger.store.database import ERASER, Connection
from ledger.store.sessions import connect_as
from ledger.store.sql import queries

Reduce = Callable[[bytes], bytes]
"""From a body to its residue; of a residue, itself."""


class Pending(NamedTuple):
    """Records whose erasure is on the log and whose bodies are still there, by index: those of which the erasure is
    public, and those of which no published head covers it yet."""

    public: list[int]
    waiting: list[int]


async def connect_eraser(url: str) -> asyncpg.Connection:
    """A session in role carbon_ledger_eraser. Raises Unavailable where the database does not answer."""
    return await connect_as(ERASER, url)


async def pending(connection: Connection) -> Pending:
    """What is left to erase, in the order of the erasures."""
    found = Pending([], [])
    for row in await connection.fetch(queries("erase")["pending"]):
        (found.public if row["public"] else found.waiting).append(row["subject"])
    return found


async def erase(connection: Connection, index: int, reduce: Reduce) -> bool:
    """Leaves the residue of the record at `index`, and of all that it made others read like, in one transaction; false
    where that was done already. Durable when it returns. What is replaced stays in the files until they are rewritten:
    see `service.erasure.purge`."""
    sql = queries("erase")
    async with connection.transaction():
        body = await connection.fetchval(sql["lock_body"], index)
        if body is None:
            return False
        await connection.execute(sql["leave_residue"], index, reduce(bytes(body)))
        async for row in connection.cursor(sql["readings"], index):
            await connection.execute(sql["leave_reading"], row["record"], row["version"], reduce(bytes(row["body"])))
    return True
