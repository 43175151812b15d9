"""Whether a database continues heads that were signed: its head as it states it, and the proofs between two."""

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
    """The head that the database states, not checked. Raises NotFound where it holds no log."""
    row = await connection.fetchrow(queries("log")["head"])
    if row is None:
        raise NotFound("this database holds no log")
    return Checkpoint(origin, row["size"], bytes(row["root"]))


async def settle_commits(connection: Connection) -> None:
    """Returns when all that is seen here is wherever a commit has to be. Raises Unavailable where it is not yet."""
    warnings: list[asyncpg.PostgresLogMessage] = []

    def heed(_: object, message: asyncpg.PostgresLogMessage) -> None:
        warnings.append(message)

    connection.add_log_listener(heed)
    try:
        await connection.execute(queries("log")["settle"], timeout=_SETTLE_SECONDS)
    except (TimeoutError, asyncpg.PostgresConnectionError, asyncpg.OperatorInterventionError) as error:
        raise _not_replicated() from error
    finally:
        connection.remove_log_listener(heed)
    if warnings:
        raise _not_replicated()


def _not_replicated() -> Unavailable:
    return Unavailable("the newest entries are not at the synchronous standby yet", code="not-replicated", field="size",
                       rule="a head is signed once all that a commit waits for has it")


async def contradiction(connection: Connection, head: Checkpoint, expected: Iterable[Checkpoint]) -> str | None:
    """Why the database with this head does not begin with all these heads, if that is so."""
    for known in dict.fromkeys(expected):
        if head.size < known.size:
            return missing_entries(head.size, known.size, f"were signed here, with root {known.root.hex()}")
        try:
            await prove(connection, known, head)
        except (VerificationError, NotFound, InvalidInput) as error:
            return (f"the database holds another log of {head.size} entries than the one signed here: its first "
                    f"{known.size} have not the root {known.root.hex()} ({error.message})")
    return None


async def prove(connection: Connection, old: Checkpoint, new: Checkpoint) -> None:
    """Raises VerificationError or NotFound where the tree of `new`, as it stands in the database, does not begin with
    that of `old`."""
    if old == new:
        return
    path = await consistency_path(connection, old.size, new.size)
    verify_consistency(old.size, new.size, old.root, new.root, path)


def missing_entries(held: int, signed: int, how: str) -> str:
    return (f"the database holds {held} entries, {signed} {how}: entries {held} to {signed - 1} are missing; it was "
            "rolled back or replaced")
