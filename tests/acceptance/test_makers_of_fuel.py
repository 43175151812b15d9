"""Honest makers of fuel: mines, a washery, a gas field, coke ovens and a refinery reach the title *footprint*."""

from collections.abc import Callable, Mapping
from typing import Any, Final

import pytest
from support.market import Company, Market, MemoryMarket, evidence, quantity, supply, trading_ledger
from support.memory import MemoryLedger

STREAMS: Final[Mapping[str, Any]] = {
    "ownFuels": [{"quantity": {"value": "45", "unit": "TNE"}}],
    "cokeBurn": [{"coke": {"value": "15", "unit": "TNE"}}],
    "flares": [{"gas": {"value": "10000", "unit": "NM3"}, "carbon": "0.8", "carbonDioxide": "0.02", "methane": "0.5"}],
    "hydrogenPlants": [{"carbonIn": {"value": "12", "unit": "TNE"}, "carbonOut": {"value": "4", "unit": "TNE"}}],
}


@pytest.fixture(scope="module")
def memory() -> MemoryLedger:
    return trading_ledger()


def _declared(
    market: Market, amount: str, kilograms: float, mass: str | None = None, **product: Any
) -> tuple[Company, str]:
    """A maker with a lot of fuel and its study."""
    maker = market.company("maker", "DE")
    maker.product("fuel", "goods", amount.split()[1], **product)
    lot = maker.out("fuel", amount, mass=None if mass is None else quantity(mass))
    maker.declare(lot=lot, evidence=[evidence("productFootprint")], burdens={"fossilGhgEmissions": f"{kilograms:.0f}"})
    return maker, "fuel"


def mine(market: Market) -> tuple[Company, str]:
    """Hard coal of an open pit: 50 kg CO2e per t."""
    return _declared(market, "1000 TNE", 50_000, materials={"bituminous": "1"})


def pit_of_lignite(market: Market) -> tuple[Company, str]:
    """Lignite by its code alone."""
    return _declared(market, "1000 TNE", 15_000, classifications={"cn": "27021000"})


def gas_field(market: Market) -> tuple[Company, str]:
    """Gas is priced by its volume, and its lot has a mass too: 0.12 kg per Nm3."""
    return _declared(market, "1000000 NM3", 120_000, "757.6 TNE", classifications={"hs": "271121"})


def washery(market: Market) -> tuple[Company, str]:
    """It takes the coal of the mine, in the sector of a third party, and tips its refuse."""
    miner, coal = mine(market)
    plant = market.company("washery", "DE").products("works", clean="washedCoal", refuse="coalGangue")
    raw = miner.send(coal, "1000 TNE", plant)
    plant.run("works.make", [plant.out("clean", "880 TNE"),
                             plant.out("refuse", "120 TNE", "waste", origin="preConsumer")],
              [supply("electricity", "5 MWH")], {raw: "1000 TNE"})
    return plant, "clean"


def coke_ovens(market: Market) -> tuple[Company, str]:
    """A tonne of coke takes 1.35 t of coal; tar and gas leave, and half of the gas fires the ovens."""
    ovens = market.company("ovens", "DE").products("steel", coke="coke", tar="coalTar")
    ovens.run("steel.coking", [ovens.out("coke", "1000 TNE"), ovens.out("tar", "45 TNE", "coProduct")],
              [supply("cokingCoal", "1350 TNE"), supply("electricity", "40 MWH")])
    return ovens, "coke"


def refinery(market: Market) -> tuple[Company, str]:
    """A thousand tonnes of crude oil, by energy."""
    products = {"gasoline": 250, "diesel": 300, "kerosene": 80, "naphtha": 150, "lpg": 50, "petroleumCoke": 60,
                "fuelOil": 30}
    works = market.company("refinery", "DE").products("petrochemicals", **{name: name for name in products})
    works.run("petrochemicals.refining",
              [works.out(name, f"{tonnes} TNE", "product" if name == "diesel" else "coProduct")
               for name, tonnes in products.items()],
              [supply("crudeOil", "1000 TNE"), supply("naturalGas", "5000 NM3", "3600 KGM"),
               supply("electricity", "60000 KWH")], activity=STREAMS, allocation="energy")
    return works, "diesel"


MAKERS: tuple[Callable[[Market], tuple[Company, str]], ...] = (
    mine, pit_of_lignite, gas_field, washery, coke_ovens, refinery)


@pytest.mark.parametrize("maker", MAKERS, ids=lambda maker: maker.__name__)
def test_it_reaches_a_footprint(maker: Callable[[Market], tuple[Company, str]], memory: MemoryLedger) -> None:
    """Its lot and what its customer gets."""
    market = MemoryMarket(memory, maker.__name__.replace("_", "-"))
    company, lot = maker(market)
    answer = market.footprint(company.name(lot))
    whole = answer["lot"]["quantity"]
    sold = company.send(lot, f"{whole['value']} {whole['unit']}", market.company("customer", "DE"))
    for each in (answer, market.footprint(sold)):
        assert (each["title"], float(each.get("questioned", 0))) == ("footprint", pytest.approx(0)), each["findings"]


@pytest.mark.parametrize(("material", "amount", "kilograms", "question"), [
    ("bituminous", "1000 TNE", 10_000, 408_150), ("diesel", "1000 TNE", 100_000, 652_028),
    ("naturalGas", "1000000 NM3", 10_000, 345_084),
])
def test_a_maker_below_all_others_is_questioned(
    material: str, amount: str, kilograms: float, question: float, memory: MemoryLedger
) -> None:
    """Up to the default of the fuel's upstream; of gas by its volume."""
    market = MemoryMarket(memory, f"below-{material.lower()}")
    mass = "757.6 TNE" if material == "naturalGas" else None
    maker, lot = _declared(market, amount, kilograms, mass, materials={material: "1"})
    answer = market.footprint(maker.name(lot))
    assert (answer["title"], float(answer["questioned"])) == ("questioned footprint", pytest.approx(question, rel=1e-3))
