"""Which heads may leave: every one that is signed here begins, or continues, the highest that was ever signed here.

A database that was restored to an earlier state, a standby that was promoted before it had everything, or another
database under the same key shows a head that is not such a one, also after it has grown past. Then signing stops, until
the operator decides. What is known as highest is kept in this process and in the anchor (`ledger.store.anchor`), which
other replicas of the host share; no head is signed before the anchor has it. Nor is one that another process has
written before a synchronous standby has it, where there is one: an interrupted COMMIT shows rows that it has not.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping
from typing import Final, NoReturn

from ledger.core.log.checkpoint import Checkpoint, sign_checkpoint
from ledger.core.log.merkle import EMPTY_ROOT
from ledger.core.log.note import NoteSigner, verify_note
from ledger.errors import (
    ConfigurationError,
    InvalidInput,
    LedgerError,
    NotFound,
    OutcomeUnknown,
    Unavailable,
    VerificationError,
)
from ledger.service.heads.continuity import contradiction, missing_entries, prove, read_head, settle_commits
from ledger.service.heads.keyring import MISSING as KEY_MISSING
from ledger.service.heads.keyring import Keyring
from ledger.service.settings import Settings
from ledger.store.anchor import UNREADABLE, UNWRITABLE, Anchor, fields_of, open_anchor, stated, written
from ledger.store.database import Connection, DatabasePool

MISMATCH: Final = "log-mismatch"
MISSING: Final = "anchor-missing"
UNSETTLED: Final = "unsettled"
UNSIGNABLE: Final = (UNREADABLE, UNWRITABLE, MISSING, UNSETTLED, KEY_MISSING)
"""Codes of what keeps a head from being signed though the database is there: trying again at once is of no use."""
_DECIDE: Final = "bring back the database that was signed, or decide with `carbon-ledger anchor`"
_REMEMBERED = 10_000
_log = logging.getLogger(__name__)
Known = tuple[Checkpoint, ...]


class Heads:
    """One for a process. The sessions that it is given see what is committed now: none is in a snapshot of its own."""

    def __init__(self, keyring: Keyring, anchor: Anchor, pool: DatabasePool, memory: Anchor | None = None) -> None:
        """`memory`: where this home keeps for itself what it has signed, beside an anchor that is elsewhere."""
        self.origin = origin = keyring.origin
        self.keyring = keyring
        self._pool = pool
        self._anchor = anchor
        self._memory = memory
        self._note: str | None = None
        self._highest = self._anchored = Checkpoint(origin, 0, EMPTY_ROOT)
        self._vouched = {self._highest: None}
        self._halted: Unavailable | None = None
        self._waiting: Unavailable | None = None
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
    def signed(self) -> Checkpoint | None:
        """What the anchor says, as it was read last; None where it was missing."""
        return None if self._note is None else self._anchored

    @property
    def signing(self) -> bool:
        """Whether this replica signs now."""
        return self._halted is None and self._waiting is None

    @property
    def waiting(self) -> bool:
        """Whether signing begins as soon as it is settled which history counts."""
        return self._halted is None and self._waiting is not None

    @property
    def fields(self) -> dict[str, str]:
        """What the anchor says beside its checkpoint, as it was read last."""
        return {} if self._note is None else fields_of(self._note)

    def require_signing(self) -> None:
        """Raises Unavailable where this replica has stopped signing, since it has seen two histories, or has not begun
        to, since it is not settled yet which one counts."""
        stopped = self._halted or self._waiting
        if stopped is not None:
            raise stopped

    def halt(self, why: str, code: str = MISMATCH, rule: str = _DECIDE) -> NoReturn:
        """Stops signing, for as long as the process runs. Raises the Unavailable that says why."""
        if self._halted is None:
            self._halted = Unavailable(
                f"{why}; this server signs nothing more", code=code, field="anchor", value=self._anchor.location,
                rule=rule,
            )
            _log.critical("%s", self._halted)
        raise self._halted

    def wait(self, why: str) -> None:
        """Signs nothing until `settle`."""
        self._waiting = Unavailable(
            f"{why}; nothing is signed until then", code=UNSETTLED, field="anchor", value=self._anchor.location,
            rule="the witnesses of the log's policy have to answer; where they are gone for good, name others, or "
                 "`quorum none`, in the file of CARBON_LEDGER_POLICY",
        )
        _log.warning("%s", self._waiting)

    def contradict(self, size: int, whose: str, head: Checkpoint) -> None:
        """Heeds that another, such as a witness, was shown this log with `size` entries. Raises Unavailable, and stops
        signing, where the database holds less: it was checked later, and had this head."""
        held = max(head.size, self._highest.size)
        if size > held:
            self.halt(missing_entries(held, size, f"were shown to {whose}"))

    async def start(self, connection: Connection, *, restored: bool = False, witnessed: bool = False) -> None:
        """Compares the database with the anchor before anything is signed: a mismatch, or an anchor that is missing,
        stops signing. `witnessed`: the log has a quorum of witnesses, which is asked before this process signs where
        the anchor could have been brought back with the database; `restored`: by their word alone, if need be.

        Raises ConfigurationError where the anchor cannot be read or is of another log.
        """
        asked = witnessed and not self._anchor.remote
        try:
            if restored and asked and await self._read() is None:
                self.wait("this home was restored from a backup, without an anchor")
            else:
                await self.newest(connection)
            if (key := self.keyring.unknown()) is not None:
                self.halt(f"{key} has signed for this log, and the database does not know that key: it is older",
                          rule="bring back the database that was signed; where it is lost, put that file away and "
                               "decide with `carbon-ledger anchor`")
        except Unavailable as error:
            if error.code == MISSING:
                self._halted = error
                _log.critical("%s", error)
            elif error.code == UNREADABLE:
                raise ConfigurationError(error.message, code=error.code, field=error.field, value=error.value,
                                         rule=error.rule) from error
            elif self._halted is None:
                raise
            return
        if asked and self._waiting is None:
            self.wait("a quorum of witnesses has to say what it was shown of this log")

    async def settle(self, connection: Connection) -> None:
        """Begins to sign: what others were shown of this log is in the database. An anchor that is missing is made."""
        head = await self.examine(connection)
        if self._waiting is not None and self._note is None:
            note = await asyncio.to_thread(self._anchor.update, lambda current: current or written(
                head, {}, self.signers))
            self._anchored, self._note = self._opened(note), note
        self._waiting = None

    async def expected(self) -> Known:
        """The heads with which every view of the database that is taken from now on must begin. Raises Unavailable
        where nothing is signed, or the anchor is missing, cannot be read or is not of this log."""
        self.require_signing()
        return await self._known()

    async def _known(self) -> Known:
        note = await self._read()
        if note is None:
            if self._waiting is None:
                raise self._missing()
        elif note != self._note:
            self._anchored, self._note = self._opened(note), note
        own = None if self._memory is None else self._memory.read()
        return (self._highest, self._anchored) if own is None else (self._highest, self._anchored, self._opened(own))

    async def _read(self) -> str | None:
        return await asyncio.to_thread(self._anchor.read) if self._anchor.remote else self._anchor.read()

    async def check(self, connection: Connection, head: Checkpoint, expected: Known) -> None:
        """Returns if this session's database, with this head, begins with all that was expected before its head was
        read. Raises Unavailable, and stops signing, where it does not."""
        if head in self._vouched:
            # All heads that were vouched for are of one log: what is not longer than this one needs no proof again.
            expected = tuple([one for one in expected if one.size > head.size or one not in self._vouched])
        why = await self.keyring.refresh(connection) or await contradiction(connection, head, expected)
        if why is not None:
            self.halt(why)

    async def newest(self, connection: Connection) -> Checkpoint:
        """The database's head, checked. Raises Unavailable, and stops signing, where it is of another history."""
        self.require_signing()
        return await self.examine(connection)

    async def examine(self, connection: Connection) -> Checkpoint:
        """The same while it is not settled yet whether to sign."""
        if self._halted is not None:
            raise self._halted
        expected = await self._known()
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
                await settle_commits(connection)
            self.advance(head)
        elif (why := await self.keyring.refresh(connection)) is not None:
            self.halt(why)
        await self._anchor_at(head)
        return self._signed(head)

    async def _check_stated(self, connection: Connection, head: Checkpoint) -> None:
        newest = await self.newest(connection)
        try:
            await prove(connection, head, newest)
        except (VerificationError, NotFound, InvalidInput) as error:
            raise LedgerError(
                f"the database states a head of {head.size} entries that is not of its log: {error.message}",
                code="unproven", field="size", value=head.size,
            ) from error

    async def mark(self, fields: Mapping[str, str]) -> None:
        """Returns when the anchor says these fields too, durably. Raises Unavailable where it cannot be written."""
        async with self._turn:
            await self._update(lambda current: written(stated(current), {**fields_of(current), **fields}, self.signers))

    async def _anchor_at(self, head: Checkpoint) -> None:
        """Returns when the anchor is at least there, durably."""
        async with self._turn:
            if self._anchored.size < head.size:
                # Those that wait for their turn are served too, and find that it is done.
                top = max(head, self._highest, key=lambda one: one.size)
                await self._update(lambda current: current if stated(current).size >= top.size else
                                   written(top, fields_of(current), self.signers))

    async def _update(self, change: Callable[[str], str]) -> None:
        """Writes what `change` makes of the anchor's note, which is there and of this log."""
        self.require_signing()

        def checked(current: str | None) -> str:
            if current is None:
                raise self._missing()
            self._opened(current)
            return change(current)

        note = await asyncio.to_thread(self._anchor.update, checked)
        # Checked above, or signed here.
        self._anchored, self._note = stated(note), note
        if self._memory is not None:
            await asyncio.to_thread(self._memory.update, lambda current: note if current is None or stated(
                current).size < self._anchored.size else current)

    def _vouch(self, head: Checkpoint) -> None:
        self._vouched[head] = None
        if len(self._vouched) > _REMEMBERED:
            del self._vouched[next(iter(self._vouched))]

    def _signed(self, head: Checkpoint) -> str:
        self.require_signing()
        return sign_checkpoint(head, *self.signers)

    def _opened(self, note: str) -> Checkpoint:
        """What the anchor says, if one of this log's keys signed it."""
        if note == self._note:
            return self._anchored
        found = stated(note)
        try:
            verify_note(note, [span.verifier for span in self.keyring.keys.spans], minimum=1)
        except VerificationError as error:
            if found.origin == self.origin:
                why = ("is signed by no key that this database knows of its log: the database is older than the "
                       "newest key, or of another log by the same name")
            else:
                why = f"is not of this log, {self.origin}, but of {found.origin}"
            raise Unavailable(
                f"the anchor {self._anchor.location} {why}: {error.message}", code=UNREADABLE, field="anchor",
                value=self._anchor.location,
                rule="an anchor of its own for each log: another home, or CARBON_LEDGER_ANCHOR",
            ) from error
        return found

    def _missing(self) -> Unavailable:
        return Unavailable(
            f"there is no anchor {self._anchor.location}, though something of this log may have been signed: nothing "
            "says whether the database holds all of it", code=MISSING, field="anchor", value=self._anchor.location,
            rule="bring back the anchor, or name it in CARBON_LEDGER_ANCHOR; only where it is lost decide with "
                 "`carbon-ledger anchor accept`",
        )


def heads_of(settings: Settings, keyring: Keyring, pool: DatabasePool) -> Heads:
    """By the anchor that the settings name. Raises ConfigurationError."""
    anchor = open_anchor(settings.anchor_at)
    return Heads(keyring, anchor, pool, memory_of(settings, anchor))


def memory_of(settings: Settings, anchor: Anchor) -> Anchor | None:
    """Beside an anchor that is elsewhere, the file in the home in which it would be else."""
    return open_anchor(str(settings.own_anchor)) if anchor.remote else None
