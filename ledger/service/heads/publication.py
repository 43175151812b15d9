"""Which heads are public: all of them, or with a policy those that a quorum of witnesses has cosigned.

A log has witnesses from the first row of `publication` on. Entries below the size of that row keep the receipts of
their batches; later entries are proved in the first published head that holds them. Rows never change, so a receipt is
the same whenever it is requested. Renewed signatures of the newest head are rows of their own. They are shown as the
checkpoint and used for nothing else.
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
from ledger.service.witnesses.witness_client import LastAnswers
from ledger.store.database import Connection, DatabasePool
from ledger.store.sql import queries
from ledger.store.tiles import FullTiles

NOT_YET: Final = "not-published-yet"
MAX_WAIT_SECONDS: Final = 60.0
_LARGEST: Final = 1 << 52


class PublishedHead(NamedTuple):
    """A public head: its size, and the note with all its signatures."""

    size: int
    note: str


class Publication:
    """A process has one. Without a policy, each head is public as soon as it is signed."""

    def __init__(self, pool: DatabasePool, heads: Heads, policy: Policy | None) -> None:
        self._pool = pool
        self._heads = heads
        self.policy = policy
        self.answers: LastAnswers = {}
        self.hindered: str | None = None
        """Why this process publishes nothing, although it signs; None if it publishes, or leaves it to another one."""
        self._tiles = FullTiles()
        self._first = 0
        self._newest = -1
        self._changed = asyncio.Event()
        self._listeners: list[Callable[[], None]] = []
        self.committed = asyncio.Event()
        """The process sets this event when it has appended entries that are to be published."""

    @property
    def signers(self) -> Sequence[NoteSigner]:
        """The keys that sign for the log now."""
        return self._heads.signers

    @property
    def keys(self) -> LogKeys:
        """All keys of the log so far: a key that has ended may have signed a published head."""
        return self._heads.keyring.keys

    @property
    def witnessed(self) -> bool:
        """Whether heads need witnesses before they are public."""
        return self.policy is not None

    async def start(self, *, registrar: bool = False) -> None:
        """Publishes the first head if a policy is given for the first time; earlier heads stay public. `registrar`: the
        registrar's key is here, so a new policy can be entered. Raises ConfigurationError if the log has a policy and
        the server has no policy or another one, or if published heads are missing. A server that has halted does not
        check this: it signs and publishes nothing, but runs, so that the operator can look and decide beside it."""
        async with self._pool.acquire() as connection:
            history = await read_shown(connection)
            if not self._heads.halted:
                activated = await read_activated(connection)
                check_start(self.policy, activated, self._heads.fields, history, registrar=registrar)
            if self.policy is not None and self._heads.signing:
                await self._begin(connection)
                history = await read_shown(connection)
        if history.first is not None and history.newest is not None:
            self._first, self._newest = history.first, history.newest

    async def _begin(self, connection: Connection) -> None:
        sql = queries("publication")
        while await connection.fetchval(sql["first"]) is None:
            head = await self._heads.newest(connection)
            note = await self._heads.sign(connection, head)
            async with connection.transaction():
                row = await connection.fetchrow(sql["lock_head"])
                # If another server has published or appended meanwhile, the head is read again.
                if row is not None and row["size"] == head.size and await connection.fetchval(sql["first"]) is None:
                    await connection.execute(sql["publish"], head.size, note)

    def tell(self, listener: Callable[[], None]) -> None:
        """Calls `listener` whenever a larger head is public."""
        self._listeners.append(listener)

    def heard(self, size: int) -> None:
        """Wakes the waiting requests and the listeners: a head of this size is public now."""
        if size > self._newest:
            self._newest = size
            changed, self._changed = self._changed, asyncio.Event()
            changed.set()
            for listener in self._listeners:
                listener()

    async def refresh(self) -> None:
        """Reads the newest published head, in case a notification was lost."""
        row = await self._pool.fetchrow(queries("publication")["newest"])
        if row is not None:
            self.heard(row["size"])

    async def newest(self, connection: Connection) -> PublishedHead:
        """The newest public head. Raises Unavailable, and stops signing, if the database is of another history."""
        head = await self._heads.newest(connection)
        if not self.witnessed:
            return PublishedHead(head.size, await self._heads.sign(connection, head))
        row = await connection.fetchrow(queries("publication")["newest"])
        if row is None:
            raise NotFound("no head of this log is published yet")
        return PublishedHead(row["size"], row["note"])

    async def past(self) -> int | None:
        """The latest time, in POSIX seconds, that a quorum of the log's witnesses states as past; None if the log has
        no witnesses, or they have not cosigned yet."""
        row = await self._pool.fetchrow(queries("publication")["newest"])
        if self.policy is None or row is None:
            return None
        return self.policy.past(self.policy.cosigned(row["note"]))

    async def limit(self, connection: Connection) -> int | None:
        """The size up to which tiles are public; None if all are."""
        if not self.witnessed:
            return None
        row = await connection.fetchrow(queries("publication")["newest"])
        return 0 if row is None else int(row["size"])

    async def tiles(self, connection: Connection, wanted: Sequence[Tile]) -> dict[Tile, bytes]:
        """Tiles of the log, published or not. Full tiles that were read before come from memory. Raises NotFound if the
        log is too small for a tile."""
        return await self._tiles.read(connection, wanted, self._heads.highest.size)

    async def proving(self, connection: Connection, index: int, size: int, root: bytes) -> PublishedHead:
        """The head in which an entry is proved for good: the head of its batch, of this size and root, or the first
        published head that holds it.

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
        """The note of a public head, or of the head of a batch from before the log had witnesses. Raises Unavailable
        with code `not-published-yet`, and NotFound if no head of that size was published but a larger one was."""
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
        """The public head of that size. Raises NotFound if it does not exist; otherwise as `checkpoint` does."""
        root = await connection.fetchval(queries("publication")["batch_root"], min(size, _LARGEST))
        if root is None:
            raise no_head(size)
        return PublishedHead(size, await self.checkpoint(connection, size, bytes(root)))

    async def vouch(self, connection: Connection, size: int, root: bytes) -> None:
        """Returns when the head of a batch may be shown, even if no witness has seen it yet. Raises Unavailable."""
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
    """No head of this size exists, or it was never published."""
    return NotFound(f"no head of {size} entries was published", code="no-such-head", field="size", value=size,
                    rule="the size of a published checkpoint")


def not_yet(index: int) -> Unavailable:
    """A later attempt succeeds, as soon as enough witnesses have answered."""
    return Unavailable(
        f"entry {index} is on the log, but the log's witnesses have not signed a head with it yet", code=NOT_YET,
        field="index", value=index, rule="the quorum of the log's policy has to cosign a head that holds the entry",
    )
