"""Analyses of fuels, solved by hand. Coal has 25 MJ and 2.2 kg CO2 per kg by its row: 0.6 kg of carbon, 0.024 per MJ,
which may be 0.0192 to 0.03. Gas has 36 MJ and 2 kg CO2 per normal cubic metre."""

from typing import Any

import pytest
from support.site import quantity, supply
from unit.engine.bounded import BURNING, Burning, Plant

from ledger.core.record.values import Evidence

COAL = supply("coal", "100 KGM")


def findings(bought: Any, evidence: str | None = None, **stated: str) -> dict[str, Any]:
    plant = Plant(route=BURNING)
    shown = [] if evidence is None else [Evidence(digest="1" * 64, media_type="text/csv", kind=evidence)]
    return plant.findings([plant.output("good", "90 KGM")], [supply("sand", "100 KGM"), bought], evidence=shown,
                          activity={"analyses": [{"material": bought.material, **stated}]})


def amounts(bought: Any, evidence: str | None = None, **stated: str) -> dict[str, float | None]:
    return {code: None if one.amount is None else float(one.amount)
            for code, one in findings(bought, evidence, **stated).items()}


@pytest.mark.parametrize("stated", [
    {}, {"heatingValue": "12.5", "carbon": "0.3"}, {"heatingValue": "37.5", "carbon": "0.9"},
    {"heatingValue": "25", "carbon": "0.48"}, {"heatingValue": "25", "carbon": "0.75"}, {"carbonContent": "0.0192"},
    {"oxidation": "0.85"}, {"heatingValue": "15.9", "carbon": "0.41"},
])
def test_coals_differ(stated: dict[str, str]) -> None:
    assert amounts(COAL, "fuelAnalysis", **stated) == {}


@pytest.mark.parametrize(("stated", "saved"), [
    ({"heatingValue": "12.5", "carbon": "0.3"}, 220 - 30 * 44 / 12), ({"carbonContent": "0.0192"}, 220 * 0.2),
    ({"oxidation": "0.85"}, 220 * 0.15), ({"heatingValue": "37.5", "carbon": "0.9"}, None),
    ({"oxidation": "0.995"}, None),
])
@pytest.mark.parametrize(("document", "shown"), [
    (None, False), ("meterReading", False), ("fuelAnalysis:gas", False), ("fuelAnalysis", True),
    ("fuelAnalysis:coal", True),
])
def test_values_within_the_range_need_a_report_where_they_save(
    stated: dict[str, str], saved: float | None, document: str | None, shown: bool
) -> None:
    asked = amounts(COAL, document, **stated)
    assert asked == ({} if shown or saved is None else {"unproven-analysis": pytest.approx(saved)})


@pytest.mark.parametrize(("stated", "code", "question"), [
    ({"heatingValue": "12.4", "carbon": "0.2976"}, "fuel-heating-value", 220 - 29.76 * 44 / 12),
    ({"heatingValue": "38", "carbon": "0.912"}, "fuel-heating-value", None),
    ({"heatingValue": "25", "carbon": "0.47"}, "fuel-carbon", 220 - 47 * 44 / 12),
    ({"carbonContent": "0.019"}, "fuel-carbon", 220 - 47.5 * 44 / 12),
    ({"heatingValue": "25", "carbon": "0.76"}, "fuel-carbon", None),
    ({"oxidation": "0.8"}, "fuel-oxidation", 220 * 0.2),
    ({"biogenicShare": "0.1"}, "fossil-biogenic", 22),
])
def test_a_value_outside_of_its_range_is_questioned(
    stated: dict[str, str], code: str, question: float | None
) -> None:
    """By the CO2 of the row, less the stated CO2. A fuel that is richer than its row lowers no figure."""
    found = findings(COAL, **stated)
    assert list(found) == [code]
    assert (found[code].amount is None, found[code].severity == "note") == (question is None, question is None)
    assert question is None or float(found[code].amount) == pytest.approx(question)


def test_the_difference_is_questioned_once() -> None:
    """Heating value 10, carbon 0.1: 0.01 per MJ. Of 220 kg CO2, 36.7 are stated, and half of them as biogenic."""
    asked = amounts(COAL, heatingValue="10", carbon="0.1", biogenicShare="0.5")
    assert asked == {
        "fuel-carbon": pytest.approx(220 - 10 * 44 / 12), "fuel-heating-value": None,
        "fossil-biogenic": pytest.approx(5 * 44 / 12),
    }


def test_a_finding_says_where_and_by_what() -> None:
    found = findings(COAL, heatingValue="25", carbon="0.47")["fuel-carbon"]
    assert (found.supply, str(found.value), found.unit, found.severity) == (1, "0.0188", "KGM/3B", "warning")
    assert (str(found.usual.low), str(found.usual.high)) == ("0.0192", "0.03")
    assert found.factor == "hand@1:coal/combustion/*/2020"


def test_gas_is_counted_by_volume() -> None:
    gas = supply("gas", "100 NM3", mass=quantity("75 KGM"))
    assert amounts(gas, "fuelAnalysis:gas", heatingValue="34", carbon="0.53") == {}
    assert amounts(gas, heatingValue="36", carbon="0.4") == {"fuel-carbon": pytest.approx(200 - 40 * 44 / 12)}


def test_biomass_is_biogenic() -> None:
    chips = supply("chips", "100 KGM")
    assert amounts(chips, heatingValue="8", carbon="0.25", biogenicShare="1") == {}
    assert amounts(chips, heatingValue="5", carbon="0.25", biogenicShare="1") == {"fuel-heating-value": None}


@pytest.mark.parametrize("stated", [
    {"heatingValue": "21", "carbon": "0.56"}, {"heatingValue": "19", "carbon": "0.51"}, {"heatingValue": "8"},
])
def test_wood_is_at_most_dry(stated: dict[str, str]) -> None:
    assert amounts(supply("woodChips", "100 KGM"), biogenicShare="1", **stated) == {}


@pytest.mark.parametrize(("stated", "codes"), [
    ({"heatingValue": "26", "carbon": "0.65"}, ["fuel-heating-value", "fuel-carbon"]),
    ({"heatingValue": "26", "carbon": "0.5"}, ["fuel-heating-value"]),
    ({"heatingValue": "26"}, ["fuel-heating-value"]),
    ({"heatingValue": "20", "carbon": "0.57"}, ["fuel-carbon"]),
])
def test_wood_with_the_heat_or_the_carbon_of_coal_is_coal(stated: dict[str, str], codes: list[str]) -> None:
    """As coal: 25.8 kg of carbon per GJ. The amount counts once, whatever a laboratory says."""
    asked = amounts(supply("woodChips", "100 KGM"), "fuelAnalysis", biogenicShare="1", **stated)
    assert list(asked) == codes
    assert asked[codes[0]] == pytest.approx(100 * float(stated["heatingValue"]) * 0.0258 * 44 / 12)
    assert [asked[code] for code in codes[1:]] == [None] * (len(codes) - 1)


def test_carbon_that_counts_as_fossil_is_not_asked_again() -> None:
    """Half of the carbon, 32.5 kg of 65, is said to be fossil."""
    asked = amounts(supply("woodChips", "100 KGM"), heatingValue="26", carbon="0.65", biogenicShare="0.5")
    assert asked["fuel-heating-value"] == pytest.approx(2600 * 0.0258 * 44 / 12 - 32.5 * 44 / 12)


def test_meal_of_animals_has_no_row_and_a_range_all_the_same() -> None:
    meal = supply("animalMeal", "100 KGM")
    assert amounts(meal, heatingValue="18", carbon="0.42", biogenicShare="1") == {}
    assert "fuel-heating-value" in amounts(meal, heatingValue="29", carbon="0.7", biogenicShare="1")


@pytest.mark.parametrize(("material", "share", "evidence", "question"), [
    ("mixedWaste", "0.8", "fuelAnalysis", 0), ("mixedWaste", "1", "fuelAnalysis:mixedWaste", 0.2),
    ("mixedWaste", "0.4", None, 0), ("mixedWaste", "0.8", None, 0.4), ("mixedWaste", "0.8", "fuelAnalysis:tyres", 0.4),
    ("tyres", "0.4", "biomassCertificate", 0), ("tyres", "0.2", None, 0), ("tyres", "0.9", "fuelAnalysis", 0.5),
    ("tyres", "0.9", "weighing", 0.7), ("riceHusk", "0.1", None, 0.1),
])
def test_waste_is_biogenic_in_part(material: str, share: str, evidence: str | None, question: float) -> None:
    """100 kg with 40 % carbon give 146.7 kg CO2. Without a report, waste has the share that is usual at least."""
    asked = amounts(supply(material, "100 KGM"), evidence, heatingValue="15", carbon="0.4", biogenicShare=share)
    whole = 40 * 44 / 12
    assert asked == ({"fossil-biogenic": pytest.approx(whole * question)} if question else {})


@pytest.mark.parametrize(("material", "stated", "evidence", "codes", "question"), [
    # At least 10 MJ with the carbon of gas, 0.0148 kg per MJ: 14.8 kg of 100, and 1.49 are stated.
    ("kilnBlend", {"heatingValue": "1", "carbon": "0.0149"}, None, ["fuel-heating-value"], 14.8 - 1.49),
    ("kilnBlend", {"heatingValue": "1", "carbon": "0.001"}, None, ["fuel-carbon", "fuel-heating-value"], 14.8 - 0.1),
    ("kilnBlend", {"heatingValue": "9", "carbon": "0.2"}, None, ["fuel-heating-value"], None),
    ("kilnBlend", {"heatingValue": "10", "carbon": "0.15"}, None, [], None),
    ("solvents", {"heatingValue": "1", "carbon": "0.0149"}, None, ["fuel-heating-value"], 29.6 - 1.49),
    ("solvents", {"heatingValue": "1", "carbon": "0.0149"}, "fuelAnalysis:solvents", [], None),
])
def test_a_fuel_without_a_row_has_some_heat(
    material: str, stated: dict[str, str], evidence: str | None, codes: list[str], question: float | None
) -> None:
    asked = amounts(supply(material, "100 KGM"), evidence, **stated)
    assert list(asked) == codes
    assert list(asked.values())[:1] == ([pytest.approx(question * 44 / 12)] if question else [None] * len(codes))


@pytest.mark.parametrize("kind", ["fuelAnalysis", "biomassCertificate", "fuelAnalysis:riceHusk"])
def test_a_report_shows_the_biogenic_share_of_a_fuel_that_nobody_knows(kind: str) -> None:
    husk = supply("riceHusk", "100 KGM")
    assert amounts(husk, kind, heatingValue="13", carbon="0.37", biogenicShare="1") == {}
    assert "fossil-biogenic" in amounts(husk, "weighing", heatingValue="13", carbon="0.37", biogenicShare="1")


def test_a_report_turns_no_coal_into_wood() -> None:
    assert amounts(COAL, "fuelAnalysis", biogenicShare="1") == {"fossil-biogenic": pytest.approx(220)}


def as_energy(bought: str, made: str = "", **materials: str) -> dict[str, float | None]:
    """The findings on 100 kg of sand that pass a kiln with a lot of energy of these materials."""
    plant = Plant(route=BURNING)
    plant.product("energy", "3B", materials=materials)
    lot = plant.out("bought", "energy", bought, share="1")
    plant.run([lot], [supply("coal", "1 TNE")], allocation="declared")
    sold = [plant.out("sold", "energy", made, share="0.5")] if made else []
    good = plant.output("good", "90 KGM", share="0.5" if made else "1")
    found = plant.findings([good, *sold], [supply("sand", "100 KGM")], {lot.lot: bought}, allocation="declared")
    return {code: float(one.amount) for code, one in found.items() if code == "fuel-as-energy"}


@pytest.mark.parametrize(("bought", "made", "materials", "question"), [
    # 100 kg of coal by the row.
    ("2500 3B", "", {"coal": "1"}, 220), ("2500 3B", "", {"coal": "0.5", "chips": "0.5"}, 110),
    ("3600 3B", "", {"gas": "1"}, 200), ("2500 3B", "500 3B", {"coal": "1"}, 176),
    ("2500 3B", "2500 3B", {"coal": "1"}, 0), ("2500 3B", "", {"chips": "1"}, 0), ("2500 3B", "", {}, 0),
    ("2500 3B", "", {"steel": "1"}, 0),
])
def test_a_fuel_in_a_lot_of_energy_is_burnt(
    bought: str, made: str, materials: dict[str, str], question: float
) -> None:
    assert as_energy(bought, made, **materials) == ({"fuel-as-energy": pytest.approx(question)} if question else {})


def test_a_fuel_that_nobody_knows_has_carbon() -> None:
    """At least 0.0148 kg per MJ: 2500 MJ have 37 kg of it."""
    brand = supply("ecoBlend", "100 KGM")
    assert amounts(brand, heatingValue="25", carbon="0.37") == {}
    assert amounts(brand, heatingValue="25", carbon="0.1") == {"fuel-carbon": pytest.approx(27 * 44 / 12)}


@pytest.mark.parametrize(("materials", "carbon", "question"), [
    # Chips hold up to 0.56 kg per kg, the other half of a mixture anything.
    ({"woodChips": "1"}, "0.56", 0), ({"woodChips": "1"}, "0.6", 60 * 44 / 12),
    ({"woodChips": "0.5", "sand": "0.5"}, "0.7", 0),
    ({"coal": "1"}, "0.6", 0), ({"sand": "1"}, "0.6", 0),
])
def test_a_lot_of_wood_with_the_carbon_of_coal(materials: dict[str, str], carbon: str, question: float) -> None:
    plant = Plant(route=BURNING)
    plant.product("fuel", materials=materials, biogenic_carbon=carbon)
    plant.declare(lot=plant.out("fuel0", "fuel", "100 KGM"), burdens={"fossilGhgEmissions": "30"})
    found = plant.findings([plant.output("good", "90 KGM", materials={"sand": "1"})], [supply("sand", "100 KGM")],
                           {"fuel0": "100 KGM"}, activity=Burning())
    asked = found.get("fuel-carbon")
    assert (0.0 if asked is None else float(asked.amount or 0)) == pytest.approx(question)
    assert asked is None or (asked.taken, asked.supply) == (0, None)


def test_a_lot_of_wood_with_the_carbon_of_coal_that_leaves() -> None:
    plant = Plant(route=BURNING)
    plant.product("fuel", materials={"woodChips": "1"}, biogenic_carbon="0.6")
    plant.declare(lot=plant.out("fuel0", "fuel", "100 KGM"), burdens={"fossilGhgEmissions": "30"})
    found = plant.findings([plant.output("good", "75 KGM", materials={"woodChips": "1"})], [], {"fuel0": "100 KGM"},
                           activity=Burning())
    assert float(found["fuel-carbon"].amount or 0) == pytest.approx(25 * 0.6 * 44 / 12)


def test_wood_of_any_name_has_the_heat_of_pellets_at_most() -> None:
    """23 MJ and 0.6 kg of carbon."""
    wood = supply("wood", "100 KGM")
    assert amounts(wood, "fuelAnalysis", heatingValue="19", carbon="0.5", biogenicShare="1") == {}
    asked = amounts(wood, "fuelAnalysis", heatingValue="25", carbon="0.65", biogenicShare="1")
    assert asked == {"fuel-heating-value": pytest.approx(2500 * 0.0258 * 44 / 12), "fuel-carbon": None}
