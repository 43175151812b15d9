"""Attempts of a turning shop that makes 301 t of parts out of 1000 t of bars, and states 301 t of them as the input.

The rest leaves the ledger beside the process, before it or after it. All of the bars are in the parts and in chips, so
the parts hide the burden of 699 t.
"""

from typing import Final

from acceptance.greenwashing.lie import Lie
from acceptance.greenwashing.mixing import EPD, stated
from support.market import Company, Market, evidence, supply

STEEL: Final = 2.34
"""Kg CO2e per kg of steel in China."""
REST: Final = 699_000 * STEEL


def _bought(market: Market, shop: Company, tonnes: int = 1000) -> str:
    """Bars of a mill, with the declaration of its product."""
    mill = market.company("mill", "CN", "CN-HE").products("steel", bar="steel")
    stated(mill, "bar", tonnes, STEEL, EPD)
    return mill.send("bar", f"{tonnes} TNE", shop)


def _shop(market: Market) -> tuple[Company, str]:
    shop = market.company("shop", "CN", "CN-HE").products("equipment", part="steel", swarf="steel", rod="steel")
    return shop, _bought(market, shop)


def _turn(shop: Company, bars: str, tonnes: str = "301", name: str = "part") -> str:
    return shop.run("equipment.machining", [shop.out("part", f"{tonnes} TNE", name=name)],
                    [supply("electricity", "600 MWH")], {bars: f"{tonnes} TNE"}, {"operations": ["turning"]})


def lost_beside_the_process(market: Market) -> Lie:
    """The shop writes 699 t of bars off as lost, after it has made the parts."""
    shop, bars = _shop(market)
    _turn(shop, bars)
    shop.lying().consume({bars: "699 TNE"}, "loss")
    return Lie(shop, "part", REST)


def lost_by_the_gram(market: Market) -> Lie:
    """The shop begins with one gram, as no limit would ask for it."""
    shop, bars = _shop(market)
    _turn(shop, bars)
    shop.lying().consume({bars: "0.000001 TNE"}, "stockCorrection")
    return Lie(shop, "part", REST)


def sold_to_nobody_before_the_process(market: Market) -> Lie:
    """The bars are sold to a dealer without a name, by an invoice without a document, before the shop has any
    process."""
    shop, bars = _shop(market)
    shop.lying().consume({bars: "699 TNE"}, "soldOutside", destination="a dealer")
    _turn(shop, bars)
    return Lie(shop, "part", REST)


def used_up_in_forty_slices(market: Market) -> Lie:
    """Forty times the shop uses a little steel for itself, and then it begins to turn."""
    shop, bars = _shop(market)
    market.begin_to_lie()
    for _ in range(40):
        shop.consume({bars: "17.475 TNE"}, "ownUse")
    _turn(shop, bars)
    return Lie(shop, "part", REST)


def lost_by_the_sister(market: Market) -> Lie:
    """The shop's sister buys all bars, hands over 301 t and throws the rest away."""
    shop = market.company("shop", "CN", "CN-HE").products("equipment", part="steel")
    sister = market.company("sister", "CN", "CN-HE", parent=shop)
    bars = _bought(market, sister)
    _turn(shop, sister.send(bars, "301 TNE", shop, name="some"))
    sister.lying().consume({bars: "699 TNE"}, "disposed")
    return Lie(shop, "part", REST)


def lost_by_the_owner_of_tolled_bars(market: Market) -> Lie:
    """A dealer owns the bars and the parts, has them turned by a toller, and uses the rest up before."""
    dealer = market.company("dealer", "CN", "CN-HE").products("equipment", part="steel")
    toller = market.company("toller", "CN", "CN-HE").products("equipment", part="steel")
    bars = _bought(market, dealer)
    dealer.lying().consume({bars: "699 TNE"}, "finalUse")
    tolled = dealer.send(bars, "301 TNE", toller, name="tolled", purpose="custody")
    toller.run("equipment.machining", [toller.out("part", "301 TNE", owner=dealer.id)],
               [supply("electricity", "600 MWH")], {tolled: "301 TNE"}, {"operations": ["turning"]})
    returned = toller.send("part", "301 TNE", dealer, name="returned", purpose="return")
    return Lie(dealer, returned, REST)


def lost_out_of_the_pool(market: Market) -> Lie:
    """Rods blend in the store, and a note about waste says that the store shrinks."""
    shop, bars = _shop(market)
    pool = shop.pool("store", "rod")
    shop.run("equipment.machining", [shop.out("rod", "1000 TNE")], [supply("electricity", "600 MWH")],
             {bars: "1000 TNE"}, {"operations": ["turning"]})
    shop.add(pool, {"rod": "1000 TNE"})
    _turn(shop, pool)
    shop.lying().consume({pool: "699 TNE"}, "stockCorrection", evidence=[evidence("wasteTransferNote")])
    return Lie(shop, "part", REST)


def rods_that_were_bars(market: Market) -> Lie:
    """The shop cuts the bars into rods under a name of its own, and sells 699 t of these outside."""
    shop, bars = _shop(market)
    shop.run("equipment.machining", [shop.out("rod", "1000 TNE")], [supply("electricity", "600 MWH")],
             {bars: "1000 TNE"}, {"operations": ["turning"]})
    _turn(shop, "rod")
    shop.lying().consume({"rod": "699 TNE"}, "exported", destination="a dealer")
    return Lie(shop, "part", REST)


def write_off_that_grows(market: Market) -> Lie:
    """The shop loses one kilogram before it begins to turn, and amends the record afterwards."""
    shop, bars = _shop(market)
    little = shop.consume({bars: "0.001 TNE"}, "loss")
    _turn(shop, bars)
    shop.lying().amend(little, inputs=shop.flows({bars: "699 TNE"}))
    return Lie(shop, "part", REST)


def document_that_is_taken_back(market: Market) -> Lie:
    """The shop names a report of damage, and takes it back before anybody reads it."""
    shop, bars = _shop(market)
    _turn(shop, bars)
    damaged = shop.consume({bars: "699 TNE"}, "loss", evidence=[evidence("damageReport")])
    shop.lying().amend(damaged, evidence=[])
    return Lie(shop, "part", REST)


def bars_that_came_by_an_amendment(market: Market) -> Lie:
    """The process states gravel first. Nobody asks for a document when the bars are sold, and then it states bars."""
    shop, bars = _shop(market)
    quarry = market.company("quarry", "CN", "CN-HE").products("building-materials", gravel="gravel")
    stated(quarry, "gravel", 301, 0.01, EPD)
    turned = _turn(shop, quarry.send("gravel", "301 TNE", shop))
    shop.lying().consume({bars: "699 TNE"}, "soldOutside", destination="a dealer")
    shop.amend(turned, inputs=shop.flows({bars: "301 TNE"}))
    return Lie(shop, "part", REST)


def swarf_with_a_note_of_waste(market: Market) -> Lie:
    """Swarf is a co-product as dear as the parts, carries two thirds of the burden, and goes to a dump."""
    shop, bars = _shop(market)
    shop.run("equipment.machining", [
        shop.out("part", "301 TNE", value="3010000 CNY"),
        shop.out("swarf", "699 TNE", "coProduct", value="6990000 CNY")],
        [supply("electricity", "600 MWH")], {bars: "1000 TNE"}, {"operations": ["turning"]})
    shop.lying().consume({"swarf": "699 TNE"}, "disposed", evidence=[evidence("wasteTransferNote")])
    return Lie(shop, "part", REST)
