"""Inputs that a route cannot lack, though its energy and its metal are there: power, gases, waybills, heat."""

from typing import Any, Final

import pytest
from carbon_ledger_consumer_goods import plugin as consumer_goods
from carbon_ledger_equipment import plugin as equipment
from carbon_ledger_logistics import plugin as logistics
from carbon_ledger_petrochemicals import plugin as petrochemicals
from msgspec.structs import replace
from support.questioned import emitting, lacking

from ledger.sdk import Context, InputFacts, Sector, SupplyFacts
from ledger.sdk.testing import Run, context, lot, output, run, supply

AIR: Final = replace(supply("air", "1500 TNE"), nature=True)
WATER: Final = replace(supply("water", "800 TNE"), nature=True)


def asked(sector: Sector, given: Context, activity: Any = None) -> Run:
    """Under rules that question amounts."""
    return run(sector, replace(given, sets=True, questions=True), activity)


@pytest.mark.parametrize(("method", "power", "chp", "missing"), [
    ("mechanical", "10", "0", 2190), ("mechanical", "899", "0", 1301), ("mechanical", "900", "0", 0),
    ("mechanical", "400", "500", 0), ("chemimechanical", "10", "0", 2190), ("kraft", "10", "0", 0),
    ("recovered", "10", "0", 0),
])
def test_refiners_take_power(method: str, power: str, chp: str, missing: float) -> None:
    """A thousand tonnes of pulp take 2.2 GWh of power, bought or of the site's own plant; heat is no help."""
    given = context("consumer-goods.pulping", outputs=(output("1000 TNE"),), place="CN-GD", supplies=(
        supply("wood", "2050 TNE"), supply("electricity", f"{power} MWH"), supply("heat", "20000 GV"),
        supply("naturalGas", "500000 NM3")))
    plant = {"power": {"value": chp, "unit": "MWH"}, "heat": {"value": "900", "unit": "GV"}}
    found = lacking(asked(consumer_goods(), given, {"method": method, **({"chp": plant} if chp != "0" else {})}))
    asks = found.get("grinding-power", {}).get("electricity", 0)
    assert asks == pytest.approx(missing * 1000 if missing else 0)


@pytest.mark.parametrize(("sold", "missing"), [("0", 0), ("3000", 0), ("6900", 6_165_000)])
def test_heat_that_is_sold_dries_no_paper(sold: str, missing: float) -> None:
    """600 MWh and 7,275 GJ came in; a thousand tonnes of paper take 8,700 GJ, and at least 6,300."""
    given = context("consumer-goods.papermaking", place="CN-GD", outputs=(
        output("1000 TNE"), *([output(f"{sold} GV", "coProduct")] if sold != "0" else [])), supplies=(
        supply("mechanicalPulp", "1100 TNE"), supply("electricity", "600 MWH"), supply("heat", "7275 GV")))
    assert lacking(asked(consumer_goods(), given)).get("paper-energy-sold", {}).get("heat", 0) == pytest.approx(missing)


@pytest.mark.parametrize(("sold", "missing"), [("5000", 0), ("13000", 8_000_000)])
def test_ammonia_has_little_heat_to_sell(sold: str, missing: float) -> None:
    given = context("petrochemicals.ammonia", outputs=(
        output("1000 TNE", materials={"ammonia": "1"}), output(f"{sold} GV", "coProduct")), supplies=(
        supply("naturalGas", "900000 NM3", mass="675 TNE"), AIR, WATER, supply("electricity", "200 MWH")))
    found = lacking(asked(petrochemicals(), given)).get("heat-sold-unusual", {}).get("naturalGas", 0)
    assert found == pytest.approx(missing)


def foundry(*more: SupplyFacts, melt: str = "magnesium", inputs: tuple[InputFacts, ...] = (), **facts: Any) -> Context:
    return context("equipment.casting", outputs=(output("1000 KGM"),), inputs=inputs, supplies=(
        *([] if inputs else [supply(melt, "1050 KGM")]), supply("electricity", "900 KWH"), *more), **facts)


@pytest.mark.parametrize("bare", [
    foundry(), foundry(inputs=(lot("1050 KGM", materials={"magnesium": "0.9", "aluminium": "0.1"}),)),
    foundry(evidence=("invoice",)),
], ids=["supply", "lot", "invoice"])
def test_magnesium_burns_without_a_cover(bare: Context) -> None:
    melt = 945 if bare.inputs else 1050
    assert emitting(asked(equipment(), bare))["cover-gas-missing"] == pytest.approx(melt * 0.001 * 24_300)


@pytest.mark.parametrize("covered", [
    foundry(supply("SF6", "1 KGM")), foundry(supply("sulphurDioxide", "1 KGM")), foundry(supply("R134a", "1 KGM")),
    foundry(evidence=("emissionMeasurement",)), foundry(melt="aluminium"),
    foundry(inputs=(lot("1050 KGM", materials={"magnesium": "0.06", "aluminium": "0.94"}),)),
], ids=["SF6", "SO2", "R134a", "measured", "aluminium", "alloy"])
def test_metal_under_a_cover_or_that_needs_none(covered: Context) -> None:
    assert "cover-gas-missing" not in asked(equipment(), covered).findings


@pytest.mark.parametrize(("steel", "ore", "missing"), [
    ("10", "40", 40), ("48", "2", 2), ("50", "40", 0), ("50", "0", 0),
])
def test_a_workshop_reduces_no_ore(steel: str, ore: str, missing: float) -> None:
    """Fifty tonnes of presses: what steel does not explain was steel."""
    given = context("equipment.assembly", outputs=(output("50 TNE"),), supplies=(
        supply("steel", f"{steel} TNE"), *([supply("ironOre", f"{ore} TNE")] if ore != "0" else []),
        supply("electricity", "20 MWH")))
    found = lacking(asked(equipment(), given)).get("ore-in-a-workshop", {}).get("steel", 0)
    assert found == pytest.approx(missing * 1000)


@pytest.mark.parametrize(("appliance", "more", "kilograms"), [
    ("airConditioner", (), 750), ("heatPump", (), 600), ("cooker", (), 0),
    ("airConditioner", (supply("R290", "300 KGM"),), 0), ("airConditioner", (supply("R32", "600 KGM"),), 0),
])
def test_coolers_have_a_coolant(appliance: str, more: tuple[SupplyFacts, ...], kilograms: float) -> None:
    given = context("consumer-goods.householdAppliances", outputs=(output("1000 H87", mass="30 TNE"),), supplies=(
        supply("steelSheet", "31 TNE"), supply("electricity", "15 MWH"), *more))
    found = lacking(asked(consumer_goods(), given, {"appliance": appliance})).get("refrigerant-missing", {})
    assert found.get("HFC134a", 0) == pytest.approx(kilograms)


@pytest.mark.parametrize(("mode", "kilometres", "kind", "missing"), [
    ("road", "10000", "", 1_000_000), ("road", "6000", "", 0), ("road", "10000", "waybill", 0),
    ("inlandWaterway", "5000", "", 500_000), ("rail", "10000", "", 0),
])
def test_lorries_cross_no_ocean(mode: str, kilometres: str, kind: str, missing: float) -> None:
    """A hundred tonnes."""
    made = output(f"{int(kilometres) * 100} TKM")
    given = context("logistics.transport", outputs=(made,), supplies=(supply("diesel", "10 TNE"),),
                    evidence=(kind,) if kind else ())
    found = lacking(asked(logistics(), given, {"mode": mode, "consignments": [
        {"lot": made.lot, "mass": {"value": "100", "unit": "TNE"}, "distance": {"value": kilometres, "unit": "KMT"}}]}))
    assert found.get("distance-unusual", {}).get("airFreight", 0) == pytest.approx(missing)
