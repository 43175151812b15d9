"""The task that appends: it gathers what waits into micro-batches and runs each in one transaction under the lock.

An answer means durable: it is given after COMMIT, and never when a warning, a lost connection or a timeout leaves the
outcome of a COMMIT open. Such a batch is run again through the lock, where what was written shows as known.
"""

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any, NamedTuple

import asyncpg

from ledger.admission.facts import Facts
from ledger.admission.lookups import add_names
from ledger.admission.names import Names
from ledger.admission.state import State
from ledger.core.log.checkpoint import Checkpoint
from ledger.core.log.frontier import grow
from ledger.engine.batch import Batch, Sequenced, Verdict
from ledger.errors import LedgerError, OutcomeUnknown, Refused, Unavailable
from ledger.footprint.stored.figures import LotFigures
from ledger.host.clock import AHEAD, Timekeeper
from ledger.registry.assessing import Assessor
from ledger.service.heads.heads import UNSIGNABLE, Heads
from ledger.service.posting.commit import Open, commit
from ledger.service.posting.pending import Answer, PendingRequest, Placed
from ledger.service.posting.turns import Turns
from ledger.store.batches import (
    BatchNeeds,
    Head,
    connect_writer,
    end_stalled,
    load_state,
    lock_head,
    touch_head,
    write_batch,
)
from ledger.store.database import LOST
from ledger.store.facts import FactLoader
from ledger.store.sessions import close_quietly
from ledger.store.tiles import add_full_tiles

MAX_FLOWS = 20_000
MAX_BYTES = 16 << 20
_RETRIES = 20
_RETRY_SECONDS = 0.25
_INLINE = 16
_log = logging.getLogger(__name__)

# What rows that break the schema raise; asking again cannot succeed.
_ROWS_REFUSED = (asyncpg.IntegrityConstraintViolationError, asyncpg.DataError, asyncpg.ProgramLimitExceededError)


class _Written(NamedTuple):
    """A batch whose outcome is known. `head` is what it made, committed and not yet signed; None where nothing of it is
    new. `paths` are of its new entries, which begin at index `first`."""

    verdicts: list[list[Verdict]]
    head: Checkpoint | None
    paths: list[list[bytes]]
    first: int


class Sequencer:
    """One for a process. Replicas on one database need no other coordination."""

    def __init__(
        self, url: str, origin: str, heads: Heads, assessor: Assessor, loader: FactLoader, keeper: Timekeeper
    ) -> None:
        self._url = url
        self._origin = origin
        self.heads = heads
        self._assessor = assessor
        self._loader = loader
        self._keeper = keeper
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
        """Ends after the batch that is running; what waits is told that this replica is going."""
        self._stopping = True
        self._wake.set()
        if self._task is not None:
            await self._task
        await asyncio.gather(*self._answering)
        while self._waiting:
            unit = self._waiting.pop()
            if not unit.done.done():
                unit.done.set_exception(Unavailable("the server is shutting down", code="shutting-down"))
        if self._connection is not None:
            await self._connection.close(timeout=5)

    async def append(self, unit: PendingRequest) -> list[Answer]:
        """One answer an item. Raises Unavailable or OutcomeUnknown for the whole unit."""
        self.heads.require_signing()
        if self._stopping:
            raise Unavailable("the server is shutting down", code="shutting-down")
        self._waiting.add(unit.organization, unit)
        self._wake.set()
        return await unit.done

    async def _run(self) -> None:
        while not self._stopping:
            await self._wake.wait()
            units = [] if self._stopping else self._gather()
            if units:
                await self._finish(units)
            else:
                self._wake.clear()

    def _gather(self) -> list[PendingRequest]:
        """The next batch: a unit of each organisation in its turn, for as long as the next one fits in."""
        units: list[PendingRequest] = []
        flows = size = 0
        while self._waiting:
            unit = self._waiting.first()
            flows += unit.flows
            size += unit.bytes
            if units and (flows > MAX_FLOWS or size > MAX_BYTES):
                break
            units.append(self._waiting.pop())
        return units

    async def _finish(self, units: list[PendingRequest]) -> None:
        """Ends when the next batch may begin. What is committed is signed and answered meanwhile, once the anchor has
        it, so that the next batch's COMMIT need not wait for that; one advance then serves all that wait."""
        try:
            written = await self._append(units)
        except _ROWS_REFUSED as error:
            _log.warning("the database refused a batch, trying its records one by one: %s", error)
            await self._answer(units, self._singly(units))
        except LedgerError as error:
            await self._answer(units, _raised(error))
        except Exception:
            _log.exception("a batch failed, trying its records one by one")
            await self._answer(units, self._singly(units))
        else:
            task = asyncio.create_task(self._answer(units, self._signed(written)))
            self._answering.add(task)
            task.add_done_callback(self._answering.discard)

    async def _answer(self, units: list[PendingRequest], coming: Coroutine[Any, Any, list[list[Answer]]]) -> None:
        try:
            answers = await coming
        except LedgerError as error:
            for unit in units:
                if not unit.done.done():
                    unit.done.set_exception(error)
            return
        except Exception:
            _log.exception("a batch failed")
            for unit in units:
                if not unit.done.done():
                    unit.done.set_exception(_failed())
            return
        for unit, found in zip(units, answers, strict=True):
            if not unit.done.done():
                unit.done.set_result(found)

    async def _signed(self, written: _Written) -> list[list[Answer]]:
        """The answers: no new entry is told of before the anchor has its head."""
        if written.head is None:
            return [list(found) for found in written.verdicts]
        note = await self.heads.committed(written.head)
        return _placed(written.verdicts, written.paths, note, written.first)

    async def _singly(self, units: list[PendingRequest]) -> list[list[Answer]]:
        """Record by record, those refused whose rows the database refuses. Where one fails in a way that nobody has
        foreseen, its neighbours are none the worse."""
        answers: list[list[Answer]] = []
        for unit in units:
            found: list[Answer] = []
            for item in unit.items:
                single = PendingRequest([item], unit.facts, unit.figures, unit.revisions)
                add_names(item.submission.record, single.fresh)
                try:
                    found.extend((await self._signed(await self._append([single])))[0])
                except _ROWS_REFUSED as error:
                    found.append(Refused(f"the database refuses the record: {error}", code="not-writable",
                                         rule="the constraints of the schema"))
                except LedgerError:
                    raise
                except Exception:
                    _log.exception("record %s failed", item.submission.digest.hex())
                    found.append(_failed())
            answers.append(found)
        return answers

    async def _append(self, units: list[PendingRequest]) -> _Written:
        """Runs the batch until its outcome is known."""
        resolving = False
        for attempt in range(_RETRIES):
            try:
                if self._connection is None or self._connection.is_closed():
                    self._connection = await connect_writer(self._url)
                return await self._transact(self._connection, units, resolving=resolving)
            except Open as error:
                resolving = True
                _log.warning("the outcome of a COMMIT is open, asking again through the lock: %s", error)
            except (*LOST, Unavailable) as error:
                if isinstance(error, ValueError):
                    # Not the database: asyncpg cannot encode a parameter.
                    raise
                self.heads.require_signing()
                code = getattr(error, "code", None)
                if code in UNSIGNABLE or (code == AHEAD and not resolving):
                    raise
                _log.warning("the database is away (attempt %d): %s", attempt + 1, error)
                if isinstance(error, asyncpg.LockNotAvailableError):
                    await free_lock(self._url)
            await close_quietly(self._connection)
            self._connection = None
            if self._stopping:
                break
            await asyncio.sleep(_RETRY_SECONDS * min(attempt + 1, 8))
        if resolving:
            raise OutcomeUnknown("the database was lost during COMMIT: post the same records again to learn",
                                 code="outcome-unknown")
        raise Unavailable("the database does not answer; nothing was written", code="database-down")

    async def _transact(
        self, connection: asyncpg.Connection, units: list[PendingRequest], *, resolving: bool
    ) -> _Written:
        expected = await self.heads.expected()
        transaction = connection.transaction(isolation="read_committed")
        await transaction.start()
        try:
            head = await lock_head(connection)
            await self.heads.check(connection, Checkpoint(self._origin, head.size, head.root), expected)
            batch, verdicts = await self._run_batch(connection, units, head)
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
        except BaseException:
            if not connection.is_closed():
                await asyncio.wait_for(transaction.rollback(), 10)
            raise
        await commit(connection, transaction)
        made = Checkpoint(self._origin, after.size, root)
        self.heads.advance(made)
        return _Written(verdicts, made, paths, head.size)

    async def _run_batch(
        self, connection: asyncpg.Connection, units: list[PendingRequest], head: Head
    ) -> tuple[Batch, list[list[Verdict]]]:
        state = State(self._origin, head.size)
        names, fresh = Names(), Names()
        figures: dict[str, LotFigures] = {}
        digests: list[bytes] = []
        keyids: set[bytes] = set()
        nonces: dict[bytes, str] = {}
        stale = [unit.revisions != head.revisions for unit in units]
        learnt: Facts | None = None
        for unit, outdated in zip(units, stale, strict=True):
            names.merge(unit.names)
            if outdated:
                # A revision came between: what was read before it is read again, and prepared again.
                fresh.merge(unit.names)
            else:
                fresh.merge(unit.fresh)
                # Small requests that were read for together hold the same.
                if unit.facts is not learnt:
                    state.learn(unit.facts)
                    figures.update(unit.figures)
                    learnt = unit.facts
            digests.extend([item.submission.digest for item in unit.items])
            keyids.update([item.submission.keyid for item in unit.items])
            nonces.update({item.submission.salt_seed: item.submission.record.nonce for item in unit.items})
        needs = BatchNeeds(names, fresh, digests, keyids, nonces)
        await load_state(connection, self._loader, needs, state, figures)
        batch = Batch(state, figures, self._assessor.under_lock(), max(self._keeper(), head.time))
        items = [
            [item._replace(prepared=None) for item in unit.items] if outdated else unit.items
            for unit, outdated in zip(units, stale, strict=True)
        ]
        if len(digests) <= _INLINE and (self._assessor.inline or not any(batch.may_ask(one) for one in items)):
            return batch, [batch.run(one) for one in items]
        # In a thread, so that this replica goes on answering and reading while it computes.
        return batch, await asyncio.to_thread(lambda: [batch.run(one) for one in items])


def _failed() -> OutcomeUnknown:
    return OutcomeUnknown("the batch failed: post the same records again to learn whether they are on the log",
                          code="batch-failed")


async def free_lock(url: str) -> None:
    """After the wait for the lock was in vain: ends who keeps it and does nothing."""
    for pid in await end_stalled(url):
        _log.warning("ended session %d, which held the lock and did nothing", pid)


async def _raised(error: Exception) -> list[list[Answer]]:
    raise error


def _placed(
    verdicts: list[list[Verdict]], paths: list[list[bytes]], checkpoint: str, first: int
) -> list[list[Answer]]:
    return [
        [Placed(one, checkpoint, paths[one.index - first]) if isinstance(one, Sequenced) else one for one in unit]
        for unit in verdicts
    ]
