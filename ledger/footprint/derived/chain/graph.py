"""The chain as callers see it: a networkx graph of lots and records, backed by arrays.

Nodes are lot ids, digests of records and, if pools are folded, pool ids. Edges follow the matter: from a lot to the
record that takes from it (`quantity` and `unit`, `part` of the whole lot), and from a record to the lot that it makes
(`share` of the record's burden). Dictionaries of neighbours are created on first access. So the graph of a million lots
is ready as soon as its arrays are.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final, NamedTuple, TypeVar

import networkx
from msgspec import to_builtins

from ledger.core.outcome.assessment import QUESTIONED
from ledger.core.record.units import plain
from ledger.footprint.derived.chain.arrays import Arrays
from ledger.footprint.derived.chain.columns import LotColumns, Records
from ledger.footprint.derived.chain.edges import MADE, Edges, Pooled, edges_of
from ledger.footprint.stored.burdens import SLOT, footprint

Data = dict[str, Any]
_QUESTIONED: Final = SLOT[QUESTIONED]
_Value = TypeVar("_Value")


class Chain(networkx.DiGraph):
    """A closure of lots: an immutable `networkx.DiGraph`, backed by `arrays`, `lots` and `records`.

    `quantities`: the quantity of each flow, in the unit of its lot. Copies, and chains created without arguments, are
    ordinary graphs.
    """

    arrays: Arrays
    lots: LotColumns
    records: Records
    quantities: Sequence[Decimal]
    _backing: "_Backing"

    @classmethod
    def of(
        cls, arrays: Arrays, lots: LotColumns, records: Records, quantities: Sequence[Decimal], *,
        roots: Sequence[int] = (), fold: bool = True, **attributes: Any,
    ) -> "Chain":
        """`fold`: each pool and its additions become one node; else every generation is a lot of its own. `roots`: the
        positions of the requested lots; the graph's attribute `roots` names their nodes, beside `attributes`."""
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
        """All nodes with their data, in the graph's order. The data are created for each call and not cached."""
        for name, node in self._backing.nodes.items():
            yield name, self._backing.node(node)

    def each_edge(self) -> Iterator[tuple[str, str, Data]]:
        """All edges with their data, in the graph's order. The data are not cached either."""
        for name, node in self._backing.nodes.items():
            for successor, data in self._backing.outward(node):
                yield name, successor, data


    def numbers(self) -> "GraphNumbers":
        """The graph by the numbers of its nodes."""
        return GraphNumbers(self._backing.names, list(self._backing.nodes.values()), self._backing.edges)

    def node_data(self, number: int) -> Data:
        """The data of the node with a number. They are created for each call."""
        return self._backing.node(number)


class GraphNumbers(NamedTuple):
    """A graph by the numbers of `Edges`: `names` of all records, lots and pools by number, of which `nodes` are nodes
    of the graph; the others are folded into pools."""

    names: Sequence[str]
    nodes: Sequence[int]
    edges: Edges


class _OnDemand(Mapping[str, _Value]):
    """A mapping that creates each value on first access. `nodes`: the integer of each name.

    Threads that access a value at the same time may each create it, but all get the same object.
    """

    def __init__(self, nodes: Mapping[str, int], make: Callable[[int], _Value]) -> None:
        self._nodes = nodes
        self._make = make
        self._made: dict[str, _Value] = {}

    def __getitem__(self, name: str) -> _Value:
        value = self._made.get(name)
        if value is None:
            value = self._made.setdefault(name, self._make(self._nodes[name]))
        return value

    def __contains__(self, name: object) -> bool:
        return name in self._nodes

    def __iter__(self) -> Iterator[str]:
        return iter(self._nodes)

    def __len__(self) -> int:
        return len(self._nodes)


class _Backing:
    """Creates the dictionaries of a chain's nodes and edges from its arrays.

    It has no reference to the chain, so that a chain without other references is freed at once. In a reference cycle
    its big arrays would wait for the garbage collector, which counts objects and not bytes.
    """

    def __init__(
        self, arrays: Arrays, lots: LotColumns, records: Records, quantities: Sequence[Decimal], edges: Edges
    ) -> None:
        self._arrays, self._lots, self._quantities = arrays, lots, quantities
        self._records = records
        self.edges = edges
        self._count = len(arrays.records)
        self.names = [*records.digests, *lots.ids, *[pool.id for pool in edges.pools]]
        places = edges.place.tolist()
        self.nodes = {name: node for node, name in enumerate(self.names[: len(places)]) if places[node] == node}
        self.nodes.update({pool.id: len(places) + i for i, pool in enumerate(edges.pools)})
        self._data: dict[int, Data] = {}

    def name_of(self, lot: int) -> str:
        """The node of a lot: itself, or its pool."""
        node = int(self.edges.place[self._count + lot])
        return self.names[node]

    def node(self, node: int) -> Data:
        """The data of a node."""
        if node < self._count:
            return self._record(node)
        lot = node - self._count
        lots = len(self._lots.ids)
        return self._lot(lot) if lot < lots else self._pool(self.edges.pools[lot - lots])

    def successors(self, node: int) -> dict[str, Data]:
        first, last = self.edges.outward[node], self.edges.outward[node + 1]
        return {self.names[self.edges.targets[edge]]: self._edge(edge) for edge in range(first, last)}

    def outward(self, node: int) -> Iterator[tuple[str, Data]]:
        """The successors with the data of their edges, which are not cached."""
        for edge in range(self.edges.outward[node], self.edges.outward[node + 1]):
            yield self.names[self.edges.targets[edge]], self._make(edge)

    def predecessors(self, node: int) -> dict[str, Data]:
        edges = self.edges.order[self.edges.inward[node] : self.edges.inward[node + 1]].tolist()
        return {self.names[self.edges.sources[edge]]: self._edge(edge) for edge in edges}

    def _record(self, record: int) -> Data:
        records = self._records
        index = int(self._arrays.records[record])
        data: Data = {"kind": "record", "index": index, "type": records.types[record],
                      "issuer": records.issuers[record]}
        if index in records.findings:
            data["findings"] = to_builtins(records.findings[index])
        return data

    def _lot(self, lot: int) -> Data:
        lots = self._lots
        data: Data = {
            "kind": "lot", "product": lots.products[lot], "holder": lots.holders[lot], "role": lots.roles[lot],
            "quantity": plain(Decimal(lots.quantities[lot])), "unit": lots.units[lot],
            "footprint": footprint(lots.burdens[lot].tolist()), "questioned": float(lots.burdens[lot][_QUESTIONED]),
        }
        optional = {"item": lots.items[lot], "facility": lots.facilities[lot], "process": lots.processes[lot]}
        data.update({name: value for name, value in optional.items() if value is not None})
        remaining = None if lots.remaining is None else lots.remaining[lot]
        if remaining is not None:
            data["remaining"] = plain(Decimal(remaining))
        return data

    def _pool(self, pool: Pooled) -> Data:
        """The data of the pool's newest generation. `from` and `to`: log indexes of the first and last addition."""
        makers, indexes = self.edges.makers, self._arrays.records
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
        """The data of an edge: one dictionary, shared by both of its ends."""
        data = self._data.get(edge)
        return self._data.setdefault(edge, self._make(edge)) if data is None else data

    def _make(self, edge: int) -> Data:
        begin, end = self.edges.begins[edge], self.edges.begins[edge + 1]
        data: Data = {}
        for member, lot in zip(
            self.edges.members[begin:end].tolist(), self.edges.made[begin:end].tolist(), strict=True
        ):
            self._add(data, member, lot)
        return data

    def _add(self, data: Data, flow: int, lot: int) -> None:
        arrays = self._arrays
        if flow == MADE:
            data["share"] = float(arrays.shares[lot])
            record = int(self.edges.makers[lot])
        else:
            taken = int(arrays.inputs[flow])
            before = Decimal(data["quantity"]) if "quantity" in data else Decimal(0)
            data["quantity"] = plain(before + self._quantities[flow])
            data["unit"] = self._lots.units[taken]
            data["part"] = data.get("part", 0.0) + float(arrays.parts[flow])
            record = int(self.edges.takers[flow])
        if int(self.edges.place[record]) != record:
            data.setdefault("additions", []).append(self._records.digests[record])
