"""Looks again, after signing has stopped, whether the database and the anchor that were signed are back."""

import asyncio
import logging
from contextlib import suppress

import asyncpg

from ledger.errors import LedgerError
from ledger.service.heads.heads import Heads
from ledger.store.database import DatabasePool

LOOK_SECONDS = 2.0
_log = logging.getLogger(__name__)


class Looking:
    """While this is open, it looks every `LOOK_SECONDS`, if signing has stopped, until the reason is gone."""

    def __init__(self, pool: DatabasePool, heads: Heads) -> None:
        self._pool = pool
        self._heads = heads
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> "Looking":
        self._task = asyncio.create_task(self._run(), name="looking again")
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        while not self._heads.again.is_set():
            await asyncio.sleep(LOOK_SECONDS)
            # Else the reason stands, or the database is away.
            with suppress(LedgerError, asyncpg.PostgresError):
                async with self._pool.acquire() as connection:
                    await self._heads.look_again(connection)
        _log.warning("the database continues all that was signed here: the ledger is opened anew")
