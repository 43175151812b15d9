"""Cogeneration: what it emits by hand, and how each customary way shares it between heat and power.

Published: the plant of the US Environmental Protection Agency's CHP Partnership (Methods for Calculating Efficiency)
turns 100 units of fuel into 30 of power and 45 of steam, a total efficiency of 75 %, for which separate plants would
need 98 units of fuel for power and 56 for steam: so 98 / 154 = 63.6 % of it is the power's by the efficiency method.
"""

from decimal import Decimal
from typing import Any

import msgspec
import pytest
from carbon_ledger_energy import plugin
from msgspec.structs import replace
from support.raising import raised

from ledger.errors import PluginError, Refused
from ledger.sdk.testing import Run, context, lot, output, run, supply

ENERGY = plugin()
EXACT = 1e-12
GAS = ("naturalGas", "10000 NM3", "7200 KGM")
"""389,310 MJ by net calorific value."""
CO2 = 389.31 * 0.0153 * 0.99 * 44 / 12 * 1000
"""Kg of it: 21,621.9."""
VALUED = (output("32442.5 KWH", value=Decimal(30)), output("175189.5 3B", value=Decimal(10)))


def assessed(*outputs: Any, activity: dict[str, Any] | None = None, supplies: Any = (GAS,), inputs: Any = (),
             allocation: str = "energy") -> Run:
    asked = context("energy.combinedHeatAndPower", inputs=tuple(inputs), outputs=outputs, place="CN-JS", year=2022,
                    supplies=tuple(supply(*one) for one in supplies), allocation=allocation, hours="744")
    return run(ENERGY, asked, activity)


def plant(power: str = "32442.5 KWH", heat: str = "175189.5 3B", **given: Any) -> Run:
    """Of 389,310 MJ 30 % become power (116,793 MJ) and 45 % heat, as in the published plant."""
    return assessed(output(power), output(heat), **given)


def carried(found: Run) -> list[float]:
    """The part of all CO2 that each output carries."""
    return [one["fossilGhgEmissions"] / found.footprint for one in found.outputs]


def test_what_it_emits_and_loses() -> None:
    found = plant()
    assert found.footprint == pytest.approx(CO2, rel=EXACT)
    assert found.burdens["energyMj"] == pytest.approx(389310 * 0.25, rel=EXACT), "only what is lost is used here"
    indicators = {name: float(one) for name, one in found.assessment.indicators.items()}
    assert indicators == pytest.approx({
        "totalEfficiency": 0.75, "electricEfficiency": 0.3, "heatToPowerRatio": 1.5, "heatShare": 0.6,
    }, rel=EXACT)
    assert found.findings == {}


@pytest.mark.parametrize(("activity", "power"), [
    # 30 and 45
    ({}, 30 / 75),
    # heat at 150 degrees, surroundings at 25: 45 * (1 - 298.15 / 423.15)
    ({"basis": "exergy", "heatTemperature": "150"}, 30 / (30 + 45 * (125 / 423.15))),
    ({"basis": "exergy", "heatTemperature": "150", "ambientTemperature": "10"}, 30 / (30 + 45 * (140 / 423.15))),
    # 30 / 0.35 = 85.714 and 45 / 0.8 = 56.25
    ({"basis": "efficiency"}, (30 / 0.35) / (30 / 0.35 + 56.25)),
    # the published plant: 98 and 56 of separate fuel, by 30 / 98 = 0.306122449 and 45 / 56 = 0.803571429
    ({"basis": "efficiency", "powerEfficiency": "0.306122449", "heatEfficiency": "0.803571429"}, 98 / 154),
    # boilers gave 0.9 of the fuel, 350,379 MJ: heat 45 / 90 of it
    ({"basis": "heatSupplyRatio", "boilerHeat": {"value": "350379", "unit": "3B"}}, 0.5),
])
def test_how_heat_and_power_share(activity: dict[str, Any], power: float) -> None:
    assert carried(plant(activity=activity)) == pytest.approx([power, 1 - power], rel=1e-8)


def test_value_shares_as_records_say() -> None:
    assert carried(assessed(*VALUED, allocation="value")) == pytest.approx([0.75, 0.25], rel=EXACT)


def test_mass_shares_nothing() -> None:
    assert raised(Refused, plant, allocation="mass").code == "missing-weight"


def test_outputs_of_one_carrier_have_one_figure_per_unit() -> None:
    # 30,000 kWh and 2442.5, 100 GJ and 75.1895; ash beside them carries nothing
    found = assessed(
        output("30000 KWH"), output("100 GV"), output("2442.5 KWH"), output("75189.5 3B"),
        output("50 KGM", "waste", origin="preConsumer"), activity={"basis": "efficiency"},
    )
    share = (30 / 0.35) / (30 / 0.35 + 56.25)
    power, heat = share / 32442.5, (1 - share) / 175189.5
    assert carried(found) == pytest.approx([30000 * power, 100000 * heat, 2442.5 * power, 75189.5 * heat, 0], rel=1e-12)


def test_desulphurisation_and_power_of_the_grid() -> None:
    # 100 kg of limestone * 0.9 * 0.43971; 1000 kWh of Jiangsu's grid at 0.5978, and 3,600 MJ more that went in
    found = plant(supplies=(GAS, ("limestone", "100 KGM"), ("electricity", "1000 KWH")))
    assert found.footprint == pytest.approx(CO2 + 39.5739 + 597.8, rel=EXACT)
    assert found.burdens["energyMj"] == pytest.approx(389310 + 3600 - 291982.5, rel=EXACT)
    assert [one.what for one in found.assessment.omissions] == [
        "electricity upstream", "naturalGas upstream", "limestone upstream",
    ]


def test_coal_as_analysed_and_biomass() -> None:
    # 10 t of coal, 22 MJ and 0.6 kg of carbon a kg, of which 0.99 burn; 2 t of chips of 15 MJ, all of it grown
    found = assessed(
        output("19444 KWH"), output("110000 3B"), supplies=(("bituminous", "10 TNE"), ("woodChips", "2 TNE")),
        activity={"analyses": [
            {"material": "bituminous", "heatingValue": "22", "carbon": "0.6", "oxidation": "0.99"},
            {"material": "woodChips", "heatingValue": "15", "carbon": "0.4", "biogenicShare": "1"},
        ]},
    )
    assert found.footprint == pytest.approx(10000 * 0.6 * 0.99 * 44 / 12, rel=EXACT)
    assert found.findings == {}
    lost = 1 - (19444 * 3.6 + 110000) / 250000
    assert found.burdens["renewableEnergyMj"] == pytest.approx(30000 * lost, rel=1e-9)


def test_waste_heat_as_a_lot_is_enough() -> None:
    found = assessed(output("100 KWH"), output("500 3B"), supplies=(), inputs=[lot("1 GV")])
    assert (found.findings, found.footprint) == ({}, 0)
    assert found.burdens["energyMj"] == pytest.approx(140, rel=EXACT)


@pytest.mark.parametrize(("power", "heat", "findings"), [
    ("30000 KWH", "281311 3B", {"efficiency-above-limit": True}),  # 108,000 + 281,311 of 389,310 MJ
    ("30000 KWH", "281310 3B", {}),  # just all of it
    ("70500 KWH", "20000 3B", {"efficiency-above-limit": True}),  # 253,800 MJ of power: 0.652
    ("30000 KWH", "60000 3B", {"efficiency-unusual": False}),  # 0.43
    ("30000 KWH", "60000 KGM", {"wrong-unit": True, "not-combined": True}),
])
def test_what_a_plant_cannot_give(power: str, heat: str, findings: dict[str, bool]) -> None:
    made = output(power, value=Decimal(1)), output(heat, value=Decimal(1))
    assert assessed(*made, allocation="value").findings == findings


def test_a_plant_without_fuel_or_with_one_product() -> None:
    both = output("100 KWH", value=Decimal(1)), output("100 GV", value=Decimal(1))
    assert assessed(*both, supplies=(("water", "10 TNE"),), allocation="value").findings == {"no-fuel": True}
    assert assessed(output("100 GV", value=Decimal(1)), allocation="value").findings == {"not-combined": True}


def test_a_basis_that_is_not_used_is_named() -> None:
    assert assessed(*VALUED, allocation="value", activity={"basis": "efficiency"}).findings == {"basis-unused": False}


@pytest.mark.parametrize(("activity", "field"), [
    ({"basis": "exergy"}, "heatTemperature"),
    ({"basis": "exergy", "heatTemperature": "25"}, "heatTemperature"),
    ({"basis": "exergy", "heatTemperature": "651"}, "heatTemperature"),
    ({"basis": "efficiency", "powerEfficiency": "0"}, "powerEfficiency"),
    ({"basis": "heatSupplyRatio"}, "boilerHeat"),
    ({"basis": "heatSupplyRatio", "boilerHeat": {"value": "291982", "unit": "3B"}}, "boilerHeat"),
])
def test_what_a_basis_needs(activity: dict[str, Any], field: str) -> None:
    error = raised(PluginError, plant, activity=activity)
    assert (error.code, error.field) == ("invalid-activity", f"activity.{field}")


@pytest.mark.parametrize("activity", [
    {"heatEfficiency": "1.1"}, {"basis": "turnover"}, {"boilerHeat": {"value": "-1", "unit": "3B"}},
    {"analyses": [{"material": "naturalGas", "oxidation": "1.01"}]},
])
def test_wrong_activities_are_refused(activity: dict[str, Any]) -> None:
    raised(msgspec.ValidationError, plant, activity=activity)


@pytest.mark.parametrize(("activity", "field"), [
    ({"basis": "exergy", "heatTemperature": "58"}, "heatTemperature"),
    ({"basis": "exergy", "heatTemperature": "90", "ambientTemperature": "55"}, "heatTemperature"),
    ({"basis": "efficiency", "powerEfficiency": "0.24"}, "powerEfficiency"),
    ({"basis": "efficiency", "powerEfficiency": "0.66"}, "powerEfficiency"),
    ({"basis": "efficiency", "heatEfficiency": "0.64"}, "heatEfficiency"),
    ({"basis": "heatSupplyRatio", "boilerHeat": {"value": "389311", "unit": "3B"}}, "boilerHeat"),
])
def test_a_basis_of_no_plant_is_refused(activity: dict[str, Any], field: str) -> None:
    """Under rules that question figures. Heat that goes in is heat of the boilers too."""
    asked = context("energy.combinedHeatAndPower", outputs=(output("32442.5 KWH"), output("175189.5 3B")),
                    place="CN-JS", year=2022, supplies=(supply(*GAS),), allocation="energy", hours="744")
    run(ENERGY, asked, activity)
    assert raised(
        PluginError, run, ENERGY, replace(asked, sets=True, questions=True), activity
    ).field == f"activity.{field}"


@pytest.mark.parametrize("activity", [
    {"basis": "exergy", "heatTemperature": "60"},
    {"basis": "exergy", "heatTemperature": "45", "ambientTemperature": "5"},
    {"basis": "efficiency", "powerEfficiency": "0.25", "heatEfficiency": "0.65"},
    {"basis": "efficiency", "powerEfficiency": "0.53", "heatEfficiency": "1"},
    {"basis": "heatSupplyRatio", "boilerHeat": {"value": "389310", "unit": "3B"}},
])
def test_a_basis_of_a_real_plant(activity: dict[str, Any]) -> None:
    """A network of 60 degrees, one of 45 in winter, and old and new reference plants."""
    asked = context("energy.combinedHeatAndPower", outputs=(output("32442.5 KWH"), output("175189.5 3B")),
                    place="CN-JS", year=2022, supplies=(supply(*GAS),), allocation="energy", hours="744", sets=True,
                    questions=True)
    assert run(ENERGY, asked, activity).findings == {}
