"""Receipts of records that are on the log already: made again from the rows, byte for byte as they were given first."""

import asyncio
from collections.abc import Sequence

from asyncpg import Record

from ledger.core.checkpoint import Checkpoint
from ledger.core.receipt import MAX_SHOWN, Receipt, make_receipt
from ledger.errors import NotFound
from ledger.service.accounting import lot_leaf, revision_leaves
from ledger.service.heads import Heads
from ledger.service.preparing import REVISING_TYPES
from ledger.store.database import Connection, Pool
from ledger.store.facts import figures_of, lot_of
from ledger.store.revisions import revised_by
from ledger.store.sql import queries
from ledger.store.tiles import inclusion_path


class ReceiptReader:
    """Reads receipts; signing a checkpoint again gives the same bytes, since Ed25519 is deterministic."""

    def __init__(self, pool: Pool, heads: Heads) -> None:
        self._pool = pool
        self._heads = heads

    async def read(self, digests: Sequence[bytes]) -> dict[bytes, Receipt]:
        """Receipts by digest; raises NotFound for a digest that is not on the log."""
        found: dict[bytes, Receipt] = {}
        async with self._pool.acquire() as connection:
            for row in await connection.fetch(queries("facts")["entries_by_digest"], list(set(digests))):
                found[bytes(row["digest"])] = await self._receipt(connection, row)
        for digest in digests:
            if digest not in found:
                raise NotFound("no such record on the log", field="digest", value=digest.hex())
        return found

    async def read_revised(self, digest: bytes, revised: int) -> Receipt:
        """The receipt of a record that revises others, showing what it made of the one at index `revised`.

        Raises NotFound where it is not on the log, or revises no such record.
        """
        async with self._pool.acquire() as connection:
            row = await connection.fetchrow(queries("facts")["entries_by_digest"], [digest])
            places = {} if row is None else {
                index: i for i, (index, _, _) in enumerate(await revised_by(connection, row["index"]), start=1)
            }
            if row is None or revised not in places:
                raise NotFound(f"no record {digest.hex()} on the log that revises the one at index {revised}",
                               field="revised", value=revised, rule="the index of a record that it revises")
            return await self._receipt(connection, row, [0, places[revised]])

    async def _receipt(
        self, connection: Connection, row: Record, shown: Sequence[int] | None = None
    ) -> Receipt:
        index, size = row["index"], row["size"]
        leaves = await read_leaves(connection, index, bytes(row["seed"]), row["outcome"], row["type"])
        path = await inclusion_path(connection, index, size)
        note = await self._heads.sign(connection, Checkpoint(self._heads.origin, size, bytes(row["root"])))
        digest, entry = bytes(row["digest"]), bytes(row["data"])
        if len(leaves) <= MAX_SHOWN:
            return make_receipt(index, digest, entry, path, note, leaves, shown)
        # So many that hashing them would hold up everything else that this process does.
        return await asyncio.to_thread(make_receipt, index, digest, entry, path, note, leaves, shown)


async def read_leaves(
    connection: Connection, index: int, seed: bytes, first: bytes | None, type_: str
) -> list[bytes]:
    """The leaves of an outcome: leaf 0 as stored, the others made of the lots' rows, or of what was revised."""
    if first is None:
        return []
    leaves = [bytes(first)]
    if type_ in REVISING_TYPES:
        return [*leaves, *revision_leaves(seed, await revised_by(connection, index))]
    for i, row in enumerate(await connection.fetch(queries("facts")["lots_of_records"], index), start=1):
        leaves.append(lot_leaf(seed, i, lot_of(row), figures_of(row), row["method"], row["plugin"]))
    return leaves
