"""The task that publishes: of all servers of a database one feeds the witnesses, and the others hear from it.

Who holds an advisory lock feeds, for as long as its session lives; when it dies another takes over within a second. A
head is public once its row is committed, and not before. Servers wake each other with NOTIFY; what is not heard is
found by looking once a second.
"""

import asyncio
import contextlib
import logging
from collections.abc import Sequence
from typing import Final

import asyncpg

from ledger.core.checkpoint import Checkpoint
from ledger.core.policy import Policy
from ledger.errors import LedgerError, Unavailable
from ledger.service.heads import Heads
from ledger.service.publication import Publication
from ledger.service.witnessing.client import WitnessClient
from ledger.service.witnessing.contradictions import Contradictions
from ledger.service.witnessing.feeding import Feeder, Round
from ledger.store.batches import close_quietly, connect_writer
from ledger.store.database import LOST, Pool
from ledger.store.sql import queries
from ledger.store.tiles import consistency_path

LOCK: Final = 0x7769746E657373
APPENDED: Final = "carbon_ledger_appended"
PUBLISHED: Final = "carbon_ledger_published"
_LOOK_SECONDS = 1.0
_RETRY_SECONDS = 0.5
_PATIENCE_SECONDS = 2.0
_log = logging.getLogger(__name__)


class Publisher:
    """One for a process whose log has witnesses."""

    def __init__(self, url: str, pool: Pool, heads: Heads, publication: Publication, policy: Policy) -> None:
        self._url = url
        self._pool = pool
        self._heads = heads
        self._publication = publication
        self._policy = policy
        self._warned = False
        self._wake = publication.committed
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> "Publisher":
        self._task = asyncio.create_task(self._run(), name="publisher")
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        while self._heads.signing:
            try:
                await self._session()
            except (*LOST, asyncpg.PostgresError, LedgerError) as error:
                _log.warning("publishing is interrupted: %s", error)
            except Exception:
                _log.exception("publishing failed")
            await asyncio.sleep(_RETRY_SECONDS)

    async def _session(self) -> None:
        connection = await connect_writer(self._url)
        connection.add_log_listener(self._heed)
        try:
            await connection.add_listener(APPENDED, lambda *_: self._wake.set())
            await connection.add_listener(PUBLISHED, self._told)
            while True:
                await self._publication.refresh()
                if await connection.fetchval(queries("publication")["lead"], LOCK):
                    await self._lead(connection)
                elif await self._woken():
                    await connection.execute(queries("publication")["tell"], APPENDED, "")
        finally:
            await close_quietly(connection)

    def _told(self, _: object, __: int, ___: str, payload: object) -> None:
        if isinstance(payload, str) and payload.isdecimal():
            self._publication.heard(int(payload))

    def _heed(self, _: object, message: asyncpg.PostgresLogMessage) -> None:
        if getattr(message, "severity_en", "") == "WARNING" or getattr(message, "severity", "") == "WARNING":
            self._warned = True

    async def _woken(self) -> bool:
        """Whether something was appended; false where it is time to look."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_LOOK_SECONDS):
                await self._wake.wait()
            self._wake.clear()
            return True
        return False

    async def _lead(self, connection: asyncpg.Connection) -> None:
        clients = [WitnessClient(one) for one in self._policy.witnesses if one.url is not None]
        async with self._pool.acquire() as reading:
            published = await self._publication.newest(reading)
        cosigned = self._policy.cosigned(published.note)
        contradictions = Contradictions(self._pool, self._heads, self._policy, self._wake.set)

        def signed(name: str) -> None:
            contradictions.withdrawn(name)
            self._wake.set()

        feeder = Feeder(clients, self._prove, contradictions.heed, signed, dict.fromkeys(cosigned, published.size))
        try:
            async with feeder:
                await self._publish(connection, feeder, contradictions, published.size)
        finally:
            await asyncio.gather(*[client.close() for client in clients])

    async def _publish(
        self, connection: asyncpg.Connection, feeder: Feeder, contradictions: Contradictions, size: int
    ) -> None:
        """Round after round, for as long as the session lives and signing goes on."""
        current: Round | None = None
        while not connection.is_closed():
            self._heads.require_signing()
            if current is not None and self._policy.satisfied(current.lines):
                await self._make_public(connection, current.head, current.published(self._policy))
                size, current = current.head.size, None
            wanted = contradictions.ahead
            # Not at once, or a witness that says it is ahead could keep the others from ever agreeing.
            if current is None or (current.head.size < wanted and current.seconds > _PATIENCE_SECONDS):
                current = await self._next_round(size, wanted)
                feeder.ask(current)
                if current is not None and self._policy.satisfied(current.lines):
                    continue
            await self._woken()

    async def _next_round(self, published: int, wanted: int) -> Round | None:
        async with self._pool.acquire() as reading:
            head = await self._heads.newest(reading)
            if head.size <= published or head.size < wanted:
                return None
            return Round(head, await self._heads.sign(reading, head))

    async def _make_public(self, connection: asyncpg.Connection, head: Checkpoint, note: str) -> None:
        self._warned = False
        sql = queries("publication")
        await connection.fetchval(sql["publish"], head.size, note)
        if self._warned:
            # It may not be everywhere: whoever leads next finds it, or publishes anew.
            raise Unavailable("the database warned that a published head may not be everywhere", code="database-down")
        self._publication.heard(head.size)
        await connection.execute(sql["tell"], PUBLISHED, str(head.size))

    async def _prove(self, old: int, new: int) -> Sequence[bytes]:
        async with self._pool.acquire() as reading:
            return await consistency_path(reading, old, new)
