"""Which heads may leave: every one that is signed here begins, or continues, the highest that was ever signed here.

A database that was restored to an earlier state, a standby that was promoted before it had everything, or another
database under the same key shows a head that is not such a one, also after it has grown past. Then signing stops, until
the operator decides. What is known as highest is kept in this process and in the anchor (`ledger.store.anchor`), which
other replicas of the host share; no head is signed before the anchor has it. Nor is one that another process has
written before a synchronous standby has it, where there is one: an interrupted COMMIT shows rows that it has not.
"""

import asyncio
import logging
from typing import Final, NoReturn

import asyncpg

from ledger.core.checkpoint import Checkpoint, sign_checkpoint
from ledger.core.merkle import EMPTY_ROOT, verify_consistency
from ledger.core.note import NoteSigner, verify_note
from ledger.errors import (
    ConfigurationError,
    InvalidInput,
    LedgerError,
    NotFound,
    OutcomeUnknown,
    Unavailable,
    VerificationError,
)
from ledger.service.keyring import MISSING, Keyring
from ledger.store.anchor import UNREADABLE, UNWRITABLE, Anchor, stated
from ledger.store.database import Connection, Pool
from ledger.store.sql import queries
from ledger.store.tiles import consistency_path

MISMATCH: Final = "log-mismatch"
UNSIGNABLE: Final = (UNREADABLE, UNWRITABLE, MISSING)
"""Codes of what keeps a head from being signed though the database is there: trying again at once is of no use."""
_REMEMBERED = 10_000
_SETTLE_SECONDS = 5.0
_log = logging.getLogger(__name__)
Known = tuple[Checkpoint, ...]


class Heads:
    """One for a process. The sessions that it is given see what is committed now: none is in a snapshot of its own."""

    def __init__(self, keyring: Keyring, anchor: Anchor, pool: Pool) -> None:
        self.origin = origin = keyring.origin
        self.keyring = keyring
        self._pool = pool
        self._anchor = anchor
        self._note: str | None = None
        self._highest = self._anchored = Checkpoint(origin, 0, EMPTY_ROOT)
        self._vouched = {self._highest: None}
        self._halted: Unavailable | None = None
        self._turn = asyncio.Lock()

    @property
    def signers(self) -> tuple[NoteSigner, ...]:
        """All of them sign every head: one, or two while the log's key is being rotated."""
        return self.keyring.signers

    @property
    def highest(self) -> Checkpoint:
        """The highest head that this process has signed, or has committed in order to."""
        return self._highest

    @property
    def signing(self) -> bool:
        """Whether this replica signs at all."""
        return self._halted is None

    def require_signing(self) -> None:
        """Raises Unavailable where this replica has stopped signing: it has seen two histories."""
        if self._halted is not None:
            raise self._halted

    def halt(self, why: str, code: str = MISMATCH) -> NoReturn:
        """Stops signing, for as long as the process runs. Raises the Unavailable that says why."""
        if self._halted is None:
            self._halted = Unavailable(
                f"{why}; this server signs nothing more", code=code, field="anchor", value=self._anchor.path,
                rule="bring back the database that was signed, or decide with `carbon-ledger anchor`",
            )
            _log.critical("%s", self._halted)
        raise self._halted

    def contradict(self, size: int, whose: str) -> None:
        """Heeds that another, such as a witness, was shown this log with `size` entries. Raises Unavailable, and stops
        signing, where the database that this process has checked holds less. Ask `newest` first."""
        if size > self._highest.size:
            self.halt(_missing(self._highest.size, size, f"were shown to {whose}"))

    async def start(self, connection: Connection) -> None:
        """Compares the database with the anchor before anything is signed; a mismatch stops signing. Raises
        ConfigurationError where the anchor cannot be read or is of another log."""
        try:
            head = await self.newest(connection)
        except Unavailable as error:
            if error.code != UNREADABLE:
                if self._halted is None:
                    raise
                return
            raise ConfigurationError(error.message, code=error.code, field=error.field, value=error.value,
                                     rule=error.rule) from error
        if self._note is None and head.size:
            _log.warning("there is no anchor %s: the %d entries of the database are taken as they are",
                         self._anchor.path, head.size)

    def expected(self) -> Known:
        """The heads with which every view of the database that is taken from now on must begin. Raises Unavailable
        where the anchor cannot be read or is not of this log."""
        self.require_signing()
        note = self._anchor.read()
        if note is not None and note != self._note:
            self._anchored, self._note = self._opened(note), note
        return self._highest, self._anchored

    async def check(self, connection: Connection, head: Checkpoint, expected: Known) -> None:
        """Returns if this session's database, with this head, begins with all that was expected before its head was
        read. Raises Unavailable, and stops signing, where it does not."""
        why = await self.keyring.refresh(connection) or await contradiction(connection, head, expected)
        if why is not None:
            self.halt(why)

    async def newest(self, connection: Connection) -> Checkpoint:
        """The database's head, checked. Raises Unavailable, and stops signing, where it is of another history."""
        expected = self.expected()
        head = await read_head(connection, self.origin)
        await self.check(connection, head, expected)
        return head

    def advance(self, head: Checkpoint) -> None:
        """Remembers a head that is committed, on top of one that was checked: from now on no database without it will
        do."""
        # A batch and a revision may end in either order here.
        if head.size > self._highest.size:
            self._highest = head
        self._vouch(head)

    async def committed(self, head: Checkpoint) -> str:
        """A head that was advanced to, as a signed note. Several wait for the anchor together.

        Raises Unavailable where the anchor cannot be written, OutcomeUnknown where the database is lost: then the batch
        stands, and nobody has been told.
        """
        await self._anchor_at(head)
        if self._anchored.size > head.size and self._anchored not in self._vouched:
            # Another replica was faster to write it; or it has another log.
            try:
                async with self._pool.acquire() as connection:
                    await self._check_stated(connection, head)
            except Unavailable as error:
                self.require_signing()
                raise OutcomeUnknown("the database was lost after COMMIT: post the same records again to learn",
                                     code="outcome-unknown") from error
        return self._signed(head)

    async def sign(self, connection: Connection, head: Checkpoint) -> str:
        """A head that the database states, as a signed note: the same bytes each time while the same keys sign.

        Raises Unavailable, and stops signing, where the database is of another history; LedgerError where this head of
        it is not part of its log.
        """
        self.require_signing()
        if head not in self._vouched:
            await self._check_stated(connection, head)
            if head.size > self._highest.size:
                await _settle(connection)
            self.advance(head)
        elif (why := await self.keyring.refresh(connection)) is not None:
            self.halt(why)
        await self._anchor_at(head)
        return self._signed(head)

    async def _check_stated(self, connection: Connection, head: Checkpoint) -> None:
        newest = await self.newest(connection)
        try:
            await _prove(connection, head, newest)
        except (VerificationError, NotFound, InvalidInput) as error:
            raise LedgerError(
                f"the database states a head of {head.size} entries that is not of its log: {error.message}",
                code="unproven", field="size", value=head.size,
            ) from error

    async def _anchor_at(self, head: Checkpoint) -> None:
        """Returns when the anchor is at least there, durably."""
        async with self._turn:
            if self._anchored.size < head.size:
                # Those that wait for their turn are served too, and find that it is done.
                note = self._signed(max(head, self._highest, key=lambda one: one.size))
                standing = await asyncio.to_thread(self._anchor.advance, note)
                self._anchored, self._note = self._opened(standing), standing

    def _vouch(self, head: Checkpoint) -> None:
        self._vouched[head] = None
        if len(self._vouched) > _REMEMBERED:
            del self._vouched[next(iter(self._vouched))]

    def _signed(self, head: Checkpoint) -> str:
        self.require_signing()
        return sign_checkpoint(head, *self.signers)

    def _opened(self, note: str) -> Checkpoint:
        """What the anchor says, if one of this log's keys signed it."""
        found = stated(note)
        try:
            verify_note(note, [span.verifier for span in self.keyring.keys.spans], minimum=1)
        except VerificationError as error:
            raise Unavailable(
                f"the anchor {self._anchor.path} is not of this log, {self.origin}, but of {found.origin}: "
                f"{error.message}", code=UNREADABLE, field="anchor", value=self._anchor.path,
                rule="an anchor of its own for each log: another home, or CARBON_LEDGER_ANCHOR",
            ) from error
        return found


async def read_head(connection: Connection, origin: str) -> Checkpoint:
    """The head that the database states, not checked. Raises NotFound where it holds no log."""
    row = await connection.fetchrow(queries("log")["head"])
    if row is None:
        raise NotFound("this database holds no log")
    return Checkpoint(origin, row["size"], bytes(row["root"]))


async def _settle(connection: Connection) -> None:
    """Returns when all that is seen here is wherever a commit has to be. Raises Unavailable where it is not yet."""
    warnings: list[asyncpg.PostgresLogMessage] = []

    def heed(_: object, message: asyncpg.PostgresLogMessage) -> None:
        warnings.append(message)

    connection.add_log_listener(heed)
    try:
        await connection.execute(queries("log")["settle"], timeout=_SETTLE_SECONDS)
    except (TimeoutError, asyncpg.PostgresConnectionError, asyncpg.OperatorInterventionError) as error:
        raise _unsettled() from error
    finally:
        connection.remove_log_listener(heed)
    if warnings:
        raise _unsettled()


def _unsettled() -> Unavailable:
    return Unavailable("the newest entries are not at the synchronous standby yet", code="not-replicated", field="size",
                       rule="a head is signed once all that a commit waits for has it")


async def contradiction(connection: Connection, head: Checkpoint, expected: Known) -> str | None:
    """Why the database with this head does not begin with all these heads, if that is so."""
    for known in dict.fromkeys(expected):
        if head.size < known.size:
            return _missing(head.size, known.size, f"were signed here, with root {known.root.hex()}")
        try:
            await _prove(connection, known, head)
        except (VerificationError, NotFound, InvalidInput) as error:
            return (f"the database holds another log of {head.size} entries than the one signed here: its first "
                    f"{known.size} have not the root {known.root.hex()} ({error.message})")
    return None


async def _prove(connection: Connection, old: Checkpoint, new: Checkpoint) -> None:
    """Raises VerificationError or NotFound where the tree of `new`, as it stands in the database, does not begin with
    that of `old`."""
    if old == new:
        return
    path = await consistency_path(connection, old.size, new.size)
    verify_consistency(old.size, new.size, old.root, new.root, path)


def _missing(held: int, signed: int, how: str) -> str:
    return (f"the database holds {held} entries, {signed} {how}: entries {held} to {signed - 1} are missing; it was "
            "rolled back or replaced")
