"""Dismantling and bulk solid waste against cases solved by hand. Masses in kg, emissions in kg CO2e."""

from decimal import Decimal
from typing import Any, Final

import msgspec
import pytest
from carbon_ledger_circular import plugin
from carbon_ledger_circular.bulk_waste import LEACHING, USUAL_USES
from support.containing import Containing
from support.raising import raised

from ledger.errors import InvalidQuantity, PluginError
from ledger.sdk import Context, InputFacts, OutputFacts, SupplyFacts
from ledger.sdk.testing import Run, context, lot, output, run, supply

CAR: Final = {"steel": "0.7", "aluminium": "0.1", "plastic": "0.2"}
CARS: Final = lot("10 H87", "waste", mass="15000 KGM", materials=CAR)
ENGINES: Final = output("10 H87", "byProduct", mass="2000 KGM", materials={"steel": "0.75", "aluminium": "0.25"})
SCRAP: Final = output("9000 KGM", materials={"steel": "1"})
REST: Final = output(
    "3900 KGM", "waste", materials={"plastic": "0.75", "aluminium": "0.25"}, origin="postConsumer",
)
POWER: Final = supply("electricity", "750 KWH")


def taken_apart(
    *supplies: SupplyFacts, inputs: tuple[InputFacts, ...] = (CARS,),
    outputs: tuple[OutputFacts, ...] = (ENGINES, SCRAP, REST),
) -> Context:
    return context("circular.dismantling", inputs=inputs, supplies=supplies, outputs=outputs)


def dismantle(given: Context, **activity: Any) -> Run:
    return run(plugin(), given, activity)


def gas(held: str, recovered: str | None = None, name: str = "HFC134a") -> dict[str, Any]:
    kept = {"recovered": {"value": recovered, "unit": "KGM"}} if recovered else {}
    return {"gas": name, "held": {"value": held, "unit": "KGM"}, **kept}


def test_ten_cars() -> None:
    # power 750 * 0.5849 = 438.675; HFC-134a 5 - 4.2 = 0.8 * 1530 = 1224. Shares by mass 2000 : 9000 of 1662.675.
    # Recovered 11000 of 15000; parts 2000 of 15000; 750 / 15 kWh per t.
    told = dismantle(
        taken_apart(POWER), item="vehicle", methods=["depollution", "dismantling", "shredding"], units=10,
        gases=[gas("5", "4.2")],
    )
    assert told.footprint == pytest.approx(438.675 + 1224.0)
    assert ([one["fossilGhgEmissions"] for one in told.outputs],
            told.findings) == (pytest.approx([1662.675 * 2 / 11, 1662.675 * 9 / 11, 0.0]), {})
    rates = {name: round(float(value), 6) for name, value in told.assessment.indicators.items()}
    assert rates == {
        "massSorted": 15.0, "recoveryRate": 0.733333, "residueRate": 0.26, "electricityPerTonne": 50.0,
        "partsRecovered": 0.133333, "unitsDismantled": 10.0,
    }


def test_materials_go_where_they_are_declared() -> None:
    # steel 10500: 1500 in engines, 9000 scrap, none left; aluminium 1500: 500 in engines, 975 in the rest, 25 lost
    told = dismantle(taken_apart(POWER)).contents
    engines, scrap, rest = told.outputs
    assert engines["recycledPostConsumer:aluminium"] == pytest.approx(500.0)
    assert (scrap["recycledPostConsumer:steel"], rest["material:aluminium"]) == pytest.approx((9000.0, 975.0))
    assert told.lost["recycledPostConsumer:aluminium"] == pytest.approx(25.0)


def test_a_core_that_is_taken_apart_counts_as_gained() -> None:
    told = dismantle(taken_apart(POWER, outputs=(output("4 H87", "core", mass="6000 KGM", materials=CAR), SCRAP)))
    assert told.assessment.indicators == Containing({"recoveryRate": 1, "partsRecovered": Decimal("0.4")})
    # cores carry nothing
    assert [one["fossilGhgEmissions"] for one in told.outputs] == pytest.approx([0.0, 438.675])


def test_gas_without_a_potential_is_a_gap() -> None:
    gases = [gas("2", "1", "HCFC22"), gas("1", "1", "R404A"), gas("0.1", name="SF6")]
    told = dismantle(taken_apart(POWER), gases=gases)
    assert told.footprint == pytest.approx(438.675 + 0.1 * 24300)
    assert [one.what for one in told.assessment.omissions] == ["electricity upstream", "HCFC22 lost in dismantling"]


@pytest.mark.parametrize(("given", "activity", "told"), [
    (taken_apart(), {"item": "vehicle", "methods": ["shredding"]}, {"not-depolluted": False}),
    (taken_apart(), {"item": "vehicle"}, {}),
    (taken_apart(), {"item": "machine", "methods": ["dismantling"]}, {}),
    (taken_apart(), {"units": 9}, {"units-differ": False}),
    (taken_apart(inputs=(lot("15000 KGM", "waste", materials=CAR),)), {"units": 9}, {}),
    (taken_apart(inputs=()), {}, {"nothing-sorted": True}),
    # 10500 kg of steel came in, 1500 are in the engines: a tenth more than that cannot be
    (taken_apart(outputs=(
        ENGINES, output("10100 KGM", materials={"steel": "1"}), output("2800 KGM", "waste", materials={"plastic": "1"}),
    )), {}, {"material-from-nothing": True}),
])
def test_findings(given: Context, activity: dict[str, Any], told: dict[str, bool]) -> None:
    assert dismantle(given, **activity).findings == told


@pytest.mark.parametrize(("activity", "field"), [
    ({"gases": [gas("1", "1.1")]}, "activity.gases[0].recovered"), ({"units": 0}, "activity.units"),
    ({"moistureLoss": "1"}, "activity.moistureLoss"),
])
def test_bad_activities_are_refused_by_field(activity: dict[str, Any], field: str) -> None:
    error = raised(PluginError, dismantle, taken_apart(), **activity)
    assert error.field == field
    assert error.rule


def test_gas_is_weighed() -> None:
    raised(InvalidQuantity, dismantle, taken_apart(), gases=[{"gas": "SF6", "held": {"value": "1", "unit": "NM3"}}])


@pytest.mark.parametrize("activity", [
    {"item": "planet"}, {"gases": [{"gas": "SF6"}]}, {"gases": [gas("-1")]}, {"fluids": "oil"},
])
def test_activities_are_typed(activity: dict[str, Any]) -> None:
    raised(msgspec.ValidationError, dismantle, taken_apart(), **activity)


SLAG: Final = lot("1000 KGM", "byProduct", materials={"slag": "1"})


def ground(*supplies: SupplyFacts, waste: InputFacts = SLAG, made: str = "1000 KGM") -> Context:
    powder = output(made, materials={"powder": "1"})
    return context("circular.bulkSolidWaste", inputs=(waste,), supplies=supplies, outputs=(powder,))


def use(given: Context, waste: str = "blastFurnaceSlag", **activity: Any) -> Run:
    return run(plugin(), given, {"waste": waste, **activity})


def test_what_was_used_and_what_arose() -> None:
    # 45 * 0.5849 = 26.3205; gas 15 * 2.162188809 = 32.43283214; used 1 of 1.6 t: 0.625
    told = use(
        ground(supply("electricity", "45 KWH"), supply("naturalGas", "15 NM3")), use="cementAddition",
        generated={"value": "1.6", "unit": "TNE"},
    )
    assert (told.footprint, told.findings) == (pytest.approx(26.3205 + 32.43283214), {})
    rates = told.assessment.indicators
    assert (rates["solidWasteUsed"], rates["solidWasteArisen"]) == (1, Decimal("1.6"))
    assert rates["useRate"] == Decimal("0.625")


def test_ground_slag_brackets_the_figure_of_its_makers() -> None:
    """The makers of ground granulated slag in the United Kingdom report 67 kg CO2e per t for 2010 (Cementitious Slag
    Makers Association, ukcsma.co.uk). Mills take 35 to 60 kWh per t, dryers 5 to 25 Nm3 of gas for 5 to 12 % of water:
    35 * 0.5849 + 5 * 2.162188809 = 31.28 and 60 * 0.5849 + 25 * 2.162188809 = 89.15."""
    least = use(ground(supply("electricity", "35 KWH"), supply("naturalGas", "5 NM3"))).footprint
    most = use(ground(supply("electricity", "60 KWH"), supply("naturalGas", "25 NM3"))).footprint
    assert (least, most) == pytest.approx((31.28244404, 89.14872022))
    assert least < 67 < most


@pytest.mark.parametrize(("waste", "activity", "told"), [
    ("redMud", {"use": "roadBase"}, {"leaching-untested": False}),
    ("redMud", {"use": "roadBase", "leachingTested": True}, {}),
    ("redMud", {"use": "brick"}, {}),
    ("flyAsh", {"use": "roadBase"}, {}),
    ("tailings", {"use": "board"}, {"use-unusual": False}),
    ("tailings", {"use": "other"}, {}),
    ("phosphogypsum", {"use": "concreteAddition"}, {"use-unusual": False}),
    ("steelSlag", {"use": "soilConditioner"}, {"leaching-untested": False}),
    ("desulphurisationGypsum", {"use": "board", "generated": {"value": "900", "unit": "KGM"}},
     {"use-above-generation": False}),
])
def test_findings_of_each_kind(waste: str, activity: dict[str, Any], told: dict[str, bool]) -> None:
    assert use(ground(), waste, **activity).findings == told


def test_crystal_water_is_no_loss() -> None:
    # dihydrate gives off 1.5 of 2 molecules of water: 15.7 % of its mass, and nothing else is missing
    assert use(ground(made="843 KGM"), "phosphogypsum", use="board").findings == {"mass-unaccounted": False}
    assert use(ground(made="843 KGM"), "phosphogypsum", use="board", moistureLoss="0.157").findings == {}


def test_virgin_rock_is_no_waste() -> None:
    told = use(ground(waste=lot("1000 KGM")), "tailings", generated={"value": "1", "unit": "TNE"})
    assert told.findings == {"no-waste": True}
    assert "solidWasteArisen" not in told.assessment.indicators


def test_every_kind_has_uses() -> None:
    assert set(LEACHING) < set(USUAL_USES)
    assert all(USUAL_USES.values())


@pytest.mark.parametrize("activity", [
    {}, {"waste": "gold"}, {"waste": "flyAsh", "use": "lunch"}, {"waste": "flyAsh", "generated": "1"},
])
def test_activities_of_bulk_waste_are_typed(activity: dict[str, Any]) -> None:
    raised(msgspec.ValidationError, run, plugin(), ground(), activity)
