"""The adjoint pass: what a lot carries of every record upstream, and that all of it together is the lot's burdens."""

import random
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Raw
from support.examples import examples
from support.memory import MemoryLedger
from support.networks import network
from support.raising import raised
from support.sectors import Given, Make
from support.site import END, START, Site, ore, quantity
from support.upstream import chain_of, explained, weights_of

from ledger.admission.facts import LOT_SLOTS
from ledger.core.outcome.assessment import BURDENS, Assigned
from ledger.core.record.kinds import Addition, Amendment, Closing, Consumption, Pool, Transformation
from ledger.core.record.revisions import Change
from ledger.footprint.derived.chain.arrays import compiled_from
from ledger.footprint.derived.contributions import Weights, contribution, weights
from ledger.footprint.stored.burdens import SLOT, ZERO, vector_of

ABS, FOSSIL = SLOT["absGhg"], SLOT["fossilGhgEmissions"]
APART = frozenset({"electricityKwh", "energyMj", "renewableEnergyMj", "omittedAbs", "unestimated"})
"""Burdens that are no part of absGhg."""


def number(record: int, position: int = 0) -> int:
    return record * LOT_SLOTS + position


def check_explained(memory: MemoryLedger, lot: str, chain: Any = None) -> None:
    """To 1e-9 of absGhg; what is no part of that, to 1e-9 of itself."""
    stored = memory.figures[lot].burdens
    for name, found, amount in zip(BURDENS, explained(memory, weights_of(memory, lot, chain)), stored, strict=True):
        scale = abs(amount) if name in APART else stored[ABS]
        assert abs(found - amount) <= 1e-9 * scale, (lot, name, found, amount)


def test_two_records_by_hand() -> None:
    """Record 1 makes lot A. Record 2 takes 0.8 of it and makes B (share 0.75) and C (share 0.25)."""
    chain = compiled_from(
        [(number(2, 1), 0.25), (number(2), 0.75), (number(1), 1.0)], [(2, number(1), 0.8)]
    )
    found = weights(chain, number(2))
    # record 2: 1 * 0.75; A: 0.75 * 0.8; record 1: 0.6 * 1
    assert found.records == pytest.approx({2: 0.75, 1: 0.6}, rel=1e-15)
    assert found.lots == pytest.approx({number(2): 1.0, number(1): 0.6}, rel=1e-15)
    # A itself: nothing of record 2 is in it.
    assert weights(chain, number(1)) == Weights({1: 1.0}, {number(1): 1.0})


def test_a_lot_that_comes_by_two_ways() -> None:
    """Record 1 makes A. Record 2 takes 0.25 of A and makes B; record 3 takes 0.5 of A and 0.4 of B and makes C and the
    waste D, without share."""
    chain = compiled_from(
        [(number(1), 1.0), (number(2), 1.0), (number(3), 1.0), (number(3, 1), 0.0)],
        [(2, number(1), 0.25), (3, number(1), 0.5), (3, number(2), 0.4)],
    )
    # B: 0.4. A: 0.5 + 0.4 * 0.25 = 0.6
    assert weights(chain, number(3)).records == pytest.approx({3: 1.0, 2: 0.4, 1: 0.6}, rel=1e-15)
    # Waste leaves its record without burden, so nothing upstream is in it.
    assert weights(chain, number(3, 1)) == Weights({3: 0.0}, {number(3, 1): 1.0})


def test_what_one_record_brings() -> None:
    """Weight 0.5 of 100 kg fossil CO2e, of which absGhg 100: 50 of each. Nothing of a record that is not upstream."""
    found = Weights({7: 0.5}, {number(7): 0.5})
    direct = vector_of({"fossilGhgEmissions": 100.0, "absGhg": 100.0})
    assert contribution(found, 7, direct) == vector_of({"fossilGhgEmissions": 50.0, "absGhg": 50.0})
    assert contribution(found, 8, direct) == ZERO


def test_assigned_amounts_by_hand(memory: MemoryLedger) -> None:
    """100 kg CO2, 30 of them given to the slag: steel 0.6 * 70 = 42, slag 0.4 * 70 + 30 = 58."""
    shop = Site(memory, "given")
    shop.product("part")
    made = shop.make(
        [shop.out("steel", "part", "60 KGM"), shop.out("slag", "part", "40 KGM")], supplies=[ore("100 KGM")],
        activity=Make(co2="100", assigned=[Given(output=1, burden="fossilGhgEmissions", amount="30")]),
    )
    shop.make([shop.out("half", "part", "20 KGM")], {"slag": "20 KGM"})
    index, assigned = made.index, memory.history.prepared[made.index].work.assigned
    for lot, weight, of_slag, expected in (
        # weight * 100 + (of the slag - weight) * 30
        ("steel", 0.6, 0.0, 60.0 - 18.0),
        ("slag", 0.4, 1.0, 40.0 + 18.0),
        ("half", 0.2, 0.5, 20.0 + 9.0),
    ):
        found = weights_of(memory, shop.name(lot))
        assert found.records[index] == pytest.approx(weight, rel=1e-15)
        assert found.lots.get(number(index, 1), 0.0) == pytest.approx(of_slag, rel=1e-15)
        direct = memory.history.prepared[index].work.direct
        assert contribution(found, index, direct, assigned)[FOSSIL] == pytest.approx(expected, rel=1e-15)
        assert memory.burdens(shop.name(lot))["fossilGhgEmissions"] == pytest.approx(expected, rel=1e-15)
        check_explained(memory, shop.name(lot))


def test_an_assigned_amount_without_a_share(memory: MemoryLedger) -> None:
    """Slag that weighs nothing in the allocation has the 30 kg that it was given and no more; half of it, 15."""
    shop = Site(memory, "unshared")
    shop.product("part")
    made = shop.make(
        [shop.out("steel", "part", "60 KGM"), shop.out("slag", "part", "40 KGM")], supplies=[ore("100 KGM")],
        activity=Make(co2="100", weights={"mass": ["1", "0"]},
                      assigned=[Given(output=1, burden="fossilGhgEmissions", amount="30")]),
    )
    shop.make([shop.out("half", "part", "20 KGM")], {"slag": "20 KGM"})
    for lot, expected in (("steel", 70.0), ("slag", 30.0), ("half", 15.0)):
        assert memory.burdens(shop.name(lot))["fossilGhgEmissions"] == expected
        check_explained(memory, shop.name(lot))
    assert weights_of(memory, shop.name("half")).records[made.index] == 0.0


def test_several_assigned_amounts_of_one_burden() -> None:
    """Shares 0.5 and 0.5; 10 to the first, 4 to the second. The first: 0.5 * (100 - 14) + 10 = 53."""
    found = Weights({3: 0.5}, {number(3): 1.0})
    assigned = [Assigned(output=i, burden="fossilGhgEmissions", amount=msgspec.convert(amount, type=Any))
                for i, amount in ((0, 10), (1, 4))]
    direct = vector_of({"fossilGhgEmissions": 100.0})
    # 0.5 * 100 + (1 - 0.5) * 10 + (0 - 0.5) * 4
    assert contribution(found, 3, direct, assigned)[FOSSIL] == 53.0


def test_what_averaging_moved_counts_by_the_lot() -> None:
    """A lot of a pool that was given 6 kg more by its period's average, of which 0.25 is in the target."""
    found = Weights({4: 0.25}, {number(4): 0.25})
    averaged = vector_of({"fossilGhgEmissions": 6.0, "absGhg": 6.0})
    assert contribution(found, 4, ZERO, averaged=averaged) == vector_of({"fossilGhgEmissions": 1.5, "absGhg": 1.5})


@pytest.mark.parametrize(("lots", "flows"), [
    ([(number(2), 1.0)], [(2, number(1), 0.5)]),
    ([(number(2), 1.0), (number(3), 1.0)], [(2, number(3), 0.5)]),
    ([(number(2), 1.0), (number(2, 1), 1.0)], [(2, number(2, 1), 0.5)]),
    ([(number(2), 1.0)], [(3, number(2), 0.5)]),
], ids=["a lot that is not there", "a younger lot", "a lot of its own", "a record without lots"])
def test_a_chain_that_the_pass_would_get_wrong_is_refused(
    lots: list[tuple[int, float]], flows: list[tuple[int, int, float]]
) -> None:
    assert "not upstream of it" in str(raised(ValueError, compiled_from, lots, flows))


def test_a_target_outside_the_chain() -> None:
    raised(KeyError, weights, compiled_from([(number(2), 1.0)], []), number(3))


@examples(25)
@given(seed=st.integers(0, 2**32), size=st.integers(1, 150))
def test_all_parts_together_are_the_burdens_of_every_lot(seed: int, size: int) -> None:
    memory = network(seed, size, 3)
    chain = chain_of(memory)
    for lot in memory.figures:
        check_explained(memory, lot, chain)


def test_a_long_chain() -> None:
    """With assigned amounts, removals, waste, cores, energy and omissions upstream of the lots looked at."""
    memory = network(2_024, 3_000, 6)
    chain = chain_of(memory)
    deepest = list(memory.figures)[-40:]
    others = random.Random(1).sample(list(memory.figures), 40)
    behind: set[int] = set()
    for lot in [*deepest, *others]:
        check_explained(memory, lot, chain)
        behind |= weights_of(memory, lot, chain).records.keys()
    assert max(len(weights_of(memory, lot, chain).records) for lot in deepest) > 300
    works = [memory.history.prepared[index].work for index in behind]
    assert any(work.assigned for work in works)
    for burden in ("technologicalCO2Removals", "electricityKwh", "energyMj", "omittedAbs", "unestimated"):
        assert any(work.direct[SLOT[burden]] for work in works), burden
    # A weight is a part: never negative, and of a record never above 1 but for rounding.
    weight = [one for lot in deepest for one in weights_of(memory, lot, chain).records.values()]
    assert min(weight) >= 0.0
    assert max(weight) <= 1.0 + 1e-9


def test_pools_and_amendments(memory: MemoryLedger) -> None:
    """What is taken of a pool, and a record upstream that is corrected after all: the pass reads what holds now."""
    shop = Site(memory, "pooled")
    shop.product("part")
    first = shop.make([shop.out("a", "part", "100 KGM")], supplies=[ore("100 KGM")], activity=Make(co2="50"))
    shop.make([shop.out("b", "part", "300 KGM")], supplies=[ore("300 KGM")], activity=Make(co2="30"))
    memory.must((shop.party, Pool(
        issuer=shop.id, nonce=memory.nonce(), id=shop.name("silo"), facility=shop.facility, product=shop.name("part"),
    )))
    for lot, kilograms in (("a", "100"), ("b", "300")):
        memory.must((shop.party, Addition(
            issuer=shop.id, nonce=memory.nonce(), pool=shop.name("silo"), time=END,
            inputs=shop.flows({lot: f"{kilograms} KGM"}),
        )))
    shop.make([shop.out("c", "part", "200 KGM")], {"silo": "200 KGM"}, activity=Make(co2="5"))
    lot = shop.name("c")
    # Half of the silo's 400 kg: (50 + 30) / 2 + 5
    assert memory.burdens(lot)["fossilGhgEmissions"] == pytest.approx(45.0, rel=1e-15)
    assert weights_of(memory, lot).records[first.index] == pytest.approx(0.5, rel=1e-15)
    check_explained(memory, lot)

    record = memory.records[first.index]
    assert isinstance(record, Transformation)
    output = msgspec.to_builtins(record.outputs[0]) | {"quantity": {"value": "500", "unit": "KGM"}}
    memory.must((shop.party, Amendment(
        issuer=shop.id, nonce=memory.nonce(), reason="weighed again", changes=[Change(
            record=memory.digests[first.index].hex(),
            fields={"outputs": Raw(msgspec.json.encode([output])),
                    "supplies": Raw(msgspec.json.encode([ore("500 KGM")]))},
        )],
    )))
    # 100 of now 500 kg went into the silo: a fifth of 50, so (10 + 30) / 2 + 5
    assert memory.burdens(lot)["fossilGhgEmissions"] == pytest.approx(25.0, rel=1e-15)
    assert weights_of(memory, lot).records[first.index] == pytest.approx(0.1, rel=1e-15)
    check_explained(memory, lot)


def test_a_pool_that_is_averaged_over_its_period(memory: MemoryLedger) -> None:
    """100 kg with 50 kg CO2, of which half is taken before 300 kg with 30 come in; once the period is closed, every kg
    of the pool has (50 + 30) / 400 = 0.2."""
    shop = Site(memory, "averaged")
    shop.product("part")
    shop.make([shop.out("a", "part", "100 KGM")], supplies=[ore("100 KGM")], activity=Make(co2="50"))
    shop.make([shop.out("b", "part", "300 KGM")], supplies=[ore("300 KGM")], activity=Make(co2="30"))
    memory.must((shop.party, Pool(
        issuer=shop.id, nonce=memory.nonce(), id=shop.name("silo"), facility=shop.facility, product=shop.name("part"),
        averaging="period",
    )))
    for lot, amount, taken in (("a", "100", "50"), ("b", "300", "350")):
        memory.must((shop.party, Addition(
            issuer=shop.id, nonce=memory.nonce(), pool=shop.name("silo"), time=START,
            inputs=shop.flows({lot: f"{amount} KGM"}),
        )))
        shop.make([shop.out(f"of-{lot}", "part", f"{taken} KGM")], {"silo": f"{taken} KGM"}, activity=Make(co2="1"))
    memory.must((shop.party, Closing(
        issuer=shop.id, nonce=memory.nonce(), facility=shop.facility, start=START, end=END
    )))
    for lot, expected in (("of-a", 0.2 * 50 + 1), ("of-b", 0.2 * 350 + 1)):
        assert memory.burdens(shop.name(lot))["fossilGhgEmissions"] == pytest.approx(expected, rel=1e-12)
        check_explained(memory, shop.name(lot))


def test_what_left_on_the_way_is_not_carried(memory: MemoryLedger) -> None:
    """A consumption keeps its burden: the core that comes of it carries nothing of the first life."""
    shop = Site(memory, "life")
    shop.product("box", "H87", mass_per_unit=quantity("10 KGM"))
    shop.make([shop.out("new", "box", "1 H87")], supplies=[ore("10 KGM")], activity=Make(co2="90"))
    shop.consume({"new": "1 H87"}, [shop.out("worn", "box", "1 H87", "core")])
    shop.make([shop.out("renewed", "box", "1 H87")], {"worn": "1 H87"}, activity=Make(co2="7"))
    found = weights_of(memory, shop.name("renewed"))
    assert [(type(memory.records[index]), weight) for index, weight in found.records.items()] == [
        (Transformation, 1.0), (Consumption, 0.0),
    ]
    check_explained(memory, shop.name("renewed"))
    assert memory.burdens(shop.name("renewed"))["absGhg"] == 7.0
