"""One revision on one session, inside its transaction: it recomputes, writes, and catches up with the log."""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple, ParamSpec, TypeVar

import asyncpg

from ledger.admission.admit import admit
from ledger.admission.amending import check_unaccepted, check_undisputed, check_withdrawal
from ledger.admission.facts import LOT_SLOTS
from ledger.admission.lookups import add_names
from ledger.admission.names import Names
from ledger.admission.state import State
from ledger.core.record.kinds import Amendment, AnyRecord, Closing, Transfer, Transformation
from ledger.core.record.revisions import Change
from ledger.engine.batch import Batch, Item, Sequenced, Verdict
from ledger.engine.prepare import prepare
from ledger.engine.prepared import Submission
from ledger.engine.record_outcome import outcome_of
from ledger.engine.revision.changes import changes_of
from ledger.engine.revision.history import History
from ledger.engine.revision.recompute import Changes, Engine, Revised, Revision
from ledger.engine.revision.restore import generations_changed, key_of, resizes
from ledger.engine.revision.revise import revise
from ledger.engine.revision.rows import add_revised
from ledger.engine.row_buffer import RowBuffer
from ledger.engine.sectors import Registry
from ledger.footprint.derived.findings import StatedFinding, stated_in
from ledger.footprint.stored.figures import LotFigures
from ledger.service.posting.revision.loading import Loading, Nearby
from ledger.service.posting.revision.offload import aside
from ledger.store.batches import BatchNeeds, Head, load_state
from ledger.store.facts import FactLoader
from ledger.store.revisions import (
    additions_since,
    closed_records,
    disputes_since,
    erased_since,
    flows_since,
    head_now,
    indexes_of,
    next_additions,
    write_balances,
)
from ledger.store.rows import write_rows

_CHUNK = 1_000
_ROUNDS = 6
_NEAR = 500
_FINDINGS = 20
"""The changed records whose findings a check compares."""

Arguments = ParamSpec("Arguments")
Value = TypeVar("Value")


class Overtaken(Exception):
    """The log has gained entries that change the revision itself, so it has to be prepared again."""


class RevisionRequest(NamedTuple):
    """The revising record, the count of its revision, and `allow`: it is called with the number of records that the
    revision can change, before these are loaded, and raises Exhausted if they are too many. `now` is in ms since
    1970. `dry`: the revision is only computed, nothing is written."""

    submission: Submission
    version: int
    allow: Callable[[int], None]
    now: int
    dry: bool = False


class _Guarded(NamedTuple):
    """A record that `changes[position]` withdraws, or gives another quantity, with the lots that it made."""

    position: int
    record: AnyRecord
    change: Change
    lots: tuple[str, ...]


class RevisionTransaction:
    """An attempt at one revision. `revision` holds its results so far. Of a dry attempt, `before` has the figures
    before the revision, by lot id, and `findings` the former findings of the first changed records, by log index."""

    def __init__(
        self, connection: asyncpg.Connection, loader: FactLoader, registry: Registry, origin: str,
        request: RevisionRequest, nearby: Nearby | None = None,
    ) -> None:
        """`nearby`: the records that an earlier revision of the same records has loaded, if they are still current."""
        record = request.submission.record
        if not isinstance(record, Amendment | Closing):
            raise TypeError(f"{type(record).__name__} revises nothing")
        self.revision = Revision((), {})
        self.before: Mapping[str, LotFigures] = {}
        self.findings: Mapping[int, Sequence[StatedFinding]] = {}
        self._record = record
        self._connection = connection
        self._loader = loader
        self._registry = registry
        self._submission, self._version, self._allow, self._now, self._dry = request
        self._nearby = nearby
        self._loading = Loading(connection, loader, record, origin) if nearby is None else nearby.loading
        self._history = self._loading.history
        self._engine = Engine(self._history, registry)
        self._on_log = False
        self._seen = self._whole = 0
        self._changes: Changes = {}
        self._guarded: list[_Guarded] = []
        self._written: dict[int, Revised] = {}
        self._numbers: set[int] = set()
        self._resizing = resizes(record)

    @property
    def record(self) -> Amendment | Closing:
        """The revising record."""
        return self._record

    @property
    def history(self) -> History:
        """The records that the revision may touch, as it leaves them."""
        return self._history

    async def prepare(self, size: int) -> None:
        """Loads and recomputes as of the log's `size`. Checks the record itself before it loads its descendants. Raises
        Refused if the record cannot be admitted."""
        state = self._history.state
        self._seen = self._whole = state.size = size
        if self._nearby is not None:
            self._loading.again(self._connection, self._record)
        await self._load_own(state, self._loading.figures)
        self._loading.start.update(state.remaining)
        if self._submission.digest in state.digests:
            # The record is on the log already: nothing is left to do.
            self._on_log = True
            return
        own = prepare(self._submission, state, self._registry)
        state.time = self._now
        admit(self._record, self._submission.keyid, own.plan, state)
        named = await self._named(size)
        self._allow(len(named))
        if self._nearby is None:
            await self._loading.load(named)
            if isinstance(self._record, Closing):
                await self._loading.load_final(self._record, size)
        else:
            await self._loading.reread(named)
        self._changes = await self._aside(changes_of, self._record, self._history)
        self._note_guarded()
        seeds = {*named, *await self._following()} if self._nearby is None else await self._gained(self._nearby.size)
        await self._loading.extend(seeds, size, pools=self._resizing, allow=self._allow)
        if self._dry:
            self.before = dict(self._history.figures)
            self.findings = await self._aside(self._found)
        self.revision = await self._aside(revise, self._engine, self._record, self._history)
        if not self._dry:
            await self._write()

    async def approach(self) -> None:
        """Catches up ahead of the lock until few new entries are left to process under it."""
        for _ in range(0 if self._on_log else _ROUNDS):
            size, _revisions = await head_now(self._connection)
            if size - self._seen < _NEAR:
                return
            await self.catch_up(size)

    async def catch_up(self, size: int) -> None:
        """Recomputes the records below `size` that the log has gained and that take from changed lots. Updates balances
        to the present ones. Raises Refused if the revision cannot be admitted any more, Overtaken if it would now do
        something else."""
        if self._on_log or size == self._seen:
            return
        await self._look_again(size)
        seeds = await self._takers()
        self._seen = self._history.state.size = size
        fresh = await self._loading.extend(seeds, size, pools=self._resizing) if seeds else []
        await self._loading.refresh(self.revision.balances)
        for index in fresh:
            self._engine.catch_up(index)
        self.revision = await self._aside(self._engine.run, {})
        await self._write()

    async def sequence(self, head: Head, time: int) -> tuple[Batch, Verdict]:
        """Runs the record's own entry over the present state. Raises Overtaken if other plugin versions are in force
        than those that assessed the revised records, or a parent has ended that may have given a right."""
        state, figures = State(self._history.state.origin, head.size), dict[str, LotFigures]()
        await self._load_own(state, figures)
        if not self._on_log and state.activations != self._history.state.activations:
            raise Overtaken("other plugin versions came into force")
        if not self._on_log and state.parents.newest != self._history.state.parents.newest:
            raise Overtaken("a parent has ended")
        renews = isinstance(self._record, Amendment) and self._record.products is not None
        if not self._on_log and renews and state.completed != self._history.state.completed:
            raise Overtaken("a product was completed")
        batch = Batch(state, figures, self._registry, time, lambda _: self.revision, self._version)
        (answer,) = await self._aside(batch.run, [Item(self._submission, None)])
        if isinstance(answer, Sequenced):
            batch.finish()
            await write_balances(self._connection, self._balances())
        return batch, answer

    def left(self) -> Nearby | None:
        """The loaded records, for the next revision of the same records. To be called once this one is committed."""
        key = key_of(self._record)
        if key is None or self._on_log:
            return None
        for revised in self.revision.revised:
            record, periods = self._history.reads(revised.index), self._history.provisional.get(revised.index)
            if periods is not None and isinstance(record, Transformation):
                periods.add((record.start, record.end))
        return Nearby(key, self._loading, self._whole, self._version)

    def pieces(self) -> list[object]:
        """Its parts that can be many."""
        return [*self._loading.pieces(), *self.revision.revised]

    async def _load_own(self, state: State, figures: dict[str, LotFigures]) -> None:
        """Loads the facts that the revising record itself names, and whether it is on the log."""
        names = Names()
        add_names(self._record, names)
        own = self._submission
        needs = BatchNeeds(names, names, [own.digest], [own.keyid], {own.salt_seed: own.record.nonce})
        await load_state(self._connection, self._loader, needs, state, figures)

    def _balances(self) -> list[tuple[int, Decimal, Decimal]]:
        state = self._history.state
        lots = [state.lots[lot] for lot in sorted(self.revision.balances)]
        return [(lot.number, state.remaining[lot.id], lot.quantity) for lot in lots]

    async def _named(self, size: int) -> list[int]:
        """The records that the revision itself changes, without their descendants."""
        record = self._record
        if isinstance(record, Closing):
            closed = await closed_records(self._connection, record.facility, record.start, record.end)
            return sorted([index for index in closed if index < size])
        return sorted(await indexes_of(self._connection, [change.record for change in record.changes]))

    def _note_guarded(self) -> None:
        history = self._history
        for position, change in enumerate(self._record.changes if isinstance(self._record, Amendment) else ()):
            index = history.state.records[change.record].index
            old = history.prepared[index].submission.record
            if change.withdrawn or isinstance(old, Transfer):
                self._guarded.append(_Guarded(position, old, change, history.made[index]))

    async def _following(self) -> set[int]:
        """The additions after those pool generations that a changed record takes from, before or after its change. If
        the record takes another quantity, the generation hands another remainder on to the next addition."""
        if not self._resizing:
            return set()
        generations = generations_changed(self._history, self._changes)
        return await next_additions(self._connection, generations)

    async def _look_again(self, size: int) -> None:
        """Checks that the revision still changes the same records, and that these may still be changed so."""
        record, state = self._record, self._history.state
        if await erased_since(self._connection, self._seen):
            raise Overtaken("a body was erased")
        if isinstance(record, Closing) and await closed_records(
            self._connection, record.facility, record.start, record.end, self._seen
        ):
            raise Overtaken("the closed period has got more records")
        if isinstance(record, Closing) and await self._loading.load_final(record, size, self._seen):
            raise Overtaken("the closed period has got more final records")
        taken = [
            one for index in self._changes if index in self._history.prepared
            for one in self._history.prepared[index].plan.taken
        ]
        lots = {one.lot.number: one.lot.id for one in taken}
        state.frozen.update([lots[lot] for lot in await disputes_since(self._connection, lots, self._seen)])
        check_undisputed(taken, state)
        if self._guarded:
            await self._check_guarded()

    async def _check_guarded(self) -> None:
        """Checks that in the meantime nothing was taken from these lots, and no delivery accepted."""
        state = self._history.state
        names, now = Names(), State(state.origin, state.size)
        names.lots.update([lot for one in self._guarded for lot in one.lots])
        names.transfers.update([one.change.record for one in self._guarded])
        await load_state(self._connection, self._loader, BatchNeeds(names, names), now, {})
        for guarded in self._guarded:
            lots, field = [state.lots[lot] for lot in guarded.lots], f"changes[{guarded.position}]"
            if guarded.change.withdrawn:
                check_withdrawal(guarded.record, guarded.change.record, lots, now, field)
            check_unaccepted(guarded.record, guarded.change, now, field)

    async def _gained(self, size: int) -> set[int]:
        """Records from index `size` on that take from lots of loaded records."""
        made = self._history.made
        return {record for record, lot in await flows_since(self._connection, size) if lot // LOT_SLOTS in made}

    async def _takers(self) -> set[int]:
        """Records that the log has gained since the last look, and that take from changed lots."""
        lots = self._history.state.lots
        touched = {lots[lot].number for lot in self.revision.balances}
        takers = {
            record for record, lot in await flows_since(self._connection, self._seen)
            if lot in self._numbers or lot in touched
        }
        if self._resizing:
            pools = {lot.pool for one in self.revision.revised for lot in one.lots}
            pools.update([lots[lot].pool for lot in self.revision.balances])
            named = [pool for pool in pools if pool is not None]
            takers |= await additions_since(self._connection, named, self._seen)
        return takers

    async def _write(self) -> None:
        """Writes the rows of the records that were recomputed since the last call."""
        fresh = [one for one in self.revision.revised if self._written.get(one.index) is not one]
        if any(one.index in self._written for one in fresh):
            raise Overtaken("records whose rows are written already have changed again")
        for start in range(0, len(fresh), _CHUNK):
            rows = await self._aside(self._rows, fresh[start : start + _CHUNK])
            await write_rows(rows, self._connection)
        for revised in fresh:
            self._written[revised.index] = revised
            self._numbers.update([lot.number for lot in revised.lots])

    def _found(self) -> dict[int, Sequence[StatedFinding]]:
        """The present findings of the first records that an amendment changes."""
        history, changed = self._history, list(self._changes)[:_FINDINGS] if isinstance(self._record, Amendment) else []
        return {index: stated_in(index, outcome_of(history.prepared[index], history.figures).leaves)
                for index in changed if index in history.prepared}

    def _rows(self, part: Sequence[Revised]) -> RowBuffer:
        rows = RowBuffer()
        for revised in part:
            add_revised(rows, revised, self._version, self._history.provisional)
        return rows

    async def _aside(
        self, function: Callable[Arguments, Value], *args: Arguments.args, **kwargs: Arguments.kwargs
    ) -> Value:
        return await aside(self._connection, function, *args, **kwargs)
