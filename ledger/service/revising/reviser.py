"""Sequencing what revises others: prepared and written ahead of the lock, caught up and committed under it.

All rows of a revision carry its version, which is known before the head is locked, so everything but the last few is
written before; and nobody sees any of it before the commit. The head is held for as long as a small batch takes.
"""

import asyncio
import logging
from collections.abc import Callable
from decimal import Decimal
from time import monotonic
from typing import NamedTuple

import asyncpg
import msgspec

from ledger.admission.admit import admit
from ledger.admission.names import Names
from ledger.admission.state import State
from ledger.core.checkpoint import Checkpoint, sign_checkpoint
from ledger.core.frontier import grow
from ledger.core.records import Amendment, Closing
from ledger.errors import LedgerError, OutcomeUnknown, Unavailable
from ledger.footprint.figures import LotFigures
from ledger.registry.installed import Registry
from ledger.service.preparing import Submission, prepare
from ledger.service.revising.changes import changes_of
from ledger.service.revising.engine import Engine, Revision
from ledger.service.revising.history import History
from ledger.service.revising.loading import decode, extend, names_of
from ledger.service.revising.rows import add_revised
from ledger.service.sequencing.batch import Batch, Item, Sequenced
from ledger.service.sequencing.sequencer import Answer, Open, Placed, Sequencer
from ledger.store.batches import Head, close_quietly, connect_writer, load_state, lock_head, touch_head, write_batch
from ledger.store.database import LOST
from ledger.store.facts import FactLoader, is_digest
from ledger.store.revisions import (
    begin_revision,
    descendants,
    head_now,
    indexes_of,
    load_lines,
    lose_patience,
    posted_provisional,
    provisional_records,
    read_balances,
    read_past,
    takers_since,
    with_pools,
    write_balances,
)
from ledger.store.rows import BatchRows
from ledger.store.tiles import add_full_tiles

_RETRIES = 10
_RETRY_SECONDS = 0.5
_ROUNDS = 6
_NEAR = 500
_log = logging.getLogger(__name__)


class Timing(NamedTuple):
    """Seconds: in all, and those for which the head was locked; `records`: how many were recomputed."""

    whole: float
    locked: float
    records: int


class Reviser:
    """One for a process. `clock` gives ms since 1970."""

    def __init__(
        self, url: str, origin: str, sequencer: Sequencer, registry: Registry, loader: FactLoader,
        clock: Callable[[], int],
    ) -> None:
        self._url = url
        self._origin = origin
        self._sequencer = sequencer
        self._registry = registry
        self._loader = loader
        self._clock = clock
        self.last: Timing | None = None
        """Of the last revision here."""

    async def append(self, submission: Submission) -> Answer:
        """The answer for a record that revises others. Raises Unavailable or OutcomeUnknown."""
        self._sequencer.require_signing()
        resolving = False
        for attempt in range(_RETRIES):
            connection = None
            try:
                connection = await connect_writer(self._url)
                return await self._transact(connection, submission, resolving=resolving)
            except LedgerError as error:
                if not isinstance(error, Unavailable) or error.code == "plugin-version":
                    return error
                self._sequencer.require_signing()
                _log.warning("a revision waits (attempt %d): %s", attempt + 1, error)
            except Open as error:
                resolving = True
                _log.warning("the outcome of a COMMIT is open, asking again through the lock: %s", error)
            except LOST as error:
                _log.warning("the database is away (attempt %d): %s", attempt + 1, error)
            finally:
                await close_quietly(connection)
            await asyncio.sleep(_RETRY_SECONDS * (attempt + 1))
        if resolving:
            raise OutcomeUnknown("the database was lost during COMMIT: post the same record again to learn",
                                 code="outcome-unknown")
        raise Unavailable("the database does not answer; nothing was written", code="database-down")

    async def _transact(
        self, connection: asyncpg.Connection, submission: Submission, *, resolving: bool
    ) -> Answer:
        started = monotonic()
        transaction = connection.transaction(isolation="read_committed")
        await transaction.start()
        try:
            size, revisions = await begin_revision(connection)
            work = _Work(connection, self._loader, self._registry, self._origin, submission, revisions + 1)
            await work.prepare(size)
            await work.approach()
            await lose_patience(connection)
            head = await lock_head(connection)
            locked = monotonic()
            self._sequencer.check_head(head)
            await work.catch_up(head.size)
            batch, answer = await work.sequence(head, max(self._clock(), head.time))
            if not isinstance(answer, Sequenced):
                if resolving:
                    await touch_head(connection)
                    await transaction.commit()
                else:
                    await transaction.rollback()
                return answer
            after, paths = grow(head.frontier, batch.leaf_hashes)
            root = after.root()
            await add_full_tiles(connection, batch.rows, head.frontier, batch.leaf_hashes)
            await write_batch(
                connection, batch.rows, after, root, batch.time, batch.balances, head.revisions + 1
            )
        except BaseException:
            if not connection.is_closed():
                await asyncio.wait_for(transaction.rollback(), 10)
            raise
        try:
            await transaction.commit()
        except (*LOST, asyncpg.PostgresError, asyncio.CancelledError) as error:
            raise Open(f"{type(error).__name__}: {error}") from error
        done = monotonic()
        self.last = Timing(done - started, done - locked, len(work.revision.revised))
        _log.info("revised %d records in %.3f s, the head was held for %.3f s", self.last.records, self.last.whole,
                  self.last.locked)
        checkpoint = Checkpoint(self._origin, after.size, root)
        self._sequencer.advance(checkpoint)
        return Placed(answer, sign_checkpoint(checkpoint, self._sequencer.signer), paths[0])


class _Work:
    """One revision on one session, inside its transaction."""

    def __init__(
        self, connection: asyncpg.Connection, loader: FactLoader, registry: Registry, origin: str,
        submission: Submission, version: int,
    ) -> None:
        self._connection = connection
        self._loader = loader
        self._registry = registry
        self._submission = submission
        self._version = version
        self._known = False
        self._seen = 0
        self._written: set[int] = set()
        self._start: dict[str, Decimal] = {}
        self._figures: dict[str, LotFigures] = {}
        self._history = History(State(origin), self._figures)
        self._engine = Engine(self._history, registry)
        self.revision = Revision((), {})

    async def prepare(self, size: int) -> None:
        """Loads and recomputes as of the log's `size`. Raises Refused where the record could not be admitted."""
        self._seen = size
        record = self._submission.record
        state = self._history.state
        state.size = size
        own = Names()
        own.add(record)
        await load_state(
            self._connection, state, own, [self._submission.digest], [self._submission.keyid], own, self._loader,
            self._figures,
        )
        if self._submission.digest in state.digests:
            # It is on the log: nothing is to be done but to say so.
            self._known = True
            return
        own_prepared = prepare(self._submission, state, self._registry, state.plugins)
        admit(record, self._submission.keyid, own_prepared.plan, state)
        await self._extend(await self._first(), size)
        self._start = dict(state.remaining)
        if not isinstance(record, Amendment | Closing):
            raise TypeError(f"{type(record).__name__} revises nothing")
        self.revision = await asyncio.to_thread(self._run_first, record)
        await self._write()

    def _run_first(self, record: Amendment | Closing) -> Revision:
        return self._engine.run(changes_of(record, self._history))

    async def _first(self) -> set[int]:
        """The records that the revision itself names, and what may follow from other quantities taken of pools."""
        record = self._submission.record
        if isinstance(record, Closing):
            return set(await provisional_records(self._connection, record.facility, record.start, record.end))
        if isinstance(record, Amendment):
            named = await indexes_of(self._connection, [change.record for change in record.changes])
            return await with_pools(self._connection, named)
        return set()

    async def _extend(self, seeds: set[int], size: int) -> list[int]:
        """Loads records and their descendants that are not in the history yet."""
        indexes = [index for index in await descendants(self._connection, seeds) if index < size]
        fresh = [index for index in indexes if index not in self._history.made]
        decoded = await asyncio.to_thread(decode, await read_past(self._connection, fresh))
        names = names_of(decoded)
        self._add_amended(names)
        state = self._history.state
        before = set(state.lots)
        names.lots -= before
        found = State(state.origin, state.size)
        await load_state(self._connection, found, names, [], [], names, self._loader, self._figures)
        await load_lines(self._connection, self._loader, found, self._figures)
        state.learn(found)
        _merge(state, found)
        numbers = {state.lots[lot].number: lot for lot in state.lots.keys() - before}
        for number, remaining in (await read_balances(self._connection, numbers)).items():
            state.remaining[numbers[number]] = self._start[numbers[number]] = remaining
        provisional = await posted_provisional(self._connection, fresh)
        await asyncio.to_thread(extend, self._history, decoded, provisional)
        return fresh

    def _add_amended(self, names: Names) -> None:
        """What the changed fields name: inputs and products that the records did not name before."""
        record = self._submission.record
        if isinstance(record, Amendment):
            found = _strings([msgspec.json.decode(value) for change in record.changes
                              for value in change.fields.values()])
            names.lots.update(found)
            names.declarations.update([name for name in found if is_digest(name)])

    async def approach(self) -> None:
        """Catches up ahead of the lock until few entries are left to look at under it."""
        for _ in range(0 if self._known else _ROUNDS):
            size, _revisions = await head_now(self._connection)
            if size - self._seen < _NEAR:
                return
            await self.catch_up(size)

    async def catch_up(self, size: int) -> None:
        """Recomputes what the log has gained up to `size` of takers of what has changed; balances as of now."""
        if self._known:
            return
        state, lots = self._history.state, self._history.state.lots
        changed = {lots[lot].number: lot for one in self.revision.revised for lot in [x.id for x in one.lots]}
        changed.update({lots[lot].number: lot for lot in self.revision.balances})
        pools = {lots[lot].pool for lot in changed.values()} - {None}
        seeds: set[int] = set()
        if size > self._seen:
            seeds = await takers_since(
                self._connection, changed, [pool for pool in pools if pool is not None], self._seen
            )
        self._seen = size
        fresh = await self._extend(seeds, size) if seeds else []
        await self._refresh({lots[lot].number: lot for lot in self.revision.balances})
        for index in fresh:
            self._engine.catch_up(index)
        self.revision = self._engine.run({})
        state.size = size
        await self._write()

    async def _refresh(self, lots: dict[int, str]) -> None:
        """Balances as they are now, with what the revision adds to them or takes."""
        remaining = self._history.state.remaining
        for number, left in (await read_balances(self._connection, lots)).items():
            lot = lots[number]
            remaining[lot] += left - self._start[lot]
            self._start[lot] = left

    async def _write(self) -> None:
        """Rows of what was recomputed since the last time."""
        rows = BatchRows()
        for one in self.revision.revised:
            if one.index not in self._written:
                self._written.add(one.index)
                add_revised(rows, one, self._version, self._history.provisional)
        await rows.write(self._connection)

    async def sequence(self, head: Head, time: int) -> tuple[Batch, Answer]:
        """The record's own entry, over the state of now."""
        state = State(self._history.state.origin, head.size)
        names = Names()
        names.add(self._submission.record)
        figures: dict[str, LotFigures] = {}
        await load_state(
            self._connection, state, names, [self._submission.digest], [self._submission.keyid], names, self._loader,
            figures,
        )
        batch = Batch(state, figures, self._registry, time, lambda _: self.revision, self._version)
        answer = batch.run([Item(self._submission, None)])[0]
        if isinstance(answer, Sequenced):
            batch.finish()
            lots, remaining = self._history.state.lots, self._history.state.remaining
            await write_balances(self._connection, [
                (lots[lot].number, remaining[lot], lots[lot].quantity) for lot in sorted(self.revision.balances)
            ])
        return batch, answer


def _strings(value: object) -> set[str]:
    """Every text in a JSON tree: what may be the name of something."""
    match value:
        case str():
            return {value}
        case list():
            return {text for one in value for text in _strings(one)}
        case dict():
            return {text for one in value.values() for text in _strings(one)}
        case _:
            return set()


def _merge(state: State, found: State) -> None:
    """What is known of the parties and periods besides facts."""
    state.plugins.update(found.plugins)
    state.accepted.update(found.accepted)
    state.frozen.update(found.frozen)
    for facility, periods in found.closed.items():
        state.closed.setdefault(facility, {}).update(periods)
    for item, lots in found.holding.items():
        state.holding.setdefault(item, set()).update(lots)
