"""The amounts of the nodes and links of a folded chain, by the numbers of its nodes, before they become a drawing."""

from ledger.drawings.sankey.model import KINDS, Kind


class FoldedAmounts:
    """Kg by node: `added` by kind, `questioned`. `amounts` and `questions` of links, by source * size + target.
    `targets`: make the `asked` lots. `size`: the number of nodes of the chain."""

    def __init__(self, size: int, asked: frozenset[int]) -> None:
        self.size, self.asked = size, asked
        self.added: dict[Kind, dict[int, float]] = {kind: {} for kind in KINDS}
        self.questioned: dict[int, float] = {}
        self.amounts: dict[int, float] = {}
        self.questions: dict[int, float] = {}
        self.targets: set[int] = set()

    def add(self, node: int, kind: Kind, amount: float) -> None:
        """A node adds an amount."""
        added = self.added[kind]
        added[node] = added.get(node, 0.0) + amount

    def question(self, node: int, amount: float) -> None:
        """A node questions an amount."""
        self.questioned[node] = self.questioned.get(node, 0.0) + amount

    def link(self, source: int, target: int, amount: float) -> None:
        """An amount passes from a node to another."""
        ends = source * self.size + target
        self.amounts[ends] = self.amounts.get(ends, 0.0) + amount

    def without_dust(self, dust: float) -> None:
        """Removes amounts that are rounding errors."""
        for amounts in (*self.added.values(), self.questioned, self.questions):
            for node in [node for node, amount in amounts.items() if -dust <= amount <= dust]:
                del amounts[node]
        for ends in [ends for ends, amount in self.amounts.items() if -dust <= amount <= dust]:
            del self.amounts[ends]

    def largest(self) -> float:
        """The largest amount that a node adds."""
        return max([max(max(amounts.values()), -min(amounts.values())) for amounts in self.added.values() if amounts],
                   default=0.0)

    def links(self) -> list[int]:
        """The links that have an amount or a question."""
        return list(self.amounts) + [ends for ends in self.questions if ends not in self.amounts]

    def nodes(self) -> list[int]:
        """The nodes that have an amount, or make an asked lot."""
        shown = set(self.targets) | self.questioned.keys()
        for amounts in self.added.values():
            shown |= amounts.keys()
        for links in (self.amounts, self.questions):
            shown.update([ends // self.size for ends in links])
            shown.update([ends % self.size for ends in links])
        return sorted(shown)
