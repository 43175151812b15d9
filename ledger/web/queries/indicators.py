"""The query for the indicators of a sector, with the targets of plans."""

from typing import Annotated

from litestar import Controller, get
from litestar.params import Parameter

from ledger.access.declared import Selected
from ledger.answers.indicators import IndicatorsAnswer
from ledger.service.access.sight import Sight
from ledger.service.ledger import Ledger
from ledger.service.queries.indicators.read import GROUPINGS, read_indicators
from ledger.service.queries.questions import PeriodQuestion
from ledger.web.queries.lots import At

SectorName = Annotated[str, Parameter(
    description="the name of a sector, or `industry` for all", min_length=1, max_length=64)]
Since = Annotated[str | None, Parameter(
    query="from", description="only records that ended after this day (00:00 UTC) or instant", max_length=30)]
Until = Annotated[str | None, Parameter(
    query="to", description="only records that ended at or before this day (00:00 UTC) or instant", max_length=30)]
By = Annotated[str | None, Parameter(description=f"the grouping: {', '.join(GROUPINGS)}", max_length=64)]


class IndicatorsController(Controller):
    path = "/v1/sectors"
    tags = ("carbon management",)

    @get("/{sector:str}/indicators", access=Selected("sums over enough organisations"),
         summary="Indicators of a sector on this ledger, with their coverage and targets")
    async def indicators(
        self, ledger: Ledger, sight: Sight, sector: SectorName, since: Since = None, until: Until = None, by: By = None,
        at: At = None,
    ) -> IndicatorsAnswer:
        return await read_indicators(ledger.pool, ledger.registry, PeriodQuestion(sector, since, until, at), by, sight)
