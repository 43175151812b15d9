"""Folds the nodes that add least, until a person can read the rest. Sums stay unchanged.

The nodes that add or question most stay, whatever passes through them: they show where emissions arise. The others of
a column become one node. If a chain has too many columns for that, the others between two nodes that stay become one.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import accumulate
from typing import Final, NamedTuple

from ledger.drawings.sankey.columns import NodeColumns, columns_of
from ledger.drawings.sankey.model import Kind, Sankey, SankeyLink, SankeyNode

MOST: Final = 15
"""Nodes that a person can read."""
_GROUP: Final = "folded-"


class _ShrinkPlan(NamedTuple):
    """The number of nodes that stay, by rank, and the group of the others in each column."""

    kept: int
    group_of: list[int]


def shrink(sankey: Sankey, most: int = MOST, opened: Collection[str] = ()) -> Sankey:
    """The drawing with at most `most` nodes, of which asked lots always have theirs. `opened`: ids of folded nodes that
    a reader has unfolded, so that up to `most` of their members stay as well."""
    if len(sankey.nodes) <= most:
        return sankey
    columns = columns_of(sankey.nodes, sankey.links)
    ranked = _by_weight(sankey.nodes)
    groups = _groups(ranked, columns, _plan(ranked, columns, most))
    for group in opened:
        members = groups.get(group, [])
        kept = _by_weight(members)[:most if len(members) > most + 1 else len(members)]
        left = {node.id for node in kept}
        groups[group] = [node for node in members if node.id not in left]
    return _folded(sankey, {group: members for group, members in groups.items() if members})


def _by_weight(nodes: Iterable[SankeyNode]) -> list[SankeyNode]:
    return sorted(nodes, key=lambda node: (not node.target, -node.weight, node.id))


def _plan(ranked: Sequence[SankeyNode], columns: NodeColumns, most: int) -> _ShrinkPlan:
    """The most nodes that can stay: either the others are a node for each column, or a node for all columns between
    two columns with nodes that stay."""
    others = [0] * columns.number
    for node in ranked:
        others[columns.of[node.id]] += 1
    least = max(1, sum([node.target for node in ranked]))
    best = _ShrinkPlan(least, [0] * columns.number)
    bounds: set[int] = set()
    for kept, node in enumerate(ranked[:most], start=1):
        others[columns.of[node.id]] -= 1
        bounds.add(columns.of[node.id])
        for group_of in (_between(bounds, columns.number), list(range(columns.number))):
            groups = {group for group, count in zip(group_of, others, strict=True) if count}
            if kept >= least and kept + len(groups) <= most:
                best = _ShrinkPlan(kept, group_of)
    return best


def _between(bounds: set[int], number: int) -> list[int]:
    """The number of bounds before each column."""
    return list(accumulate([column in bounds for column in range(number - 1)], initial=0))


def _groups(
    ranked: Sequence[SankeyNode], columns: NodeColumns, plan: _ShrinkPlan
) -> dict[str, list[SankeyNode]]:
    """The nodes that do not stay, by the id of their group. A group of one node is that node."""
    groups: dict[str, list[SankeyNode]] = {}
    for node in ranked[plan.kept:]:
        groups.setdefault(f"{_GROUP}{plan.group_of[columns.of[node.id]]}", []).append(node)
    return {group: members for group, members in groups.items() if len(members) > 1}


def _folded(sankey: Sankey, groups: Mapping[str, Sequence[SankeyNode]]) -> Sankey:
    place = {node.id: group for group, members in groups.items() for node in members}
    amounts: dict[tuple[str, str], list[float]] = {}
    for link in sankey.links:
        ends = place.get(link.source, link.source), place.get(link.target, link.target)
        if ends[0] != ends[1]:
            sums = amounts.setdefault(ends, [0.0, 0.0])
            sums[0] += link.amount
            sums[1] += link.questioned
    links = [SankeyLink(source, target, amount, asked) for (source, target), (amount, asked) in amounts.items()]
    received: dict[str, list[float]] = {}
    for link in links:
        sums = received.setdefault(link.target, [0.0, 0.0, 0.0])
        sums[link.amount < 0.0] += link.amount
        sums[2] += link.questioned
    nodes = [node for node in sankey.nodes if node.id not in place]
    nodes += [_merged(group, members) for group, members in groups.items()]
    nodes = [_receiving(node, received.get(node.id, [0.0, 0.0, 0.0])) for node in nodes]
    return sankey._replace(nodes=columns_of(nodes, links).ordered(nodes), links=tuple(links))


def _receiving(node: SankeyNode, received: Sequence[float]) -> SankeyNode:
    return node._replace(received=received[0], received_negative=received[1], questioned_received=received[2])


def _merged(group: str, members: Sequence[SankeyNode]) -> SankeyNode:
    added: dict[Kind, float] = {}
    for node in members:
        for kind, amount in node.added.items():
            added[kind] = added.get(kind, 0.0) + amount
    holders = {node.holder for node in members}
    return SankeyNode(
        id=group, form="folded", process="", product="", lot="", holder=holders.pop() if len(holders) == 1 else "",
        added=added, questioned=sum([node.questioned for node in members]),
        members=tuple([node.id for node in members]),
    )
