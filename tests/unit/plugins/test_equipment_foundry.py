"""Casting and heat treatment against cases solved by hand. Masses in kg, energy in kWh, emissions in kg CO2."""

from decimal import Decimal
from typing import Any

import msgspec
import pytest
from carbon_ledger_equipment.casting import Casting, charge_mass
from carbon_ledger_equipment.heat_treatment import HeatTreatment
from support.containing import Containing
from support.raising import raised
from unit.plugins.test_equipment import assess, codes, context, figures_of, lot, out, supply

from ledger.errors import PluginError
from ledger.footprint.stored.burdens import direct, footprint
from ledger.footprint.stored.contents import Holding
from ledger.footprint.stored.figures import Allocation, RecordFigures, TakenFigures, record_figures
from ledger.sdk import Context, InputFacts, OutputFacts, Quantity, SupplyFacts

IRON = {"iron": "1"}
POWER = supply("electricity", "1200", "KWH")
GAS = supply("naturalGas", "100", "NM3")
SCRAP = lot("1100", IRON, "waste", origin="postConsumer")
PIG = lot("400", IRON)
RETURNS = lot("500", IRON, "waste", origin="preConsumer", same_maker=True)
CASTINGS = out("1400", IRON)
GATES = out("500", IRON, "waste", origin="preConsumer")


def heat(
    *supplies: SupplyFacts, inputs: tuple[InputFacts, ...] = (SCRAP, PIG, RETURNS),
    outputs: tuple[OutputFacts, ...] = (CASTINGS, GATES),
) -> Context:
    return context("casting", inputs, supplies, outputs)


def furnace_load(*supplies: SupplyFacts, product: str = "990", waste: str = "10") -> Context:
    return context("heatTreatment", (lot("1000"),), supplies, (out(product), out(waste, role="waste")))


def made(given: Context, kilograms: tuple[float, ...], recycled: tuple[str | None, ...]) -> RecordFigures:
    """The figures of a heat that takes all of lots with these burdens. `recycled`: what the core makes of each."""
    taken = [
        TakenFigures(1.0, figures_of(float(one.mass or 0), IRON, burden), origin)
        for one, burden, origin in zip(given.inputs, kilograms, recycled, strict=True)
    ]
    found = assess(given)
    held = [Holding(float(o.mass or 0), {"material:iron": float(o.mass or 0)}, True) for o in given.outputs]
    matter = {name: [float(part) for part in parts] for name, parts in found.matter.items()}
    supplied = {"mass": float(sum((s.mass or Decimal(0) for s in given.supplies), Decimal(0)))}
    return record_figures(direct(found), taken, Allocation([1.0, 0.0]), held, supplied, matter)


def test_a_heat_of_iron() -> None:
    # power 1200 * 0.5849 = 701.88; gas 100 * 2.162188809 = 216.2188809; in all 918.0988809
    # charge 1100 + 400 + 500 + 20 of ferrosilicon = 2020: yield 1400/2020, returns 500/2020
    found = assess(heat(POWER, GAS, supply("ferrosilicon", "20")), Casting(
        furnace="induction", moulding="greenSand", temperature="1420", tapped=Quantity(value="1.95", unit="TNE"),
    ))
    assert (footprint(direct(found)), codes(found)) == (pytest.approx(918.0988809), {})
    rates = {name: round(value, 6) for name, value in found.indicators.items()}
    assert rates == Containing({
        "materialYield": Decimal("0.693069"),
        "returnRate": Decimal("0.247525"),
        # 1200 / 1.4; (1200 * 3.6 + 100 * 38.931) / 1.4
        "electricityPerTonne": Decimal("857.142857"),
        "energyPerTonne": Decimal("5866.5"),
    })
    # Ferrosilicon is the core's business: neither a line nor an omission of the plugin's.
    assert [one.what for one in found.omissions] == ["electricity upstream", "naturalGas upstream"]


def test_castings_carry_the_heat_and_the_returns_nothing() -> None:
    # pig iron 720 + power 701.88 = 1421.88, all of it in the castings. Of 2000 kg of iron 1100 is recycled: the returns
    # of the same route count as what they were. 1400/2000 * 1100 = 770, 500/2000 * 1100 = 275.
    castings, gates = made(heat(POWER), (0.0, 720.0, 0.0), ("postConsumer", None, None)).outputs
    assert (footprint(castings.burdens), footprint(gates.burdens)) == (pytest.approx(1421.88), 0.0)
    assert castings.contents["recycledPostConsumer:iron"] == pytest.approx(770.0)
    assert gates.contents["recycledPostConsumer:iron"] == pytest.approx(275.0)
    assert "recycledPreConsumer:iron" not in castings.contents


def test_what_is_melted() -> None:
    given = heat(
        POWER, supply("ferrosilicon", "20"), supply("pigIron", "100"), supply("mouldingSand", "9000"),
        supply("coke", "80", mass=Decimal(80)), inputs=(SCRAP, lot("0", {}, quantity=Quantity(value="5", unit="KWH"))),
    )
    assert charge_mass(given) == 1220


@pytest.mark.parametrize(("given", "activity", "told"), [
    (heat(), Casting(furnace="induction"), {"melting-missing": False}),
    (heat(), Casting(furnace="cupola"), {"melting-missing": False}),
    (heat(supply("coke", "200")), Casting(furnace="cupola"), {}),
    # 500 / 2 t and 4200 / 2 t; the limits themselves, 300 and 2000, are usual
    (heat(supply("electricity", "500", "KWH")), Casting(furnace="induction"), {"melting-unusual": False}),
    (heat(supply("electricity", "4200", "KWH")), Casting(furnace="arc"), {"melting-unusual": False}),
    (heat(supply("electricity", "600", "KWH")), Casting(furnace="induction"), {}),
    (heat(supply("electricity", "4000", "KWH")), Casting(furnace="induction"), {}),
    (heat(supply("electricity", "500", "KWH")), Casting(), {}),
    (heat(outputs=(out("2021", IRON),)), Casting(), {"material-yield": True}),
    (heat(outputs=(out("2020", IRON),)), Casting(), {}),
    (heat(outputs=(out("399", IRON), out("1600", IRON, "waste"))), Casting(), {"material-yield": False}),
    (heat(outputs=(out("400", IRON), out("1600", IRON, "waste"))), Casting(), {}),
    (heat(outputs=(out("1400", IRON), out("399", IRON, "waste"))), Casting(), {"mass-unaccounted": False}),
    (heat(outputs=(out("1400", IRON), out("400", IRON, "waste"))), Casting(), {}),
    (heat(POWER, inputs=()), Casting(), {"no-charge": True}),
    (furnace_load(), HeatTreatment(heating="fuel"), {"heating-missing": False}),
    (furnace_load(GAS), HeatTreatment(heating="resistance"), {"heating-missing": False}),
    (furnace_load(supply("heat", "9", "3B")), HeatTreatment(heating="fuel"), {}),
    (furnace_load(GAS, product="1011", waste="1"), HeatTreatment(), {"material-yield": True}),
    (furnace_load(GAS, product="890", waste="110"), HeatTreatment(), {"material-yield": False}),
    (furnace_load(GAS, product="940", waste="1"), HeatTreatment(), {"mass-unaccounted": False}),
    # 99 MJ and 12,001 MJ for 1,000 kg
    (furnace_load(GAS), HeatTreatment(heating_energy=Quantity(value="99", unit="3B")), {"heating-unusual": False}),
    (furnace_load(GAS), HeatTreatment(heating_energy=Quantity(value="12.001", unit="GV")), {"heating-unusual": False}),
    (furnace_load(GAS), HeatTreatment(heating_energy=Quantity(value="100", unit="3B")), {}),
    (furnace_load(GAS), HeatTreatment(heating_energy=Quantity(value="12", unit="GV")), {}),
])
def test_findings(given: Context, activity: Any, told: dict[str, bool]) -> None:
    assert codes(assess(given, activity)) == told


def test_heat_treatment_with_gas() -> None:
    # gas 100 * 2.162188809 = 216.2188809, power 50 * 0.5849 = 29.245; 3893.1 MJ of heating for 1 t
    given = furnace_load(GAS, supply("electricity", "50", "KWH"), supply("quenchOil", "5"))
    found = assess(given, HeatTreatment(
        steps=("normalising", "tempering"), heating="fuel", heating_energy=Quantity(value="3893.1", unit="3B"),
        temperature="900", holding="2",
    ))
    assert (footprint(direct(found)), codes(found)) == (pytest.approx(245.4638809), {})
    assert found.indicators == Containing({"heatingPerTonne": Decimal("3893.1"), "materialYield": Decimal("0.99")})
    # (3893.1 + 180) / 0.99
    assert round(found.indicators["energyPerTonne"], 6) == Decimal("4114.242424")
    assert found.matter["material:steel"] == (Decimal("0.99"), Decimal("0.01"))


@pytest.mark.parametrize(("given", "activity", "field"), [
    (heat(POWER), Casting(temperature="1751"), "activity.temperature"),
    (heat(POWER), Casting(rejected=-1), "activity.rejected"),
    # 1900 came out of 2000: 1880 * 1.01 is less, 2021 more than was charged
    (heat(POWER), Casting(tapped=Quantity(value="1880", unit="KGM")), "activity.tapped"),
    (heat(POWER), Casting(tapped=Quantity(value="2021", unit="KGM")), "activity.tapped"),
    (furnace_load(GAS), HeatTreatment(temperature="1351"), "activity.temperature"),
    (furnace_load(GAS), HeatTreatment(rejected=-1), "activity.rejected"),
])
def test_bad_activities_are_refused_by_field(given: Context, activity: Any, field: str) -> None:
    error = raised(PluginError, assess, given, activity)
    assert error.field == field
    assert error.rule
    assert error.value


def test_activities_within_the_limits_are_taken() -> None:
    tapped = Casting(temperature="1750", tapped=Quantity(value="1882", unit="KGM"))
    assert codes(assess(heat(POWER), tapped)) == {}
    assert codes(assess(heat(POWER), Casting(tapped=Quantity(value="2.02", unit="TNE")))) == {}
    assert codes(assess(furnace_load(GAS), HeatTreatment(temperature="1350"))) == {}


@pytest.mark.parametrize(("activity", "body"), [
    (Casting, b'{"furnace":"sun"}'), (Casting, b'{"moulding":"hand"}'), (Casting, b'{"temperature":1400}'),
    (Casting, b'{"heats":1}'), (HeatTreatment, b'{"steps":["frying"]}'), (HeatTreatment, b'{"heating":"none"}'),
])
def test_activities_are_typed(activity: type, body: bytes) -> None:
    raised(msgspec.ValidationError, msgspec.json.decode, body, type=activity)
