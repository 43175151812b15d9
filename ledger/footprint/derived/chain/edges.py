"""The nodes and edges of a chain's graph as integers, in both directions. Pools are folded, parallel flows merged.

Nodes are numbered in this order: records, lots, pools. An edge stands for the flows that it merges, or for the relation
of a record to a lot that it made.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy

from ledger.footprint.derived.chain.arrays import Arrays, Integers

MADE = -1
"""Marks a member of an edge that is not a flow: the record made the lot."""


class Pooled(NamedTuple):
    """A pool as a node: the positions of its generations in this chain, oldest first."""

    id: str
    lots: list[int]


class Edges(NamedTuple):
    """`place`: the node of each record and lot. `makers` of lots and `takers` of flows, as positions of records.

    Edge e runs from `sources[e]` to `targets[e]` and merges `members[begins[e]:begins[e + 1]]`. A member is the
    position of a flow, or MADE if the record made the lot at the same position of `made`. The outgoing edges of node n
    are `outward[n]:outward[n + 1]`, its incoming edges are `order[inward[n]:inward[n + 1]]`.
    """

    place: Integers
    makers: Integers
    takers: Integers
    pools: Sequence[Pooled]
    sources: Integers
    targets: Integers
    begins: Integers
    members: Integers
    made: Integers
    outward: Integers
    inward: Integers
    order: Integers


def edges_of(arrays: Arrays, pools: Sequence[str | None], *, fold: bool) -> Edges:
    """The edges of a chain. `pools`: the pool of each lot that is a generation of a pool. With `fold`, the generations
    of a pool and the additions that made them become one node, without edges inside it."""
    records, lots = len(arrays.records), len(arrays.numbers)
    place, pooled = _places(arrays, pools if fold else ())
    makers, takers = arrays.makers, arrays.takers
    sources = place[numpy.concatenate([makers, records + arrays.inputs])]
    targets = place[numpy.concatenate([records + numpy.arange(lots), takers])]
    members = numpy.concatenate([numpy.full(lots, MADE), numpy.arange(len(arrays.inputs))])
    made = numpy.concatenate([numpy.arange(lots), numpy.full(len(arrays.inputs), MADE)])
    outer = sources != targets
    sources, targets, members, made = sources[outer], targets[outer], members[outer], made[outer]
    order = numpy.lexsort((targets, sources))
    sources, targets, members, made = sources[order], targets[order], members[order], made[order]
    first = numpy.ones(len(sources), numpy.bool_)
    first[1:] = (sources[1:] != sources[:-1]) | (targets[1:] != targets[:-1])
    begins = numpy.append(numpy.flatnonzero(first), len(sources))
    sources, targets = sources[first], targets[first]
    inward = numpy.argsort(targets, kind="stable")
    nodes = numpy.arange(records + lots + len(pooled) + 1)
    return Edges(
        place, makers, takers, pooled, sources, targets, begins, members, made, numpy.searchsorted(sources, nodes),
        numpy.searchsorted(targets[inward], nodes), inward,
    )


def _places(arrays: Arrays, pools: Sequence[str | None]) -> tuple[Integers, list[Pooled]]:
    """The node of each record and lot: itself, or the pool that it is folded into."""
    records, lots = len(arrays.records), len(arrays.numbers)
    place = numpy.arange(records + lots)
    pooled: dict[str, Pooled] = {}
    nodes: dict[str, int] = {}
    generations = [(lot, pool) for lot, pool in enumerate(pools) if pool is not None]
    if generations:
        makers = arrays.makers
        for lot, pool in generations:
            node = nodes.setdefault(pool, records + lots + len(nodes))
            pooled.setdefault(pool, Pooled(pool, [])).lots.append(lot)
            place[records + lot] = place[makers[lot]] = node
    return place, list(pooled.values())
