"""Attempts with waste: what is scrap, whose it was, and how it is melted."""

from acceptance.greenwashing.lie import Lie
from support.market import Company, Market, evidence, row, supply

CHINA = row("electricity/cradleToGate/CN/2024")
ALUMINIUM = row("aluminium/cradleToGate/CN/2012")
STEEL = row("steel/cradleToGate/*/2019")


def _melt(mill: Company, scrap: str, tonnes: str = "1000") -> None:
    """Steel of that scrap."""
    mill.run("steel.electricArcFurnace", [mill.out("bar", f"{0.94 * float(tonnes):g} TNE")],
             [supply("electricity", "420 MWH"), supply("lime", "35 TNE"), supply("electrode", "1.5 TNE")],
             {scrap: f"{tonnes} TNE"}, when=("2025-06-01T00:00:00Z", "2025-06-02T00:00:00Z"))


def _maker(market: Market) -> Company:
    """It holds a thousand tonnes of new bars, as an EPD states them."""
    maker = market.company("maker", "CN", "CN-HE").products("steel", stock="steel")
    maker.declare(lot=maker.out("stock", "1000 TNE"), burdens={"fossilGhgEmissions": f"{1e6 * STEEL:.0f}"},
                  evidence=[evidence("environmentalProductDeclaration")])
    return maker


def remelting_without_energy(market: Market) -> Lie:
    """A remelter states its scrap and its ingots, and neither power nor gas."""
    works = market.company("works", "CN", "CN-HN").products("circular", scrap="aluminium", ingot="aluminium")
    works.collect(works.out("scrap", "1000 TNE", "waste", origin="postConsumer"))
    market.begin_to_lie()
    works.run("circular.recycling", [works.out("ingot", "950 TNE")], inputs={"scrap": "1000 TNE"},
              activity={"material": "aluminium", "method": "remelting"})
    gas = row("naturalGas/combustion/CN/2015") + row("naturalGas/wellToTank/CN/2024")
    return Lie(works, "ingot", 950_000 * (0.05 * gas + 0.6 * CHINA))


def swarf_of_the_sister(market: Market) -> Lie:
    """The swarf of a workshop of the same group becomes 15 % of pre-consumer recycled content."""
    mill = market.company("mill", "CN", "CN-HE").products("steel", bar="steel")
    shop = market.company("shop", "CN", "CN-HE", parent=mill).products("equipment", part="steel", swarf="steel")
    shop.run("equipment.machining", [
        shop.out("part", "850 TNE"), shop.out("swarf", "150 TNE", "waste", origin="preConsumer")],
        [supply("steel", "1000 TNE"), supply("electricity", "2000 MWH")], activity={"operations": ["turning"]})
    swarf = shop.send("swarf", "150 TNE", mill)
    market.begin_to_lie()
    mill.run("steel.electricArcFurnace", [mill.out("bar", "940 TNE")],
             [supply("directReducedIron", "850 TNE"), supply("electricity", "560 MWH"), supply("lime", "40 TNE"),
              supply("electrode", "1.5 TNE")], {swarf: "150 TNE"})
    return Lie(mill, "bar", 0, content=141_000)


def returns_through_a_shear(market: Market) -> Lie:
    """A foundry sends its own rejects through a shear at the same site, and melts them as recycled metal."""
    foundry = market.company("foundry", "CN", "CN-SN")
    foundry.products("equipment", casting="steel", reject="steel", again="steel")
    foundry.products("steel", cut="steel")
    power = supply("electricity", "600 MWH")
    foundry.run("equipment.casting", [
        foundry.out("casting", "500 TNE"), foundry.out("reject", "450 TNE", "waste", origin="preConsumer")],
        [supply("steel", "1000 TNE"), power], activity={"furnace": "induction"})
    market.begin_to_lie()
    foundry.run("steel.scrapProcessing", [foundry.out("cut", "445 TNE", "waste", origin="preConsumer")],
                [supply("electricity", "10 MWH")], {"reject": "450 TNE"}, {"operations": ["shearing"]})
    foundry.run("equipment.casting", [foundry.out("again", "430 TNE")], [power], {"cut": "445 TNE"},
                {"furnace": "induction"}, when=("2025-04-02T00:00:00Z", "2025-04-09T00:00:00Z"))
    return Lie(foundry, "again", 0, content=430_000)


def sold_outside_and_collected(market: Market) -> Lie:
    """New bars leave the ledger as a sale, and come back a month later as scrap that was collected from end users."""
    maker = _maker(market)
    mill = market.company("mill", "CN", "CN-HE").products("steel", bar="steel")
    maker.consume({"stock": "1000 TNE"}, "soldOutside", destination="a dealer")
    market.begin_to_lie()
    maker.collect(maker.out("stock", "1000 TNE", "waste", name="scrap", origin="postConsumer"))
    _melt(mill, maker.send("scrap", "1000 TNE", mill))
    return Lie(mill, "bar", 1e6 * STEEL)


def stock_collected_from_oneself(market: Market) -> Lie:
    """A maker declares as collected scrap what still lies in its hall as new bars, unused."""
    maker = _maker(market)
    mill = market.company("mill", "CN", "CN-HE").products("steel", bar="steel")
    market.begin_to_lie()
    maker.collect(maker.out("stock", "990 TNE", "waste", name="scrap", origin="preConsumer"))
    _melt(mill, maker.send("scrap", "990 TNE", mill), "990")
    return Lie(mill, "bar", 990_000 * STEEL)


def returns_of_last_week(market: Market) -> Lie:
    """A dealer returns unused bars, and the mill takes them as post-consumer scrap without burden."""
    maker = _maker(market)
    dealer = market.company("dealer", "CN", "CN-HE")
    mill = market.company("mill", "CN", "CN-HE", parent=maker).products("steel", bar="steel")
    stock = maker.send("stock", "1000 TNE", dealer)
    market.begin_to_lie()
    scrap = dealer.out(dealer.product("scrap", "steel", materials={"steel": "1"}), "1000 TNE", "waste",
                       name="scrap", origin="postConsumer")
    dealer.consume({stock: "1000 TNE"}, "disposed", [scrap])
    _melt(mill, dealer.send("scrap", "1000 TNE", mill))
    return Lie(mill, "bar", 1e6 * STEEL)


def bars_beside_a_bolt(market: Market) -> Lie:
    """A shop makes 10 t of steel bolts, and throws 985 t of new aluminium away beside them, which a recycler melts."""
    shop = market.company("shop", "CN", "CN-HE").products("equipment", bolt="steel", swarf="aluminium")
    recycler = market.company("recycler", "CN", "CN-HN").products("circular", ingot="aluminium")
    market.begin_to_lie()
    shop.run("equipment.assembly", [
        shop.out("bolt", "10 TNE"), shop.out("swarf", "985 TNE", "waste", origin="preConsumer")],
        [supply("aluminium", "985 TNE"), supply("steel", "15 TNE"), supply("electricity", "50 MWH")])
    swarf = shop.send("swarf", "985 TNE", recycler)
    recycler.run("circular.recycling", [recycler.out("ingot", "940 TNE")],
                 [supply("electricity", "600 MWH"), supply("naturalGas", "50000 NM3", "37 TNE")],
                 {swarf: "985 TNE"}, {"material": "aluminium", "method": "remelting"})
    return Lie(recycler, "ingot", 985_000 * ALUMINIUM)
