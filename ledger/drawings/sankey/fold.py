"""Folds a chain to its processes: the amounts that arrive at each, that each adds, and that pass from one to the next.

A record's scale is the part of its lots that reaches the asked lots (`weights`). The record adds the difference between
the figures of its lots and of its inputs:

    added(record) = sum over its lots of weight(lot) * figure(lot) - scale(record) * sum of part * figure(lot taken)

So the added amounts of all nodes sum to the figure of the asked lots, whatever the chain holds. The emission lines of a
record, if the caller may see them, divide its amount by kind.

Three things differ from the chain. A transfer is no node: its freight counts with the process that receives the goods.
The additions to a pool are one node, from which every draw takes a mixture of all that went in, since the folded chain
does not say which addition a draw took from; sums stay exact, the parts behind a pool are averages. Mass passes by the
same scales as CO2e, so co-products take their allocation share of the inputs with them.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from ledger.drawings.sankey.amounts import FoldedAmounts
from ledger.drawings.sankey.chain import (
    LOT,
    POOL,
    RECORD,
    EdgeData,
    FlatChain,
    NodeData,
    figures_of,
    masses_of,
    questions_of,
    read_chain,
)
from ledger.drawings.sankey.drafts import drawing_of
from ledger.drawings.sankey.flows import DrawnNodes, Flows
from ledger.drawings.sankey.model import Kind, Measure, Sankey
from ledger.drawings.sankey.splitting import Splitting
from ledger.drawings.sankey.weights import passing, passing_questions, scales_of
from ledger.errors import InvalidInput

_THROUGH: Final = frozenset({"transfer", "acceptance"})
_ADDITION: Final = "addition"
_NEGLIGIBLE: Final = 1e-12


class FoldOptions(NamedTuple):
    """`kinds`: kg CO2e that whole records add, by digest, see `kinds_of`; only of records that the reader may see in
    full. `masses`: kg of whole lots that are counted in pieces or by volume, by id. `most` and `opened`: as of
    `shrink`, but faster for a long chain, whose nodes are never made."""

    measure: Measure = "co2e"
    kinds: Mapping[str, Mapping[Kind, float]] = {}
    masses: Mapping[str, float] = {}
    most: int | None = None
    opened: Collection[str] = ()


BY_FIGURE: Final = FoldOptions()


def fold(
    nodes: Iterable[NodeData], edges: Iterable[EdgeData], targets: Sequence[str], options: FoldOptions = BY_FIGURE,
) -> Sankey:
    """The processes behind lots or pools (`targets`), as `/v1/chain` answers their upstream chain. Linear in the
    chain. Raises InvalidInput for a target that is not in the chain, and for data of another form."""
    chain = read_chain(nodes, edges)
    for target in targets:
        if target not in chain.place or chain.code[chain.place[target]] not in (LOT, POOL):
            raise InvalidInput(f"lot {target!r} is not in the chain", code="not-in-chain", field="lot", value=target,
                               rule="one of the roots of the chain")
    asked = frozenset([chain.place[target] for target in targets])
    drawn = DrawnNodes(asked, _through(chain), _grouped(chain))
    mass = options.measure == "mass"
    figures = masses_of(chain, options.masses) if mass else figures_of(chain)
    amounts = FoldedAmounts(len(chain.data), asked)
    _add_figures(chain, figures, drawn, Splitting(chain, options, amounts))
    questions = None if mass else questions_of(chain)
    if questions is not None:
        _add_questions(chain, questions, drawn, amounts)
    largest = max([abs(figures[target]) for target in asked], default=0.0)
    amounts.without_dust(_NEGLIGIBLE * max(largest, amounts.largest()))
    whole = Sankey((), (), sum([figures[target] for target in asked]),
                   sum([questions[target] for target in asked]) if questions else 0.0, options.measure)
    return drawing_of(whole, chain, amounts, options.most, options.opened)


def _add_figures(chain: FlatChain, figures: list[float], drawn: DrawnNodes, splitting: Splitting) -> None:
    amounts, quantity = splitting.amounts, passing(chain, figures)
    flows = Flows(chain, quantity, scales_of(chain, quantity, drawn.asked), drawn)
    flows.run(splitting.split)
    for lot in chain.boundary:
        amount = flows.arrivals(lot)
        if amount:
            amounts.add(lot, "hidden" if amount > 0.0 else "negative", amount)
    for ends, amount in flows.links.items():
        amounts.amounts[ends] = amounts.amounts.get(ends, 0.0) + amount
    amounts.targets = flows.targets


def _add_questions(chain: FlatChain, questions: list[float], drawn: DrawnNodes, amounts: FoldedAmounts) -> None:
    quantity = passing_questions(chain, questions)
    flows = Flows(chain, quantity, scales_of(chain, quantity, drawn.asked), drawn)
    flows.run(lambda _, node, amount, scale: amounts.question(node, amount))
    for lot in chain.boundary:
        amounts.question(lot, flows.arrivals(lot))
    amounts.questions = flows.links


def _through(chain: FlatChain) -> list[bool]:
    return [code == RECORD and data["type"] in _THROUGH for data, code in zip(chain.data, chain.code, strict=True)]


def _grouped(chain: FlatChain) -> list[int]:
    """The node of each record. All additions to a pool are one node: of the newest one, if the chain has not folded
    them."""
    node_of = list(range(len(chain.data)))
    additions = {node for node, code in enumerate(chain.code) if code == RECORD
                 and chain.data[node]["type"] == _ADDITION}
    for step in reversed(chain.order) if additions else ():
        for lot in chain.lots_of(step) if step in additions else ():
            for taker, _ in chain.edges_from(lot):
                if taker in additions:
                    node_of[step] = node_of[taker]
    return node_of
