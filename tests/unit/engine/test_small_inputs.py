"""Amounts with which no plant runs: what a record states against what is usual for its products."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Final

import pytest
from carbon_ledger_nonferrous import plugin as nonferrous
from msgspec.structs import replace
from support.sectors import open_set

from ledger.core.outcome.assessment import NOTHING, Assessment, EnergyUse, Finding, Lack, Omission
from ledger.engine.inventory.check import with_inventory, with_omissions
from ledger.engine.inventory.usual import SetPricer
from ledger.engine.pricing.surroundings import Surroundings
from ledger.sdk import Context, InputFacts, Need, SupplyFacts
from ledger.sdk.testing import context, lot, output, supply

PRICER: Final = SetPricer(Surroundings(("DE", "EU", "EUR", "*"), 2024), (open_set().newest,))
ENERGY: Final = ("electricity", "heat", "fuel")
GAS: Final = Need(any_of=ENERGY, priced_as="naturalGas", usual=Decimal("0.1"), unit="NM3", source="a test")
POWER: Final = Need(any_of=ENERGY, priced_as="electricity", usual=Decimal("0.5"), unit="KWH", source="a test")
LIME: Final = Need(any_of=("lime", "limestone"), priced_as="lime", usual=Decimal("0.04"), unit="KGM", source="a test")
OXYGEN: Final = Need(any_of=("oxygen", "electricity"), priced_as="oxygen", usual=Decimal("0.05"), unit="NM3",
                     source="a test")
TONNE: Final = (output("1 TNE"),)
GAS_OF_TONNE: Final = Decimal("100") * Decimal("36.3642")
POWER_OF_TONNE: Final = Decimal("500") * Decimal("3.6")
KILOWATT_HOUR: Final = Decimal("0.4245")


def assessed(
    needs: Sequence[Need] = (GAS, POWER), *, supplies: Any = (), inputs: Any = (), outputs: Any = None,
    energy: Sequence[EnergyUse] = (), findings: Sequence[Finding] = (),
) -> Assessment:
    """Of a record of a tonne of products."""
    made = TONNE if outputs is None else outputs
    given = context("steel.rolling", inputs=inputs, supplies=supplies, outputs=made, place="DE", year=2024)
    own = Assessment(energy=tuple(energy), findings=tuple(findings))
    return with_inventory(replace(NOTHING, findings=own.findings), own, needs, given, PRICER)


def amount(of: Assessment) -> Decimal:
    """Kg CO2e that all findings question."""
    return sum((finding.amount or Decimal(0) for finding in of.findings), Decimal(0))


def usual_price() -> Decimal:
    """Of the gas and the power of a tonne."""
    gas, power = PRICER.price("naturalGas", Decimal(100), "NM3"), PRICER.price("electricity", Decimal(500), "KWH")
    assert gas is not None
    assert power.co2e == 500 * KILOWATT_HOUR
    return gas.co2e + power.co2e


def test_a_gram_of_gas_is_questioned_with_the_rest() -> None:
    """36 MJ of gas and 18 MJ of power, where 5,436 MJ are usual: 99 % of the usual amount is in question."""
    (finding,) = assessed(supplies=(supply("naturalGas", "1 NM3"), supply("electricity", "5 KWH"))).findings
    stated = Decimal("36.3642") + 18
    assert (finding.code, finding.value, finding.unit) == ("input-too-small", stated, "3B")
    assert finding.usual.low == Decimal("0.2") * (GAS_OF_TONNE + POWER_OF_TONNE)
    assert finding.amount is not None
    assert float(finding.amount) == pytest.approx(
        float(usual_price() * (1 - stated / (GAS_OF_TONNE + POWER_OF_TONNE))), rel=1e-9)
    assert finding.message == ("naturalGas and electricity: 54.36 megajoules are stated; 5436 are usual for the "
                               "products, and plants take at least 1087")


def test_carriers_count_together_by_their_energy() -> None:
    """1,087.3 MJ are enough: of one carrier or of many."""
    assert assessed(supplies=(supply("electricity", "303 KWH"),)).findings == ()
    assert amount(assessed(supplies=(supply("electricity", "301 KWH"),))) > 0
    assert assessed(supplies=(supply("electricity", "150 KWH"), supply("naturalGas", "16 NM3"))).findings == ()
    assert assessed(supplies=(supply("heat", "1088 3B"),)).findings == ()
    assert assessed(inputs=(lot("303 KWH"),)).findings == ()
    assert assessed(supplies=(supply("steam", "363 KGM"),)).findings == ()


def test_booked_and_stated_energy_is_the_same() -> None:
    """What the sector books of a supply counts once; energy of residues counts beside it."""
    power = supply("electricity", "200 KWH")
    assert amount(assessed(supplies=(power,), energy=[EnergyUse(carrier="electricity", amount=Decimal(720))])) > 0
    assert assessed(supplies=(power,), energy=[EnergyUse(carrier="blackLiquor", amount=Decimal(368))]).findings == ()


def test_fuels_that_no_set_knows_count_by_what_they_can_hold() -> None:
    """Nobody is questioned for a fuel of another name: 40 MJ per Nm3, 50 MJ per kg."""
    assert assessed(inputs=(lot("28 NM3"),)).findings == ()
    assert amount(assessed(inputs=(lot("27 NM3"),))) > 0
    assert assessed(supplies=(supply("browncoalDust", "22 KGM"),)).findings == ()


def test_each_need_has_its_least() -> None:
    spread = replace(POWER, least=Decimal("0.01"))
    assert assessed((spread,), supplies=(supply("electricity", "5 KWH"),)).findings == ()
    assert amount(assessed((spread,), supplies=(supply("electricity", "4.9 KWH"),))) == (
        Decimal("495.1") * KILOWATT_HOUR)


def test_needs_that_share_no_carrier_count_apart() -> None:
    """An arc furnace runs on power, whatever gas its burners take."""
    arc = replace(POWER, any_of=("electricity",))
    coke = replace(GAS, any_of=("fuel",))
    whole = assessed((arc, coke), supplies=(supply("electricity", "1 KWH"), supply("naturalGas", "100 NM3")))
    assert amount(whole) == 499 * KILOWATT_HOUR


def test_matter_counts_by_its_mass() -> None:
    assert assessed((LIME,), supplies=(supply("limestone", "8 KGM"),)).findings == ()
    (finding,) = assessed((LIME,), supplies=(supply("lime", "1 KGM"), supply("limestone", "6 KGM"))).findings
    assert (finding.value, finding.unit) == (Decimal(7), "KGM")
    assert finding.amount == PRICER.price("lime", Decimal(33), "KGM").co2e


def test_what_cannot_be_compared_meets_the_need() -> None:
    """Power that makes the oxygen on the site."""
    assert assessed((OXYGEN,), supplies=(supply("oxygen", "1 NM3"), supply("electricity", "1 KWH"))).findings == ()
    assert amount(assessed((OXYGEN,), supplies=(supply("oxygen", "1 NM3"),))) > 0


def test_bought_freight_covers_freight() -> None:
    diesel = Need(any_of=("fuel", "transport"), priced_as="diesel", usual=Decimal("0.02"), unit="KGM", per="TKM",
                  source="a test")
    carried = (output("1000 TKM"),)
    assert assessed((diesel,), supplies=(supply("truckFreight", "200 TKM"),), outputs=carried).findings == ()
    price = PRICER.price("diesel", Decimal(18), "KGM")
    assert price is not None
    questioned = amount(assessed((diesel,), supplies=(supply("truckFreight", "100 TKM"),), outputs=carried))
    assert float(questioned) == pytest.approx(float(price.co2e))


def test_no_product_and_no_usual_amount_is_no_question() -> None:
    little = (supply("electricity", "1 KWH"),)
    assert assessed((replace(POWER, usual=None),), supplies=little).findings == ()
    assert assessed((POWER,), supplies=little, outputs=(output("1 TNE", "waste"),)).findings == ()


def lacking(code: str, material: str, kilowatt_hours: str, amount: str | None = None) -> Finding:
    return Finding(code=code, message=code, amount=None if amount is None else Decimal(amount), lacks=(
        Lack(material=material, amount=Decimal(kilowatt_hours), unit="KWH"),))


def test_what_a_sector_says_is_lacking_is_priced() -> None:
    (finding,) = assessed((), findings=[lacking("melting-low", "electricity", "100", "5")]).findings
    assert (finding.amount, finding.lacks) == (5 + 100 * KILOWATT_HOUR, ())
    assert finding.factor is not None
    assert "electricity/cradleToGate/DE" in finding.factor


def test_a_lack_without_price_has_no_amount() -> None:
    (finding,) = assessed((), findings=[lacking("odd", "unobtainium", "100")]).findings
    assert (finding.amount, finding.lacks) == (None, ())


def test_the_largest_of_several_findings_about_one_thing_counts() -> None:
    """The sector lacks 100 and 300 kWh, the usual amount less the stated one is 499 kWh."""
    whole = assessed((POWER,), supplies=(supply("electricity", "1 KWH"),), findings=[
        lacking("first", "electricity", "100"), lacking("second", "electricity", "300")])
    assert [finding.amount for finding in whole.findings] == [
        100 * KILOWATT_HOUR, 200 * KILOWATT_HOUR, 199 * KILOWATT_HOUR]


def test_an_omission_answers_the_sector() -> None:
    """An input that is missing altogether is left out once, and not in question too."""
    whole = assessed((GAS, POWER), findings=[lacking("melting-missing", "electricity", "400"),
                                             lacking("melting-low", "electricity", "2000")])
    assert whole.omissions == (
        Omission(what="naturalGas, which the route needs", estimate=usual_price() - 500 * KILOWATT_HOUR),
        Omission(what="electricity, which the route needs", estimate=500 * KILOWATT_HOUR),
    )
    assert [finding.amount for finding in whole.findings] == [None, 2000 * KILOWATT_HOUR - usual_price()]


# What meets a need, and what the omission says if nothing does.


SETS: Final = (open_set().newest,)
GERMANY: Final = Surroundings(("DE", "EU", "EUR", "*"), 2024)
NEED: Final = Need(
    any_of=("electricity", "heat", "fuel", "hydrogen"), priced_as="electricity", usual=Decimal("0.5"), unit="KWH",
    source="a test",
)
INVENTORY_POWER: Final = Decimal("0.4245")
"""Kg CO2e per kWh in Germany in 2024."""


def omissions(
    need: Need = NEED, *, inputs: tuple[InputFacts, ...] = (), supplies: tuple[SupplyFacts, ...] = (),
    outputs: Any = TONNE, energy: Sequence[EnergyUse] = (),
) -> list[Omission]:
    """Of a record of 1 t of products, if not stated otherwise."""
    given = context("steel.rolling", inputs=inputs, supplies=supplies, outputs=outputs, place="DE", year=2024)
    return missing((need,), given, energy)


def missing(
    needs: Sequence[Need], given: Context, energy: Sequence[EnergyUse] = (), around: Surroundings = GERMANY,
) -> list[Omission]:
    own = Assessment(energy=tuple(energy))
    return list(with_omissions(NOTHING, own, needs, given, SetPricer(around, SETS)).omissions)


@pytest.mark.parametrize("met", [
    {"supplies": (supply("electricity", "1 KWH"),)},
    {"supplies": (supply("gridElectricity", "1 MWH"),)},
    {"supplies": (supply("powerFromNeighbour", "1 KWH"),)},
    {"supplies": (supply("warmth", "1 GV"),)},
    {"supplies": (supply("steam", "1 TNE"),)},
    {"supplies": (supply("naturalGas", "1 NM3"),)},
    {"supplies": (supply("anthracite", "1 TNE"),)},
    {"supplies": (supply("browncoalDust", "1 TNE"),)},
    {"supplies": (supply("hydrogen", "1 KGM"),)},
    {"inputs": (lot("1 KWH"),)},
    {"inputs": (lot("1 GV"),)},
    {"inputs": (lot("1 NM3"),)},
    {"inputs": (lot("1 TNE", materials={"coke": "0.98"}),)},
    {"inputs": (lot("1 TNE", materials={"woodChips": "0.3", "lignite": "0.3", "water": "0.4"}),)},
    {"inputs": (lot("1 KGM", materials={"hydrogen": "1"}),)},
    {"energy": (EnergyUse(carrier="riceHusk", amount=Decimal(1)),)},
    {"energy": (EnergyUse(carrier="heat", amount=Decimal(1)),)},
], ids=str)
def test_any_energy_meets_the_need(met: dict[str, Any]) -> None:
    assert omissions(**met) == []


@pytest.mark.parametrize("given", [
    {},
    {"supplies": (supply("billet", "1 TNE"),)},
    {"supplies": (supply("coalDust", "1 TNE"),)},
    {"supplies": (supply("water", "1 MTQ"),)},
    {"supplies": (supply("sunlight", "1 MWH", nature=True), supply("wind", "1 GV", nature=True))},
    {"inputs": (lot("1 TNE", materials={"steel": "1"}),)},
    {"inputs": (lot("1 TNE", "waste", materials={"graphite": "0.9", "plastics": "0.1"}),)},
], ids=str)
def test_matter_does_not(given: dict[str, Any]) -> None:
    assert omissions(**given) == [Omission(what="electricity, which the route needs", estimate=500 * INVENTORY_POWER)]


def test_heat_in_watt_hours_is_no_power() -> None:
    power = replace(NEED, any_of=("electricity",))
    for name in ("heat", "steam", "districtHeating", "naturalGas", "unheardOf"):
        assert omissions(power, supplies=(supply(name, "1 MWH"),)) != []
    for name in ("electricityWind", "windPower"):
        assert omissions(power, supplies=(supply(name, "1 MWH"),)) == []


def test_a_need_is_met_by_class_and_by_any_lot() -> None:
    steel = replace(NEED, any_of=("steel",))
    assert omissions(steel, supplies=(supply("rebar", "1 TNE"),)) == []
    assert omissions(steel, supplies=(supply("steelProfileOfOurs", "1 TNE"),)) == []
    assert omissions(steel, supplies=(supply("copper", "1 TNE"),)) != []
    assert omissions(replace(NEED, any_of=("lot",)), inputs=(lot("3 H87"),)) == []
    assert omissions(replace(NEED, any_of=("lot",)), supplies=(supply("copper", "1 TNE"),)) != []


def test_an_electrolysis_without_power_and_anodes() -> None:
    """1 t of aluminium: 13 500 kWh of German power, and 420 kg of anodes at 1.85 kg CO2e."""
    needs = nonferrous().needs["aluminiumElectrolysis"]
    given = context("nonferrous.aluminiumElectrolysis", supplies=(supply("alumina", "1930 KGM"),),
                    outputs=(output("1 TNE"), output("5 KGM", "waste")), place="DE", year=2024)
    assert missing(needs, given) == [
        Omission(what="electricity, which the route needs", estimate=Decimal("5730.75")),
        Omission(what="anode, which the route needs", estimate=Decimal("777")),
    ]


def test_a_fuel_is_priced_with_its_combustion() -> None:
    """1 t of products: 100 kg of coke at 1.00774 (well to tank), 3.0174 CO2, 0.000282 CH4 and 0.0000423 N2O."""
    need = replace(NEED, priced_as="coke", usual=Decimal("0.1"), unit="KGM")
    per_kg = Decimal("1.00774") + Decimal("3.0174") + Decimal("0.000282") * Decimal("29.8") + Decimal("0.0000423") * 273
    world = Surroundings(("*",), 2024)
    assert missing((need,), context("steel.sintering", outputs=(output("1 TNE"),)), (),
                   world) == [Omission(what="coke, which the route needs", estimate=100 * per_kg)]


def test_waste_and_by_products_are_no_products() -> None:
    products = (output("600 KGM"), output("400 KGM", "coProduct"))
    outputs = (*products, output("9 TNE", "byProduct"), output("9 TNE", "waste"))
    assert omissions(outputs=outputs)[0].estimate == 500 * INVENTORY_POWER


def test_products_in_the_unit_that_the_need_names() -> None:
    per_kilometre = replace(NEED, per="TKM")
    assert omissions(per_kilometre, outputs=(output("10 TKM"), output("1 TNE")))[0].estimate == 5 * INVENTORY_POWER
    per_megajoule = replace(NEED, per="3B")
    assert omissions(per_megajoule, outputs=(output("1 KWH"), output("2 GV")))[0].estimate == (
        Decimal("0.5") * Decimal("2003.6") * INVENTORY_POWER
    )


@pytest.mark.parametrize(("changed", "outputs"), [
    ({"usual": None}, (output("1 TNE"),)),
    ({"priced_as": "unobtainium"}, (output("1 TNE"),)),
    ({"unit": "MTK"}, (output("1 TNE"),)),
    ({}, (output("3 H87"),)),
    ({"per": "TKM"}, (output("1 TNE"),)),
    ({}, ()),
])
def test_no_usual_amount_is_no_estimate(changed: dict[str, Any], outputs: Any) -> None:
    """Zero would say that nothing is missing."""
    need = replace(NEED, **changed)
    assert omissions(need, outputs=outputs) == [Omission(what=f"{need.priced_as}, which the route needs")]


def test_a_need_that_is_met_five_times_over_is_believed() -> None:
    """500 kWh of power and 100 m3 of gas are usual: 5,436 MJ. Power typed as megawatt hours is noted, without an amount
    in question."""
    most = 5 * (GAS_OF_TONNE + POWER_OF_TONNE) / Decimal("3.6")
    assert assessed(supplies=(supply("electricity", f"{int(most)} KWH"),)).findings == ()
    (note,) = assessed(supplies=(supply("electricity", "500 MWH"),)).findings
    assert (note.code, note.severity, note.amount) == ("unusually-high", "note", None)
    assert (note.value, note.usual.high) == (Decimal(1_800_000), GAS_OF_TONNE + POWER_OF_TONNE)
    (lime,) = assessed(needs=(LIME,), supplies=(supply("lime", "201 KGM"),)).findings
    assert (lime.code, lime.value, lime.unit) == ("unusually-high", Decimal(201), "KGM")
    assert assessed(needs=(LIME,), supplies=(supply("lime", "200 KGM"),)).findings == ()
