"""Amounts assigned to by-products, solved by hand: slag displaces clinker at 0.9, power costs 0.6 kg CO2e per kWh, heat
0.1 per MJ; a tenth more passes."""

from typing import Any

import pytest
from support.sectors import Emission, Given, Make
from support.site import supply
from unit.engine.bounded import SHOWN, Plant

FOSSIL, REMOVAL = "fossilGhgEmissions", "technologicalCO2Removals"
STUFF = [supply("coal", "500 KGM"), supply("ironOre", "500 KGM"), supply("limestone", "500 KGM")]


def questions(amount: str, product: str, quantity: str, burden: str = FOSSIL, **fields: Any) -> dict[str, float]:
    """100 kg of steel, and a by-product to which the sector assigns `amount`."""
    plant = Plant()
    emissions = fields.pop("emissions", [Emission(amount="500")])
    steel = plant.output("sheet", "100 KGM", materials={"steel": "1"}, share="1")
    other = plant.output(product, quantity, "byProduct", share="0.5", **fields)
    activity = Make(emissions=emissions, assigned=[Given(output=1, burden=burden, amount=amount)])
    return plant.amounts([steel, other], STUFF, activity=activity, allocation="declared", evidence=[SHOWN])


@pytest.mark.parametrize(("amount", "question"), [("9.8", 0), ("12", 12 - 0.9 * 10 * 1.1)])
@pytest.mark.parametrize("materials", [{}, {"slag": "1"}, {"slag": "0.6", "limestone": "0.4"}, {"clinker": "1"}])
def test_slag_displaces_clinker(amount: str, question: float, materials: dict[str, str]) -> None:
    asked = questions(amount, "slag", "10 KGM", materials=materials)
    assert asked == ({"by-product-credit": pytest.approx(question)} if question else {})


@pytest.mark.parametrize(("amount", "question"), [("32", 0), ("40", 40 - 3 * 10 * 1.1)])
def test_a_known_good_displaces_itself(amount: str, question: float) -> None:
    asked = questions(amount, "plastic", "10 KGM", materials={"polyethylene": "1"})
    assert asked == ({"by-product-credit": pytest.approx(question)} if question else {})


@pytest.mark.parametrize(("quantity", "most"), [("100 KWH", 60), ("500 3B", 50)])
def test_energy_displaces_bought_energy(quantity: str, most: float) -> None:
    assert questions(f"{most * 1.1 - 1:.0f}", "energy", quantity) == {}
    assert questions(f"{most * 1.1 + 5:.0f}", "energy", quantity) == {"by-product-credit": pytest.approx(5)}


def test_fuel_displaces_fuel_that_burns() -> None:
    """Coal: 0.3 upstream and 2.2 from burning, for 10 kg and a tenth more."""
    assert questions("27", "char", "10 KGM", materials={"coal": "1"}) == {}
    assert questions("30", "char", "10 KGM", materials={"coal": "1"}) == {"by-product-credit": pytest.approx(2.5)}


def test_no_output_is_credited_with_production_elsewhere() -> None:
    assert questions("-7", "slag", "10 KGM") == {"negative-credit": 7}


def test_an_output_may_carry_the_removals_of_the_record() -> None:
    stored = [Emission(amount="500"), Emission(amount="-20", burden=REMOVAL)]
    assert questions("-20", "slag", "10 KGM", REMOVAL, emissions=stored) == {}
    assert questions("-25", "slag", "10 KGM", REMOVAL, emissions=stored) == {"negative-credit": 5}


def residue(kilograms: str, *more: Any, product: str = "slag", **fields: Any) -> dict[int, float]:
    """Kg CO2e that 1,000 kg of steel escape by a residue that is credited with 0.9 per kg. Ore leaves 0.35, coal 0.45,
    so that 1,000 kg of ore and 400 kg of coal leave 530 kg at most, and a tenth more passes."""
    plant = Plant()
    amount = f"{float(kilograms) * 0.9:g}"
    steel = plant.output("sheet", "400 KGM", materials={"steel": "1"}, share="1")
    other = plant.output(product, f"{kilograms} KGM", "byProduct", share="0", **fields)
    activity = Make(emissions=[Emission(amount="5000")], assigned=[Given(output=1, burden=FOSSIL, amount=amount)])
    return plant.escaped(
        "by-product-mass", [steel, other], [supply("ironOre", "1000 KGM"), supply("coal", "400 KGM"), *more],
        activity=activity, allocation="declared")


def test_slag_is_what_ore_and_fuel_leave_behind() -> None:
    """The whole question is the steel's, although the slag is heavier."""
    assert residue("580") == {}
    assert residue("1000") == {0: pytest.approx(0.9 * (1000 - 530 * 1.1))}


@pytest.mark.parametrize(("material", "kilograms"), [("limestone", "5000"), ("sand", "900"), ("water", "900")])
def test_flux_buys_no_credit(material: str, kilograms: str) -> None:
    assert residue("1000", supply(material, f"{kilograms} KGM")) == {0: pytest.approx(0.9 * (1000 - 530 * 1.1))}


@pytest.mark.parametrize("material", ["slag", "stuffThatNobodyKnows"])
def test_slag_that_came_leaves(material: str) -> None:
    assert residue("1000", supply(material, "400 KGM")) == {}


def test_a_good_of_its_own_price_is_no_residue() -> None:
    assert residue("1000", product="plastic", materials={"polyethylene": "1"}) == {}
