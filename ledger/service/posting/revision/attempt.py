"""One revision on one session, inside its transaction: what it recomputes, writes and catches up with."""

from collections.abc import Callable, Sequence
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
from ledger.engine.prepare import Submission, prepare
from ledger.engine.revision.changes import changes_of
from ledger.engine.revision.recompute import Changes, Engine, Revised, Revision
from ledger.engine.revision.restore import generations_changed, key_of, resizes
from ledger.engine.revision.revise import revise
from ledger.engine.revision.rows import add_revised
from ledger.engine.row_buffer import RowBuffer
from ledger.engine.sectors import Registry
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

Arguments = ParamSpec("Arguments")
Value = TypeVar("Value")


class Overtaken(Exception):
    """The log has gained what the revision itself is about: it is to be prepared anew."""


class _Guarded(NamedTuple):
    """A record that `changes[position]` withdraws, or says another quantity of, with the lots that it made."""

    position: int
    record: AnyRecord
    change: Change
    lots: tuple[str, ...]


class RevisionAttempt:
    """`version` is the count of the revision, `revision` what it came to so far."""

    def __init__(
        self, connection: asyncpg.Connection, loader: FactLoader, registry: Registry, origin: str,
        submission: Submission, version: int, allow: Callable[[int], None], nearby: Nearby | None = None,
    ) -> None:
        """`allow` is asked with how many records the revision can change, before these are loaded. `nearby`: what was
        loaded for an earlier revision of the same records, as the last revision on the log has left it."""
        record = submission.record
        if not isinstance(record, Amendment | Closing):
            raise TypeError(f"{type(record).__name__} revises nothing")
        self.revision = Revision((), {})
        self._record = record
        self._connection = connection
        self._loader = loader
        self._registry = registry
        self._submission = submission
        self._version = version
        self._allow = allow
        self._nearby = nearby
        self._loading = Loading(connection, loader, record, origin) if nearby is None else nearby.loading
        self._history = self._loading.history
        self._engine = Engine(self._history, registry)
        self._known = False
        self._seen = self._whole = 0
        self._changes: Changes = {}
        self._guarded: list[_Guarded] = []
        self._written: dict[int, Revised] = {}
        self._numbers: set[int] = set()
        self._resizing = resizes(record)

    async def prepare(self, size: int) -> None:
        """Loads and recomputes as of the log's `size`. Raises Refused where the record could not be admitted: what it
        says itself is looked at before anything that descends from it."""
        state = self._history.state
        self._seen = self._whole = state.size = size
        if self._nearby is not None:
            self._loading.again(self._connection, self._record)
        await self._load_own(state, self._loading.figures)
        self._loading.start.update(state.remaining)
        if self._submission.digest in state.digests:
            # It is on the log: nothing is to be done but to say so.
            self._known = True
            return
        own = prepare(self._submission, state, self._registry, state.plugins)
        admit(self._record, self._submission.keyid, own.plan, state)
        named = await self._named(size)
        self._allow(len(named))
        if self._nearby is None:
            await self._loading.load(named)
        else:
            await self._loading.reread(named)
        self._changes = await self._aside(changes_of, self._record, self._history)
        self._note_guarded()
        seeds = {*named, *await self._following()} if self._nearby is None else await self._gained(self._nearby.size)
        await self._loading.extend(seeds, size, pools=self._resizing, allow=self._allow)
        self.revision = await self._aside(revise, self._engine, self._record, self._history)
        await self._write()

    async def approach(self) -> None:
        """Catches up ahead of the lock until few entries are left to look at under it."""
        for _ in range(0 if self._known else _ROUNDS):
            size, _revisions = await head_now(self._connection)
            if size - self._seen < _NEAR:
                return
            await self.catch_up(size)

    async def catch_up(self, size: int) -> None:
        """Recomputes what the log has gained up to `size` of takers of what has changed; balances as of now. Raises
        Refused where the revision could not be admitted any more, Overtaken where it would do something else."""
        if self._known or size == self._seen:
            return
        await self._look_again()
        seeds = await self._takers()
        self._seen = self._history.state.size = size
        fresh = await self._loading.extend(seeds, size, pools=self._resizing) if seeds else []
        await self._loading.refresh(self.revision.balances)
        for index in fresh:
            self._engine.catch_up(index)
        self.revision = await self._aside(self._engine.run, {})
        await self._write()

    async def sequence(self, head: Head, time: int) -> tuple[Batch, Verdict]:
        """The record's own entry, over the state of now. Raises Overtaken where other plugins are in force than those
        that the revised records were assessed by."""
        state, figures = State(self._history.state.origin, head.size), dict[str, LotFigures]()
        await self._load_own(state, figures)
        if not self._known and state.plugins != self._history.state.plugins:
            raise Overtaken("other plugin versions came into force")
        batch = Batch(state, figures, self._registry, time, lambda _: self.revision, self._version)
        (answer,) = await self._aside(batch.run, [Item(self._submission, None)])
        if isinstance(answer, Sequenced):
            batch.finish()
            await write_balances(self._connection, self._balances())
        return batch, answer

    @property
    def reached(self) -> int:
        """How many records were loaded."""
        return len(self._history.made)

    def left(self) -> Nearby | None:
        """What this leaves to the next revision of the same records, once it is committed."""
        key = key_of(self._record)
        if key is None or self._known:
            return None
        for one in self.revision.revised:
            record, periods = self._history.reads(one.index), self._history.provisional.get(one.index)
            if periods is not None and isinstance(record, Transformation):
                periods.add((record.start, record.end))
        return Nearby(key, self._loading, self._whole, self._version)

    def pieces(self) -> list[object]:
        """Everything that this is made of and that there is much of."""
        return [*self._loading.pieces(), *self.revision.revised]

    async def _load_own(self, state: State, figures: dict[str, LotFigures]) -> None:
        """What the revising record names itself, and whether it is on the log."""
        names = Names()
        add_names(self._record, names)
        own = self._submission
        needs = BatchNeeds(names, names, [own.digest], [own.keyid], {own.salt_seed: own.record.nonce})
        await load_state(self._connection, self._loader, needs, state, figures)

    def _balances(self) -> list[tuple[int, Decimal, Decimal]]:
        state = self._history.state
        found = [state.lots[lot] for lot in sorted(self.revision.balances)]
        return [(lot.number, state.remaining[lot.id], lot.quantity) for lot in found]

    async def _named(self, size: int) -> list[int]:
        """The records that the revision itself is about."""
        record = self._record
        if isinstance(record, Closing):
            found = await closed_records(self._connection, record.facility, record.start, record.end)
            return sorted([index for index in found if index < size])
        return sorted(await indexes_of(self._connection, [change.record for change in record.changes]))

    def _note_guarded(self) -> None:
        history = self._history
        for position, change in enumerate(self._record.changes if isinstance(self._record, Amendment) else ()):
            index = history.state.records[change.record].index
            old = history.prepared[index].submission.record
            if change.withdrawn or isinstance(old, Transfer):
                self._guarded.append(_Guarded(position, old, change, history.made[index]))

    async def _following(self) -> set[int]:
        """The additions that come after the generations that changed records take from, or took from: where a record
        takes otherwise, another rest is handed on."""
        if not self._resizing:
            return set()
        generations = generations_changed(self._history, self._changes)
        return await next_additions(self._connection, generations)

    async def _look_again(self) -> None:
        """Whether the revision is still about the same records, and these may still be changed so."""
        record, state = self._record, self._history.state
        if await erased_since(self._connection, self._seen):
            raise Overtaken("a body was erased")
        if isinstance(record, Closing) and await closed_records(
            self._connection, record.facility, record.start, record.end, self._seen
        ):
            raise Overtaken("the period that is closed has got more records")
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
        """That nothing was taken, nor a delivery accepted, in the meantime."""
        state = self._history.state
        names, now = Names(), State(state.origin, state.size)
        names.lots.update([lot for one in self._guarded for lot in one.lots])
        names.transfers.update([one.change.record for one in self._guarded])
        await load_state(self._connection, self._loader, BatchNeeds(names, names), now, {})
        for one in self._guarded:
            lots, field = [state.lots[lot] for lot in one.lots], f"changes[{one.position}]"
            if one.change.withdrawn:
                check_withdrawal(one.record, one.change.record, lots, now, field)
            check_unaccepted(one.record, one.change, now, field)

    async def _gained(self, size: int) -> set[int]:
        """Records from index `size` on that take from lots of records that are here."""
        made = self._history.made
        return {record for record, lot in await flows_since(self._connection, size) if lot // LOT_SLOTS in made}

    async def _takers(self) -> set[int]:
        """Records that the log has gained since it was looked at, and that take from what has changed."""
        lots = self._history.state.lots
        touched = {lots[lot].number for lot in self.revision.balances}
        found = {
            record for record, lot in await flows_since(self._connection, self._seen)
            if lot in self._numbers or lot in touched
        }
        if self._resizing:
            pools = {lot.pool for one in self.revision.revised for lot in one.lots}
            pools.update([lots[lot].pool for lot in self.revision.balances])
            named = [pool for pool in pools if pool is not None]
            found |= await additions_since(self._connection, named, self._seen)
        return found

    async def _write(self) -> None:
        """Rows of what was recomputed since the last time."""
        fresh = [one for one in self.revision.revised if self._written.get(one.index) is not one]
        if any(one.index in self._written for one in fresh):
            raise Overtaken("what was written already has changed again")
        for start in range(0, len(fresh), _CHUNK):
            rows = await self._aside(self._rows, fresh[start : start + _CHUNK])
            await write_rows(rows, self._connection)
        for one in fresh:
            self._written[one.index] = one
            self._numbers.update([lot.number for lot in one.lots])

    def _rows(self, part: Sequence[Revised]) -> RowBuffer:
        rows = RowBuffer()
        for one in part:
            add_revised(rows, one, self._version, self._history.provisional)
        return rows

    async def _aside(
        self, work: Callable[Arguments, Value], *args: Arguments.args, **kwargs: Arguments.kwargs
    ) -> Value:
        return await aside(self._connection, work, *args, **kwargs)
