"""Passes the amounts of lots from the nodes that make them to the nodes that take them, by the scales of records."""

from collections.abc import Callable
from typing import Final, NamedTuple

from ledger.drawings.sankey.chain import LOT, POOL, FlatChain
from ledger.drawings.sankey.weights import Passing

ASKED: Final = -1
"""Takes the asked lots: no node."""
Adding = Callable[[int, int, float, float], None]
"""Takes a record or pool, the node that is drawn for it, the amount that it adds there, and the part of its scale."""


class DrawnNodes(NamedTuple):
    """How nodes of a chain are drawn. `asked`: the asked lots. `through`: records that are no nodes, so that their
    amounts count with the nodes that take their lots. `node_of`: the node for each record and pool."""

    asked: frozenset[int]
    through: list[bool]
    node_of: list[int]


class Flows:
    """The flows of one quantity. `links`: amounts by source * number of nodes + target. `targets`: nodes that make
    asked lots."""

    def __init__(self, chain: FlatChain, quantity: Passing, scales: list[float], drawn: DrawnNodes) -> None:
        self._chain, self._quantity, self._scales, self._drawn = chain, quantity, scales, drawn
        self._receivers: dict[int, dict[int, float]] = {}
        self._sole = [ASKED] * len(scales)
        self._sole_scale = [0.0] * len(scales)
        self.links: dict[int, float] = {}
        self.targets: set[int] = set()

    def run(self, add: Adding) -> None:
        """Passes all amounts on, against the log. Calls `add` for each record and pool of which something arrives."""
        through, code = self._drawn.through, self._chain.code
        for step in reversed(self._chain.order):
            if through[step]:
                self._pass_through(step, add)
            else:
                self._pass(step, self._chain.lots_of(step), add, pool=code[step] == POOL)

    def _pass(self, step: int, lots: list[int], add: Adding, *, pool: bool) -> None:
        node, scale, amounts = self._drawn.node_of[step], self._scales[step], self._quantity.amounts
        total, used = 0.0, False
        for lot in [step, *lots] if pool else lots:
            amount = amounts[lot]
            for receiver, weight in self._uses(lot):
                used = True
                total += weight * amount
                self._link(node, receiver, weight * amount)
        if used:
            add(step, node, total - scale * self._quantity.incoming[step], scale)

    def _link(self, node: int, receiver: int, amount: float) -> None:
        if receiver == ASKED:
            self.targets.add(node)
        elif receiver != node:
            ends = node * len(self._scales) + receiver
            self.links[ends] = self.links.get(ends, 0.0) + amount

    def _pass_through(self, step: int, add: Adding) -> None:
        """A transfer's amounts and scale by receiver. An asked delivery is a node of its own."""
        chain, incoming, shares = self._chain, self._quantity.incoming[step], self._quantity.shares
        scales: dict[int, float] = {}
        amounts: dict[int, float] = {}
        for lot, share in chain.edges_from(step):
            for receiver, weight in self._uses(lot):
                amount = weight * self._quantity.amounts[lot]
                drawn = step if receiver == ASKED else receiver
                if drawn == step:
                    self.targets.add(step)
                scales[drawn] = scales.get(drawn, 0.0) + weight * (share if shares is None else shares[lot])
                amounts[drawn] = amounts.get(drawn, 0.0) + amount
        for drawn, amount in amounts.items():
            add(step, drawn, amount - scales[drawn] * incoming, scales[drawn])
        if len(scales) == 1:
            ((self._sole[step], self._sole_scale[step]),) = scales.items()
        elif scales:
            self._receivers[step] = scales

    def _uses(self, lot: int) -> list[tuple[int, float]]:
        """The nodes that take from a lot, with its weight in each."""
        chain, scales, through, node_of = self._chain, self._scales, self._drawn.through, self._drawn.node_of
        targets, parts, following = chain.targets, chain.parts, chain.following
        uses = [(ASKED, 1.0)] if lot in self._drawn.asked else []
        edge = chain.first[lot]
        while edge >= 0:
            taker, part = targets[edge], parts[edge]
            if through[taker]:
                if taker in self._receivers:
                    uses += [(receiver, scale * part) for receiver, scale in self._receivers[taker].items()]
                elif self._sole_scale[taker]:
                    uses.append((self._sole[taker], self._sole_scale[taker] * part))
            elif scales[taker] and chain.code[taker] != LOT:
                uses.append((node_of[taker], scales[taker] * part))
            edge = following[edge]
        return uses

    def arrivals(self, lot: int) -> float:
        """Passes on a lot without a visible maker: the amount of it that arrives."""
        total = 0.0
        for receiver, weight in self._uses(lot):
            amount = weight * self._quantity.amounts[lot]
            self._link(lot, receiver, amount)
            total += amount
        return total
