"""Asking how good a lot's figure is."""

from typing import Annotated

from litestar import Controller, get
from litestar.params import Parameter

from ledger.footprint.derived.uncertainty.answer import FEWEST_SAMPLES, MOST_SAMPLES
from ledger.service.ledger import Ledger
from ledger.service.queries.questions import LotQuestion
from ledger.service.queries.uncertainty.answers import UncertaintyAnswer
from ledger.service.queries.uncertainty.read import SHOWN, read_uncertainty
from ledger.web.queries.lots import At, LotId

Samples = Annotated[int, Parameter(
    description=f"of a Monte Carlo beside the closed form: from {FEWEST_SAMPLES} to {MOST_SAMPLES}, or 0 for none")]
Seed = Annotated[int, Parameter(description="of the Monte Carlo: the same one gives the same samples")]
Top = Annotated[int, Parameter(description="sources of the variance at most, the largest", ge=0, le=1_000)]


class UncertaintyController(Controller):
    path = "/v1"
    tags = ("queries",)

    @get("/uncertainty", summary="How uncertain a lot's figure is, by what its lines state, and what that comes from")
    async def uncertainty(
        self, ledger: Ledger, lot: LotId, samples: Samples = 0, seed: Seed = 0, top: Top = SHOWN, at: At = None,
    ) -> UncertaintyAnswer:
        return await read_uncertainty(ledger.pool, LotQuestion(lot, at), samples, seed, top)
