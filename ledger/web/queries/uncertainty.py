"""The query for the uncertainty of a lot's figure."""

from typing import Annotated

from litestar import Controller, get
from litestar.params import Parameter

from ledger.access.declared import OfLot
from ledger.answers.uncertainty import UncertaintyAnswer
from ledger.footprint.derived.uncertainty.answer import FEWEST_SAMPLES, MOST_SAMPLES
from ledger.service.ledger import Ledger
from ledger.service.queries.questions import LotQuestion
from ledger.service.queries.uncertainty.read import SHOWN, read_uncertainty
from ledger.web.queries.lots import At, LotId

Samples = Annotated[int, Parameter(
    description=f"samples of a Monte Carlo: {FEWEST_SAMPLES} to {MOST_SAMPLES}, or 0 (only the closed form)")]
Seed = Annotated[int, Parameter(description="seed of the Monte Carlo; the same seed gives the same samples")]
Top = Annotated[int, Parameter(description="the most sources of the variance, largest first", ge=0, le=1_000)]


class UncertaintyController(Controller):
    path = "/v1"
    tags = ("queries",)

    @get("/uncertainty", access=OfLot(whole=True),
         summary="The uncertainty of a lot's figure, from its lines, and the sources of its variance")
    async def uncertainty(
        self, ledger: Ledger, lot: LotId, samples: Samples = 0, seed: Seed = 0, top: Top = SHOWN, at: At = None,
    ) -> UncertaintyAnswer:
        return await read_uncertainty(ledger.pool, LotQuestion(lot, at), samples, seed, top)
