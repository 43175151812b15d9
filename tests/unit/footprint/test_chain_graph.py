"""The chain as a networkx graph: what it says, that it works like any other, and that it cannot be changed."""

import copy
import gc
import os
import pickle
import shutil
import subprocess
import sys
import threading
import weakref
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path
from typing import Any

import networkx
import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.chains import Made, Took, arrays_at_random, graph_of, parts_of
from support.examples import examples
from support.raising import raised

from ledger.footprint.derived.chain.arrays import Arrays
from ledger.footprint.derived.chain.columns import Amounts
from ledger.footprint.derived.chain.cutting import StageParts, cut
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
    assert "firstAddition" not in Chain.of(*parts_of(LOTS, FLOWS, TYPES, {3: TIMES[3]})).nodes["p"]


def test_roots_are_named_once_each() -> None:
    """Both lots of the pool, then a, then the pool again."""
    parts = parts_of(LOTS, FLOWS, TYPES, TIMES)
    assert Chain.of(*parts, roots=[4, 0, 3]).graph["roots"] == ["p", "a"]
    assert Chain.of(*parts, roots=[4, 0, 3], fold=False).graph["roots"] == ["p:2", "a", "p:1"]
    assert Chain.of(*parts).graph["roots"] == []


def test_what_was_left_is_told_where_it_is_known() -> None:
    parts = parts_of(LOTS, FLOWS, TYPES, TIMES)
    assert "remaining" not in Chain.of(*parts).nodes["x"]
    found = Chain.of(*parts._replace(lots=parts.lots._replace(remaining=["1", "0", "2.250", "0", "6", "1.5"])))
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
    assert (list(alone.edges(data=True)), list(alone.successors("a"))) == ([("r1", "a", {"share": 1.0})], [])


@pytest.mark.parametrize("fold", [True, False])
def test_successors_and_predecessors_are_the_same_edges(fold: bool) -> None:
    """The same dictionaries, seen from both ends."""
    found = chain(fold=fold)
    forwards = {(start, end): id(data) for start in found for end, data in found.succ[start].items()}
    assert forwards == {(start, end): id(data) for end in found for start, data in found.pred[end].items()}
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
    assert (set(found.nodes), set(found.edges)) == (set(named.nodes), set(named.edges))
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
    assert (found.nodes["a"]["quantity"], list(found.successors("r1"))) == ("10", ["a", "w"])
    other = travel(found)
    assert networkx.utils.graphs_equal(other, found)
    assert other.arrays.numbers.tolist() == found.arrays.numbers.tolist()
    assert list(other.quantities) == list(found.quantities)
    raised(networkx.NetworkXError, other.remove_node, "a")


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
    raised(networkx.NetworkXError, change, found)
    assert (list(found.nodes(data=True)), list(found.edges(data=True))) == (nodes, edges)
    assert networkx.is_frozen(found)


def test_what_is_not_in_it() -> None:
    found = chain()
    # Folded into the pool, with what made them.
    for name in ("p:1", "r3", "none", "", None, 5, ["a"]):
        assert name not in found
    for ask in (found.successors, found.predecessors):
        raised(networkx.NetworkXError, ask, "r3")
    raised(KeyError, lambda: found.nodes["p:1"])


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
    found = Chain.of(*parts._replace(records=parts.records._replace(types=Meeting(parts.records.types)),
                                     lots=parts.lots._replace(units=Meeting(parts.lots.units))))
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
    assert (list(found), list(found[1:])) == ([Decimal("1.50"), Decimal(2)], [Decimal(2)])
    assert (len(found), found[-1], Decimal("1.5") in found) == (2, Decimal(2), True)
    raised(IndexError, lambda: found[2])


@pytest.mark.parametrize("fold", [True, False])
def test_what_is_told_on_the_way_is_the_graph_and_is_not_kept(fold: bool) -> None:
    found = chain(fold=fold)
    nodes = [{**data, "id": name} for name, data in found.each_node()]
    edges = [{**data, "source": source, "target": target} for source, target, data in found.each_edge()]
    assert not found._node._made
    assert not found._adj._made
    whole = networkx.node_link_data(found, edges="edges")
    assert (nodes, edges) == (whole["nodes"], whole["edges"])


# Where the machine code of the passes is kept, and that they work where nothing can be kept.


ROOT = Path(__file__).parents[3]
NOWHERE = "/dev/null/nowhere"
SCRIPT = """
import sys
import numpy
from ledger.footprint.derived.chain import passes
from ledger.footprint.derived.chain.arrays import compiled_from
assert passes.__file__.startswith(sys.argv[1]), passes.__file__
assert passes._machine_code.cache_info().currsize == 0, "compiled at import"
chain = compiled_from([(1024, 1.0), (2048, 0.5)], [(2, 1024, 0.25)])
records, lots = passes.adjoint(chain, numpy.array([0.0, 1.0]))
print(records.tolist(), lots.tolist(), passes.propagate(chain, numpy.array([[8.0], [1.0]])).tolist())
"""
# Lot 2048: half of record 2's 1 + 0.25 * 8.
ANSWER = "[0.125, 0.5] [0.125, 1.0] [[8.0], [1.5]]"


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """The package in a folder of its own, without bytecode or machine code."""
    shutil.copytree(ROOT / "ledger", tmp_path / "installed" / "ledger", ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path / "installed"


def answer(package: Path, **environment: str) -> str:
    """What a process of its own answers, which finds the package there."""
    found = {name: value for name, value in os.environ.items() if not name.startswith("NUMBA_")}
    found |= {"PYTHONPATH": str(package), "PYTHONDONTWRITEBYTECODE": "1", **environment}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", SCRIPT, str(package)], env=found, cwd="/", capture_output=True, text=True,
        timeout=120, check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def kept(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.nbi"))


def test_it_is_kept_beside_the_package_and_made_anew_where_that_cannot_be_read(package: Path) -> None:
    assert answer(package, HOME=NOWHERE) == ANSWER
    before = {path: path.stat().st_mtime_ns for path in kept(package)}
    # One for each pass that was made, and no other.
    assert {path.name.partition("-")[0] for path in before} == {"passes._backward", "passes._forward"}
    assert answer(package, HOME=NOWHERE) == ANSWER
    assert {path: path.stat().st_mtime_ns for path in kept(package)} == before
    # Files that a crash left empty or torn.
    for path, data in zip(kept(package), (b"", b"torn"), strict=True):
        path.write_bytes(data)
    assert answer(package, HOME=NOWHERE) == ANSWER


@pytest.mark.parametrize("cache", [None, NOWHERE], ids=["none named", "one that cannot be"])
def test_nothing_can_be_written(package: Path, cache: str | None) -> None:
    """No folder for it beside the package, no home, no folder that the user names."""
    (package / "ledger" / "footprint" / "derived" / "chain" / "__pycache__").write_bytes(b"in the way")
    named = {} if cache is None else {"NUMBA_CACHE_DIR": cache}
    assert (answer(package, HOME=NOWHERE, XDG_CACHE_HOME=NOWHERE, **named), kept(package)) == (ANSWER, [])


def test_it_is_kept_in_the_folder_that_the_user_names(package: Path, tmp_path: Path) -> None:
    assert answer(package, NUMBA_CACHE_DIR=str(tmp_path / "cache")) == ANSWER
    assert (len(kept(tmp_path / "cache")), kept(package)) == (2, [])


# Chains that end at the records of some stages, by hand and compared with networkx.


CUT_LOTS = [
    Made("ore", 1, process="mine.dig"), Made("coke", 2, process="mine.coke"),
    Made("iron", 3, 0, 0.75, process="steel.furnace"), Made("slag", 3, 1, 0.25, process="steel.furnace"),
    Made("sent", 4, process="steel.furnace"), Made("steel", 5, quantity="2", process="steel.cast"),
    Made("bar", 6, process="steel.roll"),
]
CUT_FLOWS = [
    Took(3, "ore", "1"), Took(3, "coke", "0.5"), Took(4, "iron", "1"), Took(5, "sent", "1"), Took(5, "coke", "0.25"),
    Took(6, "steel", "0.5"), Took(7, "bar", "1"), Took(7, "slag", "1"),
]
"""Ore and coke become iron and slag; the iron is sent (record 4 hands on who made it), cast with coke, and rolled; the
bar and the slag are used up by record 7."""
CUT_TYPES = {4: "transfer", 7: "consumption"}


def whole() -> StageParts:
    return parts_of(CUT_LOTS, CUT_FLOWS, CUT_TYPES)


def number(lot: str) -> int:
    return next(one.number for one in CUT_LOTS if one.id == lot)


def shown(lots: list[str], direction: Any, stages: list[str]) -> set[tuple[str, str]]:
    return set(Chain.of(*cut(whole(), [number(lot) for lot in lots], direction, stages)).edges)


UP_TO_CAST = {("r5", "steel"), ("steel", "r6"), ("r6", "bar")}
BEHIND_IT = {("coke", "r5"), ("r2", "coke"), ("sent", "r5"), ("r4", "sent"), ("iron", "r4"), ("r3", "iron")}


def test_upstream() -> None:
    assert shown(["bar"], "upstream", ["steel.roll"]) == {("r6", "bar")}
    assert shown(["bar"], "upstream", ["steel.cast"]) == UP_TO_CAST
    # Not at the transfer, which handed on the furnace's name, but behind it. Coke comes into the casting too.
    assert shown(["bar"], "upstream", ["steel.furnace"]) == UP_TO_CAST | BEHIND_IT
    assert shown(["bar"], "upstream", ["steel.furnace", "steel.cast"]) == UP_TO_CAST


def test_upstream_of_several() -> None:
    """One of them lies behind the end of another, and the slag's record is cut itself."""
    assert shown(["bar", "slag"], "upstream", ["steel.cast", "steel.furnace"]) == UP_TO_CAST | {("r3", "slag")}
    assert shown(["bar", "sent"], "upstream", ["steel.roll", "steel.furnace"]) == {
        ("r6", "bar"), ("r4", "sent"), ("iron", "r4"), ("r3", "iron")}


def test_downstream() -> None:
    """The record of the stage is shown, with what it took of the chain, and nothing that it made."""
    assert shown(["ore"], "downstream", ["steel.furnace"]) == {("r1", "ore"), ("ore", "r3")}
    assert shown(["sent"], "downstream", ["steel.roll"]) == {("r4", "sent"), ("sent", "r5"), ("r5", "steel"), (
        "steel", "r6")}
    # The transfer is no end. The slag went to the furnace's other lot's end by another way: it was not asked for.
    assert shown(["iron"], "downstream", ["steel.furnace"]) == {
        ("r3", "iron"), ("iron", "r4"), ("r4", "sent"), ("sent", "r5"), ("r5", "steel"), ("steel", "r6"),
        ("r6", "bar"), ("bar", "r7"),
    }


@pytest.mark.parametrize("stages", [[], ["none"], ["mine.dig", "mine.coke"]])
def test_stages_that_cut_nothing(stages: list[str]) -> None:
    """None, one that no record has, and those where the chain ends anyway: then everything upstream is there."""
    expected = {edge for edge in Chain.of(*whole()).edges if not {"slag", "r7"} & set(edge)}
    assert shown(["bar"], "upstream", stages) == expected


def test_what_is_left_says_the_same() -> None:
    parts, short = whole(), cut(whole(), [number("bar")], "upstream", ["steel.cast"])
    before, after = Chain.of(*parts), Chain.of(*short)
    for node in after:
        assert after.nodes[node] == before.nodes[node]
    for start, end in after.edges:
        assert after.edges[start, end] == before.edges[start, end]
    assert (list(short.lots.ids), short.arrays.numbers.tolist()) == (["steel", "bar"], [number("steel"), number("bar")])
    assert (list(short.records.digests), list(short.records.types)) == (["r5", "r6"], ["transformation"] * 2)
    assert ([str(one) for one in short.quantities], short.arrays.parts.tolist()) == (["0.5"], [0.25])
    assert short.lots.burdens.shape == (2, parts.lots.burdens.shape[1])
    left = parts._replace(lots=parts.lots._replace(remaining=list("1234567")))
    assert cut(left, [number("bar")], "upstream", ["steel.cast"]).lots.remaining == ["6", "7"]


def test_a_target_that_is_not_there() -> None:
    raised(KeyError, cut, whole(), [number("bar") + 1], "upstream", ["steel.cast"])


@examples(80)
@given(arrays=arrays_at_random(), data=st.data())
def test_it_is_what_is_reached_without_passing_an_end(arrays: Arrays, data: st.DataObject) -> None:
    numbers, indexes = arrays.numbers.tolist(), arrays.records.tolist()
    kinds = data.draw(st.lists(st.sampled_from(["transformation", "transfer"]), min_size=len(indexes),
                               max_size=len(indexes)))
    stages = data.draw(st.lists(st.sampled_from(["melt", "cast", None]), min_size=len(indexes),
                                max_size=len(indexes)))
    makers = arrays.makers.tolist()
    lots = [Made(f"l{i}", one // 1024, one % 1024, process=stages[makers[i]]) for i, one in enumerate(numbers)]
    flows = [Took(indexes[taker], f"l{lot}", "1") for taker, lot in
             zip(arrays.takers.tolist(), arrays.inputs.tolist(), strict=True)]
    parts = parts_of(lots, flows, dict(zip(indexes, kinds, strict=True)))
    targets = sorted(set(data.draw(st.lists(st.integers(0, len(numbers) - 1), min_size=1, max_size=3))))
    direction = data.draw(st.sampled_from(["upstream", "downstream"]))
    short = cut(parts, [numbers[one] for one in targets], direction, ["melt"])
    # A record without lots is of no stage.
    ended = {i for i in set(makers) if kinds[i] == "transformation" and stages[i] == "melt"}
    way = graph_of(arrays)
    way = way.reverse() if direction == "upstream" else way
    way.remove_edges_from([(start, end) for start, end in list(way.edges) if start[0] == "record" and start[1] in
                           ended])
    reached = set(targets).union(*[
        {one for kind, one in networkx.descendants(way, ("lot", target)) if kind == "lot"} for target in targets
    ])
    assert short.arrays.numbers.tolist() == [numbers[one] for one in sorted(reached)]
    through = {one for target in targets for kind, one in networkx.descendants(way, ("lot", target)) if kind ==
               "record"}
    expected = [
        (indexes[taker], numbers[lot]) for taker, lot in
        zip(arrays.takers.tolist(), arrays.inputs.tolist(), strict=True)
        if lot in reached and taker in through and not (direction == "upstream" and taker in ended)
    ]
    found = short.arrays
    takers = found.records[found.takers].tolist()
    assert list(zip(takers, found.numbers[found.inputs].tolist(), strict=True)) == expected
    assert (short.arrays.made[-1], len(short.quantities)) == (len(reached), len(expected))
    assert numpy.isin(found.records, arrays.records).all()
