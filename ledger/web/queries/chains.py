"""Asking about the chain of a lot: what lies behind it, and what its figure consists of."""

from collections.abc import AsyncIterator, Iterator
from itertools import islice
from typing import Annotated, Any, Final, Literal

import msgspec
from litestar import Controller, MediaType, get
from litestar.params import Parameter
from litestar.response import Stream
from msgspec import Meta

from ledger.footprint.derived.chain.graph import Chain
from ledger.service.ledger import Ledger
from ledger.service.queries.chain.read import ChainLimits, trace
from ledger.service.queries.threads import in_thread
from ledger.web.queries.lots import At

LotIds = Annotated[
    list[Annotated[str, Meta(min_length=1, max_length=255)]],
    Parameter(description="ids of lots or pools", min_items=1, max_items=1_000),
]
Stages = Annotated[
    list[str] | None, Parameter(description="processes behind whose records is not looked", max_items=100)
]

_MEMBERS: Final = 2_000
"""Nodes, or edges, of one piece of an answer."""
_encode = msgspec.json.Encoder().encode


class ChainsController(Controller):
    path = "/v1"
    tags = ("chains",)

    @get("/chain", summary="The lots and records behind or after lots, as node-link JSON", media_type=MediaType.JSON)
    async def chain(
        self, ledger: Ledger, lot: LotIds, direction: Literal["upstream", "downstream"] = "upstream",
        depth: Annotated[int | None, Parameter(description="records to go at most", ge=0, le=10_000)] = None,
        stage: Stages = None, at: At = None,
    ) -> Stream:
        chain = await trace(ledger.pool, lot, direction, ChainLimits(depth, stage or ()), at)
        return Stream(_pieces(chain), media_type=MediaType.JSON)


async def _pieces(chain: Chain) -> AsyncIterator[bytes]:
    """What `networkx.node_link_data` tells, some nodes and edges at a time."""
    yield b'{"directed":true,"multigraph":false,"graph":' + _encode(chain.graph) + b',"nodes":['
    nodes = (data | {"id": name} for name, data in chain.each_node())
    async for piece in _listed(nodes):
        yield piece
    yield b'],"edges":['
    edges = (data | {"source": source, "target": target} for source, target, data in chain.each_edge())
    async for piece in _listed(edges):
        yield piece
    yield b"]}"


async def _listed(members: Iterator[dict[str, Any]]) -> AsyncIterator[bytes]:
    """The members of a JSON array."""
    between = b""
    while piece := await in_thread(_joined, members):
        yield between + piece
        between = b","


def _joined(members: Iterator[dict[str, Any]]) -> bytes:
    return b",".join([_encode(member) for member in islice(members, _MEMBERS)])
