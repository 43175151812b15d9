"""Paper, solved by hand. Masses in kg, emissions in kg, energy in MJ.

Published: China's makers of paper used 40.4056 Mt of coal equivalent for 104.70 Mt of paper in 2014, and 50 kg of coal
equivalent count as 132 kg of CO2 (Li, Liu and Kong, accounting of greenhouse gas emissions of paper mills), so 1.019 t
of CO2 per t.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from carbon_ledger_consumer_goods import plugin
from carbon_ledger_consumer_goods.fibre import RAW
from support.containing import Containing
from support.raising import raised
from support.sector_runs import gases, indicators, quantity

from ledger.errors import InvalidQuantity, PluginError
from ledger.sdk import Context, InputFacts, OutputFacts, SupplyFacts
from ledger.sdk.testing import Run, context, lot, output, run, supply

EXACT = 1e-12


def record(
    route: str, inputs: tuple[InputFacts, ...], supplies: tuple[SupplyFacts, ...], outputs: tuple[OutputFacts, ...],
    **facts: Any,
) -> Context:
    return context(f"consumer-goods.{route}", inputs=inputs, supplies=supplies, outputs=outputs, **facts)


def assess(given: Context, activity: Mapping[str, Any] | None = None) -> Run:
    return run(plugin(), given, activity)


# Paper: 600 t of recovered paper (nine tenths fibre), 50 t own broke, 300 t bought pulp, 120 t filler: 1,000 t.
RECOVERED = lot("600 TNE", "waste", materials={"fibre": "0.9", "mineral": "0.1"}, biogenic_carbon=Decimal("0.4"))
BROKE = lot("50 TNE", "waste", materials={"fibre": "1"}, same_maker=True, origin="preConsumer")
VIRGIN = lot("300 TNE", materials={"fibre": "1"}, lot="urn:example:lot:pulp")
FILLER = supply("filler", "120 TNE")
FUEL = supply("bituminous", "300 TNE")
BOUGHT = supply("electricity", "200000 KWH")
PAPER = output("1000 TNE", materials={"fibre": "0.83", "mineral": "0.17"})
CHP: dict[str, Any] = {"chp": {"power": quantity("400000", "KWH"), "heat": quantity("4000", "GV")}}
CO2_OF_COAL = 300 * 23.204 * 0.02618 * 0.93 * 44 / 12 * 1000
"""Kg: 621,445.3; the coal has 6,961,200 MJ."""


def papermaking(
    *supplies: SupplyFacts, inputs: tuple[InputFacts, ...] = (RECOVERED, BROKE, VIRGIN),
    outputs: tuple[OutputFacts, ...] = (PAPER,), **facts: Any,
) -> Context:
    return record("papermaking", inputs, supplies or (FILLER, FUEL, BOUGHT), outputs, **facts)


def test_paper_with_its_own_heat_and_power() -> None:
    found = assess(papermaking(), CHP)
    assert gases(found) == pytest.approx({
        ("bituminous", "CO2"): CO2_OF_COAL, ("electricity", "CO2"): 116980.0,
    }, rel=EXACT)
    assert found.findings == {}
    # made together 1,440,000 + 4,000,000; bought 720,000
    assert indicators(found) == Containing({
        "chpShare": pytest.approx(5440000 / 6160000),
        # recovered 540 of 540 + 50 + 300
        "recycledFibreShare": pytest.approx(540 / 890),
        "energyPerTonnePaper": pytest.approx((6961200 + 720000) / 1000),
        "paperYield": pytest.approx(1000 / 1070),
        "paperMade": 1000,
    })


def test_recycled_content_of_paper() -> None:
    # 540,000 of 890,000 kg of fibre are recovered, of which 830,000 kg are in the paper
    found = assess(papermaking(), CHP)
    assert found.contents.outputs[0] == Containing({
        "recycledPostConsumer:fibre": pytest.approx(540000 * 830 / 890),
        "recycledPostConsumer:mineral": pytest.approx(60000.0),
    })
    assert "recycledPreConsumer:fibre" not in found.contents.outputs[0]
    # pulp of recovered paper that another mill made
    named = assess(papermaking(), {**CHP, "recycledLots": ["urn:example:lot:pulp"]})
    assert indicators(named)["recycledFibreShare"] == pytest.approx(840 / 890)


def test_sold_power_and_steam_are_assigned_what_bought_ones_count() -> None:
    # power 100,000 * 0.5849 = 58,490; steam 500 GJ * 110 = 55,000; the rest is the paper's
    outputs = (PAPER, output("100000 KWH", "coProduct"), output("500 GV", "coProduct"))
    found = assess(papermaking(outputs=outputs), CHP)
    carried = [one["fossilGhgEmissions"] for one in found.outputs]
    assert carried == pytest.approx([CO2_OF_COAL + 116980 - 113490, 58490.0, 55000.0])
    # (5,440,000 - 860,000) / (6,160,000 - 860,000) and (7,681,200 - 860,000) / 1,000
    assert indicators(found) == Containing({
        "chpShare": pytest.approx(4580 / 5300), "energyPerTonnePaper": pytest.approx(6821.2)
    })
    assert found.findings == {}


def test_by_value_energy_takes_no_share_of_the_rest() -> None:
    outputs = (output("1000 TNE", value=Decimal(900)), output("10 TNE", "byProduct", value=Decimal(100)),
               output("100000 KWH", "coProduct"))
    found = assess(papermaking(outputs=outputs, allocation="value"), CHP)
    rest = CO2_OF_COAL + 116980 - 58490
    assert [one["fossilGhgEmissions"] for one in found.outputs] == pytest.approx([rest * 0.9, rest * 0.1, 58490.0])


def test_a_supplier_s_factor_of_combustion_counts_among_what_is_emitted() -> None:
    # The core makes the line of 80,000 kg, so the sold 58,490 need no cap.
    fuel = supply("bituminous", "300 TNE", combustion=Decimal(80000))
    outputs = (PAPER, output("100000 KWH", "coProduct"))
    found = assess(papermaking(FILLER, fuel, outputs=outputs), CHP)
    assert found.findings == {}
    assert found.outputs[1]["fossilGhgEmissions"] == pytest.approx(58490.0)


def test_energy_sold_where_no_factor_is_known_carries_nothing() -> None:
    found = assess(papermaking(place="FI", outputs=(PAPER, output("100000 KWH", "coProduct"))), CHP)
    assert found.findings == {"sold-energy-unpriced": False}
    assert [one["fossilGhgEmissions"] for one in found.outputs] == pytest.approx([CO2_OF_COAL, 0.0])


def test_bought_heat_of_cogeneration_and_boilers() -> None:
    # 1,000 GJ bought, half from cogeneration, 800 GJ of an own boiler, power 720 GJ: 500 / 2,520
    given = papermaking(FILLER, supply("steam", "1000 GV"), supply("naturalGas", "25000 NM3", "18 TNE"), BOUGHT)
    found = assess(given, {"boilerHeat": quantity("800", "GV"), "heatFromChp": "0.5"})
    assert indicators(found) == Containing({
        "chpShare": pytest.approx(500 / 2520),
        # 25,000 * 38.931 MJ of gas, 1,000,000 of steam, 720,000 of power
        "energyPerTonnePaper": pytest.approx((973275 + 1000000 + 720000) / 1000),
    })


def test_bought_biomass() -> None:
    # 20 t * 0.28 * 44/12; no line, 200 GJ renewable
    chips = {"material": "woodChips", "heatingValue": "10", "carbon": "0.28", "biogenicShare": "1"}
    found = assess(papermaking(FILLER, FUEL, supply("woodChips", "20 TNE")), {"analyses": [chips]})
    assert indicators(found) == Containing({
        "biogenicCarbonDioxide": pytest.approx(20 * 0.28 * 44 / 12), "recycledFibreShare": pytest.approx(540 / 890)
    })
    assert found.footprint == pytest.approx(CO2_OF_COAL)
    assert found.burdens["renewableEnergyMj"] == pytest.approx(200000.0)


EFFLUENT: dict[str, Any] = {"treatment": "anaerobicReactor", "volume": quantity("20000", "MTQ"), "codIn": "3",
                            "codOut": "0.5", "sludge": quantity("10", "TNE"), "recovered": quantity("7", "TNE")}


@pytest.mark.parametrize(("changed", "methane"), [
    # (20,000 * 2.5 - 10,000) * 0.25 * 0.8 - 7,000
    ({}, 1000.0),
    # 40,000 * 0.25 * 0.5 - 0 of a paper mill's mean
    ({"treatment": "paperMill", "recovered": None}, 5000.0),
    ({"treatment": "aerobic", "recovered": None}, 0.0),
    # measured 0.21 * 0.9
    ({"methaneCapacity": "0.21", "methaneCorrection": "0.9"}, 560.0),
    # all COD decays: 60,000 * 0.2 - 7,000
    ({"codOut": None, "sludge": None}, 5000.0),
])
def test_methane_of_waste_water(changed: dict[str, Any], methane: float) -> None:
    one = {name: value for name, value in {**EFFLUENT, **changed}.items() if value is not None}
    found = assess(papermaking(), {**CHP, "effluents": [one]})
    assert indicators(found)["effluentMethane"] == pytest.approx(methane)
    assert found.burdens["biogenicNonCO2Emissions"] == pytest.approx(methane * 27)
    measured = [line.primary for line in found.assessment.lines if line.kind == "treatment"]
    assert measured == ([] if methane == 0 else ["methaneCapacity" in changed])


@pytest.mark.parametrize(("activity", "field"), [
    ({"effluents": [{**EFFLUENT, "recovered": quantity("8.001", "TNE")}]}, "activity.effluents[0].recovered"),
    ({"effluents": [{**EFFLUENT, "sludge": quantity("51", "TNE")}]}, "activity.effluents[0].sludge"),
    ({"effluents": [{**EFFLUENT, "codOut": "3.1"}]}, "activity.effluents[0].codOut"),
    ({"effluents": [{**EFFLUENT, "methaneCapacity": "0.26"}]}, "activity.effluents[0].methaneCapacity"),
    ({"chp": {"power": quantity("1", "GV"), "heat": quantity("1", "GV")}}, "activity.chp.power"),
    ({"chp": {"power": quantity("1", "KWH"), "heat": quantity("1", "KWH")}}, "activity.chp.heat"),
    ({"ownFuels": [{"kind": "biogas", "quantity": quantity("1", "TNE")}]}, "activity.ownFuels[0].heatingValue"),
    ({"ownFuels": [{"kind": "blackLiquor", "quantity": quantity("1", "TNE"), "heatingValue": "20.1"}]},
     "activity.ownFuels[0].heatingValue"),
    ({"recycledLots": ["urn:example:lot:none"]}, "activity.recycledLots"),
])
def test_activities_that_contradict_their_record(activity: dict[str, Any], field: str) -> None:
    assert raised(PluginError, assess, papermaking(), activity).field == field


@pytest.mark.parametrize("activity", [
    {"effluents": [{**EFFLUENT, "methaneCorrection": "1.1"}]},
    {"effluents": [{**EFFLUENT, "methaneCorrection": "-0.1"}]},
    {"analyses": [{"material": "bituminous", "oxidation": "1.01"}]},
    {"limestonePurity": "1.2"},
    {"heatFromChp": "2"},
    {"ownFuels": [{"kind": "woodResidue", "quantity": quantity("-1", "TNE")}]},
    {"colour": "white"},
])
def test_figures_that_no_activity_may_state(activity: dict[str, Any]) -> None:
    raised(msgspec.ValidationError, assess, papermaking(), activity)


SELLING = (PAPER, output("700000 KWH", "coProduct"))


@pytest.mark.parametrize(("given", "activity", "told"), [
    # came 1,070 t: products of up to 1,091.4 t
    (papermaking(outputs=(output("1091 TNE"),)), CHP, {}),
    (papermaking(outputs=(output("1092 TNE"),)), CHP, {"paper-yield": True}),
    (papermaking(outputs=(output("444 TNE"),)), CHP, {"paper-yield-unusual": False}),
    (papermaking(supply("filler", "2100 TNE"), FUEL, outputs=(output("3000 TNE"),)), CHP,
     {"fibre-unusual": False, "paper-energy-unusual": False}),
    (papermaking(outputs=(output("1000 TNE", "waste"),)), CHP, {"no-paper": True}),
    (papermaking(supply("filler", "1200 TNE"), FUEL, inputs=()), CHP, {"no-fibre": True}),
    (papermaking(FILLER), {}, {"paper-energy-missing": False}),
    (papermaking(FILLER, supply("bituminous", "100 TNE")), {}, {"paper-energy-unusual": False}),
    (papermaking(FILLER, supply("bituminous", "4400 TNE")), {}, {"paper-energy-impossible": True}),
    # limestone goes into the kiln, not into paper
    (papermaking(FILLER, FUEL, supply("limestone", "100 TNE"), outputs=(output("1092 TNE"),)), CHP,
     {"paper-yield": True}),
    # 600,000 kWh are made and bought
    (papermaking(outputs=(PAPER, output("599000 KWH", "coProduct"))), CHP, {}),
    (papermaking(outputs=SELLING), CHP, {"sold-above-made": True}),
    # 1,440 + 5,600 GJ out of 6,961.2
    (papermaking(), {"chp": {**CHP["chp"], "heat": quantity("5600", "GV")}}, {"efficiency-above-limit": True}),
    (papermaking(), {**CHP, "boilerHeat": quantity("1600", "GV")}, {"efficiency-above-limit": True}),
    (papermaking(), {"chp": {"power": quantity("1300000", "KWH"), "heat": quantity("1", "GV")}},
     {"efficiency-above-limit": True}),
    (papermaking(), {"chp": {"power": quantity("400000", "KWH"), "heat": quantity("1600", "GV")}},
     {"efficiency-unusual": False}),
])
def test_findings_of_papermaking(given: Context, activity: Mapping[str, Any], told: dict[str, bool]) -> None:
    assert assess(given, activity).findings == told


def test_unknown_province_year_and_unit() -> None:
    assert raised(PluginError, assess, papermaking(place="CN-XX")).code == "unknown-place"
    assert raised(PluginError, assess, papermaking(year=2010)).code == "no-factor-for-year"
    raised(InvalidQuantity, assess, papermaking(), {"effluents": [{**EFFLUENT, "volume": quantity("1", "TNE")}]})


def test_the_mean_of_chinas_mills() -> None:
    # 40,405.6 t of coal equivalent for 104.7 kt of paper: 1,184,191 GJ, all as coal of 23.204 GJ per t: 51,034 t
    coal = round(40405.6 * 29.3076 / 23.204)
    given = papermaking(supply("bituminous", f"{coal} TNE"), supply("pulp", "104700 TNE"), inputs=(),
                        outputs=(output("104700 TNE"),))
    found = assess(given)
    assert indicators(found)["energyPerTonnePaper"] / 29.3076 == pytest.approx(385.9, abs=0.1)
    published = 40405.6 / 104700 * 132 / 50
    assert found.footprint / 104700 / 1000 == pytest.approx(published, rel=0.02)


def test_waste_paper_is_recovered_paper() -> None:
    """Both names of one good, as the factor sets price them."""
    first, second = (
        assess(papermaking(supply(name, "1200 TNE"), FUEL, inputs=())) for name in ("recoveredPaper", "wastePaper"))
    assert (first.assessment.indicators, set(first.findings)) == (
        second.assessment.indicators, set(second.findings))
    assert "no-fibre" not in second.findings
    assert indicators(second)["recycledFibreShare"] == 1


def test_without_fibre_all_names_of_fibre_are_shown() -> None:
    found = assess(papermaking(supply("filler", "1200 TNE"), FUEL, inputs=()), CHP)
    (message,) = [one.message for one in found.assessment.findings if one.code == "no-fibre"]
    for name in RAW:
        assert name in message
    assert len(message) <= 255
