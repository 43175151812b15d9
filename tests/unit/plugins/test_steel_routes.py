"""Coking, agglomeration, rolling, and bad activities of all routes, solved by hand. Emissions and masses in kg."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from carbon_ledger_steel import plugin
from support.containing import Containing
from support.raising import raised

from ledger.errors import InvalidQuantity, PluginError
from ledger.sdk import InputFacts, OutputFacts, SupplyFacts
from ledger.sdk.testing import Run, context, lot, output, run, supply

STEEL = plugin()
COKE = {"coke": "1"}
IRON = {"pigIron": "1"}


def go(
    route: str, supplies: tuple[SupplyFacts, ...], outputs: tuple[OutputFacts, ...],
    activity: Mapping[str, Any] | None = None, inputs: tuple[InputFacts, ...] = (), **facts: Any,
) -> Run:
    return run(STEEL, context(f"steel.{route}", inputs=inputs, supplies=supplies, outputs=outputs, **facts), activity)


def lines(found: Run) -> dict[str, float]:
    return {line.source: round(float(line.amount), 6) for line in found.assessment.lines if line.gas == "CO2"}


def indicators(found: Run) -> dict[str, float]:
    return {name: round(float(value), 6) for name, value in found.assessment.indicators.items()}


def coking(coke: str = "760 KGM", tar: str = "35 KGM", coal: str = "1000 KGM", **activity: Any) -> Run:
    outputs = (output(coke, materials=COKE), output(tar, "byProduct", materials={"coalTar": "1"}))
    return go("coking", (supply("cokingCoal", coal), supply("electricity", "40 KWH")), outputs, activity)


def test_coking_emits_what_coke_and_tar_do_not_hold() -> None:
    # coal   1000 * 2.66772                              = 2667.72
    # coke    760 * 28.446 * 0.0294 * 44/12              = 2330.523888
    # tar      35 * 33.453 * 0.022  * 44/12              =   94.44897
    # left 2667.72 - 2330.523888 - 94.44897 = 242.747142; power in Shanghai 40 * 0.5849 = 23.396
    # methane 0.76 t * 0.0001 kg * 29.8 = 0.0022648 kg CO2e
    found = coking()
    fixed = [float(line.amount) for line in found.assessment.lines if line.source == "fixedCarbon"]
    assert (fixed, lines(found)["cokingCoal"]) == (pytest.approx([-2330.523888, -94.44897]), 2667.72)
    assert found.footprint == pytest.approx(242.747142 + 23.396 + 0.0022648)
    # energy used: 1000 * 28.2 - 760 * 28.446 - 35 * 33.453 + 40 * 3.6 = 5554.185
    assert found.burdens["energyMj"] == pytest.approx(28200 - 21618.96 - 1170.855 + 144)
    assert (indicators(found), found.findings) == ({"cokeProduced": 0.76, "cokeYield": 0.76,
                                                    "wasteGasExported": 0.0, "electricityPerTonne": 52.631579}, {})
    # By mass: coke carries 760 / 795.
    assert found.outputs[0]["fossilGhgEmissions"] == pytest.approx(found.footprint * 760 / 795)


def test_analysed_coal_replaces_the_default_and_is_primary() -> None:
    # 1000 * 0.7 * 44/12 = 2566.666667
    found = coking(analyses=[{"material": "cokingCoal", "heatingValue": "27", "carbon": "0.7"}])
    assert lines(found)["cokingCoal"] == 2566.666667
    assert [line.primary for line in found.assessment.lines if line.source == "cokingCoal"] == [True]


@pytest.mark.parametrize(("coke", "activity", "expected"), [
    ("700 KGM", {}, {}),
    ("690 KGM", {}, {"coke-yield": False}),
    ("690 KGM", {"moisture": "0.1"}, {}),                             # 690 / 900 = 0.767
    ("901 KGM", {"analyses": [{"material": "cokingCoal", "heatingValue": "32", "carbon": "0.85"}]},
     {"coke-yield": True}),
    ("1001 KGM", {"analyses": [{"material": "cokingCoal", "heatingValue": "32", "carbon": "0.9"}]},
     {"coke-yield": True}),                                           # more than the coal
])
def test_coke_yield(coke: str, activity: dict[str, Any], expected: dict[str, bool]) -> None:
    assert coking(coke, tar="10 KGM", **activity).findings == expected


def test_coke_that_declares_more_carbon_than_the_coal_had_refuses() -> None:
    # coal holds 2667.72 * 12/44 = 727.56; 760 * 0.96 = 729.6
    outputs = (output("760 KGM", materials=COKE, fossil_carbon=Decimal("0.96")),)
    assert go("coking", (supply("cokingCoal", "1000 KGM"),), outputs).findings == {"carbon-balance": True}


def test_defaults_are_no_evidence_of_carbon() -> None:
    # 800 * 0.8363124 + 100 * 0.735966 = 742.65 > 727.56 by defaults: cut to what came in, so nothing is emitted
    found = coking("800 KGM", tar="100 KGM")
    assert found.findings == {"carbon-defaults": False}
    assert sum(float(line.amount) for line in found.assessment.lines if line.kind == "onSite" and line.gas == "CO2"
               ) == pytest.approx(0, abs=1e-9)


def test_coking_without_coal_or_coke_refuses() -> None:
    assert go("coking", (supply("electricity", "40 KWH"),), (output("0.1 KGM", materials=COKE),)).findings == {
        "energy-balance": True, "no-coal": True,
    }
    tar = (output("30 KGM", "coProduct", materials={"coalTar": "1"}),)
    assert go("coking", (supply("cokingCoal", "1000 KGM"),), tar).findings == {"no-coke": True}


def sintering(breeze: str = "50 KGM", **facts: Any) -> Run:
    supplies = (
        supply("ironOre", "950 KGM"), supply("coke", breeze), supply("limestone", "100 KGM"),
        supply("dolomite", "50 KGM"), supply("electricity", "40 KWH"), supply("cokeOvenGas", "5 NM3"),
    )
    return go("sintering", supplies, (output("1000 KGM", materials={"sinter": "1"}),), **facts)


def test_sintering() -> None:
    # breeze 50 * 28.446 * 0.0294 * 44/12 = 153.32394; limestone 44; dolomite 23.55
    # gas 5 * 17.3854 * 0.0136 * 44/12 = 4.33475973; power 23.396; methane 0.07 * 29.8 = 2.086
    found = sintering()
    assert lines(found) == {
        "electricity": 23.396, "coke": 153.32394, "limestone": 44.0, "dolomite": 23.55, "cokeOvenGas": 4.33476,
    }
    assert found.footprint == pytest.approx(153.32394 + 44 + 23.55 + 4.33475973 + 23.396 + 2.086, abs=1e-6)
    # 50 * 28.446 + 5 * 17.3854 + 144 = 1653.227
    assert found.burdens["energyMj"] == pytest.approx(1653.227)
    assert indicators(found) == {"electricityPerTonne": 40.0, "sinterProduced": 1.0, "solidFuelRate": 50.0}
    assert found.findings == {}
    assert sorted(one.what for one in found.assessment.omissions) == [
        "coke upstream", "cokeOvenGas upstream", "dolomite upstream", "electricity upstream", "limestone upstream",
    ]


@pytest.mark.parametrize(("breeze", "expected"), [
    ("39 KGM", {"solid-fuel-rate": False}), ("40 KGM", {}), ("80 KGM", {}), ("81 KGM", {"solid-fuel-rate": False}),
    ("201 KGM", {"solid-fuel-rate": True}),
])
def test_solid_fuel_of_a_strand(breeze: str, expected: dict[str, bool]) -> None:
    assert sintering(breeze).findings == expected


def test_sinter_without_fuel_or_ore_refuses() -> None:
    made = (output("1000 KGM", materials={"sinter": "1"}),)
    assert go("sintering", (supply("ironOre", "1100 KGM"),), made).findings == {"solid-fuel-rate": True}
    assert go("sintering", (supply("coke", "50 KGM"), supply("air", "900 KGM")), made).findings == {"no-ore-in": True}
    waste = (output("1000 KGM", "waste"),)
    assert go("sintering", (supply("ironOre", "1100 KGM"), supply("coke", "50 KGM")), waste).findings == {
        "no-product": True,
    }


def test_coke_lots_burn_on_the_strand_and_ore_keeps_its_iron() -> None:
    # A lot of coke that declares 0.85 of carbon: 50 * 0.85 * 44/12 = 155.833333. Iron: 950 * 0.62 = 589, all in sinter.
    inputs = (
        lot("50 KGM", materials=COKE, fossil_carbon=Decimal("0.85"), lot="urn:coke"),
        lot("950 KGM", materials={"ironOre": "1"}, elements={"Fe": "0.62"}),
    )
    found = go("sintering", (), (output("1000 KGM"),), inputs=inputs)
    assert lines(found) == {"coke": 155.833333}
    assert [line.primary for line in found.assessment.lines if line.source == "coke"] == [True]
    assert found.assessment.matter == Containing({"fossilCarbon": (Decimal(0),), "element:Fe": (Decimal(1),)})
    (made,) = found.contents.outputs
    assert "material:coke" not in made
    assert "material:ironOre" not in made


def test_pellets() -> None:
    # gas 15 Nm3 * 38.931 * 0.0153 * 44/12 = 32.76043650; heat 583.965 MJ
    found = go("pelletising", (supply("ironOre", "980 KGM"), supply("naturalGas", "15 NM3")),
               (output("1000 KGM", materials={"pellet": "1"}),))
    assert lines(found) == pytest.approx({"naturalGas": 32.7604365}, abs=1e-6)
    assert (indicators(found), found.findings) == ({"electricityPerTonne": 0.0, "pelletsProduced": 1.0}, {})
    cold = go("pelletising", (supply("ironOre", "980 KGM"),), (output("1000 KGM", materials={"pellet": "1"}),))
    assert cold.findings == {"heat-unusual": False}


def rolling(
    came: str = "1030 KGM", made: str = "1000 KGM", activity: Mapping[str, Any] | None = None,
    supplies: tuple[SupplyFacts, ...] = (supply("naturalGas", "35 NM3"), supply("electricity", "90 KWH")),
    more: tuple[InputFacts, ...] = (),
) -> Run:
    inputs = (lot(came, materials={"steel": "1"}, lot="urn:slab", sector="steel"), *more)
    return go("rolling", supplies, (output(made, materials={"steel": "1"}),), activity, inputs)


def test_rolling() -> None:
    # gas by the standard: 35 * 38.931 * 0.0153 * 0.99 * 44/12 = 75.676608; power 52.641
    found = rolling()
    assert lines(found) == {"electricity": 52.641, "naturalGas": 75.676608}
    # heat 1362.585, power 324
    assert indicators(found) == {
        "rolledSteel": 1.0, "rollingYield": round(1000 / 1030, 6), "electricityPerTonne": 90.0,
        "energyPerTonneRolled": 1686.585,
    }
    assert found.findings == {}


@pytest.mark.parametrize(("came", "made", "expected"), [
    ("1000 KGM", "1004 KGM", {}),                        # what two weighbridges differ by
    ("1000 KGM", "1006 KGM", {"rolling-yield": True}),
    ("1180 KGM", "1000 KGM", {"rolling-yield": False}),  # 0.847
    ("1170 KGM", "1000 KGM", {}),
])
def test_rolling_yield(came: str, made: str, expected: dict[str, bool]) -> None:
    assert rolling(came, made).findings == expected


def test_gas_of_the_works_heats_the_slab() -> None:
    # By energy it brings its own burden: 1.4 GJ, no line. By mass with its carbon it burns here: 700 * 0.2 * 44/12.
    power = (supply("electricity", "90 KWH"),)
    by_energy = rolling(supplies=power, more=(lot("1.4 GV", lot="urn:gas"),))
    assert (lines(by_energy), by_energy.burdens["energyMj"]) == ({"electricity": 52.641}, pytest.approx(1400 + 324))
    assert by_energy.findings == {}
    gas = lot("700 KGM", materials={"blastFurnaceGas": "1"}, fossil_carbon=Decimal("0.2"), lot="urn:gas")
    assert lines(rolling(supplies=power, more=(gas,))) == {"electricity": 52.641, "blastFurnaceGas": 513.333333}
    assert rolling(supplies=power).findings == {"heat-unusual": False}
    assert rolling(supplies=power, activity={"mill": "cold"}).findings == {}


@pytest.mark.parametrize(("route", "activity", "field"), [
    ("coking", {"moisture": "1"}, "activity.moisture"),
    ("coking", {"analyses": [{"material": "coke", "carbon": "0.8"}]}, "activity.analyses[0].material"),
    ("sintering", {"analyses": [{"material": "cokingCoal", "heatingValue": "28", "carbon": "0.7", "oxidation": "0.9"}]},
     "activity.analyses[0].oxidation"),
    ("blastFurnace", {"injected": ["cokeOvenGas"]}, "activity.injected[0]"),
    ("blastFurnace", {"injected": ["cokingCoal"]}, "activity.injected[0]"),
    ("blastFurnace", {"ironContent": {"cokingCoal": "0.5"}}, "activity.ironContent.cokingCoal"),
    ("basicOxygenFurnace", {"heats": 0}, "activity.heats"),
    ("directReduction", {"charge": [{"lot": "urn:other", "kind": "ore"}]}, "activity.charge[0].lot"),
])
def test_activities_that_cannot_be(route: str, activity: Mapping[str, Any], field: str) -> None:
    error = raised(PluginError, go, route, (supply("cokingCoal", "1000 KGM"),), (output("1 KGM"),), activity)
    assert error.field == field
    assert error.rule


@pytest.mark.parametrize(("route", "activity"), [
    ("coking", {"moisture": "1.1"}), ("directReduction", {"metallisation": "1.01"}), ("rolling", {"mill": "warm"}),
    ("blastFurnace", {"unknown": "1"}), ("sintering", {"analyses": [{"material": "coke", "oxidation": "1.1"}]}),
])
def test_activities_are_typed(route: str, activity: Mapping[str, Any]) -> None:
    raised(msgspec.ValidationError, go, route, (), (output("1 KGM"),), activity)


@pytest.mark.parametrize(("material", "quantity"), [
    ("coke", "50 NM3"), ("electricity", "40 KGM"), ("hydrogen", "60 NM3"), ("naturalGas", "100 KGM"),
])
def test_a_quantity_of_the_wrong_dimension_is_refused(material: str, quantity: str) -> None:
    raised(InvalidQuantity, go, "blastFurnace", (supply(material, quantity),), (output("1000 KGM", materials=IRON),))


@pytest.mark.parametrize(("place", "year", "code"), [
    ("CN-ZZ", 2022, "unknown-place"), ("CN-HE", 1990, "no-factor-for-year"),
])
def test_power_of_a_province_or_year_that_there_is_not(place: str, year: int, code: str) -> None:
    assert raised(
        PluginError, go, "sintering", (supply("ironOre", "950 KGM"), supply("electricity", "40 KWH")),
        (output("900 KGM"),), place=place, year=year,
    ).code == code


def test_limestone_of_a_lot_gives_off_what_a_supply_does() -> None:
    made = (output("1000 KGM", materials={"sinter": "1"}),)
    supplies = (supply("ironOre", "950 KGM"), supply("coke", "50 KGM"))
    taken = lines(go("sintering", supplies, made, inputs=(lot("100 KGM", materials={"limestone": "1"}, lot="urn:a"),
                                                          lot("50 KGM", materials={"dolomite": "1"}, lot="urn:b"))))
    assert (taken["limestone"], taken["dolomite"]) == (44.0, 23.55)
