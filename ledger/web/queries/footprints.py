"""Queries for footprints: the stored figure of a lot, a figure by another method, the figure of a product.

Each route has one type of answer. `/v1/footprint` also answers the questions of the other routes, as it did in version
0.1.
"""

from collections.abc import Mapping, Sequence
from typing import Annotated

from litestar import Controller, get
from litestar.params import Parameter
from msgspec import Meta

from ledger.access.declared import OfLot, OfOrganization
from ledger.answers.methods import MethodAnswer
from ledger.answers.products import ProductAnswer
from ledger.answers.stored import ChainMethodAnswer, FootprintAnswer
from ledger.errors import InvalidInput
from ledger.footprint.stored.burdens import METHOD
from ledger.service.access.show_figures import show_figure
from ledger.service.access.sight import Sight
from ledger.service.ledger import Ledger
from ledger.service.queries.findings import MAX_RECORDS, NEAR, NEAR_PRODUCT, Depth
from ledger.service.queries.footprint.read import read_figure
from ledger.service.queries.methods.catalogue import is_chain_method, run_method
from ledger.service.queries.methods.of_sectors import run_chain_method
from ledger.service.queries.methods.read import read_method
from ledger.service.queries.product.read import MAX_SHOWN, SHOWN, read_product
from ledger.service.queries.questions import LotQuestion, MethodChoice, PeriodQuestion
from ledger.web.queries.lots import At, LotId

ProductId = Annotated[str, Parameter(description="the id of a product", min_length=1, max_length=255)]
OptionalLot = Annotated[str | None, Parameter(description="the id of a lot", min_length=1, max_length=255)]
OptionalProduct = Annotated[
    str | None, Parameter(description="the id of a product, instead of a lot", min_length=1, max_length=255)
]
MethodName = Annotated[
    str | None, Parameter(description=f"with `lot`: a method with its version; default: {METHOD}", max_length=255)
]
ChainMethodName = Annotated[
    str, Parameter(description="a method of a sector, SECTOR.METHOD/VERSION", min_length=1, max_length=255)
]
Gwp = Annotated[
    str | None, Parameter(description="with `lot`: a set of global warming potentials; default: AR6", max_length=20)
]
Allocation = Annotated[
    str | None,
    Parameter(description="with `lot`: an allocation key for all records; default: each record's own", max_length=20),
]
Parameters = Annotated[
    list[Annotated[str, Meta(max_length=400)]] | None,
    Parameter(description="with `lot`: parameters of the method, NAME=VALUE or MATERIAL.NAME=VALUE", max_items=1_000),
]
From = Annotated[str | None, Parameter(
    query="from", description="of a product: lots of records that ended after this day (00:00 UTC) or instant",
    max_length=30,
)]
To = Annotated[str | None, Parameter(
    query="to", description="of a product: lots of records that ended until this day (00:00 UTC) or instant",
    max_length=30,
)]
Limit = Annotated[int, Parameter(description="of a product: the number of lots to list, largest first", ge=0,
                                 le=MAX_SHOWN)]

Findings = Annotated[Depth, Parameter(
    description=f"`near` lists the findings behind a figure if at most {NEAR:,} records lie upstream ({NEAR_PRODUCT:,} "
                f"of a product); `all` examines up to {MAX_RECORDS:,}")]

Averages = Annotated[bool, Parameter(
    description="with `lot`: also the averages of its product over the month and the year")]


class FootprintsController(Controller):
    path = "/v1/footprint"
    tags = ("queries",)

    @get(access=(OfLot(figure=True), OfOrganization(("product",))),
         summary="The stored footprint of a lot, with its origin and data quality")
    async def footprint(
        self, ledger: Ledger, sight: Sight, lot: OptionalLot = None, product: OptionalProduct = None,
        method: MethodName = None, gwp: Gwp = None, allocation: Allocation = None, parameter: Parameters = None,
        since: From = None, until: To = None, limit: Limit = SHOWN, findings: Findings = "near",
        averages: Averages = False, at: At = None,
    ) -> FootprintAnswer | MethodAnswer | ChainMethodAnswer | ProductAnswer:
        """`lot`, `findings`, `averages` and `at` alone ask for the stored figure. The other parameters are deprecated:
        they ask as `/v1/footprint/method`, `/v1/footprint/chain-method` and `/v1/footprint/product` do."""
        choices = {"method": method, "gwp": gwp, "allocation": allocation, "parameter": parameter}
        if product is not None:
            _refuse("product", "either lot or product; methods apply to lots only",
                    {"lot": lot, "averages": averages or None, **choices})
            return await read_product(
                ledger.pool, PeriodQuestion(product, since, until, at), limit, findings, sight=sight)
        if lot is None:
            raise InvalidInput("name either a lot or a product", code="invalid-request", field="lot",
                               rule="one of the parameters lot and product")
        _refuse("lot", "a period needs product", {"from": since, "to": until})
        question = LotQuestion(lot, at)
        if method in (None, METHOD) and gwp is None and allocation is None and not parameter:
            figure = await read_figure(
                ledger.pool, question, ledger.assessed, findings, averages=averages, sight=sight)
            answer = await show_figure(ledger.pool, sight, figure)
            return await ledger.resemblances.of_footprint(answer)
        await sight.require_whole_chain(ledger.pool, "lot", lot)
        choice = _choice(method, gwp, allocation, parameter)
        return await run_method(ledger.pool, ledger.registry, question, choice, sight)

    @get("/method", access=OfLot(whole=True),
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

    @get("/chain-method", access=OfLot(whole=True),
         summary="The figure of a lot by a method of a sector, over the lot's whole chain")
    async def by_chain_method(
        self, ledger: Ledger, lot: LotId, method: ChainMethodName, at: At = None
    ) -> ChainMethodAnswer:
        return await run_chain_method(ledger.pool, ledger.registry, method, LotQuestion(lot, at))

    @get("/product", access=OfOrganization(("product",)),
         summary="The footprint of a product: all lots of a period, weighted by production")
    async def of_product(
        self, ledger: Ledger, sight: Sight, product: ProductId, since: From = None, until: To = None,
        limit: Limit = SHOWN, findings: Findings = "near", at: At = None,
    ) -> ProductAnswer:
        return await read_product(
            ledger.pool, PeriodQuestion(product, since, until, at), limit, findings, sight=sight)


def _choice(method: str | None, gwp: str | None, allocation: str | None, parameter: Sequence[str] | None
            ) -> MethodChoice:
    return MethodChoice(method or METHOD, gwp, allocation, parameter or ())


def _refuse(named: str, rule: str, others: Mapping[str, object]) -> None:
    """Raises InvalidInput if one of the `others` has a value: they cannot be combined with the parameter `named`."""
    for field, value in others.items():
        if value is not None:
            raise InvalidInput(f"{field} cannot be combined with {named}", field=field, value=value, rule=rule)

