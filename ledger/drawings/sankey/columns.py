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
    place = {node.id: number for number, node in enumerate(nodes)}
    columns, back = layered(
        len(nodes), [place[link.source] for link in links], [place[link.target] for link in links])
    of = {node.id: column for node, column in zip(nodes, columns, strict=True)}
    return NodeColumns(of, max(columns, default=0) + 1, frozenset(back))


def layered(count: int, sources: Sequence[int], targets: Sequence[int]) -> tuple[list[int], set[int]]:
    """The column of each of so many nodes, and the links that go back."""
    first, following = [-1] * count, [-1] * len(sources)
    for link in range(len(sources) - 1, -1, -1):
        following[link] = first[sources[link]]
        first[sources[link]] = link
    steps: list[int] = [-1] * count
    back: set[int] = set()
    waiting = list(first)
    active = [False] * count
    for start in range(count):
        if steps[start] < 0:
            _search(start, (targets, following, waiting), (steps, active), back)
    last = max(steps, default=0)
    return [last - length for length in steps], back


def _search(
    start: int, links: tuple[Sequence[int], list[int], list[int]], nodes: tuple[list[int], list[bool]], back: set[int]
) -> None:
    """Sets the longest paths of all nodes that can be reached. Without recursion: a chain can be longer than Python's
    stack."""
    targets, following, waiting = links
    steps, active = nodes
    path = [start]
    longest = [0]
    active[start] = True
    while path:
        node = path[-1]
        link = waiting[node]
        if link < 0:
            path.pop()
            active[node] = False
            steps[node] = longest.pop()
            if path:
                longest[-1] = max(longest[-1], steps[node] + 1)
            continue
        waiting[node] = following[link]
        target = targets[link]
        if active[target]:
            back.add(link)
        elif steps[target] >= 0:
            longest[-1] = max(longest[-1], steps[target] + 1)
        else:
            active[target] = True
            path.append(target)
            longest.append(0)
