"""What the passes make of whole networks is what the ledger stores: burdens by shares, contents by matter."""

import random

import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.chains import direct_of, extra_of, outcomes_of, whole_chain
from support.examples import examples
from support.histories import History
from support.memory import MemoryLedger
from support.networks import network
from support.sectors import Make, registry
from support.site import END, START, Site, ore

from ledger.core.outcome.assessment import BURDENS
from ledger.core.record.kinds import Addition, Closing, Pool
from ledger.footprint.derived.chain.contents import contents_of, origins
from ledger.footprint.derived.chain.passes import propagate, propagate_contents
from ledger.footprint.stored.burdens import SLOT

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
    apart = numpy.array([name in APART for name in BURDENS])
    scale = numpy.where(apart, numpy.abs(stored), stored[:, [ABS]])
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
