"""Matter out of inputs that hold it, solved by hand: steel costs 2 kg CO2e per kg, zinc 4, clinker 0.9. Iron ore holds
73 % of iron at most. An input that holds a metal counts with a tenth more."""

from typing import Any

import msgspec
import pytest
from support.sectors import Make
from support.site import quantity, supply
from unit.engine.bounded import Plant, natural

from ledger.core.outcome.assessment import Assessment
from ledger.core.record.values import Evidence, Factor, Supply

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
    assert questions(plant, [plant.output("clinker", "100 KGM", materials={"clinker": "1"})],
                     [supply("sand", "50 KGM"), air]) == {"mass-unexplained": pytest.approx((100 - 50 - 10) * 0.9)}


def test_a_service_is_no_matter() -> None:
    plant = Plant()
    assert questions(plant, [plant.output("clinker", "100 KGM", materials={"clinker": "1"})],
                     [supply("landfilling", "100 KGM")]) == {"mass-unexplained": pytest.approx(90)}


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


# Matter without a name that leaves in no output, solved by hand: all fuels of the set burn with 2.2 kg CO2e per kg at
# most, and with the upstream of 0.3 that the supplier states.


CODE = "unnamed-matter-gone"
SAND = supply("sand", "1000 KGM")


def paper(kind: str) -> Evidence:
    return Evidence(digest="1" * 64, media_type="application/pdf", kind=kind)


def blend(value: str = "0.3", name: str = "qBlend", amount: str = "100 KGM", **fields: Any) -> Supply:
    """With the figure that its supplier shows."""
    factor = Factor(value=value, unit="KGM", source="supplier", year=2025, boundary="cradleToGate")
    return supply(name, amount, factor=factor, **fields)


def asked(
    bought: tuple[Supply, ...] = (), goods: dict[str, Any] | None = None, *kinds: str, good: str = "1000 KGM",
    co2: str = "0", lot: dict[str, Any] | None = None,
) -> float:
    """Kg CO2e of the findings; 0 without one. `lot`: a product of which 100 kg come in as a lot."""
    plant = Plant()
    inputs = {}
    if lot is not None:
        plant.product("stuff", **lot)
        plant.declare(lot=plant.out("stuff0", "stuff", "100 KGM"), burdens={"fossilGhgEmissions": "30"},
                      evidence=[paper("study")])
        inputs = {"stuff0": "100 KGM"}
    outputs = [plant.output("good", good, **({"materials": {"sand": "1"}} if goods is None else goods))]
    evidence = [paper(kind) for kind in ("supplierFactor", *kinds)]
    found = plant.findings(outputs, (SAND, *bought), inputs, activity=Make(co2=co2), evidence=evidence).get(CODE)
    return 0.0 if found is None else float(found.amount or 0)


@pytest.mark.parametrize(("bought", "question"), [
    (blend(), 220), (blend(amount="0.1 TNE"), 220),
    # Names of a class: plastics hold 93 % of carbon, metal is no fuel.
    (blend(name="qPlasticBlend"), 220), (blend(name="qCoal"), 220), (blend(name="qIron"), 0), (blend(name="qOre"), 0),
    # Whatever else the name says, it says coal.
    (blend(name="stoneCoal"), 220), (blend(name="ironCoalStone"), 220),
    # A dear chemical: of 3 kg CO2e per kg, 1.8 are beyond the upstream of all fuels.
    (blend("3"), 100 * (2.2 - 1.8)), (blend("4"), 0), (blend("1.2"), 220),
    # Cleaner than all fuels: sand or water by another name.
    (blend("0.004"), 0), (blend("0.005"), 220),
    # Known names have rules of their own, and without a price it is an omission.
    (supply("sand", "100 KGM"), 0), (supply("qBlend", "100 KGM"), 0),
])
def test_a_supply_without_a_name_that_goes_nowhere_may_be_fuel(bought: Supply, question: float) -> None:
    assert asked((bought,)) == pytest.approx(question)


@pytest.mark.parametrize(("kind", "question"), [
    ("safetyDataSheet:qBlend", 0), ("deliveryNote:qBlend", 0), ("safetyDataSheet", 220), ("safetyDataSheet:other", 220),
    ("weighing:qBlend", 220),
])
def test_a_document_of_its_identity_answers_it(kind: str, question: float) -> None:
    assert asked((blend(),), None, kind) == pytest.approx(question)


@pytest.mark.parametrize(("good", "goods", "question"), [
    # A tonne of sand explains the first tonne of goods.
    ("1100 KGM", None, 0), ("1080 KGM", None, 0), ("1050 KGM", None, 110), ("900 KGM", None, 220),
    # Goods of which nothing is known may hold it.
    ("1000 KGM", {}, 0), ("1000 KGM", {"materials": {"qStuff": "1"}}, 0),
    ("1000 KGM", {"materials": {"sand": "0.95", "qStuff": "0.05"}}, 110),
])
def test_what_leaves_is_not_burnt(good: str, goods: dict[str, Any] | None, question: float) -> None:
    assert asked((blend(),), goods, good=good) == pytest.approx(question)


def test_waste_that_somebody_treats_has_left() -> None:
    assert asked((blend(), supply("landfilling", "100 KGM"))) == 0


def test_water_and_air_and_fuel_explain_no_goods() -> None:
    """They leave as steam and smoke, so the blend may be all of the plastics."""
    plant = Plant()
    outputs = [plant.output("good", "100 KGM", materials={"polyethylene": "1"})]
    bought = (blend(), supply("water", "500 KGM"), supply("coal", "20 KGM"))
    assert CODE not in plant.findings(outputs, bought, evidence=[paper("supplierFactor:qBlend")])


def test_what_decides_no_title_is_not_asked() -> None:
    """Less than 3 % of the burdens."""
    little = blend(name="qPlasticBlend", amount="10 KGM")
    assert (asked((little,), co2="700"), asked((little,), co2="800")) == (pytest.approx(22), 0)


@pytest.mark.parametrize(("bought", "question"), [
    # A kilogram of R404A: 0.44 * 3740 + 0.52 * 5810 + 0.04 * 1530 = 4728 kg CO2e; two are 0.2 % of the goods.
    ((blend(amount="1 KGM"),), 4728), ((blend(amount="2 KGM"),), 9456), ((blend(amount="50 KGM"),), 9456),
    ((blend(amount="51 KGM"),), 112.2), ((blend("3", amount="1 KGM"),), 4728 - 1.8),
    # One of two, which are 4 kg together.
    ((blend(name="qOther", amount="3 KGM"), blend(amount="1 KGM")), 9456 / 4),
    # Names that say what they are.
    ((blend(name="qPlastic", amount="1 KGM"),), 0), ((blend(name="qIron", amount="1 KGM"),), 0),
    ((blend("0.004", amount="1 KGM"),), 0),
])
def test_a_little_without_a_class_may_be_the_gas_of_a_refrigerator(bought: tuple[Supply, ...], question: float) -> None:
    assert asked(bought, co2="100") == pytest.approx(question)
    assert asked(bought, None, "safetyDataSheet:qBlend", "compositionAnalysis:qOther", co2="100") == 0


@pytest.mark.parametrize(("product", "question"), [
    ({}, 220), ({"materials": {"qStuff": "1"}}, 220), ({"materials": {"sand": "0.5", "qStuff": "0.5"}}, 110),
    ({"materials": {"sand": "1"}}, 0), ({"classifications": {"hs": "7208"}}, 0), ({"materials": {"qIron": "1"}}, 0),
    ({"classifications": {"hs": "9999"}}, 220),
    # Half of it is metal by its name, and of the rest nobody says anything.
    ({"materials": {"qIron": "0.5"}}, 220), ({"materials": {"qIron": "0.95"}}, 0),
])
def test_a_lot_without_a_name_that_goes_nowhere(product: dict[str, Any], question: float) -> None:
    assert asked(lot=product) == pytest.approx(question)


@pytest.mark.parametrize(("product", "question"), [
    ({}, 220), ({"materials": {"qStuff": "1"}}, 220), ({"materials": {"coal": "1"}}, 220),
    ({"classifications": {"cn": "2701"}}, 220), ({"materials": {"sand": "1"}}, 0),
    ({"classifications": {"hs": "7208"}}, 0),
])
def test_a_supply_of_a_product_is_named_by_it(product: dict[str, Any], question: float) -> None:
    plant = Plant()
    plant.product("bought", **product)
    outputs = [plant.output("good", "1000 KGM", materials={"sand": "1"})]
    bought = blend(product=plant.name("bought"))
    found = plant.findings(outputs, (SAND, bought), evidence=[paper("supplierFactor")]).get(CODE)
    assert (0.0 if found is None else float(found.amount or 0)) == pytest.approx(question)


@pytest.mark.parametrize(("co2", "question"), [("0", 220), ("1", 0)])
def test_waste_without_a_name_is_asked_unless_the_sector_books_emissions(co2: str, question: float) -> None:
    plant = Plant()
    plant.product("waste")
    plant.declare(lot=plant.out("waste0", "waste", "100 KGM", "waste", origin="postConsumer"), basis="collected",
                  boundary="none", collector=plant.id, evidence=[paper("weighing")])
    outputs = [plant.output("good", "1000 KGM", materials={"sand": "1"})]
    found = plant.findings(outputs, (SAND,), {"waste0": "100 KGM"}, activity=Make(co2=co2)).get(CODE)
    assert (0.0 if found is None else float(found.amount or 0)) == pytest.approx(question)


def test_a_document_of_a_lot_names_it_or_its_product() -> None:
    names = Plant()
    for name in (names.name("stuff0"), names.name("stuff")):
        assert asked((), None, f"compositionAnalysis:{name}", lot={}) == 0


def test_the_finding_names_its_supply_and_the_kilograms() -> None:
    plant = Plant()
    outputs = [plant.output("good", "1000 KGM", materials={"sand": "1"})]
    found = plant.findings(outputs, (SAND, blend()), evidence=[paper("supplierFactor")])[CODE]
    assert (found.supply, found.taken, found.severity, float(found.value or 0), found.unit) == (
        1, None, "warning", 100, "KGM")
    assert found.message.startswith("qBlend: no factor set knows its name, and 100 kg of it leave in no output")
