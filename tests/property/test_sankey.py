"""Drawings of real chains sum to the figures: of the demo, of the foundry's month, of random networks, and of histories
with pools, returns and amendments; folded and not, with and without emission lines, before and after shrinking."""

import random
from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st
from support.examples import examples
from support.histories import History
from support.memory import MemoryLedger
from support.networks import network
from support.node_links import NodeLinks, as_json, chain_of_all, kinds_by_digest
from support.sectors import registry
from vectors.build_stories import demo, foundry, ledger

from ledger.core.outcome.assessment import QUESTIONED
from ledger.drawings.sankey.fold import FoldOptions, fold
from ledger.drawings.sankey.graphs import fold_graph
from ledger.drawings.sankey.model import Sankey
from ledger.drawings.sankey.shrink import shrink
from ledger.footprint.stored.burdens import SLOT, footprint

CONSERVED = 1e-9


def check(memory: MemoryLedger, lots: Sequence[str]) -> None:
    """Every lot, in each form of its chain."""
    kinds = kinds_by_digest(memory)
    for fold_pools in (True, False):
        chain = chain_of_all(memory, fold=fold_pools)
        links = as_json(chain.each_node(), chain.each_edge())
        shown = {node["id"] for node in links.nodes}
        # Generations of a pool are the pool; withdrawn lots are absent.
        for target in {lot if lot in shown else memory.state.lots[lot].pool for lot in lots} & shown:
            for options in (FoldOptions(), FoldOptions(kinds=kinds), FoldOptions("mass")):
                check_sums(memory, links, target, options)
            assert fold_graph(chain, None, [target], options) == fold(links.nodes, links.edges, [target], options)


def check_sums(memory: MemoryLedger, links: NodeLinks, target: str, options: FoldOptions) -> None:
    sankey = fold(links.nodes, links.edges, [target], options)
    if options.measure == "co2e" and target in memory.figures:
        burdens = memory.figures[target].burdens
        assert (sankey.total, sankey.questioned) == (footprint(burdens), burdens[SLOT[QUESTIONED]])
    check_conserved(sankey)
    for most in (3, 7):
        check_conserved(shrink(sankey, most))


def check_conserved(sankey: Sankey) -> None:
    """Over all nodes, and at each one: what leaves it is what it has."""
    scale = sum([abs(amount) for node in sankey.nodes for amount in node.added.values()]) + abs(sankey.total) + 1e-9
    assert abs(sum([node.sum_added for node in sankey.nodes]) - sankey.total) <= CONSERVED * scale
    asked = sum([node.questioned for node in sankey.nodes])
    assert abs(asked - sankey.questioned) <= CONSERVED * (scale + sankey.questioned)
    left = dict.fromkeys([node.id for node in sankey.nodes], 0.0)
    for link in sankey.links:
        left[link.source] += link.amount
    for node in sankey.nodes:
        if not node.target:
            assert abs(node.value - left[node.id]) <= CONSERVED * scale, node
        else:
            assert node.value >= left[node.id] - CONSERVED * scale, node


def test_the_demo() -> None:
    memory = ledger()
    demo(memory)
    check(memory, list(memory.figures))


def test_the_month_of_the_foundry() -> None:
    for _, memory in foundry():
        check(memory, list(memory.figures)[::9])


@given(st.integers(0, 10**6))
@examples(10)
def test_random_networks(seed: int) -> None:
    memory = network(seed, 60)
    check(memory, list(memory.figures)[::5])


@given(st.integers(0, 10**6))
@examples(10)
def test_histories_with_pools(seed: int) -> None:
    history = History(MemoryLedger(registry(), seed=seed), random.Random(seed), 3)
    for _ in range(80):
        history.step()
    check(history.memory, list(history.memory.figures)[::5])
