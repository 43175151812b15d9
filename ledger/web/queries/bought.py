"""Queries about the goods that an organisation bought: their footprint, and the coverage of their data."""

from typing import Annotated

from litestar import Controller, get
from litestar.params import Parameter

from ledger.access.declared import OfOrganization
from ledger.answers.purchases import PurchaseCoverageAnswer, ReceivedFootprintAnswer
from ledger.service.access.sight import Sight
from ledger.service.ledger import Ledger
from ledger.service.queries.bought.read import MAX_SHOWN, SHOWN, read_coverage, read_received_footprint
from ledger.service.queries.lists.transfers import TransferQuery
from ledger.web.queries.lists import OrganizationId, Since, Until
from ledger.web.queries.lots import At

Supplier = Annotated[str, Parameter(description="the id of the supplier", min_length=1, max_length=255)]
Shown = Annotated[int, Parameter(description="the number of transfers to list, newest first", ge=0, le=MAX_SHOWN)]


class BoughtController(Controller):
    path = "/v1"
    tags = ("queries",)

    @get("/footprint/received", access=OfOrganization(),
         summary="The footprint of the goods that an organisation bought from a supplier")
    async def received_footprint(
        self, ledger: Ledger, sight: Sight, organization: OrganizationId, party: Supplier, since: Since = None,
        until: Until = None, limit: Shown = SHOWN, at: At = None,
    ) -> ReceivedFootprintAnswer:
        query = TransferQuery(organization, "received", party, since, until, at)
        return await read_received_footprint(ledger.pool, query, limit, sight=sight)

    @get("/coverage", access=OfOrganization(),
         summary="The data behind bought goods, by supplier: measured share, age, attestations, weight")
    async def coverage(
        self, ledger: Ledger, sight: Sight, organization: OrganizationId, since: Since = None, until: Until = None,
        at: At = None,
    ) -> PurchaseCoverageAnswer:
        return await read_coverage(ledger.pool, TransferQuery(organization, "received", None, since, until, at),
                                   sight=sight)
