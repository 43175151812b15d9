"""Asking what a lot's figure consists of, and where its content came from."""

from typing import Annotated

from litestar import Controller, get
from litestar.params import Parameter

from ledger.errors import InvalidInput
from ledger.footprint.derived.tables.rows import FOOTPRINT, GROUPINGS, Contributions
from ledger.service.ledger import Ledger
from ledger.service.queries.contributions.burdens import MAX_SHOWN, SHOWN, TableLayout, read_contributions
from ledger.service.queries.contributions.contents import read_content_origins
from ledger.service.queries.questions import LotQuestion
from ledger.web.queries.lots import At, LotId

By = Annotated[str, Parameter(description=f"how to group: {', '.join(GROUPINGS)}", max_length=64)]
Burden = Annotated[str | None, Parameter(description=f"`{FOOTPRINT}`, or one burden", max_length=64)]
Content = Annotated[str | None, Parameter(
    description="instead of a burden a content, such as recycledPostConsumer:steel", max_length=255)]


class ContributionsController(Controller):
    path = "/v1"
    tags = ("chains",)

    @get("/contributions", summary="What a lot's figure, or content, consists of, in rows that add up to it")
    async def contributions(
        self, ledger: Ledger, lot: LotId, by: By = "stage", at: At = None, burden: Burden = None,
        content: Content = None,
        limit: Annotated[int, Parameter(description="rows at most", ge=1, le=MAX_SHOWN)] = SHOWN,
    ) -> Contributions:
        question, layout = LotQuestion(lot, at), TableLayout(by, limit)
        if content is None:
            return await read_contributions(ledger.pool, question, FOOTPRINT if burden is None else burden, layout)
        if burden is not None:
            raise InvalidInput("name a burden or a content, not both", code="burden-and-content", field="content",
                               value=content, rule="one of the parameters burden and content")
        return await read_content_origins(ledger.pool, question, content, layout)
