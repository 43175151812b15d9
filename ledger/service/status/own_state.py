"""The condition of this server process, which it states to whoever asks."""

import asyncio
from typing import NamedTuple

import asyncpg

from ledger.core.log.checkpoint import Checkpoint
from ledger.errors import LedgerError
from ledger.host.clock import now, spelled
from ledger.service.ledger import Ledger
from ledger.service.setup import require_fitting
from ledger.service.status.database import unpublished_seconds
from ledger.service.status.servers import STATE_SECONDS, FailedPosts, Hindrance, ServerState


class Readiness(NamedTuple):
    """The head of the database, and the size of the published checkpoint; None for a log without witnesses."""

    head: Checkpoint
    published: int | None


async def check_ready(ledger: Ledger) -> Readiness:
    """Returns if the database answers and this replica may sign and append. Raises Unavailable."""
    async with ledger.pool.acquire() as connection:
        await require_fitting(connection)
        head = await ledger.heads.newest(connection)
        published = await ledger.publication.limit(connection)
    ledger.keeper.require_right()
    return Readiness(head, published)


async def read_state(ledger: Ledger) -> ServerState:
    """The condition of this process. It answers within `STATE_SECONDS`, whatever the database does."""
    ready, unready, waited = None, None, 0
    try:
        async with asyncio.timeout(STATE_SECONDS):
            ready = await check_ready(ledger)
            if ready.published is not None:
                async with ledger.pool.acquire() as connection:
                    waited = await unpublished_seconds(connection, ready.published, ready.head.size, ledger.keeper())
    except LedgerError as error:
        unready = Hindrance(code=error.code, message=error.message, rule=error.rule)
    except (TimeoutError, asyncpg.PostgresError) as error:
        why = str(error) or f"no answer within {STATE_SECONDS:g} s"
        unready = Hindrance(code="database-down", message=f"the database does not answer: {why}")
    failure = ledger.parts.recorder.failure
    return ServerState(
        size=None if ready is None else ready.head.size, published=None if ready is None else ready.published,
        unready=unready, unpublished_seconds=waited, unpublishing=ledger.publication.hindered,
        failing=None if failure is None else FailedPosts(
            at=spelled(failure.at), seconds=max(0, now() - failure.at) // 1000, message=failure.message),
        witnesses=list(ledger.publication.answers.values()),
    )
