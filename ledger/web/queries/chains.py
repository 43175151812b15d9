"""Queries for the upstream or downstream chain of lots, and for the contributions to a lot's figure or content."""

from collections.abc import AsyncIterator, Iterator
from itertools import islice
from typing import Annotated, Any, Final, Literal

import msgspec
from litestar import Controller, MediaType, get
from litestar.params import Parameter
from litestar.response import Stream
from msgspec import Meta

from ledger.access.declared import OfLot
from ledger.errors import InvalidInput
from ledger.footprint.derived.chain.contraction import Contraction
from ledger.footprint.derived.chain.graph import Chain
from ledger.footprint.derived.tables.rows import FOOTPRINT, GROUPINGS, Contributions
from ledger.host.threads import in_thread
from ledger.service.access.sight import Sight
from ledger.service.ledger import Ledger
from ledger.service.queries.chain.read import ChainLimits, trace_visible
from ledger.service.queries.contributions.burdens import MAX_SHOWN, SHOWN, TableLayout, read_contributions
from ledger.service.queries.contributions.contents import read_content_origins
from ledger.service.queries.questions import LotQuestion
from ledger.web.queries.lots import At, LotId

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
By = Annotated[str, Parameter(description=f"the grouping: {', '.join(GROUPINGS)}", max_length=64)]
Burden = Annotated[str | None, Parameter(description=f"`{FOOTPRINT}`, or one burden", max_length=64)]
Content = Annotated[str | None, Parameter(
    description="a content, such as recycledPostConsumer:steel, instead of a burden", max_length=255)]


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
