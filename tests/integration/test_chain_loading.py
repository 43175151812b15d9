"""Chains out of a real database, as of any moment, compared with the records as they read then.

The records are those of a ledger in memory with pools, closings, amendments and withdrawals; what they take, and how
much is left, comes from running its log again in the form that held then, what the chains are from networkx.
"""

import random
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, NamedTuple

import networkx
import numpy
import pytest
from support.histories import FromZero, History
from support.inside import Inside, inside
from support.memory import MemoryLedger
from support.parties import enrolment, nonces
from support.sectors import registry
from support.server import Posted, prepared_home
from support.workshop import Workshop

from ledger.core.record.kinds import Activation, Organization
from ledger.core.record.units import plain
from ledger.engine.prepare import prepare
from ledger.engine.prepared import Submission
from ledger.engine.record_outcome import part_of
from ledger.errors import InvalidInput, NotFound
from ledger.footprint.derived.chain.graph import Chain
from ledger.footprint.stored.burdens import footprint
from ledger.service.queries.chain.columns import read_remaining
from ledger.service.queries.chain.load import ChainRequest, load_arrays, pinned
from ledger.service.queries.chain.read import ChainLimits, trace
from ledger.service.queries.tree_size import NOW, AsOf, as_of_size

SEED, STEPS = 4, 200
DIRECTIONS = ("upstream", "downstream")
DEPTHS = (None, 0, 1, 2, 17)


class Traced(FromZero):
    """The log run again; `taken` are the flows of each record then, in order: lot and quantity."""

    def __init__(self, memory: MemoryLedger, size: int) -> None:
        self.taken: dict[int, list[tuple[str, Decimal]]] = {}
        super().__init__(memory, size)

    def _append(self, memory: MemoryLedger, submission: Submission) -> None:
        plan = prepare(submission, self.state, memory.registry).plan
        self.taken[self.state.size] = [(one.lot.id, one.quantity) for one in plan.taken]
        super()._append(memory, submission)


class Told(NamedTuple):
    """A ledger, the same one in memory, and how many more records that of the database had before its history."""

    inner: Inside
    memory: MemoryLedger
    shift: int

    def trace(self, lots: list[str], direction: Any, depth: int | None = None, at: int | None = None,
              most: int = 100_000) -> Chain:
        return self.inner.run(trace(self.inner.ledger.pool, lots, direction, ChainLimits(depth, most=most), at))

    def as_of(self, at: int | None = None) -> AsOf:
        async def find() -> AsOf:
            return await pinned(self.inner.ledger.pool, await as_of_size(self.inner.ledger.pool, at))
        return self.inner.run(find())

    @property
    def size(self) -> int:
        return self.as_of().size


@pytest.fixture(scope="module")
def inner() -> Iterator[Inside]:
    with prepared_home() as home, inside(home) as found:
        yield found


def post(inner: Inside, posted: list[Posted]) -> None:
    for start in range(0, len(posted), 25):
        inner.post(posted[start : start + 25])


@pytest.fixture(scope="module")
def told(inner: Inside) -> Told:
    memory = MemoryLedger(registry(), seed=SEED)
    memory.activate_sets()
    history = History(memory, random.Random(SEED))
    for _ in range(STEPS):
        history.step()
    parties = {plant.id: plant.party for plant in history.plants}
    new = nonces(SEED, "enrol")
    inner.post([(inner.registrar, enrolment(one, inner.registrar, inner.origin, next(new))) for one in
                parties.values()])
    size = inner.run(pinned(inner.ledger.pool, NOW)).size
    post(inner, [(parties[record.issuer], record) for record in memory.records
                 if not isinstance(record, Organization | Activation)])
    first = next(i for i, record in enumerate(memory.records) if not isinstance(record, Organization | Activation))
    return Told(inner, memory, size - first)


def graph_then(memory: MemoryLedger, size: int) -> tuple["networkx.DiGraph[str]", Traced]:
    """All lots of a tree and what was taken of them, as the records read then; withdrawn ones take nothing."""
    then = Traced(memory, size)
    graph: networkx.DiGraph[str] = networkx.DiGraph()
    for name, lot in memory.state.lots.items():
        if lot.index < size:
            graph.add_edge(memory.digests[lot.index].hex(), name)
            graph.nodes[name]["lot"] = True
    for index, flows in then.taken.items():
        for name, quantity in flows:
            data = graph.get_edge_data(name, memory.digests[index].hex()) or {}
            part = part_of(quantity, then.state.lots[name].quantity)
            graph.add_edge(name, memory.digests[index].hex(), quantity=data.get("quantity", Decimal(0)) + quantity,
                           part=data.get("part", 0.0) + part)
    return graph, then


def closure(graph: "networkx.DiGraph[str]", lots: list[str], direction: str, depth: int | None) -> set[str]:
    """Lots within so many records, and their makers; downstream all records that took from them too."""
    way = graph.reverse(copy=False) if direction == "upstream" else graph
    limit = None if depth is None else 2 * depth
    near = networkx.multi_source_dijkstra_path_length(way, set(lots), cutoff=limit)
    found = {name for name in near if "lot" in graph.nodes[name]}
    makers = {maker for name in found for maker in graph.predecessors(name)}
    takers = {taker for name in found for taker in graph.successors(name)} if direction == "downstream" else set()
    return found | makers | takers


def unfolded(chain: Chain) -> Chain:
    return Chain.of(chain.arrays, chain.lots, chain.records, chain.quantities, fold=False)


def sizes_of(memory: MemoryLedger) -> list[int]:
    """Trees before and after some revisions, and the whole."""
    after = [index + 1 for index, _ in memory.revisions]
    some = random.Random(SEED).sample(after, 4)
    return sorted({*some, *[one - 1 for one in some], memory.state.size})


def test_chains_of_all_moments(told: Told) -> None:
    memory, source = told.memory, random.Random(SEED)
    sizes = sizes_of(memory)
    assert len(sizes) > 6
    compared, lengths = 0, []
    for size in sizes:
        graph, _ = graph_then(memory, size)
        lots = [name for name in graph if "lot" in graph.nodes[name]]
        lots.sort(key=lambda one: len(networkx.ancestors(graph, one)))
        for lot in [*lots[-3:], *source.sample(lots, 4)]:
            for direction in DIRECTIONS:
                for depth in DEPTHS:
                    found = unfolded(told.trace([lot], direction, depth, size + told.shift))
                    expected = graph.subgraph(closure(graph, [lot], direction, depth))
                    assert set(found.nodes) == set(expected.nodes), (size, lot, direction, depth)
                    assert set(found.edges) == set(expected.edges), (size, lot, direction, depth)
                    lengths.append(len(found))
                    compared += 1
    assert compared == len(sizes) * 7 * len(DIRECTIONS) * len(DEPTHS)
    assert max(lengths) > 60


def test_sets_of_lots(told: Told) -> None:
    memory, source = told.memory, random.Random(SEED + 1)
    for size in sizes_of(memory)[-3:]:
        graph, _ = graph_then(memory, size)
        lots = [name for name in graph if "lot" in graph.nodes[name]]
        for count in (2, 5, 20):
            chosen = source.sample(lots, count)
            for direction in DIRECTIONS:
                chain = told.trace([*chosen, chosen[0]], direction, None, size + told.shift)
                assert set(unfolded(chain)) == closure(graph, chosen, direction, None)
                pools = {name: memory.state.lots[name].pool or name for name in chosen}
                assert chain.graph["roots"] == list(dict.fromkeys(pools[name] for name in chosen))


def test_what_the_chain_says(told: Told) -> None:
    """Quantities, parts, what was left, and figures, as of then."""
    memory = told.memory
    seen = set()
    for size in sizes_of(memory):
        graph, then = graph_then(memory, size)
        lots = [name for name in graph if "lot" in graph.nodes[name]]
        found = unfolded(told.trace(lots, "upstream", None, size + told.shift))
        assert {node for node, kind in found.nodes(data="kind") if kind == "lot"} == set(lots)
        figures = memory.figures_at(size)
        for name in lots:
            data = found.nodes[name]
            assert data["footprint"] == footprint(figures[name].burdens), name
            facts = then.state.lots.get(name)
            if facts is None:
                # Withdrawn: as it was, with nothing left of it.
                assert data["remaining"] == "0"
                seen.add("withdrawn")
                continue
            assert (data["quantity"], data["remaining"]) == (plain(facts.quantity), plain(then.state.remaining[name]))
            assert (data.get("facility"), data.get("process")) == (facts.maker or (None, None))
            assert (data["holder"], data["role"], data.get("item")) == (facts.holder, facts.role, facts.item)
            if facts.quantity != memory.state.lots[name].quantity:
                seen.add("resized later")
        for start, end, data in found.edges(data=True):
            if found.nodes[start]["kind"] == "lot":
                expected = graph.edges[start, end]
                assert (data["quantity"], data["part"]) == (plain(expected["quantity"]), expected["part"])
    assert seen == {"withdrawn", "resized later"}


def test_now_is_the_whole_tree(told: Told) -> None:
    lots = list(told.memory.state.lots)
    for direction in DIRECTIONS:
        now, then = told.trace(lots, direction), told.trace(lots, direction, None, told.size)
        assert networkx.utils.graphs_equal(now, then)


def test_arrays_without_names_are_the_same(told: Told) -> None:
    """As contributions and gaps read them."""
    as_of = told.as_of()
    for direction in DIRECTIONS:
        chain = told.trace(list(told.memory.state.lots)[-8:], direction)
        targets = [chain.arrays.numbers[chain.lots.ids.index(name)] for name in list(told.memory.state.lots)[-8:]]
        for burdens in (False, True):
            loaded = told.inner.run(load_arrays(
                told.inner.ledger.pool, ChainRequest(targets, direction, as_of), burdens=burdens))
            for column, expected in zip(loaded.arrays, chain.arrays, strict=True):
                assert numpy.array_equal(column, expected)
            assert loaded.quantities == list(chain.lots.quantities)
            assert list(loaded.flows.amounts) == list(chain.quantities)
            assert loaded.burdens.shape == (chain.lots.burdens.shape if burdens else (0, 0))


def test_what_is_left_when_the_log_has_grown_meanwhile(told: Told) -> None:
    """Balances are those of now: of a tree that is not the newest any more they would be wrong."""
    chain = told.trace(list(told.memory.state.lots), "upstream")
    as_of = told.as_of()
    for asked in (as_of, AsOf(as_of.size, as_of.version)._replace(size=as_of.size - 1)):
        found = told.inner.run(read_remaining(
            told.inner.ledger.pool, chain.arrays.numbers, chain.lots.quantities, asked))
        if asked == as_of:
            assert list(found) == list(chain.lots.remaining or ())
        else:
            before = told.trace([name for name, lot in told.memory.state.lots.items() if
                                 lot.index + told.shift < asked.size], "upstream", None, asked.size)
            known = dict(zip(before.lots.ids, before.lots.remaining or (), strict=True))
            assert {name: plain(Decimal(left)) for name, left in zip(chain.lots.ids, found, strict=True)
                    if name in known} == {name: plain(Decimal(left)) for name, left in known.items()}


# --- limits ----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def line(inner: Inside, told: Told) -> Workshop:
    """A workshop with a line of 30 records, m0 to m29, each of some of the one before; m0 is used up by five
    consumptions beside, and `end` is made of what is left of m27, m28 and m29. Forty records take from n."""
    assert told.shift
    shop = Workshop("line")
    posted = [shop.enrolment(inner), *shop.opening(), shop.mine("m0", "1000"), shop.mine("n", "100")]
    for i in range(1, 30):
        posted.append(shop.make({f"m{i}": str(1000 - 10 * i)}, {f"m{i - 1}": str(1000 - 10 * i)}))
    posted += [shop.use({"m0": "1"}) for _ in range(5)]
    posted.append(shop.make({"end": "3"}, {f"m{i}": "1" for i in (27, 28, 29)}))
    posted += [shop.make({f"w{i}": "1"}, {"n": "1"}) for i in range(40)]
    post(inner, posted)
    return shop


def numbered(told: Told, shop: Workshop, *names: str) -> list[int]:
    chain = told.trace([shop.name(name) for name in names], "upstream")
    return [int(chain.arrays.numbers[chain.lots.ids.index(shop.name(name))]) for name in names]


@pytest.mark.parametrize(("lot", "direction", "depth", "most"), [
    ("m29", "upstream", None, 30), ("m0", "downstream", None, 36), ("m29", "upstream", 3, 4),
    ("m0", "downstream", 2, 9), ("end", "upstream", 1, 4), ("m29", "upstream", 17, 18), ("m29", "upstream", 25, 26),
    ("m9", "downstream", 17, 19), ("m29", "upstream", 10_000, 30), ("m0", "downstream", 10_000, 36),
])
def test_as_many_as_may_be(
    told: Told, line: Workshop, lot: str, direction: Any, depth: int | None, most: int
) -> None:
    """Lots, or records where they are more; with one less it is too many. Also where all that there is would be too
    much, and the end lies many steps away.

    Downstream of m0 are 31 lots, of 31 records, and 5 that made none. Within two steps of it are m1 and m2; with those
    that took from them or made them that is 4 records, and the 5. From m9 it is 17 steps to m26, its 18th lot, from
    which one more record took.
    """
    found = told.trace([line.name(lot)], direction, depth, most=most)
    assert max(len(found.arrays.numbers), len(found.arrays.records)) == most
    assert set(found) == set(told.trace([line.name(lot)], direction, depth))
    with pytest.raises(InvalidInput) as refused:
        told.trace([line.name(lot)], direction, depth, most=most - 1)
    error = refused.value
    assert (error.code, error.field) == ("chain-too-large", "lot")
    assert f"more than {most - 1} lots or records lie {direction}" in error.message
    assert error.rule


def test_more_flows_than_anyone_wants(told: Told, line: Workshop) -> None:
    """Forty of one lot: none of the lots that they went into counts, but all of the records."""
    assert len(told.trace([line.name("n")], "downstream", 0, most=41).records.digests) == 41
    for most in (40, 2):
        with pytest.raises(InvalidInput) as refused:
            told.trace([line.name("n")], "downstream", 0, most=most)
        assert refused.value.code == "chain-too-large"


@pytest.mark.parametrize("names", [["none"], ["m0", "none"], ["none", "m0", "m1"], ["m0", "m0", "none"]])
def test_a_lot_that_is_not_there(told: Told, line: Workshop, names: list[str]) -> None:
    with pytest.raises(NotFound) as missing:
        told.trace([line.name(name) for name in names], "upstream")
    error = missing.value
    assert (error.code, error.field, error.value) == ("not-found", "lot", line.name("none"))


def test_a_lot_that_was_not_there_yet(told: Told, line: Workshop) -> None:
    (number,) = numbered(told, line, "m3")
    index = number // 1024
    assert told.trace([line.name("m3")], "upstream", None, index + 1).nodes[line.name("m3")]["remaining"] == "970"
    for at in (1, index):
        with pytest.raises(NotFound) as missing:
            told.trace([line.name("m2"), line.name("m3")], "upstream", None, at)
        assert (missing.value.code, missing.value.field) == ("not-found", "lot")
    for at in (0, -1, told.size + 1, 1 << 60):
        with pytest.raises(InvalidInput) as refused:
            told.trace([line.name("m3")], "upstream", None, at)
        assert (refused.value.code, refused.value.field, refused.value.value) == ("tree-size", "at", str(at))
