"""Which heads this process may sign: only heads that continue, or are continued by, the highest head ever signed here.

Three databases do not continue that head, even after they have grown larger: one that was restored to an earlier state,
a standby that was promoted before it had all entries, and another database under the same key. Then signing stops until
the operator decides. The highest head is kept in this process and in the anchor (`ledger.store.anchor`), which other
replicas of the host share. No head is signed before the anchor has it. A head that another process has written is
signed only once the synchronous standby, if there is one, has its rows: an interrupted COMMIT makes them visible too
early.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping
from typing import Final, NoReturn

from ledger.core.log.checkpoint import Checkpoint, sign_checkpoint
from ledger.core.log.key_rotation import LogKeys
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
from ledger.service.heads.keyring import DatabaseRotations, Keyring
from ledger.service.settings import Settings
from ledger.service.witnesses.own_policy import NOBODY, AskedWitnesses
from ledger.store.anchor import UNREADABLE, UNWRITABLE, Anchor, fields_of, open_anchor, stated, written
from ledger.store.database import Connection, DatabasePool

MISMATCH: Final = "log-mismatch"
MISSING: Final = "anchor-missing"
UNSETTLED: Final = "unsettled"
UNSIGNABLE: Final = (UNREADABLE, UNWRITABLE, MISSING, UNSETTLED, KEY_MISSING)
"""Codes of errors that stop signing although the database answers. To try again at once is useless."""
_DECIDE: Final = ("bring back the database that was signed: this server then goes on by itself; or decide with "
                  "`carbon-ledger anchor`, and restart this server")
_REMEMBERED = 10_000
_log = logging.getLogger(__name__)
Known = tuple[Checkpoint, ...]


class Heads:
    """A process has one. The sessions that callers pass must see all committed rows, not a snapshot."""

    def __init__(self, keyring: Keyring, anchor: Anchor, pool: DatabasePool, memory: Anchor | None = None) -> None:
        """`memory`: the file in this home for the highest signed head, if the anchor is elsewhere."""
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
        self._evidence: dict[str, tuple[int, Checkpoint | None]] = {}
        self._turn = asyncio.Lock()
        self.again = asyncio.Event()
        """`look_again` sets it: the ledger has to be opened anew."""

    @property
    def signers(self) -> tuple[NoteSigner, ...]:
        """The keys that sign each head: one, or two during a rotation of the log's key."""
        return self.keyring.signers

    @property
    def highest(self) -> Checkpoint:
        """The highest head that this process has signed, or has committed and will sign."""
        return self._highest

    @property
    def signed(self) -> Checkpoint | None:
        """The head in the anchor, as it was read last; None if the anchor was missing."""
        return None if self._note is None else self._anchored

    @property
    def signing(self) -> bool:
        """Whether this replica signs now."""
        return self._halted is None and self._waiting is None

    @property
    def waiting(self) -> bool:
        """Whether signing begins as soon as the witnesses have settled which history counts."""
        return self._halted is None and self._waiting is not None

    @property
    def fields(self) -> dict[str, str]:
        """The anchor's other fields, as they were read last."""
        return {} if self._note is None else fields_of(self._note)

    @property
    def stopped(self) -> Unavailable | None:
        """Why this replica does not sign; None if it signs."""
        return self._halted or self._waiting

    @property
    def halted(self) -> bool:
        """Whether this replica has seen two histories, and signs nothing until its ledger is opened anew."""
        return self._halted is not None

    def require_signing(self) -> None:
        """Raises Unavailable if this replica does not sign: it has seen two histories and stopped, or it is not settled
        yet which history counts."""
        if self.stopped is not None:
            raise self.stopped

    def halt(self, why: str, code: str = MISMATCH, rule: str = _DECIDE) -> NoReturn:
        """Stops signing until the ledger is opened anew. Raises Unavailable with the reason."""
        if self._halted is None:
            self._halted = self._unsigned(why, code, rule)
            _log.critical("%s", self._halted)
        raise self._halted

    def _unsigned(self, why: str, code: str, rule: str | None) -> Unavailable:
        return Unavailable(f"{why}; this server signs nothing", code=code, field="anchor", value=self._anchor.location,
                           rule=rule)

    def wait(self, why: str) -> None:
        """Signs nothing until `settle`."""
        self._waiting = Unavailable(
            f"{why}; nothing is signed until then", code=UNSETTLED, field="anchor", value=self._anchor.location,
            rule="the witnesses of the log's own policy have to answer; if they are gone for good, name others, or "
                 "`quorum none`, in the file of CARBON_LEDGER_POLICY, and run `carbon-ledger anchor accept --size "
                 "SIZE`: this server then goes on by itself",
        )
        _log.warning("%s", self._waiting)

    def contradict(self, size: int, whose: str, head: Checkpoint) -> None:
        """Handles evidence that another party, `whose`, was shown this log with `size` entries. `head` is the head of
        the database, read after the evidence. Raises Unavailable, and stops signing, if the database holds fewer
        entries."""
        held = max(head.size, self._highest.size)
        if size > held:
            self.halt(missing_entries(held, size, f"were shown to {whose}"))

    def heed(self, whose: str, size: int, shown: Checkpoint | None = None) -> None:
        """Remembers evidence that another party, `whose`, was shown this log with `size` entries, or even shows its
        signed head: `look_again` needs a database that holds them."""
        self._evidence[whose] = size, shown

    async def start(
        self, connection: Connection, asked: AskedWitnesses = NOBODY, *, restored: bool = False
    ) -> None:
        """Compares the database with the anchor before anything is signed. A mismatch stops signing, and so does a
        missing anchor.

        `asked`: the witnesses that are asked before this process signs, since a copy of the disk could bring an anchor
        file back together with the database. `restored`: the home was restored from a backup, so the witnesses decide
        even without an anchor. Raises ConfigurationError if the anchor
        cannot be read or belongs to another log.
        """
        ask_witnesses = asked.policy is not None
        try:
            if restored and ask_witnesses and await self._read() is None:
                self.wait("this home was restored from a backup, without an anchor")
            else:
                await self.newest(connection)
            if (why := self._unknown_key()) is not None:
                self.halt(why, rule="bring back the database that was signed; if it is lost, move that file away and "
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
        if asked.missing is not None:
            self.wait(asked.missing)
        elif ask_witnesses and self._waiting is None:
            self.wait("a quorum of witnesses has to state which heads of this log it was shown")

    async def look_again(self, connection: Connection) -> None:
        """Compares again after signing has stopped. If the database continues all that was signed here and shown to
        witnesses, and the anchor is there, it sets `again`. It does not resume by itself: rows that this process has
        read meanwhile may belong to another history. Raises Unavailable with the present reason, or if the database is
        away."""
        if self._halted is None:
            return
        try:
            expected = await self._known()
            head = await read_head(connection, self.origin)
            why = (await self._difference(connection, head, expected) or self._unknown_key()
                   or await self._denied(connection, head))
        except Unavailable as error:
            if error.code in (MISSING, UNREADABLE):
                self._halted = error
            raise
        if why is not None:
            rule = self._halted.rule if self._halted.code == MISMATCH else _DECIDE
            self._halted = self._unsigned(why, MISMATCH, rule)
            raise self._halted
        self.again.set()

    async def _denied(self, connection: Connection, head: Checkpoint) -> str | None:
        """Why the database with this head does not hold the heads that others were shown; None if it does."""
        for whose, (size, shown) in self._evidence.items():
            if head.size < size:
                return missing_entries(head.size, size, f"were shown to {whose}")
            if shown is not None and await contradiction(connection, head, [shown]) is not None:
                return f"{whose}, was shown another log of {size} entries with root {shown.root.hex()}"
        return None

    def _unknown_key(self) -> str | None:
        key = self.keyring.unknown()
        return None if key is None else (f"{key} has signed for this log, but the database does not know that key: the "
                                         "database is older than the key")

    async def settle(self, connection: Connection) -> None:
        """Begins to sign, once the database is known to hold the heads that others were shown. Makes a missing
        anchor."""
        head = await self.examine(connection)
        if self._waiting is not None and self._note is None:
            note = await asyncio.to_thread(self._anchor.update, lambda current: current or written(
                head, {}, self.signers))
            self._anchored, self._note = self._opened(note), note
        self._waiting = None

    async def expected(self) -> Known:
        """The heads that every later view of the database must continue. Raises Unavailable if nothing is signed, or
        the anchor is missing, cannot be read or belongs to another log."""
        self.require_signing()
        return await self._known()

    async def _known(self, keys: LogKeys | None = None) -> Known:
        """`keys`: instead of the adopted ones."""
        note = await self._read()
        if note is None:
            if self._waiting is None:
                raise self._missing()
        elif note != self._note:
            self._anchored, self._note = self._opened(note, keys), note
        remembered = None if self._memory is None else self._memory.read()
        heads = self._highest, self._anchored
        return heads if remembered is None else (*heads, self._opened(remembered, keys))

    async def _read(self) -> str | None:
        return await asyncio.to_thread(self._anchor.read) if self._anchor.remote else self._anchor.read()

    async def check(self, connection: Connection, head: Checkpoint, expected: Known) -> None:
        """Checks that this session's database, with this head, continues the `expected` heads, which were read before
        its head. Raises Unavailable, and stops signing, if it does not."""
        why = await self._difference(connection, head, expected)
        if why is not None:
            self.halt(why)

    async def _difference(self, connection: Connection, head: Checkpoint, expected: Known) -> str | None:
        """Why the database with this head does not continue the `expected` heads, or lacks rotations of the log's key;
        None if it does."""
        if head in self._vouched:
            # All vouched heads are of one log, so vouched heads that are not larger than this one need no new proof.
            expected = tuple([one for one in expected if one.size > head.size or one not in self._vouched])
        return await contradiction(connection, head, expected) or await self.follow(connection)

    async def follow(self, connection: Connection) -> str | None:
        """Adopts the rotations of the log's key that were added since, if the database continues all that was signed
        here. Otherwise rotations of a wrong database would make the right one look incomplete. Returns why this process
        cannot sign for the database; None if it can. Raises Unavailable if a key is not in the home."""
        rotations = await self.keyring.read(connection)
        if not isinstance(rotations, DatabaseRotations):
            return rotations
        expected = await self._known(rotations.keys)
        why = await contradiction(connection, await read_head(connection, self.origin), expected)
        if why is None:
            self.keyring.adopt(rotations)
        return why

    async def newest(self, connection: Connection) -> Checkpoint:
        """The database's head, checked. Raises Unavailable, and stops signing, if it is of another history."""
        self.require_signing()
        return await self.examine(connection)

    async def examine(self, connection: Connection) -> Checkpoint:
        """Does the same as `newest`, also while it is not settled yet whether to sign."""
        if self._halted is not None:
            raise self._halted
        expected = await self._known()
        head = await read_head(connection, self.origin)
        await self.check(connection, head, expected)
        return head

    def advance(self, head: Checkpoint) -> None:
        """Remembers a committed head that continues a checked one. From now on, every database has to hold it."""
        # A batch and a revision may arrive here in either order.
        if head.size > self._highest.size:
            self._highest = head
        self._vouch(head)

    async def committed(self, head: Checkpoint) -> str:
        """The signed note of a head that `advance` was called with. Several calls wait for one write of the anchor.

        Raises Unavailable if the anchor cannot be written. Raises OutcomeUnknown if the database is lost: the batch is
        committed, but was not answered.
        """
        await self._anchor_at(head)
        if self._anchored.size > head.size and self._anchored not in self._vouched:
            # Another replica has written a larger head: it was faster, or it has another log.
            try:
                async with self._pool.acquire() as connection:
                    await self._check_stated(connection, head)
            except Unavailable as error:
                self.require_signing()
                raise OutcomeUnknown("the database connection was lost after COMMIT: post the same records again to "
                                     "learn the outcome", code="outcome-unknown") from error
        return self._signed(head)

    async def sign(self, connection: Connection, head: Checkpoint) -> str:
        """The signed note of a head that the database states: the same bytes each time, as long as the same keys sign.

        Raises Unavailable, and stops signing, if the database is of another history. Raises LedgerError if this head is
        not a head of the database's own log.
        """
        self.require_signing()
        if head not in self._vouched:
            await self._check_stated(connection, head)
            if head.size > self._highest.size:
                await settle_commits(connection)
            self.advance(head)
        elif (why := await self.follow(connection)) is not None:
            self.halt(why)
        await self._anchor_at(head)
        return self._signed(head)

    async def _check_stated(self, connection: Connection, head: Checkpoint) -> None:
        newest = await self.newest(connection)
        try:
            await prove(connection, head, newest)
        except (VerificationError, NotFound, InvalidInput) as error:
            raise LedgerError(
                f"the database states a head of {head.size} entries that does not belong to its log: {error.message}",
                code="unproven", field="size", value=head.size,
            ) from error

    async def mark(self, fields: Mapping[str, str | None]) -> None:
        """Returns when the anchor durably holds these fields too, and no field whose value is None. Raises Unavailable
        if it cannot be written."""
        def marked(current: str) -> str:
            all_fields = {**fields_of(current), **fields}
            kept = {name: value for name, value in all_fields.items() if value is not None}
            return written(stated(current), kept, self.signers)

        async with self._turn:
            await self._update(marked)

    async def _anchor_at(self, head: Checkpoint) -> None:
        """Returns when the anchor durably holds this head or a larger one."""
        async with self._turn:
            if self._anchored.size < head.size:
                # This write also serves the calls that wait for their turn: they will find it done.
                top = max(head, self._highest, key=lambda one: one.size)
                await self._update(lambda current: current if stated(current).size >= top.size else
                                   written(top, fields_of(current), self.signers))

    async def _update(self, change: Callable[[str], str]) -> None:
        """Replaces the anchor's note by the result of `change`. The anchor must exist and belong to this log."""
        self.require_signing()

        def checked(current: str | None) -> str:
            if current is None:
                raise self._missing()
            self._opened(current)
            return change(current)

        note = await asyncio.to_thread(self._anchor.update, checked)
        # The note was checked above, or signed here.
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

    def sign_again(self, head: Checkpoint) -> str:
        """The note of a head that was signed before, by the present keys, also while signing waits for witnesses: it
        states nothing new. Callers have the head from the anchor or from a published note."""
        return sign_checkpoint(head, *self.signers)

    def _opened(self, note: str, keys: LogKeys | None = None) -> Checkpoint:
        """The head in the note of an anchor. Raises Unavailable if no key of this log signed it."""
        if note == self._note:
            return self._anchored
        head = stated(note)
        try:
            verify_note(note, [span.verifier for span in (keys or self.keyring.keys).spans], minimum=1)
        except VerificationError as error:
            if head.origin == self.origin:
                why = ("is not signed by a key that this database knows for its log: the database is older than the "
                       "newest key, or belongs to another log with the same name")
            else:
                why = f"belongs to the log {head.origin}, not to this log, {self.origin}"
            raise Unavailable(
                f"the anchor {self._anchor.location} {why}: {error.message}", code=UNREADABLE, field="anchor",
                value=self._anchor.location,
                rule="each log needs its own anchor: use another home, or CARBON_LEDGER_ANCHOR",
            ) from error
        return head

    def _missing(self) -> Unavailable:
        return Unavailable(
            f"the anchor {self._anchor.location} does not exist, but heads of this log may have been signed: without "
            "the anchor, this server cannot tell whether the database holds all of their entries", code=MISSING,
            field="anchor", value=self._anchor.location,
            rule="bring back the anchor, or name it in CARBON_LEDGER_ANCHOR; only if it is lost, decide with "
                 "`carbon-ledger anchor accept --size SIZE`; `anchor show` prints the size of the database",
        )


def note_for_audit(head: Checkpoint, signer: NoteSigner) -> str:
    """The note of the head that a database states, for the audit of that database by the holder of the log's key. The
    audit decides whether the log has this head, so the note must never leave the audit."""
    return sign_checkpoint(head, signer)


def heads_of(settings: Settings, keyring: Keyring, pool: DatabasePool) -> Heads:
    """The heads of a log, with the anchor that the settings name. Raises ConfigurationError."""
    anchor = open_anchor(settings.anchor_at)
    return Heads(keyring, anchor, pool, memory_of(settings, anchor))


def memory_of(settings: Settings, anchor: Anchor) -> Anchor | None:
    """The file in the home that remembers signed heads if the anchor is elsewhere; None if the anchor is that file."""
    return open_anchor(str(settings.own_anchor)) if anchor.remote else None
