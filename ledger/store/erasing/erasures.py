"""Carries out the erasures of the log: replaces bodies by redacted records, on a session that may do nothing else."""

from collections.abc import Callable
from typing import NamedTuple

import asyncpg

from ledger.store.database import ERASER, Connection
from ledger.store.sessions import connect_as
from ledger.store.sql import queries

Reduce = Callable[[bytes], bytes]
"""Turns a body into its redacted form. A redacted body stays the same."""


class Pending(NamedTuple):
    """Indexes of records whose erasure is on the log but whose bodies still exist. `public`: a published head covers
    the erasure. `waiting`: no published head covers it yet."""

    public: list[int]
    waiting: list[int]


async def connect_eraser(url: str) -> asyncpg.Connection:
    """A session in role carbon_ledger_eraser. Raises Unavailable if the database does not answer."""
    return await connect_as(ERASER, url)


async def pending(connection: Connection) -> Pending:
    """The records that remain to be erased, in the order of the erasures."""
    erasures = Pending([], [])
    for row in await connection.fetch(queries("erase")["pending"]):
        (erasures.public if row["public"] else erasures.waiting).append(row["subject"])
    return erasures


async def erase(connection: Connection, index: int, reduce: Reduce) -> bool:
    """Redacts the record at `index`, and all versions of other records that it made, in one transaction. Returns false
    if this was done already. The change is durable when this returns. The old bodies remain in the database's files
    until these are rewritten: see `service.erasure.purge`."""
    sql = queries("erase")
    async with connection.transaction():
        body = await connection.fetchval(sql["lock_body"], index)
        if body is None:
            return False
        await connection.execute(sql["leave_residue"], index, reduce(bytes(body)))
        async for row in connection.cursor(sql["readings"], index):
            await connection.execute(sql["leave_reading"], row["record"], row["version"], reduce(bytes(row["body"])))
    return True
