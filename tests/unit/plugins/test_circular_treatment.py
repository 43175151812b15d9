"""Incineration and landfill against cases solved by hand, and who carries them. Masses in kg, emissions in kg CO2e."""

from decimal import Decimal
from typing import Any, Final

import msgspec
import pytest
from carbon_ledger_circular import plugin
from carbon_ledger_circular.landfill import parameters
from carbon_ledger_circular.wastes import CLIMATES, PACKAGE, wastes
from support.containing import Containing
from support.raising import raised

from ledger.errors import InvalidQuantity, PluginError
from ledger.sdk import Context, InputFacts, OutputFacts, SupplyFacts, rows
from ledger.sdk.testing import Run, context, lot, output, run, supply

WASTE: Final = lot("10000 KGM", "waste")
SERVICE: Final = output("10 HUR")
POWER: Final = output("4000 KWH", "coProduct")
ASH: Final = output("2000 KGM", "waste", origin="postConsumer")
HALF: Final = [{"kind": "plastic", "share": "0.5"}, {"kind": "paper", "share": "0.5"}]
HOUSEHOLD: Final = [
    {"kind": "food", "share": "0.35"}, {"kind": "paper", "share": "0.2"}, {"kind": "plastic", "share": "0.14"},
    {"kind": "textile", "share": "0.04"}, {"kind": "wood", "share": "0.05"}, {"kind": "garden", "share": "0.07"},
    {"kind": "inert", "share": "0.15"},
]


def burning(
    *supplies: SupplyFacts, inputs: tuple[InputFacts, ...] = (WASTE,),
    outputs: tuple[OutputFacts, ...] = (SERVICE, POWER, ASH), allocation: str = "mass",
) -> Context:
    return context(
        "circular.incineration", inputs=inputs, supplies=supplies, outputs=outputs, allocation=allocation,
    )


def burn(given: Context, **activity: Any) -> Run:
    return run(plugin(), given, {"composition": HALF, **activity})


def dumping(*supplies: SupplyFacts, outputs: tuple[OutputFacts, ...] = (SERVICE,)) -> Context:
    return context("circular.landfill", inputs=(WASTE,), supplies=supplies, outputs=outputs)


def dump(given: Context, **activity: Any) -> Run:
    return run(plugin(), given, {"composition": [{"kind": "mixed", "share": "1"}], **activity})


# 5000 kg of plastic: 5000 * 0.75 * 44/12 = 13750 fossil; 5000 of paper: 5000 * 0.9 * 0.46 * 44/12 = 7590, a hundredth
# of it fossil. N2O 10 t * 0.05 * 273 = 136.5, CH4 10 * 0.0002 * 29.8 = 0.0596.
FOSSIL: Final = 13750 + 75.9
WHOLE: Final = FOSSIL + 136.5 + 0.0596


def test_plastic_and_paper_with_power() -> None:
    # power out 4000 * 3.6 = 14400 MJ of 100 GJ of waste and 50 * 43.33 of diesel; diesel 50 * 3.145122493 = 157.2561247
    told = burn(burning(supply("diesel", "50 KGM")), heatingValue={"value": "100", "unit": "GV"})
    assert (told.footprint, told.findings) == (pytest.approx(WHOLE + 157.2561247), {})
    rates = {name: float(value) for name, value in told.assessment.indicators.items()}
    assert rates == Containing({
        "wasteTreated": 10.0, "carbonDioxidePerTonne": pytest.approx(2134.0),
        "fossilCarbonShare": pytest.approx(FOSSIL / 21340), "energyRecovered": pytest.approx(1440.0),
        "energyEfficiency": pytest.approx(14400 / 102166.5), "residueRate": 0.2,
    })
    # The paper's energy is renewable, as its carbon is: 100000 * (1 - 13825.9 / 21340)
    assert told.burdens == Containing({
        "renewableEnergyMj": pytest.approx(100000 * (1 - FOSSIL / 21340)), "energyMj": pytest.approx(102166.5)
    })


def test_the_generator_carries_all_of_it_by_whatever_key() -> None:
    # all of it in the service; power and ash leave without burden
    for key in ("mass", "value", "energy", "moles", "declared"):
        service, power, ash = burn(burning(allocation=key)).outputs
        assert service["fossilGhgEmissions"] == pytest.approx(WHOLE), key
        assert (power["absGhg"], ash["absGhg"]) == (0.0, 0.0), key


def test_two_generators_share_by_the_service_that_they_get() -> None:
    first, second = burn(burning(outputs=(output("6 HUR"), output("4 HUR")))).outputs
    assert (first["fossilGhgEmissions"], second["fossilGhgEmissions"]) == pytest.approx((WHOLE * 0.6, WHOLE * 0.4))


def test_a_plant_that_is_run_for_its_energy() -> None:
    # 4000 kWh are 14400 MJ, heat 5600 MJ: 72 and 28 of a hundred; the service is then free
    given = burning(outputs=(SERVICE, POWER, output("5.6 GV", "coProduct"), ASH))
    service, power, heat, _ = burn(given, chargedTo="energy").outputs
    assert service["absGhg"] == 0.0
    assert (power["fossilGhgEmissions"], heat["fossilGhgEmissions"]) == pytest.approx((WHOLE * 0.72, WHOLE * 0.28))


def test_lots_that_state_their_carbon_need_no_composition() -> None:
    # 10000 * 0.2 * 44/12 = 7333.33 fossil, 10000 * 0.1 * 44/12 = 3666.67 biogenic, of which 98 of a hundred burn
    stated = lot("10000 KGM", "waste", fossil_carbon=Decimal("0.2"), biogenic_carbon=Decimal("0.1"))
    told = burn(burning(inputs=(stated,)), composition=[], oxidation="0.98")
    assert told.burdens["fossilGhgEmissions"] == pytest.approx(7186.6666667 + 136.5 + 0.0596)
    assert told.assessment.indicators["fossilCarbonShare"] == pytest.approx(Decimal(2) / 3)
    assert next(one for one in told.assessment.lines if one.gas == "CO2").primary
    # what did not burn is in the ash, all else left as gas
    assert told.assessment.matter["fossilCarbon"] == (0, 0, Decimal("0.02"))


@pytest.mark.parametrize(("technology", "methane", "nitrous"), [
    ("continuousStoker", "0.0002", "0.05"), ("continuousFluidisedBed", None, "0.05"),
    ("semiContinuousStoker", "0.006", "0.05"), ("semiContinuousFluidisedBed", "0.188", "0.05"),
    ("batchStoker", "0.06", "0.06"), ("batchFluidisedBed", "0.237", "0.06"),
])
def test_gases_of_each_furnace(technology: str, methane: str | None, nitrous: str) -> None:
    lines = {one.gas: one.amount for one in burn(burning(), technology=technology).assessment.lines if one.gas != "CO2"}
    assert lines == {
        "N2O": Decimal(nitrous) * 10, **({"CH4": Decimal(methane) * 10} if methane else {}),
    }


def test_household_waste_emits_what_the_guidance_says() -> None:
    """A tonne of municipal waste gives off 0.7 to 1.2 t of CO2 (B. Johnke, Emissions from waste incineration, a paper
    behind the IPCC's good practice guidance on inventories)."""
    rates = burn(burning(), composition=HOUSEHOLD).assessment.indicators
    # food 0.0532, paper 0.0828, plastic 0.105, textile 0.016, wood 0.02125, garden 0.01372, inert 0.00405: 0.29602 kg C
    assert float(rates["carbonDioxidePerTonne"]) == pytest.approx(296.02 * 44 / 12)
    assert 700 < rates["carbonDioxidePerTonne"] < 1200
    # fossil 0.105 + 0.000828 + 0.0032 + 0.00405 = 0.113078
    assert float(rates["fossilCarbonShare"]) == pytest.approx(0.113078 / 0.29602)


@pytest.mark.parametrize(("given", "activity", "told"), [
    (burning(inputs=(lot("1000 KGM"),)), {}, {"no-waste": True}),
    (burning(), {"composition": []}, {"carbon-unknown": True}),
    (burning(outputs=(ASH,)), {}, {"burden-retained": False}),
    (burning(outputs=()), {}, {"burden-retained": False}),
    (burning(), {"heatingValue": {"value": "14399", "unit": "3B"}}, {"energy-from-nothing": True}),
    (burning(), {"heatingValue": {"value": "14400", "unit": "3B"}}, {}),
    (burning(outputs=(SERVICE, output("160.1 GV", "coProduct"))), {}, {"recovery-unusual": False}),
    (burning(outputs=(SERVICE, output("160 GV", "coProduct"))), {}, {}),
])
def test_findings_of_burning(given: Context, activity: dict[str, Any], told: dict[str, bool]) -> None:
    assert burn(given, **activity).findings == told


@pytest.mark.parametrize(("outputs", "activity", "code"), [
    ((POWER, ASH), {}, "no-carrier"), ((output("100 KGM", "byProduct"), ASH), {}, "no-carrier"),
    ((SERVICE, ASH), {"chargedTo": "energy"}, "no-carrier"), ((SERVICE, output("100 TKM")), {}, "services-differ"),
])
def test_a_burden_that_nobody_would_carry_is_refused(
    outputs: tuple[OutputFacts, ...], activity: dict[str, Any], code: str
) -> None:
    given = burning(outputs=outputs)
    route = plugin().routes["incineration"]
    decoded = msgspec.convert({"composition": HALF, **activity}, route.activity)
    assert {one.code: one.refuses for one in route.assess(given, decoded).findings} == {code: True}


@pytest.mark.parametrize(("activity", "field"), [
    ({"composition": [{"kind": "paper", "share": "0.9"}]}, "activity.composition"),
    ({"composition": [{"kind": "mixed", "share": "1"}]}, "activity.composition[0].kind"),
    ({"composition": [{"kind": "sludge", "share": "1"}]}, "activity.composition[0].dryMatter"),
])
def test_bad_compositions_are_refused_by_field(activity: dict[str, Any], field: str) -> None:
    error = raised(PluginError, burn, burning(), **activity)
    assert error.field == field
    assert error.rule


def test_sludge_with_its_moisture() -> None:
    # 10000 * 0.2 * 0.45 * 44/12 = 3300 of biogenic CO2: no burden, but told
    told = burn(burning(), composition=[{"kind": "sludge", "share": "1", "dryMatter": "0.2"}])
    assert told.burdens["fossilGhgEmissions"] == pytest.approx(136.5 + 0.0596)
    assert float(told.assessment.indicators["carbonDioxidePerTonne"]) == pytest.approx(330.0)


def test_with_factor_sets_carbon_of_plants_counts_as_biogenic() -> None:
    # 10 t: plastic 13750, paper 7590 of which 75.9 fossil: biogenic 7514.1 of 21340. CH4 10 * 0.06 = 0.6 kg by a batch
    # stoker, of it 0.6 * 7514.1 / 21340 biogenic
    told = burn(msgspec.structs.replace(burning(), sets=True), technology="batchStoker")
    grown = 7514.1 / 21340
    assert told.burdens == Containing({
        "biogenicCO2Emissions": pytest.approx(7514.1),
        "biogenicNonCO2Emissions": pytest.approx(0.6 * grown * 27),
        # N2O 10 * 0.06 * 273 = 163.8
        "fossilGhgEmissions": pytest.approx(13825.9 + 163.8 + 0.6 * (1 - grown) * 29.8),
    })
    assert sum(one["biogenicCO2Emissions"] for one in told.outputs) == pytest.approx(7514.1)
    before = burn(burning(), technology="batchStoker")
    assert before.burdens["biogenicCO2Emissions"] == before.burdens["biogenicNonCO2Emissions"] == 0.0
    assert before.burdens["fossilGhgEmissions"] == pytest.approx(13825.9 + 163.8 + 0.6 * 29.8)


def test_with_factor_sets_a_landfill_has_biogenic_carbon_dioxide() -> None:
    # decayed 10000 * 0.2 * 0.5 = 1000 kg C; methane 666.667 kg holds 500; the other 500 * 44/12 = 1833.33
    given = msgspec.structs.replace(dumping(), sets=True)
    assert dump(given).burdens["biogenicCO2Emissions"] == pytest.approx(1833.3333333)
    # Of 666.667 kg formed, 0.6 * 0.99 burn and 0.4 * 0.1 oxidise: 244 escape with 183 kg C
    wells = dump(given, gasCaptured="0.6", covered=True)
    assert wells.burdens == Containing({
        "biogenicNonCO2Emissions": pytest.approx(6588.0), "biogenicCO2Emissions": pytest.approx((1000 - 183) * 44 / 12)
    })
    assert wells.footprint == pytest.approx(6588.0)


def test_with_factor_sets_a_horizon_has_a_hundred_years() -> None:
    given = msgspec.structs.replace(dumping(), sets=True)
    decay = {"method": "firstOrderDecay", "climate": "temperateDry"}
    error = raised(PluginError, dump, given, **decay, horizon=99)
    assert (error.field, error.value) == ("activity.horizon", "99")
    assert dump(given, **decay, horizon=100).footprint == pytest.approx(18000.0 * 0.9932620530009)


def test_all_methane_of_mixed_waste() -> None:
    # 10000 * 0.2 * 0.5 * 1 * 0.5 * 16/12 = 666.667 of CH4 * 27 = 18000; diesel 30 * 3.145122493 = 94.35367479
    told = dump(dumping(supply("diesel", "30 KGM")))
    assert told.burdens == Containing({
        "biogenicNonCO2Emissions": pytest.approx(18000.0), "fossilGhgEmissions": pytest.approx(94.35367479)
    })
    assert (told.outputs[0]["biogenicNonCO2Emissions"], told.findings) == (pytest.approx(18000.0), {})
    assert float(told.assessment.indicators["methanePerTonne"]) == pytest.approx(66.6666667)


def test_gas_wells_and_cover() -> None:
    # 18000 * (0.4 * 0.9 + 0.6 * 0.01) = 6588
    assert dump(dumping(), gasCaptured="0.6", covered=True).footprint == pytest.approx(6588.0)


@pytest.mark.parametrize(("climate", "years", "part"), [
    # 1 - exp(-0.09 * 10), 1 - exp(-0.05 * 100), 1 - exp(-0.17)
    ("temperateWet", 10, 0.5934303402594), ("temperateDry", 100, 0.9932620530009), ("tropicalWet", 1, 0.1563351834904),
])
def test_first_order_decay(climate: str, years: int, part: float) -> None:
    told = dump(dumping(), method="firstOrderDecay", climate=climate, horizon=years)
    assert told.footprint == pytest.approx(18000.0 * part)


def test_kinds_decay_at_their_own_rates() -> None:
    # food 0.5 * 0.15 at 0.185, wood 0.5 * 0.43 at 0.03, over 20 years; times 0.5 * 0.5 * 4/3 * 27 * 10000 = 90000
    told = dump(
        dumping(), method="firstOrderDecay", climate="temperateWet", horizon=20,
        composition=[{"kind": "food", "share": "0.5"}, {"kind": "wood", "share": "0.5"}],
    )
    # 1 - exp(-3.7) = 0.9752764737, 1 - exp(-0.6) = 0.4511883639
    assert told.footprint == pytest.approx(90000 * (0.075 * 0.9752764737 + 0.215 * 0.4511883639))


def test_plastic_does_not_decay() -> None:
    plastic = [{"kind": "plastic", "share": "1"}]
    assert dump(dumping(), method="firstOrderDecay", climate="tropicalWet", composition=plastic).footprint == 0.0


def test_dumps_bracket_the_published_figure() -> None:
    """Manfredi et al. (Waste Management & Research 27, 825, 2009): up to about 1000 kg CO2e per t on an open dump.
    Waste with a degradable carbon of 0.15, on a shallow and on a deep dump: 1000 * 0.15 * 0.5 * 0.4 * 0.5 * 4/3 * 27 =
    540, and 1080."""
    food = [{"kind": "food", "share": "1"}]
    shallow, deep = (dump(dumping(), site=site, composition=food).footprint / 10
                     for site in ("unmanagedShallow", "unmanagedDeep"))
    assert (shallow, deep) == pytest.approx((540.0, 1080.0))
    assert shallow < 1000 < deep


def test_power_of_landfill_gas() -> None:
    told = dump(dumping(outputs=(SERVICE, output("1000 KWH", "coProduct"))), gasCaptured="0.5")
    assert told.assessment.indicators["energyRecovered"] == 360
    assert [one["absGhg"] > 0 for one in told.outputs] == [True, False]


def test_findings_of_dumping() -> None:
    assert dump(dumping(), gasCaptured="0.86").findings == {"capture-unusual": False}
    assert dump(dumping(), gasCaptured="0.85").findings == {}
    assert dump(dumping(outputs=())).findings == {"burden-retained": False}
    nothing = context("circular.landfill", inputs=(lot("1 KGM"),), outputs=(SERVICE,))
    assert dump(nothing).findings == {"no-waste": True}


@pytest.mark.parametrize(("activity", "field"), [
    ({"composition": []}, "activity.composition"), ({"horizon": 0}, "activity.horizon"),
    ({"method": "firstOrderDecay"}, "activity.climate"),
    ({"site": "unmanagedDeep", "gasCaptured": "0.1"}, "activity.gasCaptured"),
    ({"composition": [{"kind": "industrial", "share": "1"}]}, "activity.composition[0].kind"),
])
def test_bad_landfills_are_refused_by_field(activity: dict[str, Any], field: str) -> None:
    error = raised(PluginError, dump, dumping(), **activity)
    assert error.field == field
    assert error.rule


def test_wrong_units() -> None:
    raised(InvalidQuantity, burn, burning(), heatingValue={"value": "1", "unit": "KGM"})
    raised(InvalidQuantity, burn, burning(supply("diesel", "1 LTR")))


@pytest.mark.parametrize("activity", [
    {"oxidation": "1.1"}, {"technology": "bonfire"}, {"chargedTo": "nobody"}, {"ash": "1"},
    {"composition": [{"kind": "paper"}]}, {"composition": [{"kind": "paper", "share": "-1"}]},
])
def test_activities_are_typed(activity: dict[str, Any]) -> None:
    raised(msgspec.ValidationError, burn, burning(), **activity)


def test_the_tables_say_where_each_row_comes_from() -> None:
    for file in ("waste.csv", "landfill.csv"):
        for row in rows(PACKAGE, file):
            assert row["status"] in ("read", "recalled"), row["key"]
            assert len(row["source"]) > 40, row["key"]
    for waste in wastes().values():
        parts = (waste.dry_matter, waste.carbon, waste.fossil, waste.degradable)
        assert all(part is None or 0 <= part <= 1 for part in parts), waste.key
        assert (set(waste.decay) == set(CLIMATES)) == bool(waste.degradable), waste.key
        assert all(0 < rate < 1 for rate in waste.decay.values()), waste.key
    assert all(0 < value <= 1 for value in parameters().values())
