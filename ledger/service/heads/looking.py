"""Looks again, after signing has stopped, whether the database and the anchor that were signed are back."""

import asyncio
import logging
from contextlib import suppress

import asyncpg

from ledger.errors import LedgerError
from ledger.host.background import Background
from ledger.service.heads.heads import Heads
from ledger.store.database import DatabasePool

LOOK_SECONDS = 2.0
_log = logging.getLogger(__name__)


class Looking(Background):
    """While this is open, it looks every `LOOK_SECONDS`, if signing has stopped, until the reason is gone."""

    name = "looking again"

    def __init__(self, pool: DatabasePool, heads: Heads) -> None:
        self._pool = pool
        self._heads = heads

    async def _run(self) -> None:
        while not self._heads.again.is_set():
            await asyncio.sleep(LOOK_SECONDS)
            # Else the reason stands, or the database is away.
            with suppress(LedgerError, asyncpg.PostgresError):
                async with self._pool.acquire() as connection:
                    await self._heads.look_again(connection)
        _log.warning("the database continues all that was signed here: the ledger is opened anew")
