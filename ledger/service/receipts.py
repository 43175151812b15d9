"""Receipts of records that are on the log already: made again from the rows, byte for byte as they were given first."""

from collections.abc import Sequence

from asyncpg import Record

from ledger.core.checkpoint import Checkpoint, sign_checkpoint
from ledger.core.note import NoteSigner
from ledger.core.receipt import Receipt, make_receipt
from ledger.errors import NotFound
from ledger.service.accounting import lot_leaf, revision_leaves
from ledger.service.preparing import REVISING_TYPES
from ledger.store.database import Connection, Pool
from ledger.store.facts import figures_of, lot_of
from ledger.store.revisions import revised_by
from ledger.store.sql import queries
from ledger.store.tiles import inclusion_path


class ReceiptReader:
    """Reads receipts; signing a checkpoint again gives the same bytes, since Ed25519 is deterministic."""

    def __init__(self, pool: Pool, signer: NoteSigner) -> None:
        self._pool = pool
        self._signer = signer

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

    async def _receipt(self, connection: Connection, row: Record) -> Receipt:
        index, size = row["index"], row["size"]
        leaves = await read_leaves(connection, index, bytes(row["seed"]), row["outcome"], row["type"])
        path = await inclusion_path(connection, index, size)
        note = sign_checkpoint(Checkpoint(self._signer.name, size, bytes(row["root"])), self._signer)
        return make_receipt(index, bytes(row["digest"]), bytes(row["data"]), path, note, leaves)


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
