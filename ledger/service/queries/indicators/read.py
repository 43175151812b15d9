"""The indicators of a sector over a period: in total and by group, with coverage, compared with targets."""

import re
from collections.abc import Callable, Mapping
from typing import Final
from weakref import WeakKeyDictionary

from msgspec.structs import replace

from ledger.answers.indicators import GroupAnswer, IndicatorsAnswer
from ledger.core.record.kinds import Facility, Report
from ledger.engine.sectors import Registry
from ledger.errors import InvalidInput, NotFound
from ledger.host.threads import in_thread
from ledger.service.access.sight import EVERYTHING, Sight
from ledger.service.queries.chain.load import pinned
from ledger.service.queries.footprint.attestations import tree_time
from ledger.service.queries.footprint.interests import read_groups
from ledger.service.queries.indicators.aggregate import IndicatorGroup, IndicatorRow, Valued
from ledger.service.queries.indicators.atoms import Atoms, CellName
from ledger.service.queries.indicators.catalogue import INDUSTRY, catalogued, composites_of, targets_of, wholes_of
from ledger.service.queries.indicators.present import NOTE, group_answer
from ledger.service.queries.indicators.release import (
    SUPPRESSED,
    Looks,
    Release,
    may_replace,
    read_release,
    release_of,
    store_release,
)
from ledger.service.queries.indicators.rows import read_facilities, read_reported, read_site_reports, read_valued, scan
from ledger.service.queries.inventory.rows import InventorySpan
from ledger.service.queries.periods import BEGIN, NEVER, Period, period_of
from ledger.service.queries.questions import PeriodQuestion
from ledger.service.queries.tree_size import AsOf, as_of_size
from ledger.store.database import DatabasePool
from ledger.store.facts import FactLoader

GROUPINGS: Final = ("organization", "park", "province", "year", "facility")
_NEW_YEAR: Final = re.compile(r"(\d{4})-01-01T00:00:00Z")
_LOOKS: Final = WeakKeyDictionary[DatabasePool, Looks]()
_INDUSTRY: Final = {"en": "All industry on this ledger", "zh": "本账本全部工业"}


async def read_indicators(
    pool: DatabasePool, registry: Registry, question: PeriodQuestion, by: str | None = None, sight: Sight = EVERYTHING
) -> IndicatorsAnswer:
    """Indicators of a sector, or of `industry` as a whole, over the records that ended in a period; also by one of
    GROUPINGS if `by` is given. A caller who does not see all organisations gets the release of an ended year, and
    sums over its own ones.

    Raises NotFound for a sector that is neither on the ledger nor in the catalogue; InvalidInput for a malformed day or
    instant, an empty period, an unknown grouping, or an invalid tree size.
    """
    period = period_of(question.since, question.until)
    if by is not None and by not in GROUPINGS:
        raise InvalidInput(f"by: unknown grouping {by!r}", code="unknown-by", field="by", value=by,
                           rule="one of: " + " ".join(GROUPINGS))
    names = await _names(pool, registry, question.subject)
    as_of = await pinned(pool, await as_of_size(pool, question.at))
    released = None
    if not sight.whole and question.at is None and question.subject != INDUSTRY:
        released = await _released(pool, question.subject, period, as_of)
        as_of = as_of if released is None else await as_of_size(pool, released.size)
    span = InventorySpan(period.since or BEGIN, period.until or NEVER)
    aggregation = _IndicatorAggregation(pool, question.subject, span, by, as_of)
    aggregation.counts = None if sight.whole else sight.of_own
    if sight.whole or sight.rights.own or sight.rights.whole_grantors:
        await aggregation.read()
    await sight.note(aggregation.issuers)
    answer = await in_thread(aggregation.answer, names, period)
    return answer if sight.whole else _shown(answer, released)


async def _released(pool: DatabasePool, sector: str, period: Period, as_of: AsOf) -> Release | None:
    """The release of a period that is a calendar year and has ended; None for another one. A new one is made
    for a year without one, or if enough has changed since."""
    year = ended_year(period.since, period.until, await tree_time(pool, as_of.size))
    if year is None:
        return None
    stored = await read_release(pool, sector, year)
    if stored is not None and (stored.size == as_of.size or not _LOOKS.setdefault(pool, Looks()).due(sector, year)):
        return stored
    now, atoms = await _year(pool, sector, year, as_of)
    fresh = await in_thread(_release, now, atoms, stored)
    if fresh.is_empty:
        # It is not stored: whoever asks for many years would fill the table.
        return stored or fresh
    if stored is not None:
        if replace(fresh, size=stored.size) == stored:
            return stored
        _, before = await _year(pool, sector, year, await as_of_size(pool, stored.size))
        if not await in_thread(may_replace, stored, before, fresh, atoms):
            return stored
    await store_release(pool, sector, year, fresh, stored)
    return await read_release(pool, sector, year)


async def _year(pool: DatabasePool, sector: str, year: int, as_of: AsOf) -> tuple["_IndicatorAggregation", Atoms]:
    span = InventorySpan(f"{year:04d}-01-01T00:00:00Z", f"{year + 1:04d}-01-01T00:00:00Z")
    atoms = Atoms(composites_of(sector), wholes_of(sector))
    aggregation = _IndicatorAggregation(pool, sector, span, "province", as_of)
    aggregation.atoms = atoms
    await aggregation.read()
    return aggregation, atoms


def _release(of: "_IndicatorAggregation", atoms: Atoms, stored: Release | None) -> Release:
    return release_of(of.as_of.size, atoms, of.places(), () if stored is None else stored.cells)


def _shown(own: IndicatorsAnswer, released: Release | None) -> IndicatorsAnswer:
    """The answer to a caller who does not see all organisations, from the answer over those that it sees."""
    groups = {group.key: replace(group, only_own=True) for group in own.groups}
    total = None if released is None else released.total
    if released is not None and own.by == "province":
        groups |= {group.key: group for group in released.provinces}
    answer = replace(own, note=f"{NOTE} {SUPPRESSED}", only_own=True,
                     groups=sorted(groups.values(), key=lambda one: (one.key is None, one.key or "")))
    if total is None:
        return answer
    return replace(answer, only_own=False, coverage=total.coverage, records=total.records, indicators=total.indicators,
                   targets=total.targets, questioned=total.questioned, findings=total.findings)


def ended_year(since: str | None, until: str | None, now: str) -> int | None:
    """The calendar year that is the period from one instant to another, if it has ended `now`. Years do not overlap, so
    no difference of two periods is a smaller one."""
    first, last = _NEW_YEAR.fullmatch(since or ""), _NEW_YEAR.fullmatch(until or "")
    if first is None or last is None or until is None or until > now:
        return None
    return int(first[1]) if int(first[1]) + 1 == int(last[1]) else None


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
        """`counts`: whether the records of an organisation count; all do without it. `atoms` collects all records."""
        self._pool, self._sector, self._span, self._by, self.as_of = pool, sector, span, by, as_of
        self.counts: Callable[[str], bool] | None = None
        self.atoms: Atoms | None = None
        self._tops: dict[str, str] = {}
        self._composites = composites_of(sector)
        self._whole = IndicatorGroup(self._composites)
        self._groups: dict[str | None, IndicatorGroup] = {}
        self._operators: dict[str, str] = {}
        self._facilities: dict[str, Facility] = {}
        self._reports: dict[str, list[Report]] = {}

    @property
    def issuers(self) -> frozenset[str]:
        """The organisations whose records are in the sums."""
        return frozenset(self._operators.values())

    async def read(self) -> None:
        reported = await read_reported(self._pool, self._span, self.as_of)
        async for scanned in scan(self._pool, self._sector, self._span, self.as_of):
            fresh = {site: issuer for site, issuer in scanned.seen.items()
                     if site not in self._operators and self._counted(issuer)}
            self._operators.update(fresh)
            if fresh:
                if self.atoms is not None:
                    groups = await read_groups(self._pool, set(fresh.values()), self.as_of.size)
                    self._tops.update(groups.at(self._span.since))
                self._facilities.update(await read_facilities(self._pool, fresh, self.as_of))
                self._reports.update(
                    await read_site_reports(self._pool, reported & fresh.keys(), self._span, self.as_of)
                )
            await in_thread(self._take, [row for row in scanned.rows if self._counted(row.issuer)])
        for valued in await read_valued(self._pool, self._reports, self._operators, self.as_of):
            self._value(valued)

    def _counted(self, issuer: str) -> bool:
        return self.counts is None or self.counts(issuer)

    def _take(self, rows: list[IndicatorRow]) -> None:
        for row in rows:
            reports, key = self._reports.get(row.facility, ()), self._key(row.facility, row.issuer, row.ended)
            self._whole.take(row, reports)
            if self._by is not None:
                self._group(key).take(row, reports)
            if self.atoms is not None:
                self.atoms.take(key, self._tops.get(row.issuer, row.issuer), row, reports)

    def _value(self, valued: Valued) -> None:
        self._whole.valued.append(valued)
        operator = self._operators[valued.facility]
        key = self._key(valued.facility, valued.report.issuer, valued.report.end)
        if self._by is not None:
            self._group(key).valued.append(valued)
        if self.atoms is not None:
            self.atoms.value(key, self._tops.get(operator, operator), valued)

    def _group(self, key: str | None) -> IndicatorGroup:
        return self._groups.setdefault(key, IndicatorGroup(self._composites))

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

    def places(self) -> dict[CellName, GroupAnswer]:
        """The answers in total and by group, over the facilities of the period alone."""
        targets = targets_of(self._sector)
        groups = {CellName("", is_total=True): self._whole} | {
            CellName("", key): group for key, group in self._groups.items()}
        return {place: group_answer(group, len(group.facilities), self._composites, targets, place.place)
                for place, group in groups.items()}

    def answer(self, names: Mapping[str, str], period: Period) -> IndicatorsAnswer:
        targets = targets_of(self._sector)
        whole = group_answer(self._whole, len(self._operators), self._composites, targets)
        return IndicatorsAnswer(
            sector=self._sector, names=dict(names), since=period.since, until=period.until, by=self._by,
            at=self.as_of.size, coverage=whole.coverage, records=whole.records, indicators=whole.indicators,
            targets=whole.targets, note=NOTE, questioned=whole.questioned, findings=whole.findings,
            groups=[
                group_answer(group, self._known(key), self._composites, targets, key)
                for key, group in sorted(self._groups.items(), key=lambda one: (one[0] is None, one[0] or ""))
            ],
        )
