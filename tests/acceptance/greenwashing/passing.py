"""Attempts by matter that only passes through a record and takes the question with it, and by matter under a name that
carries no burden."""

from acceptance.greenwashing.lie import Lie
from acceptance.greenwashing.mixing import ALUMINIUM, STEEL, stated
from support.market import Company, Market, row, supply

PULP = row("mechanicalPulp/cradleToGate/CN/2024")
RECOVERED = row("recoveredPaper/cradleToGate/*/2025")
LOW = 3.3
"""Kg CO2e per kg of the aluminium that nobody has shown."""


def works(market: Market, **materials: str) -> Company:
    return market.company("works", "CN", "CN-SD").products("works", **materials)


def question_in_ash(market: Market) -> Lie:
    """A maker of aluminium goods without papers lets 300000 t of collected ash pass through the record as waste."""
    shop = works(market, bar="aluminium", ware="aluminium", ash="bottomAsh")
    shop.collect(shop.out("ash", "300000 TNE", "waste", name="in", origin="preConsumer"))
    market.begin_to_lie()
    stated(shop, "bar", 1000, LOW)
    shop.run("works.make", [shop.out("ware", "1000 TNE"),
                            shop.out("ash", "300000 TNE", "waste", origin="preConsumer")], [],
             {"bar": "1000 TNE", "in": "300000 TNE"})
    return Lie(shop, "ware", 1_000_000 * (ALUMINIUM - LOW))


def question_in_cooling_water(market: Market) -> Lie:
    """The same with bought cooling water that is said to be waste."""
    shop = works(market, bar="aluminium", ware="aluminium", water="water")
    market.begin_to_lie()
    stated(shop, "bar", 1000, LOW)
    shop.run("works.make", [shop.out("ware", "1000 TNE"),
                            shop.out("water", "300000 TNE", "waste", origin="preConsumer")],
             [supply("water", "300000 TNE")], {"bar": "1000 TNE"})
    return Lie(shop, "ware", 1_000_000 * (ALUMINIUM - LOW))


def question_in_scrap_of_others(market: Market) -> Lie:
    """The same with collected aluminium scrap that nobody melts."""
    shop = works(market, bar="aluminium", ware="aluminium", scrap="aluminium")
    shop.collect(shop.out("scrap", "30000 TNE", "waste", name="in", origin="postConsumer"))
    market.begin_to_lie()
    stated(shop, "bar", 1000, LOW)
    shop.run("works.make", [shop.out("ware", "1000 TNE"),
                            shop.out("scrap", "30000 TNE", "waste", origin="preConsumer")], [],
             {"bar": "1000 TNE", "in": "30000 TNE"})
    return Lie(shop, "ware", 1_000_000 * (ALUMINIUM - LOW))


def question_of_the_house_in_ash(market: Market) -> Lie:
    """Casting melts under 2 t of SF6 that it keeps silent about, beside 300000 t of bought ash."""
    house = market.company("house", "NO").products("nonferrous", ingot="aluminium", ash="bottomAsh")
    market.begin_to_lie()
    house.run("nonferrous.aluminiumCasting",
              [house.out("ingot", "1000 TNE"), house.out("ash", "300000 TNE", "waste", origin="preConsumer")],
              [supply("aluminium", "1010 TNE"), supply("SF6", "2 TNE"), supply("naturalGas", "35000 NM3", "26 TNE"),
               supply("electricity", "80 MWH"), supply("bottomAsh", "300000 TNE")])
    return Lie(house, "ingot", 2000 * 24300)


def question_in_stone(market: Market) -> Lie:
    """A heap of gravel as a co-product, at its price, takes the question by its mass."""
    shop = works(market, bar="aluminium", ware="aluminium", stone="gravel")
    market.begin_to_lie()
    stated(shop, "bar", 1000, LOW)
    shop.run("works.make", [shop.out("ware", "1000 TNE", value="2400000 EUR"),
                            shop.out("stone", "100000 TNE", "coProduct", value="100000 EUR")],
             [supply("gravel", "100000 TNE")], {"bar": "1000 TNE"}, allocation="value")
    return Lie(shop, "ware", 1_000_000 * (ALUMINIUM - LOW))


def question_in_a_by_product(market: Market) -> Lie:
    """A by-product of ash with a share of three hundredths takes it."""
    shop = works(market, bar="aluminium", ware="aluminium", ash="bottomAsh")
    market.begin_to_lie()
    stated(shop, "bar", 1000, LOW)
    shop.run("works.make", [shop.out("ware", "1000 TNE", share="0.97"),
                            shop.out("ash", "100000 TNE", "byProduct", share="0.03")],
             [supply("bottomAsh", "100000 TNE")], {"bar": "1000 TNE"}, allocation="declared")
    return Lie(shop, "ware", 1_000_000 * (ALUMINIUM - LOW))


def slabs_named_as_slag(market: Market) -> Lie:
    """A works names its slabs as slag that carries nothing, beside 10 t of slabs that carry all of it."""
    mill = market.company("mill", "CN", "CN-SD").products("steel", slab="steel", slag="blastFurnaceSlag")
    market.begin_to_lie()
    mill.run("steel.blastFurnaceBasicOxygen",
             [mill.out("slab", "10 TNE", name="first"), mill.out("slag", "330 TNE", "byProduct"),
              mill.out("slab", "840 TNE", "byProduct")],
             [supply("ironOre", "1100 TNE"), supply("pellet", "340 TNE"), supply("coke", "345 TNE"),
              supply("anthracite", "210 TNE"), supply("limestone", "150 TNE"), supply("lime", "45 TNE"),
              supply("electricity", "260 MWH"), supply("oxygen", "110000 NM3", "157 TNE")],
             activity={"hotMetal": {"value": "860", "unit": "TNE"}, "slags": [
                 {"lot": mill.name("slab"), "treatment": "cutOff"}, {"lot": mill.name("slag"), "treatment": "cutOff"}]})
    return Lie(mill, "slab", 840_000 * STEEL)


def pulp_called_recovered_paper(market: Market) -> Lie:
    """A paper mill calls its pulp recovered paper in the list of supplies."""
    mill = market.company("mill", "CN", "CN-SD").products("consumer-goods", paper="paper")
    mill.lying().run("consumer-goods.papermaking", [mill.out("paper", "1000 TNE")], [
        supply("recoveredPaper", "1150 TNE"), supply("electricity", "600 MWH"), supply("heat", "6500 GV")])
    return Lie(mill, "paper", 1_150_000 * (PULP - RECOVERED))
