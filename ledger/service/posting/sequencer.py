"""The task that appends: it gathers waiting requests into micro-batches and runs each in one transaction under the
lock.

An answer means that the entry is durable: it is given after COMMIT, and never while a warning, a lost connection or a
timeout leaves the outcome of a COMMIT open. Such a batch runs again through the lock, where records that were written
the first time are found on the log.
"""

import asyncio
import logging
from collections.abc import Coroutine, Iterable
from typing import Any, Final, NamedTuple

import asyncpg

from ledger.admission.lookups import add_names
from ledger.admission.state import State
from ledger.core.log.checkpoint import Checkpoint
from ledger.core.log.frontier import grow
from ledger.engine.batch import Batch, Sequenced, Verdict
from ledger.errors import LedgerError, OutcomeUnknown, Refused, ShuttingDown, Unavailable
from ledger.host.clock import AHEAD
from ledger.registry.assessing import Assessor
from ledger.service.heads.heads import UNSIGNABLE
from ledger.service.log_handle import LogHandle
from ledger.service.observation.recorder import Recorder
from ledger.service.observation.steps import Lap, Step, Stopwatch
from ledger.service.posting.commit import Open, commit
from ledger.service.posting.loaded import load_requests
from ledger.service.posting.pending import Answer, CommittedRecord, PendingRequest
from ledger.service.posting.turns import Turns
from ledger.store.batches import (
    Head,
    connect_writer,
    end_stalled,
    lock_head,
    touch_head,
    write_batch,
)
from ledger.store.database import LOST
from ledger.store.outage import is_outage, severity
from ledger.store.sessions import close_quietly
from ledger.store.tiles import add_full_tiles

MAX_FLOWS = 20_000
MAX_BYTES = 16 << 20
_RETRIES = 20
_RETRY_SECONDS = 0.25
_POSTING: Final = "posting"
_INLINE = 64
"""So many records run in the event loop: a thread would have to share the interpreter with it under the lock."""
SHUTTING_DOWN = "the server is shutting down; nothing was written: post the record again"
OPEN: Final = "outcome-open"
AWAY: Final = "database-away"
"""Why a batch runs again, in the counts of `Recorder.retried`."""
_log = logging.getLogger(__name__)

# Errors for rows that break the schema: another attempt cannot succeed.
_ROWS_REFUSED = (asyncpg.IntegrityConstraintViolationError, asyncpg.DataError, asyncpg.ProgramLimitExceededError)


class _Written(NamedTuple):
    """A batch whose outcome is known. `head` is its new head, committed and not yet signed, or None if the batch has no
    new entry. `paths` are the inclusion proofs of its new entries, which begin at index `first`."""

    verdicts: list[list[Verdict]]
    head: Checkpoint | None
    paths: list[list[bytes]]
    first: int


class Sequencer:
    """A process has one. Replicas on one database need no coordination but the lock of the head."""

    def __init__(self, log: LogHandle, assessor: Assessor, recorder: Recorder) -> None:
        self._recorder = recorder
        self.heads = log.heads
        self.origin = log.origin
        self._url = log.url
        self._loader = log.loader
        self._keeper = log.keeper
        self._outage = log.outage
        self._assessor = assessor
        self._waiting: Turns[PendingRequest] = Turns()
        self._wake = asyncio.Event()
        self._connection: asyncpg.Connection | None = None
        self._task: asyncio.Task[None] | None = None
        self._answering: set[asyncio.Task[None]] = set()
        self._stopping = False

    async def __aenter__(self) -> "Sequencer":
        self._task = asyncio.create_task(self._run(), name="sequencer")
        return self

    async def __aexit__(self, *_: object) -> None:
        """Ends after the batch that is running. Waiting requests get an error: this replica is shutting down."""
        self._stopping = True
        self._wake.set()
        if self._task is not None:
            await self._task
        await asyncio.gather(*self._answering)
        while self._waiting:
            request = self._waiting.pop()
            if not request.done.done():
                request.done.set_exception(ShuttingDown(SHUTTING_DOWN))
        if self._connection is not None:
            await self._connection.close(timeout=5)

    @property
    def waiting(self) -> Iterable[PendingRequest]:
        """The requests that wait for a batch."""
        return self._waiting

    async def append(self, request: PendingRequest) -> list[Answer]:
        """One answer per record. Raises Unavailable or OutcomeUnknown for the whole request."""
        self.heads.require_signing()
        if self._stopping:
            raise ShuttingDown(SHUTTING_DOWN)
        self._waiting.add(request.organization, request)
        self._wake.set()
        return await request.done

    async def _run(self) -> None:
        while not self._stopping:
            await self._wake.wait()
            batch = [] if self._stopping else self._gather()
            if batch:
                await self._finish(batch)
            else:
                self._wake.clear()

    def _gather(self) -> list[PendingRequest]:
        """The requests of the next batch: one of each organisation in its turn, as long as the batch has room."""
        requests: list[PendingRequest] = []
        flows = size = 0
        while self._waiting:
            request = self._waiting.first()
            flows += request.flows
            size += request.bytes
            if requests and (flows > MAX_FLOWS or size > MAX_BYTES):
                break
            requests.append(self._waiting.pop())
        return requests

    async def _finish(self, requests: list[PendingRequest]) -> None:
        """Ends when the next batch may begin. A committed batch is signed and answered in a task of its own, once the
        anchor has its head. So the next COMMIT does not wait for the anchor, and one write of the anchor serves all
        batches that wait for it."""
        watch = Stopwatch()
        try:
            written = await self._append(requests, watch)
        except _ROWS_REFUSED as error:
            _log.warning("the database refused a batch, trying its records one by one: %s", in_brief(error))
            await self._answer(requests, self._singly(requests))
        except LedgerError as error:
            await self._answer(requests, _raised(error))
        except Exception:
            _log.exception("a batch failed, trying its records one by one")
            await self._answer(requests, self._singly(requests))
        else:
            task = asyncio.create_task(self._answer(requests, self._signed(written, requests, watch)))
            self._answering.add(task)
            task.add_done_callback(self._answering.discard)

    async def _answer(self, requests: list[PendingRequest], coming: Coroutine[Any, Any, list[list[Answer]]]) -> None:
        try:
            answers = await coming
        except LedgerError as error:
            self._recorder.failed(error)
            for request in requests:
                if not request.done.done():
                    request.done.set_exception(error)
            return
        except Exception:
            _log.exception("a batch failed")
            self._recorder.failed(_failed())
            for request in requests:
                if not request.done.done():
                    request.done.set_exception(_failed())
            return
        for request, answer in zip(requests, answers, strict=True):
            if not request.done.done():
                request.done.set_result(answer)

    async def _signed(
        self, written: _Written, requests: list[PendingRequest], watch: Stopwatch
    ) -> list[list[Answer]]:
        """The answers. A new entry is answered only after the anchor has its head."""
        if written.head is None:
            self._record(requests, watch)
            return [list(verdicts) for verdicts in written.verdicts]
        note = await self.heads.committed(written.head)
        watch.lap(Step.SIGN)
        self._record(requests, watch)
        return _committed(written.verdicts, written.paths, note, written.first)

    def _record(self, requests: list[PendingRequest], watch: Stopwatch) -> None:
        self._recorder.failure = None
        self._outage.succeeded(_POSTING)
        self._recorder.batches.add(sum([len(request.items) for request in requests]))
        self._recorder.timed(watch.laps)
        waits = [Lap(Step.WAIT, request.arrived, max(request.arrived, watch.start)) for request in requests]
        self._recorder.timed(waits)
        for request, wait in zip(requests, waits, strict=True):
            if request.trace is not None:
                request.trace.add([wait, *watch.laps])

    async def _singly(self, requests: list[PendingRequest]) -> list[list[Answer]]:
        """Appends record by record and refuses those whose rows the database refuses. If a record fails in an
        unforeseen way, the other records are not affected."""
        answers: list[list[Answer]] = []
        for request in requests:
            request_answers: list[Answer] = []
            for item in request.items:
                single = request.part([item])
                add_names(item.submission.record, single.fresh)
                watch = Stopwatch()
                try:
                    written = await self._append([single], watch)
                    request_answers.extend((await self._signed(written, [single], watch))[0])
                except _ROWS_REFUSED as error:
                    request_answers.append(Refused(f"the database refuses the record: {error}", code="not-writable",
                                                   rule="the constraints of the schema"))
                except LedgerError:
                    raise
                except Exception:
                    _log.exception("record %s failed", item.submission.digest.hex())
                    request_answers.append(_failed())
            answers.append(request_answers)
        return answers

    async def _append(self, requests: list[PendingRequest], watch: Stopwatch) -> _Written:
        """Runs the batch until its outcome is known."""
        resolving = False
        for attempt in range(_RETRIES):
            watch.skip()
            try:
                if self._connection is None or self._connection.is_closed():
                    self._connection = await connect_writer(self._url)
                return await self._transact(self._connection, requests, watch, resolving=resolving)
            except Open as error:
                resolving = True
                self._recorder.retried.add(OPEN)
                _log.warning("the outcome of a COMMIT is open, asking again through the lock: %s", error)
            except (*LOST, Unavailable) as error:
                if isinstance(error, ValueError):
                    # The database is not at fault: asyncpg cannot encode a parameter.
                    raise
                self.heads.require_signing()
                code = getattr(error, "code", None)
                if code in UNSIGNABLE or (code == AHEAD and not resolving):
                    raise
                self._recorder.retried.add(AWAY)
                self._recorder.failed(error)
                if is_outage(error):
                    self._outage.failed(_POSTING, error)
                _log.log(severity(error), "the database is away (attempt %d): %s", attempt + 1, error)
                if isinstance(error, asyncpg.LockNotAvailableError):
                    await free_lock(self._url)
            await close_quietly(self._connection)
            self._connection = None
            if self._stopping:
                break
            await asyncio.sleep(_RETRY_SECONDS * min(attempt + 1, 8))
        if resolving:
            raise OutcomeUnknown("the database connection was lost during COMMIT: post the same records again to learn "
                                 "the outcome", code="outcome-unknown")
        raise Unavailable("the database does not answer; nothing was written", code="database-down")

    async def _transact(
        self, connection: asyncpg.Connection, requests: list[PendingRequest], watch: Stopwatch, *, resolving: bool
    ) -> _Written:
        expected = await self.heads.expected()
        transaction = connection.transaction(isolation="read_committed")
        await transaction.start()
        watch.lap(Step.CHECK)
        try:
            head = await lock_head(connection)
            watch.lap(Step.LOCK)
            await self.heads.check(connection, Checkpoint(self.origin, head.size, head.root), expected)
            batch, verdicts = await self._run_batch(connection, requests, head, watch)
            if not batch.leaf_hashes and not resolving:
                await transaction.rollback()
                return _Written(verdicts, None, [], head.size)
            after, paths = grow(head.frontier, batch.leaf_hashes)
            root = after.root() if batch.leaf_hashes else head.root
            if batch.leaf_hashes:
                self._keeper.require_right()
                batch.finish()
                await add_full_tiles(connection, batch.rows, head.frontier, batch.leaf_hashes)
                await write_batch(
                    connection, batch.rows, batch.balances, Head(after, root, batch.time, head.revisions)
                )
            else:
                await touch_head(connection)
            watch.lap(Step.WRITE)
        except BaseException:
            if not connection.is_closed():
                await asyncio.wait_for(transaction.rollback(), 10)
            raise
        await commit(connection, transaction)
        watch.lap(Step.COMMIT)
        committed = Checkpoint(self.origin, after.size, root)
        self.heads.advance(committed)
        return _Written(verdicts, committed, paths, head.size)

    async def _run_batch(
        self, connection: asyncpg.Connection, requests: list[PendingRequest], head: Head, watch: Stopwatch
    ) -> tuple[Batch, list[list[Verdict]]]:
        state, figures, items = await load_requests(
            connection, self._loader, requests, State(self.origin, head.size), head.revisions)
        watch.lap(Step.LOAD)
        batch = Batch(state, figures, self._assessor.under_lock(), max(self._keeper(), head.time))
        asked = [item for one in items for item in one]
        if len(asked) <= _INLINE and (self._assessor.inline or not batch.may_ask(asked)):
            verdicts = [batch.run(one) for one in items]
        else:
            # The batch runs in a thread, so that this replica keeps answering and reading meanwhile.
            verdicts = await asyncio.to_thread(lambda: [batch.run(one) for one in items])
        watch.lap(Step.SEQUENCE)
        return batch, verdicts


def _failed() -> OutcomeUnknown:
    return OutcomeUnknown("the batch failed: post the same records again to learn whether they are on the log",
                          code="batch-failed")


def in_brief(error: BaseException) -> str:
    """A database error for the log: its first line, since its details quote rows with the bodies of records."""
    return f"{type(error).__name__}: {str(error.args[0] if error.args else '').partition(chr(10))[0]}"


async def free_lock(url: str) -> None:
    """Ends the sessions that hold the lock and do nothing, after the wait for the lock was in vain."""
    for pid in await end_stalled(url):
        _log.warning("ended session %d, which held the lock and did nothing", pid)


async def _raised(error: Exception) -> list[list[Answer]]:
    raise error


def _committed(
    verdicts: list[list[Verdict]], paths: list[list[bytes]], checkpoint: str, first: int
) -> list[list[Answer]]:
    return [
        [
            CommittedRecord(one, checkpoint, paths[one.index - first]) if isinstance(one, Sequenced) else one
            for one in request
        ]
        for request in verdicts
    ]
