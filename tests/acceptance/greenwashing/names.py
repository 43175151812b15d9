"""Attempts with names: a good is called another one, or nothing at all."""

from acceptance.greenwashing.lie import Lie
from acceptance.greenwashing.mixing import ALUMINIUM, EPD, STEEL, stated
from support.market import Market


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
