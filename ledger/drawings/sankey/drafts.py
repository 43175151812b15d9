"""Makes the nodes and links of a drawing from the amounts of a folded chain."""

from collections.abc import Collection, Mapping
from typing import Final

from ledger.drawings.sankey.amounts import FoldedAmounts
from ledger.drawings.sankey.chain import HIDDEN, LOT, POOL, RECORD, FlatChain
from ledger.drawings.sankey.columns import layered
from ledger.drawings.sankey.model import KINDS, Kind, NodeForm, Sankey, SankeyLink, SankeyNode
from ledger.drawings.sankey.shrink import NodeRanks, arranged, folded_node, groups_of

_FORMS: Final[Mapping[str, NodeForm]] = {
    "transformation": "process", "declaration": "declaration", "transfer": "delivery", "acceptance": "delivery",
    "addition": "pool",
}


def drawing_of(
    whole: Sankey, chain: FlatChain, amounts: FoldedAmounts, most: int | None, opened: Collection[str]
) -> Sankey:
    """The drawing, with at most `most` nodes. Folded nodes are never made one by one."""
    shown = amounts.nodes()
    groups = {} if most is None else _groups(chain, amounts, shown, most, opened)
    name_of = {member: group for group, members in groups.items() for member in members}
    sums: dict[tuple[str, str], list[float]] = {}
    for ends in amounts.links():
        source, target = divmod(ends, amounts.size)
        names = (name_of.get(source) or chain.ids[source], name_of.get(target) or chain.ids[target])
        if names[0] != names[1]:
            link = sums.setdefault(names, [0.0, 0.0])
            link[0] += amounts.amounts.get(ends, 0.0)
            link[1] += amounts.questions.get(ends, 0.0)
    links = [SankeyLink(source, target, amount, asked) for (source, target), (amount, asked) in sums.items()]
    nodes = [_node(chain, amounts, node) for node in shown if node not in name_of]
    for group, members in groups.items():
        added = {kind: total for kind in KINDS if (total := _total(amounts.added[kind], members))}
        holders = {chain.table.holders[member] for member in members}
        nodes.append(folded_node(group, added, _total(amounts.questioned, members), holders)._replace(
            members=tuple([chain.ids[member] for member in members])))
    return arranged(whole._replace(processes=len(shown)), nodes, links)


def _groups(
    chain: FlatChain, amounts: FoldedAmounts, shown: list[int], most: int, opened: Collection[str]
) -> dict[str, list[int]]:
    """The nodes of the chain that are folded, by the id of their group."""
    number = {node: place for place, node in enumerate(shown)}
    links = amounts.links()
    columns, _ = layered(len(shown), [number[ends // amounts.size] for ends in links],
                         [number[ends % amounts.size] for ends in links])
    weights = [0.0] * len(shown)
    for added in (*amounts.added.values(), amounts.questioned):
        for node, amount in added.items():
            weights[number[node]] += abs(amount)
    ranks = NodeRanks(weights, [node in amounts.targets for node in shown], [chain.ids[node] for node in shown])
    groups = groups_of(ranks, columns, most, opened)
    return {group: [shown[member] for member in members] for group, members in groups.items()}


def _total(amounts: Mapping[int, float], members: Collection[int]) -> float:
    return sum([amounts[member] for member in members if member in amounts])


def _node(chain: FlatChain, amounts: FoldedAmounts, node: int) -> SankeyNode:
    data, form = chain.data[node], _form(chain, node)
    lot = chain.data[_largest_lot(chain, amounts, node)]
    process = lot.get("process") if form == "process" else data.get("type")
    added: dict[Kind, float] = {kind: amounts.added[kind][node] for kind in KINDS if node in amounts.added[kind]}
    return SankeyNode(
        id=chain.ids[node], form=form, process=process or data.get("type") or form, product=lot.get("product", ""),
        lot="" if form == "hidden" else lot.get("lot", lot["id"]), holder=chain.table.holders[node], added=added,
        questioned=max(amounts.questioned.get(node, 0.0), 0.0), target=node in amounts.targets,
    )


def _largest_lot(chain: FlatChain, amounts: FoldedAmounts, node: int) -> int:
    """The lot after which a node is named: an asked one, or the one of which most is taken."""
    if chain.code[node] != RECORD:
        return node
    lots = chain.lots_of(node)
    return max(lots, key=lambda lot: (lot in amounts.asked, _taken(chain, lot), -lot)) if lots else node


def _taken(chain: FlatChain, lot: int) -> float:
    return sum([part for _, part in chain.edges_from(lot)]) * abs(chain.table.figures[lot])


def _form(chain: FlatChain, node: int) -> NodeForm:
    code = chain.code[node]
    if code == HIDDEN:
        return "hidden"
    if code == LOT:
        return "lot"
    return "pool" if code == POOL else _FORMS.get(chain.types[node], "process")
