"""Queries that list an organisation's lots, transfers, records and rights to read in pages, and that show one thing."""

from typing import Annotated

from litestar import Controller, get
from litestar.params import Parameter
from msgspec import structs

from ledger.access.declared import OfOrganization, OfThing, OpenToAll
from ledger.admission.facts import LOT_SLOTS
from ledger.answers.granted import GrantListAnswer, ReaderListAnswer
from ledger.answers.lists import (
    ListedLotAnswer,
    LotListAnswer,
    RecordListAnswer,
    ShownAnswer,
    TransferListAnswer,
)
from ledger.service.access.show_lists import NOWHERE, sees_facility, show_deliveries
from ledger.service.access.show_lots import show_lots
from ledger.service.access.sight import Sight
from ledger.service.ledger import Ledger
from ledger.service.queries.lists.grants import read_grant_list, read_reader_list
from ledger.service.queries.lists.lots import LotQuery, PageRequest, read_lot_list
from ledger.service.queries.lists.records import RecordQuery, read_record_list
from ledger.service.queries.lists.show import read_shown
from ledger.service.queries.lists.transfers import TransferQuery, read_transfer_list
from ledger.service.queries.tree_size import EVER
from ledger.web.queries.lots import At, OptionalId

OrganizationId = Annotated[
    str, Parameter(description="the id of the organisation whose list it is", min_length=1, max_length=255)
]
PartyId = Annotated[str | None, Parameter(description="the id of the other party", min_length=1, max_length=255)]
Since = Annotated[str | None, Parameter(
    query="from", description="after this day (00:00 UTC) or instant", max_length=30)]
Until = Annotated[str | None, Parameter(query="to", description="until this day (00:00 UTC) or instant", max_length=30)]
InStock = Annotated[bool, Parameter(description="only lots with a remaining quantity")]
RowLimit = Annotated[int, Parameter(description="the most rows of a page", ge=1, le=1_000)]
AfterLot = Annotated[int | None, Parameter(description="`next` of the page before", ge=0, le=EVER * LOT_SLOTS)]
AfterIndex = Annotated[int | None, Parameter(description="`next` of the page before", ge=0, le=EVER)]


class ListsController(Controller):
    path = "/v1"
    tags = ("lists",)

    @get("/lot-list", access=OfOrganization(("holder", "owner"), ("facility", "product")),
         summary="Lots that an organisation holds or owns, newest first, with their figures")
    async def lot_list(
        self, ledger: Ledger, sight: Sight, holder: OptionalId = None, owner: OptionalId = None,
        facility: OptionalId = None, product: OptionalId = None, stock: InStock = False, after: AfterLot = None,
        limit: RowLimit = 100, at: At = None,
    ) -> LotListAnswer:
        """With `facility` or `product` alone: of the operator of the facility, or of the organisation that entered the
        product. Otherwise these two are filters."""
        if not (facility is None or await sees_facility(ledger.pool, sight, facility)):
            # As a filter, an unknown facility selects nothing; so does one whose lots the caller cannot place.
            facility = NOWHERE
        query = LotQuery(holder, owner, facility, product, stock, at)
        answer = await read_lot_list(ledger.pool, query, PageRequest(limit, after))
        lots = await show_lots(ledger.pool, sight, answer.lots, at)
        return structs.replace(answer, lots=await _resembling(ledger, lots))

    @get("/received", access=OfOrganization(), summary="Transfers to an organisation, newest first, with their figures")
    async def received(
        self, ledger: Ledger, organization: OrganizationId, party: PartyId = None, since: Since = None,
        until: Until = None, after: AfterIndex = None, limit: RowLimit = 100, at: At = None,
    ) -> TransferListAnswer:
        """A period selects by the times that the senders stated."""
        query = TransferQuery(organization, "received", party, since, until, at)
        return await read_transfer_list(ledger.pool, query, PageRequest(limit, after))

    @get("/delivered", access=OfOrganization(),
         summary="Transfers from an organisation, newest first, with their figures")
    async def delivered(
        self, ledger: Ledger, sight: Sight, organization: OrganizationId, party: PartyId = None, since: Since = None,
        until: Until = None, after: AfterIndex = None, limit: RowLimit = 100, at: At = None,
    ) -> TransferListAnswer:
        query = TransferQuery(organization, "delivered", party, since, until, at)
        return show_deliveries(sight, await read_transfer_list(ledger.pool, query, PageRequest(limit, after)))

    @get("/record-list", access=OfOrganization(("issuer",), ("facility",)),
         summary="Records of an organisation, newest first, by kind, facility and period")
    async def record_list(
        self, ledger: Ledger, issuer: OptionalId = None,
        kind: Annotated[str | None, Parameter(description="a kind of records", max_length=40)] = None,
        facility: OptionalId = None, since: Since = None, until: Until = None,
        findings: Annotated[bool, Parameter(
            description="only records with findings, each with its findings and the way to answer them")] = False,
        after: AfterIndex = None, limit: RowLimit = 100, at: At = None,
    ) -> RecordListAnswer:
        """A period selects by the ends or times that the records state; a record without one is in no period."""
        query = RecordQuery(issuer, kind, facility, since, until, at, findings)
        return await read_record_list(ledger.pool, query, PageRequest(limit, after))

    @get("/show", access=OfThing(),
         summary="One page about a record, lot, item, organisation, facility, product or pool")
    async def show(
        self, ledger: Ledger, sight: Sight, name: Annotated[str, Parameter(
            description="an id, or the digest or log index of a record", min_length=1, max_length=255)],
        at: At = None,
    ) -> ShownAnswer:
        answer = await read_shown(ledger.pool, name, at, sight)
        if answer.lot is not None:
            (lot,) = await _resembling(ledger, [answer.lot])
            answer = structs.replace(answer, lot=lot)
        if answer.organization is not None:
            (organization,) = await ledger.resemblances.of_organizations([answer.organization])
            answer = structs.replace(answer, organization=organization)
        return answer


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


async def _resembling(ledger: Ledger, lots: list[ListedLotAnswer]) -> list[ListedLotAnswer]:
    """The lots with the look-alikes of their parties."""
    answers = await ledger.resemblances.of_lots(lots)
    return [answer for answer in answers if isinstance(answer, ListedLotAnswer)]
