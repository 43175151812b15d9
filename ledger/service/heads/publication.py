"""Which heads the world may see: all of them, or with a policy those that a quorum of witnesses has cosigned.

A log begins to have witnesses with the first row of `publication`, and has them from then on: entries below that size
keep the receipts of their batches, later ones are proved in the first published head that holds them. Rows never
change, so a receipt is the same whenever it is asked for. Of the newest head the signatures are renewed, in rows of
their own, which are shown as the checkpoint and prove nothing else.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from ledger.core.log.checkpoint import Checkpoint
from ledger.core.log.key_rotation import LogKeys
from ledger.core.log.note import NoteSigner
from ledger.core.log.policy import Policy
from ledger.core.log.tiles import Tile
from ledger.core.receipts.acknowledgement import Acknowledgement, acknowledge
from ledger.errors import NotFound, Unavailable
from ledger.service.heads.heads import Heads
from ledger.service.witnesses.activated_policy import check_start, read_activated, read_shown
from ledger.store.database import Connection, DatabasePool
from ledger.store.sql import queries
from ledger.store.tiles import FullTiles

NOT_YET: Final = "not-published-yet"
MAX_WAIT_SECONDS: Final = 60.0
_LARGEST: Final = 1 << 52


class PublishedHead(NamedTuple):
    """A head as others see it: its size, and the note with all its signatures."""

    size: int
    note: str


class Publication:
    """One for a process. `policy` None: every head is public as soon as it is signed."""

    def __init__(self, pool: DatabasePool, heads: Heads, policy: Policy | None) -> None:
        self._pool = pool
        self._heads = heads
        self.policy = policy
        self._tiles = FullTiles()
        self._first = 0
        self._newest = -1
        self._changed = asyncio.Event()
        self._told: list[Callable[[], None]] = []
        self.committed = asyncio.Event()
        """Set when something was appended here that is to be published."""

    @property
    def signers(self) -> Sequence[NoteSigner]:
        """The keys by which the log speaks."""
        return self._heads.signers

    @property
    def keys(self) -> LogKeys:
        """The log's keys so far: what is published may have been signed by one that has ended since."""
        return self._heads.keyring.keys

    @property
    def witnessed(self) -> bool:
        """Whether heads need witnesses before they are public."""
        return self.policy is not None

    async def start(self, *, registrar: bool = False) -> None:
        """Lets a log begin to have witnesses where a policy is given for the first time: what was public until then
        stays so. `registrar`: its key is here, so a new policy can be entered. Raises ConfigurationError for a log that
        has witnesses where no policy is given or another one, or where published heads have gone."""
        async with self._pool.acquire() as connection:
            shown = await read_shown(connection)
            check_start(self.policy, await read_activated(connection), self._heads.fields, shown, registrar=registrar)
            if self.policy is not None and self._heads.signing:
                await self._begin(connection)
                shown = await read_shown(connection)
        if shown.first is not None and shown.newest is not None:
            self._first, self._newest = shown.first, shown.newest

    async def _begin(self, connection: Connection) -> None:
        sql = queries("publication")
        while await connection.fetchval(sql["first"]) is None:
            head = await self._heads.newest(connection)
            note = await self._heads.sign(connection, head)
            async with connection.transaction():
                row = await connection.fetchrow(sql["lock_head"])
                # Another server may have begun meanwhile, or have appended: then the head is read again.
                if row is not None and row["size"] == head.size and await connection.fetchval(sql["first"]) is None:
                    await connection.execute(sql["publish"], head.size, note)

    def tell(self, told: Callable[[], None]) -> None:
        """Has this called whenever a larger head is public."""
        self._told.append(told)

    def heard(self, size: int) -> None:
        """Wakes those who wait: a head of this size is public now."""
        if size > self._newest:
            self._newest = size
            changed, self._changed = self._changed, asyncio.Event()
            changed.set()
            for told in self._told:
                told()

    async def refresh(self) -> None:
        """Reads what became public while nobody told."""
        row = await self._pool.fetchrow(queries("publication")["newest"])
        if row is not None:
            self.heard(row["size"])

    async def newest(self, connection: Connection) -> PublishedHead:
        """The newest public head. Raises Unavailable, and stops signing, where the database is of another history."""
        head = await self._heads.newest(connection)
        if not self.witnessed:
            return PublishedHead(head.size, await self._heads.sign(connection, head))
        row = await connection.fetchrow(queries("publication")["newest"])
        if row is None:
            raise NotFound("nothing of this log is published")
        return PublishedHead(row["size"], row["note"])

    async def past(self) -> int | None:
        """The latest time, in POSIX seconds, that a quorum of the log's witnesses says has come; None where it has no
        witnesses, or they have not cosigned yet."""
        row = await self._pool.fetchrow(queries("publication")["newest"])
        if self.policy is None or row is None:
            return None
        return self.policy.past(self.policy.cosigned(row["note"]))

    async def limit(self, connection: Connection) -> int | None:
        """The size up to which tiles are public; None where all are."""
        if not self.witnessed:
            return None
        row = await connection.fetchrow(queries("publication")["newest"])
        return 0 if row is None else int(row["size"])

    async def tiles(self, connection: Connection, wanted: Sequence[Tile]) -> dict[Tile, bytes]:
        """Tiles of the log, published or not; full ones from memory where they were read before. Raises NotFound where
        the log is too small for one."""
        return await self._tiles.read(connection, wanted, self._heads.highest.size)

    async def proving(self, connection: Connection, index: int, size: int, root: bytes) -> PublishedHead:
        """The head in which an entry is proved for good: that of its batch, of this size and root, or the first
        published one that holds it.

        Raises Unavailable with code `not-published-yet`.
        """
        if not self.waits(index):
            return PublishedHead(size, await self._heads.sign(connection, Checkpoint(self._heads.origin, size, root)))
        self._heads.require_signing()
        row = await connection.fetchrow(queries("publication")["covering"], index)
        if row is None:
            raise not_yet(index)
        return PublishedHead(row["size"], row["note"])

    async def checkpoint(self, connection: Connection, size: int, root: bytes) -> str:
        """The note of a head that is public, or that is of a batch from before the log had witnesses. Raises
        Unavailable with code `not-published-yet`, NotFound where other heads were published, of that size none."""
        if not self.witnessed or size < self._first:
            return await self._heads.sign(connection, Checkpoint(self._heads.origin, size, root))
        self._heads.require_signing()
        note = await connection.fetchval(queries("publication")["at"], size)
        if note is not None:
            return str(note)
        newest = await connection.fetchrow(queries("publication")["newest"])
        if newest is None or newest["size"] < size:
            raise not_yet(size - 1)
        raise no_head(size)

    async def of_size(self, connection: Connection, size: int) -> PublishedHead:
        """The public head of that size. Raises NotFound where there is none; as `checkpoint` does."""
        root = await connection.fetchval(queries("publication")["batch_root"], min(size, _LARGEST))
        if root is None:
            raise no_head(size)
        return PublishedHead(size, await self.checkpoint(connection, size, bytes(root)))

    async def vouch(self, connection: Connection, size: int, root: bytes) -> None:
        """Returns when the head of a batch may leave, though no witness may have seen it yet. Raises Unavailable."""
        await self._heads.sign(connection, Checkpoint(self._heads.origin, size, root))

    def waits(self, index: int) -> bool:
        """Whether an entry is proved in a head that needs witnesses."""
        return self.witnessed and index >= self._first

    async def wait(self, index: int, seconds: float) -> None:
        """Returns when an entry is in a published head. Raises Unavailable with code `not-published-yet`."""
        if not self.waits(index):
            return
        try:
            async with asyncio.timeout(min(seconds, MAX_WAIT_SECONDS)):
                while self._newest <= index:
                    await self._changed.wait()
        except TimeoutError:
            raise not_yet(index) from None

    def acknowledged(
        self, index: int, entry: bytes, leaves: Sequence[bytes], shown: Sequence[int] | None = None
    ) -> Acknowledgement:
        """The log's promise of an entry that is committed here."""
        self._heads.require_signing()
        return acknowledge(index, entry, leaves, self._heads.signers, shown)


def no_head(size: int) -> NotFound:
    """There is no such head, or nobody was ever shown it."""
    return NotFound(f"no head of {size} entries was published", code="no-such-head", field="size", value=size,
                    rule="the size of a checkpoint that the log has shown")


def not_yet(index: int) -> Unavailable:
    """Asking again later will succeed, as soon as enough witnesses answer."""
    return Unavailable(
        f"entry {index} is on the log, but in no head yet that its witnesses have signed", code=NOT_YET, field="index",
        value=index, rule="cosigned by the quorum of the log's policy",
    )
