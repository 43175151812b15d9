"""The sources of a lot's figure: a contribution table over everything upstream, as of any moment."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Final, NamedTuple, TypeVar

import msgspec
from asyncpg import Record
from msgspec import Struct
from msgspec.structs import replace

from ledger.access.policy import Level
from ledger.admission.facts import LOT_SLOTS
from ledger.core.outcome.assessment import BURDENS, QUESTIONED
from ledger.core.record.kinds import Addition, Transformation
from ledger.errors import InvalidInput
from ledger.footprint.derived.chain.boundary import HiddenAmounts
from ledger.footprint.derived.contributions import Upstream, Weights
from ledger.footprint.derived.tables.grouping import OF_PART, GroupingFacts, Site, facility_of
from ledger.footprint.derived.tables.parts import TablePart, finding_part, hidden_part, parts
from ledger.footprint.derived.tables.rows import (
    FOOTPRINT,
    GROUPINGS,
    ContributionRow,
    Contributions,
    is_burden,
    unit_of_burden,
)
from ledger.footprint.derived.tables.table import Table
from ledger.footprint.stored.burdens import SLOT, footprint
from ledger.host.threads import in_thread
from ledger.service.access.sight import EVERYTHING, Sight
from ledger.service.access.walk import hidden_parts
from ledger.service.queries.chain.findings import ChainFindings, read_chain_findings
from ledger.service.queries.chain.hidden import HiddenChain
from ledger.service.queries.chain.upstream import (
    MAX_RECORDS,
    UpstreamChain,
    read_into,
    read_records,
    read_upstream,
)
from ledger.service.queries.findings import note_on
from ledger.service.queries.questions import LotQuestion
from ledger.store.database import DatabasePool
from ledger.store.sql import queries

SHOWN: Final = 50
MAX_SHOWN: Final = 10_000
_BY_ORGANIZATION: Final = "organization"
_LEVELS: Final = {"stage": Level.STAGES, _BY_ORGANIZATION: Level.SUPPLIERS}
_Value = TypeVar("_Value", bound=Struct)


class TableLayout(NamedTuple):
    """The layout of a contribution table: `by` names the grouping, `limit` is the most rows to show."""

    by: str = "stage"
    limit: int = SHOWN

    def check(self, groupings: Sequence[str]) -> None:
        """Raises InvalidInput if `by` is not one of the groupings, or if `limit` is out of range."""
        if self.by not in groupings:
            raise InvalidInput(f"by: unknown grouping {self.by!r}", code="unknown-grouping", field="by", value=self.by,
                               rule=f"one of: {' '.join(groupings)}")
        if not 1 <= self.limit <= MAX_SHOWN:
            raise InvalidInput(f"limit={self.limit} rows is out of range", code="limit", field="limit",
                               value=self.limit, rule=f"1 to {MAX_SHOWN:,} rows")


BY_STAGE: Final = TableLayout()


class TableFigure(NamedTuple):
    """The figure to which the rows of a table add up. `name`: of the burden or content."""

    name: str
    unit: str
    amount: float


class _FacilityName(Struct):
    """The fields of a facility that this module reads."""

    country: str
    subdivision: str | None = None


class _ProductName(Struct):
    """The field of a product that this module reads."""

    sector: str


async def read_contributions(
    pool: DatabasePool, question: LotQuestion, burden: str = FOOTPRINT, layout: TableLayout = BY_STAGE,
    most: int = MAX_RECORDS, sight: Sight = EVERYTHING,
) -> Contributions:
    """The contribution table of a lot's footprint, or of one burden, over the records that the caller sees.

    Raises NotFound for an unknown lot; InvalidInput for an unknown grouping or burden, an invalid tree size, more than
    MAX_SHOWN rows, and if more than `most` records lie upstream. Raises Denied as `read_upstream` and `add_hidden` do.
    """
    layout.check(GROUPINGS)
    if not is_burden(burden):
        raise InvalidInput(f"unknown burden {burden!r}", code="unknown-burden", field="burden", value=burden,
                           rule=f"one of: {FOOTPRINT} {' '.join(BURDENS)}")
    chain = await read_upstream(pool, question, most, sight, level_for(layout.by))
    reader = await ContributionReader.over(pool, chain, question, burden, layout)
    if burden == QUESTIONED:
        await reader.take_questions()
    else:
        await read_into(pool, chain, reader)
    return await reader.answer()


class ContributionReader:
    """Adds up the contribution table of a lot from the records upstream."""

    def __init__(
        self, pool: DatabasePool, chain: UpstreamChain, burden: str, layout: TableLayout, labels: "TableLabels",
    ) -> None:
        self._pool, self._chain, self._burden, self._layout, self._labels = pool, chain, burden, layout, labels
        self._names = ContributionNames(pool, layout.by, chain.as_of.size)
        self._within: Mapping[int, float] = {} if labels.hidden is None else labels.hidden.within
        self._table = Table(layout.by, burden, self._names.facts)

    @classmethod
    async def over(
        cls, pool: DatabasePool, chain: UpstreamChain, question: LotQuestion, burden: str = FOOTPRINT,
        layout: TableLayout = BY_STAGE,
    ) -> "ContributionReader":
        """A table that has the hidden parts of the chain already. Raises Denied as `add_hidden`."""
        findings = await read_chain_findings(pool, chain)
        hidden = None if chain.hidden is None else _hidden(chain.hidden, burden, findings, layout.by)
        reader = cls(pool, chain, burden, layout, TableLabels(layout.by, findings, hidden))
        if hidden is not None:
            add_hidden(reader._table, hidden, question, layout.by)
        return reader

    async def take(self, records: Sequence[Upstream]) -> None:
        await self._names.learn(records)
        await in_thread(_take, self._table, records, self._within)

    async def take_questions(self) -> None:
        """Takes the amounts in question instead, with the records that they belong to."""
        questions = self._labels.findings, self._within
        await _add_questions(self._pool, self._chain, self._table, self._names, questions)

    async def answer(self) -> Contributions:
        """The table, with as many rows as its layout shows."""
        burdens, burden = self._chain.burdens, self._burden
        amount = footprint(burdens) if burden == FOOTPRINT else burdens[SLOT[burden]]
        rows = await in_thread(self._table.rows, amount, self._layout.limit)
        figure = TableFigure(burden, unit_of_burden(burden), amount)
        return contributions_answer(self._chain, figure, self._table.records, rows, self._labels)


def level_for(by: str) -> Level:
    """The level at which a caller may see a record in a table with this grouping, without seeing the record itself."""
    return _LEVELS.get(by, Level.FULL)


def add_hidden(table: Table, hidden: HiddenAmounts, question: LotQuestion, by: str) -> None:
    """Adds rows for hidden parts. Raises Denied for a grouping of lines if an amount of a single hidden party counts
    with a visible record: its own row would show it."""
    if hidden.within and by in OF_PART:
        raise hidden_parts("lot", question.lot)
    table.add_hidden(hidden, by_supplier=by == _BY_ORGANIZATION)


def _hidden(chain: HiddenChain, burden: str, findings: ChainFindings, by: str) -> HiddenAmounts:
    """The amounts of hidden parts in the figure of a table."""
    named = by == _BY_ORGANIZATION
    if burden == QUESTIONED:
        return chain.amounts({lot.number: lot.questioned for lot in chain.lots}, findings.hidden, named=named)
    if burden == FOOTPRINT:
        return chain.amounts({lot.number: lot.footprint for lot in chain.lots}, named=named)
    return chain.amounts({lot.number: lot.burdens[SLOT[burden]] for lot in chain.lots}, named=named)


async def _add_questions(
    pool: DatabasePool, chain: UpstreamChain, table: Table, names: "ContributionNames",
    questions: tuple[ChainFindings, Mapping[int, float]],
) -> None:
    """Adds the amounts in question, by the records whose findings question them, and by those that take hidden lots."""
    findings, within = questions
    amounts: dict[int, list[TablePart]] = {}
    for finding in findings.listed.all:
        if finding.questioned:
            amounts.setdefault(finding.record, []).append(finding_part(finding))
    for index, amount in within.items():
        amounts.setdefault(index, []).append(hidden_part(amount))
    questioning = chain._replace(weights=Weights(dict.fromkeys(amounts, 1.0), {}))
    async for records in read_records(pool, questioning):
        await names.learn(records)
        for record in records:
            table.add_parts(record, amounts[record.log_index])


class TableLabels(NamedTuple):
    """The grouping of a table, the findings behind its lot, and the amounts that are hidden from the caller."""

    by: str
    findings: ChainFindings
    hidden: HiddenAmounts | None = None


def contributions_answer(
    chain: UpstreamChain, figure: TableFigure, records: int, rows: list[ContributionRow], labels: TableLabels
) -> Contributions:
    """The table of a figure as an answer. `records`: how many records it is made of."""
    findings = labels.findings.listed
    hidden = None
    if chain.hidden is not None and labels.hidden is not None:
        hidden = chain.hidden.answer(labels.hidden, labels.findings.hidden)
        rows = [_without_content(row, chain.partly) for row in rows]
    return Contributions(
        lot=chain.lot, product=chain.row["product"], by=labels.by, of=figure.name, unit=figure.unit,
        figure=figure.amount, method=chain.row["method"], at=chain.as_of.size, records=records, rows=rows,
        questioned=chain.burdens[SLOT[QUESTIONED]], findings=findings.items, findings_left_off=findings.left_off,
        findings_note=note_on(findings), hidden=hidden,
    )


def _without_content(row: ContributionRow, partly: frozenset[int]) -> ContributionRow:
    """The row without the name of a record of which the caller sees sums only."""
    if row.heaviest is None or row.heaviest.index not in partly:
        return row
    return replace(row, heaviest=None, records=0)


def _take(table: Table, records: Iterable[Upstream], within: Mapping[int, float]) -> None:
    for record in records:
        if record.log_index in within:
            own = parts(record, table.burden)
            table.add_parts(record, [*own, hidden_part(within[record.log_index])])
        else:
            table.add(record)


class ContributionNames:
    """The pools, facilities and products that records name. Looks up each of them once, if the grouping needs it."""

    def __init__(self, pool: DatabasePool, by: str, size: int) -> None:
        self._pools: dict[str, str] = {}
        self._facilities: dict[str, Site] = {}
        self._sectors: dict[int, str] = {}
        self._products: dict[str, str] = {}
        self._pool, self._by, self._size = pool, by, size
        self._sql = queries("contributions")
        self.facts = GroupingFacts(self._pools, self._facilities, self._sectors)

    async def learn(self, records: Sequence[Upstream]) -> None:
        """Looks up the names in these records. Records can name only objects that were on the ledger at that moment."""
        await self._learn_pools(records)
        if self._by in ("country", "subdivision"):
            await self._learn_sites(records)
        if self._by == "sector":
            await self._learn_sectors(records)

    async def _learn_pools(self, records: Sequence[Upstream]) -> None:
        named = {one.record.pool for one in records if isinstance(one.record, Addition)}
        for row in await self._missing("pools", named, self._pools):
            self._pools[row["id"]] = row["facility"]

    async def _learn_sites(self, records: Sequence[Upstream]) -> None:
        facilities = {facility_of(one.record, self.facts) for one in records}
        for row in await self._missing("facilities", {one for one in facilities if one}, self._facilities):
            facility = _read(row, _FacilityName)
            self._facilities[row["id"]] = Site(facility.country, facility.subdivision)

    async def _learn_sectors(self, records: Sequence[Upstream]) -> None:
        lots = [one.log_index * LOT_SLOTS for one in records if not isinstance(one.record, Transformation)]
        rows = await self._pool.fetch(self._sql["first_products"], lots) if lots else []
        for row in await self._missing("products", {row["product"] for row in rows}, self._products):
            self._products[row["id"]] = _read(row, _ProductName).sector
        for row in rows:
            self._sectors[row["index"]] = self._products[row["product"]]

    async def _missing(self, query: str, names: Collection[str], learned: Mapping[str, object]) -> list[Record]:
        wanted = [name for name in names if name not in learned]
        return await self._pool.fetch(self._sql[query], wanted, self._size) if wanted else []


def _read(row: Record, kind: type[_Value]) -> _Value:
    return msgspec.json.decode(row["body"], type=kind)
