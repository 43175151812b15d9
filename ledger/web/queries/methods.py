"""The queries for the available methods, and for the sensitivity of a figure to the allocation key."""

from typing import Annotated

from litestar import Controller, get
from litestar.params import Parameter

from ledger.access.declared import OfLot, OpenToAll
from ledger.answers.methods import CatalogueAnswer, FactorSensitivityAnswer, SensitivityAnswer
from ledger.service.ledger import Ledger
from ledger.service.queries.methods.catalogue import catalogue
from ledger.service.queries.methods.newest_factors import SHOWN, read_newest_factors
from ledger.service.queries.methods.sensitivity import read_sensitivity
from ledger.service.queries.questions import LotQuestion
from ledger.web.queries.lots import At, LotId

Shown = Annotated[int, Parameter(description="the number of factors to list, largest difference first", ge=0, le=1000)]


class MethodsController(Controller):
    path = "/v1"
    tags = ("methods",)

    @get("/methods", access=OpenToAll("no data of the log"),
         summary="Methods with their parameters, sets of global warming potentials, allocation keys",
         sync_to_thread=False)
    def methods(self, ledger: Ledger) -> CatalogueAnswer:
        return catalogue(ledger.registry)

    @get("/sensitivity", access=OfLot(whole=True),
         summary="The figure of a lot by each allocation key, and the records that change it most")
    async def sensitivity(self, ledger: Ledger, lot: LotId, at: At = None) -> SensitivityAnswer:
        return await read_sensitivity(ledger.pool, LotQuestion(lot, at))

    @get("/sensitivity/factors", access=OfLot(whole=True),
         summary="The figure of a lot by the newest versions of the factor sets")
    async def factors(
        self, ledger: Ledger, lot: LotId, at: At = None, limit: Shown = SHOWN
    ) -> FactorSensitivityAnswer:
        return await read_newest_factors(ledger.pool, ledger.registry, LotQuestion(lot, at), limit)
