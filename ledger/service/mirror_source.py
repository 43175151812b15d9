"""The log in a ledger's own database, with the key that signs its heads."""

from collections.abc import Sequence

from ledger.core.log.tiles import EntriesTile, Tile
from ledger.errors import NotFound
from ledger.service.heads.publication import Publication
from ledger.service.queries.records import read_checkpoint
from ledger.store.database import DatabasePool
from ledger.store.sql import queries
from ledger.store.tiles import read_bundle, read_tile


class DatabaseLog:
    """As an operator exports it. A head leaves only under the rules of a server: in line with the anchor, and published
    where the log has witnesses."""

    def __init__(self, pool: DatabasePool, publication: Publication) -> None:
        self._pool, self._publication = pool, publication

    async def vkey(self) -> str:
        return self._publication.keys.signing[-1]

    async def rotations(self) -> Sequence[str]:
        return self._publication.keys.notes

    async def checkpoint(self) -> str:
        return await read_checkpoint(self._pool, self._publication)

    async def policy(self) -> bytes | None:
        policy = self._publication.policy
        return None if policy is None or policy.quorum is None else policy.text

    async def tile(self, tile: Tile) -> bytes:
        async with self._pool.acquire() as connection:
            return await read_tile(connection, tile)

    async def bundle(self, tile: EntriesTile) -> bytes:
        async with self._pool.acquire() as connection:
            return await read_bundle(connection, tile)

    async def body(self, digest: bytes) -> bytes:
        row = await self._pool.fetchrow(queries("read")["record"], digest)
        if row is None:
            raise NotFound(f"no record {digest.hex()} on the log", field="digest", value=digest.hex())
        return bytes(row["body"])
