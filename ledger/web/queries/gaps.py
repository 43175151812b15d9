"""The query for the data gaps in a lot's figure."""

from typing import Annotated

from litestar import Controller, get
from litestar.params import Parameter

from ledger.access.declared import OfLot
from ledger.footprint.derived.gaps import LotGaps
from ledger.service.access.sight import Sight
from ledger.service.ledger import Ledger
from ledger.service.queries.gaps import SHOWN, read_gaps
from ledger.service.queries.questions import LotQuestion
from ledger.web.queries.lots import At, LotId


class GapsController(Controller):
    path = "/v1"
    tags = ("queries",)

    @get("/gaps", access=OfLot(),
         summary="Data gaps in a lot's figure, largest first, with the question to ask and whom to ask")
    async def gaps(
        self, ledger: Ledger, sight: Sight, lot: LotId,
        limit: Annotated[int, Parameter(description="the most gaps", ge=1, le=10_000)] = SHOWN, at: At = None,
    ) -> LotGaps:
        return await read_gaps(ledger.pool, LotQuestion(lot, at), limit, sight=sight)
