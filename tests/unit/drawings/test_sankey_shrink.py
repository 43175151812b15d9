"""Shrinking a drawing keeps its sums and its largest sources."""

import random

import pytest
from support.node_links import line, random_chain

from ledger.drawings.sankey.columns import columns_of
from ledger.drawings.sankey.fold import FoldOptions, fold
from ledger.drawings.sankey.model import Sankey
from ledger.drawings.sankey.shrink import MOST_COLUMNS, shrink


def chain(amounts: list[float]) -> Sankey:
    links = line(amounts)
    return fold(links.nodes, links.edges, ["end"])


def test_a_small_drawing_stays() -> None:
    sankey = chain([1.0] * 6)
    assert shrink(sankey, 6) is sankey


def test_the_largest_sources_stay_wherever_they_are() -> None:
    """A blast furnace at the far end, and a hundred small steps."""
    small = shrink(chain([3.0, 1000.0, *[1.0] * 97, 500.0, 2.0]), 6)
    assert {"r1", "r99", "r100"} <= {node.id for node in small.nodes}
    assert len(small.nodes) <= 6
    folded = [node for node in small.nodes if node.form == "folded"]
    assert sum(len(node.members) for node in folded) + len(small.nodes) - len(folded) == 101
    assert sum(node.sum_added for node in small.nodes) == pytest.approx(small.total) == pytest.approx(1602.0)


@pytest.mark.parametrize("most", [1, 2, 5, 15, 29])
@pytest.mark.parametrize("seed", range(8))
def test_sums_stay_and_flows_go_forward(seed: int, most: int) -> None:
    links = random_chain(random.Random(seed), 80)
    whole = fold(links.nodes, links.edges, ["end"])
    small = shrink(whole, most)
    assert len(small.nodes) <= max(most, 2)
    assert columns_of(small.nodes, small.links).back == frozenset()
    assert sum(node.sum_added for node in small.nodes) == pytest.approx(whole.total)
    assert sum(node.questioned for node in small.nodes) == pytest.approx(whole.questioned)
    assert small.node(next(node.id for node in whole.nodes if node.target)).value == pytest.approx(whole.total)
    for node in small.nodes:
        arriving = sum(link.amount for link in small.links if link.target == node.id)
        assert node.received + node.received_negative == pytest.approx(arriving)


def test_a_folded_node_unfolds() -> None:
    whole = chain([float(amount) for amount in range(1, 41)])
    small = shrink(whole, 5)
    folded = max(small.nodes, key=lambda node: len(node.members))
    opened = shrink(whole, 5, [folded.id])
    shown = {node.id for node in opened.nodes}
    assert len(shown & set(folded.members)) == 5
    assert len(opened.nodes) > len(small.nodes)
    assert sum(node.sum_added for node in opened.nodes) == pytest.approx(whole.total)
    assert shrink(whole, 5, ["folded-99", "r1"]) == small


@pytest.mark.parametrize("seed", range(8))
def test_folding_shrinks_at_once(seed: int) -> None:
    """The same as in two steps, without the nodes that nobody sees."""
    links = random_chain(random.Random(seed), 80)
    for opened in ((), ("folded-0", "folded-2")):
        whole = fold(links.nodes, links.edges, ["end"])
        small = shrink(whole, 9, opened)
        once = fold(links.nodes, links.edges, ["end"], FoldOptions(most=9, opened=opened))
        assert [node.id for node in once.nodes] == [node.id for node in small.nodes]
        assert (once.processes, small.processes) == (len(whole.nodes), len(whole.nodes))
        for node, other in zip(once.nodes, small.nodes, strict=True):
            assert set(node.members) == set(other.members)
            assert (node.value, node.in_question) == pytest.approx((other.value, other.in_question))


def test_columns_stay_readable() -> None:
    """Twelve processes in a row are too many columns, even if they are few nodes."""
    small = shrink(chain([float(amount) for amount in range(1, 13)]), 15)
    assert columns_of(small.nodes, small.links).number <= MOST_COLUMNS
    assert sum(node.sum_added for node in small.nodes) == pytest.approx(78.0)
    wide = shrink(chain([1.0, *[2.0] * 60, 50.0]), 30)
    assert columns_of(wide.nodes, wide.links).number <= MOST_COLUMNS


def test_nothing_asked() -> None:
    nothing = fold([], [], [])
    assert shrink(nothing) == nothing
    assert (nothing.nodes, nothing.total) == ((), 0.0)


def test_one_other_node_is_not_folded() -> None:
    assert all(len(node.members) != 1 for node in shrink(chain([5.0, 1.0, 4.0, 3.0]), 3).nodes)
