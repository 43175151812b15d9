"""The indicators of a sector over a period: in total and by group, with coverage, compared with targets."""

from collections.abc import Mapping
from typing import Final

from ledger.access.aggregates import is_ended_year
from ledger.answers.indicators import IndicatorsAnswer
from ledger.core.record.kinds import Facility, Report
from ledger.engine.sectors import Registry
from ledger.errors import InvalidInput, NotFound
from ledger.host.threads import in_thread
from ledger.service.access.sight import EVERYTHING, Sight
from ledger.service.queries.chain.load import pinned
from ledger.service.queries.footprint.attestations import tree_time
from ledger.service.queries.footprint.interests import read_groups
from ledger.service.queries.indicators.aggregate import IndicatorGroup, IndicatorRow, Valued
from ledger.service.queries.indicators.catalogue import INDUSTRY, catalogued, composites_of, targets_of
from ledger.service.queries.indicators.present import NOTE, group_answer
from ledger.service.queries.indicators.rows import read_facilities, read_reported, read_site_reports, read_valued, scan
from ledger.service.queries.indicators.shown import SUPPRESSED, ShownSums
from ledger.service.queries.inventory.rows import InventorySpan
from ledger.service.queries.periods import BEGIN, NEVER, Period, period_of
from ledger.service.queries.questions import PeriodQuestion
from ledger.service.queries.tree_size import AsOf, as_of_size
from ledger.store.database import DatabasePool
from ledger.store.facts import FactLoader

GROUPINGS: Final = ("organization", "park", "province", "year", "facility")
_INDUSTRY: Final = {"en": "All industry on this ledger", "zh": "本账本全部工业"}


async def read_indicators(
    pool: DatabasePool, registry: Registry, question: PeriodQuestion, by: str | None = None, sight: Sight = EVERYTHING
) -> IndicatorsAnswer:
    """Indicators of a sector, or of `industry` as a whole, over the records that ended in a period; also by one of
    GROUPINGS if `by` is given. A caller who does not see all organisations gets the sums of `ShownSums`.

    Raises NotFound for a sector that is neither on the ledger nor in the catalogue; InvalidInput for a malformed day or
    instant, an empty period, an unknown grouping, or an invalid tree size.
    """
    period = period_of(question.since, question.until)
    if by is not None and by not in GROUPINGS:
        raise InvalidInput(f"by: unknown grouping {by!r}", code="unknown-by", field="by", value=by,
                           rule="one of: " + " ".join(GROUPINGS))
    names = await _names(pool, registry, question.subject)
    as_of = await pinned(pool, await as_of_size(pool, question.at))
    span = InventorySpan(period.since or BEGIN, period.until or NEVER)
    aggregation = _IndicatorAggregation(pool, question.subject, span, by, as_of)
    if not sight.whole:
        now = await tree_time(pool, as_of.size)
        mixes = (question.at is None and question.subject != INDUSTRY
                 and is_ended_year(period.since, period.until, now))
        aggregation.sums = ShownSums(sight, aggregation.composites, mixes=mixes)
    await aggregation.read()
    await sight.note({issuer for issuer in aggregation.issuers if sight.of_own(issuer)})
    return await in_thread(aggregation.answer, names, period)


async def _names(pool: DatabasePool, registry: Registry, sector: str) -> Mapping[str, str]:
    """The names of a sector by language. Raises NotFound for an unknown sector."""
    if sector == INDUSTRY:
        return _INDUSTRY
    installed = registry.sector(sector)
    if installed is not None:
        return {"en": installed.sector.en, "zh": installed.sector.zh}
    async with pool.acquire() as connection:
        in_force = (await FactLoader().in_force(connection)).plugins
    if sector not in in_force and sector not in catalogued():
        raise NotFound(f"unknown sector {sector!r}", code="unknown-sector", field="sector", value=sector,
                       rule="one of: " + " ".join(sorted({*registry.sectors, *in_force, *catalogued()})))
    return {}


class _IndicatorAggregation:
    """Reads a sector's records once, and adds them to the total and to their groups."""

    def __init__(self, pool: DatabasePool, sector: str, span: InventorySpan, by: str | None, as_of: AsOf) -> None:
        self._pool, self._sector, self._span, self._by, self._moment = pool, sector, span, by, as_of
        self.composites = composites_of(sector)
        self.sums: ShownSums | None = None
        self._whole = IndicatorGroup(self.composites)
        self._groups: dict[str | None, IndicatorGroup] = {}
        self._operators: dict[str, str] = {}
        self._facilities: dict[str, Facility] = {}
        self._reports: dict[str, list[Report]] = {}

    @property
    def issuers(self) -> frozenset[str]:
        """The organisations whose records are in the sums."""
        return frozenset(self._operators.values())

    async def read(self) -> None:
        reported = await read_reported(self._pool, self._span, self._moment)
        async for scanned in scan(self._pool, self._sector, self._span, self._moment):
            fresh = {site: issuer for site, issuer in scanned.seen.items() if site not in self._operators}
            self._operators.update(fresh)
            if fresh and self.sums is not None:
                self.sums.tops.update(await read_groups(self._pool, set(fresh.values())))
            if fresh:
                self._facilities.update(await read_facilities(self._pool, fresh, self._moment))
                self._reports.update(
                    await read_site_reports(self._pool, reported & fresh.keys(), self._span, self._moment)
                )
            await in_thread(self._take, scanned.rows)
        for valued in await read_valued(self._pool, self._reports, self._operators, self._moment):
            self._value(valued)

    def _take(self, rows: list[IndicatorRow]) -> None:
        for row in rows:
            reports = self._reports.get(row.facility, ())
            if self.sums is not None:
                self.sums.take(self._key(row.facility, row.issuer, row.ended), row, reports)
                continue
            self._whole.take(row, reports)
            if self._by is not None:
                self._group(self._key(row.facility, row.issuer, row.ended)).take(row, reports)

    def _value(self, valued: Valued) -> None:
        if self.sums is not None:
            key = self._key(valued.facility, valued.report.issuer, valued.report.end)
            self.sums.value(key, self._operators[valued.facility], valued)
            return
        self._whole.valued.append(valued)
        if self._by is not None:
            key = self._key(valued.facility, valued.report.issuer, valued.report.end)
            self._group(key).valued.append(valued)

    def _group(self, key: str | None) -> IndicatorGroup:
        return self._groups.setdefault(key, IndicatorGroup(self.composites))

    def _key(self, facility: str, issuer: str, ended: str) -> str | None:
        """The group of a record. A record that ends on 1 January at 00:00 belongs to the year before."""
        site = self._facilities.get(facility)
        match self._by:
            case "organization":
                return issuer
            case "park":
                return None if site is None else site.park
            case "province":
                return None if site is None else site.subdivision
            case "facility":
                return facility
            case _:
                year = int(ended[:4])
                return f"{year - 1 if ended[4:] == '-01-01T00:00:00Z' else year:04d}"

    def _known(self, key: str | None) -> int:
        """The number of a group's facilities on the ledger; for a year, the number of all facilities."""
        if self._by == "year":
            return len(self._operators)
        return sum(self._key(site, issuer, "") == key for site, issuer in self._operators.items())

    def answer(self, names: Mapping[str, str], period: Period) -> IndicatorsAnswer:
        targets = targets_of(self._sector)
        if self.sums is not None:
            return self._shown(self.sums, names, period)
        whole = group_answer(self._whole, len(self._operators), self.composites, targets)
        return IndicatorsAnswer(
            sector=self._sector, names=dict(names), since=period.since, until=period.until, by=self._by,
            at=self._moment.size, coverage=whole.coverage, records=whole.records, indicators=whole.indicators,
            targets=whole.targets, note=NOTE, questioned=whole.questioned, findings=whole.findings,
            groups=[
                group_answer(group, self._known(key), self.composites, targets, key)
                for key, group in sorted(self._groups.items(), key=lambda one: (one[0] is None, one[0] or ""))
            ],
        )

    def _shown(self, sums: ShownSums, names: Mapping[str, str], period: Period) -> IndicatorsAnswer:
        """The answer to a caller who does not see all organisations."""
        whole = sums.total(targets_of(self._sector))
        return IndicatorsAnswer(
            sector=self._sector, names=dict(names), since=period.since, until=period.until, by=self._by,
            at=self._moment.size, coverage=whole.coverage, records=whole.records, indicators=whole.indicators,
            targets=whole.targets, note=f"{NOTE} {SUPPRESSED}", questioned=whole.questioned, findings=whole.findings,
            groups=sums.groups(targets_of(self._sector), mixes=self._by == "province") if self._by else [],
            only_own=whole.only_own,
        )
