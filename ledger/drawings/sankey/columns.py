"""The columns of a Sankey drawing: a node stands as many columns before the last as its longest path has steps."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from ledger.drawings.sankey.model import SankeyLink, SankeyNode


class NodeColumns(NamedTuple):
    """`of`: the column of each node, from 0. `number`: at least 1. `back`: links against the direction of the drawing,
    by position; only goods that return to a pool have any."""

    of: dict[str, int]
    number: int
    back: frozenset[int]

    def ordered(self, nodes: Iterable[SankeyNode]) -> tuple[SankeyNode, ...]:
        """Nodes by column, large before small."""
        return tuple(sorted(nodes, key=lambda node: (self.of[node.id], -node.value, node.id)))


def columns_of(nodes: Sequence[SankeyNode], links: Sequence[SankeyLink]) -> NodeColumns:
    """The columns of nodes. A depth-first search decides which link of a cycle goes back."""
    outward: dict[str, list[tuple[int, str]]] = {node.id: [] for node in nodes}
    for place, link in enumerate(links):
        outward[link.source].append((place, link.target))
    steps: dict[str, int] = {}
    back: set[int] = set()
    for node in nodes:
        if node.id not in steps:
            _search(node.id, outward, steps, back)
    last = max(steps.values(), default=0)
    return NodeColumns({id_: last - length for id_, length in steps.items()}, last + 1, frozenset(back))


def _search(
    start: str, outward: dict[str, list[tuple[int, str]]], steps: dict[str, int], back: set[int]
) -> None:
    """Sets `steps`, the longest path to an end, of all nodes that can be reached from `start`. Without recursion: a
    chain can be longer than Python's stack."""
    path = [(start, iter(outward[start]))]
    active = {start: 0}
    while path:
        node, links = path[-1]
        for place, target in links:
            if target in active:
                back.add(place)
            elif target in steps:
                active[node] = max(active[node], steps[target] + 1)
            else:
                active[target] = 0
                path.append((target, iter(outward[target])))
                break
        else:
            path.pop()
            steps[node] = active.pop(node)
            if path:
                parent = path[-1][0]
                active[parent] = max(active[parent], steps[node] + 1)
