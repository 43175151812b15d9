"""The energy sector against cases solved by hand: plants, the grid, storage, a microgrid, boilers.

Published: the national average of China's grid, 0.5366 kg CO2 per kWh in 2022 and 0.5306 in 2023, and 0.6096 in 2023
for what is left when non-fossil power sold on the market is taken out (MEE and NBS; China Electric Power News,
2026-01-15); carbon footprints of photovoltaic and wind power in 2023, 0.0545 and 0.0336 kg CO2e per kWh (MEE, NBS and
NEA, 2025-01-17).
"""

from decimal import Decimal
from typing import Any

import msgspec
import pytest
from carbon_ledger_energy import plugin
from msgspec.structs import replace
from support.containing import Containing
from support.raising import raised

from ledger.errors import PluginError, Refused
from ledger.sdk.testing import Run, attribute, context, lot, output, run, supply

ENERGY = plugin()
EXACT = 1e-12
MONTH = "744"


def assessed(
    route: str, *outputs: Any, activity: dict[str, Any] | None = None, inputs: Any = (), supplies: Any = (),
    **given: Any,
) -> Run:
    return run(ENERGY, context(f"energy.{route}", inputs=tuple(inputs), supplies=tuple(supplies), outputs=outputs,
                               **{"place": "CN-JS", "year": 2023, "hours": MONTH, **given}), activity)


def power(quantity: str, **facts: Any) -> Any:
    """Power that a record of this ledger made."""
    return lot(quantity, generated=True, **facts)


def green(quantity: str, technology: str = "photovoltaic") -> Any:
    return output(quantity, "attribute", technology=technology)


# Photovoltaic and wind power


def test_photovoltaic_power_carries_its_plant_and_the_residual_mix() -> None:
    # 100,000 kWh * 0.0545 = 5,450 kg; market-based beside it 100,000 * 0.6096 = 60,960; 1000 kW * 744 h = 744,000 kWh
    found = assessed("photovoltaic", output("100 MWH"), green("100 MWH"), activity={"capacity": "1000"})
    assert found.footprint == pytest.approx(5450, rel=EXACT)
    assert found.burdens == Containing({"electricityLocation": 0, "electricityMarket": pytest.approx(60960, rel=EXACT)})
    assert found.outputs[0]["electricityMarket"] == pytest.approx(60960, rel=EXACT)
    assert not any(found.outputs[1].values())
    assert found.burdens["energyMj"] == found.burdens["renewableEnergyMj"] == found.burdens["unestimated"] == 0
    assert found.assessment.indicators["renewableElectricity"] == 100_000
    assert float(found.assessment.indicators["capacityFactor"]) == pytest.approx(100 / 744, rel=EXACT)
    assert found.findings == {}


@pytest.mark.parametrize(("route", "activity", "supplies"), [
    ("photovoltaic", {"capacity": "1000"}, []), ("wind", {"capacity": "1000"}, []),
    ("gridImport", {}, [supply("electricity", "100 MWH")]),
])
def test_the_diesel_of_its_operation_burns(route: str, activity: dict[str, str], supplies: list[Any]) -> None:
    # 43.33 MJ/kg * 0.0202 kg C/MJ * 0.98 oxidised * 44/12 = 3.1451 kg CO2 per kg
    without, burnt = [
        assessed(route, output("100 MWH"), activity=activity, supplies=[*supplies, *diesel]).footprint
        for diesel in ([], [supply("diesel", "1000 KGM")])
    ]
    assert burnt - without == pytest.approx(3145.1, rel=1e-4)


def test_wind_power_and_the_residual_mix_of_another_year() -> None:
    # 0.0336 per kWh; the residual mix of 2022 is 0.5856
    found = assessed("wind", output("50000 KWH"), green("20000 KWH", "wind"), activity={"capacity": "500"}, year=2022)
    assert (found.footprint, found.burdens["electricityMarket"]) == pytest.approx((1680, 29280), rel=EXACT)


def test_what_a_plant_uses_itself_burdens_what_it_delivers() -> None:
    # 1050 kWh generated, 1000 delivered as two lots of 3 : 1; plant 1050 * 0.0545 = 57.225
    found = assessed("photovoltaic", output("750 KWH"), output("250 KWH"),
                     activity={"capacity": "10", "generated": "1050"})
    assert [one["fossilGhgEmissions"] for one in found.outputs] == pytest.approx([42.91875, 14.30625], rel=EXACT)
    assert found.burdens["electricityMarket"] == pytest.approx(609.6, rel=EXACT)


def test_a_market_that_the_ledger_does_not_know() -> None:
    found = assessed("wind", output("1000 KWH"), activity={"capacity": "10"}, place="DE-BY")
    assert found.findings == {"no-residual-mix": False}
    assert found.burdens["electricityMarket"] == found.footprint == 0
    assert found.burdens["unestimated"] == 1, "the plant"
    found = assessed("wind", output("1000 KWH"), activity={"capacity": "10", "residualMix": "0.7"}, place="DE-BY")
    assert (found.burdens["electricityMarket"], found.findings) == (pytest.approx(700, rel=EXACT), {})


@pytest.mark.parametrize(("route", "activity", "outputs", "findings"), [
    ("photovoltaic", {"capacity": "100", "generated": "900"}, ["1000 KWH"], {"delivered-above-generated": True}),
    ("photovoltaic", {"capacity": "1"}, ["752 KWH"], {"capacity-exceeded": True}),
    ("photovoltaic", {"capacity": "1"}, ["300 KWH"], {"load-unusual": False}),
    ("photovoltaic", {"capacity": "1"}, ["260 KWH"], {}),
    ("wind", {"capacity": "1"}, ["300 KWH"], {}),
    ("wind", {"capacity": "1"}, ["500 KWH"], {"load-unusual": False}),
    ("wind", {"capacity": "1"}, ["10 GV"], {"wrong-unit": True}),
    ("wind", {"capacity": "1"}, ["1 KWH", "10 KGM"], {"wrong-unit": True}),
])
def test_what_plants_can_give(
    route: str, activity: dict[str, str], outputs: list[str], findings: dict[str, bool]
) -> None:
    """100 % of 744 h are 744 kWh of 1 kW, and 1 % are left to the meters: 751.44."""
    assert assessed(route, *[output(one) for one in outputs], activity=activity).findings == findings


def test_attributes_are_of_the_plant_and_no_more_than_it_generated() -> None:
    found = assessed("photovoltaic", output("100 KWH"), green("100 KWH", "wind"), activity={"capacity": "10"})
    assert found.findings == {"attribute-technology": True}
    assert raised(
        Refused, assessed, "photovoltaic", output("100 KWH"), green("100.1 KWH"), activity={"capacity": "10"}
    ).code == "attribute-excess"


def test_a_route_that_generates_nothing_renewable_makes_no_attributes() -> None:
    assert raised(
        Refused, assessed, "gridImport", output("100 KWH"), green("1 KWH"), supplies=[supply("electricity", "100 KWH")]
    ).code == "attribute-excess"


@pytest.mark.parametrize("activity", [{}, {"capacity": "0"}, {"capacity": "-5"}, {"capacity": "1", "tilt": "30"}])
def test_wrong_activities_are_refused(activity: dict[str, str]) -> None:
    raised(msgspec.ValidationError, assessed, "photovoltaic", output("1 KWH"), activity=activity)


# The grid


@pytest.mark.parametrize(("place", "year", "average", "residual"), [
    ("CN", 2022, "0.5366", "0.5856"),  # published: the national average
    ("CN", 2023, "0.5306", "0.6096"),
    ("CN-JS", 2022, "0.5978", "0.5856"),
    ("CN-JS", 2023, "0.5978", "0.6096"),  # the province's latest earlier
    ("CN-XZ", 2022, "0.2268", "0.5856"),  # no factor of Tibet: its region
])
def test_power_of_the_grid_by_province_and_year(place: str, year: int, average: str, residual: str) -> None:
    bought = supply("electricity", "1 MWH")
    found = assessed("gridImport", output("1000 KWH"), supplies=[bought], place=place, year=year)
    expected = 1000 * float(average)
    assert found.footprint == found.burdens["electricityLocation"] == pytest.approx(expected, rel=EXACT)
    assert found.burdens["electricityMarket"] == pytest.approx(1000 * float(residual), rel=EXACT)
    assert found.burdens["electricityKwh"] == 0, "who takes the power uses it"


def test_what_is_lost_behind_the_meter_is_used_by_the_site() -> None:
    # 1000 kWh bought, 960 delivered: 40 kWh are used here, and all emissions are on 960 kWh
    found = assessed("gridImport", output("600 KWH"), output("360 KWH"), supplies=[supply("electricity", "1000 KWH")])
    assert [one["electricityLocation"] for one in found.outputs] == pytest.approx([373.625, 224.175], rel=EXACT)
    assert found.burdens["electricityKwh"] == pytest.approx(40, rel=EXACT)
    assert float(found.assessment.indicators["lossRate"]) == pytest.approx(0.04, rel=EXACT)
    assert [one.what for one in found.assessment.omissions] == ["electricity upstream"]


def test_a_contract_or_another_country_says_its_own_residual_mix() -> None:
    found = assessed("gridImport", output("100 KWH"), supplies=[supply("electricity", "100 KWH")],
                     activity={"residualMix": "0.7"})
    assert found.burdens == Containing({
        "electricityMarket": pytest.approx(70, rel=EXACT), "electricityLocation": pytest.approx(59.78, rel=EXACT)
    })


@pytest.mark.parametrize(("place", "year", "code"), [("CN-ZZ", 2022, "unknown-place"),
                                                      ("CN-JS", 2019, "no-factor-for-year")])
def test_places_and_years_without_a_factor_are_refused(place: str, year: int, code: str) -> None:
    assert raised(
        PluginError, assessed, "gridImport", output("1 KWH"), supplies=[supply("electricity", "1 KWH")], place=place,
        year=year,
    ).code == code
    if year == 2019:
        assert raised(
            PluginError, assessed, "photovoltaic", output("1 KWH"), activity={"capacity": "1"}, place=place, year=year
        ).code == code


@pytest.mark.parametrize(("bought", "inputs", "findings"), [
    ("99", [], {"power-appears": True}),
    ("120", [], {"loss-unusual": False}),
    ("100", ["5 KWH"], {"not-of-the-grid": True}),
])
def test_what_the_grid_cannot_give(bought: str, inputs: list[str], findings: dict[str, bool]) -> None:
    assert assessed("gridImport", output("100 KWH"), supplies=[supply("electricity", f"{bought} KWH")],
                    inputs=[power(one) for one in inputs]).findings == findings


# A microgrid


def test_a_microgrid_mixes_and_loses() -> None:
    # 600 of the sun, 400 of the grid; 20 are lost; of 980 two users get 700 and 280
    found = assessed("microgrid", output("700 KWH"), output("280 KWH"), inputs=[power("600 KWH"), power("0.4 MWH")])
    assert (found.footprint, found.burdens) == (0, Containing({"electricityKwh": pytest.approx(20, rel=EXACT),
                                                               "energyMj": pytest.approx(72, rel=EXACT)}))
    assert found.findings == {}
    assert assessed("microgrid", output("1001 KWH"), inputs=[power("1 MWH")]).findings == {"power-appears": True}


# Storage


@pytest.mark.parametrize(("route", "factor"), [("photovoltaic", 0.048), ("wind", 0.011)])
def test_with_factor_sets_a_plant_outside_china_has_its_life_cycle(route: str, factor: float) -> None:
    activity = {"capacity": "10000"}
    given: dict[str, Any] = {"place": "IN-RJ", "activity": activity}
    found = assessed(route, output("1000000 KWH"), sets=True, **given)
    assert found.footprint == pytest.approx(1_000_000 * factor, rel=EXACT)
    assert (found.assessment.omissions, [line.recalled for line in found.assessment.lines]) == ((), [True])
    before = assessed(route, output("1000000 KWH"), **given)
    assert [one.what for one in before.assessment.omissions] == [f"{route} plant upstream"]


def test_a_cycle_of_storage() -> None:
    # 1000 kWh in, 900 out: 100 lost; made of 900 * 0.0167 = 15.03 kg that are known to be left out
    found = assessed("storage", output("900 KWH"), inputs=[power("1000 KWH")],
                     activity={"phase": "cycle", "capacity": "500", "cycles": "2"})
    assert found.footprint == 0
    assert found.burdens == Containing({
        "electricityKwh": pytest.approx(100, rel=EXACT), "omittedAbs": pytest.approx(15.03, rel=EXACT),
        "unestimated": 0,
    })
    assert (found.assessment.indicators["storageLoss"], found.assessment.indicators["storageEfficiency"],
            found.findings) == (100, Decimal("0.9"), {})


def test_charge_and_discharge_are_records_of_their_own() -> None:
    charged = assessed("storage", output("475 KWH"), inputs=[power("300 KWH")],
                       supplies=[supply("electricity", "200 KWH")], activity={"phase": "charge", "capacity": "500"})
    # 200 kWh of Jiangsu's grid * 0.5978; 25 of 500 kWh are lost
    assert (charged.footprint, charged.burdens["electricityKwh"]) == pytest.approx((119.56, 25), rel=EXACT)
    assert charged.findings == {}
    discharged = assessed("storage", output("450 KWH"), inputs=[power("475 KWH", same_maker=True)],
                          activity={"phase": "discharge", "capacity": "500"})
    assert (discharged.burdens["electricityKwh"], discharged.findings) == (pytest.approx(25, rel=EXACT), {})


@pytest.mark.parametrize(("phase", "taken", "same", "given", "findings"), [
    ("cycle", "1000 KWH", False, "1000.1 KWH", {"storage-gives-more": True}),
    ("cycle", "1000 KWH", False, "999 KWH", {"efficiency-unusual": False}),
    ("cycle", "1000 KWH", False, "740 KWH", {"efficiency-unusual": False}),
    ("cycle", "2100 KWH", False, "2001 KWH", {"storage-capacity": True}),
    ("charge", "1100 KWH", False, "1001 KWH", {"storage-capacity": True}),
    ("charge", "1000 KWH", True, "950 KWH", {"wrong-phase": True}),
    ("discharge", "1000 KWH", False, "950 KWH", {"wrong-phase": True}),
])
def test_what_storage_cannot_do(
    phase: str, taken: str, same: bool, given: str, findings: dict[str, bool]
) -> None:
    activity = {"phase": phase, "capacity": "1000"} | ({"cycles": "2"} if phase == "cycle" else {})
    found = assessed("storage", output(given), inputs=[power(taken, same_maker=same)], activity=activity)
    assert found.findings == findings


def test_a_discharge_takes_nothing_of_the_grid() -> None:
    found = assessed("storage", output("90 KWH"), inputs=[power("50 KWH", same_maker=True)],
                     supplies=[supply("electricity", "50 KWH")], activity={"phase": "discharge", "capacity": "100"})
    assert found.findings == {"wrong-phase": True}


def test_a_storage_needs_attributes_for_its_losses_alone() -> None:
    given = {"inputs": [power("1000 KWH")], "activity": {"phase": "cycle", "capacity": "1000"}}
    found = assessed("storage", output("900 KWH"), attributes=(attribute("100 KWH"),), **given)
    assert found.burdens["renewableEnergyMj"] == pytest.approx(360, rel=EXACT)
    assert raised(
        Refused, assessed, "storage", output("900 KWH"), attributes=(attribute("101 KWH"),), **given
    ).code == "attribute-excess"
    error = raised(Refused, assessed, "storage", output("900 KWH"), green("900 KWH"), **given)
    assert error.code == "attribute-excess", "storage generates nothing"


# Boilers


def test_a_gas_boiler() -> None:
    """1000 Nm3 of natural gas: 38,931 MJ, 2,162.19 kg of CO2 (389.31 GJ * 0.0153 t C/GJ * 0.99 * 44/12 per 10^4 Nm3);
    35 GJ of heat are 0.899, and 3,931 MJ were lost."""
    found = assessed("heatBoiler", output("35 GV"), supplies=[supply("naturalGas", "1000 NM3", "720 KGM")])
    assert found.footprint == pytest.approx(389.31 * 0.0153 * 0.99 * 44 / 12 * 100, rel=EXACT)
    assert found.burdens["energyMj"] == pytest.approx(3931, rel=EXACT)
    assert float(found.assessment.indicators["boilerEfficiency"]) == pytest.approx(35000 / 38931, rel=EXACT)
    assert found.findings == {}


@pytest.mark.parametrize(("kind", "supplied", "heat", "findings"), [
    ("combustion", ("naturalGas", "1000 NM3", "720 KGM"), "38932 3B", {"efficiency-above-limit": True}),
    ("condensing", ("naturalGas", "1000 NM3", "720 KGM"), "41000 3B", {}),
    ("condensing", ("naturalGas", "1000 NM3", "720 KGM"), "43300 3B", {"efficiency-above-limit": True}),
    ("combustion", ("naturalGas", "1000 NM3", "720 KGM"), "20000 3B", {"efficiency-unusual": False}),
    ("electrode", ("electricity", "1000 KWH"), "3601 3B", {"efficiency-above-limit": True}),
    ("electrode", ("electricity", "1000 KWH"), "3500 3B", {}),
    ("heatPump", ("electricity", "1000 KWH"), "12000 3B", {}),
    ("heatPump", ("electricity", "1000 KWH"), "28801 3B", {"efficiency-above-limit": True}),
    ("combustion", ("water", "10 TNE"), "100 3B", {"no-energy": True}),
    ("combustion", ("naturalGas", "1000 NM3", "720 KGM"), "100 KWH", {"wrong-unit": True,
                                                                      "efficiency-unusual": False}),
])
def test_what_boilers_give(kind: str, supplied: tuple[str, ...], heat: str, findings: dict[str, bool]) -> None:
    found = assessed("heatBoiler", output(heat), supplies=[supply(*supplied)], activity={"kind": kind})
    assert found.findings == findings


def test_a_heat_pump_uses_no_more_than_its_power() -> None:
    # 1000 kWh make 12,000 MJ of heat: 8,400 MJ come from outside, and nothing is lost
    found = assessed("heatBoiler", output("12 GV"), inputs=[power("1000 KWH")], activity={"kind": "heatPump"})
    assert found.burdens["energyMj"] == found.footprint == 0
    assert float(found.assessment.indicators["boilerEfficiency"]) == pytest.approx(12 / 3.6, rel=EXACT)


def test_an_electrode_boiler_takes_attributes_for_all_of_its_power() -> None:
    # 1000 kWh become 3500 MJ of heat; 100 MJ are lost, and that part of the power is used here
    given = {"inputs": [power("600 KWH")], "supplies": [supply("electricity", "400 KWH")],
             "activity": {"kind": "electrode"}}
    found = assessed("heatBoiler", output("3500 3B"), attributes=(attribute("750 KWH"),), **given)
    assert found.burdens == Containing({
        "electricityLocation": pytest.approx(239.12, rel=EXACT),  # 400 * 0.5978
        "electricityMarket": pytest.approx(400 * 0.6096 * 0.25, rel=EXACT),
        "renewableEnergyMj": pytest.approx(100, rel=EXACT),
    })
    assert raised(
        Refused, assessed, "heatBoiler", output("3500 3B"), attributes=(attribute("1000.1 KWH"),), **given
    ).code == "attribute-excess"


# Cogeneration: what it emits by hand, and how each customary way shares it between heat and power. Published: the
# plant of the US Environmental Protection Agency's CHP Partnership (Methods for Calculating Efficiency) turns 100
# units of fuel into 30 of power and 45 of steam, a total efficiency of 75 %, for which separate plants would need 98
# units of fuel for power and 56 for steam: so 98 / 154 = 63.6 % of it is the power's by the efficiency method.


GAS = ("naturalGas", "10000 NM3", "7200 KGM")
"""389,310 MJ by net calorific value."""
CO2 = 389.31 * 0.0153 * 0.99 * 44 / 12 * 1000
"""Kg of it: 21,621.9."""
VALUED = (output("32442.5 KWH", value=Decimal(30)), output("175189.5 3B", value=Decimal(10)))


def unit_run(*outputs: Any, activity: dict[str, Any] | None = None, supplies: Any = (GAS,), inputs: Any = (),
             allocation: str = "energy") -> Run:
    asked = context("energy.combinedHeatAndPower", inputs=tuple(inputs), outputs=outputs, place="CN-JS", year=2022,
                    supplies=tuple(supply(*one) for one in supplies), allocation=allocation, hours="744")
    return run(ENERGY, asked, activity)


def plant(power: str = "32442.5 KWH", heat: str = "175189.5 3B", **given: Any) -> Run:
    """Of 389,310 MJ 30 % become power (116,793 MJ) and 45 % heat, as in the published plant."""
    return unit_run(output(power), output(heat), **given)


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
    assert carried(unit_run(*VALUED, allocation="value")) == pytest.approx([0.75, 0.25], rel=EXACT)


def test_mass_shares_nothing() -> None:
    assert raised(Refused, plant, allocation="mass").code == "missing-weight"


def test_outputs_of_one_carrier_have_one_figure_per_unit() -> None:
    # 30,000 kWh and 2442.5, 100 GJ and 75.1895; ash beside them carries nothing
    found = unit_run(
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
    found = unit_run(
        output("19444 KWH"), output("110000 3B"), supplies=(("bituminous", "10 TNE"), ("woodChips", "2 TNE")),
        activity={"analyses": [
            {"material": "bituminous", "heatingValue": "22", "carbon": "0.6", "oxidation": "0.99"},
            {"material": "woodChips", "heatingValue": "15", "carbon": "0.4", "biogenicShare": "1"},
        ]},
    )
    assert (found.footprint, found.findings) == (pytest.approx(10000 * 0.6 * 0.99 * 44 / 12, rel=EXACT), {})
    lost = 1 - (19444 * 3.6 + 110000) / 250000
    assert found.burdens["renewableEnergyMj"] == pytest.approx(30000 * lost, rel=1e-9)


def test_waste_heat_as_a_lot_is_enough() -> None:
    found = unit_run(output("100 KWH"), output("500 3B"), supplies=(), inputs=[lot("1 GV")])
    assert (found.findings, found.footprint, found.burdens["energyMj"]) == ({}, 0, pytest.approx(140, rel=EXACT))


@pytest.mark.parametrize(("power", "heat", "findings"), [
    ("30000 KWH", "281311 3B", {"efficiency-above-limit": True}),  # 108,000 + 281,311 of 389,310 MJ
    ("30000 KWH", "281310 3B", {}),  # just all of it
    ("70500 KWH", "20000 3B", {"efficiency-above-limit": True}),  # 253,800 MJ of power: 0.652
    ("30000 KWH", "60000 3B", {"efficiency-unusual": False}),  # 0.43
    ("30000 KWH", "60000 KGM", {"wrong-unit": True, "not-combined": True}),
])
def test_what_a_plant_cannot_give(power: str, heat: str, findings: dict[str, bool]) -> None:
    made = output(power, value=Decimal(1)), output(heat, value=Decimal(1))
    assert unit_run(*made, allocation="value").findings == findings


def test_a_plant_without_fuel_or_with_one_product() -> None:
    both = output("100 KWH", value=Decimal(1)), output("100 GV", value=Decimal(1))
    assert unit_run(*both, supplies=(("water", "10 TNE"),), allocation="value").findings == {"no-fuel": True}
    assert unit_run(output("100 GV", value=Decimal(1)), allocation="value").findings == {"not-combined": True}


def test_a_basis_that_is_not_used_is_named() -> None:
    assert unit_run(*VALUED, allocation="value", activity={"basis": "efficiency"}).findings == {"basis-unused": False}


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
def test_cogeneration_wrong_activities_are_refused(activity: dict[str, Any]) -> None:
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
