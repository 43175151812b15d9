"""Chains that end at the records of some stages, by hand and compared with networkx."""

from typing import Any

import networkx
import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.chains import Made, Took, arrays_at_random, graph_of, parts_of
from support.examples import examples

from ledger.footprint.derived.chain.arrays import Arrays
from ledger.footprint.derived.chain.cutting import StageParts, cut
from ledger.footprint.derived.chain.graph import Chain

LOTS = [
    Made("ore", 1, process="mine.dig"), Made("coke", 2, process="mine.coke"),
    Made("iron", 3, 0, 0.75, process="steel.furnace"), Made("slag", 3, 1, 0.25, process="steel.furnace"),
    Made("sent", 4, process="steel.furnace"), Made("steel", 5, quantity="2", process="steel.cast"),
    Made("bar", 6, process="steel.roll"),
]
FLOWS = [
    Took(3, "ore", "1"), Took(3, "coke", "0.5"), Took(4, "iron", "1"), Took(5, "sent", "1"), Took(5, "coke", "0.25"),
    Took(6, "steel", "0.5"), Took(7, "bar", "1"), Took(7, "slag", "1"),
]
"""Ore and coke become iron and slag; the iron is sent (record 4 hands on who made it), cast with coke, and rolled; the
bar and the slag are used up by record 7."""
TYPES = {4: "transfer", 7: "consumption"}


def whole() -> StageParts:
    return parts_of(LOTS, FLOWS, TYPES)


def number(lot: str) -> int:
    return next(one.number for one in LOTS if one.id == lot)


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
    assert list(short.lots.ids) == ["steel", "bar"]
    assert short.arrays.numbers.tolist() == [number("steel"), number("bar")]
    assert (list(short.records.digests), list(short.records.types)) == (["r5", "r6"], ["transformation"] * 2)
    assert [str(one) for one in short.quantities] == ["0.5"]
    assert short.arrays.parts.tolist() == [0.25]
    assert short.lots.burdens.shape == (2, parts.lots.burdens.shape[1])
    left = parts._replace(lots=parts.lots._replace(remaining=list("1234567")))
    assert cut(left, [number("bar")], "upstream", ["steel.cast"]).lots.remaining == ["6", "7"]


def test_a_target_that_is_not_there() -> None:
    with pytest.raises(KeyError):
        cut(whole(), [number("bar") + 1], "upstream", ["steel.cast"])


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
