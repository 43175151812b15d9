"""Matter out of inputs that hold it, solved by hand: steel costs 2 kg CO2e per kg, zinc 4, clinker 0.9. Iron ore holds
73 % of iron at most. An input that holds a metal counts with a tenth more."""

from typing import Any

import msgspec
import pytest
from support.site import quantity, supply
from unit.engine.bounded import Plant, natural

from ledger.core.outcome.assessment import Assessment

STEEL = {"materials": {"steel": "1"}}


def questions(plant: Plant, *args: Any, **fields: Any) -> dict[str, float]:
    asked = plant.amounts(*args, **fields)
    asked.pop("figure-below-range", None)
    return asked


@pytest.mark.parametrize(("supplies", "question"), [
    ([supply("steel", "100 KGM")], 0),
    ([supply("steel", "91 KGM"), supply("sand", "9 KGM")], 0),
    ([supply("steel", "80 KGM"), supply("sand", "20 KGM")], (100 - 80 * 1.1) * 2),
    ([supply("ironOre", "125 KGM")], 0),
    ([supply("ironOre", "100 KGM")], (100 - 73 * 1.1) * 2),
    ([supply("sand", "500 KGM"), supply("coal", "500 KGM")], 200),
    ([supply("limestone", "500 KGM")], 200),
    # Zinc alloys as much steel as there is, and makes none.
    ([supply("zinc", "100 KGM")], 200),
    ([supply("steel", "50 KGM"), supply("zinc", "50 KGM")], 0),
    ([supply("steel", "40 KGM"), supply("zinc", "60 KGM")], (100 - 80 * 1.1) * 2),
    ([supply("ecoMetal", "100 KGM")], 0),
    ([supply("landfilling", "500 KGM")], 200),
])
def test_steel_comes_out_of_what_holds_it(supplies: list[Any], question: float) -> None:
    plant = Plant()
    asked = questions(plant, [plant.output("sheet", "100 KGM", **STEEL)], supplies)
    assert asked == ({"material-unexplained": pytest.approx(question)} if question else {})


def test_a_code_says_what_a_product_is() -> None:
    plant = Plant()
    sheet = plant.output("sheet", "100 KGM", classifications={"hs": "7208"})
    assert questions(plant, [sheet], [supply("sand", "200 KGM")]) == {"material-unexplained": pytest.approx(200)}


def test_waste_is_made_of_something_too() -> None:
    """Scrap that comes from nowhere would be recycled content later."""
    plant = Plant()
    outputs = [plant.output("good", "100 KGM"), plant.output("scrap", "50 KGM", "waste", **STEEL)]
    assert questions(plant, outputs, [supply("sand", "200 KGM")]) == {"material-unexplained": pytest.approx(100)}


def test_a_lot_holds_its_materials() -> None:
    plant = Plant()
    plant.run([plant.output("scrap", "100 KGM", materials={"steel": "0.6", "polyethylene": "0.4"})],
              [supply("steel", "60 KGM"), supply("polyethylene", "40 KGM")])
    asked = questions(plant, [plant.output("sheet", "100 KGM", **STEEL)], [], {"lotscrap0": "100 KGM"})
    assert asked == {"material-unexplained": pytest.approx((100 - 60 * 1.1) * 2)}


def test_a_lot_that_states_half_of_itself_may_hold_the_rest() -> None:
    plant = Plant()
    plant.run([plant.output("mix", "100 KGM", materials={"polyethylene": "0.4"})], [supply("polyethylene", "100 KGM")])
    rest = plant.output("rest", "40 KGM", "waste", materials={"polyethylene": "1"})
    assert questions(plant, [plant.output("sheet", "60 KGM", **STEEL), rest], [], {"lotmix0": "100 KGM"}) == {}


def test_each_metal_has_its_question() -> None:
    """Sand holds no iron and at most 47 % of silicon, which is of the class of zinc."""
    plant = Plant()
    alloy = plant.output("alloy", "100 KGM", materials={"steel": "0.2", "zinc": "0.8"})
    sheet = plant.output("sheet", "10 KGM", **STEEL)
    leaf = plant.ledger.assessment(plant.run([alloy, sheet], [supply("sand", "110 KGM")]).index)
    assert leaf is not None
    findings = msgspec.json.decode(leaf.assessment, type=Assessment).findings
    found = [finding for finding in findings if finding.code == "material-unexplained"]
    assert [(one.message.split(" kg of ")[1].split(",")[0], one.output, float(one.amount or 0)) for one in found] == [
        ("steel", None, 60), ("metal", 0, pytest.approx((80 - 110 * 0.47 * 1.1) * 4))]


@pytest.mark.parametrize(("nature", "water", "question"), [
    ((), "10", 0), ((), "20", 10 * 0.9), (natural(water="0.3"), "20", 0), (natural(water="0.15"), "20", 5 * 0.9),
])
@pytest.mark.parametrize("name", ["water", "coolingWater", "tapWater"])
def test_water_explains_mass_up_to_the_maximum_of_the_route(
    nature: Any, water: str, question: float, name: str
) -> None:
    """Bought water is nearly as free as water of nature."""
    plant = Plant(nature)
    clinker = plant.output("clinker", "100 KGM", materials={"clinker": "1"})
    sand = str(100 - int(water))
    asked = questions(plant, [clinker], [supply("sand", f"{sand} KGM"), supply(name, f"{water} KGM")])
    assert asked == ({"mass-unexplained": pytest.approx(question)} if question else {})


def test_air_has_a_maximum_too() -> None:
    plant = Plant()
    air = supply("air", "50 KGM", origin="nature")
    asked = questions(plant, [plant.output("clinker", "100 KGM", materials={"clinker": "1"})],
                      [supply("sand", "50 KGM"), air])
    assert asked == {"mass-unexplained": pytest.approx((100 - 50 - 10) * 0.9)}


def test_a_service_is_no_matter() -> None:
    plant = Plant()
    asked = questions(plant, [plant.output("clinker", "100 KGM", materials={"clinker": "1"})],
                      [supply("landfilling", "100 KGM")])
    assert asked == {"mass-unexplained": pytest.approx(90)}


def test_a_good_that_nobody_knows_costs_what_most_of_its_class_cost() -> None:
    """The 90th percentile of the set's eleven materials in kg, by nearest rank the second highest: polyethylene."""
    plant = Plant()
    asked = questions(plant, [plant.output("good", "100 KGM")], [supply("landfilling", "100 KGM")])
    assert asked == {"mass-unexplained": pytest.approx(100 * 3)}


def test_a_content_in_question_is_no_second_question() -> None:
    plant = Plant()
    asked = questions(plant, [plant.output("sheet", "100 KGM", **STEEL)], [supply("water", "100 KGM")])
    assert asked == {"material-unexplained": pytest.approx(200)}


@pytest.mark.parametrize(("mass", "question"), [("400 KGM", 0), ("399 KGM", 800 - 399), ("4 TNE", 0)])
def test_a_liquid_weighs_what_its_volume_does(mass: str, question: float) -> None:
    """A cubic metre of methanol: 800 kg. Heavier goods take more, and nobody gains."""
    plant = Plant()
    made = plant.output("spirit", "1 MTQ", mass=quantity(mass), materials={"methanol": "1"})
    asked = questions(plant, [made], [supply("methanol", "5 TNE")])
    assert asked.get("mass-contradicts-volume", 0) == pytest.approx(question)


@pytest.mark.parametrize(("material", "volume", "mass", "question"), [
    ("methanol", "1 MTQ", "400 KGM", 0), ("methanol", "1 MTQ", "1600 KGM", 0), ("methanol", "1 MTQ", "300 KGM", 500),
    ("methanol", "1 MTQ", "1700 KGM", 0), ("gas", "1 NM3", "1.5 KGM", 0), ("gas", "1 NM3", "3 KGM", 3 * 0.4),
    ("gas", "1 NM3", "0.3 KGM", 0), ("gas", "1 MTQ", "30 KGM", 0), ("sand", "1 MTQ", "1 KGM", 0),
])
def test_the_dearer_of_mass_and_volume_counts(material: str, volume: str, mass: str, question: float) -> None:
    """Methanol of 1 kg CO2e per kg is priced by its mass, gas of 0.4 per Nm3 and 0.75 kg by its volume. Gas under
    pressure has any density."""
    plant = Plant()
    bought = supply(material, volume, mass=quantity(mass))
    asked = questions(plant, [plant.output("good", "100 KGM")], [bought, supply("limestone", "100 KGM")])
    assert asked.get("mass-contradicts-volume", 0) == pytest.approx(question)
