"""The route of the page of a yearly inventory."""


from typing import Any

from litestar import Controller, Response, get

from ledger.access.declared import OfOrganization
from ledger.answers.inventory import InventoryAnswer
from ledger.answers.purchases import SupplierCoverageAnswer
from ledger.errors import NotFound
from ledger.pages.inventory.view import things_of, values_of
from ledger.pages.lot.controller import At
from ledger.pages.names import names_of
from ledger.pages.parties import Id
from ledger.pages.sectors import Year, ended_years
from ledger.pages.site import HANDLERS, AnyRequest, page, paths, visit_of
from ledger.pages.words import PageWords
from ledger.service.access.sight import Sight
from ledger.service.ledger import Ledger
from ledger.service.queries.bought.read import read_coverage
from ledger.service.queries.chain.load import pinned
from ledger.service.queries.footprint.attestations import tree_time
from ledger.service.queries.inventory.read import YEARS, read_inventory
from ledger.service.queries.lists.transfers import TransferQuery
from ledger.service.queries.tree_size import as_of_size


class InventoryPagesController(Controller):
    include_in_schema = False
    exception_handlers = HANDLERS

    @get(paths("inventory"), access=OfOrganization(("id",)), media_type="text/html")
    async def inventory(
        self, request: AnyRequest, ledger: Ledger, sight: Sight, name: Id, year: Year = None, at: At = None,
    ) -> Response[str]:
        size = (await pinned(ledger.pool, await as_of_size(ledger.pool, at))).size
        offered = ended_years(max(int((await tree_time(ledger.pool, size))[:4]) - 1, YEARS[0]))
        tried = offered if year is None else [year]
        at = size if sight.whole else at
        answer = await _read(ledger, sight, name, tried, at)
        shown = tried[0] if answer is None else answer.year
        visit = visit_of(request, ledger, size, sight.rights.caller.organization)
        words = PageWords(visit.language)
        asked = {"organization": name} | ({} if at is None else {"at": str(at)})
        frame: dict[str, Any] = {
            "organization": name, "year": shown, "asked": asked,
            "years": [(str(one), str(one)) for one in sorted({*offered, shown}, reverse=True)]}
        if answer is None:
            names = await names_of(ledger, sight, words, [name])
            return page("inventory.html", visit, **frame, answer=None, names=names)
        suppliers = await _suppliers(ledger, sight, name, shown, at)
        names = await names_of(ledger, sight, words, things_of(answer, suppliers))
        return page("inventory.html", visit, **frame, **values_of(answer, suppliers, words, names))


async def _read(ledger: Ledger, sight: Sight, name: str, years: list[int], at: int | None
                ) -> InventoryAnswer | None:
    """The inventory of the newest of these years in which a record ends; None without such a year."""
    for year in years:
        try:
            return await read_inventory(ledger.pool, name, year, at, sight)
        except NotFound as error:
            if error.field != "year":
                raise
    return None


async def _suppliers(ledger: Ledger, sight: Sight, name: str, year: int, at: int | None
                     ) -> list[SupplierCoverageAnswer]:
    """The suppliers of a year, the largest first."""
    query = TransferQuery(name, "received", None, f"{year}-01-01", f"{year + 1}-01-01", at)
    try:
        return (await read_coverage(ledger.pool, query, sight=sight)).suppliers
    except NotFound as error:
        if error.code != "no-purchases":
            raise
        return []
