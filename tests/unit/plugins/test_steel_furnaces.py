"""Blast furnace, converter and direct reduction, solved by hand. Emissions in kg CO2, masses in kg."""

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
    assert (found.burdens["renewableEnergyMj"], found.findings) == (pytest.approx(60 * 29.5), {})


def test_with_factor_sets_carbon_dioxide_that_grew_is_counted_apart() -> None:
    # 48 kg of carbon of charcoal give 176 kg of CO2; the iron keeps 172 kg, of it the part that grew
    analyses = [{"material": "charcoal", "heatingValue": "29.5", "carbon": "0.8", "biogenicShare": "1"}]
    found = furnace("301 KGM", activity={"analyses": analyses}, more=(supply("charcoal", "60 KGM"),), sets=True)
    grown = 176 / (301 * 3.0664788 + 334.114396 + 176)
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
    assert clean.footprint - go("blastFurnace", supplies, made).footprint == pytest.approx(25.666667, abs=1e-6)


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
    assert (found.burdens["energyMj"], found.findings) == (pytest.approx(57 * 120 + 300 * 3.6), {})
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


# Carbon capture at a steelworks, solved by hand: never more than came, and nothing without proof of storage.


CAPTURE_IRON = lot("1000 KGM", materials={"pigIron": "1"}, lot="urn:iron")
OFF_GAS = lot("3000 KGM", materials={"offGas": "1"}, fossil_carbon=Decimal("0.09"), lot="urn:off")
ENERGY = (supply("heat", "2.5 GV"), supply("electricity", "150 KWH"))
STORED = {
    "amount": {"value": "0.78", "unit": "TNE"}, "kind": "geological", "site": "Reservoir 1", "evidence": "a1" * 32,
}


def capture(
    *inputs: InputFacts, captured: str = "0.8", storage: tuple[Mapping[str, Any], ...] = (STORED,),
    supplies: tuple[SupplyFacts, ...] = ENERGY, unit: str = "TNE", sets: bool = False,
) -> Run:
    given = context(
        "steel.carbonCapture", inputs=inputs or (CAPTURE_IRON, OFF_GAS), supplies=supplies,
        outputs=(output("1000 KGM", materials={"pigIron": "1"}),), sets=sets,
    )
    return run(plugin(), given, {"captured": {"value": captured, "unit": unit}, "storage": list(storage)})


def stored(amount: str) -> dict[str, Any]:
    return {**STORED, "amount": {"value": amount, "unit": "TNE"}}


def test_what_is_stored_is_a_burden_of_its_own() -> None:
    # off-gas 3000 * 0.09 * 44/12 = 990; heat 2.5 * 110 = 275; power 150 * 0.5849 = 87.735; stored 780
    found = capture()
    assert {line.source: float(line.amount) for line in found.assessment.lines} == pytest.approx({
        "offGas": 990.0, "heat": 275.0, "electricity": 87.735, "storedCarbonDioxide": -780.0,
    })
    assert found.burdens == Containing({
        "fossilGhgEmissions": pytest.approx(1352.735), "ccsTechnologicalCO2Capture": pytest.approx(-780)
    })
    assert found.footprint == pytest.approx(572.735)
    # 2500 + 150 * 3.6 = 3040 MJ for 0.8 t
    assert {name: round(float(value), 6) for name, value in found.assessment.indicators.items()} == {
        "carbonDioxideCaptured": 0.8, "carbonDioxideStored": 0.78, "captureRate": round(800 / 990, 6),
        "captureEnergyPerTonne": 3800.0,
    }
    assert (found.findings, found.contents.outputs[0]["material:pigIron"]) == ({}, pytest.approx(1000))
    assert found.assessment.matter["fossilCarbon"] == (Decimal(0),)


def test_capture_lowers_the_figure_by_less_than_what_is_captured() -> None:
    # Without capture the off-gas is 990. What is saved: 780 less the energy of it, 362.735.
    assert 990 - capture().footprint == pytest.approx(780 - 362.735)


def test_without_proof_of_storage_nothing_is_taken_off() -> None:
    found = capture(storage=())
    assert (found.burdens["ccsTechnologicalCO2Capture"], found.footprint) == (0, pytest.approx(1352.735))
    assert found.findings == {"permanence-unproven": False}


@pytest.mark.parametrize(("captured", "amount", "expected"), [
    ("0.9801", "0.78", {}),
    ("0.981", "0.78", {"capture-rate": False}),
    ("0.991", "0.78", {"capture-above-emissions": True}),
    ("0.8", "0.8", {}),
    ("0.8", "0.800001", {"storage-above-capture": True}),
])
def test_never_more_than_came(captured: str, amount: str, expected: dict[str, bool]) -> None:
    found = capture(captured=captured, storage=(stored(amount),))
    assert found.findings == expected
    if any(expected.values()):
        assert found.burdens["ccsTechnologicalCO2Capture"] == 0


def test_two_stores_together_are_within_what_was_captured() -> None:
    assert capture(storage=(stored("0.5"), stored("0.31"))).findings == {"storage-above-capture": True}
    assert capture(storage=(stored("0.5"), stored("0.3"))).burdens["ccsTechnologicalCO2Capture"] == pytest.approx(-800)


def test_gas_of_the_plants_own_boiler_may_be_washed_too() -> None:
    # 60 Nm3 * 38.931 * 0.0153 * 0.99 * 44/12 = 129.731329 more CO2 came: 1119.731329
    boiler = (supply("naturalGas", "60 NM3"), supply("electricity", "150 KWH"))
    found = capture(captured="1.1", storage=(stored("1.1"),), supplies=boiler)
    assert (found.findings, found.footprint) == ({}, pytest.approx(990 + 129.731329 + 87.735 - 1100, abs=1e-5))


def test_of_carbon_that_grew_nothing_is_taken_off() -> None:
    # A tenth of 300 kg of carbon grew. 780 kg stored are 702 of fossil carbon; emitted were 990.
    gas = lot("3000 KGM", materials={"offGas": "1"}, fossil_carbon=Decimal("0.09"), biogenic_carbon=Decimal("0.01"),
              lot="urn:off")
    found = capture(CAPTURE_IRON, gas)
    assert found.burdens == Containing({
        "ccsTechnologicalCO2Capture": pytest.approx(-702), "fossilGhgEmissions": pytest.approx(1352.735),
        "biogenicCO2Emissions": 0.0,
    })
    apart = capture(CAPTURE_IRON, gas, sets=True)
    assert apart.burdens == Containing({
        "ccsTechnologicalCO2Capture": pytest.approx(-702), "biogenicCO2Emissions": pytest.approx(110)
    })


@pytest.mark.parametrize(("supplies", "expected"), [
    ((supply("electricity", "22 KWH"),), {"capture-energy": True}),     # 99 MJ per t
    ((supply("electricity", "23 KWH"),), {"capture-energy": False}),
    ((supply("heat", "0.5 GV"),), {}),                                  # 625
    ((supply("heat", "4.9 GV"),), {"capture-energy": False}),           # 6125
])
def test_energy_of_capture(supplies: tuple[SupplyFacts, ...], expected: dict[str, bool]) -> None:
    assert capture(supplies=supplies).findings == expected


def test_nothing_came_so_nothing_was_captured() -> None:
    assert capture(CAPTURE_IRON).findings == {"capture-above-emissions": True}


@pytest.mark.parametrize("evidence", ["", "certificate 7", "A1" * 32, "a1" * 31, "a1" * 32 + "\n"])
def test_evidence_is_a_digest(evidence: str) -> None:
    assert "evidence" in str(raised(
        (PluginError, msgspec.ValidationError), capture, storage=({**STORED, "evidence": evidence},)
    ))


@pytest.mark.parametrize("kind", ["enhancedOilRecovery", "use"])
def test_use_is_no_storage(kind: str) -> None:
    raised(msgspec.ValidationError, capture, storage=({**STORED, "kind": kind},))


def test_captured_is_a_mass() -> None:
    raised(InvalidQuantity, capture, unit="NM3")


def test_off_gas_of_a_furnace_goes_to_the_washer() -> None:
    # The furnace names its off-gas `carbonOut`: 3000 * 0.09 * 44/12 = 990 leave it, and come here.
    made = (output("1000 KGM", materials={"pigIron": "1"}, lot="urn:iron"),
            output("3000 KGM", "byProduct", materials={"offGas": "1"}, fossil_carbon=Decimal("0.09"), lot="urn:off"))
    supplies = (supply("sinter", "1300 KGM"), supply("pellet", "330 KGM"), supply("coke", "500 KGM"))
    given = context("steel.blastFurnace", supplies=supplies, outputs=made)
    furnace = run(plugin(), given, {"wasteGases": [{"lot": "urn:off", "gas": "offGas", "treatment": "carbonOut"}]})
    # 500 * 28.446 * 0.0294 * 44/12 = 1533.2394; iron 172
    assert [one["fossilGhgEmissions"] for one in furnace.outputs] == pytest.approx([1533.2394 - 172 - 990, 0])
    assert furnace.footprint + capture().footprint == pytest.approx(1533.2394 - 172 + 362.735 - 780)
