"""Looks again, while nothing is signed, whether the reason is gone: the database and the anchor that were signed are
back, or the operator has decided."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress

import asyncpg

from ledger.errors import LedgerError
from ledger.host.background import Background
from ledger.service.heads.heads import Heads
from ledger.store.database import DatabasePool

LOOK_SECONDS = 2.0
_log = logging.getLogger(__name__)


class Looking(Background):
    """While this is open, it looks every `LOOK_SECONDS`, if nothing is signed, until the reason is gone. `decided`:
    whether a start would ask other witnesses now, or no witnesses."""

    name = "looking again"

    def __init__(self, pool: DatabasePool, heads: Heads, decided: Callable[[], Awaitable[bool]]) -> None:
        self._pool = pool
        self._heads = heads
        self._decided = decided

    async def _run(self) -> None:
        while not self._heads.again.is_set():
            await asyncio.sleep(LOOK_SECONDS)
            # Else the reason stands, or the database is away.
            with suppress(LedgerError, asyncpg.PostgresError):
                if self._heads.waiting and await self._decided():
                    self._heads.again.set()
                    _log.warning("the operator has decided which witnesses count: the ledger is opened anew")
                    return
                async with self._pool.acquire() as connection:
                    await self._heads.look_again(connection)
        _log.warning("the database continues all that was signed here: the ledger is opened anew")
