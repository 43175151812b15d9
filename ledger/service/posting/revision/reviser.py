"""Appends revising records: they are prepared and written ahead of the lock, caught up and committed under it.

All rows of a revision carry its version, which is known before the head is locked. So all but the last few rows are
written before, and nobody sees them before the commit. The head is locked for as long as a small batch takes.
"""

import asyncio
import logging
from collections import Counter
from contextlib import suppress
from time import monotonic
from typing import Final, NamedTuple

import asyncpg

from ledger.core.log.checkpoint import Checkpoint
from ledger.core.log.frontier import grow
from ledger.core.record.kinds import AnyRecord
from ledger.engine.batch import Batch, Sequenced
from ledger.engine.prepared import Submission
from ledger.engine.revision.restore import Key, key_of
from ledger.engine.sectors import Registry
from ledger.errors import Exhausted, LedgerError, Refused, Unavailable
from ledger.host.clock import AHEAD
from ledger.host.memory import give_back
from ledger.service.heads.heads import UNSIGNABLE
from ledger.service.log_handle import LogHandle
from ledger.service.observation.recorder import Recorder
from ledger.service.observation.steps import Step, Stopwatch, Trace
from ledger.service.posting.commit import Open, commit
from ledger.service.posting.pending import Answer, CommittedRecord
from ledger.service.posting.revision.budget import RevisionBudget
from ledger.service.posting.revision.foreseen import Foreseer, acquired
from ledger.service.posting.revision.loading import Nearby
from ledger.service.posting.revision.running import Most, RevisionTasks, unknown_outcome
from ledger.service.posting.revision.transaction import Overtaken, RevisionRequest, RevisionTransaction
from ledger.service.posting.sequencer import free_lock, in_brief
from ledger.service.posting.turns import FairLock
from ledger.store.batches import Head, connect_writer, lock_head, touch_head, write_batch
from ledger.store.database import LOST
from ledger.store.outage import severity
from ledger.store.revisions import begin_revision
from ledger.store.sessions import close_quietly
from ledger.store.tiles import add_full_tiles

_LARGE: Final = 1_000
"""If a revision had more pieces than this, their memory is given back to the system afterwards."""
MOST_WAITING: Final = 128
MOST_OF_ISSUER: Final = 32
_RETRIES = 10
_RETRY_SECONDS = 0.5
_PATIENCE_SECONDS = 300.0
_OVERTAKEN = 3
_log = logging.getLogger(__name__)

# Errors for rows that break the schema: another attempt cannot succeed.
_ROWS_REFUSED = (asyncpg.IntegrityConstraintViolationError, asyncpg.DataError, asyncpg.ProgramLimitExceededError)


class Timing(NamedTuple):
    """Seconds in all, and seconds for which the head was locked. `records`: how many were recomputed."""

    whole: float
    locked: float
    records: int


class Reviser:
    """A process has one.

    Revisions run one at a time. Revisions of this process wait here, without a session; servers wait for each other at
    a lock of the database. Either wait ends after `patience` seconds. Of the organisations that wait here, the one that
    was served longest ago is next. `foreseer` computes revisions that are only checked, in turn with these.
    """

    def __init__(
        self, log: LogHandle, registry: Registry, budget: RevisionBudget, recorder: Recorder,
        patience: float = _PATIENCE_SECONDS,
    ) -> None:
        self._recorder = recorder
        self._url = log.url
        self._origin = log.origin
        self._heads = log.heads
        self._registry = registry
        self._loader = log.loader
        self._keeper = log.keeper
        self._patience = patience
        self._budget = budget
        self._turn = FairLock()
        self.foreseer = Foreseer(log, registry, budget, self._turn, patience)
        self._coming: Counter[Key | None] = Counter()
        """How many waiting revisions change the same records."""
        self._nearby: Nearby | None = None
        self._running = RevisionTasks("revisions", "nothing was written: post the record again")
        self.last: Timing | None = None
        """The timing of the last revision of this process."""

    @property
    def waiting(self) -> int:
        """How many revisions wait for their turn in this process."""
        return self._turn.waiting

    def stop(self) -> None:
        """Aborts the revisions and checks that wait or compute, with ShuttingDown. A revision that commits goes on to
        its end, which is near."""
        self._running.stop()
        self.foreseer.stop()

    async def append(self, submission: Submission, trace: Trace | None = None) -> Answer:
        """The answer for a record that revises others. `trace` gets the steps. Raises Unavailable or
        OutcomeUnknown."""
        return await self._running.run(
            submission.record.issuer, lambda: self._append_in_turn(submission, trace),
            Most(MOST_WAITING, MOST_OF_ISSUER))

    async def _append_in_turn(self, submission: Submission, trace: Trace | None) -> Answer:
        give_up, watch = monotonic() + self._patience, Stopwatch()
        key = key_of(submission.record)
        self._coming[key] += 1
        try:
            await acquired(self._turn, submission.record.issuer, self._patience)
        except BaseException:
            self._went(key)
            raise
        watch.lap(Step.WAIT)
        try:
            return await self._append(submission, give_up)
        finally:
            self._went(key)
            self._turn.release()
            watch.lap(Step.REVISE)
            self._recorder.timed(watch.laps)
            if trace is not None:
                trace.add(watch.laps)

    def _went(self, key: Key | None) -> None:
        """Notes that a revision is done. Loaded records are kept only while another revision of them waits."""
        self._coming[key] -= 1
        self._coming = +self._coming
        if self._nearby is not None and not self._coming[self._nearby.key]:
            self._leave(None)

    async def _take_nearby(self, connection: asyncpg.Connection, record: AnyRecord) -> Nearby | None:
        """The loaded records of an earlier revision, if this one can use them."""
        nearby = self._nearby
        if nearby is None or nearby.key != key_of(record):
            return None
        if await nearby.stands(connection):
            self._nearby = None
            return nearby
        self._leave(None)
        return None

    def _leave(self, nearby: Nearby | None) -> None:
        if self._nearby is not None:
            self._let_go(self._nearby.loading.pieces())
        self._nearby = nearby

    def _let_go(self, pieces: list[object]) -> None:
        asyncio.get_running_loop().run_in_executor(None, _let_go, pieces)

    async def _append(self, submission: Submission, give_up: float) -> Answer:
        """Runs the revision until its outcome is known."""
        resolving, lost, overtaken = False, 0, 0
        while lost < _RETRIES and not (lost and self._running.stopping):
            self._heads.require_signing()
            connection = None
            try:
                connection = await connect_writer(self._url)
                return await self._transact(
                    connection, submission, resolving=resolving, at_once=overtaken >= _OVERTAKEN
                )
            except Overtaken as error:
                overtaken += 1
                _log.info("a revision begins anew (%d): %s", overtaken, error)
                continue
            except LedgerError as error:
                answer = _answer_of(error, late=monotonic() > give_up, resolving=resolving)
                if answer is not None:
                    return answer
                if error.code == "revising":
                    # Another server's revision has the lock. The wait for it was a long enough pause.
                    continue
                _log.log(severity(error), "a revision waits (attempt %d): %s", lost + 1, error)
            except Open as error:
                resolving = True
                _log.warning("the outcome of a COMMIT is open, asking again through the lock: %s", error)
            except LOST as error:
                _log.log(severity(error), "the database is away (attempt %d): %s", lost + 1, error)
                if isinstance(error, asyncpg.LockNotAvailableError):
                    await free_lock(self._url)
            except _ROWS_REFUSED as error:
                _log.warning("the database refused the rows of a revision: %s", in_brief(error))
                return Refused(f"the database refuses the record: {error}", code="not-writable",
                               rule="the constraints of the schema")
            except Exception as error:
                if not resolving:
                    raise
                _log.exception("a revision failed whose outcome is open")
                raise unknown_outcome() from error
            finally:
                await close_quietly(connection)
            lost += 1
            await asyncio.sleep(_RETRY_SECONDS * lost)
        if resolving:
            raise unknown_outcome()
        raise Unavailable("the database does not answer; nothing was written", code="database-down")

    async def _transact(
        self, connection: asyncpg.Connection, submission: Submission, *, resolving: bool, at_once: bool
    ) -> Answer:
        """`at_once`: lock the head from the beginning, so that nothing can come in between."""
        started = monotonic()
        budget_request = _BudgetRequest(self._budget, submission.record.issuer, self._keeper())
        transaction = connection.transaction(isolation="read_committed")
        await transaction.start()
        committed: tuple[Sequenced, Checkpoint, list[bytes]] | None = None
        try:
            attempt, head, locked = await self._caught_up(connection, submission, budget_request, at_once=at_once)
            batch, answer = await attempt.sequence(head, max(self._keeper(), head.time))
            if isinstance(answer, Sequenced):
                self._keeper.require_right()
                committed = answer, *await self._write(connection, head, batch)
            elif resolving:
                await touch_head(connection)
            else:
                await transaction.rollback()
                budget_request.charge(answer)
                return answer
        except BaseException as error:
            budget_request.charge(error)
            if not connection.is_closed():
                # The session is dropped anyway. The first error is the one to report.
                with suppress(*LOST, asyncpg.PostgresError):
                    await asyncio.wait_for(transaction.rollback(), 10)
            raise
        await self._commit(connection, transaction)
        if committed is None:
            return answer
        done = monotonic()
        self.last = Timing(done - started, done - locked, len(attempt.revision.revised))
        _log.info("revised %d records in %.3f s, the head was held for %.3f s", self.last.records, self.last.whole,
                  self.last.locked)
        self._recorder.revision(*self.last)
        budget_request.settle(self.last.records)
        nearby = attempt.left()
        if nearby is not None and self._coming[nearby.key] > 1:
            self._leave(nearby)
            self._let_go([*attempt.revision.revised])
        else:
            self._let_go(attempt.pieces())
        del attempt, batch, nearby
        sequenced, checkpoint, path = committed
        self._heads.advance(checkpoint)
        return CommittedRecord(sequenced, await self._heads.committed(checkpoint), path)

    async def _commit(
        self, connection: asyncpg.Connection, transaction: asyncpg.transaction.Transaction
    ) -> None:
        """Commits. From here on an abort would only hide the outcome, so nothing aborts it. Raises Open."""
        phase = self._running.phase()
        phase.committing = True
        try:
            await commit(connection, transaction)
        except Open:
            phase.committing, phase.unknown = False, True
            raise

    async def _caught_up(
        self, connection: asyncpg.Connection, submission: Submission, budget_request: "_BudgetRequest", *, at_once: bool
    ) -> tuple[RevisionTransaction, Head, float]:
        """The attempt, complete but for its own entry; the locked head; and the time when it was locked."""
        size, revisions = await begin_revision(connection)
        await self._budget.read(connection, budget_request.now)
        nearby = await self._take_nearby(connection, submission.record)
        request = RevisionRequest(submission, revisions + 1, budget_request, budget_request.now)
        attempt = RevisionTransaction(connection, self._loader, self._registry, self._origin, request, nearby)
        if at_once:
            head, locked = await self._lock(connection)
            await attempt.prepare(head.size)
            return attempt, head, locked
        await attempt.prepare(size)
        await attempt.approach()
        head, locked = await self._lock(connection)
        await attempt.catch_up(head.size)
        return attempt, head, locked

    async def _write(
        self, connection: asyncpg.Connection, head: Head, batch: Batch
    ) -> tuple[Checkpoint, list[bytes]]:
        """Writes the entry's rows. Returns the log's checkpoint once they are committed, and the inclusion proof."""
        after, paths = grow(head.frontier, batch.leaf_hashes)
        root = after.root()
        await add_full_tiles(connection, batch.rows, head.frontier, batch.leaf_hashes)
        await write_batch(
            connection, batch.rows, batch.balances, Head(after, root, batch.time, head.revisions + 1)
        )
        return Checkpoint(self._origin, after.size, root), paths[0]

    async def _lock(self, connection: asyncpg.Connection) -> tuple[Head, float]:
        """The locked head, and the time when it was locked."""
        expected = await self._heads.expected()
        head = await lock_head(connection)
        locked = monotonic()
        await self._heads.check(connection, Checkpoint(self._origin, head.size, head.root), expected)
        return head, locked


class _BudgetRequest:
    """Asks the budget for the records that one revision can change. `now` is in ms since 1970."""

    def __init__(self, budget: RevisionBudget, organization: str, now: int) -> None:
        self._budget = budget
        self._organization = organization
        self.now = now
        self._records = 0

    def __call__(self, records: int) -> None:
        """Raises Exhausted if they are too many."""
        self._budget.check(self._organization, records, self.now)
        self._records = records

    def charge(self, refusal: object) -> None:
        """Counts the loaded records of a refused revision, unless the server or the budget was the reason."""
        if isinstance(refusal, LedgerError) and not isinstance(refusal, Unavailable | Exhausted):
            self.settle(0)

    def settle(self, revised: int) -> None:
        """Counts the loaded records beyond the `revised` ones: the log itself states those."""
        self._budget.charge(self._organization, self._records - revised, self.now)


def _answer_of(error: LedgerError, *, late: bool, resolving: bool) -> LedgerError | None:
    """The error as the record's answer, or None if the revision is tried again. Raises the error if it says nothing
    about the record. `late`: the time to wait is over. `resolving`: the outcome of a COMMIT is open and has to be found
    out."""
    if not isinstance(error, Unavailable) or error.code == "plugin-version":
        return error.settled()
    if error.code in UNSIGNABLE or (error.code == AHEAD and not resolving):
        raise error
    if error.code == "revising" and late and not resolving:
        raise error
    return None


def _let_go(pieces: list[object]) -> None:
    """Frees the parts of a revision one by one: to free all of them at once would stop this process for a moment."""
    large = len(pieces) > _LARGE
    while pieces:
        pieces.pop()
    if large:
        give_back()
