"""The routes of the page that compares lots."""

from typing import Annotated

from litestar import Controller, Response, get
from litestar.params import Parameter
from msgspec import Meta

from ledger.access.declared import OfLot
from ledger.errors import InvalidInput
from ledger.pages.compare.read import read_compared
from ledger.pages.compare.view import things_of, values_of
from ledger.pages.lot.controller import At, By
from ledger.pages.lot.view import GROUPINGS, MOST_COMPARED
from ledger.pages.names import names_of
from ledger.pages.site import HANDLERS, AnyRequest, page, paths, visit_of
from ledger.pages.words import PageWords
from ledger.service.access.sight import Sight
from ledger.service.ledger import Ledger

Lots = Annotated[
    list[Annotated[str, Meta(min_length=1, max_length=255)]] | None, Parameter(query="lot", description="ids of lots")]


class ComparePagesController(Controller):
    include_in_schema = False
    exception_handlers = HANDLERS

    @get(paths("compare"), access=OfLot(figure=True), media_type="text/html")
    async def compare(
        self, request: AnyRequest, ledger: Ledger, sight: Sight, lots: Lots = None, by: By = "stage", at: At = None,
    ) -> Response[str]:
        asked = lots or []
        if len(set(asked)) > MOST_COMPARED:
            raise InvalidInput(f"{len(set(asked))} lots are too many", code="too-many", field="lot",
                               value=len(set(asked)), rule=f"at most {MOST_COMPARED}")
        by = by if by in GROUPINGS else "stage"
        size, compared = await read_compared(ledger, sight, asked, at, by)
        visit = visit_of(request, ledger, size, sight.rights.caller.organization)
        words = PageWords(visit.language)
        names = await names_of(ledger, sight, words, things_of(compared))
        return page("compare.html", visit, **values_of(compared, by, words, names, at))
