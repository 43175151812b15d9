"""Vehicle assembly against cases solved by hand. Masses in kg, energy in kWh and MJ, emissions in kg CO2e."""

from decimal import Decimal
from typing import Any, Final

import msgspec
import pytest
from carbon_ledger_equipment import plugin
from carbon_ledger_equipment.vehicles import CLEAN_ENERGY, NEW_ENERGY
from support.containing import Containing
from support.raising import raised

from ledger.errors import InvalidQuantity, PluginError
from ledger.sdk import Context, InputFacts, OutputFacts, SupplyFacts
from ledger.sdk.testing import Run, context, lot, output, run, supply

CAR: Final = {"steel": "0.7", "aluminium": "0.3"}
PARTS: Final = (lot("10500 KGM", materials={"steel": "1"}), lot("4500 KGM", materials={"aluminium": "1"}))
CARS: Final = output("10 H87", mass="15000 KGM", materials=CAR)
POWER: Final = supply("electricity", "8000 KWH")
GAS: Final = supply("naturalGas", "1000 NM3")
COLD: Final = supply("refrigerant", "6 KGM")
BATTERY: Final = {"value": "60", "unit": "KWH"}


def line(
    *supplies: SupplyFacts, inputs: tuple[InputFacts, ...] = PARTS, outputs: tuple[OutputFacts, ...] = (CARS,),
) -> Context:
    return context("equipment.vehicleAssembly", inputs=inputs, supplies=supplies, outputs=outputs)


def make(given: Context, powertrain: str = "batteryElectric", **activity: Any) -> Run:
    if powertrain == "batteryElectric":
        activity = {"batteryCapacity": BATTERY, **activity}
    return run(plugin(), given, {"powertrain": powertrain, **activity})


def test_ten_electric_cars() -> None:
    # 8000 * 0.5849 = 4679.2; gas 1000 * 2.162188809 = 2162.188809; refrigerant 6 - 5.5 = 0.5 kg * 1530 = 765 kg CO2e.
    # Energy 8000 * 3.6 + 38931 = 67731 MJ, 6773.1 a car. 2 rejects beside 10 cars: 2 / 12.
    told = make(
        line(POWER, GAS, COLD), vehicle="passengerCar", refrigerantCharged={"value": "5.5", "unit": "KGM"},
        testElectricity={"value": "50", "unit": "KWH"}, rejected=2,
    )
    assert (told.footprint, told.findings) == (pytest.approx(4679.2 + 2162.188809 + 765.0), {})
    rates = told.assessment.indicators
    assert (rates["vehiclesMade"], rates["newEnergyVehicles"], rates["cleanEnergyVehicles"]) == (10, 10, 0)
    assert rates == Containing({
        "energyPerVehicle": Decimal("6773.1"), "electricityPerPiece": 800, "testElectricity": 50
    })
    assert round(rates["rejectRate"], 6) == Decimal("0.166667")
    assert [one.what for one in told.assessment.omissions] == [
        "electricity upstream", "naturalGas upstream", "refrigerant upstream",
    ]
    # Vehicles are no new units beside remanufactured machines.
    assert "newUnits" not in rates
    assert told.contents.outputs[0]["material:aluminium"] == pytest.approx(4500.0)


@pytest.mark.parametrize(("powertrain", "new", "clean"), [
    ("batteryElectric", 10, 0), ("plugInHybrid", 10, 0), ("rangeExtended", 10, 0), ("fuelCell", 10, 0),
    ("hybrid", 0, 0), ("gasoline", 0, 0), ("diesel", 0, 0), ("naturalGas", 0, 10), ("methanol", 0, 10),
    ("hydrogenCombustion", 0, 10),
])
def test_what_counts_as_new_energy(powertrain: str, new: int, clean: int) -> None:
    rates = make(line(POWER, GAS), powertrain).assessment.indicators
    assert (rates["newEnergyVehicles"], rates["cleanEnergyVehicles"]) == (new, clean)
    assert not set(NEW_ENERGY) & set(CLEAN_ENERGY)


@pytest.mark.parametrize(("given", "activity", "told"), [
    (line(POWER, outputs=(output("15000 KGM"),)), {}, {"not-pieces": True}),
    (line(POWER, outputs=(output("15000 KGM", "waste", origin="preConsumer"),)), {}, {"not-pieces": True}),
    (line(POWER, inputs=()), {}, {"no-parts": True}),
    (line(POWER, outputs=(output("10 H87", mass="14000 KGM"),)), {}, {"mass-unaccounted": False}),
    (line(POWER, outputs=(output("10 H87", mass="14250 KGM"),)), {}, {}),
    # 1500 kg are no bus, 15000 kg no car
    (line(POWER), {"vehicle": "bus"}, {"mass-unusual": False}),
    (line(POWER, outputs=(output("1 H87", mass="15000 KGM"),)), {"vehicle": "passengerCar"}, {"mass-unusual": False}),
    # 4.9 GJ and 2002 GJ for ten: 0.49 and 200.2 a car
    (line(supply("electricity", "1361 KWH")), {}, {"energy-unusual": False}),
    (line(supply("electricity", "556112 KWH")), {}, {"energy-unusual": False}),
    (line(POWER), {"batteryCapacity": {"value": "1201", "unit": "KWH"}}, {"battery-unusual": False}),
    (line(POWER), {"batteryCapacity": {"value": "4", "unit": "KWH"}}, {"battery-unusual": False}),
    (line(POWER), {"powertrain": "hybrid", "batteryCapacity": {"value": "151", "unit": "KWH"}},
     {"battery-unusual": False}),
    (line(POWER), {"powertrain": "hybrid", "batteryCapacity": {"value": "1.5", "unit": "KWH"}}, {}),
    (line(POWER), {"powertrain": "plugInHybrid"}, {"battery-unknown": False}),
    (line(POWER), {"powertrain": "fuelCell"}, {}),
])
def test_findings(given: Context, activity: dict[str, Any], told: dict[str, bool]) -> None:
    assert make(given, **activity).findings == told


def test_refrigerant_of_which_nothing_is_said_is_a_gap() -> None:
    told = make(line(POWER, COLD))
    assert told.footprint == pytest.approx(4679.2)
    whats = [one.what for one in told.assessment.omissions]
    assert "refrigerant lost in filling" in whats
    assert "refrigerant upstream" in whats


@pytest.mark.parametrize(("powertrain", "activity", "field"), [
    ("gasoline", {"batteryCapacity": BATTERY}, "activity.batteryCapacity"),
    ("gasoline", {"refrigerantCharged": {"value": "6.1", "unit": "KGM"}}, "activity.refrigerantCharged"),
    ("gasoline", {"testElectricity": {"value": "8001", "unit": "KWH"}}, "activity.testElectricity"),
    ("gasoline", {"rejected": -1}, "activity.rejected"),
])
def test_bad_activities_are_refused_by_field(powertrain: str, activity: dict[str, Any], field: str) -> None:
    error = raised(PluginError, make, line(POWER, COLD), powertrain, **activity)
    assert error.field == field
    assert error.rule


def test_a_capacity_is_an_energy() -> None:
    raised(InvalidQuantity, make, line(POWER), "hybrid", batteryCapacity={"value": "5", "unit": "KGM"})


@pytest.mark.parametrize("activity", [
    {}, {"powertrain": "steam"}, {"powertrain": "diesel", "vehicle": "boat"}, {"powertrain": "diesel", "wheels": 4},
    {"powertrain": "diesel", "refrigerantCharged": {"value": "-1", "unit": "KGM"}},
])
def test_activities_are_typed(activity: dict[str, Any]) -> None:
    raised(msgspec.ValidationError, run, plugin(), line(POWER), activity)
