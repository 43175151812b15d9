"""Reads a chain from the arrays behind its graph. For 50,000 lots this takes a third of the time of its JSON."""

from collections.abc import Iterator, Sequence
from typing import overload

import numpy
from msgspec import to_builtins

from ledger.core.outcome.assessment import ADDITIVE, QUESTIONED
from ledger.drawings.sankey.chain import HIDDEN, LOT, POOL, RECORD, FlatChain, NodeData, NodeTable
from ledger.drawings.sankey.fold import BY_FIGURE, FoldOptions, fold_flat
from ledger.drawings.sankey.model import Sankey
from ledger.footprint.derived.chain.arrays import Floats, Integers
from ledger.footprint.derived.chain.contraction import HIDDEN as HIDDEN_PARTS
from ledger.footprint.derived.chain.contraction import Contraction
from ledger.footprint.derived.chain.edges import MADE, Edges
from ledger.footprint.derived.chain.graph import Chain
from ledger.footprint.stored.burdens import SLOT


def fold_graph(
    chain: Chain, contraction: Contraction | None, targets: Sequence[str], options: FoldOptions = BY_FIGURE
) -> Sankey:
    """As `fold` of the nodes and edges of the graph, or of its contraction if parts of it are hidden. Raises the same
    errors."""
    return fold_flat(_flat(chain, contraction), targets, options)


def _flat(chain: Chain, contraction: Contraction | None) -> FlatChain:
    names, nodes, edges = chain.numbers()
    hidden_names = frozenset() if contraction is None else contraction.merged
    shown = [node for node in nodes if names[node] not in hidden_names] if hidden_names else list(nodes)
    place = numpy.full(len(names), -1, numpy.int64)
    place[shown] = numpy.arange(len(shown))
    sources, targets = place[edges.sources], place[edges.targets]
    takers = sorted(set(targets[(sources < 0) & (targets >= 0)].tolist()))
    remainder = None if contraction is None else contraction.remainder
    flat = FlatChain(_table(chain, contraction, shown, frozenset(takers if remainder is None else ())))
    both = (sources >= 0) & (targets >= 0)
    _connect(flat, sources[both], targets[both], _parts(chain, edges)[both])
    for taker in takers if remainder is not None else ():
        flat.connect(len(shown), taker, 0.0)
    return flat


def _connect(flat: FlatChain, sources: Integers, targets: Integers, parts: Floats) -> None:
    """Adds edges in order of their sources, all at once, as `FlatChain.connect` adds them one by one."""
    flat.sources, flat.targets, flat.parts = sources.tolist(), targets.tolist(), parts.tolist()
    same = numpy.append(False, sources[1:] == sources[:-1])[: len(sources)]
    flat.following = numpy.where(same, numpy.arange(-1, len(sources) - 1), -1).tolist()
    first = numpy.full(flat.size, -1, numpy.int64)
    # The last edge of each source stays.
    first[sources] = numpy.arange(len(sources))
    makers = numpy.full(flat.size, -1, numpy.int64)
    makes = numpy.array(flat.code, numpy.int64)[targets] == LOT
    makers[targets[makes]] = sources[makes]
    flat.first, flat.maker = first.tolist(), makers.tolist()


def _parts(chain: Chain, edges: Edges) -> Floats:
    """The share of each edge to a lot, or the sum of the parts of each edge to a record. 0 if it is infinite, since a
    revision emptied the lot."""
    arrays, made = chain.arrays, edges.members == MADE
    if not len(edges.members):
        return numpy.zeros(0)
    amounts = numpy.zeros(len(edges.members))
    amounts[made] = arrays.shares[edges.made[made]]
    amounts[~made] = arrays.parts[edges.members[~made]]
    summed = numpy.add.reduceat(amounts, edges.begins[:-1])
    return numpy.where(numpy.isfinite(summed), summed, 0.0)


def _table(
    chain: Chain, contraction: Contraction | None, shown: Sequence[int], undivided: frozenset[int]
) -> NodeTable:
    arrays, lots, records, edges = chain.arrays, chain.lots, chain.records, chain.numbers().edges
    names, count, last = chain.numbers().names, len(arrays.records), len(arrays.records) + len(lots.ids)
    index = arrays.records.tolist()
    code = [RECORD if node < count else LOT if node < last else POOL for node in shown]
    lot_of = [-1 if node < count else node - count if node < last else edges.pools[node - last].lots[-1]
              for node in shown]
    additive = numpy.zeros(len(lots.ids))
    for slot in range(len(ADDITIVE)):
        # In the order in which stored figures add them.
        additive = additive + lots.burdens[:, slot]
    figures, questions = additive.tolist(), lots.burdens[:, SLOT[QUESTIONED]].tolist()
    makers = edges.makers.tolist()
    suppliers = {} if contraction is None else contraction.suppliers
    table = NodeTable(
        ids=[names[node] for node in shown], code=code,
        types=[records.types[node] if node < count else "" for node in shown],
        places=[index[node] if node < count else index[makers[edges.pools[node - last].lots[0]]] if node >= last else 0
                for node in shown],
        holders=[records.issuers[node] if node < count else suppliers.get(names[node]) or lots.holders[lot]
                 for node, lot in zip(shown, lot_of, strict=True)],
        figures=[0.0 if lot < 0 else figures[lot] for lot in lot_of],
        questions=[0.0 if lot < 0 else questions[lot] for lot in lot_of],
        findings={} if not records.findings else {
            place: to_builtins(records.findings[index[node]]) for place, node in enumerate(shown)
            if node < count and index[node] in records.findings},
        undivided=undivided, data=_NodeDataOnDemand(chain, shown, contraction),
    )
    return table if contraction is None or contraction.remainder is None else _with_remainder(table, contraction)


def _with_remainder(table: NodeTable, contraction: Contraction) -> NodeTable:
    """The table with the node of all merged lots, at the end."""
    remainder = contraction.remainder or {}
    return table._replace(
        ids=[*table.ids, HIDDEN_PARTS], code=[*table.code, HIDDEN], types=[*table.types, ""],
        places=[*table.places, 0], holders=[*table.holders, ""],
        figures=[*table.figures, float(remainder["footprint"])],
        questions=[*table.questions, float(remainder["questioned"])],
    )


class _NodeDataOnDemand(Sequence[NodeData]):
    """The data of nodes, made when they are asked for: few are drawn."""

    def __init__(self, chain: Chain, shown: Sequence[int], contraction: Contraction | None) -> None:
        self._chain, self._shown = chain, shown
        self._remainder = None if contraction is None else contraction.remainder
        self._names = chain.numbers().names

    def __len__(self) -> int:
        return len(self._shown) + (self._remainder is not None)

    def __iter__(self) -> Iterator[NodeData]:
        return (self[place] for place in range(len(self)))

    @overload
    def __getitem__(self, place: int) -> NodeData: ...

    @overload
    def __getitem__(self, place: slice) -> Sequence[NodeData]: ...

    def __getitem__(self, place: int | slice) -> NodeData | Sequence[NodeData]:
        if isinstance(place, slice):
            return [self[each] for each in range(*place.indices(len(self)))]
        if place < len(self._shown):
            node = self._shown[place]
            return {**self._chain.node_data(node), "id": self._names[node]}
        return {**(self._remainder or {}), "id": HIDDEN_PARTS}
