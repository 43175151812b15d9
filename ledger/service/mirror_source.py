"""Reads the log from a ledger's own database for a mirror, with the key that signs its heads."""

from collections.abc import Sequence

from ledger.core.log.tiles import EntriesTile, Tile
from ledger.errors import NotFound
from ledger.service.heads.publication import Publication
from ledger.service.queries.records import read_checkpoint
from ledger.store.database import DatabasePool
from ledger.store.sql import queries
from ledger.store.tiles import read_bundle, read_tile


class DatabaseLog:
    """The log as an operator exports it. The rules of a server hold: a head is shown only if it continues the anchor,
    and, on a log with witnesses, if it is published."""

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
            raise NotFound(f"the log has no record {digest.hex()}", field="digest", value=digest.hex())
        return bytes(row["body"])
