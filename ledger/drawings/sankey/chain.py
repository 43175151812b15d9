"""Reads a chain as `/v1/chain` answers it, in node-link form: `networkx.node_link_data` with `edges="edges"`."""

from collections.abc import Iterable, Mapping, Sequence
from math import isfinite
from typing import Any, Final, NamedTuple

from ledger.core.record.units import UNITS
from ledger.errors import InvalidInput

NodeData = Mapping[str, Any]
EdgeData = Mapping[str, Any]


class ReadChain(NamedTuple):
    """A chain by id. `made`: the lots of records with their shares; pools make credits. `taken`: the lots that records
    and pools take, with the part of the whole lot, which is 0 for `hidden` parts: their edges have no data. `maker`: of
    each lot, absent at the boundary of the visible part."""

    lots: dict[str, NodeData]
    records: dict[str, NodeData]
    pools: dict[str, NodeData]
    hidden: str | None
    made: dict[str, list[tuple[str, float]]]
    taken: dict[str, list[tuple[str, float]]]
    maker: dict[str, str]


def read_chain(nodes: Iterable[NodeData], edges: Iterable[EdgeData]) -> ReadChain:
    """The chain as look-ups. Raises InvalidInput for a node or edge that is not of a chain."""
    chain = ReadChain({}, {}, {}, None, {}, {}, {})
    hidden = None
    homes = {"lot": chain.lots, "record": chain.records, "pool": chain.pools}
    try:
        for node in nodes:
            kind = node["kind"]
            if kind == "hidden":
                hidden = node["id"]
                chain.lots[node["id"]] = node
            else:
                homes[kind][node["id"]] = node
        _connect(chain, edges)
    except KeyError as error:
        raise InvalidInput(
            f"the chain is not in the form of /v1/chain: {error.args[0]!r} is missing or unknown",
            code="not-a-chain", field="chain", rule="nodes with id and kind, edges with source and target",
        ) from None
    return chain._replace(hidden=hidden)


def _connect(chain: ReadChain, edges: Iterable[EdgeData]) -> None:
    """Fills the look-ups of edges. The loop runs once for every edge of a chain, so it has no calls."""
    records, pools, lots = chain.records, chain.pools, chain.lots
    made, taken, maker = chain.made, chain.taken, chain.maker
    for edge in edges:
        source, target = edge["source"], edge["target"]
        if target in lots:
            if source not in records and source not in pools:
                raise KeyError(source)
            maker[target] = source
            members, member, part = made, target, edge.get("share")
            owner = source
        else:
            if source not in lots and source not in pools:
                raise KeyError(source)
            if target not in records and target not in pools:
                raise KeyError(target)
            members, member, part = taken, source, edge.get("part")
            owner = target
        fraction: float = part if part.__class__ is float and part - part == 0.0 else _fraction(part)
        if owner in members:
            members[owner].append((member, fraction))
        else:
            members[owner] = [(member, fraction)]


def _fraction(value: Any) -> float:
    """A share or part. A part of a lot that a revision emptied is infinite, which JSON writes as null."""
    return float(value) if isinstance(value, int | float) and isfinite(value) else 0.0


_KILOGRAMS: Final = {code: float(unit.scale) for code, unit in UNITS.items() if unit.dimension == "mass"}
_MASSLESS: Final = frozenset(
    code for code, unit in UNITS.items() if unit.dimension in ("energy", "freight", "time", "area", "length"))


def masses_of(chain: ReadChain, stated: Mapping[str, float], order: Sequence[str]) -> dict[str, float]:
    """Kg of each lot and pool. `stated`: kg of lots that are not counted by mass. `order`: records and pools, makers
    first. A lot by number or volume that is not stated weighs as much as its inputs by its allocation share; energy and
    services weigh nothing."""
    masses: dict[str, float] = {}
    for members in (chain.lots, chain.pools):
        for id_, data in members.items():
            unit = data.get("unit", "")
            if id_ in stated:
                masses[id_] = stated[id_]
            elif unit in _KILOGRAMS:
                masses[id_] = float(data["quantity"]) * _KILOGRAMS[unit]
            elif unit in _MASSLESS or id_ == chain.hidden:
                masses[id_] = 0.0
    for maker in order:
        whole = None
        for lot, share in chain.made.get(maker, ()):
            if lot not in masses:
                if whole is None:
                    whole = sum([masses.get(taken, 0.0) * part for taken, part in chain.taken.get(maker, ())])
                masses[lot] = whole * share
    return masses
