"""Food and drink, solved by hand. Masses in kg, emissions in kg, energy in MJ."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from carbon_ledger_consumer_goods import plugin
from msgspec.structs import replace
from support.containing import Containing
from support.raising import raised
from support.sector_runs import gases, indicators, quantity

from ledger.errors import InvalidQuantity, PluginError
from ledger.sdk import Context, InputFacts, OutputFacts, SupplyFacts
from ledger.sdk.testing import Run, context, lot, output, run, supply

# 10,000 hl of beer of 5 % vol. in Shanghai, 2022: 0.5849 kg per kWh.
BEER = output("10000 HLT", mass="1010 TNE")
GRAIN = output("180 TNE", "byProduct")
BREWED = (
    supply("electricity", "100000 KWH"), supply("naturalGas", "30000 NM3", "21 TNE"), supply("malt", "170 TNE"),
    supply("hops", "1500 KGM"), supply("water", "4500 MTQ"), supply("R404A", "2 KGM"),
    supply("carbonDioxide", "500 KGM"),
)
ALCOHOL: dict[str, Any] = {"food": "beer", "alcohol": quantity("50000", "LTR")}
GAS = 30000 * 38.931 * 0.0153 * 0.99 * 44 / 12


def brewery(
    *supplies: SupplyFacts, inputs: tuple[InputFacts, ...] = (), outputs: tuple[OutputFacts, ...] = (BEER, GRAIN),
    **facts: Any,
) -> Context:
    return context(
        "consumer-goods.foodAndDrink", inputs=inputs, supplies=supplies or BREWED, outputs=outputs, **facts)


def assess(given: Context, activity: Mapping[str, Any] | None = None) -> Run:
    return run(plugin(), given, activity)


def test_brewery() -> None:
    # R-404A 2 * (0.44 * 3,740 + 0.52 * 5,810), and 0.08 of HFC-134a; waste water 3,000 * 2.5 * 0.25 * 0.8 - 1,400
    assessed = assess(brewery(), {**ALCOHOL, "effluents": [{
        "treatment": "anaerobicReactor", "volume": quantity("3000", "MTQ"), "codIn": "2.8", "codOut": "0.3",
        "recovered": quantity("1400", "KGM"),
    }]})
    assert gases(assessed) == pytest.approx({
        ("electricity", "CO2"): 58490.0, ("naturalGas", "CO2"): GAS, ("R404A", "CO2e"): 9333.6,
        ("R404A", "HFC134a"): 0.08, ("carbonDioxide", "CO2"): 500.0,
        ("effluent anaerobicReactor", "CH4biogenic"): 100.0,
    })
    # methane of food is biogenic: 100 * 27
    assert assessed.burdens == Containing({
        "fossilGhgEmissions": pytest.approx(58490 + GAS + 9333.6 + 0.08 * 1530 + 500),
        "biogenicNonCO2Emissions": pytest.approx(2700),
    })
    assert assessed.findings == {}
    # (360,000 + 30,000 * 38.931) / 1,010
    assert indicators(assessed) == Containing({
        "energyPerTonneFood": pytest.approx((360000 + 1167930) / 1010),
        "electricityPerTonne": pytest.approx(100000 / 1010), "waterPerTonneFood": pytest.approx(4500 / 1010),
        "foodMade": 1010,
    })
    gaps = {one.what for one in assessed.assessment.omissions}
    assert gaps == {"electricity upstream", "naturalGas upstream", "R404A upstream", "carbonDioxide upstream"}


def test_fermentation_is_reported_and_never_fossil() -> None:
    # 50,000 * 0.78924 * 0.9553 = 37,698.0486 kg of CO2, of which 9 t leave in bottles
    given = replace(brewery(), sets=True)
    bare = assess(given, {"food": "beer"})
    for captured, released in ((None, 37698.0486), (quantity("9", "TNE"), 28698.0486)):
        assessed = assess(given, ALCOHOL | ({} if captured is None else {"captured": captured}))
        assert assessed.burdens["biogenicCO2Emissions"] == pytest.approx(released)
        assert assessed.footprint == bare.footprint
        assert indicators(assessed) == Containing({
            "fermentationCarbonDioxide": pytest.approx(37.6980486),
            "capturedFermentationCarbonDioxide": 0 if captured is None else 9,
        })
    assert bare.burdens["biogenicCO2Emissions"] == 0
    before = assess(brewery(), ALCOHOL)
    assert before.burdens["biogenicCO2Emissions"] == 0  # rules without factor sets report no such burden
    assert ("fermentation", "CO2") not in gases(before)


def test_biogenic_carbon_of_lots_stays_in_products_or_leaves_as_gas() -> None:
    # 80,000 kg of carbon in malt: beer states 30,300; 37,698.0486 * 12 / 44 leave as gas; spent grain has the rest
    beer = output("10000 HLT", mass="1010 TNE", biogenic_carbon=Decimal("0.03"))
    malt = lot("200 TNE", materials={"malt": "1"}, biogenic_carbon=Decimal("0.4"))
    parts = assess(brewery(*BREWED[:2], inputs=(malt,), outputs=(beer, GRAIN)), ALCOHOL).assessment.matter
    assert [float(part) for part in parts["biogenicCarbon"]] == pytest.approx([
        30300 / 80000, (80000 - 30300 - 37698.0486 * 12 / 44) / 80000])


CO2 = {"carbonDioxide": "1"}


@pytest.mark.parametrize(("gas", "sold", "emitted"), [
    (lot("500 TNE", materials=CO2, fossil_carbon=Decimal("0.2729")), None, 500000),     # never more than the gas
    (lot("500 TNE", materials=CO2), None, 500000),                                       # fossil unless stated
    (lot("500 TNE", fossil_carbon=Decimal("0.2729")), None, 500000),                     # pure gas by its carbon
    (lot("500 TNE", materials={"dryIce": "1"}, fossil_carbon=Decimal("0.001")), None, 500000),
    (lot("500 TNE", materials=CO2, biogenic_carbon=Decimal("0.2729")), None, 0),
    # 500 * (1 - 0.15 * 44 / 12) = 225
    (lot("500 TNE", materials=CO2, biogenic_carbon=Decimal("0.15")), None, 225000),
    # 0.005 of 500 t; the sugar holds the biogenic carbon, and the bottle the fossil carbon
    (lot("500 TNE", materials={"carbonDioxide": "0.005", "sugar": "0.1"}, biogenic_carbon=Decimal("0.04"),
         fossil_carbon=Decimal("0.05")), None, 2500),
    (lot("500 TNE", materials={"PET": "1"}, fossil_carbon=Decimal("0.62")), None, 0),
    (lot("500 TNE", fossil_carbon=Decimal("0.62")), None, 0),
    # 200 t leave with 0.27 of fossil carbon: 500 - 200 * 0.27 * 44 / 12 = 302
    (lot("500 TNE", materials=CO2), {"materials": CO2, "fossil_carbon": Decimal("0.27")}, 302000),
    # gas of fermentation and bottles take nothing off
    (lot("500 TNE", materials=CO2), {"materials": CO2}, 500000),
    (lot("500 TNE", materials=CO2), {"materials": {"PET": "1"}, "fossil_carbon": Decimal("0.62")}, 500000),
    (lot("100 TNE", materials=CO2), {"materials": CO2, "fossil_carbon": Decimal("0.2727")}, 0),
])
def test_fossil_gas_of_lots_reaches_the_air(gas: InputFacts, sold: dict[str, Any] | None, emitted: float) -> None:
    outputs = (BEER,) if sold is None else (BEER, output("200 TNE", "coProduct", **sold))
    base = assess(brewery(*BREWED, outputs=outputs), ALCOHOL)
    assessed = assess(brewery(*BREWED, inputs=(gas,), outputs=outputs), ALCOHOL)
    assert assessed.burdens["fossilGhgEmissions"] - base.burdens["fossilGhgEmissions"] == pytest.approx(emitted)
    assert gases(assessed)["carbonDioxide", "CO2"] == pytest.approx(500 + emitted)


def test_residues_that_a_sugar_mill_burns() -> None:
    # 100 t of bagasse at 11.6 GJ: 1,160 GJ; 0.03 kg of CH4 and 0.004 kg of N2O per GJ; 116 t of biogenic CO2
    given = context("consumer-goods.foodAndDrink", supplies=(supply("sugarCane", "400 TNE"),),
                    outputs=(output("40 TNE"),), sets=True)
    assessed = assess(given, {"food": "sugar", "ownFuels": [
        {"kind": "plantResidue", "quantity": quantity("100", "TNE")}]})
    assert gases(assessed) == pytest.approx({
        ("plantResidue", "CH4biogenic"): 34.8, ("plantResidue", "N2O"): 4.64, ("plantResidue", "CO2"): 116000.0})
    assert assessed.burdens == Containing({"fossilGhgEmissions": 0, "biogenicCO2Emissions": pytest.approx(116000)})
    assert (assessed.findings, indicators(assessed)["energyPerTonneFood"]) == ({}, pytest.approx(29000))


def test_refrigerants() -> None:
    # R-507A: 0.5 * 3,740 + 0.5 * 5,810; propane is burnt as a fuel, and ammonia warms nothing
    power = supply("electricity", "100000 KWH")
    base = assess(brewery(power)).footprint
    assert assess(brewery(power, supply("R507A", "4 KGM"))).footprint - base == pytest.approx(4 * 4775)
    assert assess(brewery(power, supply("R600a", "4 KGM"))).footprint == base
    assert assess(brewery(power, supply("ammonia", "4 KGM"))).footprint == base
    assert assess(brewery(power, supply("propane", "4 TNE"))).footprint - base < 4000 * 4
    unknown = assess(brewery(power, supply("R449A", "4 KGM")))
    assert unknown.footprint == base
    assert {"R449A lost in cooling", "R449A upstream"} <= {one.what for one in unknown.assessment.omissions}


@pytest.mark.parametrize(("named", "potential"), [
    # R-449A: 0.243 * 771 + 0.247 * 3,740 + 0.257 * 1,530; hydrofluoroolefins warm nothing that counts
    ("R449A", 1504.343), ("R22", 1960), ("chlorodifluoromethane", 1960), ("difluoromethane", 771),
])
def test_refrigerants_by_all_their_names(named: str, potential: float) -> None:
    def footprint(*supplies: SupplyFacts) -> float:
        given = brewery(supply("electricity", "100000 KWH"), *supplies)
        return assess(msgspec.structs.replace(given, sets=True, questions=True)).footprint

    assert footprint(supply(named, "4 KGM")) - footprint() == pytest.approx(4 * potential)


@pytest.mark.parametrize(("given", "activity", "told"), [
    (brewery(), {}, {}),
    (brewery(supply("malt", "170 TNE")), ALCOHOL, {"food-energy-missing": False}),
    (brewery(supply("electricity", "100000 KWH")), ALCOHOL, {"food-energy-unusual": False}),             # 0.36 GJ/t
    (brewery(supply("electricity", "100000 KWH")), {**ALCOHOL, "food": "softDrink"}, {}),
    (brewery(supply("steam", "7000 GV")), ALCOHOL, {"food-energy-unusual": False}),                      # 6.9 GJ/t
    (brewery(supply("steam", "7000 GV")), {"food": "other"}, {}),
    (brewery(supply("steam", "510000 GV")), ALCOHOL, {"food-energy-impossible": True}),                   # 505 GJ/t
    (brewery(outputs=(output("180 TNE", "waste"),)), {"food": "beer"}, {"no-food": True}),
])
def test_findings(given: Context, activity: Mapping[str, Any], told: dict[str, bool]) -> None:
    assert assess(given, activity).findings == told


def test_beer_without_alcohol_gets_a_note() -> None:
    asked = replace(brewery(), questions=True)
    (note,) = assess(asked, {"food": "beer"}).assessment.findings
    assert (note.code, note.severity, note.amount) == ("fermentation-not-stated", "note", None)
    assert (assess(asked, ALCOHOL).findings, assess(asked, {"food": "dairy"}).findings) == ({}, {})


@pytest.mark.parametrize(("activity", "field"), [
    ({"alcohol": quantity("1700000", "LTR")}, "activity.alcohol"),             # 1,342 t of 1,190 t of outputs
    ({"captured": quantity("1", "TNE")}, "activity.captured"),
    ({**ALCOHOL, "captured": quantity("38", "TNE")}, "activity.captured"),
    ({"effluents": [{"treatment": "aerobic", "volume": quantity("3", "MTQ"), "codIn": "1", "codOut": "2"}]},
     "activity.effluents[0].codOut"),
])
def test_activities_that_contradict_their_record(activity: dict[str, Any], field: str) -> None:
    assert raised(PluginError, assess, brewery(), activity).field == field


def test_values_and_units_that_no_activity_may_state() -> None:
    raised(msgspec.ValidationError, assess, brewery(), {"food": "cigarettes"})
    for activity in ({"alcohol": quantity("5", "KGM")}, {**ALCOHOL, "captured": quantity("5", "LTR")}):
        raised(InvalidQuantity, assess, brewery(), activity)
