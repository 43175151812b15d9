"""The chain as others see it: a networkx graph of lots and records, backed by arrays.

Nodes are lot ids, digests of records and, where pools are folded, pool ids. Edges run with the matter: from a lot to
the record that takes from it (`quantity` and `unit`, `part` of the whole lot), from a record to the lot that it makes
(`share` of the record's burden). Neighbours become dictionaries when somebody asks for them, not before; so the graph
of a million lots is there as soon as its arrays are.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, TypeVar

import networkx

from ledger.core.record.units import plain
from ledger.footprint.derived.chain.arrays import Arrays
from ledger.footprint.derived.chain.columns import LotColumns, Records
from ledger.footprint.derived.chain.edges import MADE, Edges, Pooled, edges_of
from ledger.footprint.stored.burdens import footprint

Data = dict[str, Any]
_Value = TypeVar("_Value")


class Chain(networkx.DiGraph):
    """A closure of lots: a `networkx.DiGraph` that cannot be changed, and behind it `arrays`, `lots` and `records`.

    `quantities`: what each flow takes, in the unit of its lot. Copies, and chains made without arguments, are ordinary
    graphs.
    """

    arrays: Arrays
    lots: LotColumns
    records: Records
    quantities: Sequence[Decimal]
    _backing: "_Backing"

    @classmethod
    def of(
        cls, arrays: Arrays, lots: LotColumns, records: Records, quantities: Sequence[
            Decimal
        ], *, roots: Sequence[int] = (),
        fold: bool = True, **attributes: Any,
    ) -> "Chain":
        """`fold`: each pool is one node, with the additions to it; else every generation is a lot of its own. `roots`:
        the positions of the lots that were asked for, whose nodes the graph names beside `attributes`."""
        chain = cls(**attributes)
        chain.arrays, chain.lots, chain.records, chain.quantities = arrays, lots, records, quantities
        backing = _Backing(arrays, lots, records, quantities, edges_of(arrays, lots.pools, fold=fold))
        for name, make in (
            ("_node", backing.node), ("_adj", backing.successors), ("_pred", backing.predecessors)
        ):
            setattr(chain, name, _OnDemand(backing.nodes, make))
        chain._backing = backing
        chain.graph["roots"] = list(dict.fromkeys(backing.name_of(lot) for lot in roots))
        networkx.freeze(chain)
        return chain

    def each_node(self) -> Iterator[tuple[str, Data]]:
        """All nodes with what is said of them, in the graph's order: made on the way, and not kept."""
        for name, node in self._backing.nodes.items():
            yield name, self._backing.node(node)

    def each_edge(self) -> Iterator[tuple[str, str, Data]]:
        """All edges in the same way."""
        for name, node in self._backing.nodes.items():
            for other, data in self._backing.outward(node):
                yield name, other, data


class _OnDemand(Mapping[str, _Value]):
    """A mapping whose values are made when they are first asked for. `nodes`: the integer of each name.

    Threads that ask for one at once may each make it, but all get the same.
    """

    def __init__(self, nodes: Mapping[str, int], make: Callable[[int], _Value]) -> None:
        self._nodes = nodes
        self._make = make
        self._made: dict[str, _Value] = {}

    def __getitem__(self, name: str) -> _Value:
        found = self._made.get(name)
        if found is None:
            found = self._made.setdefault(name, self._make(self._nodes[name]))
        return found

    def __contains__(self, name: object) -> bool:
        return name in self._nodes

    def __iter__(self) -> Iterator[str]:
        return iter(self._nodes)

    def __len__(self) -> int:
        return len(self._nodes)


class _Backing:
    """Makes the dictionaries of a chain's nodes and edges from its arrays. It does not know the chain, which goes as
    soon as nobody holds it: a cycle of big arrays would wait for the collector, which counts small objects."""

    def __init__(
        self, arrays: Arrays, lots: LotColumns, records: Records, quantities: Sequence[Decimal], edges: Edges
    ) -> None:
        self._arrays, self._lots, self._quantities = arrays, lots, quantities
        self._records = records
        self._edges = edges
        self._count = len(arrays.records)
        self._names = [*records.digests, *lots.ids, *[pool.id for pool in edges.pools]]
        kept = edges.place.tolist()
        self.nodes = {name: node for node, name in enumerate(self._names[: len(kept)]) if kept[node] == node}
        self.nodes.update({pool.id: len(kept) + i for i, pool in enumerate(edges.pools)})
        self._data: dict[int, Data] = {}

    def name_of(self, lot: int) -> str:
        """The node of a lot: itself, or its pool."""
        node = int(self._edges.place[self._count + lot])
        return self._names[node]

    def node(self, node: int) -> Data:
        """What the graph says of a node."""
        if node < self._count:
            return self._record(node)
        lot = node - self._count
        lots = len(self._lots.ids)
        return self._lot(lot) if lot < lots else self._pool(self._edges.pools[lot - lots])

    def successors(self, node: int) -> dict[str, Data]:
        first, last = self._edges.outward[node], self._edges.outward[node + 1]
        return {self._names[self._edges.targets[edge]]: self._edge(edge) for edge in range(first, last)}

    def outward(self, node: int) -> Iterator[tuple[str, Data]]:
        """The successors with their edges, of which nothing is kept."""
        for edge in range(self._edges.outward[node], self._edges.outward[node + 1]):
            yield self._names[self._edges.targets[edge]], self._make(edge)

    def predecessors(self, node: int) -> dict[str, Data]:
        edges = self._edges.order[self._edges.inward[node] : self._edges.inward[node + 1]].tolist()
        return {self._names[self._edges.sources[edge]]: self._edge(edge) for edge in edges}

    def _record(self, record: int) -> Data:
        records = self._records
        return {"kind": "record", "index": int(self._arrays.records[record]), "type": records.types[record],
                "issuer": records.issuers[record]}

    def _lot(self, lot: int) -> Data:
        lots = self._lots
        data: Data = {
            "kind": "lot", "product": lots.products[lot], "holder": lots.holders[lot], "role": lots.roles[lot],
            "quantity": plain(Decimal(lots.quantities[lot])), "unit": lots.units[lot],
            "footprint": footprint(lots.burdens[lot].tolist()),
        }
        optional = {"item": lots.items[lot], "facility": lots.facilities[lot], "process": lots.processes[lot]}
        data.update({name: value for name, value in optional.items() if value is not None})
        if lots.remaining is not None:
            data["remaining"] = plain(Decimal(lots.remaining[lot]))
        return data

    def _pool(self, pool: Pooled) -> Data:
        """The newest generation speaks for the pool; `from` which log index `to` which the additions reach."""
        makers, indexes = self._edges.makers, self._arrays.records
        first, last = int(indexes[makers[pool.lots[0]]]), int(indexes[makers[pool.lots[-1]]])
        times = self._records.times
        data = {
            **self._lot(pool.lots[-1]), "kind": "pool", "lot": self._lots.ids[pool.lots[-1]],
            "generations": len(pool.lots), "from": first, "to": last,
        }
        if first in times and last in times:
            data.update({"firstAddition": times[first], "lastAddition": times[last]})
        return data

    def _edge(self, edge: int) -> Data:
        """One dictionary an edge, seen from both of its ends."""
        found = self._data.get(edge)
        return self._data.setdefault(edge, self._make(edge)) if found is None else found

    def _make(self, edge: int) -> Data:
        begin, end = self._edges.begins[edge], self._edges.begins[edge + 1]
        data: Data = {}
        for member, lot in zip(
            self._edges.members[begin:end].tolist(), self._edges.made[begin:end].tolist(), strict=True
        ):
            self._add(data, member, lot)
        return data

    def _add(self, data: Data, flow: int, lot: int) -> None:
        arrays = self._arrays
        if flow == MADE:
            data["share"] = float(arrays.shares[lot])
            record = int(self._edges.makers[lot])
        else:
            taken = int(arrays.inputs[flow])
            before = Decimal(data["quantity"]) if "quantity" in data else Decimal(0)
            data["quantity"] = plain(before + self._quantities[flow])
            data["unit"] = self._lots.units[taken]
            data["part"] = data.get("part", 0.0) + float(arrays.parts[flow])
            record = int(self._edges.takers[flow])
        if int(self._edges.place[record]) != record:
            data.setdefault("additions", []).append(self._records.digests[record])
