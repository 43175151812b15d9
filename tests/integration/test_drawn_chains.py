"""Drawings of the chain that each caller sees, over HTTP: they sum to the figure, and show no more than the tables."""

import json
from collections.abc import Iterator

import pytest
from support.foundry import GEAR, Foundry, foundry
from support.inside import inside
from support.server import prepared_home
from support.svg import parsed

from ledger.drawings.sankey.draw import draw_sankey
from ledger.drawings.sankey.fold import FoldOptions, fold
from ledger.drawings.sankey.model import Kind, Sankey

LINES: dict[str, dict[Kind, float]] = {"gears": {"own": 80.0}, "casting": {"own": 350.0}}


@pytest.fixture(scope="module")
def works() -> Iterator[Foundry]:
    with prepared_home() as home, inside(home, access="parties") as ledger:
        yield foundry(ledger)


def drawn(works: Foundry, caller: str, lines: bool = False) -> Sankey:
    """The gears as the caller sees them; with the lines of the records that it sees in full."""
    gear = works.lot("maker", "gear")
    chain = works.get(caller, "/v1/chain", lot=gear)
    kinds = {}
    for edge in chain["edges"] if lines else ():
        for name, lot in (("gears", gear), ("casting", works.lot("caster", "cast"))):
            if edge["target"] == lot:
                kinds[edge["source"]] = LINES[name]
    sankey = fold(chain["nodes"], chain["edges"], [gear], FoldOptions(kinds=kinds))
    assert sum(node.sum_added for node in sankey.nodes) == pytest.approx(sankey.total) == pytest.approx(GEAR)
    parsed(draw_sankey(sankey))
    return sankey


def amounts(sankey: Sankey, kind: Kind) -> list[float]:
    return sorted(round(node.added[kind], 6) for node in sankey.nodes if kind in node.added)


@pytest.mark.parametrize("caller", ["maker", "holding", "full", "maker-full"])
@pytest.mark.parametrize("lines", [False, True])
def test_every_drawing_sums_to_the_figure(works: Foundry, caller: str, lines: bool) -> None:
    sankey = drawn(works, caller, lines)
    shown = json.dumps([node.holder for node in sankey.nodes])
    if caller == "maker":
        assert works.hidden_from(shown, "mill", "alloyer")


def test_a_received_lot_stands_for_everything_behind_it(works: Foundry) -> None:
    sankey = drawn(works, "maker", lines=True)
    assert amounts(sankey, "hidden") == [1100.0]
    assert amounts(sankey, "own") == [80.0]


def test_several_hidden_parties_are_one_node(works: Foundry) -> None:
    """As in the table: 850 of the mill and the alloyer. Without lines the casting cannot be told from them."""
    sankey = drawn(works, "full", lines=True)
    (hidden,) = [node for node in sankey.nodes if node.form == "hidden"]
    assert hidden.added == {"hidden": pytest.approx(850.0)}
    assert amounts(sankey, "own") == [80.0, 175.0]
    assert amounts(drawn(works, "full"), "hidden") == [1025.0]


def test_the_amount_of_a_single_hidden_party_is_in_the_record_that_takes_its_lot(works: Foundry) -> None:
    for lines in (False, True):
        sankey = drawn(works, "maker-full", lines)
        assert amounts(sankey, "hidden") == [1180.0]
        assert [node.form for node in sankey.nodes if "hidden" in node.added] == ["process"]


@pytest.mark.parametrize("caller", ["stages", "suppliers", "totals"])
def test_an_asked_lot_of_a_hidden_record(works: Foundry, caller: str) -> None:
    (node,) = drawn(works, caller).nodes
    assert (node.form, node.target, amounts(drawn(works, caller), "hidden")) == ("lot", True, [GEAR])
