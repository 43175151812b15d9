"""Asking by which methods a footprint may be told, and how much it depends on the choice of allocation."""

from litestar import Controller, get

from ledger.service.ledger import Ledger
from ledger.service.queries.methods.answers import CatalogueAnswer, SensitivityAnswer
from ledger.service.queries.methods.catalogue import catalogue
from ledger.service.queries.methods.sensitivity import read_sensitivity
from ledger.service.queries.questions import LotQuestion
from ledger.web.queries.lots import At, LotId


class MethodsController(Controller):
    path = "/v1"
    tags = ("methods",)

    @get("/methods", summary="Methods with their parameters, global warming potentials, keys of allocation",
         sync_to_thread=False)
    def methods(self, ledger: Ledger) -> CatalogueAnswer:
        return catalogue(ledger.registry)

    @get("/sensitivity", summary="The figure of a lot by each key of allocation, and the records that it depends on")
    async def sensitivity(self, ledger: Ledger, lot: LotId, at: At = None) -> SensitivityAnswer:
        return await read_sensitivity(ledger.pool, LotQuestion(lot, at))
