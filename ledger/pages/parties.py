"""The pages of a product and of an organisation."""

from typing import Annotated, Final

from litestar import Controller, Response, get
from litestar.params import Parameter

from ledger.access.declared import OfOrganization, Selected
from ledger.answers.products import ProductAnswer
from ledger.drawings.numbers import when
from ledger.drawings.series import SeriesFrame, SeriesLine, SeriesPoint, draw_series
from ledger.engine.findings import finding_codes
from ledger.errors import NotFound
from ledger.pages.names import names_of
from ledger.pages.reading import listed
from ledger.pages.site import HANDLERS, AnyRequest, page, paths, visit_of
from ledger.pages.titles import title_in
from ledger.pages.words import PageWords
from ledger.service.access.show_lots import show_lots
from ledger.service.access.sight import Sight
from ledger.service.ledger import Ledger
from ledger.service.queries.lists.lots import LotQuery, PageRequest, read_lot_list
from ledger.service.queries.lists.show import read_shown
from ledger.service.queries.product.read import ReadSizes, read_product
from ledger.service.queries.questions import PeriodQuestion

LOTS: Final = 20
_LEAST_MONTHS: Final = 2
ENROLLED: Final = Selected("the public record of an organisation; its lots for whoever sees everything of it")
Id = Annotated[str, Parameter(query="id", min_length=1, max_length=255, description="the id of the organisation")]
ProductId = Annotated[str, Parameter(description="the id of a product", min_length=1, max_length=255)]


class PartyPagesController(Controller):
    include_in_schema = False
    exception_handlers = HANDLERS

    @get(paths("product"), access=OfOrganization(("product",)), media_type="text/html")
    async def product(self, request: AnyRequest, ledger: Ledger, sight: Sight, product: ProductId) -> Response[str]:
        answer = await read_product(
            ledger.pool, PeriodQuestion(product), ledger.assessed, sizes=ReadSizes(shown=LOTS), sight=sight)
        visit = visit_of(request, ledger, answer.at, sight.rights.caller.organization)
        words = PageWords(visit.language)
        names = await names_of(ledger, sight, words, [product, *[one.facility for one in answer.facilities]])
        return page("product.html", visit, answer=answer, codes=finding_codes(),
                    over_time=_over_time(answer, words), names=names, product=product,
                    title=title_in(words, answer.title), most=max([lot.footprint_per_unit for lot in answer.lots],
                                                                  default=0.0))

    @get(paths("organization"), access=ENROLLED, media_type="text/html")
    async def organization(self, request: AnyRequest, ledger: Ledger, sight: Sight, name: Id) -> Response[str]:
        shown = await read_shown(ledger.pool, name, None, sight)
        if shown.organization is None:
            raise NotFound(f"no organisation is named {name!r}", field="id", value=name,
                           rule="the id of an organisation")
        own = sight.of_own(name)
        lots = []
        if own:
            held = await read_lot_list(ledger.pool, LotQuery(holder=name, in_stock=True), PageRequest(LOTS))
            lots = await listed(ledger, sight, await show_lots(ledger.pool, sight, held.lots, None))
        visit = visit_of(request, ledger, None, sight.rights.caller.organization)
        words = PageWords(visit.language)
        (organization,) = await ledger.resemblances.of_organizations([shown.organization])
        names = await names_of(ledger, sight, words, [
            name, organization.parent, *organization.resembles, *[lot.product for lot in lots]])
        return page("organization.html", visit, organization=organization, entered=shown.entered, names=names,
                    lots=lots, own=own, title_of=lambda title: title_in(words, title))


def _over_time(answer: ProductAnswer, words: PageWords) -> str:
    """The means of the months; empty for fewer than two."""
    if len(answer.months) < _LEAST_MONTHS:
        return ""
    points = [SeriesPoint(month.period, month.mean, month.period) for month in answer.months]
    frame = SeriesFrame(words=lambda day: when(day, words.language))
    return draw_series([SeriesLine(points, step=True)], words("By month"), frame)
