"""Queries for footprints: the stored figure of a lot with a statement of it, figures by other methods, the figure of a
product.
"""

from collections.abc import Sequence
from typing import Annotated

from litestar import Controller, get
from litestar.params import Parameter
from msgspec import Meta

from ledger.access.declared import OfLot, OfOrganization, OpenToAll
from ledger.answers.methods import CatalogueAnswer, FactorSensitivityAnswer, MethodAnswer, SensitivityAnswer
from ledger.answers.products import ProductAnswer
from ledger.answers.stored import ChainMethodAnswer, FootprintAnswer
from ledger.core.receipts.statement import Statement
from ledger.errors import InvalidInput
from ledger.footprint.stored.burdens import METHOD
from ledger.service.access.show_figures import show_figure
from ledger.service.access.sight import Sight
from ledger.service.ledger import Ledger
from ledger.service.queries.findings import MAX_RECORDS, NEAR, NEAR_PRODUCT, Depth
from ledger.service.queries.footprint.read import read_figure
from ledger.service.queries.methods.catalogue import catalogue, is_chain_method, run_method
from ledger.service.queries.methods.newest_factors import SHOWN as FACTORS_SHOWN
from ledger.service.queries.methods.newest_factors import read_newest_factors
from ledger.service.queries.methods.of_sectors import run_chain_method
from ledger.service.queries.methods.read import read_method
from ledger.service.queries.methods.sensitivity import read_sensitivity
from ledger.service.queries.product.read import MAX_SHOWN, SHOWN, ReadSizes, read_product
from ledger.service.queries.questions import LotQuestion, MethodChoice, PeriodQuestion
from ledger.service.queries.statement.make import make_statement, statement_size
from ledger.web.queries.lots import At, LotId

ProductId = Annotated[str, Parameter(description="the id of a product", min_length=1, max_length=255)]
MethodName = Annotated[
    str | None, Parameter(description=f"a method with its version; default: {METHOD}", max_length=255)
]
ChainMethodName = Annotated[
    str, Parameter(description="a method of a sector, SECTOR.METHOD/VERSION", min_length=1, max_length=255)
]
Gwp = Annotated[
    str | None, Parameter(description="a set of global warming potentials; default: AR6", max_length=20)
]
Allocation = Annotated[
    str | None,
    Parameter(description="an allocation key for all records; default: each record's own", max_length=20),
]
Parameters = Annotated[
    list[Annotated[str, Meta(max_length=400)]] | None,
    Parameter(description="parameters of the method, NAME=VALUE or MATERIAL.NAME=VALUE", max_items=1_000),
]
From = Annotated[str | None, Parameter(
    query="from", description="lots of records that ended after this day (00:00 UTC) or instant",
    max_length=30,
)]
To = Annotated[str | None, Parameter(
    query="to", description="lots of records that ended until this day (00:00 UTC) or instant",
    max_length=30,
)]
Limit = Annotated[int, Parameter(description="the number of lots to list, largest first", ge=0,
                                 le=MAX_SHOWN)]

Findings = Annotated[Depth, Parameter(
    description=f"`near` lists the findings behind a figure if at most {NEAR:,} records lie upstream ({NEAR_PRODUCT:,} "
                f"of a product); `all` examines up to {MAX_RECORDS:,}")]

Averages = Annotated[bool, Parameter(
    description="also the averages of its product over the month and the year")]
Shown = Annotated[int, Parameter(description="the number of factors to list, largest difference first", ge=0, le=1000)]


class FootprintsController(Controller):
    path = "/v1"
    tags = ("queries",)

    @get("/footprint", access=OfLot(figure=True),
         summary="The stored footprint of a lot, with its origin and data quality")
    async def footprint(
        self, ledger: Ledger, sight: Sight, lot: LotId, findings: Findings = "near", averages: Averages = False,
        at: At = None,
    ) -> FootprintAnswer:
        figure = await read_figure(
            ledger.pool, LotQuestion(lot, at), ledger.assessed, findings, averages=averages, sight=sight)
        answer = await show_figure(ledger.pool, sight, figure)
        return await ledger.resemblances.of_footprint(answer)

    @get("/footprint/method", access=OfLot(whole=True),
         summary="The figure of a lot by a method, with other potentials or another allocation")
    async def by_method(
        self, ledger: Ledger, sight: Sight, lot: LotId, method: MethodName = None, gwp: Gwp = None,
        allocation: Allocation = None, parameter: Parameters = None, at: At = None,
    ) -> MethodAnswer:
        choice = _choice(method, gwp, allocation, parameter)
        if is_chain_method(ledger.registry, choice.method):
            raise InvalidInput(f"{choice.method!r} is a method of a sector", code="chain-method", field="method",
                               value=choice.method, rule="/v1/footprint/chain-method answers for methods of sectors")
        return await read_method(ledger.pool, LotQuestion(lot, at), choice, sight)

    @get("/footprint/chain-method", access=OfLot(whole=True),
         summary="The figure of a lot by a method of a sector, over the lot's whole chain")
    async def by_chain_method(
        self, ledger: Ledger, lot: LotId, method: ChainMethodName, at: At = None
    ) -> ChainMethodAnswer:
        return await run_chain_method(ledger.pool, ledger.registry, method, LotQuestion(lot, at))

    @get("/footprint/product", access=OfOrganization(("product",)),
         summary="The footprint of a product: all lots of a period, weighted by production")
    async def of_product(
        self, ledger: Ledger, sight: Sight, product: ProductId, since: From = None, until: To = None,
        limit: Limit = SHOWN, findings: Findings = "near", at: At = None,
    ) -> ProductAnswer:
        return await read_product(
            ledger.pool, PeriodQuestion(product, since, until, at), ledger.assessed, findings,
            ReadSizes(shown=limit), sight)

    @get("/statement", access=OfLot(),
         summary="A signed statement of a lot's figure, with proofs one hop upstream, to be checked offline")
    async def statement(
        self, ledger: Ledger, sight: Sight, lot: LotId, method: MethodName = None, gwp: Gwp = None,
        allocation: Allocation = None, parameter: Parameters = None, at: At = None,
    ) -> Statement:
        """If the request names another method, other potentials or another allocation, the statement also has their
        answer, beside the proven figure; this needs a chain without hidden parts. Whoever does not see how the lot is
        made gets the committed figure with the proof of its leaf alone."""
        ledger.heads.require_signing()
        if method in (None, METHOD) and gwp is None and allocation is None and not parameter:
            return await make_statement(
                ledger.pool, ledger.publication, LotQuestion(lot, at), ledger.assessed, sight=sight)
        await sight.require_whole_chain(ledger.pool, "lot", lot)
        question = LotQuestion(lot, await statement_size(ledger.pool, at))
        choice = _choice(method, gwp, allocation, parameter)
        answer = await run_method(ledger.pool, ledger.registry, question, choice, sight)
        return await make_statement(ledger.pool, ledger.publication, question, ledger.assessed, answer)


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
        self, ledger: Ledger, lot: LotId, at: At = None, limit: Shown = FACTORS_SHOWN
    ) -> FactorSensitivityAnswer:
        return await read_newest_factors(ledger.pool, ledger.registry, LotQuestion(lot, at), limit)


def _choice(method: str | None, gwp: str | None, allocation: str | None, parameter: Sequence[str] | None
            ) -> MethodChoice:
    return MethodChoice(method or METHOD, gwp, allocation, parameter or ())
