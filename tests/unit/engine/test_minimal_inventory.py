"""What meets a need, and what the omission says if nothing does."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Final

import pytest
from carbon_ledger_nonferrous import plugin as nonferrous
from msgspec.structs import replace
from support.sectors import open_set

from ledger.core.outcome.assessment import NOTHING, Assessment, EnergyUse, Omission
from ledger.engine.inventory.check import with_omissions
from ledger.engine.inventory.usual import SetPricer
from ledger.engine.pricing.surroundings import Surroundings
from ledger.sdk import Context, InputFacts, Need, SupplyFacts
from ledger.sdk.testing import context, lot, output, supply

SETS: Final = (open_set().newest,)
GERMANY: Final = Surroundings(("DE", "EU", "EUR", "*"), 2024)
NEED: Final = Need(
    any_of=("electricity", "heat", "fuel", "hydrogen"), priced_as="electricity", usual=Decimal("0.5"), unit="KWH",
    source="a test",
)
TONNE: Final = (output("1 TNE"),)
POWER: Final = Decimal("0.4245")
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
    assert omissions(**given) == [Omission(what="electricity, which the route needs", estimate=500 * POWER)]


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
    given = context("steel.sintering", outputs=(output("1 TNE"),))
    assert missing((need,), given, (), world) == [
        Omission(what="coke, which the route needs", estimate=100 * per_kg),
    ]


def test_waste_and_by_products_are_no_products() -> None:
    products = (output("600 KGM"), output("400 KGM", "coProduct"))
    outputs = (*products, output("9 TNE", "byProduct"), output("9 TNE", "waste"))
    assert omissions(outputs=outputs)[0].estimate == 500 * POWER


def test_products_in_the_unit_that_the_need_names() -> None:
    per_kilometre = replace(NEED, per="TKM")
    assert omissions(per_kilometre, outputs=(output("10 TKM"), output("1 TNE")))[0].estimate == 5 * POWER
    per_megajoule = replace(NEED, per="3B")
    assert omissions(per_megajoule, outputs=(output("1 KWH"), output("2 GV")))[0].estimate == (
        Decimal("0.5") * Decimal("2003.6") * POWER
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
