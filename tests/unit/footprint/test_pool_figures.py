"""Figures of stock that blends: burdens and contents are averaged with each addition. Cases solved by hand, in kg."""

import hashlib
import random
from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from support.memory import MemoryLedger
from support.sectors import Carrier, Gap, Make, registry
from support.site import END, START, document, ore, raw, supply
from unit.footprint.yard import Yard

from ledger.core.outcome.leaves import read
from ledger.core.record.kinds import Transformation
from ledger.core.record.values import Factor
from ledger.engine.sectors import Installed, Registry
from ledger.sdk import Activity, Assessment, Context, Line, Route, Sector

PRE, POST = "recycledPreConsumer:steel", "recycledPostConsumer:steel"


def close(expected: Mapping[str, float]) -> Any:
    return pytest.approx(dict(expected), rel=1e-12, abs=1e-12)


@pytest.fixture
def yard(memory: MemoryLedger) -> Yard:
    return Yard(memory)


def test_burdens_average_with_each_addition(yard: Yard) -> None:
    """100 kg of 300 kg CO2. 40 kg are drawn, with 40 / 100 * 300 = 120; 60 kg with 180 are left. 60 kg of 60 come in:
    120 kg of 240. 30 kg are drawn, with 60, and 10 of their own. 90 kg with 180 are left; 10 kg of 0 come in: 100 kg
    of 180, and all of them are drawn."""
    yard.steel("a", "100", "300")
    yard.steel("b", "60", "60")
    yard.steel("c", "10", "0")
    yard.pool("heap")
    yard.add("heap", {"a": "100 KGM"})
    yard.draw("heap", "40", "x")
    yard.add("heap", {"b": "60 KGM"})
    yard.draw("heap", "30", "y", co2="10")
    yard.add("heap", {"c": "10 KGM"})
    yard.draw("heap", "100", "z")
    found = {lot: yard.fossil(lot) for lot in ("heap:1", "x", "heap:2", "y", "heap:3", "z")}
    assert found == close({"heap:1": 300.0, "x": 120.0, "heap:2": 240.0, "y": 70.0, "heap:3": 180.0, "z": 180.0})


def test_a_part_of_several_lots_goes_in(yard: Yard) -> None:
    """25 of 100 kg with 300, and 1,000 GRM of 10 kg with 50: 75 + 5 in 26 kg. What stays outside keeps the rest."""
    yard.steel("a", "100", "300")
    yard.steel("b", "10", "50")
    yard.pool("heap")
    yard.add("heap", {"a": "25 KGM", "b": "1000 GRM"})
    assert yard.fossil("heap:1") == pytest.approx(80.0, rel=1e-12)
    yard.draw("a", "75", "x")
    assert yard.fossil("x") == pytest.approx(225.0, rel=1e-12)


def test_all_burdens_average_and_the_quality_with_them(yard: Yard) -> None:
    """100 kg with 30 kg CO2, 200 MJ of power and a gap of 5 kg; 300 kg with 90 kg CO2, 400 MJ, a gap that nobody
    estimated. 200 of the 400 kg carry half of all of it."""
    yard.steel("a", "100", "30", energy=[Carrier(carrier="electricity", amount="200", renewable=True)],
               gaps=[Gap(what="oil", estimate="5")])
    yard.steel("b", "300", "90", energy=[Carrier(carrier="electricity", amount="400")], gaps=[Gap(what="dust")])
    yard.pool("heap")
    yard.add("heap", {"a": "100 KGM", "b": "300 KGM"})
    yard.draw("heap", "200", "x")
    both = {"fossilGhgEmissions": 120.0, "energyMj": 600.0, "renewableEnergyMj": 200.0, "absGhg": 120.0,
            "primaryAbs": 120.0, "omittedAbs": 5.0, "unestimated": 1.0}
    found = yard.ledger.burdens(yard.name("heap:1"))
    assert {name: found[name] for name in both} == close(both)
    found = yard.ledger.burdens(yard.name("x"))
    assert {name: found[name] for name in both} == close({name: amount / 2 for name, amount in both.items()})


def test_an_addition_keeps_and_makes_nothing(yard: Yard) -> None:
    """Its outcome has no retained burden, and a content balance of nothing lost, arisen or declared."""
    yard.steel("a", "100", "300")
    yard.steel("b", "60", "60")
    yard.pool("heap")
    yard.add("heap", {"a": "70 KGM"})
    leaf = yard.ledger.assessment(yard.add("heap", {"b": "13 KGM", "a": "30 KGM"}).index)
    assert leaf is not None
    assert [read(part) for part in (leaf.retained, leaf.declared, leaf.arisen, leaf.lost)] == [{}, {}, {}, {}]
    assert yard.contents("heap:2") == close({"mass": 113.0, "material:steel": 113.0})


def test_recycled_content_and_elements_average(yard: Yard) -> None:
    """Steel of scrap (100 % recycled) and of ore: 100 and 300 kg make 25 %, in the pool and in what is drawn of it.
    Copper: 0.4 % of 100 kg and 0.1 % of 300 kg are 0.4 + 0.3 kg in 400, so 0.175 kg in 100 kg."""
    yard.collected("s", "100", materials={"steel": "1"}, elements={"Cu": "0.004"})
    yard.make([yard.out("a", "steel", "100 KGM")], {"s": "100 KGM"})
    yard.make([yard.out("b", "steel", "300 KGM", elements={"Cu": "0.001"})], supplies=[ore("300 KGM")])
    yard.pool("heap")
    yard.add("heap", {"a": "100 KGM", "b": "300 KGM"})
    yard.draw("heap", "100", "x")
    assert yard.contents("a") == close({"mass": 100.0, "material:steel": 100.0, POST: 100.0, "element:Cu": 0.4})
    assert yard.contents("heap:1") == close({"mass": 400.0, "material:steel": 400.0, POST: 100.0, "element:Cu": 0.7})
    assert yard.contents("x") == close({"mass": 100.0, "material:steel": 100.0, POST: 25.0, "element:Cu": 0.175})


def test_collected_scrap_becomes_recycled_content_when_it_leaves_the_pool(yard: Yard) -> None:
    """Not before: 60 kg of 100 % steel and 40 kg of 80 % are 92 kg of steel in 100 kg. 50 kg of it make 46 kg of steel:
    all that is steel in it, 46 kg, is recycled then."""
    yard.collected("s", "60", materials={"steel": "1"})
    yard.collected("t", "40", materials={"steel": "0.8", "paint": "0.2"})
    yard.pool("bin", "scrap", role="waste", origin="postConsumer")
    yard.add("bin", {"s": "60 KGM"})
    yard.add("bin", {"t": "40 KGM"})
    assert yard.contents("bin:2") == close({"mass": 100.0, "material:steel": 92.0, "material:paint": 8.0})
    entry = yard.make([yard.out("x", "steel", "46 KGM")], {"bin": "50 KGM"},
                      activity=Make(matter={"material:steel": ["1"], "material:paint": ["0"]}))
    assert yard.contents("x") == close({"mass": 46.0, "material:steel": 46.0, POST: 46.0})
    leaf = yard.ledger.assessment(entry.index)
    assert leaf is not None
    # All materials that leave as waste arise as recycled content, the paint as well, which is lost.
    assert read(leaf.arisen) == close({POST: 46.0, "recycledPostConsumer:paint": 4.0})


def test_own_waste_from_a_pool_is_not_recycled_content(yard: Yard) -> None:
    """Swarf of the same process, pooled over two records, goes back into it; into another process it is recycled."""
    for i in (1, 2):
        yard.make([yard.out(f"m{i}", "steel", "80 KGM"),
                   yard.out(f"w{i}", "scrap", "20 KGM", "waste", origin="preConsumer", materials={"steel": "1"})],
                  supplies=[ore("100 KGM")])
    yard.pool("bin", "scrap", role="waste", origin="preConsumer")
    yard.add("bin", {"w1": "20 KGM"})
    yard.add("bin", {"w2": "20 KGM"})
    yard.draw("bin", "10", "x")
    assert yard.contents("x") == close({"mass": 10.0, "material:steel": 10.0})
    yard.draw("bin", "10", "y", facility=yard.another_facility("annex"))
    assert yard.contents("y") == close({"mass": 10.0, "material:steel": 10.0, f"questioned:{PRE}": 10.0})


def test_waste_has_the_burden_of_its_transport_alone(memory: MemoryLedger, yard: Yard) -> None:
    """Swarf comes without burden, and none arises from lying in a pool. 20 kg of it came by truck, with 5 kg CO2: they
    are those of 80 kg in the pool, and 1.25 those of 20 kg drawn."""
    mill = Yard(memory, "mill")
    mill.make([mill.out("m", "steel", "20 KGM"), mill.out("w", "scrap", "80 KGM", "waste", origin="preConsumer")],
              supplies=[ore("100 KGM")], activity=Make(co2="1000"))
    freight = Factor(value="0.1", unit="KWH", source="a study", year=2024, boundary="cradleToGate")
    mill.send("w", "20 KGM", yard, "w-1", transport=[supply("freight", "50 KWH", factor=freight)])
    mill.send("w", "60 KGM", yard, "w-2")
    yard.pool("bin", mill.name("scrap"), role="waste", origin="preConsumer")
    yard.add("bin", {mill.name("w-1"): "20 KGM"})
    yard.add("bin", {mill.name("w-2"): "60 KGM"})
    yard.draw("bin", "20", "x")
    assert (mill.fossil("w"), yard.fossil("bin:2"), yard.fossil("x")) == pytest.approx((0.0, 5.0, 1.25), rel=1e-12)


def test_stock_goes_from_pool_to_pool(yard: Yard) -> None:
    """100 kg of 300 in one, of which 50 go into another that holds 50 of 50: 100 kg of 200."""
    yard.steel("a", "100", "300")
    yard.steel("b", "50", "50")
    yard.pool("heap")
    yard.pool("silo")
    yard.add("heap", {"a": "100 KGM"})
    yard.add("silo", {"b": "50 KGM"})
    yard.add("silo", {"heap": "50 KGM"})
    assert yard.fossil("silo:2") == pytest.approx(200.0, rel=1e-12)
    yard.draw("heap", "50", "x")
    assert yard.fossil("x") == pytest.approx(150.0, rel=1e-12)


def test_a_pool_that_is_empty_starts_anew(yard: Yard) -> None:
    """Nothing of what was drawn stays behind."""
    yard.steel("a", "100", "300")
    yard.steel("b", "10", "1")
    yard.pool("heap")
    yard.add("heap", {"a": "100 KGM"})
    yard.draw("heap", "100", "x")
    yard.add("heap", {"b": "10 KGM"})
    assert (yard.fossil("heap:2"), yard.fossil("x")) == (1.0, 300.0)


def test_what_is_sold_from_a_pool_carries_the_average(memory: MemoryLedger, yard: Yard) -> None:
    buyer = Yard(memory, "buyer")
    yard.steel("a", "100", "300")
    yard.steel("b", "100", "100")
    yard.pool("heap", default=True)
    yard.add("heap", {"a": "100 KGM", "b": "100 KGM"})
    yard.send("steel", "30 KGM", buyer, "sold")
    # 30 / 200 * 400
    assert yard.fossil("sold") == pytest.approx(60.0, rel=1e-12)
    entry = yard.consume({"steel": "10 KGM"})
    assert memory.retained(entry.index)["fossilGhgEmissions"] == pytest.approx(20.0, rel=1e-12)


class Burn(Activity, frozen=True):
    """Nothing is said of how it burns."""


def _burn(context: Context, _: Burn) -> Assessment:
    """All carbon of the inputs, by their composition."""
    carbon = sum(((one.mass or 0) * one.elements.get("C", Decimal(0)) for one in context.inputs), Decimal(0))
    return Assessment(lines=(Line(gas="CO2", amount=carbon * 44 / 12, source="fire", kind="onSite"),))


def test_a_sector_sees_the_composition_of_the_blend() -> None:
    """100 kg of 1 % carbon and 300 kg of 3 %: 10 kg in 400, 2.5 %. 200 kg hold 5 kg of it: 5 * 44 / 12 kg CO2."""
    sector = Sector(name="fire", version="1.0.0", en="Fire", zh="火", routes={
        "burn": Route(activity=Burn, assess=_burn, en="Burn", zh="燃烧")})
    installed = Installed(sector, hashlib.sha256(b"fire").hexdigest(), "tests")
    yard = Yard(MemoryLedger(Registry([*registry().sectors.values(), installed])))
    yard.make([yard.out("a", "steel", "100 KGM", elements={"C": "0.01"})], supplies=[ore("100 KGM")])
    yard.make([yard.out("b", "steel", "300 KGM", elements={"C": "0.03"})], supplies=[ore("300 KGM")])
    yard.pool("heap")
    yard.add("heap", {"a": "100 KGM"})
    yard.add("heap", {"b": "300 KGM"})
    yard.ledger.must((yard.party, Transformation(
        issuer=yard.id, nonce=yard.ledger.nonce(), facility=yard.facility, start=START, end=END, process="fire.burn",
        activity=raw(Burn()), inputs=yard.flows({"heap": "200 KGM"}), outputs=[yard.out("ash", "scrap", "1 KGM")],
    )))
    assert yard.fossil("ash") == pytest.approx(5 * 44 / 12, rel=1e-12)


@pytest.mark.parametrize("seed", range(5))
def test_nothing_is_lost_or_made_in_random_histories(seed: int, memory: MemoryLedger) -> None:
    """Emissions of all records = what is left of all lots + what records retained; steel and copper likewise. And every
    lot of the pool is what exact fractions make of it."""
    drawn = random.Random(seed)
    yard = Yard(memory)
    yard.pool("heap")
    emitted = Fraction(0)
    held: tuple[Fraction, Fraction, Fraction] = (Fraction(0), Fraction(0), Fraction(0))
    retained = 0.0
    for i in range(1, 61):
        amount, co2, copper = drawn.randrange(1, 500), drawn.randrange(1000), drawn.randrange(1, 9)
        emitted += co2
        yard.make([yard.out(f"a{i}", "steel", f"{amount} KGM", elements={"Cu": f"0.00{copper}"})],
                  supplies=[ore(f"{amount} KGM")], activity=Make(co2=str(co2)))
        part = drawn.randrange(1, amount + 1)
        yard.add("heap", {f"a{i}": f"{part} KGM"})
        held = (held[0] + part, held[1] + Fraction(co2 * part, amount), held[2] + Fraction(copper * part, 1000))
        lot = f"heap:{i}"
        assert yard.fossil(lot) == pytest.approx(float(held[1]), rel=1e-9, abs=1e-9)
        assert yard.contents(lot) == pytest.approx(
            {"mass": float(held[0]), "material:steel": float(held[0]), "element:Cu": float(held[2])}, rel=1e-9)
        take = drawn.randrange(1, int(held[0]) + 1)
        if drawn.random() < 0.3:
            entry = yard.consume({"heap": f"{take} KGM"}, evidence=[document("invoice")])
            retained += memory.retained(entry.index).get("fossilGhgEmissions", 0.0)
        else:
            yard.draw("heap", str(take), f"x{i}")
        kept = 1 - Fraction(take) / held[0]
        held = (held[0] - take, held[1] * kept, held[2] * kept)
    left = sum(float(memory.left(lot)) * yard.fossil(lot.removeprefix(yard.party.prefix)) for lot in memory.figures)
    assert left + retained == pytest.approx(float(emitted), rel=1e-9)
