"""Queries for carbon management: the inventory of an organisation, the report of a site, the data of an installation
for a CBAM declaration, the indicators of a sector with the targets of plans."""

from typing import Annotated

from litestar import Controller, get
from litestar.params import Parameter

from ledger.access.declared import OfOrganization, Selected
from ledger.answers.indicators import IndicatorsAnswer
from ledger.answers.inventory import InventoryAnswer, SiteReportAnswer
from ledger.sdk import Installations
from ledger.service.access.sight import Sight
from ledger.service.ledger import Ledger
from ledger.service.queries.indicators.read import GROUPINGS, read_indicators
from ledger.service.queries.installation.read import read_installations
from ledger.service.queries.inventory.read import YEARS, read_inventory
from ledger.service.queries.inventory.site_report import read_site_report
from ledger.service.queries.questions import PeriodQuestion
from ledger.web.queries.lots import At

OrganizationId = Annotated[str, Parameter(description="the id of an organisation", min_length=1, max_length=255)]
FacilityId = Annotated[str, Parameter(description="the id of a facility", min_length=1, max_length=255)]
Operator = Annotated[str | None, Parameter(description="the expected operator of the facility", max_length=255)]
Year = Annotated[int, Parameter(description=f"a calendar year in UTC, {YEARS[0]} to {YEARS[1]}")]
SectorName = Annotated[str, Parameter(
    description="the name of a sector, or `industry` for all", min_length=1, max_length=64)]
Since = Annotated[str | None, Parameter(
    query="from", description="only records that ended after this day (00:00 UTC) or instant", max_length=30)]
Until = Annotated[str | None, Parameter(
    query="to", description="only records that ended at or before this day (00:00 UTC) or instant", max_length=30)]
By = Annotated[str | None, Parameter(description=f"the grouping: {', '.join(GROUPINGS)}", max_length=64)]


class CarbonManagementController(Controller):
    path = "/v1"
    tags = ("carbon management",)

    @get("/inventory", access=OfOrganization(),
         summary="The yearly inventory of an organisation by scope, site and equity share, with the previous year")
    async def inventory(
        self, ledger: Ledger, sight: Sight, organization: OrganizationId, year: Year, at: At = None
    ) -> InventoryAnswer:
        return await read_inventory(ledger.pool, organization, year, at, sight)

    @get("/inventory/report", access=OfOrganization(("facility", "organization")),
         summary="The yearly report of a site: activity data times factor, after the GB/T 32151 series")
    async def report(
        self, ledger: Ledger, facility: FacilityId, year: Year, organization: Operator = None, at: At = None
    ) -> SiteReportAnswer:
        return await read_site_report(ledger.pool, facility, year, at, organization)

    @get("/cbam", access=OfOrganization(("facility",)),
         summary="The productions of an installation, and of the installations upstream of it, in a calendar year")
    async def installations(
        self, ledger: Ledger, sight: Sight, facility: FacilityId, year: Year, at: At = None
    ) -> Installations:
        return await read_installations(ledger.pool, facility, year, at, sight)

    @get("/sectors/{sector:str}/indicators", access=Selected("sums over enough organisations"),
         summary="Indicators of a sector on this ledger, with their coverage and targets")
    async def indicators(
        self, ledger: Ledger, sight: Sight, sector: SectorName, since: Since = None, until: Until = None, by: By = None,
        at: At = None,
    ) -> IndicatorsAnswer:
        return await read_indicators(ledger.pool, ledger.registry, PeriodQuestion(sector, since, until, at), by, sight)
