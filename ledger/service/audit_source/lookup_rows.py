"""What is stored beside entries and bodies, compared with what the records say.

No leaf and no proof rests on these rows, but admission and answers do: a server would admit by a forged key, prefix or
transfer and sign it honestly. Only a database shows them.
"""

from collections import Counter
from collections.abc import Collection, Generator, Iterator, Sequence
from typing import NamedTuple

from ledger.admission.kind import Before
from ledger.admission.state import State, type_of
from ledger.client.audit.findings import Difference
from ledger.client.audit.replay import ReplayedRecord, Replayer, ReplayResult
from ledger.client.audit.source.lookup_rows import MadeRows
from ledger.core.log.merkle import leaf_hash
from ledger.core.log.tiles import TILE_WIDTH
from ledger.core.outcome.leaves import salt_seed
from ledger.core.record.kinds import AnyRecord, Transformation
from ledger.engine.lookup_rows import add_lookup_rows, before_entering
from ledger.engine.revision.recompute import Revision
from ledger.engine.row_buffer import RowBuffer
from ledger.store.database import DatabasePool
from ledger.store.names import Columns, Ends, StoredName, StoredNames, read_ends, read_names, told_by

RULE = "names"


def entered(index: int, record: AnyRecord, state: State, before: Before) -> list[StoredName]:
    """What the record at `index`, applied to `state`, should have entered."""
    if isinstance(record, Transformation) and record.basis != "provisional":
        return []
    rows = RowBuffer()
    add_lookup_rows(rows, index, record, state, before)
    return told_by(rows)


class _Periods(NamedTuple):
    """Of a record that was posted provisional: the rows of the periods that it has had, and what is stored."""

    had: set[StoredName]
    stored: set[StoredName]


class NameCheck:
    """Compares record by record. A period that a revision has moved a record to is stored beside the record's own, so
    the periods of a record are judged at the end."""

    def __init__(self, pool: DatabasePool) -> None:
        self._pool = pool
        self._periods: dict[int, _Periods] = {}
        self._moved: dict[int, set[StoredName]] = {}
        """Of records that an earlier audit has compared, the periods that revisions have moved them to since."""
        self._range = StoredNames([], {})
        self._before = Before()

    async def load(self, start: int, end: int) -> None:
        self._range = await read_names(self._pool, start, end)

    def before(self, record: AnyRecord, state: State) -> None:
        self._before = before_entering(record, state)

    def compare(
        self, one: ReplayedRecord, result: ReplayResult, replayer: Replayer
    ) -> Iterator[Difference]:
        index, lots = one.row.index, result.made
        if one.record is None or lots is None or not self._range.columns:
            return
        columns = self._range.columns[index - self._range.columns[0].index]
        yield from _compare_columns(one, one.record, columns, lots)
        wanted = entered(index, one.record, replayer.state, self._before)
        later = yield from self._compare_told(self._range.entered.get(index, ()), wanted)
        if later or (replayer.keeps and isinstance(one.record, Transformation) and wanted):
            self._periods[index] = _Periods(set(wanted), {*wanted, *later})
        if result.revision is not None:
            self._revised(result.revision, result.provisional)

    def _compare_told(
        self, stored: Sequence[StoredName], wanted: Sequence[StoredName]
    ) -> Generator[Difference, None, Counter[StoredName]]:
        """Returns periods beside those that the record entered."""
        more = Counter(stored)
        more.subtract(wanted)
        for told, count in more.items():
            if count < 0:
                yield Difference(RULE, f"{_said(told)}, which the record entered, is not stored")
        over = Counter({told: count for told, count in more.items() if count > 0})
        later = Counter({told: count for told, count in over.items() if told.kind == "provisional"})
        for told in over - later:
            yield Difference(RULE, f"{_said(told)} is stored, but the record did not enter it")
        return later

    def _revised(self, revision: Revision, provisional: Collection[int]) -> None:
        """Accounts for the periods that a revision has moved records to; of one that was posted final none is
        stored."""
        for one in revision.revised:
            record = one.prepared.submission.record if one.prepared is not None else None
            if not one.own or one.index not in provisional or not isinstance(record, Transformation):
                continue
            rows = RowBuffer()
            rows.add_provisional(one.index, record)
            if one.index in self._periods:
                self._periods[one.index].had.update(told_by(rows))
            else:
                self._moved.setdefault(one.index, set()).update(told_by(rows))

    async def compare_ends(self, made: MadeRows) -> list[tuple[str, str, int | None]]:
        found: list[tuple[str, str, int | None]] = []
        for index, (had, stored) in self._periods.items():
            found += [(RULE, f"{_said(told)} is stored, but no record entered it", index) for told in stored - had]
            found += [_unmoved(told, index) for told in had - stored]
        for index, had in self._moved.items():
            told_of = (await read_names(self._pool, index, index + 1)).entered.get(index, ())
            stored = {told for told in told_of if told.kind == "provisional"}
            found += [_unmoved(told, index) for told in had - stored]
        return [*found, *_compare_ends(await read_ends(self._pool), made)]


def _unmoved(told: StoredName, index: int) -> tuple[str, str, int | None]:
    return RULE, f"{_said(told)}, to which it was moved, is not stored", index


def _compare_columns(one: ReplayedRecord, record: AnyRecord, columns: Columns, lots: int) -> Iterator[Difference]:
    if columns.leaf_hash != leaf_hash(one.row.entry):
        yield Difference(RULE, "the entry is stored with another leaf hash than its own", "entry.leaf_hash")
    pairs = (
        ("digest", columns.digest, one.entry.digest if one.entry is not None else None),
        ("type", columns.type, type_of(record)), ("issuer", columns.issuer, record.issuer),
        ("seed", columns.seed, one.row.seed if one.row.erased else salt_seed(record.nonce)),
    )
    for name, stored, wanted in pairs:
        if stored != wanted:
            yield Difference(
                RULE, f"the record is stored with {name} {_value(stored)}, not {_value(wanted)}", f"record.{name}")
    if columns.misplaced:
        yield Difference(RULE, "flows of the record are stored in other places than theirs", "flow.position")
    for name, count in (("lots", columns.lots), ("figures", columns.figures), ("balances", columns.balances)):
        # Where there are fewer, another rule has said so.
        if count > lots:
            yield Difference(RULE, f"{count} {name} of the record are stored, it made {lots}")


def _compare_ends(ends: Ends, made: MadeRows) -> Iterator[tuple[str, str, int | None]]:
    """Rule, message and index of what belongs to no record and is not as the log makes it; what the log has gained
    since is left out."""
    for kind, index in ends.beyond:
        yield RULE, f"table {kind} has rows beyond the log", index
    for prefix, organization in ends.strays:
        yield RULE, f"prefix {prefix!r} is stored for {organization}, whom no record enters", None
    if ends.ledger != made.ledger:
        yield RULE, f"the database says that it is ledger {ends.ledger[0]!r} with key {ends.ledger[1]}", None
    same = ends.size == made.frontier.size
    if same and ends.frontier != made.frontier.to_bytes():
        yield "root", "the head is stored with another frontier than the entries give", None
    if same and ends.time != made.time:
        yield "time", f"the head is stored with time {ends.time}, the last entry has {made.time}", None
    roots = dict(made.roots)
    for (level, index), stored in ends.tiles.items():
        if (index + 1) * TILE_WIDTH ** (level + 1) <= made.start:
            continue
        wanted = roots.pop((level, index), None)
        if wanted is None and same:
            yield "tiles", f"tile {level}/{index} is stored, but the log is not that long", None
        elif wanted is not None and stored != wanted:
            yield "tiles", f"tile {level}/{index} is stored with another root than its entries give", None


def _said(told: StoredName) -> str:
    return f"{told.kind} {', '.join([str(value) for value in told.values])[:200]}"


def _value(value: object) -> str:
    return value.hex() if isinstance(value, bytes) else str(value)
