"""Loads a history from rows: the records that a revision may touch, prepared again as they read now."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Final, NamedTuple

import msgspec

from ledger.admission.closings.spreading import covered
from ledger.admission.facts import LOT_SLOTS
from ledger.admission.lookups import add_names
from ledger.admission.names import Names
from ledger.admission.state import State
from ledger.core.record.kinds import Amendment, AnyRecord, Closing, Transformation
from ledger.engine.revision.changes import restated
from ledger.engine.revision.history import FinalRecord, History, inputs_of, weighable
from ledger.engine.revision.restore import (
    Key,
    changed_readings,
    changes_in,
    decode,
    extend,
    names_of,
    pools_named,
    readings,
)
from ledger.errors import Refused
from ledger.footprint.stored.figures import LotFigures
from ledger.service.posting.revision.offload import aside
from ledger.store.batches import BatchNeeds, load_state
from ledger.store.database import Connection
from ledger.store.facts import FactLoader
from ledger.store.revisions import (
    descendants,
    erased_since,
    final_lots,
    final_records,
    generations_taken,
    newest_before,
    posted_provisional,
    read_balances,
    read_holdings,
    read_past,
    read_statements,
    touched_since,
)

MAX_RECORDS: Final = 200_000
MAX_BYTES: Final = 1 << 30
"""Limits on the records that one revision may recompute, so that they fit into the memory of a server."""

_CHUNK = 1_000
_TOUCHED: Final = 10_000

_record: msgspec.json.Decoder[AnyRecord] = msgspec.json.Decoder(AnyRecord)
_amendment = msgspec.json.Decoder(Amendment)


class Nearby(NamedTuple):
    """The records that a revision has loaded, for the next revision of the same records. They are as the first revision
    has left them, so the next one need not load, decode and plan them again. `loading` holds all that descends from the
    records of `key`, as of `size` entries and `revisions` revisions."""

    key: Key
    loading: "Loading"
    size: int
    revisions: int

    async def stands(self, connection: Connection) -> bool:
        """Whether no revision and no erasure since then has touched any of these records."""
        touched = await touched_since(connection, self.revisions, _TOUCHED)
        if len(touched) == _TOUCHED or await erased_since(connection, self.size):
            return False
        history = self.loading.history
        makers = {lot.number // LOT_SLOTS for lot in history.state.lots.values()}
        return makers.isdisjoint(touched) and history.made.keys().isdisjoint(touched)


class Loading:
    """Reads the records that the revision by `record` may touch into `history`, on one session. `start` holds the
    balances as the database has them; the history's own balances differ by the changes of the revision."""

    def __init__(self, connection: Connection, loader: FactLoader, record: AnyRecord, origin: str) -> None:
        self.figures: dict[str, LotFigures] = {}
        self.history = History(State(origin), self.figures)
        self.start: dict[str, Decimal] = {}
        self._connection = connection
        self._loader = loader
        self._amends = changes_in(record)
        self._closes = isinstance(record, Closing)
        self._field = "changes" if isinstance(record, Amendment) else "start"
        self._bytes = 0

    def again(self, connection: Connection, record: AnyRecord) -> None:
        """Continues on another session, for the revision of the same records by another record."""
        self._connection = connection
        self._amends = changes_in(record)
        state = self.history.state
        # A record appended since can have withdrawn a closing or ended a dispute, so both are read again.
        state.closed.clear()
        state.frozen.clear()

    async def reread(self, records: Sequence[int]) -> None:
        """Reads again the facts and balances that these records name, before and after their changes. The records are
        loaded already."""
        history, names, records_read = self.history, Names(), dict[str, AnyRecord]()
        for index in records:
            prepared = history.prepared.get(index)
            if prepared is not None:
                records_read[prepared.submission.digest.hex()] = prepared.submission.record
                add_names(prepared.submission.record, names)
        for reading in changed_readings(records_read, self._amends):
            add_names(reading, names)
        names.new_lots.clear()
        lots = {lot for lot in names.lots if lot in history.state.lots}
        await self._learn(names)
        await self.refresh(lots.union(*[history.made[index] for index in records]))

    async def extend(
        self, seeds: Collection[int], size: int, *, pools: bool, allow: Callable[[int], None] = lambda _: None
    ) -> list[int]:
        """Loads records and all their descendants below `size` that are not loaded yet, and returns those. `pools`: see
        `descendants`. Before it loads, it calls `allow` with the number of records that there will be in all."""
        room = MAX_RECORDS - len(self.history.made)
        affected = await descendants(self._connection, seeds, room + 1, pools=pools)
        if len(affected) > room:
            raise self._too_large(f"more than {MAX_RECORDS} records")
        fresh = [index for index in affected if index < size and index not in self.history.made]
        allow(len(self.history.made) + len(fresh))
        await self.load(fresh)
        return fresh

    async def load_final(self, closing: Closing, size: int, since: int = 0) -> int:
        """Notes the final transformations of the closing's facility and period from index `since` on, and counts
        them."""
        counted = 0
        async for page in final_records(self._connection, closing.issuer, closing.facility, since, size):
            records = [(index, _record.decode(body)) for index, body in page]
            period = {index: record for index, record in records
                      if isinstance(record, Transformation) and covered(closing, record)}
            lots = await final_lots(self._connection, list(period)) if period else {}
            await self._learn(inputs_of(period.values()))
            for index, record in period.items():
                self.history.final[index] = FinalRecord(weighable(record), tuple(lots.get(index, ())))
            counted += len(period)
            if len(self.history.final) > MAX_RECORDS:
                raise self._too_large(f"more than {MAX_RECORDS} final records")
        await self._learn_pools()
        return counted

    async def load(self, records: Sequence[int]) -> None:
        """Loads records in parts, since reading rows holds up everything else in this process."""
        for start in range(0, len(records), _CHUNK):
            await self._load_part(records[start : start + _CHUNK])

    async def refresh(self, lots: Iterable[str]) -> None:
        """Updates the balances to the present ones, with the changes of the revision on top."""
        state = self.history.state
        by_number = {state.lots[lot].number: lot for lot in lots}
        for number, remaining in (await read_balances(self._connection, by_number)).items():
            lot = by_number[number]
            state.remaining[lot] += remaining - self.start[lot]
            self.start[lot] = remaining
        items = {state.lots[lot].item for lot in by_number.values()}
        await self._load_holdings({item for item in items if item is not None}, by_number.values())

    def pieces(self) -> list[object]:
        """Its parts that can be many."""
        state = self.history.state
        return [*self.figures.values(), *state.lots.values(), *self.history.prepared.values()]

    async def _load_part(self, records: Sequence[int]) -> None:
        pasts = await read_past(self._connection, records)
        self._bytes += sum([len(past.body or b"") for past in pasts])
        if self._bytes > MAX_BYTES:
            raise self._too_large(f"more than {MAX_BYTES} bytes of records")
        decoded = await aside(self._connection, decode, pasts)
        names = names_of(decoded)
        names.lots.update(await generations_taken(self._connection, records))
        changed = readings(decoded, self._amends)
        for reading in changed.values():
            add_names(reading, names)
        names.new_lots.clear()
        await self._learn(names)
        pools = pools_named(self.history.state, changed)
        if pools:
            names = Names()
            names.lots.update(await newest_before(self._connection, pools))
            await self._learn(names)
        provisional = await posted_provisional(self._connection, records)
        await aside(self._connection, extend, self.history, decoded, provisional)
        if self._closes:
            posted, amendments = await read_statements(self._connection, sorted(provisional))
            await aside(self._connection, self._state, posted, amendments)

    def _state(self, posted: Mapping[int, bytes], amendments: Sequence[tuple[int, str, bytes]]) -> None:
        """Notes the provisional records as their issuers state them, without the changes by closings."""
        stated = self.history.stated
        for index, body in posted.items():
            record = _record.decode(body)
            if isinstance(record, Transformation):
                stated[index] = record
        for index, named, body in amendments:
            amendment = _amendment.decode(body)
            for change in amendment.changes:
                if not change.withdrawn and change.record == named:
                    stated[index] = restated(stated[index], amendment, change, "changes")

    async def _learn(self, names: Names) -> None:
        """Loads facts, figures and balances of the names that are not loaded yet. Loaded ones stay, since they may have
        been revised already. A pool gets those generations that are named: records have taken from these."""
        state = self.history.state
        names.lots -= state.lots.keys()
        fresh, figures = State(state.origin, state.size), dict[str, LotFigures]()
        await load_state(self._connection, self._loader, BatchNeeds(names, names), fresh, figures)
        fresh.lots = {name: lot for name, lot in fresh.lots.items() if name not in state.lots}
        fresh.lines.clear()
        lines: dict[str, set[str]] = {}
        for lot in fresh.lots.values():
            state.remaining[lot.id] = self.start[lot.id] = fresh.remaining[lot.id]
            self.figures[lot.id] = figures[lot.id]
            if lot.pool is not None:
                lines.setdefault(lot.pool, set()).add(lot.id)
        state.learn(fresh)
        for pool, generations in lines.items():
            line = {*state.lines.get(pool, ()), *generations}
            state.lines[pool] = tuple(sorted(line, key=lambda generation: state.lots[generation].number))
        state.accepted.update(fresh.accepted)
        state.frozen.update(fresh.frozen)
        for facility, periods in fresh.closed.items():
            state.closed.setdefault(facility, {}).update(periods)
        await self._load_holdings({lot.item for lot in fresh.lots.values() if lot.item is not None}, fresh.lots)

    async def _learn_pools(self) -> None:
        """Loads the pools of the loaded lots: a closing weighs a record that names a generation by the pool's facility.
        """
        state, names = self.history.state, Names()
        pools = {lot.pool for lot in state.lots.values() if lot.pool is not None}
        names.lots.update(pools - state.pools.keys())
        if names.lots:
            await self._learn(names)

    async def _load_holdings(self, items: Collection[str], current: Collection[str]) -> None:
        """Notes which lots of the items have a balance now, whoever holds them. The balances of the lots `current` are
        up to date already."""
        if not items:
            return
        state = self.history.state
        for item in items:
            state.holding[item] = set()
        for item, lot, remaining in await read_holdings(self._connection, items):
            state.holding[item].add(lot)
            if lot not in current:
                state.remaining[lot] = self.start[lot] = remaining

    def _too_large(self, amount: str) -> Refused:
        return Refused(
            f"the revision would recompute {amount}", code="revision-too-large", field=self._field,
            rule=f"at most {MAX_RECORDS} records, of at most {MAX_BYTES} bytes, may descend from the revised records",
        )
