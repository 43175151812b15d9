"""Whether a database continues heads that were signed: the head that it states, and consistency proofs."""

from collections.abc import Iterable
from typing import Final

import asyncpg

from ledger.core.log.checkpoint import Checkpoint
from ledger.core.log.merkle import verify_consistency
from ledger.errors import InvalidInput, NotFound, Unavailable, VerificationError
from ledger.store.database import Connection
from ledger.store.sql import queries
from ledger.store.tiles import consistency_path

_SETTLE_SECONDS: Final = 5.0


async def read_head(connection: Connection, origin: str) -> Checkpoint:
    """The head that the database states, unchecked. Raises NotFound if it holds no log."""
    row = await connection.fetchrow(queries("log")["head"])
    if row is None:
        raise NotFound("this database holds no log")
    return Checkpoint(origin, row["size"], bytes(row["root"]))


async def settle_commits(connection: Connection) -> None:
    """Returns when all rows that are visible here are durable, also at a synchronous standby. Raises Unavailable if
    they are not yet."""
    warnings: list[asyncpg.PostgresLogMessage] = []

    def note_warning(_: object, message: asyncpg.PostgresLogMessage) -> None:
        warnings.append(message)

    connection.add_log_listener(note_warning)
    try:
        await connection.execute(queries("log")["settle"], timeout=_SETTLE_SECONDS)
    except (TimeoutError, asyncpg.PostgresConnectionError, asyncpg.OperatorInterventionError) as error:
        raise _not_replicated() from error
    finally:
        connection.remove_log_listener(note_warning)
    if warnings:
        raise _not_replicated()


def _not_replicated() -> Unavailable:
    return Unavailable("the synchronous standby does not have the newest entries yet", code="not-replicated",
                       field="size", rule="a head is signed once the synchronous standby has its entries")


async def contradiction(connection: Connection, head: Checkpoint, expected: Iterable[Checkpoint]) -> str | None:
    """Why the database with this head does not begin with all `expected` heads; None if it does."""
    for signed in dict.fromkeys(expected):
        if head.size < signed.size:
            return missing_entries(head.size, signed.size, f"were signed here, with root {signed.root.hex()}")
        try:
            await prove(connection, signed, head)
        except (VerificationError, NotFound, InvalidInput) as error:
            return (f"the database holds another log of {head.size} entries than the one signed here: its first "
                    f"{signed.size} entries do not have the root {signed.root.hex()} ({error.message})")
    return None


async def prove(connection: Connection, old: Checkpoint, new: Checkpoint) -> None:
    """Raises VerificationError or NotFound if the tree of `new`, as the database holds it, does not begin with the tree
    of `old`."""
    if old == new:
        return
    path = await consistency_path(connection, old.size, new.size)
    verify_consistency(old.size, new.size, old.root, new.root, path)


def missing_entries(held: int, signed: int, how: str) -> str:
    return (f"the database holds {held} entries, but {signed} {how}: entries {held} to {signed - 1} are missing; the "
            "database was rolled back or replaced")
