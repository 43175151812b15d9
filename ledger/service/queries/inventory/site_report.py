"""The yearly report of one site, by the structure of the GB/T 32151 series."""

from typing import Final

import msgspec

from ledger.answers.inventory import ActivityAnswer, SectionAnswer, SiteReportAnswer
from ledger.answers.sites import SiteReconciliationAnswer
from ledger.core.record.kinds import Consumption, Facility
from ledger.errors import NotFound
from ledger.footprint.derived.inventory.scopes import RETIRED, USED, total
from ledger.footprint.derived.inventory.site_report import SECTIONS, SiteReport, SiteRow
from ledger.footprint.derived.inventory.sums import Inventory
from ledger.host.threads import in_thread
from ledger.service.queries.chain.load import pinned
from ledger.service.queries.inventory.present import energy_answer, left_out_answer
from ledger.service.queries.inventory.read import read_sites, span_of
from ledger.service.queries.inventory.reconcile import OperatedSites, reconcile_sites
from ledger.service.queries.inventory.rows import read_booked
from ledger.service.queries.tree_size import as_of_size
from ledger.store.database import DatabasePool
from ledger.store.sql import queries

_facility = msgspec.json.Decoder(Facility)
NOTES: Final = (
    "The layout follows the GB/T 32151 series (combustion, process, purchased minus exported electricity and heat); "
    "the global warming potentials are from the ledger's method, not from an edition of the standard.",
    "An emission factor is the line's emissions divided by its activity data: the average factor of the records.",
    "Exported electricity and heat are lots that the site made and did not use, with the emissions of this report that "
    "these lots carry.",
    "Purchased electricity and heat in lots count with all burdens that the lots carry, including lots from other "
    "sites of the organisation.",
)


async def read_site_report(
    pool: DatabasePool, facility: str, year: int, at: int | None = None, organization: str | None = None
) -> SiteReportAnswer:
    """The report of a facility, now or as of the tree of `at` entries. `organization`: its operator, if given.

    Raises NotFound for a facility that is not on the ledger, or that another organisation operates, and for a year in
    which no record of the facility ends; InvalidInput for a year out of range, an invalid tree size, and too many
    records.
    """
    span = span_of(year)
    as_of = await pinned(pool, await as_of_size(pool, at))
    rows = await pool.fetch(queries("contributions")["facilities"], [facility], as_of.size)
    site = _facility.decode(rows[0]["body"]) if rows else None
    if site is None or organization not in (None, site.issuer):
        of = "" if organization is None else f" of {organization}"
        raise NotFound(f"facility {facility!r}{of} is not on the ledger", code="unknown-facility", field="facility",
                       value=facility, rule="the id of a facility, and its operator if `organization` is given")
    operated = list(await read_sites(pool, [site.issuer], as_of))
    report, whole = SiteReport(facility), Inventory()
    async for records in read_booked(pool, [site.issuer], [site.issuer], span, as_of):
        for booked in records:
            report.add(booked)
            # An organisation that names no facility used the goods at its only one.
            anywhere = booked.site is None and isinstance(booked.record, Consumption) and operated == [facility]
            if booked.site == facility or anywhere:
                whole.add(booked)
    if not report.records:
        raise NotFound(f"no record of {facility!r} ends in {year}", code="no-records", field="year", value=year,
                       rule="a year in which a record of the facility ends")
    reconciled = await reconcile_sites(pool, OperatedSites(site.issuer, operated, [facility]), span, as_of)
    return await in_thread(_answer, site, (year, as_of.size), report, whole, reconciled[facility])


def _answer(
    facility: Facility, asked: tuple[int, int], report: SiteReport, whole: Inventory,
    reconciliation: SiteReconciliationAnswer,
) -> SiteReportAnswer:
    """`asked`: the year and the tree size."""
    year, size = asked
    rows = list(report.rows())
    sections = [_section(name, [row for row in rows if row.section == name]) for name in SECTIONS]
    # Green attributes that were used up, with the records or separately, lower only the market-based figure.
    attributes = total(one for one in whole.emissions() if one.source in (USED, RETIRED)).market
    return SiteReportAnswer(
        facility=facility.id, operator=facility.issuer,
        names={str(language): name for language, name in facility.names.items()}, country=facility.country,
        subdivision=facility.subdivision, industry=facility.industry, year=year, at=size, records=report.records,
        sections=[one for one in sections if one.lines], total=sum(one.total for one in sections),
        market=sum(row.market for row in rows) + attributes,
        energy=energy_answer(whole.energy(facility.id), whole.attributes()),
        left_out=left_out_answer(whole.left_out), notes=list(NOTES), questioned=whole.findings.total,
        questioned_bought=whole.findings.bought, findings=whole.findings.items(),
        findings_left_off=whole.findings.left_off, reconciliation=reconciliation,
    )


def _section(name: str, rows: list[SiteRow]) -> SectionAnswer:
    en, zh = SECTIONS[name]
    return SectionAnswer(section=name, en=en, zh=zh, total=sum(row.location for row in rows),
                         lines=[_line(row) for row in rows])


def _line(row: SiteRow) -> ActivityAnswer:
    activity = row.activity
    factor = row.location / activity.quantity if activity is not None and activity.quantity else None
    return ActivityAnswer(
        source=row.source, gas=row.gas, emissions=row.location,
        activity=None if activity is None else activity.quantity, unit=None if activity is None else activity.unit,
        factor=None if factor is None else abs(factor), energy=row.energy, factors=list(row.factors),
        recalled=list(row.recalled), primary=row.primary, provisional=row.provisional,
    )
