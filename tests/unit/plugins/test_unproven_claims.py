"""Claims that lower a figure and that nothing shows: each sector questions them, in the size of what they hide."""

from typing import Any, Final

import pytest
from carbon_ledger_circular import plugin as circular
from carbon_ledger_consumer_goods import plugin as consumer_goods
from carbon_ledger_electronics import plugin as electronics
from carbon_ledger_energy import plugin as energy
from carbon_ledger_equipment import plugin as equipment
from carbon_ledger_nonferrous import plugin as nonferrous
from carbon_ledger_petrochemicals import plugin as petrochemicals
from msgspec.structs import replace
from support.questioned import emitting, lacking

from ledger.errors import PluginError
from ledger.sdk import Context, Sector, SupplyFacts
from ledger.sdk.testing import Run, context, lot, output, run, supply

METERED: Final = ("meterReading",)


def asked(sector: Sector, given: Context, activity: Any = None) -> Run:
    """Under rules that question amounts."""
    return run(sector, replace(given, sets=True, questions=True), activity)


# Sun and wind


def turbine(*supplies: SupplyFacts, attribute: bool = False, **facts: Any) -> Context:
    made = (output("100000 KWH"),)
    green = (output("100000 KWH", "attribute", technology="wind"),) if attribute else ()
    return context("energy.wind", supplies=supplies, outputs=(*made, *green), place="CN-NM", hours="744", **facts)


TURBINE: Final = {"capacity": "1000"}


@pytest.mark.parametrize("shown", [
    turbine(evidence=METERED), turbine(evidence=("powerPurchaseAgreement",)), turbine(attribute=True),
    turbine(supply("electricity", "50 KWH")), turbine(supply("diesel", "5 KGM")),
])
def test_a_plant_that_shows_itself(shown: Context) -> None:
    """A document, attributes, or 0.05 % of its power bought for its own use."""
    assert lacking(asked(energy(), shown, TURBINE)) == {}


@pytest.mark.parametrize("silent", [turbine(), turbine(supply("electricity", "49 KWH"))])
def test_a_plant_on_paper(silent: Context) -> None:
    assert lacking(asked(energy(), silent, TURBINE)) == {"generation-unproven": {"electricity": 100_000}}
    assert run(energy(), replace(silent, sets=True), TURBINE).findings == {}


def test_power_beyond_the_usual_load() -> None:
    """1,000 kW * 744 h * 0.65 = 483,600 kWh are usual at most."""
    many = replace(turbine(evidence=METERED), outputs=(output("500000 KWH"),))
    assert lacking(asked(energy(), many, TURBINE)) == {"load-unusual": {"electricity": 16_400}}
    usual = replace(many, outputs=(output("483600 KWH"),))
    assert asked(energy(), usual, TURBINE).findings == {}


@pytest.mark.parametrize(("heat", "missing"), [
    ("21600 3B", None), ("22680 3B", 2880), ("28440 3B", 28440 / 3.5 - 3600),
])
def test_heat_pumps_above_a_coefficient_of_six(heat: str, missing: float | None) -> None:
    """1,000 kWh of power. Above 6 the power that a usual pump takes is in question, a coefficient of 3.5."""
    given = context("energy.heatBoiler", supplies=(supply("electricity", "1000 KWH"),), outputs=(output(heat),))
    found = lacking(asked(energy(), given, {"kind": "heatPump"}))
    assert found == ({} if missing is None else {"coefficient-unusual": {"electricity": pytest.approx(missing)}})


# Chemicals


def acid(**facts: Any) -> Context:
    """1 t of pure acid: 9 kg of N2O at high pressure."""
    return context(
        "petrochemicals.nitricAcid", supplies=(supply("ammonia", "287 KGM"), supply("air", "2000 KGM", nature=True)),
        outputs=(output("1000 KGM", materials={"nitricAcid": "1"}),), **facts,
    )


@pytest.mark.parametrize(("activity", "hidden"), [
    ({}, 0), ({"abatement": "0.9"}, 8.1), ({"abatement": "0.9", "utilisation": "0.5"}, 4.05), ({"abatement": "1"}, 9),
    ({"measured": {"value": "2", "unit": "KGM"}}, 7), ({"technology": "atmospheric", "abatement": "0.5"}, 6.5),
    ({"technology": "nonSelectiveReduction"}, 7), ({"technology": "integratedDestruction"}, 6.5),
    ({"technology": "mediumPressure"}, 0), ({"technology": "atmospheric"}, 4),
])
def test_abatement_without_a_document(activity: dict[str, Any], hidden: float) -> None:
    found = emitting(asked(petrochemicals(), acid(), activity))
    assert found == ({"abatement-unproven": pytest.approx(hidden * 273)} if hidden else {})
    for kind in ("emissionMeasurement", "meterReading:N2O", "monitoringReport"):
        assert emitting(asked(petrochemicals(), acid(evidence=(kind,)), activity)) == {}
    assert emitting(asked(petrochemicals(), acid(evidence=("weighing",)), activity)) == found


# Aluminium


def pots(**facts: Any) -> Context:
    return context("nonferrous.aluminiumElectrolysis",
                   supplies=(supply("alumina", "1930 KGM"), supply("electricity", "13500 KWH")),
                   outputs=(output("1000 KGM", materials={"aluminium": "1"}),), **facts)


def test_inert_anodes_without_a_document() -> None:
    """Carbon anodes by default: 1,503 kg of CO2, 34 g of CF4 and 3.4 g of C2F6 per t."""
    inert = {"anodes": "inert"}
    found = emitting(asked(nonferrous(), pots(), inert))
    assert found == {"abatement-unproven": pytest.approx(1503.04 + 0.034 * 7380 + 0.0034 * 12400)}
    assert emitting(asked(nonferrous(), pots(evidence=("pilotReport",)), inert)) == {}
    assert emitting(asked(nonferrous(), pots(), {})) == {}
    counted = {"anodeEffects": {"frequency": "0.05", "minutes": "2", "technology": "pfpbLarge"}, **inert}
    assert emitting(asked(nonferrous(), pots(), counted)) == {"abatement-unproven": pytest.approx(1503.04)}
    assert run(nonferrous(), pots(), inert).findings == {}


# Electronics


@pytest.mark.parametrize("use", [
    {"abated": "0.99", "destruction": "0.99"}, {"utilisation": "0.999", "byProduct": "0"}, {"byProduct": "0"},
    {"share": "0.5", "abated": "0.9", "destruction": "0.9"},
])
def test_gases_that_vanish_without_a_document(use: dict[str, str]) -> None:
    """The defaults without abatement count. A document of another subject shows nothing."""
    def fab(*evidence: str, **used: str) -> Run:
        given = context(
            "electronics.semiconductor", supplies=(supply("CF4", "100 KGM"), supply("electricity", "9 MWH")),
            outputs=(output("1000 H87", mass="125 KGM"),), evidence=evidence)
        return asked(electronics(), given, {"substrate": "wafer300", "gases": [
            {"gas": "CF4", "process": "etching", **used}]})

    plain, stated = fab(), fab(**use)
    assert emitting(plain) == {}
    hidden = plain.footprint - stated.footprint
    assert emitting(stated) == ({"abatement-unproven": pytest.approx(hidden)} if hidden > 0 else {})
    assert emitting(fab("weighing", **use)) == emitting(stated)
    assert emitting(fab("abatementTest", **use)) == {}


def fab(heel: str) -> Run:
    given = context("electronics.semiconductor", supplies=(supply("SF6", "100 KGM"), supply("electricity", "9 MWH")),
                    outputs=(output("1000 H87", mass="125 KGM"),))
    return asked(electronics(), given, {"substrate": "wafer300", "gases": [{"gas": "SF6", "heel": heel}]})


def test_cylinders_that_go_back_full() -> None:
    """A heel of 25 % is admitted, of more the emissions of a heel of 10 % count."""
    assert emitting(fab("0.1")) == emitting(fab("0.25")) == {}
    usual = fab("0.1").footprint
    assert emitting(fab("0.26"))["heel-unusual"] == pytest.approx(usual - fab("0.26").footprint, rel=1e-9)
    assert emitting(fab("0.99"))["heel-unusual"] == pytest.approx(usual * (1 - 0.01 / 0.9), rel=1e-9)


def cells(*supplies: SupplyFacts, chemistry: str | None = "nmc", inputs: Any = ()) -> dict[str, dict[str, float]]:
    """1 t of cells."""
    given = context(
        "electronics.batteryCell", supplies=(*supplies, supply("graphite", "200 KGM"), supply("steel", "900 KGM"),
                                             supply("electricity", "12 MWH")),
        inputs=inputs, outputs=(output("4000 H87", mass="1000 KGM"),),
    )
    return lacking(asked(electronics(), given, {} if chemistry is None else {"chemistry": chemistry}))


@pytest.mark.parametrize(("material", "amount"), [
    ("nmcCathode", "126 KGM"), ("cathodeMaterial", "126 KGM"), ("NCM811", "400 KGM"),
    ("nickelCobaltHydroxide", "1 TNE"), ("lithiumCarbonate", "200 KGM"), ("electrodeFoil", "500 KGM"),
])
def test_a_cathode_by_any_name(material: str, amount: str) -> None:
    """0.42 kg per kg of cells are usual, 0.126 the least."""
    assert cells(supply(material, amount)) == {}


def test_cathodes_that_come_as_lots() -> None:
    assert cells(inputs=(lot("420 KGM", materials={"nmcCathode": "0.9", "binder": "0.1"}),)) == {}
    assert cells(inputs=(lot("420 KGM"),)) == {}
    assert cells(inputs=(lot("420 KGM", materials={"steel": "1"}),)) != {}


def test_cells_without_a_cathode() -> None:
    assert cells() == {"cathode-missing": {"nmcCathode": 420}}
    assert cells(chemistry=None) == {"cathode-missing": {"nmcCathode": 420}}
    assert cells(chemistry="lfp") == {"cathode-missing": {"lfpCathode": 380}}
    assert cells(chemistry="leadAcid") == {"cathode-missing": {"lead": 600}}
    assert cells(supply("nmcCathode", "125 KGM")) == {"cathode-missing": {"nmcCathode": 295}}
    assert cells(supply("lead", "600 KGM"), chemistry="leadAcid") == {}


# Consumer goods


def paper(*supplies: SupplyFacts, liquor: str = "3000", kind: str = "blackLiquor") -> Run:
    """1,000 t of paper on bought power."""
    given = context("consumer-goods.papermaking", supplies=(*supplies, supply("electricity", "600 MWH")),
                    outputs=(output("1000 TNE"),), place="CN-GD")
    own = [{"kind": kind, "quantity": {"value": liquor, "unit": "TNE"}}]
    return asked(consumer_goods(), given, {"ownFuels": own})


PULP: Final = supply("mechanicalPulp", "1100 TNE")


def test_liquor_of_no_wood() -> None:
    """Pulp leaves rejects of 1,100 t * 0.15 * 19 MJ = 3.1 TJ at most. Paper needs 8.7 TJ, of which 2.2 are power, so
    that 3.4 TJ of heat are in question."""
    missing = 8_700_000 - 600 * 3_600 - 1_100_000 * 0.15 * 19
    assert lacking(paper(PULP)) == {"residues-without-wood": {"heat": pytest.approx(missing)}}
    assert lacking(paper(PULP, kind="woodResidue")) == {"residues-without-wood": {"heat": pytest.approx(missing)}}


def test_liquor_of_wood_and_rejects_of_pulp() -> None:
    """3,000 t of liquor have 35.4 TJ, as 1,900 t of wood have at most."""
    assert lacking(paper(PULP, supply("wood", "1900 TNE"))) == {}
    assert lacking(paper(PULP, liquor="260", kind="woodResidue")) == {}


def filled(named: str, gas: str) -> Run:
    given = context(
        "consumer-goods.householdAppliances",
        supplies=(supply("steelSheet", "18 TNE"), supply(named, "800 KGM"), supply("electricity", "15 MWH")),
        outputs=(output("1000 H87", mass="15 TNE"),),
    )
    return asked(consumer_goods(), given, {"appliance": "airConditioner", "gases": [{"supply": named, "gas": gas}]})


@pytest.mark.parametrize(("named", "gas"), [
    ("HFC32", "HFC32"), ("R32", "HFC32"), ("difluoromethane", "HFC32"), ("refrigerant", "hydrocarbon"),
    ("propane", "hydrocarbon"),
    ("coolantOfOurs", "HFC134a"), ("R410A", "R410A"),
])
def test_gases_that_agree_with_their_supply(named: str, gas: str) -> None:
    assert not any(filled(named, gas).findings.values())


@pytest.mark.parametrize(("named", "gas"), [
    ("HFC32", "hydrocarbon"), ("R134a", "HFC152a"), ("propane", "HFC32"), ("difluoromethane", "hydrocarbon"),
])
def test_gases_that_contradict_their_supply(named: str, gas: str) -> None:
    with pytest.raises(PluginError, match=r"activity.gases\[0\].gas is .* as the supply .* is named"):
        filled(named, gas)


@pytest.mark.parametrize("named", ["HFC32", "R32", "difluoromethane"])
def test_a_gas_that_nobody_describes_is_a_gap_by_all_its_names(named: str) -> None:
    given = context("consumer-goods.householdAppliances", supplies=(supply(named, "8 KGM"),),
                    outputs=(output("10 H87", mass="300 KGM"),))
    gaps = {one.what for one in asked(consumer_goods(), given, {"appliance": "airConditioner"}).assessment.omissions}
    assert f"{named} lost in filling" in gaps


@pytest.mark.parametrize(("named", "gas", "kilograms"), [
    ("SF6", "SF6", 4), ("sulphurHexafluoride", "SF6", 4), ("R410A", "CO2e", 4 * 2255.5),
])
def test_gas_that_tops_up_a_plant_has_leaked(named: str, gas: str, kilograms: float) -> None:
    found = asked(energy(), turbine(supply(named, "4 KGM"), evidence=METERED), TURBINE)
    assert [(one.gas, float(one.amount)) for one in found.assessment.lines if one.source == named] == [(gas, kilograms)]


@pytest.mark.parametrize("named", ["refrigerant", "HFC134a", "R134a"])
def test_refrigerant_of_vehicles(named: str) -> None:
    """6 kg less 5.5 kg in the cars; a filling without any loss is a gap."""
    given = context("equipment.vehicleAssembly", inputs=(lot("15 TNE", materials={"steel": "1"}),),
                    supplies=(supply(named, "6 KGM"),), outputs=(output("10 H87", mass="15 TNE"),))

    def make(charged: str) -> Run:
        return asked(equipment(), given, {
            "powertrain": "diesel", "refrigerantCharged": {"value": charged, "unit": "KGM"}})

    assert [(one.gas, float(one.amount)) for one in make("5.5").assessment.lines] == [("HFC134a", 0.5)]
    assert f"{named} lost in filling" in {one.what for one in make("6").assessment.omissions}


# Waste


def test_landfill_gas_beyond_what_wells_catch() -> None:
    """The methane that a capture of 85 % would leave."""
    given = context("circular.landfill", inputs=(lot("1000 TNE", "waste"),), outputs=(output("1000 C62"),))

    def laid(captured: str) -> Run:
        return asked(circular(), given, {"composition": [{"kind": "food", "share": "1"}], "gasCaptured": captured})

    assert emitting(laid("0.85")) == {}
    hidden = laid("0.85").footprint - laid("0.95").footprint
    assert emitting(laid("0.95")) == {"capture-unusual": pytest.approx(hidden, rel=1e-9)}


# Waste water


@pytest.mark.parametrize(("stated", "kilograms"), [
    ({}, 0), ({"methaneCorrection": "0"}, 2000), ({"methaneCorrection": "0.9"}, 0),
    ({"methaneCapacity": "0.125"}, 1000),
    ({"sludge": {"value": "10", "unit": "TNE"}}, 2000), ({"recovered": {"value": "500", "unit": "KGM"}}, 500),
])
def test_methane_of_waste_water_that_vanishes_without_a_document(stated: dict[str, Any], kilograms: float) -> None:
    """10 t of COD in a deep lagoon: 0.8 * 0.25 kg per kg. The methane of food is biogenic."""
    def mill(*evidence: str) -> Run:
        given = context(
            "consumer-goods.foodAndDrink", supplies=(supply("rapeseedOil", "1010 TNE"), supply("electricity", "9 MWH")),
            outputs=(output("1000 TNE"),), evidence=evidence)
        return asked(consumer_goods(), given, {"food": "oilAndFat", "effluents": [
            {"treatment": "deepLagoon", "volume": {"value": "1000", "unit": "MTQ"}, "codIn": "10", **stated}]})

    assert emitting(mill("weighing")) == ({"methane-unproven": pytest.approx(kilograms * 27.0)} if kilograms else {})
    assert emitting(mill("emissionMeasurement")) == {}
