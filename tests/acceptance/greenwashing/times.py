"""Attempts with time and stock: old by a word, in stock by a word, lost on the way, and made within a day."""

from typing import Final

from acceptance.greenwashing.lie import Lie
from acceptance.greenwashing.mixing import EPD, stated
from support.market import MARCH, SOLD, Company, Market, quantity, row, supply

from ledger.core.record.kinds import Acceptance, Transfer

STEEL: Final = row("steel/cradleToGate/*/2019")
CHINA: Final = row("electricity/cradleToGate/CN/2024")
POWER: Final = supply("electricity", "1500 MWH")
UNEVEN: Final = 1e6 * (0.75 - 1.5 / 32) * CHINA
"""The part of that power of which a day in 32 lets a half escape."""
BETWEEN: Final = 1.1
"""Kg CO2e per kg of steel: in the range of steel, and less than half of its default."""
OLD: Final = {"start": "2015-01-01T00:00:00Z", "end": "2015-02-01T00:00:00Z"}


def opening_stock_of_ten_years_ago(market: Market) -> Lie:
    """A maker enters new bars as opening stock that it has had since 2015, uses them up, and a furnace melts them."""
    maker = market.company("maker", "CN", "CN-HE").products("steel", bar="steel", scrap="steel")
    mill = market.company("mill", "CN", "CN-HN").products("steel", billet="steel")
    market.begin_to_lie()
    _opening(maker, STEEL, **OLD)
    maker.consume({"bar": "1000 TNE"}, "finalUse", [maker.out("scrap", "1000 TNE", "waste", origin="postConsumer")])
    market.end_of_lie()
    scrap = maker.send("scrap", "1000 TNE", mill)
    mill.run("steel.electricArcFurnace", [mill.out("billet", "940 TNE")],
             [supply("electricity", "420 MWH"), supply("lime", "35 TNE"), supply("electrode", "1.5 TNE")],
             {scrap: "1000 TNE"}, when=("2025-06-01T00:00:00Z", "2025-06-02T00:00:00Z"))
    return Lie(mill, "billet", 1e6 * STEEL)


def opening_stock_beside_production(market: Market) -> Lie:
    """A works makes bars of bought steel, and finds a thousand tonnes of them in its store, with a better figure."""
    works = market.company("works", "CN", "CN-HE").products("works", bar="steel")
    works.run("works.make", [works.out("bar", "100 TNE", name="made")], [supply("steel", "100 TNE")])
    market.begin_to_lie()
    _opening(works, BETWEEN)
    return Lie(works, "bar", 1e6 * (STEEL - BETWEEN))


def bars_that_a_dealer_never_received(market: Market) -> Lie:
    """A shop sells most of its bars to a friend, who accepts a kilogram of them: the parts hide the rest."""
    shop, bars = _turned(market)
    friend = market.company("friend", "CN", "CN-HE")
    market.begin_to_lie()
    _handed(shop, bars, "699 TNE", friend, "1 KGM")
    return Lie(shop, "part", 699_000 * STEEL)


def bars_that_went_to_and_fro(market: Market) -> Lie:
    """A shop hands its bars to its sister, and each time a part of them is lost on the way, within all tolerances."""
    shop, bars = _turned(market)
    sister = market.company("sister", "CN", "CN-HE", parent=shop)
    market.begin_to_lie()
    _handed(shop, bars, "699 TNE", sister, "650 TNE")
    return Lie(shop, "part", 49_000 * STEEL)


def _turned(market: Market) -> tuple[Company, str]:
    """A shop that has made parts of some of its bars, and its lot of bars."""
    mill = market.company("mill", "CN", "CN-HE").products("steel", bar="steel")
    shop = market.company("shop", "CN", "CN-HE").products("equipment", part="steel")
    stated(mill, "bar", 1000, STEEL, EPD)
    bars = mill.send("bar", "1000 TNE", shop)
    shop.run("equipment.machining", [shop.out("part", "301 TNE")], [supply("electricity", "600 MWH")],
             {bars: "301 TNE"}, {"operations": ["turning"]})
    return shop, bars


def _handed(shop: Company, bars: str, sent: str, receiver: Company, received: str) -> None:
    digest = shop.post(Transfer, lot=bars, quantity=quantity(sent), to=receiver.id, new_lot=shop.name("lost"),
                       time=SOLD, tolerance="1")
    receiver.post(Acceptance, transfer=digest, received=quantity(received))


def runs_of_a_day(market: Market) -> Lie:
    """Of two equal runs, the sold one is said to take a day, and the closing spreads the power by hours."""
    works = market.company("works", "CN", "CN-HE").products("works", ware="steel")
    market.begin_to_lie()
    _runs(works)
    works.close(POWER, spread="hours")
    return Lie(works, "ware", UNEVEN)


def halls_of_a_day(market: Market) -> Lie:
    """The same with the power of the halls, which is an overhead."""
    works = market.company("works", "CN", "CN-HE").products("works", ware="steel")
    market.begin_to_lie()
    _runs(works)
    works.close(overheads=[POWER], spread_overheads="hours")
    return Lie(works, "ware", UNEVEN)


def treatment_that_nobody_takes(market: Market) -> Lie:
    """A plant burns the plastics of a maker, which takes one of a thousand hours of treatment; the heat is free."""
    maker = market.company("maker", "CN", "CN-SD").products("works", ware="polyethylene", rest="polyethylene")
    plant = market.company("plant", "CN", "CN-SD")
    plant.product("heat", "energy", "GV")
    plant.product("treatment", "circular", "HUR")
    rest = maker.out("rest", "900 TNE", "waste", origin="preConsumer")
    maker.run("works.make", [maker.out("ware", "1000 TNE"), rest], [supply("polyethylene", "1900 TNE")])
    burnt = maker.send("rest", "900 TNE", plant)
    plant.lying().run("circular.incineration", [plant.out("heat", "15000 GV"), plant.out("treatment", "1000 HUR")],
                      [supply("electricity", "80 MWH")], {burnt: "900 TNE"},
                      {"composition": [{"kind": "plastic", "share": "1"}]})
    plant.send("treatment", "1 HUR", maker, name="hour")
    return Lie(plant, "heat", market.footprint(plant.name("treatment"))["footprint"])


def _runs(works: Company) -> None:
    for lot, end in (("ware", "2025-03-02T00:00:00Z"), ("kept", MARCH[1])):
        works.run("works.make", [works.out("ware", "500 TNE", name=lot)], [supply("steel", "500 TNE")],
                  basis="provisional", when=(MARCH[0], end))


def _opening(company: Company, per_kilogram: float, **fields: str) -> None:
    """A thousand tonnes of bars, with a declaration of their product."""
    company.declare("opening", lot=company.out("bar", "1000 TNE"), facility=company.name("site"), evidence=[EPD],
                    burdens={"fossilGhgEmissions": f"{1e6 * per_kilogram:.0f}"}, **fields)
