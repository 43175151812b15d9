"""Reads a chain as `/v1/chain` answers it, in node-link form, into flat lists.

Nodes and edges are integers, in the order in which they come. A chain of 50,000 lots is 100,000 nodes, and a dictionary
or tuple for each edge would keep the garbage collector busy for longer than the fold itself.
"""

from collections.abc import Iterable, Iterator, Mapping
from math import isfinite
from typing import Any, Final

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


class FlatChain:
    """A chain by node: `data`, its `code`, the `maker` of each lot (-1 at the boundary of the visible part).

    Edge e runs from `sources[e]` to `targets[e]` with `parts[e]`, a lot's share of its record's burdens or the part
    that a record takes of a lot; 0 from hidden parts. The edges from a node begin with `first[node]`, and go on with
    `following[e]`, until -1. `order`: records and pools in log order, a pool at its first addition.
    """

    def __init__(self, nodes: Iterable[NodeData]) -> None:
        self.data = list(nodes)
        self.place = {node["id"]: place for place, node in enumerate(self.data)}
        self.code = [_CODES[node["kind"]] for node in self.data]
        self.maker = [_END] * len(self.data)
        self.first = [_END] * len(self.data)
        self.sources: list[int] = []
        self.targets: list[int] = []
        self.parts: list[float] = []
        self.following: list[int] = []
        index = [data["index"] if code == RECORD else data.get("from", 0)
                 for data, code in zip(self.data, self.code, strict=True)]
        self.order = sorted([node for node, code in enumerate(self.code) if code <= POOL], key=index.__getitem__)

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
        chain = FlatChain(nodes)
        _connect(chain, edges)
    except KeyError as error:
        raise InvalidInput(
            f"the chain is not in the form of /v1/chain: {error.args[0]!r} is missing or unknown",
            code="not-a-chain", field="chain", rule="nodes with id and kind, edges with source and target",
        ) from None
    return chain


def _connect(chain: FlatChain, edges: Iterable[EdgeData]) -> None:
    """Fills the lists of edges. The loop runs once for every edge of a chain, so it has no calls to speak of."""
    place, code, maker, first = chain.place, chain.code, chain.maker, chain.first
    sources, targets, parts, following = chain.sources, chain.targets, chain.parts, chain.following
    for number, edge in enumerate(edges):
        source, target = place[edge["source"]], place[edge["target"]]
        if code[target] == LOT:
            if code[source] > POOL:
                raise KeyError(edge["source"])
            maker[target] = source
            part = edge.get("share")
        else:
            if code[target] == HIDDEN or code[source] == RECORD:
                raise KeyError(edge["target"])
            part = edge.get("part")
        sources.append(source)
        targets.append(target)
        parts.append(part if part.__class__ is float and part - part == 0.0 else _fraction(part))
        following.append(first[source])
        first[source] = number


def _fraction(value: Any) -> float:
    """A share or part. A part of a lot that a revision emptied is infinite, which JSON writes as null."""
    return float(value) if isinstance(value, int | float) and isfinite(value) else 0.0


_KILOGRAMS: Final = {code: float(unit.scale) for code, unit in UNITS.items() if unit.dimension == "mass"}
_MASSLESS: Final = frozenset(
    code for code, unit in UNITS.items() if unit.dimension in ("energy", "freight", "time", "area", "length"))


def figures_of(chain: FlatChain) -> list[float]:
    """Kg CO2e of each node that has a figure."""
    return [data.get("footprint") or 0.0 for data in chain.data]


def questions_of(chain: FlatChain) -> list[float] | None:
    """Kg CO2e in question of each node; None if there are not any."""
    questions = [data.get("questioned") or 0.0 for data in chain.data]
    return questions if any(questions) else None


def masses_of(chain: FlatChain, stated: Mapping[str, float]) -> list[float]:
    """Kg of each lot and pool. `stated`: kg of lots that are not counted by mass. A lot by number or volume that is not
    stated weighs as much as its inputs by its allocation share; energy and services weigh nothing."""
    masses = [_mass(data, code, stated) for data, code in zip(chain.data, chain.code, strict=True)]
    arriving = [0.0] * len(chain.data)
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
