"""The query for the list that a verifier asks for."""

from typing import Annotated

from litestar import Controller, get
from litestar.params import Parameter
from msgspec import Meta

from ledger.access.declared import OfLot
from ledger.answers.verification import VerificationAnswer
from ledger.service.ledger import Ledger
from ledger.service.queries.questions import LotQuestion
from ledger.service.queries.verification.read import MAX_SHOWN, SHOWN, read_verification
from ledger.web.queries.lots import At, LotId

Shares = Annotated[
    list[Annotated[str, Meta(max_length=100)]] | None,
    Parameter(description="verified shares to be stated elsewhere, NAME=FRACTION: refused if attestations cover less",
              max_items=4),
]


class VerificationController(Controller):
    path = "/v1"
    tags = ("queries",)

    @get("/verification", access=OfLot(whole=True),
         summary="A verifier's list for a lot's figure: flows, cut-offs, sources, value choices")
    async def verification(
        self, ledger: Ledger, lot: LotId,
        limit: Annotated[int, Parameter(description="the most rows of a section", ge=1, le=MAX_SHOWN)] = SHOWN,
        share: Shares = None, at: At = None,
    ) -> VerificationAnswer:
        return await read_verification(ledger.pool, LotQuestion(lot, at), ledger.assessed, limit, share or ())
