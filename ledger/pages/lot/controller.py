"""The routes of the page of a lot."""

import csv
import io
from typing import Annotated, Final

from litestar import Controller, Response, get
from litestar.di import Provide
from litestar.params import Parameter

from ledger.access.declared import OfLot
from ledger.drawings.numbers import exact
from ledger.drawings.sankey.model import Measure
from ledger.pages.lot.read import MOST_NODES, LotView, read_lot_page
from ledger.pages.lot.view import GROUPINGS, ids_of, values_of
from ledger.pages.names import names_of
from ledger.pages.site import HANDLERS, HEADERS, AnyRequest, page, paths, visit_of
from ledger.pages.words import PageWords
from ledger.service.access.sight import Sight
from ledger.service.ledger import Ledger
from ledger.service.queries.contributions.burdens import MAX_SHOWN, TableLayout, read_contributions
from ledger.service.queries.questions import LotQuestion

LotId = Annotated[str, Parameter(description="the id of a lot", min_length=1, max_length=255)]
By = Annotated[str, Parameter(description="the grouping of the contributions", max_length=64)]
Nodes = Annotated[int, Parameter(description="the most processes of the drawing", ge=2, le=60)]
Opened = Annotated[str, Parameter(query="open", description="folded nodes to unfold, with commas", max_length=1_000)]
Show = Annotated[Measure, Parameter(query="show", description="the measure of the drawing")]
At = Annotated[int | None, Parameter(description="the answer is as of this tree size; default: the newest")]
CSV: Final = "text/csv"
_MOST_OPENED: Final = 40
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


def view_of(
    by: By = "stage", measure: Show = "co2e", nodes: Nodes = MOST_NODES, opened: Opened = "",
) -> LotView:
    """How the visitor looks at the lot. An unknown grouping is the usual one."""
    folded = [node for node in opened.split(",") if node][:_MOST_OPENED]
    return LotView(by if by in GROUPINGS else "stage", measure, nodes, tuple(folded))


class LotPagesController(Controller):
    include_in_schema = False
    exception_handlers = HANDLERS

    @get(paths("lot"), access=OfLot(figure=True), media_type="text/html",
         dependencies={"view": Provide(view_of, sync_to_thread=False)})
    async def lot(
        self, request: AnyRequest, ledger: Ledger, sight: Sight, lot: LotId, view: LotView, at: At = None,
    ) -> Response[str]:
        answers = await read_lot_page(ledger, sight, lot, at, view)
        visit = visit_of(request, ledger, answers.size, sight.rights.caller.organization)
        words = PageWords(visit.language)
        names = await names_of(ledger, sight, words, ids_of(answers))
        return page("lot.html", visit, **values_of(answers, view, visit, words, names))

    @get(paths("lot.csv"), access=OfLot(), media_type=CSV)
    async def contributions(
        self, ledger: Ledger, sight: Sight, lot: LotId, by: By = "stage", at: At = None,
    ) -> Response[str]:
        """The contributions, with the columns of the table of the page."""
        table = await read_contributions(
            ledger.pool, LotQuestion(lot, at), layout=TableLayout(by, MAX_SHOWN), sight=sight)
        text = io.StringIO()
        rows = csv.writer(text, lineterminator="\r\n")
        rows.writerow([by, "part", "kg CO2e", "positive", "negative", "percent"])
        for row in table.rows:
            percent = "" if row.percent is None else exact(row.percent)
            rows.writerow([
                _plain(row.key), row.part, exact(row.amount), exact(row.positive), exact(row.negative), percent])
        return Response(text.getvalue(), media_type=CSV, headers={
            **HEADERS, "Content-Disposition": 'attachment; filename="contributions.csv"'})


def _plain(text: str) -> str:
    """A text that no program for tables takes for a formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text


