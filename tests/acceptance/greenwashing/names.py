"""Attempts with names: a good is called another one, or nothing at all."""

from acceptance.greenwashing.lie import Lie
from acceptance.greenwashing.mixing import ALUMINIUM, EPD, STEEL, stated
from support.market import Market, row, supply

COPPER = row("copper/cradleToGate/*/2021")


def virgin_called_recycled(market: Market) -> Lie:
    """Primary aluminium is declared as the material `recycledAluminium`, at its usual figure, and took no scrap."""
    maker = market.company("maker", "CN", "CN-SD").products("nonferrous", metal="recycledAluminium")
    market.begin_to_lie()
    stated(maker, "metal", 1000, 1.0, EPD)
    return Lie(maker, "metal", 1e6 * (ALUMINIUM - 1.0))


def good_without_a_name(market: Market) -> Lie:
    """The product says neither its materials nor a code, so that no range can be held against it."""
    maker = market.company("maker", "CN", "CN-SD")
    maker.product("item", "works")
    market.begin_to_lie()
    stated(maker, "item", 1000, 0.05, EPD)
    return Lie(maker, "item", 1e6, untitled=True)


def steel_called_gravel(market: Market) -> Lie:
    """By its CN code the product is hot-rolled coil, by its materials gravel, and it has the figure of gravel."""
    maker = market.company("maker", "CN", "CN-HE")
    maker.product("coil", "steel", materials={"gravel": "1"}, classifications={"cn": "72083800"})
    market.begin_to_lie()
    stated(maker, "coil", 1000, 0.01, EPD)
    return Lie(maker, "coil", 1e6 * (STEEL - 0.01))


def pig_iron_called_scrap(market: Market) -> Lie:
    """An arc furnace melts new iron, and lists it among its supplies as scrap."""
    mill = market.company("mill", "CN", "CN-HE").products("steel", bar="steel")
    mill.lying().run("steel.electricArcFurnace", [mill.out("bar", "950 TNE")], [
        supply("scrap", "1050 TNE"), supply("electricity", "600 MWH"), supply("lime", "35 TNE"),
        supply("electrode", "1.5 TNE"), supply("naturalGas", "10000 NM3", "7.5 TNE")])
    return Lie(mill, "bar", 1_050_000 * (STEEL - row("steelScrap/cradleToGate/*/2025")))


def lot_of_gravel_of_a_metal(market: Market) -> Lie:
    """The product is aluminium, and this lot of it consists of gravel by its own materials."""
    maker = market.company("maker", "CN", "CN-SD").products("works", bar="aluminium")
    market.begin_to_lie()
    maker.run("works.make", [maker.out("bar", "1000 TNE", materials={"gravel": "1"})], [supply("gravel", "1010 TNE")])
    return Lie(maker, "bar", 1e6 * ALUMINIUM)


def metal_by_the_code_of_scrap(market: Market) -> Lie:
    """The product consists of aluminium, out of bauxite, and its CN code is the one of scrap."""
    maker = market.company("maker", "CN", "CN-SD")
    maker.product("bar", "works", materials={"aluminium": "1"}, classifications={"cn": "76020019"})
    maker.lying().run("works.make", [maker.out("bar", "1000 TNE")], [supply("bauxite", "2900 TNE")])
    return Lie(maker, "bar", 1e6 * ALUMINIUM)


def recycled_by_a_gram_of_scrap(market: Market) -> Lie:
    """Ten kilograms of scrap beside bauxite make a thousand tonnes of recycled aluminium by its name."""
    maker = market.company("maker", "CN", "CN-SD").products("works", metal="recycledAluminium", scrap="aluminium")
    maker.collect(maker.out("scrap", "10 KGM", "waste", origin="postConsumer"))
    maker.lying().run("works.make", [maker.out("metal", "1000 TNE")],
                      [supply("bauxite", "2900 TNE"), supply("electricity", "400 MWH")], {"scrap": "10 KGM"})
    return Lie(maker, "metal", 1e6 * ALUMINIUM)


def virgin_bought_as_recycled(market: Market) -> Lie:
    """A shop lists new aluminium among its supplies as recycled aluminium."""
    shop = market.company("shop", "CN", "CN-SD").products("equipment", part="machine")
    shop.lying().run("equipment.assembly", [shop.out("part", "1000 TNE")], [
        supply("recycledAluminium", "1000 TNE"), supply("electricity", "150 MWH")])
    return Lie(shop, "part", 1e6 * (ALUMINIUM - row("recycledAluminium/cradleToGate/*/2025")))


def new_metal_declared_as_scrap(market: Market) -> Lie:
    """A dealer declares new copper as goods of scrap copper, at the figure of scrap."""
    dealer = market.company("dealer", "CN", "CN-HE").products("works", scrap="copperScrap")
    market.begin_to_lie()
    scrap = row("copperScrap/cradleToGate/*/2025")
    dealer.declare(lot=dealer.out("scrap", "100 TNE"), burdens={"fossilGhgEmissions": f"{1e5 * scrap:.0f}"})
    return Lie(dealer, "scrap", 1e5 * (COPPER - scrap))
