"""The access log, for the organisations whose data were read."""

from typing import Annotated, Final

from litestar import Controller, get
from litestar.params import Parameter

from ledger.access.declared import OfOrganization
from ledger.answers.lists import AccessListAnswer, AccessProofsAnswer
from ledger.service.access_log.read import MOST_PROOFS, read_access_proofs, read_accesses
from ledger.service.ledger import Ledger
from ledger.web.queries.lists import OrganizationId, RowLimit

_CURSOR: Final = 1 << 53
FromDay = Annotated[str | None, Parameter(query="from", description="from this day (UTC) on", max_length=10)]
ToDay = Annotated[str | None, Parameter(query="to", description="before this day (UTC)", max_length=10)]
AfterAccess = Annotated[int | None, Parameter(description="`next` of the page before", ge=0, lt=_CURSOR)]
Indexes = Annotated[list[int], Parameter(
    query="index", description="`index` of rows of that day", min_items=1, max_items=MOST_PROOFS)]


class AccessesController(Controller):
    path = "/v1/accesses"
    tags = ("lists",)

    @get("", access=OfOrganization(), summary="Who read an organisation's data, when, by which right; newest first")
    async def accesses(
        self, ledger: Ledger, organization: OrganizationId, since: FromDay = None, until: ToDay = None,
        after: AfterAccess = None, limit: RowLimit = 100,
    ) -> AccessListAnswer:
        return await read_accesses(ledger.pool, organization, since, until, after, limit)

    @get("/proof", access=OfOrganization(), summary="Inclusion paths of rows of the access log in their day's tree")
    async def proof(
        self, ledger: Ledger, organization: OrganizationId,
        day: Annotated[str, Parameter(description="`day` of the rows", max_length=10)], index: Indexes,
    ) -> AccessProofsAnswer:
        return await read_access_proofs(ledger.pool, organization, day, index)
