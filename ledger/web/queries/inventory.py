"""The queries for the inventory of an organisation and for the report of a site."""

from typing import Annotated

from litestar import Controller, get
from litestar.params import Parameter

from ledger.access.declared import OfOrganization
from ledger.answers.inventory import InventoryAnswer, SiteReportAnswer
from ledger.service.access.sight import Sight
from ledger.service.ledger import Ledger
from ledger.service.queries.inventory.read import YEARS, read_inventory
from ledger.service.queries.inventory.site_report import read_site_report
from ledger.web.queries.lots import At

OrganizationId = Annotated[str, Parameter(description="the id of an organisation", min_length=1, max_length=255)]
FacilityId = Annotated[str, Parameter(description="the id of a facility", min_length=1, max_length=255)]
Operator = Annotated[str | None, Parameter(description="the expected operator of the facility", max_length=255)]
Year = Annotated[int, Parameter(description=f"a calendar year in UTC, {YEARS[0]} to {YEARS[1]}")]


class InventoryController(Controller):
    path = "/v1/inventory"
    tags = ("carbon management",)

    @get(access=OfOrganization(),
         summary="The yearly inventory of an organisation by scope, site and equity share, with the previous year")
    async def inventory(
        self, ledger: Ledger, sight: Sight, organization: OrganizationId, year: Year, at: At = None
    ) -> InventoryAnswer:
        return await read_inventory(ledger.pool, organization, year, at, sight)

    @get("/report", access=OfOrganization(("facility", "organization")),
         summary="The yearly report of a site: activity data times factor, after the GB/T 32151 series")
    async def report(
        self, ledger: Ledger, facility: FacilityId, year: Year, organization: Operator = None, at: At = None
    ) -> SiteReportAnswer:
        return await read_site_report(ledger.pool, facility, year, at, organization)
