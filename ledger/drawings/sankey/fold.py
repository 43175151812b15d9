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
    EdgeData,
    FlatChain,
    NodeData,
    masses_of,
    read_chain,
)
from ledger.drawings.sankey.drafts import drawing_of
from ledger.drawings.sankey.flows import DrawnNodes, Flows
from ledger.drawings.sankey.kinds import Splitting
from ledger.drawings.sankey.model import Kind, Measure, Sankey
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
    return fold_flat(read_chain(nodes, edges), targets, options)


def fold_flat(chain: FlatChain, targets: Sequence[str], options: FoldOptions) -> Sankey:
    """The same of a chain that is read already."""
    wanted = set(targets)
    asked = frozenset([node for node, id_ in enumerate(chain.ids) if id_ in wanted and chain.code[node] in (LOT, POOL)])
    wanted.difference_update([chain.ids[node] for node in asked])
    for target in targets:
        if target in wanted:
            raise InvalidInput(f"lot {target!r} is not in the chain", code="not-in-chain", field="lot", value=target,
                               rule="one of the roots of the chain")
    drawn = DrawnNodes(asked, [type_ in _THROUGH for type_ in chain.types], _grouped(chain))
    mass = options.measure == "mass"
    figures = masses_of(chain, options.masses) if mass else chain.table.figures
    amounts = FoldedAmounts(chain.size, asked)
    _add_figures(chain, figures, drawn, Splitting(chain, options, amounts))
    questions = [0.0] * chain.size if mass else chain.table.questions
    if any(questions):
        _add_questions(chain, questions, drawn, amounts)
    largest = max([abs(figures[target]) for target in asked], default=0.0)
    amounts.without_dust(_NEGLIGIBLE * max(largest, amounts.largest()))
    roots = sorted(asked)
    whole = Sankey((), (), sum([figures[target] for target in roots]), sum([questions[target] for target in roots]),
                   options.measure)
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


def _grouped(chain: FlatChain) -> list[int]:
    """The node of each record. All additions to a pool are one node: of the newest one, if the chain has not folded
    them."""
    node_of = list(range(chain.size))
    additions = {node for node, type_ in enumerate(chain.types) if type_ == _ADDITION}
    for step in reversed(chain.order) if additions else ():
        for lot in chain.lots_of(step) if step in additions else ():
            for taker, _ in chain.edges_from(lot):
                if taker in additions:
                    node_of[step] = node_of[taker]
    return node_of
