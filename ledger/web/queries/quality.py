"""Queries for the quality of a lot's figure: its data gaps, its uncertainty, and the list that a verifier asks for."""

from typing import Annotated

from litestar import Controller, get
from litestar.params import Parameter
from msgspec import Meta

from ledger.access.declared import OfLot
from ledger.answers.uncertainty import UncertaintyAnswer
from ledger.answers.verification import VerificationAnswer
from ledger.footprint.derived.gaps import LotGaps
from ledger.footprint.derived.uncertainty.answer import FEWEST_SAMPLES, MOST_SAMPLES
from ledger.service.access.sight import Sight
from ledger.service.ledger import Ledger
from ledger.service.queries.gaps import SHOWN as GAPS_SHOWN
from ledger.service.queries.gaps import read_gaps
from ledger.service.queries.questions import LotQuestion
from ledger.service.queries.uncertainty.read import SHOWN as SOURCES_SHOWN
from ledger.service.queries.uncertainty.read import read_uncertainty
from ledger.service.queries.verification.read import MAX_SHOWN, SHOWN, read_verification
from ledger.web.queries.lots import At, LotId

Samples = Annotated[int, Parameter(
    description=f"samples of a Monte Carlo: {FEWEST_SAMPLES} to {MOST_SAMPLES}, or 0 (only the closed form)")]
Seed = Annotated[int, Parameter(description="seed of the Monte Carlo; the same seed gives the same samples")]
Top = Annotated[int, Parameter(description="the most sources of the variance, largest first", ge=0, le=1_000)]
Shares = Annotated[
    list[Annotated[str, Meta(max_length=100)]] | None,
    Parameter(description="verified shares to be stated elsewhere, NAME=FRACTION: refused if attestations cover less",
              max_items=4),
]


class QualityController(Controller):
    path = "/v1"
    tags = ("queries",)

    @get("/gaps", access=OfLot(),
         summary="Data gaps in a lot's figure, largest first, with the question to ask and whom to ask")
    async def gaps(
        self, ledger: Ledger, sight: Sight, lot: LotId,
        limit: Annotated[int, Parameter(description="the most gaps", ge=1, le=10_000)] = GAPS_SHOWN, at: At = None,
    ) -> LotGaps:
        return await read_gaps(ledger.pool, LotQuestion(lot, at), limit, sight=sight)

    @get("/uncertainty", access=OfLot(whole=True),
         summary="The uncertainty of a lot's figure, from its lines, and the sources of its variance")
    async def uncertainty(
        self, ledger: Ledger, lot: LotId, samples: Samples = 0, seed: Seed = 0, top: Top = SOURCES_SHOWN, at: At = None,
    ) -> UncertaintyAnswer:
        return await read_uncertainty(ledger.pool, LotQuestion(lot, at), samples, seed, top)

    @get("/verification", access=OfLot(whole=True),
         summary="A verifier's list for a lot's figure: flows, cut-offs, sources, value choices")
    async def verification(
        self, ledger: Ledger, lot: LotId,
        limit: Annotated[int, Parameter(description="the most rows of a section", ge=1, le=MAX_SHOWN)] = SHOWN,
        share: Shares = None, at: At = None,
    ) -> VerificationAnswer:
        return await read_verification(ledger.pool, LotQuestion(lot, at), ledger.assessed, limit, share or ())
