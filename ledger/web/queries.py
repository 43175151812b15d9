"""Asking: lots, footprints, chains, organisations, plugins."""

from typing import Annotated, Any, Literal

import networkx
from litestar import Controller, get
from litestar.params import Parameter

from ledger.errors import InvalidInput
from ledger.footprint.burdens import METHOD
from ledger.service.answers import ChangesAnswer, FootprintAnswer, LotAnswer, OrganizationAnswer, PluginAnswer
from ledger.service.chains import trace
from ledger.service.changes import read_changes
from ledger.service.footprints import read_footprint
from ledger.service.ledger import Ledger
from ledger.service.moments import EVER
from ledger.service.queries import read_lots, read_organizations, read_plugins

LotId = Annotated[str, Parameter(description="the id of a lot", min_length=1, max_length=255)]
OptionalId = Annotated[str | None, Parameter(max_length=255)]
At = Annotated[int | None, Parameter(description="as of a tree of so many entries; now, where it is not named")]


class QueriesController(Controller):
    path = "/v1"
    tags = ("queries",)

    @get("/lots", summary="A lot, or all lots of an item: its whole life")
    async def lots(
        self, ledger: Ledger, lot: OptionalId = None, item: OptionalId = None, at: At = None
    ) -> list[LotAnswer]:
        return await read_lots(ledger.pool, lot, item, at)

    @get("/footprint", summary="The footprint of a lot, where it comes from and how good it is")
    async def footprint(
        self, ledger: Ledger, lot: LotId,
        method: Annotated[str, Parameter(description="name and version of the method")] = METHOD, at: At = None,
    ) -> FootprintAnswer:
        if method != METHOD:
            raise InvalidInput(f"method {method!r} is not known", code="unknown-method", field="method", value=method,
                               rule=f"one of: {METHOD}")
        return await read_footprint(ledger.pool, lot, at)

    @get("/changes", summary="Lots of a holder that were given other figures, by which record, before and after")
    async def changes(
        self, ledger: Ledger,
        holder: Annotated[str, Parameter(description="the id of an organisation", min_length=1, max_length=255)],
        since: Annotated[int, Parameter(description="log index of the first revising record", ge=0, le=EVER)] = 0,
        after: Annotated[int, Parameter(description="with `since`, as `next` told it", ge=-1, le=EVER << 10)] = -1,
        limit: Annotated[int, Parameter(ge=1, le=1000)] = 100,
    ) -> ChangesAnswer:
        return await read_changes(ledger.pool, holder, since, after, limit)

    @get("/chain", summary="The lots and records behind or after a lot, as node-link JSON")
    async def chain(
        self, ledger: Ledger, lot: LotId, direction: Literal["upstream", "downstream"] = "upstream",
        depth: Annotated[int | None, Parameter(ge=0, le=10_000)] = None,
    ) -> dict[str, Any]:
        graph = await trace(ledger.pool, lot, direction, depth)
        data: dict[str, Any] = networkx.node_link_data(graph, edges="edges")
        return data

    @get("/organizations", summary="Organisations in log order, with their keys")
    async def organizations(
        self, ledger: Ledger, after: Annotated[int, Parameter(ge=-1)] = -1,
        limit: Annotated[int, Parameter(ge=1, le=1000)] = 100,
    ) -> list[OrganizationAnswer]:
        return await read_organizations(ledger.pool, after, limit)

    @get("/plugins", summary="Sector plugins: installed here, and in force on the log")
    async def plugins(self, ledger: Ledger) -> list[PluginAnswer]:
        return await read_plugins(ledger.pool, ledger.registry)
