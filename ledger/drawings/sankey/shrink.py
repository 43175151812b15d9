"""Folds the nodes that add least, until a person can read the rest. Sums stay unchanged.

The nodes that add or question most stay, whatever passes through them: they show where emissions arise. The others of
a column become one node. If a chain has too many columns for that, the others between two nodes that stay become one.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from heapq import nsmallest
from itertools import accumulate, pairwise
from typing import Final, NamedTuple

from ledger.drawings.sankey.columns import columns_of, layered
from ledger.drawings.sankey.model import Kind, Sankey, SankeyLink, SankeyNode

MOST: Final = 15
"""Nodes that a person can read."""
MOST_COLUMNS: Final = 10
"""Columns whose labels a person can read."""
_CANDIDATES: Final = 4
"""How many times as many nodes as can stay are considered."""
_GROUP: Final = "folded-"


class NodeRanks(NamedTuple):
    """Nodes by number: how much each adds and questions, whether it makes an asked lot, and its id for ties."""

    weights: Sequence[float]
    targets: Sequence[bool]
    ids: Sequence[str]

    def key(self, node: int) -> tuple[bool, float, str]:
        """Sorts nodes, the most important ones first."""
        return not self.targets[node], -self.weights[node], self.ids[node]


class _ShrinkPlan(NamedTuple):
    """The nodes that stay. The others of a column, or of all columns from one with a node that stays to the next such
    one (`bands`), are one node."""

    kept: list[int]
    bands: bool

    def groups(self, columns: Sequence[int]) -> list[int]:
        """The group of the others in each column."""
        number = max(columns) + 1
        if not self.bands:
            return list(range(number))
        bounds = {columns[node] for node in self.kept}
        return list(accumulate([column in bounds for column in range(number - 1)], initial=0))

    def fits(self, columns: Sequence[int], before: Sequence[int], most: int) -> bool:
        """Whether the drawing has at most `most` nodes, and MOST_COLUMNS. `before`: the number of nodes before each
        column."""
        number, kept = len(before) - 1, Counter([columns[node] for node in self.kept])
        if self.bands:
            bounds = sorted(kept)
            edges = pairwise([0, *[bound + 1 for bound in bounds], number])
            others = [before[end] - before[begin] - kept.get(end - 1, 0) for begin, end in edges]
            groups = sum([count > 0 for count in others])
            number = groups + len(bounds)
        else:
            groups = number - sum([before[column + 1] - before[column] == count for column, count in kept.items()])
        return len(self.kept) + groups <= most and number <= MOST_COLUMNS


def shrink(sankey: Sankey, most: int = MOST, opened: Collection[str] = ()) -> Sankey:
    """The drawing with at most `most` nodes, of which asked lots always have theirs. `opened`: ids of folded nodes that
    a reader has unfolded, so that up to `most` of their members stay as well."""
    nodes = sankey.nodes
    place = {node.id: number for number, node in enumerate(nodes)}
    columns, _ = layered(
        len(nodes), [place[link.source] for link in sankey.links], [place[link.target] for link in sankey.links])
    ranks = NodeRanks(
        [node.weight for node in nodes], [node.target for node in nodes], [node.id for node in nodes])
    groups = groups_of(ranks, columns, most, opened)
    if not groups:
        return sankey
    group_of = {nodes[member].id: group for group, members in groups.items() for member in members}
    amounts: dict[tuple[str, str], list[float]] = {}
    for link in sankey.links:
        ends = group_of.get(link.source, link.source), group_of.get(link.target, link.target)
        if ends[0] != ends[1]:
            sums = amounts.setdefault(ends, [0.0, 0.0])
            sums[0] += link.amount
            sums[1] += link.questioned
    links = [SankeyLink(source, target, amount, asked) for (source, target), (amount, asked) in amounts.items()]
    kept = [node for node in nodes if node.id not in group_of]
    kept += [_merged(group, [nodes[member] for member in members]) for group, members in groups.items()]
    return arranged(sankey, kept, links)


def groups_of(
    ranks: NodeRanks, columns: Sequence[int], most: int, opened: Collection[str] = ()
) -> dict[str, list[int]]:
    """The nodes that are folded, by the id of the node that stands for them; at least two each."""
    if len(ranks.ids) <= most and max(columns, default=0) < MOST_COLUMNS:
        return {}
    plan = _plan(ranks, columns, most)
    kept = set(plan.kept)
    names = [f"{_GROUP}{group}" for group in plan.groups(columns)]
    groups: dict[str, list[int]] = {}
    for node, column in enumerate(columns):
        if node not in kept:
            groups.setdefault(names[column], []).append(node)
    for group in opened:
        members = groups.get(group, [])
        groups[group] = sorted(members, key=ranks.key)[most:] if len(members) > most + 1 else []
    return {group: members for group, members in groups.items() if len(members) > 1}


def arranged(sankey: Sankey, nodes: Sequence[SankeyNode], links: Sequence[SankeyLink]) -> Sankey:
    """The drawing with these nodes and links: sets the amounts that nodes receive, and the order of the table."""
    received: dict[str, list[float]] = {node.id: [0.0, 0.0, 0.0] for node in nodes}
    for link in links:
        sums = received[link.target]
        sums[link.amount < 0.0] += link.amount
        sums[2] += link.questioned
    receiving = [
        node._replace(received=positive, received_negative=negative, questioned_received=asked)
        for node, (positive, negative, asked) in zip(nodes, received.values(), strict=True)
    ]
    return sankey._replace(nodes=columns_of(receiving, links).ordered(receiving), links=tuple(links))


def _plan(ranks: NodeRanks, columns: Sequence[int], most: int) -> _ShrinkPlan:
    """The plan by which more nodes stay; if both are equal, the one by column."""
    ranked = nsmallest(max(most, 1) * _CANDIDATES, range(len(ranks.ids)), key=ranks.key)
    before = list(accumulate(_counts(columns), initial=0))
    targets = [node for node, target in enumerate(ranks.targets) if target]
    plans = []
    for bands in (False, True):
        plan = _ShrinkPlan(targets, bands)
        for node in ranked:
            larger = _ShrinkPlan([*plan.kept, node], bands)
            if not ranks.targets[node] and larger.fits(columns, before, most):
                plan = larger
        if plan.fits(columns, before, most):
            plans.append(plan)
    return max(plans, key=lambda plan: len(plan.kept), default=_ShrinkPlan(targets, bands=True))


def _counts(columns: Sequence[int]) -> list[int]:
    counts = [0] * (max(columns) + 1)
    for column in columns:
        counts[column] += 1
    return counts


def _merged(group: str, members: Sequence[SankeyNode]) -> SankeyNode:
    added: dict[Kind, float] = {}
    for node in members:
        for kind, amount in node.added.items():
            added[kind] = added.get(kind, 0.0) + amount
    merged = folded_node(group, added, sum([node.questioned for node in members]), {node.holder for node in members})
    return merged._replace(members=tuple([node.id for node in members]))


def folded_node(
    group: str, added: Mapping[Kind, float], questioned: float, holders: Collection[str]
) -> SankeyNode:
    """The node that stands for others, without their ids. It has a holder if all have the same."""
    holder = next(iter(holders)) if len(holders) == 1 else ""
    return SankeyNode(id=group, form="folded", process="", product="", lot="", holder=holder, added=added,
                      questioned=questioned)
