"""Matter without a name that leaves in no output, solved by hand: all fuels of the set burn with 2.2 kg CO2e per kg at
most, and with the upstream of 0.3 that the supplier states."""

from typing import Any

import pytest
from support.sectors import Make
from support.site import supply
from unit.engine.bounded import Plant

from ledger.core.record.values import Evidence, Factor, Supply

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
    assert asked((little,), co2="700") == pytest.approx(22)
    assert asked((little,), co2="800") == 0


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
