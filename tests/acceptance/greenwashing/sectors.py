"""Attempts through a third party's sector, which believes whatever its activity says."""

from acceptance.greenwashing.lie import Lie
from acceptance.greenwashing.mixing import STEEL
from support.market import Company, Market, nature, row, supply


def _works(market: Market, **materials: str) -> Company:
    works = market.company("works", "CN", "CN-SD").products("works", **materials)
    market.begin_to_lie()
    return works


def coal_that_does_not_burn(market: Market) -> Lie:
    """The sector takes a thousand tonnes of coal, and books no combustion; no output holds the carbon."""
    works = _works(market, lime="lime")
    works.run("works.make", [works.out("lime", "5000 TNE")],
              [supply("bituminous", "1000 TNE"), nature("limestone", "9000 TNE")],
              activity={"energy": [{"carrier": "bituminous", "amount": "24500000"}], "co2": "3925000"})
    return Lie(works, "lime", 1e6 * row("bituminous/combustion/CN/2015"))


def emission_below_zero(market: Market) -> Lie:
    """The sector returns an emission on the site of minus two thousand tonnes of CO2."""
    works = _works(market, bar="steel")
    works.run("works.make", [works.out("bar", "1000 TNE")], [supply("steel", "1000 TNE")],
              activity={"co2": "-2000000"})
    return Lie(works, "bar", 2e6)


def removal_out_of_nothing(market: Market) -> Lie:
    """The sector books a removal though nothing in the record holds carbon, and the record has no document."""
    works = _works(market, bar="steel")
    works.run("works.make", [works.out("bar", "1000 TNE")], [supply("steel", "1000 TNE")], activity={"emissions": [
        {"amount": "-1500000", "burden": "technologicalCO2Removals", "source": "trees"}]})
    return Lie(works, "bar", 1.5e6)


def steam_worth_its_weight(market: Market) -> Lie:
    """One GJ of steam is assigned five hundred tonnes of CO2 by system expansion, the rest stays for the steel."""
    works = _works(market, bar="steel")
    works.product("steam", "works", "GV")
    works.run("works.make", [works.out("bar", "1000 TNE"), works.out("steam", "1 GV", "coProduct")],
              [supply("steel", "1000 TNE"), supply("naturalGas", "100 NM3", "75 KGM")],
              activity={"assigned": [{"output": 1, "burden": "fossilGhgEmissions", "amount": "500000"}],
                        "weights": {"mass": ["1", "0"]}})
    return Lie(works, "bar", 500_000)


def steel_of_ore_alone(market: Market) -> Lie:
    """Ore becomes steel without a reductant, without energy and without emissions."""
    works = _works(market, bar="steel")
    works.run("works.make", [works.out("bar", "1000 TNE")], [supply("ironOre", "1600 TNE")])
    return Lie(works, "bar", 1e6 * STEEL - 1.6e6 * row("ironOre/cradleToGate/*/2023"))


def weights_of_its_own(market: Market) -> Lie:
    """The sector returns weights by mass that are not masses: of two equal lots one carries a hundredth."""
    works = _works(market, bar="steel")
    works.run("works.make", [works.out("bar", "500 TNE"), works.out("bar", "500 TNE", name="kept")],
              [supply("steel", "1000 TNE")], activity={"weights": {"mass": ["1", "99"]}})
    works.consume({"kept": "500 TNE"}, "ownUse")
    return Lie(works, "bar", 0.49 * 1e6 * STEEL)


def bought_steel_from_nature(market: Market) -> Lie:
    """Bought plates come from nature, in a route that extracts nothing."""
    works = _works(market, frame="steel")
    works.run("works.make", [works.out("frame", "980 TNE")], [nature("steel", "1000 TNE")])
    return Lie(works, "frame", 1e6 * STEEL)
