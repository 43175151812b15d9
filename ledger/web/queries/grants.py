"""Queries about rights to read: the grants of an organisation, and the readers of the ledger."""

from litestar import Controller, get

from ledger.access.declared import OfOrganization, OpenToAll
from ledger.answers.granted import GrantListAnswer, ReaderListAnswer
from ledger.service.access.sight import Sight
from ledger.service.ledger import Ledger
from ledger.service.queries.lists.grants import read_grant_list, read_reader_list
from ledger.service.queries.lists.lots import PageRequest
from ledger.web.queries.lists import AfterIndex, OrganizationId, RowLimit


class GrantsController(Controller):
    path = "/v1"
    tags = ("access",)

    @get("/grants", access=OfOrganization(),
         summary="Grants that an organisation has given or got, newest first, with their state now")
    async def grants(
        self, ledger: Ledger, sight: Sight, organization: OrganizationId, after: AfterIndex = None,
        limit: RowLimit = 100,
    ) -> GrantListAnswer:
        return await read_grant_list(ledger.pool, organization, PageRequest(limit, after), sight)

    @get("/readers", access=OpenToAll("records of public kinds"),
         summary="Organisations that the registrar lets read everything, newest first")
    async def readers(self, ledger: Ledger, after: AfterIndex = None, limit: RowLimit = 100) -> ReaderListAnswer:
        return await read_reader_list(ledger.pool, PageRequest(limit, after))
