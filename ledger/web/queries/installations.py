"""The query for an installation in a calendar year: the data for a CBAM declaration."""

from litestar import Controller, get

from ledger.access.declared import OfOrganization
from ledger.sdk import Installations
from ledger.service.access.sight import Sight
from ledger.service.ledger import Ledger
from ledger.service.queries.installation.read import read_installations
from ledger.web.queries.inventory import FacilityId, Year
from ledger.web.queries.lots import At


class CbamController(Controller):
    path = "/v1/cbam"
    tags = ("carbon management",)

    @get(access=OfOrganization(("facility",)),
         summary="The productions of an installation, and of the installations upstream of it, in a calendar year")
    async def installations(
        self, ledger: Ledger, sight: Sight, facility: FacilityId, year: Year, at: At = None
    ) -> Installations:
        return await read_installations(ledger.pool, facility, year, at, sight)
