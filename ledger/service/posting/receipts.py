"""Receipts of records that are on the log already, made again from the rows: the same bytes as the first receipt."""

import asyncio
from collections.abc import Sequence

from asyncpg import Record

from ledger.core.log.inclusion_proof import TlogProof
from ledger.core.log.tiles import Tile, inclusion_path_from_tiles, inclusion_tiles
from ledger.core.receipts.acknowledgement import Acknowledgement
from ledger.core.receipts.receipt import MAX_SHOWN, Receipt, make_receipt
from ledger.engine.prepared import REVISING_TYPES
from ledger.engine.record_outcome import lot_leaf, revision_leaves
from ledger.errors import InvalidInput, NotFound
from ledger.service.heads.publication import Publication, PublishedHead
from ledger.store.database import Connection, DatabasePool
from ledger.store.facts import figures_of, lot_of
from ledger.store.revisions import revised_by
from ledger.store.sql import queries

Tiles = dict[Tile, bytes]


class ReceiptReader:
    """Reads receipts. The note of a head is the same each time: it is stored, or signed again with Ed25519, which is
    deterministic."""

    def __init__(self, pool: DatabasePool, publication: Publication) -> None:
        self._pool = pool
        self.publication = publication

    async def read(self, digests: Sequence[bytes], size: int | None = None) -> dict[bytes, Receipt]:
        """Receipts by digest, proved in the public head of `size` entries if a size is given. Raises NotFound if a
        digest is not on the log, or no public head has this size. Raises Unavailable with code `not-published-yet` if
        the witnesses have not signed a head with the entry yet, and InvalidInput if the head of `size` lacks the
        entry."""
        tiles: Tiles = {}
        async with self._pool.acquire() as connection:
            rows = await self._rows(connection, digests)
            head = None if size is None else await self.publication.of_size(connection, size)
            return {digest: await self._receipt(connection, row, tiles, head=head) for digest, row in rows.items()}

    async def read_first(self, digests: Sequence[bytes]) -> dict[bytes, Receipt | Acknowledgement]:
        """The first answers to these records, when they were posted, by digest. Raises NotFound."""
        tiles: Tiles = {}
        answers: dict[bytes, Receipt | Acknowledgement] = {}
        async with self._pool.acquire() as connection:
            for digest, row in (await self._rows(connection, digests)).items():
                if not self.publication.waits(row["index"]):
                    answers[digest] = await self._receipt(connection, row, tiles)
                    continue
                await self.publication.vouch(connection, row["size"], bytes(row["root"]))
                leaves = await _leaves_of(connection, row)
                answers[digest] = self.publication.acknowledged(row["index"], bytes(row["data"]), leaves)
        return answers

    async def wait(self, digests: Sequence[bytes], seconds: float) -> None:
        """Returns when all of these are in a published head. Raises as `read` does."""
        async with self._pool.acquire() as connection:
            rows = await self._rows(connection, digests)
        if rows:
            await self.publication.wait(max([row["index"] for row in rows.values()]), seconds)

    async def read_revised(self, digest: bytes, revised: int, size: int | None = None) -> Receipt:
        """The receipt of a revising record, which shows the new outcome of the record at index `revised`.

        Raises NotFound if it is not on the log, or does not revise that record; otherwise as `read` does.
        """
        async with self._pool.acquire() as connection:
            row = await connection.fetchrow(queries("facts")["entries_by_digest"], [digest])
            places = {} if row is None else {
                index: i for i, (index, _, _) in enumerate(await revised_by(connection, row["index"]), start=1)
            }
            if row is None or revised not in places:
                raise unrevised(digest, revised)
            head = None if size is None else await self.publication.of_size(connection, size)
            return await self._receipt(connection, row, {}, [0, places[revised]], head)

    async def _rows(self, connection: Connection, digests: Sequence[bytes]) -> dict[bytes, Record]:
        rows = await connection.fetch(queries("facts")["entries_by_digest"], list(set(digests)))
        by_digest = {bytes(row["digest"]): row for row in rows}
        for digest in digests:
            if digest not in by_digest:
                raise NotFound("no such record on the log", field="digest", value=digest.hex())
        return by_digest

    async def _receipt(
        self, connection: Connection, row: Record, tiles: Tiles, shown: Sequence[int] | None = None,
        head: PublishedHead | None = None,
    ) -> Receipt:
        """Adds the tiles that it reads to `tiles`. Proves the entry in `head`, or else in the head that holds its proof
        for good."""
        index = row["index"]
        if head is not None and head.size <= index:
            raise InvalidInput(f"entry {index} is not on the log as of tree size {head.size}", code="tree-size",
                               field="size", value=head.size, rule=f"a size above {index}")
        leaves = await _leaves_of(connection, row)
        size, note = head or await self.publication.proving(connection, index, row["size"], bytes(row["root"]))
        missing = [tile for tile in inclusion_tiles(index, size) if tile not in tiles]
        tiles |= await self.publication.tiles(connection, missing)
        proof = TlogProof(index, tuple(inclusion_path_from_tiles(index, size, tiles)), note)
        digest, entry = bytes(row["digest"]), bytes(row["data"])
        if len(leaves) <= MAX_SHOWN:
            return make_receipt(proof, digest, entry, leaves, shown)
        # The leaves are so many that hashing them here would hold up everything else in this process.
        return await asyncio.to_thread(make_receipt, proof, digest, entry, leaves, shown)


def unrevised(digest: bytes, revised: int) -> NotFound:
    """The error for a record that does not revise the record at that index, or not visibly to the caller."""
    return NotFound(f"no record {digest.hex()} on the log revises the record at index {revised}",
                    field="revised", value=revised, rule="the index of a record that it revises")


async def _leaves_of(connection: Connection, row: Record) -> list[bytes]:
    return await read_leaves(connection, row["index"], bytes(row["seed"]), row["outcome"], row["type"])


async def read_leaves(
    connection: Connection, index: int, seed: bytes, first: bytes | None, type_: str
) -> list[bytes]:
    """The leaves of an outcome: leaf 0 as stored, the others made from the rows of its lots or revised records."""
    if first is None:
        return []
    leaves = [bytes(first)]
    if type_ in REVISING_TYPES:
        return [*leaves, *revision_leaves(seed, await revised_by(connection, index))]
    for i, row in enumerate(await connection.fetch(queries("facts")["lots_of_records"], index), start=1):
        leaves.append(lot_leaf(seed, i, lot_of(row), figures_of(row), row["method"], row["plugin"]))
    return leaves
