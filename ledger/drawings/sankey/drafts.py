"""Collects the amounts of nodes and links while a chain is folded."""

from typing import Final

from ledger.drawings.sankey.chain import ReadChain
from ledger.drawings.sankey.model import Kind, NodeForm, SankeyLink, SankeyNode

ASKED: Final = ""
"""Receives the asked lots: no node."""
_FORMS: Final[dict[str, NodeForm]] = {
    "transformation": "process", "declaration": "declaration", "transfer": "delivery", "acceptance": "delivery",
    "addition": "pool",
}


class _NodeDraft:
    """The amounts of a node so far. `largest`: of the lots that it passes on, to name it after."""

    __slots__ = ("added", "largest", "lot", "questioned", "target")

    def __init__(self) -> None:
        self.added: dict[Kind, float] = {}
        self.questioned = 0.0
        self.lot = ""
        self.largest = -1.0
        self.target = False


class Drafts:
    """Nodes and links by id."""

    def __init__(self, chain: ReadChain) -> None:
        self._chain = chain
        self._nodes: dict[str, _NodeDraft] = {}
        self._links: dict[tuple[str, str], float] = {}
        self._questions: dict[tuple[str, str], float] = {}

    def _node(self, id_: str) -> _NodeDraft:
        node = self._nodes.get(id_)
        if node is None:
            node = self._nodes[id_] = _NodeDraft()
        return node

    def add(self, id_: str, kind: Kind, amount: float) -> None:
        """A node adds an amount."""
        added = self._node(id_).added
        added[kind] = added.get(kind, 0.0) + amount

    def question(self, id_: str, amount: float) -> None:
        """A node questions an amount."""
        if amount:
            self._node(id_).questioned += amount

    def link(self, source: str, lot: str, target: str, amount: float, questioned: float) -> None:
        """A node passes a lot on, to another node or as an asked lot."""
        if target == source:
            return
        node = self._node(source)
        if target == ASKED:
            node.target = True
        else:
            ends = source, target
            self._links[ends] = self._links.get(ends, 0.0) + amount
            if questioned:
                self._questions[ends] = self._questions.get(ends, 0.0) + questioned
        if abs(amount) > node.largest:
            node.lot, node.largest = lot, abs(amount)

    def arrive(self, lot: str, target: str, amount: float, questioned: float) -> None:
        """A lot, or the hidden parts, arrive with all that stands behind them."""
        self.link(lot, lot, target, amount, questioned)
        self.add(lot, "hidden" if amount >= 0.0 else "negative", amount)
        self.question(lot, questioned)

    def largest(self) -> float:
        """The largest amount that a node adds."""
        return max([abs(amount) for node in self._nodes.values() for amount in node.added.values()], default=0.0)

    def finished(self, dust: float) -> tuple[list[SankeyNode], list[SankeyLink]]:
        """Nodes and links without amounts that are rounding errors, and without nodes that have no other."""
        links = [
            SankeyLink(*ends, amount if abs(amount) > dust else 0.0, self._questions.get(ends, 0.0))
            for ends, amount in self._links.items() if abs(amount) > dust or self._questions.get(ends, 0.0) > dust
        ]
        received: dict[str, list[float]] = {}
        sends = {link.source for link in links}
        for link in links:
            amounts = received.setdefault(link.target, [0.0, 0.0, 0.0])
            amounts[link.amount < 0.0] += link.amount
            amounts[2] += link.questioned
        nodes = []
        for id_, draft in self._nodes.items():
            added = {kind: amount for kind, amount in draft.added.items() if abs(amount) > dust}
            if added or draft.target or draft.questioned > dust or id_ in received or id_ in sends:
                nodes.append(self._finish(id_, draft, added, received.get(id_, [0.0, 0.0, 0.0])))
        return nodes, links

    def _finish(
        self, id_: str, draft: _NodeDraft, added: dict[Kind, float], received: list[float]
    ) -> SankeyNode:
        chain, form = self._chain, self._form(id_)
        lot = chain.lots.get(draft.lot) or chain.pools.get(id_) or {}
        record = chain.records.get(id_, {})
        process = lot.get("process") if form == "process" else record.get("type")
        holder = record.get("issuer") or lot.get("supplier") or lot.get("holder") or ""
        return SankeyNode(
            id=id_, form=form, process=process or record.get("type") or form, product=lot.get("product", ""),
            lot="" if form == "hidden" else draft.lot, holder=holder, added=added, received=received[0],
            received_negative=received[1], questioned=max(draft.questioned, 0.0), questioned_received=received[2],
            target=draft.target,
        )

    def _form(self, id_: str) -> NodeForm:
        if id_ == self._chain.hidden:
            return "hidden"
        if id_ in self._chain.lots:
            return "lot"
        if id_ in self._chain.pools:
            return "pool"
        return _FORMS.get(self._chain.records[id_]["type"], "process")
