"""The adjoint pass: what a lot carries of every record upstream, and that all of it together is the lot's burdens."""

import random
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Raw
from support.counting import Counting
from support.examples import examples
from support.memory import MemoryLedger
from support.networks import network
from support.raising import raised
from support.sectors import NAME, Emission, Gap, Given, Make
from support.site import END, START, Site, ore, quantity, raw
from support.upstream import chain_of, explained, weights_of

from ledger.admission.facts import LOT_SLOTS
from ledger.core.outcome.assessment import BURDENS, Assigned
from ledger.core.record.kinds import Addition, Amendment, Closing, Consumption, Pool, Transformation
from ledger.core.record.revisions import Change
from ledger.core.record.values import Factor, Money, Quantity
from ledger.errors import InvalidInput
from ledger.footprint.derived.averages import (
    PeriodAverage,
    PeriodSums,
    ProducedLot,
    bounds,
    changes,
    month_of,
    period_before,
    reason_of,
    within,
)
from ledger.footprint.derived.chain.arrays import compiled_from
from ledger.footprint.derived.contributions import Weights, contribution, weights
from ledger.footprint.derived.methods.limitations import RecountRequest, limitations
from ledger.footprint.derived.reallocation import NEEDS, allocation_named
from ledger.footprint.derived.recount import RecountFigures
from ledger.footprint.stored.burdens import SLOT, ZERO, footprint, vector_of
from ledger.footprint.stored.gwp import AR5

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


# Lots counted anew: by other potentials, and by other shares. All hand-solved, kg CO2e.

def money(value: str) -> Money:
    return Money(value=value, currency="CNY")


@pytest.fixture
def site(memory: MemoryLedger) -> Site:
    found = Site(memory, "mill")
    found.product("part")
    return found


def two_stages(site: Site) -> None:
    """Ore to iron (60 kg) and slag (40 kg) with 100 kg CO2, by mass; half the iron to steel (20 kg) and dust (10 kg)
    with 50, by value.

    Stored: iron 60, of which 30 go on; steel 0.8 * (50 + 30) = 64, dust 16.
    """
    site.make(
        [
            site.out("iron", "part", "60 KGM", value=money("90"), heating_value=Quantity(value="10", unit="3B"),
                     moles="3", share="0.5"),
            site.out("slag", "part", "40 KGM", role="byProduct", value=money("10"),
                     heating_value=Quantity(value="30", unit="3B"), moles="1", share="0.5"),
        ],
        supplies=[ore("100 KGM")], activity=Make(co2="100"),
    )
    site.make(
        [
            site.out("steel", "part", "20 KGM", value=money("80"), heating_value=Quantity(value="1", unit="GV"),
                     moles="1", share="1"),
            site.out("dust", "part", "10 KGM", role="coProduct", value=money("20"),
                     heating_value=Quantity(value="1000", unit="3B"), moles="4", share="0"),
        ],
        {"iron": "30 KGM"}, activity=Make(co2="50"), allocation="value",
    )


@pytest.mark.parametrize(("key", "iron", "steel", "dust"), [
    (None, 60, 64, 16),
    # 20 / 30 * (50 + 0.5 * 60)
    ("mass", 60, 160 / 3, 80 / 3),
    # 0.9 * 100; 0.8 * (50 + 45)
    ("value", 90, 76, 19),
    # 10 / 40 * 100; 1 GJ and 1000 MJ: 0.5 * (50 + 12.5)
    ("energy", 25, 31.25, 31.25),
    # 3 / 4 * 100; 0.2 * (50 + 37.5)
    ("moles", 75, 17.5, 70),
    # 0.5 * 100; all of 50 + 25
    ("declared", 50, 75, 0),
])
def test_two_stages_by_each_key(
    memory: MemoryLedger, site: Site, key: str | None, iron: float, steel: float, dust: float
) -> None:
    two_stages(site)
    counting = Counting(memory)
    found = [counting.figures(site.name(lot), key).footprint for lot in ("iron", "steel", "dust")]
    assert found == pytest.approx([iron, steel, dust], rel=1e-12)
    assert counting.figures(site.name("iron"), key).absolute == pytest.approx(iron, rel=1e-12)


def test_each_records_own_key_is_what_is_stored(memory: MemoryLedger, site: Site) -> None:
    two_stages(site)
    counting = Counting(memory)
    for lot, figures in memory.figures.items():
        assert counting.figures(lot).footprint == pytest.approx(footprint(figures.burdens), rel=1e-12)


def test_a_record_of_which_the_lot_carried_nothing(memory: MemoryLedger, site: Site) -> None:
    """Ore (40 kg CO2) goes into a record that gives `b` nothing by value; by mass that has half of 40 + 10."""
    site.make([site.out("ore", "part", "100 KGM")], supplies=[ore("100 KGM")], activity=Make(co2="40"))
    site.make(
        [site.out("a", "part", "50 KGM"), site.out("b", "part", "50 KGM", role="byProduct")], {"ore": "100 KGM"},
        activity=Make(co2="10", weights={"value": ["1", "0"]}), allocation="value",
    )
    counting = Counting(memory)
    assert (counting.figures(site.name("b")).footprint, counting.figures(site.name("a")).footprint) == (0, 50)
    assert counting.figures(site.name("b"), "mass").footprint == pytest.approx(25, rel=1e-12)
    assert counting.figures(site.name("a"), "mass").footprint == pytest.approx(25, rel=1e-12)


def test_assigned_amounts_stay_with_their_output(memory: MemoryLedger, site: Site) -> None:
    """30 of 100 kg are of the heat that goes with the slag: by mass 0.6 * 70 = 42 and 0.4 * 70 + 30 = 58; by value
    0.9 * 70 = 63 and 7 + 30 = 37. Half of the slag goes on, with 4 kg more."""
    given = [Given(output=1, burden="fossilGhgEmissions", amount="30")]
    site.make(
        [site.out("iron", "part", "60 KGM", value=money("90")),
         site.out("slag", "part", "40 KGM", role="byProduct", value=money("10"))],
        supplies=[ore("100 KGM")], activity=Make(co2="100", assigned=given),
    )
    site.make([site.out("brick", "part", "20 KGM")], {"slag": "20 KGM"}, activity=Make(co2="4"))
    counting = Counting(memory)
    for key, expected in ((None, [42, 58, 33]), ("mass", [42, 58, 33]), ("value", [63, 37, 22.5])):
        found = [counting.figures(site.name(lot), key).footprint for lot in ("iron", "slag", "brick")]
        assert found == pytest.approx(expected, rel=1e-12)


def test_waste_carries_nothing_by_any_key(memory: MemoryLedger, site: Site) -> None:
    site.make(
        [site.out("a", "part", "60 KGM", value=money("1")), site.out("b", "part", "20 KGM", value=money("3")),
         site.out("scrap", "part", "20 KGM", role="waste", origin="preConsumer", value=money("100"))],
        supplies=[ore("100 KGM")], activity=Make(co2="100"),
    )
    counting = Counting(memory)
    for key, expected in (("mass", [75, 25, 0]), ("value", [25, 75, 0])):
        found = [counting.figures(site.name(lot), key).footprint for lot in ("a", "b", "scrap")]
        assert found == pytest.approx(expected, rel=1e-12)


def test_the_sectors_weights_go_before_the_outputs_own_fields(memory: MemoryLedger, site: Site) -> None:
    site.make(
        [site.out("a", "part", "50 KGM", value=money("1")), site.out("b", "part", "50 KGM", value=money("1"))],
        supplies=[ore("100 KGM")], activity=Make(co2="100", weights={"value": ["3", "1"]}),
    )
    assert Counting(memory).figures(site.name("a"), "value").footprint == pytest.approx(75, rel=1e-12)


def test_one_output_that_carries_burden_leaves_no_choice(memory: MemoryLedger, site: Site) -> None:
    """It needs no value then, nor does its waste."""
    site.make(
        [site.out("a", "part", "80 KGM"), site.out("scrap", "part", "20 KGM", role="waste", origin="preConsumer")],
        supplies=[ore("100 KGM")], activity=Make(co2="100"),
    )
    counting = Counting(memory)
    assert counting.splits == []
    for key in NEEDS:
        assert counting.figures(site.name("a"), key).footprint == pytest.approx(100, rel=1e-12)


def test_what_a_key_needs_and_does_not_find_is_named(memory: MemoryLedger, site: Site) -> None:
    """`b` has no value; the record behind it neither. Nobody is asked for what does not matter to the lot."""
    for lot in ("near", "far"):
        site.make([site.out(f"{lot}-a", "part", "50 KGM", value=money("1")), site.out(f"{lot}-b", "part", "50 KGM")],
                  supplies=[ore("100 KGM")] if lot == "near" else (), activity=Make(co2="100"),
                  inputs={"near-a": "50 KGM", "near-b": "50 KGM"} if lot == "far" else None)
    site.make([site.out("alone", "part", "10 KGM")], supplies=[ore("10 KGM")], activity=Make(co2="7"))
    counting = Counting(memory)
    with pytest.raises(InvalidInput) as caught:
        counting.figures(site.name("far-a"), "value")
    error = caught.value
    assert (error.code, error.field, error.value) == ("missing-weight", "allocation", "value")
    assert error.rule == "every output that carries burden must state its value"
    first, second = (memory.digests[memory.state.lots[site.name(lot)].index].hex() for lot in ("far-a", "near-a"))
    assert error.message == (
        "allocation by value needs fields that 2 of the records upstream of the lot do not state: "
        f"record {first}, output {site.name('far-b')}: outputs[1].value; "
        f"record {second}, output {site.name('near-b')}: outputs[1].value"
    )
    assert first not in raised(InvalidInput, counting.figures, site.name("near-b"), "value").message
    assert counting.figures(site.name("alone"), "value").footprint == 7


def test_weights_that_are_all_zero(memory: MemoryLedger, site: Site) -> None:
    site.make([site.out("a", "part", "50 KGM"), site.out("b", "part", "50 KGM")], supplies=[ore("100 KGM")],
              activity=Make(co2="100", weights={"moles": ["0", "0"]}))
    error = raised(InvalidInput, lambda: Counting(memory).figures(site.name("a"), "moles"))
    assert error.code == "missing-weight"
    assert "needs a weight above zero" in (error.rule or "")


def test_six_records_without_a_value_are_five_and_one_more(memory: MemoryLedger, site: Site) -> None:
    inputs: dict[str, str] = {}
    for i in range(6):
        site.make([site.out(f"a{i}", "part", "5 KGM"), site.out(f"b{i}", "part", "5 KGM")], inputs,
                  [ore("10 KGM")], activity=Make(co2="1"))
        inputs = {f"a{i}": "5 KGM"}
    error = raised(InvalidInput, lambda: Counting(memory).figures(site.name("a5"), "energy"))
    assert error.message.count("record ") == 5
    assert error.message.endswith("; and 1 more")
    assert "needs fields that 6 of the records" in error.message


def test_unknown_keys() -> None:
    with pytest.raises(InvalidInput) as caught:
        allocation_named("price")
    error = caught.value
    assert (error.code, error.field, error.value) == ("unknown-allocation", "allocation", "price")
    assert error.rule == "one of: mass, value, energy, moles, declared"


# ---- potentials


def gassy(site: Site) -> None:
    """2 kg CH4, 10 kg CO2, 5 kg CO2e by a factor, 3 kg CO2e of a source without one; 40 kg CO2e of a declared bar, of
    which half goes in; 4 kg assigned to the slag, which has a quarter of the mass."""
    site.declare(
        burdens={"fossilGhgEmissions": "40", "transportGhgEmissions": "6"}, lot=site.out("bar", "part", "20 KGM"),
        boundary="cradleToGate", primary_share="0.25",
    )
    factor = Factor(value="2.5", unit="KGM", source="a table", year=2024, boundary="cradleToGate")
    paint = msgspec.structs.replace(ore("2 KGM"), material="paint", origin="technosphere", factor=factor)
    site.make(
        [site.out("iron", "part", "75 KGM"), site.out("slag", "part", "25 KGM", role="byProduct")], {"bar": "10 KGM"},
        [ore("90 KGM"), paint],
        activity=Make(ch4="2", co2="10", emissions=[Emission(amount="3", gas="CO2e", source="guess")],
                      assigned=[Given(output=1, burden="fossilGhgEmissions", amount="4")],
                      gaps=[Gap(what="oil", estimate="8")]),
    )


def test_methane_by_ar5(memory: MemoryLedger, site: Site) -> None:
    """AR6: 2 * 29.8 + 10 + 5 + 3 + 20 - 4 = 93.6, of which iron has 70.2. AR5: 2 * 30 make it 94, and 70.5."""
    gassy(site)
    iron, slag = site.name("iron"), site.name("slag")
    assert Counting(memory).figures(iron).footprint == pytest.approx(70.2, rel=1e-12)
    five = Counting(memory, AR5)
    assert (five.figures(iron).footprint, five.figures(slag).footprint) == pytest.approx((70.5, 27.5), rel=1e-12)
    # absGhg is of lines alone, 0.75 * 98; 6 kg of oil are left out.
    figures = five.figures(iron)
    assert figures[1:] == pytest.approx((73.5, 6, 0), rel=1e-12)
    assert figures.completeness == pytest.approx(73.5 / 79.5, rel=1e-12)


def test_what_ar5_cannot_weigh_is_named(memory: MemoryLedger, site: Site) -> None:
    gassy(site)
    five = Counting(memory, AR5)
    told = limitations(RecountRequest(gwp="AR5"), five.recount, five.weighed(site.name("iron")))
    # Both halves of the bar's figure, primary and not, are of one declaration.
    assert told == [
        "declarations: 15 kg CO2e of 1 declaration, which AR5 cannot weigh anew.",
        "factors stated in CO2e: 3.75 kg CO2e of 1 factor, which AR5 cannot weigh anew.",
        "other lines stated in CO2e: 2.25 kg CO2e of 1 source, which AR5 cannot weigh anew.",
        "assigned amounts: -3 kg CO2e, which AR5 cannot weigh anew.",
    ]
    assert limitations(RecountRequest(), five.recount, five.weighed(site.name("iron"))) == []


def test_declarations_exist_in_one_method_only(memory: MemoryLedger, site: Site) -> None:
    gassy(site)
    six = Counting(memory)
    digest = memory.digests[memory.state.lots[site.name("bar")].index].hex()
    expected = [f"declaration {digest} (study) exists in one method and allocation only: 15 kg CO2e of the lot."]
    for asked in (RecountRequest("module-d/1"), RecountRequest(allocation="mass")):
        assert limitations(asked, six.recount, six.weighed(site.name("iron"))) == expected
    assert limitations(RecountRequest("module-d/1"), six.recount, six.weighed(site.name("bar"))) == [
        f"declaration {digest} (study) exists in one method and allocation only: 40 kg CO2e of the lot.",
    ]


def test_many_declarations_are_summed_up(memory: MemoryLedger, site: Site) -> None:
    """Of 22, with 1 to 22 kg CO2e, the two smallest are 3 kg."""
    inputs = {}
    for i in range(1, 23):
        site.declare(burdens={"fossilGhgEmissions": str(i)}, lot=site.out(f"bar{i}", "part", "1 KGM"))
        inputs[f"bar{i}"] = "1 KGM"
    site.make([site.out("all", "part", "22 KGM")], inputs)
    counting = Counting(memory)
    told = limitations(RecountRequest("module-d/1"), counting.recount, counting.weighed(site.name("all")))
    assert len(told) == 21
    assert "22 kg CO2e" in told[0]
    assert told[-1] == "2 more exist in one method and allocation only: 3 kg CO2e of the lot."


def test_a_record_that_states_nothing_yet_is_a_gap(memory: MemoryLedger, site: Site) -> None:
    site.make([site.out("a", "part", "50 KGM")], supplies=[ore("50 KGM")], activity=Make(gaps=[Gap(what="oil")]))
    assert Counting(memory).figures(site.name("a")) == (0, 0, 0, 1)
    assert (RecountFigures(0, 0, 0, 1).completeness, RecountFigures(0, 0, 0, 0).completeness) == (None, 1.0)


def test_a_provisional_record_that_states_no_emissions_yet_is_one_too(memory: MemoryLedger, site: Site) -> None:
    memory.must((site.party, Transformation(
        issuer=site.id, nonce=memory.nonce(), facility=site.facility, start=START, end=END, process=f"{NAME}.make",
        activity=raw(Make()), supplies=[ore("50 KGM")], outputs=[site.out("a", "part", "50 KGM")], basis="provisional",
    )))
    assert Counting(memory).figures(site.name("a")) == (0, 0, 0, 1)


# Averages over calendar periods: which month a record is of, weighted means, and changes above ten per cent.

@pytest.mark.parametrize(("ended", "month"), [
    ("2025-03-31T23:59:59Z", "2025-03"), ("2025-04-01T00:00:00Z", "2025-03"), ("2025-04-01T00:00:01Z", "2025-04"),
    ("2026-01-01T00:00:00Z", "2025-12"),
])
def test_midnight_belongs_to_the_month_that_ends(ended: str, month: str) -> None:
    assert month_of(ended) == month
    since, until = bounds(month)
    assert since < ended <= until


@pytest.mark.parametrize(("period", "expected"), [
    ("2025", ("2025-01-01T00:00:00Z", "2026-01-01T00:00:00Z")),
    ("2025-12", ("2025-12-01T00:00:00Z", "2026-01-01T00:00:00Z")),
    ("2025-02", ("2025-02-01T00:00:00Z", "2025-03-01T00:00:00Z")),
])
def test_bounds(period: str, expected: tuple[str, str]) -> None:
    assert bounds(period) == expected
    assert within(period, *expected)
    assert within(period, None, None)
    assert not within(period, expected[0].replace("00:00:00", "00:00:01"), expected[1])
    assert not within(period, expected[0], f"{expected[1][:4]}-{expected[1][5:7]}-01T00:00:00"[:-9] + "00T23:59:59Z")


@pytest.mark.parametrize(("since", "until", "before"), [
    ("2025-03-01T00:00:00Z", "2025-04-01T00:00:00Z", "2025-02-01T00:00:00Z"),
    ("2025-01-01T00:00:00Z", "2026-01-01T00:00:00Z", "2024-01-01T00:00:00Z"),
    ("2025-01-01T00:00:00Z", "2025-04-01T00:00:00Z", "2024-10-01T00:00:00Z"),
    ("2025-03-10T00:00:00Z", "2025-03-20T12:00:00Z", "2025-02-27T12:00:00Z"),
])
def test_the_period_before(since: str, until: str, before: str) -> None:
    assert period_before(since, until) == (before, since)


@pytest.mark.parametrize(("since", "until"), [
    ("0001-01-01T00:00:00Z", "0002-01-01T00:00:00Z"), ("0001-01-02T00:00:00Z", "0003-01-01T12:00:00Z"),
])
def test_no_period_before_the_calendar(since: str, until: str) -> None:
    assert period_before(since, until) is None


def lot(index: int, ended: str, quantity: str, footprint: float, mass: str | None = "1") -> ProducedLot:
    return ProducedLot(index, ended, Decimal(quantity), None if mass is None else Decimal(mass), footprint)


def test_weighted_by_production() -> None:
    sums = PeriodSums()
    sums.take([lot(1, "2025-01-15T00:00:00Z", "10", 20.0), lot(1, "2025-02-01T00:00:00Z", "30", 30.0, "3")])
    sums.take([lot(2, "2025-03-01T00:00:00Z", "5", 20.0, None), lot(3, "2024-12-31T00:00:00Z", "1", 9.0)])
    # 50 over 40: lots of 2 and 1.
    assert sums.average("2025-01") == PeriodAverage("2025-01", 2, Decimal(40), Decimal(4), 1.25, 1.0, 2.0)
    assert sums.average("2025-02") == PeriodAverage("2025-02", 1, Decimal(5), None, 4.0, 4.0, 4.0)
    assert sums.average("2025") == PeriodAverage("2025", 3, Decimal(45), None, pytest.approx(70 / 45), 1.0, 4.0)
    assert [one.period for one in sums.months()] == ["2024-12", "2025-01", "2025-02"]
    assert [one.period for one in sums.years()] == ["2024", "2025"]
    assert (sums.records("2025"), sums.records("2025-07"), sums.average("2025-07")) == ([1, 2], [], None)
    assert sums.last_before("2025-02") == sums.average("2025-01")
    assert (sums.last_before("2025-01"), sums.last_before("2024-12")) == (sums.average("2024-12"), None)


def average(period: str, per_unit: float) -> PeriodAverage:
    return PeriodAverage(period, 1, Decimal(1), None, per_unit, per_unit, per_unit)


def test_changes_above_ten_per_cent() -> None:
    months = [average("2025-01", 1.0), average("2025-03", 1.1), average("2025-04", 1.3), average("2025-05", 1.0)]
    assert [(one.period.period, one.last.period, one.change) for one in changes(months)] == [
        ("2025-04", "2025-03", pytest.approx(0.2 / 1.1)), ("2025-05", "2025-04", pytest.approx(-0.3 / 1.3))]


def test_the_reason_of_the_newest_restated_record() -> None:
    assert (reason_of([1, 3, 2], {1: "old", 2: "new"}), reason_of([4], {1: "old"})) == ("new", None)
