"""The query for the contributions to a lot's figure, or for the origin of its content."""

from typing import Annotated

from litestar import Controller, get
from litestar.params import Parameter

from ledger.access.declared import OfLot
from ledger.errors import InvalidInput
from ledger.footprint.derived.tables.rows import FOOTPRINT, GROUPINGS, Contributions
from ledger.service.access.sight import Sight
from ledger.service.ledger import Ledger
from ledger.service.queries.contributions.burdens import MAX_SHOWN, SHOWN, TableLayout, read_contributions
from ledger.service.queries.contributions.contents import read_content_origins
from ledger.service.queries.questions import LotQuestion
from ledger.web.queries.lots import At, LotId

By = Annotated[str, Parameter(description=f"the grouping: {', '.join(GROUPINGS)}", max_length=64)]
Burden = Annotated[str | None, Parameter(description=f"`{FOOTPRINT}`, or one burden", max_length=64)]
Content = Annotated[str | None, Parameter(
    description="a content, such as recycledPostConsumer:steel, instead of a burden", max_length=255)]


class ContributionsController(Controller):
    path = "/v1"
    tags = ("chains",)

    @get("/contributions", access=OfLot(),
         summary="Contributions to a lot's figure or content, in rows that add up to it")
    async def contributions(
        self, ledger: Ledger, sight: Sight, lot: LotId, by: By = "stage", at: At = None, burden: Burden = None,
        content: Content = None,
        limit: Annotated[int, Parameter(description="the most rows", ge=1, le=MAX_SHOWN)] = SHOWN,
    ) -> Contributions:
        question, layout = LotQuestion(lot, at), TableLayout(by, limit)
        if content is None:
            return await read_contributions(ledger.pool, question, FOOTPRINT if burden is None else burden, layout,
                                            sight=sight)
        if burden is not None:
            raise InvalidInput("name a burden or a content, not both", code="burden-and-content", field="content",
                               value=content, rule="one of the parameters burden and content")
        return await read_content_origins(ledger.pool, question, content, layout, sight=sight)
