"""A chain folds from its arrays as it folds from its JSON, whole and in part."""

import pytest
from support.chains import Made, Took, parts_of
from support.node_links import as_json

from ledger.drawings.sankey.fold import FoldOptions, fold
from ledger.drawings.sankey.graphs import fold_graph
from ledger.footprint.derived.chain.contraction import HIDDEN, Contraction
from ledger.footprint.derived.chain.graph import Chain

LOTS = [
    Made("ore", 1, quantity="10", co2=20.0), Made("coal", 2, quantity="4", co2=8.0),
    Made("melt", 3, 0, 0.75, "10", co2=30.0), Made("slag", 3, 1, 0.25, "5", co2=10.0),
    Made("sold", 4, quantity="6", co2=20.0), Made("heap:1", 5, quantity="6", pool="heap", co2=20.0),
    Made("heap:2", 6, quantity="9", pool="heap", co2=26.0),
    Made("gear", 7, quantity="4", co2=25.0, process="works.cut"),
]
FLOWS = [
    Took(3, "ore", "10"), Took(3, "coal", "2"), Took(4, "melt", "6"), Took(5, "sold", "6"), Took(6, "heap:1", "6"),
    Took(6, "slag", "3"), Took(7, "heap:2", "6"), Took(7, "coal", "1"),
]
TYPES = {4: "transfer", 5: "addition", 6: "addition"}
REMAINDER = {"kind": "hidden", "footprint": 18.0, "questioned": 0.0}


def chain() -> Chain:
    return Chain.of(*parts_of(LOTS, FLOWS, TYPES), roots=[7], direction="upstream")


@pytest.mark.parametrize("measure", ["co2e", "mass"])
@pytest.mark.parametrize("contraction", [
    None,
    Contraction(frozenset({"r1", "r2", "ore", "coal"}), {}, REMAINDER, "hidden"),
    Contraction(frozenset({"r2", "coal"}), {}, None, "hidden"),
    Contraction(frozenset({"r1", "r2", "r3", "slag", "ore", "coal"}), {"melt": "mill"}, REMAINDER, "hidden"),
], ids=["whole", "merged", "single party", "received"])
def test_both_ways_agree(measure: str, contraction: Contraction | None) -> None:
    graph = chain()
    options = FoldOptions("mass" if measure == "mass" else "co2e", {"r7": {"own": 1.0}, "r3": {"own": 2.0}})
    links = as_json(graph.each_node(), graph.each_edge()) if contraction is None else as_json(
        contraction.nodes(graph), contraction.edges(graph))
    sankey = fold_graph(graph, contraction, ["gear"], options)
    assert sankey == fold(links.nodes, links.edges, ["gear"], options)
    assert sum(node.sum_added for node in sankey.nodes) == pytest.approx(sankey.total)
    if contraction is not None and contraction.remainder is not None and measure == "co2e":
        assert HIDDEN in {node.id for node in sankey.nodes}
