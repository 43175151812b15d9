"""The route of the page of an organisation's own work."""

from collections.abc import Iterator
from typing import Final

from litestar import Controller, Response, get

from ledger.access.declared import OfOrganization
from ledger.engine.findings import finding_codes
from ledger.pages.desk.read import Desk, read_desk
from ledger.pages.names import names_of
from ledger.pages.parties import Id
from ledger.pages.site import HANDLERS, AnyRequest, page, paths, visit_of
from ledger.pages.titles import title_in
from ledger.pages.words import PageWords
from ledger.service.access.sight import Sight
from ledger.service.ledger import Ledger

RIGHTS: Final = {
    "group": "its parent", "grant": "by a grant", "party": "a party to it", "reader": "an appointed reader",
    "operator": "the operator",
}
"""By which right somebody read, in words."""
DEPTHS: Final = {
    "totals": "totals", "stages": "stages", "suppliers": "suppliers", "full": "everything behind it",
}
"""How much a grant shows, in words."""


class DeskPagesController(Controller):
    include_in_schema = False
    exception_handlers = HANDLERS

    @get(paths("desk"), access=OfOrganization(("id",)), media_type="text/html")
    async def desk(self, request: AnyRequest, ledger: Ledger, sight: Sight, name: Id) -> Response[str]:
        desk = await read_desk(ledger, sight, name)
        visit = visit_of(request, ledger, desk.size, sight.rights.caller.organization)
        words = PageWords(visit.language)
        names = await names_of(ledger, sight, words, [name, *_things(desk)])
        return page(
            "desk.html", visit, desk=desk, organization=name, names=names, codes=finding_codes(),
            title_of=lambda title: title_in(words, title),
            right_of=lambda right: words(RIGHTS[right]), depth_of=lambda depth: words(DEPTHS[depth]))


def _things(desk: Desk) -> Iterator[str | None]:
    """The organisations, facilities and products whose names the page shows."""
    for delivery in desk.deliveries:
        yield from (delivery.product, delivery.sender)
    yield from [period.facility for period in desk.months]
    for lot in desk.stock:
        yield from (lot.product, lot.holder)
    for grant in (*desk.given, *desk.got):
        yield from (grant.grantor, grant.grantee, grant.product)
    yield from [row.organization for row in desk.readings]
    yield from [change.product for change in desk.restated]
