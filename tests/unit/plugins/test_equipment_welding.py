"""Welding and cutting against cases solved by hand. Masses in kg, energy in kWh, emissions in kg CO2."""

from decimal import Decimal
from typing import Any, Final

import msgspec
import pytest
from carbon_ledger_equipment import plugin
from carbon_ledger_equipment.welding import GasShare, carbon_dioxide_share, gases
from support.containing import Containing
from support.raising import raised

from ledger.errors import InvalidQuantity, PluginError
from ledger.sdk import Context, InputFacts, OutputFacts, SupplyFacts
from ledger.sdk.testing import Run, context, lot, output, run, supply

STEEL: Final = {"steel": "1"}
PLATES: Final = lot("1000 KGM", materials=STEEL)
FRAME: Final = output("1018 KGM", materials=STEEL)
SPATTER: Final = output("2 KGM", "waste", materials=STEEL, origin="preConsumer")
WIRE: Final = supply("weldingWire", "20 KGM")
POWER: Final = supply("electricity", "80 KWH")
MIXTURE: Final = [{"gas": "argon", "share": "0.8"}, {"gas": "carbonDioxide", "share": "0.2"}]


def welded(
    *supplies: SupplyFacts, inputs: tuple[InputFacts, ...] = (PLATES,),
    outputs: tuple[OutputFacts, ...] = (FRAME, SPATTER), place: str = "CN-SH",
) -> Context:
    return context("equipment.welding", inputs=inputs, supplies=supplies, outputs=outputs, place=place)


def weld(given: Context, **activity: Any) -> Run:
    return run(plugin(), given, activity)


def test_a_frame_under_mixed_gas() -> None:
    # 80 * 0.5849 = 46.792. CO2 in the mixture: 0.2 * 44.01 = 8.802 of 8.802 + 0.8 * 39.95 = 31.96, so 8.802 / 40.762 =
    # 0.2159364; of 15 kg that is 3.2390462. Weld metal 18 of 20 kg of wire; 80 / 18 kWh per kg. Yield 1018 / 1020.
    told = weld(
        welded(POWER, WIRE, supply("shieldingGas", "15 KGM")), method="gasMetalArc", shielding=MIXTURE,
        deposited={"value": "18", "unit": "KGM"}, arcHours="10",
    )
    assert (told.footprint, told.outputs[0]["fossilGhgEmissions"]) == pytest.approx((46.792 + 3.2390462, 50.0310462))
    assert (told.outputs[1]["fossilGhgEmissions"], told.findings) == (0.0, {})
    rates = {name: round(float(value), 6) for name, value in told.assessment.indicators.items()}
    assert rates == Containing({
        "depositionEfficiency": 0.9, "electricityPerWeldMetal": 4.444444, "electricityPerHour": 8.0,
        "materialYield": 0.998039,
    })
    # The wire has no figure here: the core names it.
    assert [one.what for one in told.assessment.omissions] == ["electricity upstream", "shieldingGas upstream"]


def test_recycled_steel_goes_into_the_frame() -> None:
    # 1000 kg of old plates: 998 kg stay in what is a frame of 1018 kg, 2 kg are spatter.
    told = weld(welded(POWER, WIRE, inputs=(lot("1000 KGM", "waste", materials=STEEL),)), method="gasMetalArc")
    frame, spatter = told.contents.outputs
    assert frame["recycledPostConsumer:steel"] + spatter["recycledPostConsumer:steel"] == pytest.approx(1000.0)
    assert frame["material:steel"] == 1018.0


def test_flame_cutting() -> None:
    # acetylene 2.6 * 88/26 = 8.8; propane 10 * 2.993 = 29.93; propylene 10 * 3.137 = 31.37; gas 10 * 2.162188809
    given = welded(
        supply("acetylene", "2.6 KGM"), supply("propane", "10 KGM"), supply("propylene", "10 KGM", priced=True),
        supply("naturalGas", "10 NM3"), supply("oxygen", "40 KGM"), outputs=(output("990 KGM"),),
    )
    told = weld(given, method="oxyfuelCutting")
    assert (told.footprint, told.findings) == (pytest.approx(8.8 + 29.93 + 31.37 + 21.62188809), {})
    assert [one.what for one in told.assessment.omissions] == [
        "naturalGas upstream", "acetylene upstream", "propane upstream",
    ]


def test_the_share_of_a_mixture_that_is_carbon_dioxide() -> None:
    def share(**volumes: str) -> Decimal | None:
        return carbon_dioxide_share([msgspec.convert({"gas": gas, "share": part}, GasShare)
                                     for gas, part in volumes.items()])

    assert (share(), share(carbonDioxide="1"), share(argon="1")) == (None, 1, 0)
    # half and half by volume with argon: 44.01 / (44.01 + 39.95) by mass
    assert float(share(argon="0.5", carbonDioxide="0.5") or 0) == pytest.approx(0.52417818)
    with pytest.raises(PluginError, match="add up to 1") as caught:
        share(argon="0.8", carbonDioxide="0.1")
    assert caught.value.field == "activity.shielding"


def test_a_mixture_of_which_nothing_is_said_is_a_gap_of_at_most_its_mass() -> None:
    told = weld(welded(POWER, WIRE, supply("shieldingGas", "15 KGM")))
    assert told.findings == {"shielding-unknown": False}
    assert ("shieldingGas vented", Decimal(15)) in [(one.what, one.estimate) for one in told.assessment.omissions]


@pytest.mark.parametrize(("given", "activity", "told"), [
    (welded(WIRE), {"method": "submergedArc"}, {"power-missing": False}),
    (welded(WIRE), {"method": "oxyfuel"}, {"fuel-missing": False}),
    (welded(POWER, WIRE), {}, {}),
    (welded(POWER, outputs=(output("1000 KGM"),)),
     {"method": "gasMetalArc", "deposited": {"value": "18", "unit": "KGM"}}, {"filler-missing": False}),
    # 9.9 of 20 kg: stubs and slag take less than half of a covered electrode; 10 are just usual
    (welded(POWER, supply("coveredElectrode", "20 KGM")),
     {"method": "shieldedMetalArc", "deposited": {"value": "9.9", "unit": "KGM"}}, {"deposition-unusual": False}),
    (welded(POWER, supply("coveredElectrode", "20 KGM")),
     {"method": "shieldedMetalArc", "deposited": {"value": "10", "unit": "KGM"}}, {}),
    # 80 kWh for 3.9 kg are 20.5 per kg, for 18 kg at 17 kWh 0.94
    (welded(POWER, supply("weldingWire", "4 KGM"), outputs=(output("1000 KGM"),)),
     {"method": "gasTungsten", "deposited": {"value": "3.9", "unit": "KGM"}}, {"electricity-unusual": False}),
    (welded(supply("electricity", "17 KWH"), WIRE),
     {"method": "gasMetalArc", "deposited": {"value": "18", "unit": "KGM"}}, {"electricity-unusual": False}),
    (welded(POWER, WIRE, outputs=(output("1031 KGM"),)), {}, {"material-yield": True}),
    (welded(POWER, WIRE, outputs=(output("1030 KGM"),)), {}, {}),
    (welded(POWER, WIRE, outputs=(output("960 KGM"),)), {}, {"mass-unaccounted": False}),
    (welded(POWER, WIRE, inputs=()), {}, {"no-workpiece": True}),
])
def test_findings(given: Context, activity: dict[str, Any], told: dict[str, bool]) -> None:
    assert weld(given, **activity).findings == told


def test_more_weld_metal_than_filler_is_refused() -> None:
    assert raised(
        PluginError, weld, welded(POWER, WIRE), deposited={"value": "20.3", "unit": "KGM"}
    ).field == "activity.deposited"
    # Scales agree to a per cent.
    assert weld(welded(POWER, WIRE), deposited={"value": "20.2", "unit": "KGM"}).findings == {}


def test_wrong_units_and_places() -> None:
    raised(InvalidQuantity, weld, welded(supply("propane", "10 KWH")))
    raised(InvalidQuantity, weld, welded(POWER, WIRE), deposited={"value": "5", "unit": "KWH"})
    # A province without a factor of its own takes its region's, 80 * 0.2268; abroad it is left to the core.
    assert weld(welded(POWER, WIRE, place="CN-XZ")).footprint == pytest.approx(18.144)
    assert weld(welded(POWER, WIRE, place="DE")).footprint == 0.0


@pytest.mark.parametrize("activity", [
    {"method": "glue"}, {"shielding": [{"gas": "carbonDioxide", "share": "1.1"}]}, {"arcHours": "-1"},
    {"deposited": {"value": "-1", "unit": "KGM"}}, {"wire": "1"}, {"shielding": [{"gas": "xenon", "share": "1"}]},
])
def test_activities_are_typed(activity: dict[str, Any]) -> None:
    raised(msgspec.ValidationError, weld, welded(POWER, WIRE), **activity)


def test_the_fuel_gases_follow_from_stoichiometry() -> None:
    # three carbons each: 3 * 44.01 kg of CO2 from 44.11 kg of propane and 42.09 kg of propylene
    assert {row.key: (row.unit, row.gas, row.boundary, row.status) for row in gases()} == {
        "propane": ("KGM", "CO2", "process", "read"), "propylene": ("KGM", "CO2", "process", "read"),
    }
    assert float(gases().find("propane").value) == pytest.approx(132.03 / 44.11, abs=5e-4)
    assert float(gases().find("propylene").value) == pytest.approx(132.03 / 42.09, abs=5e-4)
