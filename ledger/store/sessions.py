"""Sessions outside of the pool. Each has its own role, and is closed if its state is unknown."""

import asyncio

import asyncpg

from ledger.errors import Unavailable
from ledger.store.database import SETTINGS, UNREACHABLE

_COMMAND_SECONDS = 60


async def connect_as(role: str, url: str) -> asyncpg.Connection:
    """A session in a role that its login may take. Raises Unavailable if the database does not answer. After an error
    or a cancellation no session remains open."""
    try:
        connection = await asyncpg.connect(url, server_settings=SETTINGS, command_timeout=_COMMAND_SECONDS)
        try:
            await connection.execute(f"SET SESSION ROLE {role}")
        except BaseException:
            await close_quietly(connection)
            raise
    except (*UNREACHABLE, asyncpg.PostgresError) as error:
        raise Unavailable(f"the database does not answer: {error}", code="database-down") from error
    return connection


async def close_quietly(connection: asyncpg.Connection | None) -> None:
    """Closes a session whose state is unknown."""
    if connection is not None and not connection.is_closed():
        connection.terminate()
        await asyncio.sleep(0)
