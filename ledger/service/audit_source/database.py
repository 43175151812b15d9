"""The audit source for a database: the only one that also shows stored rows to which no leaf commits."""

import asyncio
from collections.abc import AsyncIterator, Sequence

from ledger.admission.facts import LOT_SLOTS
from ledger.client.audit.checks.log_tables import Anchored, LogTables, PolicyRow, PublishedRow, RotationRow
from ledger.client.audit.source.decoding import Intake, typed
from ledger.client.audit.source.interface import BatchRow, RevisedRow, Revisions, StoredBalance
from ledger.client.audit.source.pages import ENTRIES, write_page
from ledger.core.log.checkpoint import Checkpoint
from ledger.core.log.policy import ACTIVATED
from ledger.core.log.tiles import Tile
from ledger.errors import Unavailable, VerificationError
from ledger.service.audit_source.lookup_rows import NameCheck
from ledger.service.audit_source.rows import (
    LOTS,
    balance_rows,
    balance_rows_of,
    batch_rows,
    entry_rows,
    revised_rows,
    version_rows,
)
from ledger.service.heads.heads import note_for_audit
from ledger.service.setup import Identity
from ledger.store.anchor import Anchor
from ledger.store.database import DatabasePool
from ledger.store.sql import queries
from ledger.store.tiles import read_tile


class DatabaseSource:
    """A ledger's database. It signs the checkpoint itself with the log's key in `identity`; an auditor without that key
    reads over HTTP."""

    def __init__(
        self, pool: DatabasePool, identity: Identity, rotations: Sequence[str] = (), *, anchor: Anchor | None = None,
        policy: bytes | None = None,
    ) -> None:
        self._pool = pool
        self._rotations = rotations
        self._identity = identity
        self._anchor = anchor
        self._policy = policy
        self.intake = Intake()

    async def vkey(self) -> str:
        return self._identity.vkey

    async def rotations(self) -> Sequence[str]:
        return self._rotations

    async def checkpoint(self) -> str:
        row = await self._pool.fetchrow(queries("log")["head"])
        if row is None:
            raise VerificationError("the database holds a ledger without a head", field="head")
        head = typed(BatchRow, "head", dict(row))
        return note_for_audit(Checkpoint(self._identity.origin, head.size, head.root), self._identity.signer)

    async def policy(self) -> bytes | None:
        return self._policy

    async def anchored(self) -> Anchored | None:
        if self._anchor is None:
            return None
        location = self._anchor.location
        try:
            return Anchored(location, await asyncio.to_thread(self._anchor.read))
        except Unavailable as error:
            return Anchored(location, why=error.message)

    async def log_tables(self) -> LogTables:
        sql = queries("names")
        async with self._pool.acquire() as connection, connection.transaction(
            isolation="repeatable_read", readonly=True
        ):
            published = await connection.fetch(sql["published"])
            rotations = await connection.fetch(sql["rotations"])
            policies = await connection.fetch(queries("log")["policies"], ACTIVATED)
        return LogTables(
            [PublishedRow(row["size"], row["number"], row["note"], row["root"], row["data"]) for row in published],
            [RotationRow(row["number"], row["size"], row["note"]) for row in rotations],
            [PolicyRow(row["record"], row["digest"], row["retired"]) for row in policies],
        )

    async def pages(self, size: int, start: int = 0) -> AsyncIterator[bytes]:
        for first in range(start, size, ENTRIES):
            rows = await entry_rows(self._pool, first, min(first + ENTRIES, size))
            yield write_page(rows)
            if not rows:
                # The size comes from the head, which may claim more entries than the database holds.
                break

    async def batches(self, size: int, start: int = 0) -> AsyncIterator[list[tuple[int, bytes]]]:
        while rows := await batch_rows(self._pool, start, LOTS, size):
            yield [(one.size, one.root) for one in self.intake.rows(BatchRow, "batch", rows)]
            start = rows[-1]["size"]

    async def revisions(self) -> Revisions:
        return typed(Revisions, "revision", await version_rows(self._pool))

    async def revised(self, index: int) -> AsyncIterator[list[RevisedRow]]:
        after = -1
        while rows := await revised_rows(self._pool, index, after, ENTRIES):
            yield self.intake.rows(RevisedRow, "revised", rows, "index")
            after = rows[-1]["index"]

    async def tile(self, tile: Tile) -> bytes:
        async with self._pool.acquire() as connection:
            return await read_tile(connection, tile)

    def row_check(self) -> NameCheck:
        return NameCheck(self._pool)

    async def balances(self) -> AsyncIterator[list[StoredBalance]]:
        after = -1
        while rows := await balance_rows(self._pool, after, LOTS):
            yield self.intake.rows(StoredBalance, "balance", rows, "number", LOT_SLOTS)
            after = rows[-1]["number"]

    async def balances_of(self, numbers: Sequence[int]) -> list[StoredBalance]:
        return self.intake.rows(
            StoredBalance, "balance", await balance_rows_of(self._pool, numbers), "number", LOT_SLOTS
        )
