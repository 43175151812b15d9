"""Brings a database's schema up to date, while servers of the version before may still run on it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import asyncpg

from ledger.errors import ConfigurationError, Unavailable
from ledger.store.database import ERASER, WRITER, Connection, owner_connection, quoted, read_stored
from ledger.store.migrating.versions import BASELINE, Migration, Schema, require_digest
from ledger.store.sql import queries

LOCK_SECONDS: Final = 5
"""A migration waits so long for a lock on a table. Statements that wait behind it must not time out."""
ATTEMPTS: Final = 24
_PAUSE_SECONDS: Final = 1.0
_POLL_SECONDS: Final = 0.1
_LOCK: Final = 0x6C6564676572
_MADE: Final = "INSERT INTO schema_version (version, digest, compatible_from) VALUES ($1, $2, $1)"
_MIGRATED: Final = "UPDATE schema_version SET version = $1, compatible_from = greatest(compatible_from, $2)"


async def migrate(owner_url: str, schema: Schema, *, app_role: str | None = None) -> None:
    """Makes the schema in an empty database and applies the migrations that a database lacks, as its owner, and lets
    the login `app_role` use it.

    Raises ConfigurationError if the database was made by another script or the account lacks a right, Unavailable if
    other sessions keep a table locked; the migrations before stay applied.
    """
    async with owner_connection(owner_url) as connection, _alone(connection), _permitted(connection):
        stored = await read_stored(connection)
        if stored is None:
            async with connection.transaction():
                await connection.execute(schema.script)
                await connection.execute(_MADE, BASELINE, schema.digest)
        else:
            require_digest(stored, schema)
        for migration in schema.migrations:
            if stored is None or migration.number > stored.version:
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


@asynccontextmanager
async def _permitted(connection: Connection) -> AsyncIterator[None]:
    """Turns a missing right of the account into a ConfigurationError with the statements that grant it."""
    try:
        yield
    except asyncpg.InsufficientPrivilegeError as error:
        (lacks,) = await connection.fetch(queries("schema_version")["lacking"], [WRITER, ERASER])
        user = quoted(lacks["account"])
        grants = [f"ALTER DATABASE {quoted(lacks['database'])} OWNER TO {user};"] if lacks["ownership"] else []
        if lacks["creation"]:
            grants.append(f"ALTER ROLE {user} CREATEROLE;")
        elif lacks["administration"]:
            grants.append(f"GRANT {WRITER}, {ERASER} TO {user} WITH ADMIN OPTION;")
        raise ConfigurationError(
            f"the account {lacks['account']} lacks a right in the database: {error}", field="database",
            rule=f"run as a superuser of the database: {' '.join(grants)}" if grants else None) from error


async def apply(connection: Connection, migration: Migration) -> None:
    """Applies one migration and notes its version: in one transaction, or statement by statement if it is online."""
    noted = (migration.number, migration.compatible_from)
    if migration.online:
        for statement in migration.statements:
            await connection.execute(statement)
        await connection.execute(_MIGRATED, *noted)
        return
    for attempt in range(ATTEMPTS):
        try:
            async with connection.transaction():
                await connection.execute(f"SET LOCAL lock_timeout = '{LOCK_SECONDS}s'")
                await connection.execute(migration.script)
                await connection.execute(_MIGRATED, *noted)
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
