"""From rows to a history: the records that a revision may touch, prepared again as they read now."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Final, NamedTuple

import msgspec

from ledger.admission.facts import LOT_SLOTS
from ledger.admission.lookups import add_names
from ledger.admission.names import Names
from ledger.admission.state import State
from ledger.core.record.kinds import Amendment, AnyRecord, Closing, Transformation
from ledger.engine.revision.changes import restated
from ledger.engine.revision.history import History
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
"""Of the records that one revision may recompute: more than a server can hold in memory harms everyone on it."""

_CHUNK = 1_000
_TOUCHED: Final = 10_000

_record: msgspec.json.Decoder[AnyRecord] = msgspec.json.Decoder(AnyRecord)
_amendment = msgspec.json.Decoder(Amendment)


class Nearby(NamedTuple):
    """What a revision has loaded, for the next one of the same records: it stands as the first one has left it, so that
    nothing of it need be loaded, decoded and planned anew. `loading`: all that descends from the records of `key`, as
    of `size` entries and `revisions` revisions."""

    key: Key
    loading: "Loading"
    size: int
    revisions: int

    async def stands(self, connection: Connection) -> bool:
        """Whether the revisions since then, and erasures, have left all of it alone."""
        touched = await touched_since(connection, self.revisions, _TOUCHED)
        if len(touched) == _TOUCHED or await erased_since(connection, self.size):
            return False
        history = self.loading.history
        makers = {lot.number // LOT_SLOTS for lot in history.state.lots.values()}
        return makers.isdisjoint(touched) and history.made.keys().isdisjoint(touched)


class Loading:
    """Reads into `history`, on one session, what the revision by `record` may touch. `start` are the balances by which
    the history's own are told: what the database holds."""

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
        """Goes on, on another session, for the revision by another record, of the same records."""
        self._connection = connection
        self._amends = changes_in(record)
        state = self.history.state
        # What appended records can take away again is learnt anew.
        state.closed.clear()
        state.frozen.clear()

    async def reread(self, records: Sequence[int]) -> None:
        """What has come to be since of what these records name, here already, as they read and are to read."""
        history, names, read = self.history, Names(), dict[str, AnyRecord]()
        for index in records:
            prepared = history.prepared.get(index)
            if prepared is not None:
                read[prepared.submission.digest.hex()] = prepared.submission.record
                add_names(prepared.submission.record, names)
        for reading in changed_readings(read, self._amends):
            add_names(reading, names)
        names.new_lots.clear()
        lots = {lot for lot in names.lots if lot in history.state.lots}
        await self._learn(names)
        await self.refresh(lots.union(*[history.made[index] for index in records]))

    async def extend(
        self, seeds: Collection[int], size: int, *, pools: bool, allow: Callable[[int], None] = lambda _: None
    ) -> list[int]:
        """Loads records and all that descends from them below `size`, as far as they are not here yet; returns which
        those are. `pools`: see `descendants`. `allow` is asked first, with how many there will be in all."""
        left = MAX_RECORDS - len(self.history.made)
        found = await descendants(self._connection, seeds, left + 1, pools=pools)
        if len(found) > left:
            raise self._too_large(f"more than {MAX_RECORDS} records")
        fresh = [index for index in found if index < size and index not in self.history.made]
        allow(len(self.history.made) + len(fresh))
        await self.load(fresh)
        return fresh

    async def load(self, records: Sequence[int]) -> None:
        """Loads records, in parts, since reading rows holds up everything else that this process does."""
        for start in range(0, len(records), _CHUNK):
            await self._load_part(records[start : start + _CHUNK])

    async def refresh(self, lots: Iterable[str]) -> None:
        """Balances as they are now, with what the revision adds to them or takes."""
        state = self.history.state
        known = {state.lots[lot].number: lot for lot in lots}
        for number, left in (await read_balances(self._connection, known)).items():
            lot = known[number]
            state.remaining[lot] += left - self.start[lot]
            self.start[lot] = left
        items = {state.lots[lot].item for lot in known.values()}
        await self._load_holdings({item for item in items if item is not None}, known.values())

    def pieces(self) -> list[object]:
        """Everything that this is made of and that there is much of."""
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
        """How the issuers of provisional records state them, without what closings have made of them."""
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
        """Facts, figures and balances of what is named, as far as they are not here; what is here stays, since it may
        have been revised already. Of a pool those generations count that are named: they are what was taken from."""
        state = self.history.state
        names.lots -= state.lots.keys()
        found, figures = State(state.origin, state.size), dict[str, LotFigures]()
        await load_state(self._connection, self._loader, BatchNeeds(names, names), found, figures)
        found.lots = {name: lot for name, lot in found.lots.items() if name not in state.lots}
        found.lines.clear()
        lines: dict[str, set[str]] = {}
        for lot in found.lots.values():
            state.remaining[lot.id] = self.start[lot.id] = found.remaining[lot.id]
            self.figures[lot.id] = figures[lot.id]
            if lot.pool is not None:
                lines.setdefault(lot.pool, set()).add(lot.id)
        state.learn(found)
        for pool, generations in lines.items():
            line = {*state.lines.get(pool, ()), *generations}
            state.lines[pool] = tuple(sorted(line, key=lambda one: state.lots[one].number))
        state.accepted.update(found.accepted)
        state.frozen.update(found.frozen)
        for facility, periods in found.closed.items():
            state.closed.setdefault(facility, {}).update(periods)
        await self._load_holdings({lot.item for lot in found.lots.values() if lot.item is not None}, found.lots)

    async def _load_holdings(self, items: Collection[str], known: Collection[str]) -> None:
        """Which lots of the items have a balance now, whoever holds them. `known`: lots whose balances are right."""
        if not items:
            return
        state = self.history.state
        for item in items:
            state.holding[item] = set()
        for item, lot, remaining in await read_holdings(self._connection, items):
            state.holding[item].add(lot)
            if lot not in known:
                state.remaining[lot] = self.start[lot] = remaining

    def _too_large(self, found: str) -> Refused:
        return Refused(
            f"{found} would be recomputed", code="revision-too-large", field=self._field,
            rule=f"at most {MAX_RECORDS} records and {MAX_BYTES} bytes of them descend from what is revised",
        )
