"""What the passes make of whole networks is what the ledger stores: burdens by shares, contents by matter."""

import random
from collections.abc import Mapping

import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.chains import direct_of, extra_of, outcomes_of, whole_chain
from support.examples import examples
from support.histories import History
from support.memory import MemoryLedger
from support.networks import network
from support.raising import raised
from support.sectors import Make, registry
from support.site import END, START, Site, ore

from ledger.admission.facts import LOT_SLOTS
from ledger.core.outcome.assessment import BURDENS
from ledger.core.record.kinds import Addition, Closing, Pool
from ledger.footprint.derived.chain.arrays import Arrays, compiled_from
from ledger.footprint.derived.chain.contents import contents_of, origins
from ledger.footprint.derived.chain.passes import propagate, propagate_contents
from ledger.footprint.stored.burdens import SLOT
from ledger.footprint.stored.contents import Contents, ContentsOut

ABS = SLOT["absGhg"]
APART = frozenset({"electricityKwh", "energyMj", "renewableEnergyMj", "omittedAbs", "unestimated"})
"""Burdens that are no part of absGhg."""


def check_burdens(memory: MemoryLedger) -> None:
    """Every burden of every lot, to 1e-9 of its absGhg; what is no part of that, to 1e-9 of itself."""
    arrays = whole_chain(memory)
    found = propagate(arrays, direct_of(memory, arrays), extra_of(memory, arrays))
    lots = {lot.number: name for name, lot in memory.state.lots.items() if lot.index in memory.history.prepared}
    assert sorted(lots) == arrays.numbers.tolist()
    stored = numpy.array([memory.figures[lots[number]].burdens for number in arrays.numbers.tolist()])
    scale = numpy.where(numpy.array([name in APART for name in BURDENS]), numpy.abs(stored), stored[:, [ABS]])
    assert (numpy.abs(found - stored) <= 1e-9 * scale).all()


def check_contents(memory: MemoryLedger) -> None:
    """Every content of every lot to 1e-12 of the lot's mass, forwards and as a sum of where it came from."""
    arrays = whole_chain(memory)
    contents = contents_of(arrays, outcomes_of(memory))
    lots = {lot.number: name for name, lot in memory.state.lots.items()}
    stored = numpy.array([
        [memory.contents(lots[number]).get(name, 0.0) for name in contents.names] for number in arrays.numbers.tolist()
    ]).reshape(len(arrays.numbers), len(contents.names))
    assert (contents.held == stored).all()
    found = propagate_contents(arrays, contents.entering, contents.fractions)
    most = stored.max(axis=1, initial=0.0, keepdims=True)
    assert (numpy.abs(found - stored) <= 1e-12 * most).all()
    assert ((contents.fractions >= 0.0) & (contents.fractions <= 1.0)).all()
    for lot in random.Random(1).sample(range(len(arrays.numbers)), min(5, len(arrays.numbers))):
        wanted = numpy.zeros(len(arrays.numbers))
        wanted[lot] = 1.0
        for column, name in enumerate(contents.names):
            assert abs(origins(arrays, contents, name, wanted).sum() - stored[lot, column]) <= 1e-12 * most[lot, 0]


@examples(15)
@given(seed=st.integers(0, 2**32), size=st.integers(1, 150))
def test_networks(seed: int, size: int) -> None:
    memory = network(seed, size, 3)
    check_burdens(memory)
    check_contents(memory)


def test_a_large_network() -> None:
    memory = network(2_025, 3_000, 6)
    check_burdens(memory)
    check_contents(memory)
    works = [prepared.work for prepared in memory.history.prepared.values()]
    assert any(work.assigned for work in works)
    assert any(work.direct[SLOT["technologicalCO2Removals"]] for work in works)
    names = {name for lot in memory.figures for name in memory.contents(lot)}
    assert {"mass", "biogenicCarbon", "recycledPreConsumer:steel", "recycledPostConsumer:steel"} <= names


def test_a_pool_that_is_averaged_over_its_period(memory: MemoryLedger) -> None:
    """100 kg with 50 kg CO2 and 300 kg with 30, of which 50 and 350 are drawn: what the average moves is no share."""
    shop = Site(memory, "averaged")
    shop.product("part")
    for lot, amount, co2 in (("a", "100", "50"), ("b", "300", "30")):
        shop.make([shop.out(lot, "part", f"{amount} KGM")], supplies=[ore(f"{amount} KGM")], activity=Make(co2=co2))
    memory.must((shop.party, Pool(
        issuer=shop.id, nonce=memory.nonce(), id=shop.name("silo"), facility=shop.facility, product=shop.name("part"),
        averaging="period",
    )))
    for lot, amount, taken in (("a", "100", "50"), ("b", "300", "350")):
        memory.must((shop.party, Addition(
            issuer=shop.id, nonce=memory.nonce(), pool=shop.name("silo"), time=START,
            inputs=shop.flows({lot: f"{amount} KGM"}),
        )))
        shop.make([shop.out(f"of-{lot}", "part", f"{taken} KGM")], {"silo": f"{taken} KGM"})
    memory.must((shop.party, Closing(
        issuer=shop.id, nonce=memory.nonce(), facility=shop.facility, start=START, end=END
    )))
    assert any(one.work.adjustment is not None for one in memory.history.prepared.values())
    check_burdens(memory)
    check_contents(memory)


@pytest.mark.parametrize("seed", range(3))
def test_histories(seed: int) -> None:
    """Pools, mass balances, closings, amendments and withdrawals: everything as it reads in the end."""
    history = History(MemoryLedger(registry(), seed=seed), random.Random(seed))
    for _ in range(250):
        history.step()
    memory = history.memory
    assert memory.revisions
    assert any(lot.pool for lot in memory.state.lots.values())
    check_burdens(memory)
    check_contents(memory)


# Where the contents of a lot came from, by hand.


POST, PRE, STEEL = "recycledPostConsumer:steel", "recycledPreConsumer:steel", "material:steel"


def number(record: int, position: int = 0) -> int:
    return record * LOT_SLOTS + position


def outcome(
    *outputs: Contents, declared: Contents | None = None, arisen: Contents | None = None, lost: Contents | None = None
) -> ContentsOut:
    return ContentsOut(declared or {}, arisen or {}, lost or {}, outputs)


@pytest.fixture
def billet() -> tuple[Arrays, Mapping[int, ContentsOut]]:
    """100 kg of old scrap with 90 kg of steel, 50 kg of new scrap that is all steel. A billet of 100 kg is made of half
    of the old scrap, 20 kg of the new one and 40 kg of ore's steel: 105 kg of steel went in, the billet holds 84 kg of
    them, and as much of what was recycled. A bar is half of the billet."""
    arrays = compiled_from(
        [(number(1), 1.0), (number(2), 1.0), (number(3), 1.0), (number(4), 1.0)],
        [(3, number(1), 0.5), (3, number(2), 0.4), (4, number(3), 0.5)],
    )
    return arrays, {
        1: outcome({"mass": 100.0, STEEL: 90.0}, declared={"mass": 100.0, STEEL: 90.0}),
        2: outcome({"mass": 50.0, STEEL: 50.0}, declared={"mass": 50.0, STEEL: 50.0}),
        3: outcome({"mass": 100.0, STEEL: 84.0, POST: 36.0, PRE: 16.0}, declared={"mass": 40.0, STEEL: 40.0},
                   arisen={POST: 45.0, PRE: 20.0}, lost={"mass": 10.0, STEEL: 21.0, POST: 9.0, PRE: 4.0}),
        4: outcome({"mass": 50.0, STEEL: 42.0, POST: 18.0, PRE: 8.0}),
    }


def wanted(arrays: Arrays, *lots: tuple[int, float]) -> numpy.ndarray:
    found = numpy.zeros(len(arrays.numbers))
    for one, part in lots:
        found[arrays.position(one)] = part
    return found


def test_scrap_of_two_sources_in_one_billet(billet: tuple[Arrays, Mapping[int, ContentsOut]]) -> None:
    arrays, outcomes = billet
    found = contents_of(arrays, outcomes)
    assert found.names == ("mass", STEEL, POST, PRE)
    # The billet holds 100 of 110 kg of mass and 0.8 of steel and of what was recycled; the bar all that it took.
    assert found.fractions[2] == pytest.approx([100 / 110, 0.8, 0.8, 0.8], rel=1e-15)
    assert found.fractions[3] == pytest.approx([1, 1, 1, 1], rel=1e-15)
    assert found.entering.tolist() == [[100, 90, 0, 0], [50, 50, 0, 0], [40, 40, 45, 20], [0, 0, 0, 0]]
    of_bar = wanted(arrays, (number(4), 1.0))
    # Half of 0.8 * (0.5 * 90), of 0.8 * (0.4 * 50) and of 0.8 * 40: 42 kg of steel in all
    assert origins(arrays, found, STEEL, of_bar) == pytest.approx([18, 8, 16, 0], rel=1e-14)
    # What is recycled arose in the furnace: half of 0.8 * 45 and of 0.8 * 20.
    assert origins(arrays, found, POST, of_bar) == pytest.approx([0, 0, 18, 0], rel=1e-14)
    assert origins(arrays, found, PRE, of_bar) == pytest.approx([0, 0, 8, 0], rel=1e-14)
    # Half of 100 / 110 of 50, 20 and 40 kg
    assert origins(arrays, found, "mass", of_bar) == pytest.approx([250 / 11, 100 / 11, 200 / 11, 0], rel=1e-14)
    for name, amount in outcomes[4].outputs[0].items():
        assert abs(origins(arrays, found, name, of_bar).sum() - amount) <= 1e-12 * amount


def test_a_sum_of_lots(billet: tuple[Arrays, Mapping[int, ContentsOut]]) -> None:
    """A tenth of the old scrap, 9 kg of steel, and a quarter of the billet, 9 + 4 + 8."""
    arrays, outcomes = billet
    found = contents_of(arrays, outcomes, [STEEL])
    assert found.names == (STEEL,)
    parts = origins(arrays, found, STEEL, wanted(arrays, (number(1), 0.1), (number(3), 0.25)))
    assert parts == pytest.approx([18, 4, 8, 0], rel=1e-14)


def test_the_contents_come_out_again(billet: tuple[Arrays, Mapping[int, ContentsOut]]) -> None:
    arrays, outcomes = billet
    found = contents_of(arrays, outcomes)
    assert propagate_contents(arrays, found.entering, found.fractions) == pytest.approx(found.held, rel=1e-14)
    assert found.held.tolist()[2:] == [[100, 84, 36, 16], [50, 42, 18, 8]]


def test_recycled_twice() -> None:
    """New scrap of 10 kg that holds 6 kg of old scrap's steel becomes a billet: all 10 kg are new scrap's now. What was
    carried is replaced, so -6 kg of it arise, and none of it is left to be traced."""
    arrays = compiled_from([(number(1), 1.0), (number(2), 1.0)], [(2, number(1), 1.0)])
    found = contents_of(arrays, {
        1: outcome({STEEL: 10.0, POST: 6.0}, declared={STEEL: 10.0}, arisen={POST: 6.0}),
        2: outcome({STEEL: 10.0, PRE: 10.0}, arisen={POST: -6.0, PRE: 10.0}),
    })
    of_billet = wanted(arrays, (number(2), 1.0))
    assert origins(arrays, found, POST, of_billet).tolist() == [0.0, 0.0]
    assert origins(arrays, found, PRE, of_billet).tolist() == [0.0, 10.0]
    # Of the same origin only the rest arises: 6 kg of the first record's stay what they are.
    found = contents_of(arrays, {
        1: outcome({STEEL: 10.0, POST: 6.0}, declared={STEEL: 10.0}, arisen={POST: 6.0}),
        2: outcome({STEEL: 10.0, POST: 10.0}, arisen={POST: 4.0}),
    })
    assert origins(arrays, found, POST, of_billet).tolist() == [6.0, 4.0]


def test_what_is_left_of_amounts_that_cancel_out_is_nothing() -> None:
    """Three parts of 0.1 less 0.3 are 5.6e-17 kg, of which a lot may well say that it holds them."""
    arrays = compiled_from(
        [(number(1), 1.0), (number(2), 1.0)], [(2, number(1), 0.1), (2, number(1), 0.1), (2, number(1), 0.1)]
    )
    found = contents_of(arrays, {
        1: outcome({POST: 1.0}, arisen={POST: 1.0}), 2: outcome({POST: 1e-16}, arisen={POST: -0.3}),
    })
    assert found.fractions.tolist() == [[1.0], [0.0]]
    assert origins(arrays, found, POST, wanted(arrays, (number(2), 1.0))).tolist() == [0.0, 0.0]


def test_outputs_by_their_place() -> None:
    """Only the third output of a record is in the chain; the first two hold what is its alone."""
    arrays = compiled_from([(number(1, 2), 0.0)], [])
    found = contents_of(arrays, {1: outcome({STEEL: 5.0}, {STEEL: 3.0}, {STEEL: 2.0}, declared={STEEL: 10.0})})
    assert (found.held.tolist(), found.fractions.tolist()) == ([[2.0]], [[0.2]])


def test_nothing() -> None:
    found = contents_of(compiled_from([], []), {})
    assert (found.names, found.held.shape, found.entering.shape) == ((), (0, 0), (0, 0))
    assert contents_of(compiled_from([(number(1), 1.0)], []), {1: outcome({})}).held.shape == (1, 0)


def test_what_is_not_there(billet: tuple[Arrays, Mapping[int, ContentsOut]]) -> None:
    arrays, outcomes = billet
    assert "unknown content 'element:Cu'" in str(raised(
        ValueError, origins, arrays, contents_of(arrays, outcomes), "element:Cu", numpy.zeros(4)
    ))
    assert "3" in str(raised(
        KeyError, contents_of, arrays, {index: one for index, one in outcomes.items() if index != 3}
    ))
    # One that was asked for and is nowhere is zero.
    assert origins(arrays, contents_of(arrays, outcomes, ["element:Cu"]), "element:Cu", numpy.ones(4)).sum() == 0.0
