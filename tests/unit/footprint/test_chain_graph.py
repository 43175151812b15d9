"""The chain as a networkx graph: what it says, that it works like any other, and that it cannot be changed."""

import copy
import gc
import pickle
import threading
import weakref
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import networkx
import pytest
from hypothesis import given
from support.chains import Made, Took, arrays_at_random, graph_of, parts_of
from support.examples import examples

from ledger.footprint.derived.chain.arrays import Arrays
from ledger.footprint.derived.chain.columns import Amounts
from ledger.footprint.derived.chain.graph import Chain

LOTS = [
    Made("a", 1, 0, 0.75, "10", co2=75.0, process="works.melt"), Made("w", 1, 1, 0.25, "5", co2=25.0),
    Made("b", 2, quantity="4.50", co2=7.5),
    Made("p:1", 3, quantity="6", pool="p", co2=30.0), Made("p:2", 4, quantity="8", pool="p", co2=60.0),
    Made("x", 5, quantity="2", co2=15.0),
]
FLOWS = [
    Took(2, "a", "1"), Took(3, "a", "2.5"), Took(3, "w", "5"), Took(4, "b", "2.25"), Took(4, "p:1", "6"),
    Took(5, "p:2", "1"), Took(5, "p:2", "1"), Took(6, "x", "0.5"),
]
"""Record 1 makes a and w; 2 takes 1 kg of a; 3 and 4 add to the pool; 5 takes from its second lot twice; 6 uses up some
of x and makes nothing."""
TYPES = {3: "addition", 4: "addition", 6: "consumption"}
TIMES = {3: "2025-01-01T00:00:00Z", 4: "2025-02-01T00:00:00Z"}


def chain(*, fold: bool = True) -> Chain:
    return Chain.of(*parts_of(LOTS, FLOWS, TYPES, TIMES), roots=[5], fold=fold, direction="upstream")


def test_what_it_says_of_lots_and_records() -> None:
    found = chain(fold=False)
    assert found.graph == {"roots": ["x"], "direction": "upstream"}
    assert set(found.nodes) == {*[one.id for one in LOTS], *[f"r{i}" for i in range(1, 7)]}
    assert found.nodes["a"] == {
        "kind": "lot", "product": "steel", "holder": "mill", "role": "product", "quantity": "10", "unit": "KGM",
        "footprint": 75.0, "questioned": 0.0, "process": "works.melt",
    }
    # As records spell numbers; absent is what a lot has not.
    assert found.nodes["b"]["quantity"] == "4.5"
    assert "process" not in found.nodes["b"]
    assert found.nodes["r3"] == {"kind": "record", "index": 3, "type": "addition", "issuer": "mill"}


def test_what_it_says_of_flows() -> None:
    found = chain(fold=False)
    assert {(start, end): dict(data) for start, end, data in found.edges(data=True)} == {
        ("r1", "a"): {"share": 0.75}, ("r1", "w"): {"share": 0.25}, ("r2", "b"): {"share": 1.0},
        ("r3", "p:1"): {"share": 1.0}, ("r4", "p:2"): {"share": 1.0}, ("r5", "x"): {"share": 1.0},
        ("a", "r2"): {"quantity": "1", "unit": "KGM", "part": 0.1},
        ("a", "r3"): {"quantity": "2.5", "unit": "KGM", "part": 0.25},
        ("w", "r3"): {"quantity": "5", "unit": "KGM", "part": 1.0},
        ("b", "r4"): {"quantity": "2.25", "unit": "KGM", "part": 0.5},
        ("p:1", "r4"): {"quantity": "6", "unit": "KGM", "part": 1.0},
        # Twice 1 of 8 kg.
        ("p:2", "r5"): {"quantity": "2", "unit": "KGM", "part": 0.25},
        ("x", "r6"): {"quantity": "0.5", "unit": "KGM", "part": 0.25},
    }


def test_a_pool_is_one_node() -> None:
    found = chain()
    assert set(found.nodes) == {"a", "w", "b", "x", "p", "r1", "r2", "r5", "r6"}
    assert found.nodes["p"] == {
        "kind": "pool", "product": "steel", "holder": "mill", "role": "product", "quantity": "8", "unit": "KGM",
        "footprint": 60.0, "questioned": 0.0, "lot": "p:2", "generations": 2, "from": 3, "to": 4,
        "firstAddition": TIMES[3], "lastAddition": TIMES[4],
    }
    assert {(start, end): dict(data) for start, end, data in found.edges(data=True) if "p" in (start, end)} == {
        ("a", "p"): {"quantity": "2.5", "unit": "KGM", "part": 0.25, "additions": ["r3"]},
        ("w", "p"): {"quantity": "5", "unit": "KGM", "part": 1.0, "additions": ["r3"]},
        ("b", "p"): {"quantity": "2.25", "unit": "KGM", "part": 0.5, "additions": ["r4"]},
        ("p", "r5"): {"quantity": "2", "unit": "KGM", "part": 0.25},
    }
    assert networkx.is_directed_acyclic_graph(found)


def test_the_times_of_additions_that_are_not_known() -> None:
    parts = parts_of(LOTS, FLOWS, TYPES, {3: TIMES[3]})
    assert "firstAddition" not in Chain.of(*parts).nodes["p"]


def test_roots_are_named_once_each() -> None:
    """Both lots of the pool, then a, then the pool again."""
    parts = parts_of(LOTS, FLOWS, TYPES, TIMES)
    assert Chain.of(*parts, roots=[4, 0, 3]).graph["roots"] == ["p", "a"]
    assert Chain.of(*parts, roots=[4, 0, 3], fold=False).graph["roots"] == ["p:2", "a", "p:1"]
    assert Chain.of(*parts).graph["roots"] == []


def test_what_was_left_is_told_where_it_is_known() -> None:
    parts = parts_of(LOTS, FLOWS, TYPES, TIMES)
    assert "remaining" not in Chain.of(*parts).nodes["x"]
    left = parts._replace(lots=parts.lots._replace(remaining=["1", "0", "2.250", "0", "6", "1.5"]))
    found = Chain.of(*left)
    assert [found.nodes[name]["remaining"] for name in ("b", "p", "x")] == ["2.25", "6", "1.5"]


def test_credits_of_an_addition() -> None:
    """The addition of the pool's second lot gives credits too: from the pool, where that lot is in the chain, else from
    the record, that takes from the pool."""
    lots = [Made("p:1", 1, pool="p"), Made("p:2", 2, pool="p"), Made("c", 2, 1, 0.0)]
    flows = [Took(2, "p:1", "1")]
    found = Chain.of(*parts_of(lots, flows, {1: "addition", 2: "addition"}))
    assert {(start, end): dict(data) for start, end, data in found.edges(data=True)} == {
        ("p", "c"): {"share": 0.0, "additions": ["r2"]}}
    found = Chain.of(*parts_of([lots[0], lots[2]], flows, {1: "addition", 2: "addition"}))
    assert {(start, end): dict(data) for start, end, data in found.edges(data=True)} == {
        ("p", "r2"): {"quantity": "1", "unit": "KGM", "part": 1.0}, ("r2", "c"): {"share": 0.0}}


def test_what_goes_back_into_its_pool() -> None:
    lots = [Made("p:1", 1, pool="p", quantity="4"), Made("x", 2), Made("p:2", 3, pool="p", quantity="4")]
    flows = [Took(2, "p:1", "1"), Took(3, "p:1", "3"), Took(3, "x", "1")]
    parts = parts_of(lots, flows, {1: "addition", 3: "addition"})
    assert set(Chain.of(*parts).edges) == {("p", "r2"), ("r2", "x"), ("x", "p")}
    assert networkx.is_directed_acyclic_graph(Chain.of(*parts, fold=False))


def test_nothing_and_one_lot() -> None:
    empty = Chain.of(*parts_of([]))
    assert (len(empty), empty.number_of_edges(), list(empty.nodes(data=True))) == (0, 0, [])
    alone = Chain.of(*parts_of([Made("a", 1)]), roots=[0])
    assert list(alone.edges(data=True)) == [("r1", "a", {"share": 1.0})]
    assert list(alone.successors("a")) == []


@pytest.mark.parametrize("fold", [True, False])
def test_successors_and_predecessors_are_the_same_edges(fold: bool) -> None:
    """The same dictionaries, seen from both ends."""
    found = chain(fold=fold)
    forwards = {(start, end): id(data) for start in found for end, data in found.succ[start].items()}
    backwards = {(start, end): id(data) for end in found for start, data in found.pred[end].items()}
    assert forwards == backwards
    assert len(forwards) == found.number_of_edges() == sum(found.in_degree(node) for node in found)


@examples(60)
@given(arrays=arrays_at_random())
def test_it_has_the_edges_of_its_arrays(arrays: Arrays) -> None:
    numbers, indexes = arrays.numbers.tolist(), arrays.records.tolist()
    lots = [Made(f"l{i}", number // 1024, number % 1024) for i, number in enumerate(numbers)]
    flows = [Took(indexes[taker], f"l{lot}", "1") for taker, lot in zip(arrays.takers.tolist(), arrays.inputs.tolist(),
                                                                        strict=True)]
    found, expected = Chain.of(*parts_of(lots, flows)), graph_of(arrays)
    named = networkx.relabel_nodes(expected, {("record", i): f"r{index}" for i, index in enumerate(indexes)} | {
        ("lot", i): f"l{i}" for i in range(len(numbers))})
    assert set(found.nodes) == set(named.nodes)
    assert set(found.edges) == set(named.edges)
    for start, end, data in found.edges(data=True):
        if start.startswith("l"):
            times = flows.count(Took(int(end[1:]), start, "1"))
            assert (data["quantity"], data["part"]) == (str(times), float(times))


# --- as a graph of networkx ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fold", [True, False])
def test_algorithms_of_networkx(fold: bool) -> None:
    """As on an ordinary graph that has the same nodes and edges."""
    found = chain(fold=fold)
    plain: networkx.DiGraph[str] = networkx.DiGraph(**found.graph)
    plain.add_nodes_from(found.nodes(data=True))
    plain.add_edges_from(found.edges(data=True))
    assert networkx.utils.graphs_equal(found, plain)
    order = list(networkx.topological_sort(found))
    assert all(order.index(start) < order.index(end) for start, end in found.edges)
    for node in found:
        assert networkx.ancestors(found, node) == networkx.ancestors(plain, node)
        assert networkx.descendants(found, node) == networkx.descendants(plain, node)
    assert networkx.dag_longest_path_length(found) == networkx.dag_longest_path_length(plain)
    assert networkx.shortest_path(found, "a", "x") == networkx.shortest_path(plain, "a", "x")
    told = networkx.node_link_data(found, edges="edges")
    assert networkx.utils.graphs_equal(networkx.node_link_graph(told, edges="edges"), plain)
    assert sorted(found.in_degree()) == sorted(plain.in_degree())
    assert found.has_edge("r1", "a")
    assert not found.has_edge("a", "r1")
    assert found.get_edge_data("a", "r1") is None


def test_copies_are_ordinary_graphs() -> None:
    found = chain()
    for copied in (found.copy(), networkx.DiGraph(found), copy.deepcopy(found).copy(), found.reverse().reverse(),
                   found.subgraph(found).copy(), found.to_undirected().to_directed().copy()):
        assert set(copied.nodes) == set(found.nodes)
        copied.add_edge("b", "new", share=1.0)
        copied.remove_node("a")
    assert networkx.utils.graphs_equal(found.copy(), found)
    assert "a" in found
    assert "new" not in found
    assert set(found.reverse().edges) == {(end, start) for start, end in found.edges}
    assert set(found.reverse(copy=False).successors("x")) == {"r5"}
    some = found.subgraph(["a", "r2", "b", "x"])
    assert set(some.edges) == {("a", "r2"), ("r2", "b")}
    assert some.nodes["a"] is found.nodes["a"]


@pytest.mark.parametrize("travel", [copy.deepcopy, lambda graph: pickle.loads(pickle.dumps(graph))],  # noqa: S301
                         ids=["deepcopy", "pickle"])
def test_it_can_be_sent_elsewhere(travel: Any) -> None:
    """With some of its dictionaries made, and some not."""
    found = chain()
    assert found.nodes["a"]["quantity"] == "10"
    assert list(found.successors("r1")) == ["a", "w"]
    other = travel(found)
    assert networkx.utils.graphs_equal(other, found)
    assert other.arrays.numbers.tolist() == found.arrays.numbers.tolist()
    assert list(other.quantities) == list(found.quantities)
    with pytest.raises(networkx.NetworkXError):
        other.remove_node("a")


@pytest.mark.parametrize("change", [
    lambda graph: graph.add_node("new"), lambda graph: graph.add_nodes_from(["new"]),
    lambda graph: graph.add_edge("a", "x"), lambda graph: graph.add_edges_from([("a", "x")]),
    lambda graph: graph.remove_node("a"), lambda graph: graph.remove_nodes_from(["a"]),
    lambda graph: graph.remove_edge("r1", "a"), lambda graph: graph.remove_edges_from([("r1", "a")]),
    lambda graph: graph.clear(), lambda graph: graph.clear_edges(),
    lambda graph: graph.add_weighted_edges_from([("a", "x", 1)]), lambda graph: graph.update(edges=[("a", "x")]),
    lambda graph: networkx.relabel_nodes(graph, {"a": "z"}, copy=False),
])
def test_it_cannot_be_changed(change: Any) -> None:
    found = chain()
    nodes, edges = list(found.nodes(data=True)), list(found.edges(data=True))
    with pytest.raises(networkx.NetworkXError):
        change(found)
    assert (list(found.nodes(data=True)), list(found.edges(data=True))) == (nodes, edges)
    assert networkx.is_frozen(found)


def test_what_is_not_in_it() -> None:
    found = chain()
    # Folded into the pool, with what made them.
    for name in ("p:1", "r3", "none", "", None, 5, ["a"]):
        assert name not in found
    for ask in (found.successors, found.predecessors):
        with pytest.raises(networkx.NetworkXError):
            ask("r3")
    with pytest.raises(KeyError):
        found.nodes["p:1"]


# --- made when it is asked for ---------------------------------------------------------------------------------------


class Meeting(list[str]):
    """A column in which two threads meet before either gets a value."""

    def __init__(self, values: Any) -> None:
        super().__init__(values)
        self.barrier = threading.Barrier(2, timeout=120)

    def __getitem__(self, place: Any) -> Any:
        self.barrier.wait()
        return super().__getitem__(place)


@pytest.mark.parametrize("ask", [
    lambda graph: graph.nodes["r1"], lambda graph: graph.edges["a", "r2"], lambda graph: graph.succ["a"]["r2"],
    lambda graph: graph.pred["r2"]["a"],
], ids=["a record", "a flow", "a flow by its lot", "a flow by its record"])
def test_threads_that_ask_at_once_get_the_same(ask: Any) -> None:
    parts = parts_of(LOTS[:3], FLOWS[:1])
    together = parts._replace(
        records=parts.records._replace(types=Meeting(parts.records.types)),
        lots=parts.lots._replace(units=Meeting(parts.lots.units)),
    )
    found = Chain.of(*together)
    with ThreadPoolExecutor(2) as threads:
        one, other = threads.map(ask, [found, found])
    assert one is other
    assert ask(found) is one


def test_threads_that_ask_from_both_ends_get_the_same() -> None:
    parts = parts_of(LOTS[:3], FLOWS[:1])
    found = Chain.of(*parts._replace(lots=parts.lots._replace(units=Meeting(parts.lots.units))))
    with ThreadPoolExecutor(2) as threads:
        one, other = threads.map(lambda ask: ask(), [lambda: found.succ["a"]["r2"], lambda: found.pred["r2"]["a"]])
    assert one is other


def test_it_goes_when_nobody_holds_it() -> None:
    """Its arrays are big, but few objects: the collector would come late."""
    gc.collect()
    gc.disable()
    try:
        found = chain()
        assert found.nodes["a"]
        assert list(found.successors("a"))
        gone = weakref.ref(found)
        del found
        assert gone() is None
    finally:
        gc.enable()


def test_amounts_are_numbers() -> None:
    found = Amounts(["1.50", "2"])
    assert list(found) == [Decimal("1.50"), Decimal(2)]
    assert list(found[1:]) == [Decimal(2)]
    assert (len(found), found[-1], Decimal("1.5") in found) == (2, Decimal(2), True)
    with pytest.raises(IndexError):
        found[2]


@pytest.mark.parametrize("fold", [True, False])
def test_what_is_told_on_the_way_is_the_graph_and_is_not_kept(fold: bool) -> None:
    found = chain(fold=fold)
    nodes = [{**data, "id": name} for name, data in found.each_node()]
    edges = [{**data, "source": source, "target": target} for source, target, data in found.each_edge()]
    assert not found._node._made
    assert not found._adj._made
    whole = networkx.node_link_data(found, edges="edges")
    assert (nodes, edges) == (whole["nodes"], whole["edges"])
