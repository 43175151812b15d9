"""Brings a database's schema up to date, while servers of the version before may still run on it."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Final

import asyncpg

from ledger.errors import Unavailable
from ledger.store.database import ERASER, WRITER, Connection, owner_connection, quoted
from ledger.store.migrating.versions import comment_of
from ledger.store.sql import Migration, migrations, schema

LOCK_SECONDS: Final = 5
"""A migration waits so long for a lock on a table. Statements that wait behind it must not time out."""
ATTEMPTS: Final = 24
_PAUSE_SECONDS: Final = 1.0
_POLL_SECONDS: Final = 0.1
_LOCK: Final = 0x6C6564676572


async def migrate(owner_url: str, *, app_role: str | None = None) -> None:
    """Brings the schema up to date, as the database's owner, and lets the login `app_role` use it.

    A new database gets the whole schema at once, which equals the result of all migrations in order. Raises Unavailable
    if other sessions keep a table locked; the migrations before stay applied.
    """
    async with owner_connection(owner_url) as connection, _alone(connection):
        if await connection.fetchval("SELECT to_regclass('public.schema_version')") is None:
            await _create(connection)
        else:
            # If the schema's version is unknown, `check_database` raises the error.
            stored = await connection.fetchval("SELECT max(version) FROM schema_version")
            for migration in migrations():
                if stored is not None and migration.number > stored:
                    await apply(connection, migration)
        user = app_role or await connection.fetchval("SELECT current_user")
        await connection.execute(f"GRANT {WRITER}, {ERASER} TO {quoted(user)}")


@asynccontextmanager
async def _alone(connection: Connection) -> AsyncIterator[None]:
    """While this is open, no other program migrates. It asks again and again, because a session that waits for a lock
    holds a snapshot: CREATE INDEX CONCURRENTLY would wait for that session, and that session for the index."""
    while not await connection.fetchval("SELECT pg_try_advisory_lock($1)", _LOCK):  # noqa: ASYNC110
        await asyncio.sleep(_POLL_SECONDS)
    try:
        yield
    finally:
        await connection.fetchval("SELECT pg_advisory_unlock($1)", _LOCK)


async def _create(connection: Connection) -> None:
    async with connection.transaction():
        await connection.execute(schema())
        await _note(connection, migrations())


async def apply(connection: Connection, migration: Migration) -> None:
    """Applies one migration and notes its version: in one transaction, or statement by statement if it is online."""
    applied = [known for known in migrations() if known.number < migration.number] + [migration]
    if migration.online:
        for statement in migration.statements:
            await connection.execute(statement)
        async with connection.transaction():
            await _note(connection, applied)
        return
    for attempt in range(ATTEMPTS):
        try:
            async with connection.transaction():
                await connection.execute(f"SET LOCAL lock_timeout = '{LOCK_SECONDS}s'")
                await connection.execute(migration.script)
                await _note(connection, applied)
        except asyncpg.LockNotAvailableError as error:
            if attempt + 1 == ATTEMPTS:
                raise Unavailable(
                    f"migration {migration.number} waits for a table that other sessions have locked: {error}",
                    code="database-busy", rule="sessions that read or write the ledger end within seconds; "
                    "pg_stat_activity lists them",
                ) from error
            await asyncio.sleep(_PAUSE_SECONDS)
        else:
            return


async def _note(connection: Connection, applied: Sequence[Migration]) -> None:
    """Enters the version of the last of these migrations, and which programs run with them all."""
    await connection.execute("INSERT INTO schema_version (version) VALUES ($1)", applied[-1].number)
    await connection.execute(f"COMMENT ON TABLE schema_version IS '{comment_of(applied)}'")
