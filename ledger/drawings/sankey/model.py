"""A folded chain: processes as nodes, and the amounts that pass from one to the next."""

from collections.abc import Mapping
from typing import Final, Literal, NamedTuple

Measure = Literal["co2e", "mass"]
Kind = Literal["own", "inputs", "electricity", "transport", "added", "hidden", "negative"]
KINDS: Final[tuple[Kind, ...]] = ("own", "inputs", "electricity", "transport", "added", "hidden", "negative")
"""The kinds of added amounts, in the order of drawings and tables. `added`: not divided by kind. `hidden`: the caller
sees the amount, not how it is made. `negative`: removals and credits; of a mass, by-products and losses."""

NodeForm = Literal["process", "declaration", "delivery", "pool", "lot", "hidden", "folded"]


class SankeyNode(NamedTuple):
    """A process: one record, or the additions to a pool; a `lot` that arrives with its hidden chain; the `hidden` parts
    of a chain; or `folded` nodes, whose ids are `members`.

    `process`: the route of a transformation, else the type of the record. `product` and `lot`: of the lot that it makes
    for the asked one. `holder`: who did it. All amounts are kg that arrive in the asked lots: `received` from other
    nodes, in and out of which the negative part is `received_negative`; `added` by kind; `questioned` of its own, on
    top of the amounts; `questioned_received` from other nodes. `target`: makes an asked lot.
    """

    id: str
    form: NodeForm
    process: str
    product: str
    lot: str
    holder: str
    added: Mapping[Kind, float]
    received: float = 0.0
    received_negative: float = 0.0
    questioned: float = 0.0
    questioned_received: float = 0.0
    target: bool = False
    members: tuple[str, ...] = ()

    @property
    def sum_added(self) -> float:
        """The amount that it adds, less removals and credits."""
        return sum(self.added.values())

    @property
    def value(self) -> float:
        """The amount that leaves it on the way to the asked lots."""
        return self.received + self.received_negative + self.sum_added

    @property
    def positive(self) -> float:
        """The sum of its positive parts: the length of its bar."""
        return self.received + sum(amount for amount in self.added.values() if amount > 0.0)

    @property
    def negative(self) -> float:
        """The sum of its negative parts, at most zero."""
        return self.received_negative + sum(amount for amount in self.added.values() if amount < 0.0)

    @property
    def in_question(self) -> float:
        """By how much the amount that leaves it may be too low."""
        return self.questioned + self.questioned_received

    @property
    def weight(self) -> float:
        """How much it matters to a reader: all that it adds and questions, regardless of sign."""
        return sum(abs(amount) for amount in self.added.values()) + self.questioned


class SankeyLink(NamedTuple):
    """Kg that pass from a node to another, both by id; negative if removals prevail."""

    source: str
    target: str
    amount: float
    questioned: float = 0.0


class Sankey(NamedTuple):
    """The nodes in the order of a table: from the first processes to the last, large before small. `total`: kg of the
    asked lots, the sum of all that nodes add; `questioned` on top of it. `processes`: the number of nodes before
    shrinking."""

    nodes: tuple[SankeyNode, ...]
    links: tuple[SankeyLink, ...]
    total: float
    questioned: float
    measure: Measure = "co2e"
    processes: int = 0

    def node(self, id_: str) -> SankeyNode:
        """Raises KeyError for an unknown id."""
        for node in self.nodes:
            if node.id == id_:
                return node
        raise KeyError(id_)
