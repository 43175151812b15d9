"""Blast furnace, converter and direct reduction, solved by hand. Emissions in kg CO2, masses in kg."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest
from carbon_ledger_steel import plugin
from support.containing import Containing

from ledger.sdk import InputFacts, OutputFacts, SupplyFacts
from ledger.sdk.testing import Run, context, lot, output, run, supply

STEEL = plugin()
IRON = {"pigIron": "1"}
SPONGE = {"directReducedIron": "1"}


def go(
    route: str, supplies: tuple[SupplyFacts, ...], outputs: tuple[OutputFacts, ...],
    activity: Mapping[str, Any] | None = None, inputs: tuple[InputFacts, ...] = (), **facts: Any,
) -> Run:
    return run(STEEL, context(f"steel.{route}", inputs=inputs, supplies=supplies, outputs=outputs, **facts), activity)


def lines(found: Run) -> dict[str, float]:
    return {line.source: round(float(line.amount), 6) for line in found.assessment.lines if line.gas == "CO2"}


def indicators(found: Run) -> dict[str, float]:
    return {name: round(float(value), 6) for name, value in found.assessment.indicators.items()}


def furnace(
    coke: str = "360 KGM", coal: str = "150 KGM", activity: Mapping[str, Any] | None = None,
    more: tuple[SupplyFacts, ...] = (), *, sets: bool = False, **made: Any,
) -> Run:
    supplies = (
        supply("sinter", "1300 KGM"), supply("pellet", "330 KGM"), supply("coke", coke), supply("bituminous", coal),
        supply("electricity", "30 KWH"), *more,
    )
    return go("blastFurnace", supplies, (output("1000 KGM", **{"materials": IRON, **made}),), activity, sets=sets)


def test_blast_furnace() -> None:
    # coke 360 * 28.446 * 0.0294 * 44/12 = 1103.932368; coal 150 * 23.204 * 0.02618 * 44/12 = 334.114396
    # iron holds 172; power 17.547. On site 1266.046764.
    found = furnace()
    assert lines(found) == {
        "electricity": 17.547, "coke": 1103.932368, "bituminous": 334.114396, "fixedCarbon": -172.0,
    }
    assert found.footprint == pytest.approx(1283.593764)
    # iron in: 1300 * 0.57 + 330 * 0.65 = 955.5; out 940
    assert indicators(found) == {
        "metallicYield": round(940 / 955.5, 6), "hotMetal": 1.0, "cokeRate": 360.0, "coalRate": 150.0,
        "hydrogenRate": 0.0, "wasteGasExported": 0.0, "electricityPerTonne": 30.0, "scrapUsed": 0.0,
        "directEmissionsPerTonneHotMetal": 1266.046764,
    }
    assert found.findings == {}


def test_a_furnace_rich_in_hydrogen() -> None:
    # Of 300 kg of coke, 150 of coal, 100 Nm3 of coke oven gas and 10 kg of hydrogen:
    # 919.94364 + 334.114396 + 100 * 17.3854 * 0.0136 * 44/12 = 86.695195; - 172 = 1168.753231
    # hydrogen 100 * 0.101 + 10 = 20.1 kg
    gas = (supply("cokeOvenGas", "100 NM3"), supply("hydrogen", "10 KGM"))
    found = furnace("300 KGM", activity={"injected": ["cokeOvenGas", "hydrogen"]}, more=gas)
    given = indicators(found)
    assert given == Containing({
        "directEmissionsPerTonneHotMetal": pytest.approx(919.94364 + 334.114396 + 86.695195 - 172),
        "hydrogenRate": pytest.approx(20.1),
    })
    assert found.findings == {}
    # The saving against 360 kg of coke is that of coke less what the gas brings: 60 * 3.06647880 - 86.695195
    saved = indicators(furnace())["directEmissionsPerTonneHotMetal"] - given["directEmissionsPerTonneHotMetal"]
    assert saved == pytest.approx(60 * 3.0664788 - 86.695195, abs=1e-5)
    too_much = (supply("hydrogen", "36 KGM"),)
    assert furnace("300 KGM", activity={"injected": ["hydrogen"]}, more=too_much).findings == {"hydrogen-rate": False}


def test_charcoal_is_carbon_that_grew() -> None:
    # Fossil 301 * 3.0664788 + 334.114396; 60 kg of charcoal bring 48 kg of carbon that is not counted, and the iron's
    # carbon is fossil as far as what came in is.
    analyses = [{"material": "charcoal", "heatingValue": "29.5", "carbon": "0.8", "biogenicShare": "1"}]
    found = furnace("301 KGM", activity={"analyses": analyses}, more=(supply("charcoal", "60 KGM"),))
    fossil = 301 * 3.0664788 + 334.114396
    share = fossil / (fossil + 48 * 44 / 12)
    assert lines(found)["fixedCarbon"] == pytest.approx(-172 * share, abs=1e-6)
    assert "charcoal" not in lines(found)
    assert found.burdens["renewableEnergyMj"] == pytest.approx(60 * 29.5)
    assert found.findings == {}


def test_with_factor_sets_carbon_dioxide_that_grew_is_counted_apart() -> None:
    # 48 kg of carbon of charcoal give 176 kg of CO2; the iron keeps 172 kg, of it the part that grew
    analyses = [{"material": "charcoal", "heatingValue": "29.5", "carbon": "0.8", "biogenicShare": "1"}]
    found = furnace("301 KGM", activity={"analyses": analyses}, more=(supply("charcoal", "60 KGM"),), sets=True)
    fossil = 301 * 3.0664788 + 334.114396
    grown = 176 / (fossil + 176)
    assert found.burdens["biogenicCO2Emissions"] == pytest.approx(176 - 172 * grown, abs=1e-6)
    assert found.findings == {}


@pytest.mark.parametrize(("coke", "coal", "expected"), [
    ("149 KGM", "250 KGM", {"coke-rate": True, "fuel-rate": False}),
    ("249 KGM", "200 KGM", {"coke-rate": False}),
    ("701 KGM", "0.1 KGM", {"coke-rate": False}),
    ("300 KGM", "261 KGM", {"coal-rate": False}),
    ("500 KGM", "251 KGM", {"fuel-rate": False}),
])
def test_coke_and_coal_rates(coke: str, coal: str, expected: dict[str, bool]) -> None:
    assert furnace(coke, coal).findings == expected


def test_iron_from_nothing_refuses() -> None:
    coke = supply("coke", "400 KGM")
    made = (output("1000 KGM", materials=IRON),)
    assert go("blastFurnace", (coke,), made).findings == {"metallic-yield": True}
    # 1200 kg of sinter hold 868.8 kg of iron at the very best; 940 are claimed
    assert go("blastFurnace", (coke, supply("sinter", "1200 KGM")), made).findings == {"metallic-yield": True}
    # 1500 kg: 855 at the usual grade, 1086 at best
    assert go("blastFurnace", (coke, supply("sinter", "1500 KGM")), made).findings == {"metallic-yield": False}
    # 160 kg of coke hold 133.8 kg of carbon, enough for 934 of 940 kg of iron; 0.3 kg of hydrogen fill the gap
    ore = supply("sinter", "1650 KGM")
    starved = go("blastFurnace", (supply("coke", "160 KGM"), ore), made).findings
    assert starved == {"reductant-missing": True, "coke-rate": False, "fuel-rate": False}
    helped = go("blastFurnace", (supply("coke", "160 KGM"), ore, supply("hydrogen", "0.3 KGM")), made).findings
    assert "reductant-missing" not in helped


def test_iron_that_declares_more_carbon_than_came_in_refuses() -> None:
    # 360 * 0.8363124 + 150 * 0.60748 = 392.2 kg came in
    assert furnace(fossil_carbon=Decimal("0.4")).findings == {"carbon-balance": True}


def test_dust_takes_carbon_along() -> None:
    # 20 kg of dust with 35 % carbon: 20 * 0.35 * 44/12 = 25.666667 less
    supplies = (supply("sinter", "1300 KGM"), supply("pellet", "330 KGM"), supply("coke", "500 KGM"))
    made = (output("1000 KGM", materials=IRON), output("20 KGM", "waste", fossil_carbon=Decimal("0.35")))
    clean = go("blastFurnace", supplies, made[:1])
    dusty = go("blastFurnace", supplies, made)
    assert clean.footprint - dusty.footprint == pytest.approx(25.666667, abs=1e-6)


def converter(
    iron: str = "950 KGM", activity: Mapping[str, Any] | None = None, scrap: str = "150 KGM", oxygen: str = "52 NM3",
) -> Run:
    inputs = (
        lot(iron, materials=IRON, lot="urn:iron"), lot(scrap, "waste", materials={"steel": "1"}, lot="urn:scrap"),
    )
    supplies = (supply("electricity", "60 KWH"), supply("oxygen", oxygen), supply("lime", "40 KGM"))
    return go("basicOxygenFurnace", supplies, (output("1000 KGM", materials={"steel": "1"}),), activity, inputs)


def test_basic_oxygen_furnace() -> None:
    # hot metal 950 * 0.172 = 163.4; scrap 150 * 0.015 = 2.25; steel -15.4; power 60 * 0.5849 = 35.094
    found = converter(activity={"heats": 4})
    assert lines(found) == {"electricity": 35.094, "pigIron": 163.4, "scrap": 2.25, "fixedCarbon": -15.4}
    assert found.footprint == pytest.approx(185.344)
    assert indicators(found) == {
        "metallicYield": round(1000 / 1100, 6), "crudeSteel": 1.0, "scrapUsed": 0.15, "scrapRatio": 0.15,
        "directEmissionsPerTonne": 150.25, "energyPerTonne": 216.0, "energyPerTonneSteel": 216.0,
        "co2PerTonneSteel": 185.344, "hotMetalRatio": 0.95, "electricityPerTonne": 60.0, "wasteGasExported": 0.0,
        "steelPerHeat": 0.25,
    }
    assert found.findings == {}
    # Recycled content: 150 of 1100 kg of metal, and 1000 come out.
    assert found.contents.outputs[0]["recycledPostConsumer:steel"] == pytest.approx(150 / 1.1)


@pytest.mark.parametrize(("iron", "scrap", "oxygen", "expected"), [
    ("600 KGM", "500 KGM", "52 NM3", {"hot-metal-ratio": False}),
    ("1200 KGM", "1 KGM", "52 NM3", {"hot-metal-ratio": False}),
    ("950 KGM", "150 KGM", "30 NM3", {"oxygen-unusual": False}),
    ("800 KGM", "150 KGM", "52 NM3", {"metallic-yield": True}),
])
def test_converter_limits(iron: str, scrap: str, oxygen: str, expected: dict[str, bool]) -> None:
    assert converter(iron, scrap=scrap, oxygen=oxygen).findings == expected


def test_a_converter_needs_something_that_burns() -> None:
    inputs = (lot("1100 KGM", "waste", materials={"steel": "1"}),)
    found = go("basicOxygenFurnace", (), (output("1000 KGM", materials={"steel": "1"}),), inputs=inputs)
    assert found.findings == {"no-hot-metal": True, "hot-metal-ratio": False}


def direct_reduction(*supplies: SupplyFacts, activity: Mapping[str, Any] | None = None, **made: Any) -> Run:
    outputs = (output("1000 KGM", **{"materials": SPONGE, **made}),)
    return go("directReduction", (supply("pellet", "1420 KGM"), *supplies), outputs, activity)


def test_direct_reduction_with_natural_gas() -> None:
    # gas 265 * 38.931 * 0.0153 * 44/12 = 578.767712; iron holds 73; power 58.49
    # methane 10.316715 GJ * 0.001 * 29.8 = 0.307438
    found = direct_reduction(supply("naturalGas", "265 NM3"), supply("electricity", "100 KWH"))
    assert lines(found) == {"electricity": 58.49, "naturalGas": 578.767712, "fixedCarbon": -73.0}
    assert found.footprint == pytest.approx(578.767712 - 73 + 58.49 + 0.307438, abs=1e-5)
    # iron 920 of 923
    assert indicators(found) == {
        "metallicYield": round(920 / 923, 6), "directReducedIron": 1.0, "reductantEnergyPerTonne": 10316.715,
        "hydrogenRate": 0.0, "electricityPerTonne": 100.0,
    }
    assert found.findings == {}


def test_direct_reduction_with_hydrogen_holds_no_carbon() -> None:
    found = direct_reduction(supply("hydrogen", "57 KGM"), supply("electricity", "300 KWH"))
    assert (lines(found), found.assessment.indicators["hydrogenRate"]) == ({"electricity": 175.47}, 57)
    assert found.burdens["energyMj"] == pytest.approx(57 * 120 + 300 * 3.6)
    assert found.findings == {}
    claimed = direct_reduction(supply("hydrogen", "57 KGM"), fossil_carbon=Decimal("0.02"))
    assert claimed.findings == {"carbon-balance": True}


@pytest.mark.parametrize(("reductant", "expected"), [
    (supply("naturalGas", "231 NM3"), {"reductant-energy": False}),     # 8.99 GJ
    (supply("naturalGas", "232 NM3"), {}),                              # 9.03
    (supply("naturalGas", "359 NM3"), {}),                              # 13.98
    (supply("naturalGas", "361 NM3"), {"reductant-energy": False}),     # 14.05
    (supply("hydrogen", "49 KGM"), {"hydrogen-rate": False}),
    (supply("hydrogen", "60 KGM"), {}),
    (supply("hydrogen", "66 KGM"), {"hydrogen-rate": False}),
    (supply("bituminous", "800 KGM"), {}),                              # 18.6 GJ, a rotary kiln
    (supply("bituminous", "500 KGM"), {"reductant-energy": False}),
    # 0.92 * 0.94 t of metal take 864.8 * 8.064 / 167.55 = 41.62 kg from magnetite
    (supply("hydrogen", "42 KGM"), {"hydrogen-rate": False}),
    (supply("hydrogen", "41 KGM"), {"hydrogen-rate": False, "reductant-missing": True}),
])
def test_reductants_of_direct_reduction(reductant: SupplyFacts, expected: dict[str, bool]) -> None:
    assert direct_reduction(reductant).findings == expected


def test_sponge_iron_with_more_iron_than_the_pellets_refuses() -> None:
    gas = supply("naturalGas", "265 NM3")
    # 1420 * 0.63 = 894.6 by analysis, 920 claimed
    assert direct_reduction(gas, activity={"ironContent": {"pellet": "0.63"}}).findings == {"metallic-yield": True}
    assert direct_reduction(gas, activity={"ironContent": {"pellet": "0.67"}}).findings == {}
