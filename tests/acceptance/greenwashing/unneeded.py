"""Attempts to leave out what a route needs, or to book a process where nobody asks for it."""

from typing import Any

from acceptance.greenwashing.lie import Lie
from support.market import Company, Market, evidence, factor, nature, row, supply

from ledger.core.record.values import PreviousLife, Quantity
from ledger.footprint.stored.gwp import AR6

ALUMINIUM = row("aluminium/cradleToGate/CN/2012")
GRID = row("electricity/cradleToGate/CN/2024")
HEAT = row("heat/cradleToGate/CN/2015")


def _tonnes(value: float) -> Quantity:
    return Quantity(value=str(value), unit="TNE")


def magnesium_without_a_cover(market: Market) -> Lie:
    """A foundry pours magnesium, which burns in air, without the SF6 that covers it."""
    works = market.company("works", "CN", "CN-SX").products("equipment", casting="magnesium")
    works.lying().run("equipment.casting", [works.out("casting", "1000 TNE")],
                      [supply("magnesium", "1050 TNE"), supply("electricity", "600 MWH"),
                       supply("naturalGas", "80000 NM3", "60 TNE")])
    return Lie(works, "casting", 1050 * float(AR6["SF6"]))


def pulp_that_grinds_itself(market: Market) -> Lie:
    """Refiners tear wood apart by the heat of its own bark."""
    mill = market.company("mill", "CN", "CN-SD").products("consumer-goods", pulp="mechanicalPulp")
    mill.lying().run("consumer-goods.pulping", [mill.out("pulp", "1000 TNE")],
                     [supply("wood", "2050 TNE"), supply("electricity", "10 MWH")],
                     activity={"method": "mechanical", "ownFuels": [
                         {"kind": "woodResidue", "quantity": {"value": "260", "unit": "TNE"}}]})
    return Lie(mill, "pulp", 2_190_000 * GRID)


def _paper(market: Market, *supplies: Any, heat: str = "") -> Company:
    mill = market.company("mill", "CN", "CN-SD").products("consumer-goods", paper="paper")
    mill.product("heat", "energy", "GV")
    mill.lying().run("consumer-goods.papermaking", [
        mill.out("paper", "1000 TNE"), *([mill.out("heat", heat, "coProduct")] if heat else [])],
        [supply("mechanicalPulp", "1080 TNE"), *supplies])
    return mill


def paper_that_dries_in_the_sun(market: Market) -> Lie:
    """A machine makes paper with a hundredth of the power and the heat that it takes."""
    mill = _paper(market, supply("electricity", "10 MWH"), supply("naturalGas", "1000 NM3", "750 KGM"))
    return Lie(mill, "paper", 6_465_000 * HEAT + 590_000 * GRID)


def paper_that_sells_its_heat(market: Market) -> Lie:
    """And with all of it, of which the machine sells nearly all to nobody."""
    mill = _paper(market, supply("electricity", "600 MWH"), supply("naturalGas", "200000 NM3", "150 TNE"),
                  heat="6900 GV")
    return Lie(mill, "paper", 6_465_000 * HEAT)


def oil_of_another_crop(market: Market) -> Lie:
    """Palm oil is pressed of soybeans, whose row knows no cleared forest."""
    works = market.company("works", "CN", "CN-SD").products("consumer-goods", oil="palmOil")
    works.lying().run("consumer-goods.foodAndDrink", [works.out("oil", "1000 TNE")],
                      [supply("soybeans", "1300 TNE"), supply("electricity", "160 MWH"), supply("heat", "1500 GV")],
                      activity={"food": "oilAndFat"})
    return Lie(works, "oil", 1e6 * row("palmOil/cradleToGate/*/2010") - 880_000)


def coal_called_chips_in_a_boiler(market: Market) -> Lie:
    """A boiler burns coal that its operator calls wood chips."""
    plant = market.company("plant", "CN", "CN-SD")
    plant.product("steam", "energy", "GV")
    plant.lying().run("energy.heatBoiler", [plant.out("steam", "2000 GV")],
                      [supply("woodChips", "170 TNE"), supply("electricity", "10 MWH")])
    coal = row("bituminous/combustion/CN/2015") + row("bituminous/wellToTank/*/2016")
    return Lie(plant, "steam", 170_000 * 13.14 / 24.5 * coal)


def coal_called_pellets_by_a_dealer(market: Market) -> Lie:
    """And a dealer declares it as wood pellets."""
    dealer = market.company("dealer", "CN", "CN-SD").products("energy", pellets="woodPellets")
    plant = market.company("plant", "CN", "CN-SD")
    plant.product("steam", "energy", "GV")
    dealer.lying().declare(lot=dealer.out("pellets", "140 TNE"), burdens={"fossilGhgEmissions": "45000"})
    pellets = dealer.send("pellets", "140 TNE", plant)
    plant.run("energy.heatBoiler", [plant.out("steam", "2000 GV")], [supply("electricity", "10 MWH")],
              {pellets: "140 TNE"})
    return Lie(plant, "steam", 200_000)


def oil_without_its_forest(market: Market) -> Lie:
    """Palm oil is declared with its fossil burdens alone."""
    works = market.company("works", "CN", "CN-SD").products("works", oil="palmOil")
    works.lying().declare(lot=works.out("oil", "1000 TNE"), burdens={"fossilGhgEmissions": "650000"},
                          evidence=[evidence("environmentalProductDeclaration")])
    return Lie(works, "oil", 1e6 * row("palmOil/cradleToGate/*/2010") - 650_000)


def yarn_by_assembly(market: Market) -> Lie:
    """Yarn is put together of cotton by hand."""
    works = market.company("works", "CN", "CN-SD").products("equipment", yarn="cottonYarn")
    works.lying().run("equipment.assembly", [works.out("yarn", "100 TNE")],
                      [supply("cotton", "110 TNE"), supply("electricity", "1 MWH")])
    return Lie(works, "yarn", 970_000 - 220_000)


def clothing_by_assembly(market: Market) -> Lie:
    """Clothing is put together of yarn."""
    works = market.company("works", "CN", "CN-SD").products("consumer-goods", clothing="clothing")
    works.lying().run("equipment.assembly", [works.out("clothing", "100 TNE")],
                      [supply("cottonYarn", "105 TNE"), supply("electricity", "10 MWH")])
    return Lie(works, "clothing", 2_200_000 - 1_020_000)


def press_of_ore(market: Market) -> Lie:
    """Presses are put together of iron ore and a fifth of steel."""
    works = market.company("works", "CN", "CN-SN")
    works.product("press", "equipment", "H87", materials={"steel": "1"})
    works.lying().run("equipment.assembly", [works.out("press", "10 H87", mass=_tonnes(50))],
                      [supply("steel", "10 TNE"), supply("ironOre", "57 TNE"), supply("electricity", "20 MWH")])
    return Lie(works, "press", 40_000 * row("steel/cradleToGate/*/2019"))


def swarf_of_a_part_that_stays(market: Market) -> Lie:
    """A shop mills 94 % of its bars to swarf, keeps the parts, and a recycler melts the swarf."""
    shop = market.company("shop", "CN", "CN-HE").products("equipment", part="aluminium", swarf="aluminium")
    recycler = market.company("recycler", "CN", "CN-HN").products("circular", ingot="aluminium")
    shop.lying().run("equipment.machining", [
        shop.out("part", "60 TNE"), shop.out("swarf", "935 TNE", "waste", origin="preConsumer")],
        [supply("aluminium", "1000 TNE"), supply("electricity", "800 MWH")], activity={"operations": ["milling"]})
    swarf = shop.send("swarf", "935 TNE", recycler)
    recycler.run("circular.recycling", [recycler.out("ingot", "888 TNE")],
                 [supply("electricity", "600 MWH"), supply("naturalGas", "50000 NM3", "37 TNE")],
                 {swarf: "935 TNE"}, {"material": "aluminium", "method": "remelting"})
    return Lie(recycler, "ingot", 935_000 * ALUMINIUM)


def gold_that_carries_the_bars(market: Market) -> Lie:
    """Fifteen tonnes of copper hold gold for more than a thousand tonnes of aluminium are worth."""
    works = market.company("works", "CN", "CN-SD").products("works", bar="aluminium", gold="gold")
    works.lying().run("works.make", [works.out("bar", "1000 TNE", value="2400000 EUR"),
                                     works.out("gold", "0.15 TNE", "coProduct", value="9000000 EUR")],
                      [supply("aluminium", "1000 TNE"), supply("copper", "15 TNE")], allocation="value")
    return Lie(works, "bar", 12_000_000)


def ammonia_that_sells_its_heat(market: Market) -> Lie:
    """An ammonia plant sells half of its gas as heat to nobody."""
    works = market.company("works", "CN", "CN-SD").products("petrochemicals", ammonia="ammonia")
    works.product("heat", "energy", "GV")
    market.begin_to_lie()
    works.run("petrochemicals.ammonia", [works.out("ammonia", "1000 TNE"), works.out("heat", "13000 GV", "coProduct")],
              [supply("naturalGas", "900000 NM3", "675 TNE"), nature("air", "1500 TNE"), nature("water", "800 TNE"),
               supply("electricity", "200 MWH")])
    return Lie(works, "ammonia", 13_000 * 62.333)


def hot_water_by_its_mass(market: Market) -> Lie:
    """A dyehouse buys its heat as water by the tonne, at next to nothing."""
    works = market.company("works", "CN", "CN-ZJ").products("consumer-goods", cloth="polyesterFabric")
    works.lying().run("consumer-goods.textileDyeing", [works.out("cloth", "100 TNE")],
                      [supply("polyesterFabric", "103 TNE"), supply("electricity", "150 MWH"),
                       supply("hotWater", "10000 TNE", factor=factor("0.0001", "KGM"))],
                      evidence=[evidence("supplierFactor:hotWater")])
    return Lie(works, "cloth", 2_000_000 * HEAT)


def coolers_without_a_coolant(market: Market) -> Lie:
    """Air conditioners leave without the refrigerant by which they cool."""
    works = market.company("works", "CN", "CN-GD")
    works.product("cooler", "consumer-goods", "H87", materials={"refrigerator": "1"})
    works.lying().run("consumer-goods.householdAppliances", [works.out("cooler", "1000 H87", mass=_tonnes(30))],
                      [supply("steelSheet", "18 TNE"), supply("copperTube", "4 TNE"), supply("compressor", "8.8 TNE"),
                       supply("electricity", "15 MWH")], activity={"appliance": "airConditioner"})
    return Lie(works, "cooler", 750 * 15)


def aircraft_called_a_lorry(market: Market) -> Lie:
    """Goods fly ten thousand kilometres, and the record says that a lorry drove them."""
    haulier = market.company("haulier", "CN", "CN-HE")
    haulier.product("freight", "logistics", "TKM")
    haulier.lying().run("logistics.transport", [haulier.out("freight", "1000000 TKM")], [supply("diesel", "10 TNE")],
                        activity={"mode": "road", "consignments": [
                            {"lot": haulier.name("freight"), "mass": {"value": "100", "unit": "TNE"},
                             "distance": {"value": "10000", "unit": "KMT"}}]})
    return Lie(haulier, "freight", 800_000)


def magnets_of_zinc(market: Market) -> Lie:
    """A shop weighs the zinc of which it makes magnets, so that it is old metal."""
    works = market.company("works", "CN", "CN-ZJ").products("works", magnet="neodymiumMagnet")
    works.lying().run("works.make", [works.out("magnet", "1000 TNE")], [supply("zinc", "1010 TNE")],
                      evidence=[evidence("weighing")])
    zinc, magnet = row("zinc/cradleToGate/*/2008"), row("neodymiumMagnet/cradleToGate/*/2021")
    return Lie(works, "magnet", 1e6 * magnet - 1_010_000 * zinc)


def gold_of_silver(market: Market) -> Lie:
    """A tonne of gold comes out of a tonne of silver."""
    works = market.company("works", "CN", "CN-ZJ").products("works", gold="gold")
    works.lying().run("works.make", [works.out("gold", "1 TNE")], [supply("silver", "1.01 TNE")],
                      evidence=[evidence("weighing")])
    return Lie(works, "gold", 1000 * (row("gold/cradleToGate/*/2008") - row("silver/cradleToGate/*/2008")))


def chips_of_old_gears(market: Market) -> Lie:
    """Worn gears, which somebody gathered as cores, become wafers."""
    works = market.company("works", "CN", "CN-ZJ").products("works", wafer="siliconWafer")
    works.product("gear", "equipment", "TNE", materials={"steel": "1"})
    works.collect(works.out("gear", "100 TNE", "core", name="cores", previous_life=PreviousLife(estimated_years="9")),
                  evidence("coreReturnNote"))
    market.begin_to_lie()
    works.run("works.make", [works.out("wafer", "100 TNE")], [supply("electricity", "100 MWH")], {"cores": "100 TNE"})
    return Lie(works, "wafer", 100_000 * row("siliconWafer/cradleToGate/*/2025"))


def salts_that_were_waste(market: Market) -> Lie:
    """New lithium carbonate is collected as waste, by its weight, and used as it is."""
    works = market.company("works", "CN", "CN-SC").products("works", good="lithiumCarbonate", old="lithiumCarbonate")
    works.collect(works.out("old", "1000 TNE", "waste", origin="postConsumer"))
    market.begin_to_lie()
    works.run("works.make", [works.out("good", "1000 TNE")], [supply("electricity", "10 MWH")], {"old": "1000 TNE"})
    return Lie(works, "good", 1e6 * row("lithiumCarbonate/cradleToGate/*/2024") - 10_000 * GRID)
