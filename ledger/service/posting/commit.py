"""COMMIT, for everything that appends: it is done, or its outcome is open. Nothing else is ever taken for an answer."""

import asyncio

import asyncpg

from ledger.store.database import LOST


class Open(Exception):
    """The outcome of a COMMIT is not known. Whoever gets this asks again through the lock of the head."""


async def commit(connection: asyncpg.Connection, transaction: asyncpg.transaction.Transaction) -> None:
    """Returns when the transaction is durable wherever a commit has to be. Raises Open where no word of that has come:
    the session was lost or interrupted, whoever waited was cancelled, or the database warned."""
    warnings: list[asyncpg.PostgresLogMessage] = []

    def heed(_: object, message: asyncpg.PostgresLogMessage) -> None:
        if "WARNING" in (getattr(message, "severity_en", ""), getattr(message, "severity", "")):
            warnings.append(message)

    try:
        connection.add_log_listener(heed)
        await transaction.commit()
    except (*LOST, asyncpg.PostgresError, asyncio.CancelledError) as error:
        raise Open(f"{type(error).__name__}: {error}") from error
    finally:
        connection.remove_log_listener(heed)
    if warnings:
        raise Open("the database warned that the commit may not be everywhere")
