"""Logs of any size in PostgreSQL, written by the store's own code but not record by record: entries without records,
beside the activation of the rules, without which no server opens a log.

A million take half a minute. What tiles, proofs, checkpoints and folders are made of is all there; an audit, which asks
for the records, is for logs that were posted.
"""

import hashlib
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final, NamedTuple

from ledger.admission.rules import NEWEST, RULES
from ledger.core.log.entry import Entry
from ledger.core.log.frontier import grow
from ledger.core.log.merkle import leaf_hash
from ledger.core.record import canonical
from ledger.core.record.base import PRIVATE
from ledger.core.record.kinds import Activation
from ledger.engine.row_buffer import RowBuffer
from ledger.service.heads.heads import Heads
from ledger.service.heads.publication import Publication
from ledger.service.settings import Settings
from ledger.service.setup import Identity, establish, identity_of, registrar_id
from ledger.store.anchor import open_anchor
from ledger.store.batches import Head, lock_head, write_batch
from ledger.store.database import DatabasePool, open_pool
from ledger.store.hosting import hosted
from ledger.store.tiles import add_full_tiles

BATCH: Final = 20_000
_START: Final = 1_700_000_000_000


def entries(start: int, end: int) -> Iterator[bytes]:
    """Entries of the form that the log has: hashes where digests, keys and signatures stand, a key for each 100."""
    for index in range(start, end):
        digest = hashlib.sha256(b"digest %d" % index).digest()
        keyid = hashlib.sha256(b"key %d" % (index % 100)).digest()
        signature = hashlib.sha512(digest + keyid).digest()
        yield Entry(PRIVATE, digest, keyid, signature, hashlib.sha256(signature).digest(), _START + index).to_bytes()


class BigLog(NamedTuple):
    """An open one. Heads leave it under the rules of a server."""

    home: Path
    identity: Identity
    pool: DatabasePool
    publication: Publication

    async def grow(self, size: int) -> None:
        """Appends entries up to `size`, in batches, the last of which ends there."""
        async with self.pool.acquire() as connection:
            held = (await lock_head(connection)).size
            for start in range(held, size, BATCH):
                await self._append(start, min(start + BATCH, size))

    async def _append(self, start: int, end: int) -> None:
        rows, hashes = RowBuffer(), []
        for index, entry in enumerate(entries(start, end), start=start):
            hashes.append(leaf_hash(entry))
            rows.add_entry(index, entry, hashes[-1])
        if not start:
            self._add_rules(rows)
        async with self.pool.acquire() as connection, connection.transaction():
            head = await lock_head(connection)
            after, _ = grow(head.frontier, hashes)
            await add_full_tiles(connection, rows, head.frontier, hashes)
            await write_batch(connection, rows, {}, Head(after, after.root(), _START + end, 0))


    def _add_rules(self, rows: RowBuffer) -> None:
        record = Activation(issuer=registrar_id(self.identity.origin), nonce="0" * 32, plugin=RULES,
                            version=NEWEST.name, digest=NEWEST.digest)
        body = canonical.encode(record)
        rows.add_record(0, canonical.digest(body), record, body, (bytes(32), None))
        rows.add("activation", (0, RULES, NEWEST.name, NEWEST.digest, False, None))


@asynccontextmanager
async def big_log(home: Path, sizes: Sequence[int] = ()) -> AsyncIterator[BigLog]:
    """The log in the embedded database of `home`, set up where it is missing, grown through these sizes."""
    settings = Settings(home=home)
    async with hosted(home, None) as database:
        keyring = await establish(settings, database)
        pool = await open_pool(database.app_url)
        try:
            heads = Heads(keyring, open_anchor(settings.anchor_at), pool)
            log = BigLog(home, identity_of(keyring), pool, Publication(pool, heads, None))
            for size in sizes:
                await log.grow(size)
            yield log
        finally:
            await pool.close()
