"""COMMIT, for everything that appends. Either it has succeeded or its outcome is open: there is no third result."""

import asyncio

import asyncpg

from ledger.store.database import LOST


class Open(Exception):
    """The outcome of a COMMIT is unknown. The caller has to find it out through the lock of the head."""


async def commit(connection: asyncpg.Connection, transaction: asyncpg.transaction.Transaction) -> None:
    """Returns when the transaction is durable, also at a synchronous standby. Raises Open if that is uncertain: the
    session was lost or interrupted, the waiting task was cancelled, or the database warned."""
    warnings: list[asyncpg.PostgresLogMessage] = []

    def note_warning(_: object, message: asyncpg.PostgresLogMessage) -> None:
        if "WARNING" in (getattr(message, "severity_en", ""), getattr(message, "severity", "")):
            warnings.append(message)

    try:
        connection.add_log_listener(note_warning)
        await transaction.commit()
    except (*LOST, asyncpg.PostgresError, asyncio.CancelledError) as error:
        raise Open(f"{type(error).__name__}: {error}") from error
    finally:
        connection.remove_log_listener(note_warning)
    if warnings:
        raise Open("the database warned that a standby may not have the commit yet")
