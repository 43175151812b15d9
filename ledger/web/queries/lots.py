"""Queries for lots, footprints, restatements, organisations and plugins."""

from collections.abc import Mapping
from typing import Annotated

from litestar import Controller, get
from litestar.params import Parameter
from msgspec import Meta

from ledger.admission.facts import LOT_SLOTS
from ledger.errors import InvalidInput
from ledger.footprint.stored.burdens import METHOD
from ledger.service.ledger import Ledger
from ledger.service.queries.answers import (
    ChainMethodAnswer,
    ChangesAnswer,
    FootprintAnswer,
    LotAnswer,
    OrganizationAnswer,
    PluginAnswer,
)
from ledger.service.queries.footprint.read import read_footprint
from ledger.service.queries.methods.answers import MethodAnswer
from ledger.service.queries.methods.catalogue import run_method
from ledger.service.queries.product.answers import ProductAnswer
from ledger.service.queries.product.read import SHOWN
from ledger.service.queries.questions import LotQuestion, MethodChoice
from ledger.service.queries.records import read_lots, read_organizations, read_plugins
from ledger.service.queries.restatements.of_holder import read_changes
from ledger.service.queries.tree_size import EVER
from ledger.web.queries.products import From, Limit, To, product_footprint

LotId = Annotated[str, Parameter(description="the id of a lot", min_length=1, max_length=255)]
OptionalId = Annotated[str | None, Parameter(max_length=255)]
OptionalLot = Annotated[str | None, Parameter(description="the id of a lot", min_length=1, max_length=255)]
OptionalProduct = Annotated[
    str | None, Parameter(description="the id of a product, instead of a lot", min_length=1, max_length=255)
]
MethodName = Annotated[
    str | None, Parameter(description=f"with `lot`: a method with its version; default: {METHOD}", max_length=255)
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
At = Annotated[int | None, Parameter(description="the answer is as of this tree size; default: the newest")]


class QueriesController(Controller):
    path = "/v1"
    tags = ("queries",)

    @get("/lots", summary="A lot, or all lots in the life of an item")
    async def lots(
        self, ledger: Ledger, lot: OptionalId = None, item: OptionalId = None, at: At = None
    ) -> list[LotAnswer]:
        return await ledger.resemblances.of_lots(await read_lots(ledger.pool, lot, item, at))

    @get("/footprint", summary="The footprint of a lot or a product, with its origin and data quality")
    async def footprint(
        self, ledger: Ledger, lot: OptionalLot = None, product: OptionalProduct = None, method: MethodName = None,
        gwp: Gwp = None, allocation: Allocation = None, parameter: Parameters = None, since: From = None,
        until: To = None, limit: Limit = SHOWN, at: At = None,
    ) -> FootprintAnswer | MethodAnswer | ChainMethodAnswer | ProductAnswer:
        """For a lot: its stored figure, or a figure by another method, with other potentials or another allocation.
        For a product: the figure of all its lots in a period."""
        choices = {"method": method, "gwp": gwp, "allocation": allocation, "parameter": parameter}
        if product is not None:
            _refuse("product", "either lot or product; methods apply to lots only", {"lot": lot, **choices})
            return await product_footprint(ledger, product, since, until, at, limit)
        if lot is None:
            raise InvalidInput("name either a lot or a product", code="invalid-request", field="lot",
                               rule="one of the parameters lot and product")
        _refuse("lot", "a period needs product", {"from": since, "to": until})
        question = LotQuestion(lot, at)
        if method in (None, METHOD) and gwp is None and allocation is None and not parameter:
            return await ledger.resemblances.of_footprint(await read_footprint(ledger.pool, question))
        choice = MethodChoice(method or METHOD, gwp, allocation, parameter or ())
        return await run_method(ledger.pool, ledger.registry, question, choice)

    @get("/changes", summary="Restatements of a holder's lots: the revising record, and the figures before and after")
    async def changes(
        self, ledger: Ledger,
        holder: Annotated[str, Parameter(description="the id of an organisation", min_length=1, max_length=255)],
        since: Annotated[int, Parameter(description="log index of the first revising record", ge=0, le=EVER)] = 0,
        after: Annotated[
            int, Parameter(description="with `since`: `next` of a page", ge=-1, le=EVER * LOT_SLOTS)
        ] = -1,
        limit: Annotated[int, Parameter(ge=1, le=1000)] = 100,
    ) -> ChangesAnswer:
        return await read_changes(ledger.pool, holder, since, after, limit)

    @get("/organizations", summary="Organisations in log order, with their keys")
    async def organizations(
        self, ledger: Ledger, after: Annotated[int, Parameter(ge=-1)] = -1,
        limit: Annotated[int, Parameter(ge=1, le=1000)] = 100,
    ) -> list[OrganizationAnswer]:
        return await ledger.resemblances.of_organizations(await read_organizations(ledger.pool, after, limit))

    @get("/plugins", summary="Sector plugins that are installed here, and the versions in force on the log")
    async def plugins(self, ledger: Ledger) -> list[PluginAnswer]:
        return await read_plugins(ledger.pool, ledger.registry)


def _refuse(named: str, rule: str, others: Mapping[str, object]) -> None:
    """Raises InvalidInput if one of the `others` has a value: they cannot be combined with the parameter `named`."""
    for field, value in others.items():
        if value is not None:
            raise InvalidInput(f"{field} cannot be combined with {named}", field=field, value=value, rule=rule)
