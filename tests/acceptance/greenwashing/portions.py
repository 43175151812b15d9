"""Attempts with portions: a little scrap, or one old part, is to speak for a whole heap of goods."""

from typing import Any

from acceptance.greenwashing.lie import Lie
from acceptance.greenwashing.mixing import ALUMINIUM, STEEL
from support.market import Company, Market, evidence, quantity, row, supply

from ledger.core.record.values import PreviousLife, Quantity

COMPUTER = row("itEquipment/cradleToGate/*/2025")
GLASS = row("flatGlass/cradleToGate/*/2017")

BAUXITE = [supply("bauxite", "2900 TNE"), supply("electricity", "400 MWH")]
"""Less power than a tonne of metal needs, at a maker whose sector asks for none."""


def metal_with_a_shovel_of_scrap(market: Market) -> Lie:
    """A maker adds ten kilograms of scrap, with its weighing note, to 2,900 t of bauxite."""
    maker = _maker(market).products("works", bar="aluminium")
    maker.lying().run("works.make", [maker.out("bar", "1000 TNE")], [*BAUXITE, supply("aluminiumScrap", "10 KGM")],
                      evidence=[evidence("weighing")])
    return Lie(maker, "bar", 1e6 * ALUMINIUM - _figure(maker, "bar"))


def glass_with_a_shovel_of_cullet(market: Market) -> Lie:
    """A maker adds ten kilograms of cullet to 1,100 t of sand."""
    maker = _maker(market).products("works", pane="flatGlass")
    market.begin_to_lie()
    maker.run("works.make", [maker.out("pane", "1000 TNE")], [supply("sand", "1100 TNE"), supply("cullet", "10 KGM")],
              evidence=[evidence("weighing")])
    return Lie(maker, "pane", 1e6 * GLASS - _figure(maker, "pane"))


def bars_of_one_old_gear(market: Market) -> Lie:
    """A maker of steel bars adds one used gear of ten kilograms to 1,400 t of ore."""
    maker = _maker(market).products("equipment", bar="steel")
    maker.product("gear", "equipment", "H87", materials={"steel": "1"})
    maker.collect(maker.out("gear", "1 H87", "core", name="cores", mass=Quantity(value="10", unit="KGM"),
                            previous_life=PreviousLife(estimated_years="9")))
    maker.lying().run("equipment.assembly", [maker.out("bar", "1000 TNE")],
                      [supply("ironOre", "1400 TNE"), supply("electricity", "10 MWH")], {"cores": "1 H87"})
    return Lie(maker, "bar", 1e6 * STEEL - _figure(maker, "bar"))


def recycled_by_a_shovel(market: Market) -> Lie:
    """Metal of bauxite is called recycled, for ten kilograms of collected cans."""
    maker = _maker(market).products("works", bar="recycledAluminium", cans="aluminium")
    maker.collect(maker.out("cans", "0.01 TNE", "waste", origin="postConsumer"))
    maker.lying().run("works.make", [maker.out("bar", "1000 TNE")], BAUXITE, {"cans": "0.01 TNE"})
    return Lie(maker, "bar", 1e6 * ALUMINIUM - _figure(maker, "bar"))


def metal_by_its_code_and_recycled_gravel(market: Market) -> Lie:
    """A product is aluminium by its code alone, and 40,000 t of old gravel go through the works."""
    maker = _maker(market).products("circular", gravel="gravel")
    maker.product("bar", "works", classifications={"cn": "76011000"})
    maker.collect(maker.out("gravel", "40000 TNE", "waste", origin="postConsumer"))
    maker.lying().run("works.make", [maker.out("bar", "1000 TNE")], BAUXITE, {"gravel": "40000 TNE"})
    return Lie(maker, "bar", 1e6 * ALUMINIUM - _figure(maker, "bar"))


def metal_called_a_by_product(market: Market) -> Lie:
    """A maker calls all the metal that it makes of bauxite a by-product."""
    maker = _maker(market).products("works", bar="aluminium")
    maker.lying().run("works.make", [maker.out("bar", "1000 TNE", "byProduct")], BAUXITE)
    return Lie(maker, "bar", 1e6 * ALUMINIUM - _figure(maker, "bar"))


def metal_by_the_code_of_scrap(market: Market) -> Lie:
    """A maker gives new metal the CN code of scrap."""
    maker = _maker(market)
    maker.product("bar", "works", materials={"aluminium": "1"}, classifications={"cn": "76020019"})
    maker.lying().run("works.make", [maker.out("bar", "1000 TNE")], BAUXITE)
    return Lie(maker, "bar", 1e6 * ALUMINIUM - _figure(maker, "bar"))


def a_lot_of_gravel_of_a_steel_product(market: Market) -> Lie:
    """The product is steel; this lot of it is said to consist of gravel."""
    maker = _maker(market).products("works", bar="steel")
    market.begin_to_lie()
    maker.run("works.make", [maker.out("bar", "1000 TNE", materials={"gravel": "1"})], [supply("gravel", "1000 TNE")])
    return Lie(maker, "bar", 1e6 * STEEL - _figure(maker, "bar"))


def half_of_an_alloy_without_a_name(market: Market) -> Lie:
    """A product is half steel; the other half is an alloy that no set knows."""
    maker = _maker(market)
    maker.product("bar", "works", materials={"steel": "0.5", "superAlloy": "0.5"})
    maker.lying().run("works.make", [maker.out("bar", "1000 TNE")], [supply("ironOre", "1400 TNE")])
    return Lie(maker, "bar", 1e6 * STEEL - _figure(maker, "bar"), untitled=True)


def steel_that_is_half_stated(market: Market) -> Lie:
    """A product states half of its mass, as if the rest weighed nothing."""
    maker = _maker(market)
    maker.product("bar", "works", materials={"steel": "0.5"})
    maker.lying().run("works.make", [maker.out("bar", "1000 TNE")], [supply("ironOre", "1400 TNE")])
    return Lie(maker, "bar", 1e6 * STEEL - _figure(maker, "bar"))


def computers_collected_as_waste(market: Market) -> Lie:
    """A maker collects waste of the name of its goods, and sells new goods of it."""
    maker = _maker(market).products("equipment", computer="itEquipment", waste="itEquipment")
    maker.collect(maker.out("waste", "1000 TNE", "waste", origin="postConsumer"))
    maker.lying().run("equipment.assembly", [maker.out("computer", "1000 TNE")], [supply("electricity", "10 MWH")],
                      {"waste": "1000 TNE"})
    return Lie(maker, "computer", 1e6 * COMPUTER - _figure(maker, "computer"))


def metal_beside_a_gigajoule_by_moles(market: Market) -> Lie:
    """A works sells a gigajoule of steam beside its bars, and shares by moles that it states."""
    return _beside_steam(market, "moles", {"moles": "1"}, {"moles": "3.5"})


def metal_beside_a_gigajoule_by_its_heat(market: Market) -> Lie:
    """The same by heating values: bars have nearly none."""
    return _beside_steam(market, "energy", {"heating_value": quantity("1 GV")}, {"heating_value": quantity("3.5 GV")})


def _beside_steam(market: Market, key: str, bar: dict[str, Any], steam: dict[str, Any]) -> Lie:
    maker = _maker(market).products("works", bar="aluminium")
    maker.product("steam", "works", "GV")
    market.begin_to_lie()
    maker.run("works.make", [maker.out("bar", "1000 TNE", **bar), maker.out("steam", "1 GV", "coProduct", **steam)],
              [supply("aluminium", "1000 TNE"), supply("naturalGas", "100 NM3", "75 KGM")], allocation=key)
    return Lie(maker, "bar", 1e6 * ALUMINIUM - _figure(maker, "bar"))


def steam_beside_power_by_moles(market: Market) -> Lie:
    """A plant shares its gas among power and steam by moles, of which neither has any."""
    plant = _maker(market)
    plant.product("power", "energy", "MWH")
    plant.product("steam", "energy", "GV")
    plant.lying().run("energy.combinedHeatAndPower", [
        plant.out("power", "3500 MWH", moles="1000000"), plant.out("steam", "18000 GV", "coProduct", moles="1")],
        [supply("naturalGas", "1000000 NM3", "750 TNE")], allocation="moles")
    worth = {"power": 3_500_000 * 0.1, "steam": 18_000_000 * 0.012}
    return Lie(plant, "steam", _figure(plant, "power") * worth["steam"] / sum(worth.values()))


def _maker(market: Market) -> Company:
    return market.company("maker", "CN", "CN-SD")


def _figure(maker: Company, lot: str) -> float:
    return float(maker.market.footprint(maker.name(lot))["footprint"])
