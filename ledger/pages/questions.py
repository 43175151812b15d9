"""The page of the questions that the ledger asks: every finding of the core, with its meaning and how to answer it."""

from litestar import Controller, Response, get

from ledger.access.declared import OpenToAll
from ledger.engine.findings import finding_codes
from ledger.pages.site import HANDLERS, AnyRequest, page, paths, public_visit
from ledger.service.ledger import Ledger


class QuestionPagesController(Controller):
    include_in_schema = False
    exception_handlers = HANDLERS

    @get(paths("questions"), access=OpenToAll("the table of findings"), media_type="text/html")
    async def questions(self, request: AnyRequest, ledger: Ledger) -> Response[str]:
        codes = finding_codes()
        kinds = [(severity, [(code, one) for code, one in codes.items() if one.severity == severity])
                 for severity in dict.fromkeys([one.severity for one in codes.values()])]
        return page("questions.html", await public_visit(request, ledger), kinds=kinds, count=len(codes))
