"""Warnings about too little energy or too few inputs say what is missing, in each sector; above the range, nothing.

The expected amounts are the difference of the stated value to the low end of the usual range, or to the value that a
sector names as usual, times the products. They were computed by hand from the cases of the conformance kit.
"""

from collections.abc import Mapping
from typing import Any, Final

import pytest
from carbon_ledger_consumer_goods import plugin as consumer_goods
from carbon_ledger_equipment import plugin as equipment
from carbon_ledger_logistics import plugin as logistics
from carbon_ledger_petrochemicals import plugin as petrochemicals
from msgspec.structs import replace
from support.questioned import emitting, lacking, scaled, without
from support.routes import every_case
from support.sectors import shipped

from ledger.sdk import Context, InputFacts, OutputFacts, Sector, SupplyFacts
from ledger.sdk.testing import Run, context, lot, output, run, supply
from ledger.sdk.testing.conformance import Case

SECTORS: Final[Mapping[str, Sector]] = {name: one.sector for name, one in shipped().sectors.items()}
CASES: Final = every_case()


def first_case(process: str) -> Case:
    return next(case for case in CASES if case.context.process == process)


def ran(case: Case, part: str = "1", *, questions: bool = True) -> Run:
    """The case with that part of its energy."""
    given = replace(scaled(case.context, part), sets=True, questions=questions)
    return run(SECTORS[given.process.partition(".")[0]], given, case.activity)


# Process, part of the energy that is too little, code, material, amount in the unit of the sector (MJ, kWh, kg).
LITTLE: Final = (
    # 1,000 t of clinker: 2,900 less 1,884.3 MJ of all energy per t.
    ("building-materials.clinker", "0.5", "clinker-heat-unusual", "bituminous", 1_015_700),
    # 900 t of glass: 4,000 MJ per t less 3,258,480.
    ("building-materials.flatGlass", "0.5", "glass-energy-unusual", "naturalGas", 341_520),
    # 1,000 t of ware: 1,000 MJ per t less 525,848.
    ("building-materials.ceramics", "0.05", "ceramics-energy-unusual", "naturalGas", 474_152),
    # 700 t of CO2: 700 MJ per t less 125,400.
    ("building-materials.carbonCapture", "0.05", "capture-energy-unusual", "heat", 364_600),
    ("circular.recycling", "0.2", "energy-unusual", "naturalGas", 989.38),
    # 70,000 cm2: 1.15 kWh less 11,500.
    ("electronics.semiconductor", "0.2", "electricity-unusual", "electricity", 69_000),
    # 1,000 kWh of cells: 15 kWh per kWh less 11,500.
    ("electronics.batteryCell", "0.2", "energy-unusual", "electricity", 3_500),
    ("equipment.casting", "0.2", "melting-unusual", "electricity", 550.4),
    ("equipment.welding", "0.05", "electricity-unusual", "electricity", 30),
    ("equipment.vehicleAssembly", "0.5", "energy-unusual", "electricity", 0.89345),
    ("logistics.transport", "0.2", "energy-unusual", "diesel", 8_523.168),
    ("nonferrous.alumina", "0.5", "energy-unusual", "naturalGas", 832.07),
    # 1 t of aluminium: 12,500 kWh less 6,750.
    ("nonferrous.aluminiumElectrolysis", "0.5", "electricity-unusual", "electricity", 5_750),
    ("nonferrous.secondaryAluminium", "0.2", "energy-unusual", "naturalGas", 2_157.828),
    ("nonferrous.copperSmelting", "0.05", "energy-unusual", "naturalGas", 644.315),
    ("nonferrous.leadSmelting", "0.5", "energy-unusual", "naturalGas", 33.24),
    ("petrochemicals.ammonia", "0.5", "energy-unusual", "naturalGas", 8_301.05),
    ("petrochemicals.methanol", "0.5", "energy-unusual", "naturalGas", 6_301.05),
    # 1 t of sinter: 40 kg of breeze less 25.
    ("steel.sintering", "0.5", "solid-fuel-rate", "coke", 15),
    ("steel.pelletising", "0.5", "heat-unusual", "naturalGas", 5.345),
    # 1 t of hot metal: 400 kg less 255.
    ("steel.blastFurnace", "0.5", "fuel-rate", "coke", 145),
    ("steel.blastFurnaceBasicOxygen", "0.2", "emissions-unusual", "coke", 72.1319),
    # 1 t of steel: 250 kWh less 210.
    ("steel.electricArcFurnace", "0.5", "electricity-unusual", "electricity", 40),
    ("steel.directReduction", "0.5", "reductant-energy", "naturalGas", 3_841.6425),
    ("steel.rolling", "0.2", "electricity-unusual", "electricity", 12),
    ("steel.carbonCapture", "0.05", "capture-energy", "heat", 338.8),
    ("consumer-goods.papermaking", "0.2", "paper-energy-unusual", "heat", 763_760),
    ("consumer-goods.textileDyeing", "0.2", "textile-energy-unusual", "heat", 7_876),
    # 1,010 t of beer at 1 GJ, less a fifth of power and gas, and 2 t of plant residues.
    ("consumer-goods.foodAndDrink", "0.2", "food-energy-unusual", "heat", 986_800 - 0.2 * (360_000 + 30_000 * 38.931)),
)


# Of the same finding: 0.6 kWh per kg beside the heat, by the part of the heat of melting that is missing.
BESIDE: Final[Mapping[tuple[str, str], Mapping[str, Any]]] = {
    ("circular.recycling", "0.2"): {"electricity": pytest.approx(552 * (1 - (1840 - 989.38) / 920))},
    ("circular.recycling", ""): {"electricity": pytest.approx(552)},
}


@pytest.mark.parametrize(("process", "part", "code", "material", "amount"), LITTLE, ids=lambda value: str(value))
def test_too_little_says_how_much_is_missing(
    process: str, part: str, code: str, material: str, amount: float
) -> None:
    case = first_case(process)
    assert lacking(ran(case, part))[code] == {
        material: pytest.approx(amount, rel=1e-6), **BESIDE.get((process, part), {})}
    assert code not in lacking(ran(case))
    (finding,) = [one for one in ran(case, part).assessment.findings if one.code == code]
    assert finding.usual is not None
    assert finding.value is not None
    assert finding.usual.low is not None
    assert finding.value < finding.usual.low


# Process without any energy, code, material, amount.
MISSING: Final = (
    ("building-materials.clinker", "kiln-without-fuel", "bituminous", 2_900_000),
    ("building-materials.cement", "grinding-missing", "electricity", 25_000),
    ("building-materials.flatGlass", "melting-missing", "naturalGas", 3_600_000),
    ("building-materials.ceramics", "firing-missing", "naturalGas", 800_000),
    ("circular.recycling", "energy-unusual", "naturalGas", 1_840),
    ("electronics.semiconductor", "electricity-unusual", "electricity", 80_500),
    # 1,520 kg of metal at 520 kWh per t.
    ("equipment.casting", "melting-missing", "electricity", 790.4),
    ("equipment.heatTreatment", "heating-missing", "naturalGas", 100),
    ("equipment.welding", "power-missing", "electricity", 90),
    # 12,450 tkm at 0.86 MJ.
    ("logistics.transport", "no-energy", "diesel", 10_707),
    # 70 kg of cold metal at 2 MJ; the rest came liquid.
    ("nonferrous.aluminiumCasting", "melting-missing", "naturalGas", 140),
    ("consumer-goods.textileDyeing", "textile-energy-missing", "heat", 490_000),
    ("consumer-goods.householdAppliances", "energy-unusual", "electricity", 1_000),
    # 1,010 t of beer at 1 GJ, less 2 t of plant residues at 11.6 GJ that the brewery burns.
    ("consumer-goods.foodAndDrink", "food-energy-unusual", "heat", 986_800),
)


@pytest.mark.parametrize(("process", "code", "material", "amount"), MISSING, ids=lambda value: str(value))
def test_no_energy_says_how_much_is_missing(process: str, code: str, material: str, amount: float) -> None:
    case = first_case(process)
    given = replace(without(case.context), sets=True, questions=True)
    assert lacking(run(SECTORS[process.partition(".")[0]], given, case.activity))[code] == {
        material: pytest.approx(amount), **BESIDE.get((process, ""), {})}


def asked(process: str, *supplies: SupplyFacts, made: OutputFacts, activity: Any = None, **facts: Any) -> Run:
    given = context(process, supplies=supplies, outputs=(made,), questions=True, **facts)
    return run(SECTORS[process.partition(".")[0]], given, activity)


@pytest.mark.parametrize(("coal", "missing"), [("1250 KGM", None), ("1200 KGM", 50)])
def test_coke_of_too_little_coal(coal: str, missing: float | None) -> None:
    """1 t of coke takes 1,250 kg of dry coal at the highest usual yield."""
    found = lacking(asked("steel.coking", supply("cokingCoal", coal), made=output("1 TNE", materials={"coke": "1"})))
    assert found == ({} if missing is None else {"coke-yield": {"cokingCoal": missing}})


@pytest.mark.parametrize(("share", "missing"), [("0.955", None), ("0.9", 50)])
def test_cement_of_a_type_without_its_clinker(share: str, missing: float | None) -> None:
    """Portland cement PII: at least 0.95 of clinker and gypsum."""
    rest = f"{1000 * (1 - float(share)):.0f} KGM"
    found = lacking(asked(
        "building-materials.cement", supply("clinker", f"{1000 * float(share):.0f} KGM"), supply("flyAsh", rest),
        supply("electricity", "40 KWH"), made=output("1 TNE"), activity={"cementType": "PII"},
    ))
    assert found == ({} if missing is None else {"cement-type": {"clinker": missing}})


@pytest.mark.parametrize(("power", "missing"), [("300 KWH", None), ("200 KWH", 9 * 1000 - 720)])
def test_a_hub_on_next_to_no_power(power: str, missing: float | None) -> None:
    """1,000 t: 1 MJ per t is the least, 9 are usual."""
    handled = [{"lot": "urn:example:lot:out", "mass": {"value": "1000", "unit": "TNE"}}]
    found = lacking(asked("logistics.hub", supply("electricity", power), made=output("1000 C62"),
                          activity={"handled": handled}))
    assert found == ({} if missing is None else {"energy-unusual": {"electricity": missing}})


@pytest.mark.parametrize(("bought", "missing"), [(None, 0.86 * 10_000 - 3000), ("5000 TKM", 0.86 * 5000 - 1500),
                                                 ("9000 TKM", None)])
def test_freight_that_others_move_needs_no_diesel(bought: str | None, missing: float | None) -> None:
    """10,000 tkm; 3,000 MJ of heat for all of them, half of it for half of them, are less than 0.4 MJ per tkm."""
    energy = "1500 3B" if bought == "5000 TKM" else "3000 3B"
    supplies = [supply("heat", energy), *([] if bought is None else [supply("truckFreight", bought)])]
    freight = {"lot": "urn:example:lot:out", "mass": {"value": "10", "unit": "TNE"},
               "distance": {"value": "1000", "unit": "KMT"}}
    found = lacking(asked("logistics.transport", *supplies, made=output("10000 TKM"),
                          activity={"mode": "road", "consignments": [freight]}))
    assert found == ({} if missing is None else {"energy-unusual": {"diesel": pytest.approx(missing)}})


@pytest.mark.parametrize(("hydrogen", "code"), [("180 KGM", False), (None, True)])
def test_ammonia_of_bought_hydrogen_takes_less(hydrogen: str | None, code: bool) -> None:
    """180 kg of hydrogen and 650 kWh have 23.9 GJ; the losses of making the hydrogen are elsewhere."""
    feed = supply("naturalGas", "600 NM3", "450 KGM") if hydrogen is None else supply("hydrogen", hydrogen)
    found = asked("petrochemicals.ammonia", feed, supply("electricity", "650 KWH"),
                  supply("air", "1100 KGM", nature=True), made=output("1 TNE", materials={"ammonia": "1"}),
                  activity={"method": "other"})
    assert ("energy-unusual" in lacking(found)) == code


@pytest.mark.parametrize(("activity", "mass", "missing"), [
    ({"vehicle": "passengerCar"}, "5000 KGM", None), ({"vehicle": "passengerCar"}, "4990 KGM", 14_000 - 4990),
    ({"vehicle": "bus"}, "24000 KGM", 120_000 - 24_000), ({}, "400 KGM", None), ({}, "140 KGM", 14_000 - 140),
])
def test_vehicles_that_weigh_next_to_nothing(activity: dict[str, Any], mass: str, missing: float | None) -> None:
    """Ten of them. Without a kind they weigh as much as a motorcycle at least."""
    found = lacking(asked("equipment.vehicleAssembly", supply("steel", mass), supply("electricity", "8000 KWH"),
                          made=output("10 H87", mass=mass), activity={"powertrain": "diesel", **activity}))
    assert found == ({} if missing is None else {"mass-unusual": {"machine": missing}})


@pytest.mark.parametrize(("mass", "missing"), [("150 KGM", None), ("140 KGM", 600 - 140)])
def test_appliances_that_weigh_next_to_nothing(mass: str, missing: float | None) -> None:
    """Ten refrigerators."""
    found = lacking(asked(
        "consumer-goods.householdAppliances", supply("steel", mass), supply("electricity", "100 KWH"),
        made=output("10 H87", mass=mass), activity={"appliance": "refrigerator"}))
    assert found == ({} if missing is None else {"mass-unusual": {"machine": missing}})


UNPROVEN: Final = {
    "energy.photovoltaic": {"load-unusual", "generation-unproven"}, "energy.wind": {"generation-unproven"},
    "electronics.semiconductor": {"abatement-unproven"},
    **{f"consumer-goods.{route}": {"effluent-unproven"}
       for route in ("foodAndDrink", "papermaking", "pulping", "textileDyeing")},
    "petrochemicals.nitricAcid": {"abatement-unproven"}, "petrochemicals.steamCracking": {"energy-unusual"},
}
"""Cases that are short, or that show nothing."""


def test_cases_that_state_all_lack_nothing() -> None:
    accused: dict[str, set[str]] = {}
    for case in CASES:
        result = ran(case)
        codes = {*lacking(result), *emitting(result)}
        if codes:
            accused.setdefault(case.context.process, set()).update(codes)
    assert accused == UNPROVEN


# Inputs that a route cannot lack, though its energy and its metal are there: power, gases, waybills, heat.


AIR: Final = replace(supply("air", "1500 TNE"), nature=True)
WATER: Final = replace(supply("water", "800 TNE"), nature=True)


def tried(sector: Sector, given: Context, activity: Any = None) -> Run:
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
    found = lacking(tried(consumer_goods(), given, {"method": method, **({"chp": plant} if chp != "0" else {})}))
    assert found.get("grinding-power", {}).get("electricity", 0) == pytest.approx(missing * 1000 if missing else 0)


@pytest.mark.parametrize(("sold", "missing"), [("0", 0), ("3000", 0), ("6900", 6_165_000)])
def test_heat_that_is_sold_dries_no_paper(sold: str, missing: float) -> None:
    """600 MWh and 7,275 GJ came in; a thousand tonnes of paper take 8,700 GJ, and at least 6,300."""
    given = context("consumer-goods.papermaking", place="CN-GD", outputs=(
        output("1000 TNE"), *([output(f"{sold} GV", "coProduct")] if sold != "0" else [])), supplies=(
        supply("mechanicalPulp", "1100 TNE"), supply("electricity", "600 MWH"), supply("heat", "7275 GV")))
    assert lacking(tried(consumer_goods(), given)).get("paper-energy-sold", {}).get("heat", 0) == pytest.approx(missing)


@pytest.mark.parametrize(("sold", "missing"), [("5000", 0), ("13000", 8_000_000)])
def test_ammonia_has_little_heat_to_sell(sold: str, missing: float) -> None:
    given = context("petrochemicals.ammonia", outputs=(
        output("1000 TNE", materials={"ammonia": "1"}), output(f"{sold} GV", "coProduct")), supplies=(
        supply("naturalGas", "900000 NM3", mass="675 TNE"), AIR, WATER, supply("electricity", "200 MWH")))
    found = lacking(tried(petrochemicals(), given)).get("heat-sold-unusual", {}).get("naturalGas", 0)
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
    assert emitting(tried(equipment(), bare))["cover-gas-missing"] == pytest.approx(melt * 0.001 * 24_300)


@pytest.mark.parametrize("covered", [
    foundry(supply("SF6", "1 KGM")), foundry(supply("sulphurDioxide", "1 KGM")), foundry(supply("R134a", "1 KGM")),
    foundry(evidence=("emissionMeasurement",)), foundry(melt="aluminium"),
    foundry(inputs=(lot("1050 KGM", materials={"magnesium": "0.06", "aluminium": "0.94"}),)),
], ids=["SF6", "SO2", "R134a", "measured", "aluminium", "alloy"])
def test_metal_under_a_cover_or_that_needs_none(covered: Context) -> None:
    assert "cover-gas-missing" not in tried(equipment(), covered).findings


@pytest.mark.parametrize(("steel", "ore", "missing"), [
    ("10", "40", 40), ("48", "2", 2), ("50", "40", 0), ("50", "0", 0),
])
def test_a_workshop_reduces_no_ore(steel: str, ore: str, missing: float) -> None:
    """Fifty tonnes of presses: what steel does not explain was steel."""
    given = context("equipment.assembly", outputs=(output("50 TNE"),), supplies=(
        supply("steel", f"{steel} TNE"), *([supply("ironOre", f"{ore} TNE")] if ore != "0" else []),
        supply("electricity", "20 MWH")))
    found = lacking(tried(equipment(), given)).get("ore-in-a-workshop", {}).get("steel", 0)
    assert found == pytest.approx(missing * 1000)


@pytest.mark.parametrize(("appliance", "more", "kilograms"), [
    ("airConditioner", (), 750), ("heatPump", (), 600), ("cooker", (), 0),
    ("airConditioner", (supply("R290", "300 KGM"),), 0), ("airConditioner", (supply("R32", "600 KGM"),), 0),
])
def test_coolers_have_a_coolant(appliance: str, more: tuple[SupplyFacts, ...], kilograms: float) -> None:
    given = context("consumer-goods.householdAppliances", outputs=(output("1000 H87", mass="30 TNE"),), supplies=(
        supply("steelSheet", "31 TNE"), supply("electricity", "15 MWH"), *more))
    found = lacking(tried(consumer_goods(), given, {"appliance": appliance})).get("refrigerant-missing", {})
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
    found = lacking(tried(logistics(), given, {"mode": mode, "consignments": [
        {"lot": made.lot, "mass": {"value": "100", "unit": "TNE"}, "distance": {"value": kilometres, "unit": "KMT"}}]}))
    assert found.get("distance-unusual", {}).get("airFreight", 0) == pytest.approx(missing)
