"""The fold of a chain, solved by hand: amounts of processes, flows, questions, hidden parts, pools and mass."""

from typing import Any

import pytest
from support.node_links import NodeLinks, line, lot, makes, record, takes

from ledger.drawings.sankey.fold import FoldOptions, fold
from ledger.drawings.sankey.model import Sankey
from ledger.errors import InvalidInput

GEAR = NodeLinks(
    [
        record("melt", 1), record("send", 2, "transfer"), record("wind", 3, "declaration"), record("forge", 4),
        lot("heat", 1000.0), lot("sold", 550.0, holder="smith", quantity="500"),
        lot("kwh", 40.0, unit="MWH", quantity="2", process=None), lot("gear", 380.0), lot("swarf", 0.0, role="waste"),
    ],
    [
        makes("melt", "heat"), takes("send", "heat", 0.5), makes("send", "sold"), makes("wind", "kwh"),
        takes("forge", "sold", 0.4), takes("forge", "kwh"), makes("forge", "gear"), makes("forge", "swarf", 0.0),
    ],
)
"""A melt of 1,000 kg CO2e; half is sent on with 50 kg of freight; 40 % of that, 40 kg of power and 120 kg of its own
make the gears."""


def folded(links: NodeLinks, *targets: str, **options: Any) -> Sankey:
    return fold(links.nodes, links.edges, targets, FoldOptions(**options))


def added(sankey: Sankey) -> dict[str, dict[str, float]]:
    return {node.id: dict(node.added) for node in sankey.nodes}


def links_of(sankey: Sankey) -> dict[tuple[str, str], float]:
    return {(link.source, link.target): link.amount for link in sankey.links}


def test_what_arrives_and_what_is_added() -> None:
    sankey = folded(GEAR, "gear")
    # Freight counts with the process that receives the goods: 40 % of 50.
    assert added(sankey) == {
        "melt": {"added": 200.0}, "wind": {"electricity": 40.0}, "forge": {"added": 120.0, "transport": 20.0}}
    assert links_of(sankey) == {("melt", "forge"): 200.0, ("wind", "forge"): 40.0}
    forge = sankey.node("forge")
    assert (forge.received, forge.value, forge.target, forge.product) == (240.0, 380.0, True, "urn:gear")
    assert (sankey.total, [node.id for node in sankey.nodes]) == (380.0, ["melt", "wind", "forge"])
    assert sankey.node("melt").holder == "mill"


def test_lines_divide_an_amount_by_kind() -> None:
    kinds = {"melt": {"own": 700.0, "inputs": 320.0, "negative": -20.0}, "forge": {"electricity": 100.0}}
    sankey = folded(GEAR, "gear", kinds=kinds)
    assert added(sankey)["melt"] == pytest.approx({"own": 140.0, "inputs": 64.0, "negative": -4.0})
    # 20 kg that no line explains were assigned or averaged.
    assert added(sankey)["forge"] == {"electricity": 100.0, "added": 20.0, "transport": 20.0}
    melt = sankey.node("melt")
    assert (melt.positive, melt.negative, melt.value) == pytest.approx((204.0, -4.0, 200.0))


def test_a_credit_is_negative() -> None:
    """System expansion: the forge's lot carries 30 kg less than what it takes and emits."""
    nodes = [{**node, "footprint": 230.0} if node["id"] == "gear" else node for node in GEAR.nodes]
    sankey = folded(NodeLinks(nodes, GEAR.edges), "gear", kinds={"forge": {"own": 20.0}})
    assert added(sankey)["forge"] == {"own": 20.0, "negative": -50.0, "transport": 20.0}
    assert sum(node.sum_added for node in sankey.nodes) == sankey.total == 230.0


def test_a_removal_flows_on() -> None:
    chars = NodeLinks([record("char", 1), record("mix", 2), lot("coal", -300.0), lot("end", 100.0)],
                      [makes("char", "coal"), takes("mix", "coal"), makes("mix", "end")])
    sankey = folded(chars, "end")
    assert links_of(sankey) == {("char", "mix"): -300.0}
    mix = sankey.node("mix")
    assert (mix.received, mix.received_negative, dict(mix.added), mix.value) == (0.0, -300.0, {"added": 400.0}, 100.0)


def test_shares_of_co_products() -> None:
    """A record makes two lots: 3/4 and 1/4. The asked lot takes all of the first and half of the second."""
    two = NodeLinks(
        [record("ore", 1), record("mill", 2), record("mix", 3), lot("rock", 80.0), lot("a", 90.0), lot("b", 30.0),
         lot("end", 115.0)],
        [makes("ore", "rock"), takes("mill", "rock"), makes("mill", "a", 0.75), makes("mill", "b", 0.25),
         takes("mix", "a"), takes("mix", "b", 0.5), makes("mix", "end")])
    sankey = folded(two, "end")
    assert added(sankey) == {"ore": {"added": 70.0}, "mill": {"added": 35.0}, "mix": {"added": 10.0}}
    assert links_of(sankey) == {("ore", "mill"): 70.0, ("mill", "mix"): 105.0}


def test_several_asked_lots() -> None:
    sankey = folded(GEAR, "gear", "heat", "gear")
    assert sankey.total == 1380.0
    assert added(sankey)["melt"] == {"added": 1200.0}
    assert {node.id for node in sankey.nodes if node.target} == {"melt", "forge"}


def test_an_asked_delivery_is_a_node() -> None:
    sankey = folded(GEAR, "sold")
    assert [(node.id, node.form, dict(node.added)) for node in sankey.nodes] == [
        ("melt", "process", {"added": 500.0}), ("send", "delivery", {"transport": 50.0})]


def test_wastes_and_cores_carry_nothing() -> None:
    core = NodeLinks(
        [record("make", 1), record("end of life", 2, "consumption"), record("again", 3), lot("new", 500.0),
         lot("core", 0.0, role="core"), lot("end", 80.0)],
        [makes("make", "new"), takes("end of life", "new"), makes("end of life", "core", 0.0), takes("again", "core"),
         makes("again", "end")])
    assert added(folded(core, "end")) == {"again": {"added": 80.0}}
    assert added(folded(core, "end", measure="mass")) == {"end of life": {"inputs": 1000.0}, "again": {}}


def test_a_withdrawn_lot_has_no_part() -> None:
    """A revision emptied it: its part is infinite, null in JSON."""
    taking = {**takes("forge", "gone"), "part": None}
    empty = NodeLinks([*GEAR.nodes, lot("gone", 0.0, quantity="0")], [*GEAR.edges, taking])
    assert added(folded(empty, "gear")) == added(folded(GEAR, "gear"))


def test_questions_pass_by_their_own_shares() -> None:
    """The melt questions 600 kg, the forge 30: 0.4 * 0.5 of the first arrive, with all of the second."""
    questioned = {"heat": 600.0, "sold": 300.0, "gear": 150.0}
    findings = [{"record": 4, "code": "little-power", "severity": "warning", "amount": 30.0}]
    nodes = [{**node, "questioned": questioned.get(node["id"], 0.0)} if node["kind"] == "lot" else
             {**node, "findings": findings} if node["id"] == "forge" else node for node in GEAR.nodes]
    sankey = folded(NodeLinks(nodes, GEAR.edges), "gear")
    assert {node.id: node.questioned for node in sankey.nodes} == pytest.approx(
        {"melt": 120.0, "wind": 0.0, "forge": 30.0})
    assert {(link.source, link.target): link.questioned for link in sankey.links} == pytest.approx(
        {("melt", "forge"): 120.0, ("wind", "forge"): 0.0})
    assert sankey.node("forge").in_question == pytest.approx(sankey.questioned) == 150.0


def test_received_lots_stand_for_all_behind_them() -> None:
    part = NodeLinks(
        [record("forge", 4), lot("sold", 550.0, supplier="mill", questioned=10.0), lot("gear", 380.0, questioned=4.0)],
        [takes("forge", "sold", 0.4), makes("forge", "gear")])
    sankey = folded(part, "gear")
    sold = sankey.node("sold")
    assert (sold.form, sold.holder, dict(sold.added), sold.questioned) == ("lot", "mill", {"hidden": 220.0}, 4.0)
    assert added(sankey)["forge"] == {"added": 160.0}


def test_an_asked_lot_of_a_hidden_record() -> None:
    sankey = folded(NodeLinks([lot("sold", 550.0)], []), "sold")
    assert [(node.id, node.target, dict(node.added)) for node in sankey.nodes] == [("sold", True, {"hidden": 550.0})]


HIDDEN = NodeLinks(
    [record("forge", 4), lot("gear", 380.0),
     {"id": "hidden parts", "kind": "hidden", "footprint": 220.0, "questioned": 0.0}],
    [{"source": "hidden parts", "target": "forge"}, makes("forge", "gear")])


def test_hidden_parts_are_what_the_lines_do_not_explain() -> None:
    sankey = folded(HIDDEN, "gear", kinds={"forge": {"own": 160.0}})
    assert added(sankey) == {"hidden parts": {"hidden": 220.0}, "forge": {"own": 160.0}}
    assert links_of(sankey) == {("hidden parts", "forge"): 220.0}


def test_without_lines_an_amount_with_hidden_parts_is_hidden() -> None:
    assert added(folded(HIDDEN, "gear")) == {"forge": {"hidden": 380.0}}


def test_the_amount_of_a_single_hidden_party_is_not_shown() -> None:
    """Even where the lines would tell it: see `footprint.derived.chain.boundary`."""
    alone = NodeLinks([record("forge", 4, hiddenInputs=True), lot("gear", 380.0)], [makes("forge", "gear")])
    assert added(folded(alone, "gear", kinds={"forge": {"own": 160.0}})) == {"forge": {"hidden": 380.0}}


def stock(first: int, last: int) -> dict[str, Any]:
    """A pool of 400 kg CO2e."""
    return {**lot("pool", 400.0), "kind": "pool", "lot": "pool:2", "generations": 2, "from": first, "to": last}


def test_a_pool_is_a_mixture() -> None:
    """Two heats of 100 and 300 kg CO2e go in. Half of what is there is drawn, and 10 kg of power make the end."""
    pooled = NodeLinks(
        [record("m1", 1), record("m2", 2), lot("h1", 100.0), lot("h2", 300.0), stock(3, 4), record("cast", 5),
         lot("end", 210.0)],
        [makes("m1", "h1"), makes("m2", "h2"), takes("pool", "h1"), takes("pool", "h2"), takes("cast", "pool", 0.5),
         makes("cast", "end")])
    sankey = folded(pooled, "end")
    assert added(sankey) == {"m1": {"added": 50.0}, "m2": {"added": 150.0}, "pool": {}, "cast": {"added": 10.0}}
    assert (sankey.node("pool").form, sankey.node("pool").value) == ("pool", 200.0)
    assert added(folded(pooled, "pool"))["m2"] == {"added": 300.0}


def test_what_returns_to_a_pool_goes_round() -> None:
    """Half of the pool's content is swarf of castings made from it: one unit of fresh steel goes round until all has
    arrived."""
    round_trip = NodeLinks(
        [record("m", 1), lot("h", 200.0), stock(2, 5), record("cast", 3), lot("back", 200.0), lot("end", 220.0)],
        [makes("m", "h"), takes("pool", "h"), takes("pool", "back"), takes("cast", "pool"), makes("cast", "back", 0.5),
         makes("cast", "end", 0.5)])
    sankey = folded(round_trip, "end")
    assert sum(node.sum_added for node in sankey.nodes) == pytest.approx(220.0)
    assert added(sankey)["m"]["added"] == pytest.approx(200.0)


def test_additions_that_are_not_folded_are_one_node() -> None:
    generations = NodeLinks(
        [record("m1", 1), record("m2", 2), lot("h1", 100.0), lot("h2", 300.0), record("a1", 3, "addition"),
         lot("pool:1", 100.0), record("a2", 4, "addition"), lot("pool:2", 350.0), record("cast", 5), lot("end", 185.0)],
        [makes("m1", "h1"), makes("m2", "h2"), takes("a1", "h1"), makes("a1", "pool:1"), takes("a2", "pool:1", 0.5),
         takes("a2", "h2"), makes("a2", "pool:2"), takes("cast", "pool:2", 0.5), makes("cast", "end")])
    sankey = folded(generations, "end")
    assert added(sankey) == {"m1": {"added": 25.0}, "m2": {"added": 150.0}, "a2": {}, "cast": {"added": 10.0}}
    assert links_of(sankey) == {("m1", "a2"): 25.0, ("m2", "a2"): 150.0, ("a2", "cast"): 175.0}


def test_mass() -> None:
    """Power has none. What the lots weigh less than the inputs leaves as waste, what they weigh more was supplied."""
    sankey = folded(GEAR, "gear", measure="mass")
    assert links_of(sankey) == {("melt", "forge"): 200.0}
    assert added(sankey) == {"melt": {"inputs": 200.0}, "forge": {"inputs": 800.0}}
    pieces = [{**node, "unit": "H87", "quantity": "2"} if node["id"] == "gear" else node for node in GEAR.nodes]
    assert folded(NodeLinks(pieces, GEAR.edges), "gear", measure="mass").total == 200.0
    stated = folded(NodeLinks(pieces, GEAR.edges), "gear", measure="mass", masses={"gear": 150.0})
    assert added(stated)["forge"] == {"negative": -50.0}
    assert stated.total == 150.0


def test_a_long_chain_needs_no_stack() -> None:
    sankey = folded(line([1.0] * 5000), "end")
    assert len(sankey.nodes) == 5000
    assert sankey.nodes[0].id == "r0"


@pytest.mark.parametrize("links", [
    NodeLinks([{"id": "a", "kind": "planet"}], []), NodeLinks([{"id": "a"}], []),
    NodeLinks([lot("gear", 1.0)], [{"source": "gear", "target": "nowhere"}]),
    NodeLinks([lot("gear", 1.0)], [{"source": "nowhere", "target": "gear"}]),
])
def test_another_form_is_refused(links: NodeLinks) -> None:
    with pytest.raises(InvalidInput, match="not in the form of /v1/chain"):
        folded(links, "gear")


def test_a_target_must_be_in_the_chain() -> None:
    with pytest.raises(InvalidInput, match="lot 'axle' is not in the chain"):
        folded(GEAR, "axle")
