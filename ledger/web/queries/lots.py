"""Asking: lots, footprints, chains, organisations, plugins."""

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
from ledger.service.queries.records import read_lots, read_organizations, read_plugins
from ledger.service.queries.restatements.of_holder import read_changes
from ledger.service.queries.tree_size import EVER
from ledger.web.queries.products import From, Limit, To, product_footprint

LotId = Annotated[str, Parameter(description="the id of a lot", min_length=1, max_length=255)]
OptionalId = Annotated[str | None, Parameter(max_length=255)]
OptionalLot = Annotated[str | None, Parameter(description="the id of a lot", min_length=1, max_length=255)]
OptionalProduct = Annotated[
    str | None, Parameter(description="the id of a product, in place of a lot", min_length=1, max_length=255)
]
MethodName = Annotated[
    str | None, Parameter(description=f"with `lot`: name and version of a method, {METHOD} by default", max_length=255)
]
Gwp = Annotated[
    str | None, Parameter(description="with `lot`: set of global warming potentials, AR6 by default", max_length=20)
]
Allocation = Annotated[
    str | None,
    Parameter(description="with `lot`: one key for all records; each record's own by default", max_length=20),
]
Parameters = Annotated[
    list[Annotated[str, Meta(max_length=400)]] | None,
    Parameter(description="with `lot`: NAME=VALUE or MATERIAL.NAME=VALUE, of the method", max_items=1_000),
]
At = Annotated[int | None, Parameter(description="as of a tree of so many entries; now, where it is not named")]


class QueriesController(Controller):
    path = "/v1"
    tags = ("queries",)

    @get("/lots", summary="A lot, or all lots of an item: its whole life")
    async def lots(
        self, ledger: Ledger, lot: OptionalId = None, item: OptionalId = None, at: At = None
    ) -> list[LotAnswer]:
        return await ledger.resemblances.of_lots(await read_lots(ledger.pool, lot, item, at))

    @get("/footprint", summary="The footprint of a lot or a product, where it comes from and how good it is")
    async def footprint(
        self, ledger: Ledger, lot: OptionalLot = None, product: OptionalProduct = None, method: MethodName = None,
        gwp: Gwp = None, allocation: Allocation = None, parameter: Parameters = None, since: From = None,
        until: To = None, limit: Limit = SHOWN, at: At = None,
    ) -> FootprintAnswer | MethodAnswer | ChainMethodAnswer | ProductAnswer:
        """Of a lot its stored figure, or another one by another method, other potentials or another allocation."""
        choices = {"method": method, "gwp": gwp, "allocation": allocation, "parameter": parameter}
        if product is not None:
            _refuse("product", "either lot or product; methods are of lots", lot=lot, **choices)
            return await product_footprint(ledger, product, since, until, at, limit)
        if lot is None:
            raise InvalidInput("name either a lot or a product", code="invalid-request", field="lot",
                               rule="one of the parameters lot and product")
        _refuse("lot", "a period goes with product", **{"from": since, "to": until})
        if method in (None, METHOD) and gwp is None and allocation is None and not parameter:
            return await ledger.resemblances.of_footprint(await read_footprint(ledger.pool, lot, at))
        return await run_method(
            ledger.pool, ledger.registry, lot, at, method or METHOD, gwp, allocation, parameter or ()
        )

    @get("/changes", summary="Lots of a holder that were given other figures, by which record, before and after")
    async def changes(
        self, ledger: Ledger,
        holder: Annotated[str, Parameter(description="the id of an organisation", min_length=1, max_length=255)],
        since: Annotated[int, Parameter(description="log index of the first revising record", ge=0, le=EVER)] = 0,
        after: Annotated[
            int, Parameter(description="with `since`, as `next` told it", ge=-1, le=EVER * LOT_SLOTS)
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

    @get("/plugins", summary="Sector plugins: installed here, and in force on the log")
    async def plugins(self, ledger: Ledger) -> list[PluginAnswer]:
        return await read_plugins(ledger.pool, ledger.registry)


def _refuse(named: str, rule: str, **others: object) -> None:
    """Raises InvalidInput for a parameter that does not go with the one that is named."""
    for field, value in others.items():
        if value is not None:
            raise InvalidInput(f"{field} does not go with {named}", field=field, value=value, rule=rule)
