"""The rows behind indicators: the transformations of a sector, and the energy and emissions of sites with reports."""

from collections.abc import AsyncIterator, Collection, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Final

import msgspec
from asyncpg import Record
from msgspec import Struct

from ledger.core.record.kinds import Facility, Report, Transformation
from ledger.core.record.values import Key
from ledger.footprint.derived.findings import findings_in, has_findings
from ledger.footprint.derived.inventory.scopes import Booked, total
from ledger.footprint.derived.inventory.sums import Inventory
from ledger.host.threads import in_thread
from ledger.service.queries.indicators.aggregate import IndicatorRow, Valued
from ledger.service.queries.indicators.catalogue import INDUSTRY
from ledger.service.queries.inventory.reported import by_subject
from ledger.service.queries.inventory.rows import InventorySpan, read_booked, read_reports
from ledger.service.queries.tree_size import AsOf
from ledger.store.database import DatabasePool
from ledger.store.sql import queries

_CHUNK: Final = 2_000
_FACILITIES: Final = 5_000


class _IndicatorAssessment(Struct, frozen=True):
    """The part of an assessment that states indicators."""

    indicators: dict[Key, Decimal] = {}


class _IndicatorLeaf(Struct, frozen=True):
    assessment: _IndicatorAssessment = _IndicatorAssessment()


_leaf = msgspec.json.Decoder(_IndicatorLeaf)
_facility = msgspec.json.Decoder(Facility)


class Scanned(Struct, frozen=True):
    """Rows of the period, and all facilities with records of the sector, with their operators."""

    rows: list[IndicatorRow]
    seen: dict[str, str]


async def scan(pool: DatabasePool, sector: str, span: InventorySpan, as_of: AsOf) -> AsyncIterator[Scanned]:
    """The transformations of a sector, in batches, in log order."""
    name = b'"process":"' + (b"" if sector == INDUSTRY else sector.encode() + b".")
    after = -1
    while True:
        rows = await pool.fetch(
            queries("indicators")["transformations"], [name], after, as_of.size, as_of.version, span.since,
            span.until, _CHUNK,
        )
        if not rows:
            return
        after = rows[-1]["index"]
        yield await in_thread(_scanned, rows, sector)


def _scanned(rows: Iterable[Record], sector: str) -> Scanned:
    # The text that SQL searched for can also occur in an activity. Only the field of the record itself counts.
    wanted = [row for row in rows if sector == INDUSTRY or row["process"].partition(".")[0] == sector]
    return Scanned(
        [IndicatorRow(row["issuer"], row["facility"], row["process"], row["ended"],
                      _leaf.decode(row["leaf"]).assessment.indicators, row["mass"],
                      findings_in(row["index"], row["leaf"]) if has_findings(row["leaf"]) else None)
         for row in wanted if row["leaf"] is not None],
        {row["facility"]: row["issuer"] for row in wanted},
    )


async def read_facilities(pool: DatabasePool, names: Collection[str], as_of: AsOf) -> dict[str, Facility]:
    """The records that registered the facilities, by id."""
    facilities: dict[str, Facility] = {}
    wanted = sorted(names)
    for start in range(0, len(wanted), _FACILITIES):
        rows = await pool.fetch(
            queries("contributions")["facilities"], wanted[start : start + _FACILITIES], as_of.size
        )
        facilities.update({row["id"]: _facility.decode(row["body"]) for row in rows})
    return facilities


async def read_reported(pool: DatabasePool, span: InventorySpan, as_of: AsOf) -> set[str]:
    """The facilities with a report in the period. Reports of whole organisations are not read, because they do not
    describe one sector or place."""
    rows = await pool.fetch(queries("indicators")["reported"], span.since, span.until, as_of.size)
    return {row["id"] for row in rows}


async def read_site_reports(
    pool: DatabasePool, facilities: Collection[str], span: InventorySpan, as_of: AsOf
) -> dict[str, list[Report]]:
    """The reports of facilities in the period, by facility."""
    return by_subject(await read_reports(pool, sorted(facilities), span, as_of)) if facilities else {}


async def read_valued(
    pool: DatabasePool, reports: Mapping[str, Sequence[Report]], operators: Mapping[str, str], as_of: AsOf
) -> list[Valued]:
    """The energy and emissions of sites in the periods of their reports, over records of all sectors."""
    if not reports:
        return []
    span = InventorySpan(min(one.start for some in reports.values() for one in some),
                         max(one.end for some in reports.values() for one in some))
    sums: dict[tuple[str, str], Inventory] = {}
    for issuer in sorted({operators[site] for site in reports}):
        async for records in read_booked(pool, [issuer], [issuer], span, as_of):
            await in_thread(_add, records, reports, sums)
    return [
        _valued(site, report, sums.get((site, report.start), Inventory()))
        for site, some in reports.items() for report in some
    ]


def _add(
    records: Iterable[Booked], reports: Mapping[str, Sequence[Report]], sums: dict[tuple[str, str], Inventory]
) -> None:
    for booked in records:
        site = booked.site
        if site is None or site not in reports or not isinstance(booked.record, Transformation):
            continue
        for report in reports[site]:
            if report.start < booked.record.end <= report.end:
                sums.setdefault((site, report.start), Inventory()).add(booked)


def _valued(site: str, report: Report, inventory: Inventory) -> Valued:
    emissions = total(one for one in inventory.emissions() if one.scope in ("1", "2"))
    return Valued(site, report, inventory.all_energy().comprehensive, emissions.location, inventory.records)
