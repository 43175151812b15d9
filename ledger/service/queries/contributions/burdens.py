"""Where a lot's figure comes from: a contribution table over everything upstream, as of any moment."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Final, TypeVar

import msgspec
from asyncpg import Record
from msgspec import Struct

from ledger.admission.facts import LOT_SLOTS
from ledger.core.outcome.assessment import BURDENS
from ledger.core.record.kinds import Addition, Transformation
from ledger.errors import InvalidInput
from ledger.footprint.derived.contributions import Upstream
from ledger.footprint.derived.tables.grouping import GroupingFacts, Site, facility_of
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
from ledger.service.queries.chain.upstream import MAX_RECORDS, Behind, read_behind, read_records
from ledger.service.queries.threads import in_thread
from ledger.store.database import DatabasePool
from ledger.store.sql import queries

SHOWN: Final = 50
MAX_SHOWN: Final = 10_000
_Value = TypeVar("_Value", bound=Struct)


class _FacilityName(Struct):
    """What is read of a facility."""

    country: str
    subdivision: str | None = None


class _ProductName(Struct):
    """What is read of a product."""

    sector: str


async def read_contributions(
    pool: DatabasePool, lot: str, by: str = "stage", at: int | None = None, burden: str = FOOTPRINT, limit: int = SHOWN,
    most: int = MAX_RECORDS,
) -> Contributions:
    """The table of a lot's footprint, or of one burden, as everything reads now, or read in a tree of `at` entries.

    Raises NotFound for an unknown lot; InvalidInput for what is no grouping, no burden, no tree of the log, for more
    than MAX_SHOWN rows, and where more than `most` records lie upstream.
    """
    check_question(by, limit, GROUPINGS)
    if not is_burden(burden):
        raise InvalidInput(f"unknown burden {burden!r}", code="unknown-burden", field="burden", value=burden,
                           rule=f"one of: {FOOTPRINT} {' '.join(BURDENS)}")
    behind = await read_behind(pool, lot, at, most)
    names = ContributionNames(pool, by, behind.moment.size)
    table = Table(by, burden, names.known)
    async for records in read_records(pool, behind):
        await names.learn(records)
        await in_thread(_take, table, records)
    figure = footprint(behind.burdens) if burden == FOOTPRINT else behind.burdens[SLOT[burden]]
    rows = await in_thread(table.rows, figure, limit)
    return told(behind, by, (burden, unit_of_burden(burden), figure), table.records, rows)


def check_question(by: str, limit: int, groupings: Sequence[str]) -> None:
    """Raises InvalidInput for a grouping that is none of these, and for a number of rows that is out of range."""
    if by not in groupings:
        raise InvalidInput(f"by: {by!r} is no grouping", code="unknown-grouping", field="by", value=by,
                           rule=f"one of: {' '.join(groupings)}")
    if not 1 <= limit <= MAX_SHOWN:
        raise InvalidInput(f"limit: {limit} rows cannot be shown", code="limit", field="limit", value=limit,
                           rule=f"1 to {MAX_SHOWN:,} rows")


def told(
    behind: Behind, by: str, figure: tuple[str, str, float], records: int, rows: list[ContributionRow]
) -> Contributions:
    """The answer. `figure`: what it is of, its unit, and how much it is."""
    of, unit, amount = figure
    return Contributions(
        lot=behind.lot, product=behind.row["product"], by=by, of=of, unit=unit, figure=amount,
        method=behind.row["method"], at=behind.moment.size, records=records, rows=rows,
    )


def _take(table: Table, records: Iterable[Upstream]) -> None:
    for one in records:
        table.add(one)


class ContributionNames:
    """Looks up, once each, what records name and a grouping needs to know."""

    def __init__(self, pool: DatabasePool, by: str, size: int) -> None:
        self._pools: dict[str, str] = {}
        self._facilities: dict[str, Site] = {}
        self._sectors: dict[int, str] = {}
        self._products: dict[str, str] = {}
        self._pool, self._by, self._size = pool, by, size
        self._sql = queries("contributions")
        self.known = GroupingFacts(self._pools, self._facilities, self._sectors)

    async def learn(self, records: Sequence[Upstream]) -> None:
        """Of these records. What is on the ledger as of then is all that they can name."""
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
        facilities = {facility_of(one.record, self.known) for one in records}
        for row in await self._missing("facilities", {one for one in facilities if one}, self._facilities):
            found = _read(row, _FacilityName)
            self._facilities[row["id"]] = Site(found.country, found.subdivision)

    async def _learn_sectors(self, records: Sequence[Upstream]) -> None:
        lots = [one.log_index * LOT_SLOTS for one in records if not isinstance(one.record, Transformation)]
        rows = await self._pool.fetch(self._sql["first_products"], lots) if lots else []
        for row in await self._missing("products", {row["product"] for row in rows}, self._products):
            self._products[row["id"]] = _read(row, _ProductName).sector
        for row in rows:
            self._sectors[row["index"]] = self._products[row["product"]]

    async def _missing(self, query: str, names: Collection[str], known: Mapping[str, object]) -> list[Record]:
        wanted = [name for name in names if name not in known]
        return await self._pool.fetch(self._sql[query], wanted, self._size) if wanted else []


def _read(row: Record, kind: type[_Value]) -> _Value:
    return msgspec.json.decode(row["body"], type=kind)
