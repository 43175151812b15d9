"""Reads a chain as `/v1/chain` answers it, in node-link form, into flat lists.

Nodes and edges are integers, in the order in which they come. A chain of 50,000 lots is 100,000 nodes, and a dictionary
or tuple for each edge would keep the garbage collector busy for longer than the fold itself.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import isfinite
from typing import Any, Final, NamedTuple

from ledger.core.record.units import UNITS
from ledger.errors import InvalidInput

NodeData = Mapping[str, Any]
EdgeData = Mapping[str, Any]
RECORD: Final = 0
POOL: Final = 1
LOT: Final = 2
HIDDEN: Final = 3
_CODES: Final = {"record": RECORD, "pool": POOL, "lot": LOT, "hidden": HIDDEN}
_END: Final = -1


class NodeTable(NamedTuple):
    """The nodes of a chain, column by column. `types` of records. `places` in the log, of a pool's first addition.
    `figures` and `questions`: kg CO2e. `findings` of the records that have any. `undivided`: records that take lots of
    a single hidden party. `data`: of each node, for the few that are drawn."""

    ids: Sequence[str]
    code: Sequence[int]
    types: Sequence[str]
    places: Sequence[int]
    holders: Sequence[str]
    figures: list[float]
    questions: list[float]
    findings: Mapping[int, Sequence[NodeData]]
    undivided: frozenset[int]
    data: Sequence[NodeData]


class FlatChain:
    """A chain by node: the `maker` of each lot (-1 at the boundary of the visible part), and edges.

    Edge e runs from `sources[e]` to `targets[e]` with `parts[e]`, a lot's share of its record's burdens or the part
    that a record takes of a lot; 0 from hidden parts. The edges from a node begin with `first[node]`, and go on with
    `following[e]`, until -1. `order`: records and pools in log order, a pool at its first addition.
    """

    def __init__(self, table: NodeTable) -> None:
        self.table = table
        self.ids, self.code, self.types, self.data = table.ids, table.code, table.types, table.data
        self.size = len(table.ids)
        self.maker = [_END] * self.size
        self.first = [_END] * self.size
        self.sources: list[int] = []
        self.targets: list[int] = []
        self.parts: list[float] = []
        self.following: list[int] = []
        steps = [node for node, code in enumerate(self.code) if code <= POOL]
        self.order = sorted(steps, key=table.places.__getitem__)

    def connect(self, source: int, target: int, part: float) -> None:
        """Adds an edge. Raises KeyError for one that no chain has. An edge from hidden parts to a lot that the caller
        received is left out: the lot stands for all behind it."""
        if self.code[target] == LOT:
            if self.code[source] == HIDDEN:
                return
            if self.code[source] > POOL:
                raise KeyError(self.ids[source])
            self.maker[target] = source
        elif self.code[target] == HIDDEN or self.code[source] == RECORD:
            raise KeyError(self.ids[target])
        self.sources.append(source)
        self.targets.append(target)
        self.parts.append(part)
        self.following.append(self.first[source])
        self.first[source] = len(self.sources) - 1

    def edges_from(self, node: int) -> Iterator[tuple[int, float]]:
        """The targets and parts of the edges from a node."""
        edge = self.first[node]
        while edge >= 0:
            yield self.targets[edge], self.parts[edge]
            edge = self.following[edge]

    def lots_of(self, node: int) -> list[int]:
        """The lots that a record or pool makes."""
        edge, lots, code = self.first[node], [], self.code
        while edge >= 0:
            if code[self.targets[edge]] == LOT:
                lots.append(self.targets[edge])
            edge = self.following[edge]
        return lots

    @property
    def boundary(self) -> list[int]:
        """The lots that hidden records made."""
        return [node for node, code in enumerate(self.code) if code == LOT and self.maker[node] < 0]

    @property
    def goods(self) -> list[int]:
        """Lots, pools and hidden parts."""
        return [node for node, code in enumerate(self.code) if code >= POOL]


def read_chain(nodes: Iterable[NodeData], edges: Iterable[EdgeData]) -> FlatChain:
    """The chain. Raises InvalidInput for a node or edge that is not of a chain."""
    try:
        chain = FlatChain(_table(list(nodes)))
        place = {id_: node for node, id_ in enumerate(chain.ids)}
        for edge in edges:
            source, target = place[edge["source"]], place[edge["target"]]
            part = edge.get("share") if chain.code[target] == LOT else edge.get("part")
            if part.__class__ is not float or part - part != 0.0:
                part = _fraction(part)
            chain.connect(source, target, part)
    except KeyError as error:
        raise InvalidInput(
            f"the chain is not in the form of /v1/chain: {error.args[0]!r} is missing or unknown",
            code="not-a-chain", field="chain", rule="nodes with id and kind, edges with source and target",
        ) from None
    return chain


def _table(data: list[NodeData]) -> NodeTable:
    code = [_CODES[node["kind"]] for node in data]
    coded = list(zip(data, code, strict=True))
    return NodeTable(
        ids=[node["id"] for node in data], code=code,
        types=[node["type"] if kind == RECORD else "" for node, kind in coded],
        places=[node["index"] if kind == RECORD else node.get("from", 0) for node, kind in coded],
        holders=[node.get("issuer") or node.get("supplier") or node.get("holder") or "" for node in data],
        figures=[node.get("footprint") or 0.0 for node in data],
        questions=[node.get("questioned") or 0.0 for node in data],
        findings={place: node["findings"] for place, (node, kind) in enumerate(coded)
                  if kind == RECORD and node.get("findings")},
        undivided=frozenset([place for place, node in enumerate(data) if "hiddenInputs" in node]), data=data,
    )


def _fraction(value: Any) -> float:
    """A share or part. A part of a lot that a revision emptied is infinite, which JSON writes as null."""
    return float(value) if isinstance(value, int | float) and isfinite(value) else 0.0


_KILOGRAMS: Final = {code: float(unit.scale) for code, unit in UNITS.items() if unit.dimension == "mass"}
_MASSLESS: Final = frozenset(
    code for code, unit in UNITS.items() if unit.dimension in ("energy", "freight", "time", "area", "length"))


def masses_of(chain: FlatChain, stated: Mapping[str, float]) -> list[float]:
    """Kg of each lot and pool. `stated`: kg of lots that are not counted by mass. A lot by number or volume that is not
    stated weighs as much as its inputs by its allocation share; energy and services weigh nothing."""
    masses = [_mass(data, code, stated) for data, code in zip(chain.data, chain.code, strict=True)]
    arriving = [0.0] * chain.size
    for node in [node for node in chain.goods if chain.maker[node] < 0 and chain.code[node] != POOL]:
        _pass_on(chain, node, masses[node] or 0.0, arriving)
    for step in chain.order:
        if chain.code[step] == POOL:
            _pass_on(chain, step, masses[step] or 0.0, arriving)
        for lot, share in chain.edges_from(step):
            if chain.code[lot] == LOT:
                mass = masses[lot]
                masses[lot] = arriving[step] * share if mass is None else mass
                _pass_on(chain, lot, masses[lot] or 0.0, arriving)
    return [mass or 0.0 for mass in masses]


def _pass_on(chain: FlatChain, lot: int, mass: float, arriving: list[float]) -> None:
    for taker, part in chain.edges_from(lot):
        arriving[taker] += part * mass


def _mass(data: NodeData, code: int, stated: Mapping[str, float]) -> float | None:
    unit = data.get("unit", "")
    if data["id"] in stated:
        return stated[data["id"]]
    if unit in _KILOGRAMS:
        return float(data["quantity"]) * _KILOGRAMS[unit]
    return None if code == LOT and unit not in _MASSLESS else 0.0
