"""Waste gas and slag of the steel sector: amounts of their own, what they leave to others, and what cannot be."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from carbon_ledger_steel import plugin
from carbon_ledger_steel.carbon import all_factors
from carbon_ledger_steel.named import WASTE_GAS_CORRECTION
from support.raising import raised

from ledger.errors import PluginError
from ledger.sdk import OutputFacts
from ledger.sdk.testing import Run, context, lot, output, run, supply

IRON = output("1000 KGM", materials={"pigIron": "1"}, lot="urn:iron")
SLAG = output("300 KGM", "byProduct", lot="urn:slag")
GAS = output("3.5 GV", "byProduct", lot="urn:gas")
EXPORT = {"lot": "urn:gas", "gas": "blastFurnaceGas"}
TOTAL = 1103.932368 + 334.114396 - 172 + 17.547
"""Kg CO2 of the furnace below: coke, coal, carbon of the iron, power (see test_steel_routes)."""


def furnace(*outputs: OutputFacts, activity: Mapping[str, Any] | None = None, allocation: str = "mass") -> Run:
    supplies = (
        supply("sinter", "1300 KGM"), supply("pellet", "330 KGM"), supply("coke", "360 KGM"),
        supply("bituminous", "150 KGM"), supply("electricity", "30 KWH"),
    )
    return run(plugin(), context("steel.blastFurnace", supplies=supplies, outputs=outputs, allocation=allocation),
               activity)


def fossil(found: Run) -> list[float]:
    return [one["fossilGhgEmissions"] for one in found.outputs]


def test_gas_carries_what_natural_gas_would_have_emitted_less_a_third() -> None:
    # 3.5 GJ * 56.1 * 0.667 = 130.96545; all CO2 of the gas stays in the total, and the iron has the rest
    found = furnace(IRON, GAS, activity={"wasteGases": [EXPORT]})
    assert (found.footprint, fossil(found)) == (pytest.approx(TOTAL), pytest.approx([TOTAL - 130.96545, 130.96545]))
    assert found.assessment.indicators["wasteGasExported"] == Decimal("3.5")
    # Fuel that came in less the gas: 360 * 28.446 + 150 * 23.204 - 3500 = 10221.16 MJ, power 108
    assert (found.burdens["energyMj"], found.findings) == (pytest.approx(10221.16 + 108), {})
    row = all_factors().find("naturalGasEquivalent")
    assert (row.value, row.status, WASTE_GAS_CORRECTION) == (Decimal("56.1"), "read", Decimal("0.667"))


def test_slag_for_cement_carries_the_clinker_that_it_replaces() -> None:
    # 0.3 t * 550 = 165
    found = furnace(IRON, SLAG, activity={"slags": [{"lot": "urn:slag", "treatment": "substitution"}]})
    assert fossil(found) == pytest.approx([TOTAL - 165, 165])
    # The factor could not be checked, and amounts that are assigned have no flag of their own.
    assert found.findings == {"slag-credit-recalled": False}


def test_slag_that_is_cut_off_carries_nothing() -> None:
    found = furnace(IRON, SLAG, activity={"slags": [{"lot": "urn:slag", "treatment": "cutOff"}]})
    assert (fossil(found), found.assessment.assigned) == (pytest.approx([TOTAL, 0]), ())


def test_slag_that_is_not_named_shares_by_the_records_allocation() -> None:
    assert fossil(furnace(IRON, SLAG)) == pytest.approx([TOTAL * 1000 / 1300, TOTAL * 300 / 1300])
    iron = msgspec.structs.replace(IRON, value=Decimal(3000))
    by_value = furnace(iron, msgspec.structs.replace(SLAG, value=Decimal(60)), allocation="value")
    assert fossil(by_value) == pytest.approx([TOTAL * 3000 / 3060, TOTAL * 60 / 3060])


def test_gas_and_slag_together_by_value() -> None:
    # Neither needs a value where it is named, and what is left is the iron's.
    activity = {"wasteGases": [EXPORT], "slags": [{"lot": "urn:slag", "treatment": "substitution"}]}
    iron = msgspec.structs.replace(IRON, value=Decimal(3000))
    found = furnace(iron, SLAG, GAS, activity=activity, allocation="value")
    assert fossil(found) == pytest.approx([TOTAL - 165 - 130.96545, 165, 130.96545])
    assert sum(fossil(found)) == pytest.approx(TOTAL)


def test_gas_may_take_its_carbon_along_instead() -> None:
    # 1000 kg of gas with 20 % carbon: 1000 * 0.2 * 44/12 = 733.333333 are emitted where it burns
    gas = output("1000 KGM", "byProduct", lot="urn:gas", fossil_carbon=Decimal("0.2"),
                 materials={"blastFurnaceGas": "1"}, heating_value=Decimal(3000))
    found = furnace(IRON, gas, activity={"wasteGases": [{**EXPORT, "treatment": "carbonOut"}]})
    assert fossil(found) == pytest.approx([TOTAL - 733.333333, 0], abs=1e-5)
    assert found.burdens["energyMj"] == pytest.approx(360 * 28.446 + 150 * 23.204 - 3000 + 108)
    assert found.findings == {}
    # Whoever burns it emits just that: the two together are what the furnace emits without an export.
    taken = lot("1000 KGM", materials={"blastFurnaceGas": "1"}, fossil_carbon=Decimal("0.2"), lot="urn:gas")
    slab = lot("1030 KGM", materials={"steel": "1"}, lot="urn:slab")
    mill = run(plugin(), context("steel.rolling", inputs=(slab, taken),
                                 outputs=(output("1000 KGM", materials={"steel": "1"}),)))
    assert found.footprint + mill.footprint == pytest.approx(TOTAL)


def test_converter_gas_of_a_heat() -> None:
    # 0.7 GJ * 56.1 * 0.667 = 26.19309; the carbon of the iron pays for its energy, not a fuel
    inputs = (lot("950 KGM", materials={"pigIron": "1"}, lot="urn:iron"),
              lot("150 KGM", "waste", materials={"steel": "1"}, lot="urn:scrap"))
    outputs = (output("1000 KGM", materials={"steel": "1"}), output("0.7 GV", "byProduct", lot="urn:gas"))
    given = context("steel.basicOxygenFurnace", inputs=inputs, outputs=outputs,
                    supplies=(supply("electricity", "60 KWH"),))
    found = run(plugin(), given, {"wasteGases": [{"lot": "urn:gas", "gas": "converterGas"}]})
    assert (fossil(found), found.findings) == (pytest.approx([185.344 - 26.19309, 26.19309]), {})
    much = context("steel.basicOxygenFurnace", inputs=inputs,
                   outputs=(outputs[0], output("1.3 GV", "byProduct", lot="urn:gas")))
    # 1300 MJ * 0.0496 = 64.5 kg of carbon, of 40.977 kg that left
    found = run(plugin(), much, {"wasteGases": [{"lot": "urn:gas", "gas": "converterGas"}]})
    assert found.findings == {"gas-carbon": True, "gas-unusual": False}


def test_gas_and_slag_of_a_whole_site() -> None:
    # 2 GJ * 56.1 * 0.667 = 74.8374 and 0.3 * 550 = 165, of 1380.6727318 on site (see test_steel)
    supplies = (
        supply("sinter", "1300 KGM"), supply("pellet", "300 KGM"), supply("coke", "350 KGM"),
        supply("washedCoal", "150 KGM"), supply("limestone", "100 KGM"), supply("dolomite", "20 KGM"),
    )
    outputs = (output("1000 KGM", materials={"steel": "1"}), output("2 GV", "byProduct", lot="urn:gas"), SLAG)
    inputs = (lot("150 KGM", "waste", materials={"steel": "1"}),)
    given = context("steel.blastFurnaceBasicOxygen", inputs=inputs, supplies=supplies, outputs=outputs, place="CN-HE")
    activity = {"wasteGases": [EXPORT], "slags": [{"lot": "urn:slag", "treatment": "substitution"}]}
    assert fossil(run(plugin(), given, activity)) == pytest.approx([1380.6727318 - 74.8374 - 165, 74.8374, 165])
    # 8 GJ of furnace gas hold 566.4 kg of carbon: 2076.8 kg CO2
    too_much = msgspec.structs.replace(given, outputs=(outputs[0], output("8 GV", "byProduct", lot="urn:gas")))
    assert run(plugin(), too_much, {"wasteGases": [EXPORT]}).findings == {"gas-carbon": True}


def test_gas_beyond_the_carbon_or_the_fuel_refuses() -> None:
    # The furnace holds 345.28 kg of carbon back; 5.6 GJ hold 396.5 (within 15 %), 5.7 hold 403.6 with defaults per GJ
    def exported(quantity: str, gas: str) -> dict[str, bool]:
        made = output(quantity, "byProduct", lot="urn:gas")
        return furnace(IRON, made, activity={"wasteGases": [{"lot": "urn:gas", "gas": gas}]}).findings

    assert (exported("5.6 GV", "blastFurnaceGas"), exported("5.7 GV", "blastFurnaceGas")) == ({}, {"gas-carbon": True})
    # 360 * 28.446 + 150 * 23.204 = 13721.16 MJ came in
    assert exported("13.8 GV", "cokeOvenGas") == {"energy-balance": True}


@pytest.mark.parametrize(("made", "activity", "field"), [
    (GAS, {"wasteGases": [{"lot": "urn:other", "gas": "cokeOvenGas"}]}, "activity.wasteGases[0].lot"),
    (output("900 KWH", "byProduct", lot="urn:gas"), {"wasteGases": [EXPORT]}, "activity.wasteGases[0].lot"),
    (output("900 NM3", "byProduct", lot="urn:gas"), {"wasteGases": [EXPORT]}, "activity.wasteGases[0].lot"),
    (output("3 GV", "byProduct", lot="urn:gas", mass="9 KGM", fossil_carbon=Decimal("0.1")),
     {"wasteGases": [EXPORT]}, "activity.wasteGases[0].lot"),
    (output("3 GV", "waste", lot="urn:gas"), {"wasteGases": [EXPORT]}, "activity.wasteGases[0].lot"),
    (output("3 GV", "coProduct", lot="urn:gas"), {"wasteGases": [EXPORT]}, "activity.wasteGases[0].lot"),
    (GAS, {"wasteGases": [{**EXPORT, "treatment": "carbonOut"}]}, "activity.wasteGases[0].lot"),
    (GAS, {"wasteGases": [EXPORT, EXPORT]}, "activity.wasteGases"),
    (GAS, {"slags": [{"lot": "urn:iron", "treatment": "cutOff"}]}, "activity.slags[0].lot"),
    (GAS, {"slags": [{"lot": "urn:gas", "treatment": "substitution"}]}, "activity.slags[0].treatment"),
])
def test_what_cannot_be_named(made: OutputFacts, activity: Mapping[str, Any], field: str) -> None:
    error = raised(PluginError, furnace, IRON, made, activity=activity)
    assert error.field == field
    assert error.rule


def test_converter_slag_replaces_no_clinker() -> None:
    given = context("steel.basicOxygenFurnace", inputs=(lot("1100 KGM", materials={"pigIron": "1"}),),
                    outputs=(output("1000 KGM", materials={"steel": "1"}), SLAG))
    assert raised(
        PluginError, run, plugin(), given, {"slags": [{"lot": "urn:slag", "treatment": "substitution"}]}
    ).field == "activity.slags[0].treatment"


@pytest.mark.parametrize(("made", "activity", "is_refused"), [
    (output("300 KGM", "byProduct", lot="urn:slag", materials={"steel": "1"}), "slags", True),
    (output("300 KGM", "coProduct", lot="urn:slag", materials={"slag": "0.6", "castIron": "0.4"}), "slags", True),
    (output("300 KGM", "byProduct", lot="urn:slag", materials={"rebar": "1"}), "slags", True),
    (output("300 KGM", "byProduct", lot="urn:slag", materials={"slag": "0.8", "pigIron": "0.2"}), "slags", False),
    (output("300 KGM", "byProduct", lot="urn:slag", materials={"granulatedSlag": "1"}), "slags", False),
    (output("300 KGM", "byProduct", lot="urn:slag", materials={"coke": "1"}, fossil_carbon=Decimal("0.1")),
     "wasteGases", True),
    (output("300 KGM", "byProduct", lot="urn:slag", materials={"blastFurnaceGas": "1"}, fossil_carbon=Decimal("0.1")),
     "wasteGases", False),
])
def test_only_slag_is_slag_and_only_gas_is_gas(made: OutputFacts, activity: str, is_refused: bool) -> None:
    """Earlier rules, which ask no questions, believe the names."""
    named: dict[str, Any] = {"lot": "urn:slag", "treatment": "cutOff"}
    if activity == "wasteGases":
        named |= {"treatment": "carbonOut", "gas": "blastFurnaceGas"}
    supplies = (
        supply("sinter", "1300 KGM"), supply("pellet", "330 KGM"), supply("coke", "360 KGM"),
        supply("bituminous", "150 KGM"), supply("electricity", "30 KWH"),
    )
    for questions in (False, True):
        given = context("steel.blastFurnace", supplies=supplies, outputs=(IRON, made), questions=questions)
        if is_refused and questions:
            assert raised(PluginError, run, plugin(), given, {activity: [named]}).field == f"activity.{activity}[0].lot"
        else:
            assert fossil(run(plugin(), given, {activity: [named]}))[1] == 0
