"""Asking about the chain of a lot: what lies behind it, and what its figure consists of."""

import asyncio
from typing import Annotated, Any, Literal

import networkx
from litestar import Controller, get
from litestar.params import Parameter
from msgspec import Meta

from ledger.service.chains import Limits, trace
from ledger.service.ledger import Ledger
from ledger.web.queries import At

LotIds = Annotated[
    list[Annotated[str, Meta(min_length=1, max_length=255)]],
    Parameter(description="ids of lots or pools", min_items=1, max_items=1_000),
]
Stages = Annotated[
    list[str] | None, Parameter(description="processes behind whose records is not looked", max_items=100)
]


class ChainsController(Controller):
    path = "/v1"
    tags = ("chains",)

    @get("/chain", summary="The lots and records behind or after lots, as node-link JSON")
    async def chain(
        self, ledger: Ledger, lot: LotIds, direction: Literal["upstream", "downstream"] = "upstream",
        depth: Annotated[int | None, Parameter(description="records to go at most", ge=0, le=10_000)] = None,
        stage: Stages = None, at: At = None,
    ) -> dict[str, Any]:
        chain = await trace(ledger.pool, lot, direction, Limits(depth, stage or ()), at)
        data: dict[str, Any] = await asyncio.to_thread(networkx.node_link_data, chain, edges="edges")
        return data
