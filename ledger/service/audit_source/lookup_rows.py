"""Compares stored lookup rows with the rows that the records should have entered.

No leaf and no proof covers these rows, but admission and answers rest on them: a server would admit records by a forged
key, prefix or transfer, and sign them honestly. Only an audit of the database sees these rows.
"""

from collections import Counter
from collections.abc import Collection, Generator, Iterator, Sequence
from typing import NamedTuple

from ledger.admission.apply import before_entering
from ledger.admission.kind import Before
from ledger.admission.state import State, type_of
from ledger.client.audit.findings import Difference
from ledger.client.audit.replay import ReplayedRecord, Replayer, ReplayResult
from ledger.client.audit.source.lookup_rows import MadeRows
from ledger.core.log.merkle import leaf_hash
from ledger.core.log.tiles import TILE_WIDTH
from ledger.core.outcome.leaves import salt_seed
from ledger.core.record.kinds import AnyRecord, Transformation
from ledger.engine.lookup_rows import add_lookup_rows
from ledger.engine.revision.recompute import Revision
from ledger.engine.row_buffer import RowBuffer, other_owners, stated_times
from ledger.store.database import DatabasePool
from ledger.store.names import Columns, Ends, StoredName, StoredNames, read_ends, read_names, told_by

RULE = "names"


def entered(index: int, record: AnyRecord, state: State, before: Before) -> list[StoredName]:
    """The lookup rows that the record at `index`, applied to `state`, should have entered."""
    if isinstance(record, Transformation) and record.basis != "provisional" and not before.goods:
        return []
    rows = RowBuffer()
    add_lookup_rows(rows, index, record, state, before)
    return told_by(rows)


class _Periods(NamedTuple):
    """The rows of all periods that a record posted as provisional has had, and its stored rows."""

    had: set[StoredName]
    stored: set[StoredName]


class NameCheck:
    """Compares record by record. If a revision moves a record to another period, that period is stored in addition to
    the record's own, so the periods of a record are compared at the end."""

    def __init__(self, pool: DatabasePool) -> None:
        self._pool = pool
        self._periods: dict[int, _Periods] = {}
        self._moved: dict[int, set[StoredName]] = {}
        """For records that an earlier audit has compared: the periods that revisions have moved them to since."""
        self._range = StoredNames([], {})
        self._before = Before()

    async def load(self, start: int, end: int) -> None:
        self._range = await read_names(self._pool, start, end)

    def before(self, record: AnyRecord, state: State) -> None:
        self._before = before_entering(record, state)

    def compare(
        self, replayed: ReplayedRecord, result: ReplayResult, replayer: Replayer
    ) -> Iterator[Difference]:
        index, lots = replayed.row.index, result.made
        if replayed.record is None or lots is None or not self._range.columns:
            return
        columns = self._range.columns[index - self._range.columns[0].index]
        state = replayer.state
        owners = other_owners(replayed.record, [state.lots[lot] for lot in result.touched or ()])
        yield from _compare_columns(replayed, replayed.record, columns, lots, owners)
        wanted = entered(index, replayed.record, replayer.state, self._before)
        later = yield from self._compare_names(self._range.entered.get(index, ()), wanted)
        periods = {name for name in wanted if name.kind == "provisional"}
        if later or (replayer.keeps and isinstance(replayed.record, Transformation) and periods):
            self._periods[index] = _Periods(periods, {*periods, *later})
        if result.revision is not None:
            self._revised(result.revision, result.provisional)

    def _compare_names(
        self, stored: Sequence[StoredName], wanted: Sequence[StoredName]
    ) -> Generator[Difference, None, Counter[StoredName]]:
        """Returns the stored periods that the record itself did not enter."""
        surplus = Counter(stored)
        surplus.subtract(wanted)
        for name, count in surplus.items():
            if count < 0:
                yield Difference(RULE, f"{_described(name)}, which the record entered, is not stored")
        over = Counter({name: count for name, count in surplus.items() if count > 0})
        later = Counter({name: count for name, count in over.items() if name.kind == "provisional"})
        for name in over - later:
            yield Difference(RULE, f"{_described(name)} is stored, but the record did not enter it")
        return later

    def _revised(self, revision: Revision, provisional: Collection[int]) -> None:
        """Notes the periods that a revision has moved records to. Records that were posted as final have no stored
        periods."""
        for revised in revision.revised:
            record = revised.prepared.submission.record if revised.prepared is not None else None
            if not revised.own or revised.index not in provisional or not isinstance(record, Transformation):
                continue
            rows = RowBuffer()
            rows.add_provisional(revised.index, record)
            if revised.index in self._periods:
                self._periods[revised.index].had.update(told_by(rows))
            else:
                self._moved.setdefault(revised.index, set()).update(told_by(rows))

    async def compare_ends(self, made: MadeRows) -> list[tuple[str, str, int | None]]:
        faults: list[tuple[str, str, int | None]] = []
        for index, (had, stored) in self._periods.items():
            faults += [
                (RULE, f"{_described(name)} is stored, but no record entered it", index) for name in stored - had]
            faults += [_unmoved(name, index) for name in had - stored]
        for index, had in self._moved.items():
            names = (await read_names(self._pool, index, index + 1)).entered.get(index, ())
            stored = {name for name in names if name.kind == "provisional"}
            faults += [_unmoved(name, index) for name in had - stored]
        return [*faults, *_compare_ends(await read_ends(self._pool), made)]


def _unmoved(name: StoredName, index: int) -> tuple[str, str, int | None]:
    return RULE, f"{_described(name)}, to which a revision moved the record, is not stored", index


def _compare_columns(
    replayed: ReplayedRecord, record: AnyRecord, columns: Columns, lots: int, owners: list[str] | None
) -> Iterator[Difference]:
    row, entry = replayed.row, replayed.entry
    if columns.leaf_hash != leaf_hash(row.entry):
        yield Difference(RULE, "the entry is stored with another leaf hash than its own", "entry.leaf_hash")
    pairs = (
        ("digest", columns.digest, entry.digest if entry is not None else None),
        ("type", columns.type, type_of(record)), ("issuer", columns.issuer, record.issuer),
        ("seed", columns.seed, row.seed if row.erased else salt_seed(record.nonce)),
        *zip(("starts", "ends"), (columns.starts, columns.ends), stated_times(record), strict=True),
        ("owners", columns.owners, owners),
    )
    for name, stored, wanted in pairs:
        if stored != wanted:
            yield Difference(
                RULE, f"the record is stored with {name} {_value(stored)}, not {_value(wanted)}", f"record.{name}")
    if columns.misplaced:
        yield Difference(RULE, "flows of the record are stored at wrong positions", "flow.position")
    for name, count in (("lots", columns.lots), ("figures", columns.figures), ("balances", columns.balances)):
        # Too few rows are reported by another rule.
        if count > lots:
            yield Difference(RULE, f"{count} {name} of the record are stored, but it made {lots} lots")


def _compare_ends(ends: Ends, made: MadeRows) -> Iterator[tuple[str, str, int | None]]:
    """Rule, message and index of each fault in rows that belong to no single record. Leaves out rows that were added
    since the audit read the head."""
    for kind, index in ends.beyond:
        yield RULE, f"table {kind} has rows beyond the log", index
    for prefix, organization in ends.strays:
        yield RULE, f"prefix {prefix!r} is stored for {organization}, but no record enters that organisation", None
    if ends.ledger != made.ledger:
        yield RULE, f"the database states another ledger: {ends.ledger[0]!r} with key {ends.ledger[1]}", None
    same = ends.size == made.frontier.size
    if same and ends.frontier != made.frontier.to_bytes():
        yield "root", "the frontier stored with the head differs from the frontier of the entries", None
    if same and ends.time != made.time:
        yield "time", f"the head is stored with time {ends.time}, but the last entry has time {made.time}", None
    roots = dict(made.roots)
    for (level, index), stored in ends.tiles.items():
        if (index + 1) * TILE_WIDTH ** (level + 1) <= made.start:
            continue
        wanted = roots.pop((level, index), None)
        if wanted is None and same:
            yield "tiles", f"tile {level}/{index} is stored, but the log is too short for it", None
        elif wanted is not None and stored != wanted:
            yield "tiles", f"tile {level}/{index} is stored with a root that differs from the root of its entries", None


def _described(name: StoredName) -> str:
    return f"{name.kind} {', '.join([str(value) for value in name.values])[:200]}"


def _value(value: object) -> str:
    return value.hex() if isinstance(value, bytes) else str(value)
