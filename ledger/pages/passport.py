"""The page of a published passport: for whoever scans a code, on a phone and without a login."""

from typing import Annotated

from litestar import Controller, Response, get
from litestar.params import Parameter

from ledger.engine.findings import finding_codes
from ledger.errors import NotFound
from ledger.pages.logs import NOBODYS
from ledger.pages.names import names_of
from ledger.pages.site import HANDLERS, AnyRequest, page, paths, visit_of
from ledger.pages.titles import title_in
from ledger.pages.words import PageWords
from ledger.service.ledger import Ledger
from ledger.service.queries.passports import read_passport, read_product_passport
from ledger.web.passports import PUBLISHED

Id = Annotated[str, Parameter(query="id", min_length=1, max_length=2_048,
                              description="the id of a lot, item or product, or a GS1 Digital Link of any domain")]


class PassportPagesController(Controller):
    include_in_schema = False
    exception_handlers = HANDLERS

    @get(paths("passport"), access=PUBLISHED, media_type="text/html")
    async def passport(self, request: AnyRequest, ledger: Ledger, name: Id) -> Response[str]:
        try:
            answer = await read_passport(ledger.pool, name, ledger.assessed)
        except NotFound:
            answer = await read_product_passport(ledger.pool, name, ledger.assessed)
        visit = visit_of(request, ledger, answer.at)
        words = PageWords(visit.language)
        names = await names_of(ledger, NOBODYS, words, ())
        return page("passport.html", visit, passport=answer, product=words.pick(answer.names), names=names,
                    codes=finding_codes(), title=title_in(words, answer.title))
