"""The query for the upstream or downstream chain of lots."""

from collections.abc import AsyncIterator, Iterator
from itertools import islice
from typing import Annotated, Any, Final, Literal

import msgspec
from litestar import Controller, MediaType, get
from litestar.params import Parameter
from litestar.response import Stream
from msgspec import Meta

from ledger.access.declared import OfLot
from ledger.footprint.derived.chain.contraction import Contraction
from ledger.footprint.derived.chain.graph import Chain
from ledger.host.threads import in_thread
from ledger.service.access.sight import Sight
from ledger.service.ledger import Ledger
from ledger.service.queries.chain.read import ChainLimits, trace_visible
from ledger.web.queries.lots import At

LotIds = Annotated[
    list[Annotated[str, Meta(min_length=1, max_length=255)]],
    Parameter(description="ids of lots or pools", min_items=1, max_items=1_000),
]
Stages = Annotated[
    list[Annotated[str, Meta(min_length=1, max_length=255)]] | None,
    Parameter(description="processes at whose records the chain ends", max_items=100),
]

_MEMBERS: Final = 2_000
"""The number of nodes or edges in one piece of an answer."""
_encode = msgspec.json.Encoder().encode


class ChainsController(Controller):
    path = "/v1"
    tags = ("chains",)

    @get("/chain", access=OfLot(pools=True),
         summary="The upstream or downstream chain of lots, as node-link JSON", media_type=MediaType.JSON)
    async def chain(
        self, ledger: Ledger, sight: Sight, lot: LotIds, direction: Literal["upstream", "downstream"] = "upstream",
        depth: Annotated[int | None, Parameter(description="the most records on a path", ge=0, le=10_000)] = None,
        stage: Stages = None, at: At = None,
    ) -> Stream:
        limits = ChainLimits(depth, stage or ())
        chain, contraction = await trace_visible(ledger.pool, lot, direction, limits, at, sight)
        return Stream(_pieces(chain, contraction), media_type=MediaType.JSON)


async def _pieces(chain: Chain, contraction: Contraction | None) -> AsyncIterator[bytes]:
    """The JSON of `networkx.node_link_data`, some nodes or edges at a time."""
    if contraction is None:
        graph, each_node, each_edge = chain.graph, chain.each_node(), chain.each_edge()
    else:
        graph = contraction.attributes(chain)
        each_node, each_edge = contraction.nodes(chain), contraction.edges(chain)
    yield b'{"directed":true,"multigraph":false,"graph":' + _encode(graph) + b',"nodes":['
    nodes = (data | {"id": name} for name, data in each_node)
    async for piece in _listed(nodes):
        yield piece
    yield b'],"edges":['
    edges = (data | {"source": source, "target": target} for source, target, data in each_edge)
    async for piece in _listed(edges):
        yield piece
    yield b"]}"


async def _listed(members: Iterator[dict[str, Any]]) -> AsyncIterator[bytes]:
    """The members of a JSON array, in pieces."""
    between = b""
    while piece := await in_thread(_joined, members):
        yield between + piece
        between = b","


def _joined(members: Iterator[dict[str, Any]]) -> bytes:
    return b",".join([_encode(member) for member in islice(members, _MEMBERS)])
