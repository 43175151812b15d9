"""Plants whose usual supplies and by-products have rows of their own: nothing is left out, and each good has a range.

Captured gas, refuse-derived fuel, the iron of raw meal, cheese, and the by-products of brewing, malting and milling.
"""

from collections.abc import Callable, Mapping

import msgspec
import pytest
from support.market import Company, Market, MemoryMarket, document, evidence, nature, row, supply, trading_ledger
from support.memory import MemoryLedger

from ledger.core.outcome.assessment import Assessment
from ledger.core.record.values import Supply

POWER = "electricity/cradleToGate/{}/2024"
COAL = row("bituminous/combustion/CN/2015") + row("bituminous/wellToTank/*/2016")
OXIDES = 1_000_000 * (0.65 * 44 / 56 + 0.015 * 44 / 40)
"""Kg CO2 of 1,000 t of clinker with 65 % CaO and 1.5 % MgO (GB/T 32151.8)."""


@pytest.fixture(scope="module")
def memory() -> MemoryLedger:
    return trading_ledger()


def kiln_of(market: Market, *fuels: Supply) -> Company:
    """A kiln that made 1,000 t of clinker out of 1,300 t of limestone, with clay and 20 t of iron oxide."""
    kiln = market.company("kiln", "CN", "CN-SH").products("building-materials", clinker="clinker")
    kiln.run(
        "building-materials.clinker", [kiln.out("clinker", "1000 TNE")],
        [nature("limestone", "1300 TNE"), supply("clay", "180 TNE"), supply("ironOxide", "20 TNE"),
         supply("electricity", "70 MWH"), *fuels],
        activity={"calciumOxide": "0.65", "magnesiumOxide": "0.015"}, evidence=[evidence("meterReading")],
    )
    return kiln


RAW_MEAL = 1_500_000 * 0.001 * 44 / 12
"""Kg CO2 of the 0.1 % of carbon in limestone, clay and iron."""


def bought() -> float:
    """Kg CO2e of the kiln's clay, iron and power: ore is mined for its iron, so raw meal has its figure."""
    return (180_000 * row("clay/cradleToGate/*/2019") + 20_000 * row("ironOre/cradleToGate/*/2023")
            + 70_000 * row(POWER.format("CN")))


def iron_of_raw_meal(market: Market) -> Mapping[str, float]:
    kiln = kiln_of(market, supply("bituminous", "140 TNE"))
    return {kiln.name("clinker"): OXIDES + RAW_MEAL + bought() + 140_000 * COAL}


def refuse_derived_fuel(market: Market) -> Mapping[str, float]:
    """A tenth of the heat: all of its carbon counts as fossil, since nobody analysed it."""
    kiln = kiln_of(market, supply("bituminous", "125 TNE"), supply("refuseDerivedFuel", "35 TNE"))
    waste = row("refuseDerivedFuel/combustion/*/2006") + row("refuseDerivedFuel/wellToTank/*/2024")
    return {kiln.name("clinker"): OXIDES + RAW_MEAL + bought() + 125_000 * COAL + 35_000 * waste}


def captured_gas(market: Market) -> Mapping[str, float]:
    """With the supplies of the route's template: the gas carries nothing, its transport and storage do. The range of
    clinker is that of kilns without capture."""
    kiln = kiln_of(market, supply("bituminous", "140 TNE"))
    kiln.products("building-materials", clean="clinker")
    kiln.run(
        "building-materials.carbonCapture", [kiln.out("clean", "1000 TNE")],
        [supply("kilnGas", "800 TNE"), supply("naturalGas", "60000 NM3", "45456 KGM"), supply("electricity", "80 MWH"),
         supply("carbonDioxideTransport", "70000 TKM"), supply("carbonDioxideStorage", "700 TNE")],
        {"clinker": "1000 TNE"},
        {"captured": {"value": "720", "unit": "TNE"}, "stored": {"value": "700", "unit": "TNE"},
         "storageEvidence": [document("storageCertificate")]},
        evidence=[evidence("storageCertificate"), evidence("meterReading")],
    )
    gas = row("naturalGas/combustion/CN/2015") + row("naturalGas/wellToTank/CN/2024")
    moved = (70_000 * row("carbonDioxideTransport/cradleToGate/*/2025")
             + 700_000 * row("carbonDioxideStorage/cradleToGate/*/2024"))
    before = OXIDES + RAW_MEAL + bought() + 140_000 * COAL
    return {kiln.name("clean"): before - 700_000 + 60_000 * gas + 80_000 * row(POWER.format("CN")) + moved}


def cheese_and_whey(market: Market) -> Mapping[str, float]:
    """Ten tonnes of milk a tonne of cheese; by price, whey carries 5 %."""
    dairy = market.company("dairy", "DE").products("consumer-goods", cheese="cheese", whey="whey")
    dairy.run(
        "consumer-goods.foodAndDrink",
        [dairy.out("cheese", "100 TNE", value="475000 EUR"),
         dairy.out("whey", "850 TNE", "coProduct", value="25000 EUR")],
        [supply("milk", "1000 TNE"), supply("salt", "2 TNE"), supply("electricity", "60 MWH"),
         supply("naturalGas", "30000 NM3", "22728 KGM")],
        activity={"food": "dairy"}, allocation="value", evidence=[evidence("meterReading"), evidence("invoice")],
    )
    burnt = row("naturalGas/combustion/*/2006") + row("naturalGas/wellToTank/EU/2017")
    whole = (1_000_000 * row("milk/cradleToGate/EU/2004") + 2_000 * row("salt/cradleToGate/*/2014")
             + 60_000 * row(POWER.format("DE")) + 30_000 * burnt)
    return {dairy.name("cheese"): 0.95 * whole, dairy.name("whey"): 0.05 * whole}


def spent_grain(market: Market) -> Mapping[str, float]:
    """Under CN 2303 30 00, as the template of the route has it; by mass it carries 15 %."""
    brewery = market.company("brewery", "DE").products("consumer-goods", lager="beer")
    brewery.product("grain", "consumer-goods", classifications={"cn": "2303 30 00"})
    brewery.run(
        "consumer-goods.foodAndDrink", [brewery.out("lager", "1000 TNE"), brewery.out("grain", "180 TNE", "byProduct")],
        [supply("malt", "172 TNE"), supply("hops", "1500 KGM"), supply("water", "4400 TNE"),
         supply("electricity", "98 MWH"), supply("naturalGas", "31000 NM3", "23486 KGM")],
        activity={"food": "beer", "alcohol": {"value": "49000", "unit": "LTR"}}, evidence=[evidence("meterReading")],
    )
    burnt = row("naturalGas/combustion/*/2006") + row("naturalGas/wellToTank/EU/2017")
    whole = (172_000 * row("malt/cradleToGate/*/2024") + 1_500 * row("hops/cradleToGate/*/2025")
             + 4_400_000 * row("water/cradleToGate/*/2025") + 98_000 * row(POWER.format("DE")) + 31_000 * burnt)
    return {brewery.name("lager"): whole * 1000 / 1180, brewery.name("grain"): whole * 180 / 1180}


def malt_sprouts(market: Market) -> Mapping[str, float]:
    maltings = market.company("maltings", "DE").products("consumer-goods", malt="malt", sprouts="maltSprouts")
    maltings.run(
        "consumer-goods.foodAndDrink",
        [maltings.out("malt", "1000 TNE"), maltings.out("sprouts", "40 TNE", "byProduct")],
        [supply("barley", "1300 TNE"), supply("water", "3000 TNE"), supply("electricity", "150 MWH"),
         supply("naturalGas", "75000 NM3", "56820 KGM")],
        activity={"food": "malt"}, evidence=[evidence("meterReading")],
    )
    burnt = row("naturalGas/combustion/*/2006") + row("naturalGas/wellToTank/EU/2017")
    whole = (1_300_000 * row("barley/cradleToGate/*/2024") + 3_000_000 * row("water/cradleToGate/*/2025")
             + 150_000 * row(POWER.format("DE")) + 75_000 * burnt)
    return {maltings.name("malt"): whole / 1.04, maltings.name("sprouts"): whole * 0.04 / 1.04}


def bran(market: Market) -> Mapping[str, float]:
    mill = market.company("mill", "DE").products("consumer-goods", flour="wheatFlour", bran="bran")
    mill.run(
        "consumer-goods.foodAndDrink", [mill.out("flour", "780 TNE"), mill.out("bran", "210 TNE", "byProduct")],
        [supply("wheat", "1000 TNE"), supply("electricity", "80 MWH")],
        activity={"food": "grain"}, evidence=[evidence("meterReading")],
    )
    whole = 1_000_000 * row("wheat/cradleToGate/*/2010") + 80_000 * row(POWER.format("DE"))
    return {mill.name("flour"): whole * 780 / 990, mill.name("bran"): whole * 210 / 990}


CASES: tuple[Callable[[Market], Mapping[str, float]], ...] = (
    iron_of_raw_meal, refuse_derived_fuel, captured_gas, cheese_and_whey, spent_grain, malt_sprouts, bran,
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__)
def test_it_is_a_footprint(case: Callable[[Market], Mapping[str, float]], memory: MemoryLedger) -> None:
    market = MemoryMarket(memory, case.__name__.replace("_", "-"))
    for lot, kilograms in case(market).items():
        answer = market.footprint(lot)
        assert (answer["title"], answer["footprint"]) == ("footprint", pytest.approx(kilograms, rel=1e-3)), lot
        leaf = memory.assessment(memory.state.lots[lot].index)
        assert leaf is not None
        assert msgspec.json.decode(leaf.assessment, type=Assessment).omissions == ()


def test_a_pigment_keeps_its_figure() -> None:
    """Iron oxide for raw meal is ore; that of paint is made by precipitation."""
    assert row("ironOxidePigment/cradleToGate/*/2008") > 50 * row("ironOxide/cradleToGate/*/2023")
