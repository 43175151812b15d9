"""Attempts with waste: what is scrap, whose it was, and how it is melted."""

from typing import Any

from acceptance.greenwashing.lie import Lie
from support.market import Company, Market, evidence, nature, quantity, row, supply

CHINA = row("electricity/cradleToGate/CN/2024")
ALUMINIUM = row("aluminium/cradleToGate/CN/2012")
STEEL = row("steel/cradleToGate/*/2019")
FOIL = row("aluminiumFoil/cradleToGate/CN/2023")
PET = row("pet/cradleToGate/*/2018")
AMMONIA = row("ammonia/cradleToGate/EUR/2018")


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
    works.lying().run("circular.recycling", [works.out("ingot", "950 TNE")], inputs={"scrap": "1000 TNE"},
                      activity={"material": "aluminium", "method": "remelting"})
    gas = row("naturalGas/combustion/CN/2015") + row("naturalGas/wellToTank/CN/2024")
    return Lie(works, "ingot", 950_000 * (0.05 * gas + 0.6 * CHINA))


def _collected(market: Market, **materials: str) -> Company:
    """A works with a thousand tonnes of scrap of each material, and products of it."""
    works = market.company("works", "CN", "CN-HE")
    for short, material in materials.items():
        works.products("circular", **{short: material})
        works.collect(works.out(short, "1000 TNE", "waste", name=f"{short}-scrap", origin="postConsumer"))
    market.begin_to_lie()
    return works


def steel_of_a_way_that_nobody_names(market: Market) -> Lie:
    """A record makes bars of steel scrap with 25 kWh per tonne, and leaves the method out."""
    works = _collected(market, bar="steel")
    works.run("circular.recycling", [works.out("bar", "950 TNE")], [supply("electricity", "25 MWH")],
              {"bar-scrap": "1000 TNE"}, {"material": "steel"})
    gas = row("naturalGas/combustion/CN/2015") + row("naturalGas/wellToTank/CN/2024")
    return Lie(works, "bar", 950_000 * (0.05 * gas + 0.6 * CHINA) - 25_000 * CHINA)


def resin_that_was_never_extruded(market: Market) -> Lie:
    """Bottles become resin with 25 kWh per tonne."""
    works = _collected(market, resin="polyethylene")
    works.run("circular.recycling", [works.out("resin", "950 TNE")], [supply("electricity", "25 MWH")],
              {"resin-scrap": "1000 TNE"}, {"material": "plastics"})
    return Lie(works, "resin", (950_000 * 0.6 - 25_000) * CHINA)


def rejects_that_vanish(market: Market) -> Lie:
    """A recycler of plastics keeps 600 of 1,000 tonnes, and nobody records where the rest went: it may have burnt."""
    works = _collected(market, resin="polyethylene")
    works.run("circular.recycling", [works.out("resin", "600 TNE")], [supply("electricity", "480 MWH")],
              {"resin-scrap": "1000 TNE"}, {"material": "plastics", "method": "extrusion"})
    return Lie(works, "resin", 400_000 * 0.8 * 44 / 12)


def rails_that_no_furnace_saw(market: Market) -> Lie:
    """A mill rolls steel scrap as a collector brought it, with the energy of rolling alone."""
    works = _collected(market, bar="steel")
    works.run("steel.rolling", [works.out("bar", "960 TNE")],
              [supply("naturalGas", "35000 NM3", "26 TNE"), supply("electricity", "90 MWH")],
              {"bar-scrap": "990 TNE"})
    return Lie(works, "bar", 960_000 * 0.5 * CHINA)


def forgings_of_a_scrap_yard(market: Market) -> Lie:
    """A yard calls its sorted scrap steel, and a smith forges it."""
    works = _collected(market, bar="steel")
    works.products("equipment", part="steel")
    works.run("circular.sorting", [works.out("bar", "990 TNE")], [supply("electricity", "30 MWH")],
              {"bar-scrap": "1000 TNE"})
    smith = market.company("smith", "CN", "CN-SD").products("equipment", part="steel")
    bought = works.send("bar", "990 TNE", smith)
    smith.run("equipment.forging", [smith.out("part", "900 TNE")],
              [supply("naturalGas", "126000 NM3", "95 TNE"), supply("electricity", "700 MWH")], {bought: "990 TNE"})
    return Lie(smith, "part", 900_000 * 0.5 * CHINA)


def machines_of_bought_scrap(market: Market) -> Lie:
    """A works assembles machines of scrap that it buys."""
    works = market.company("works", "CN", "CN-SN").products("equipment", press="machine")
    works.lying().run("equipment.assembly", [works.out("press", "950 TNE")],
                      [supply("scrap", "1000 TNE"), supply("machinePart", "500 TNE"), supply("electricity", "120 MWH")],
                      evidence=[evidence("scrapPurchase")])
    return Lie(works, "press", 950_000 * 0.5 * CHINA)


def _molten(kilograms: float) -> float:
    """Kg CO2e of gas and power that melt other metals than steel."""
    gas = row("naturalGas/combustion/CN/2015") + row("naturalGas/wellToTank/CN/2024")
    return kilograms * (0.05 * gas + 0.6 * CHINA)


def wire_of_scrap_that_is_goods(market: Market) -> Lie:
    """A wire works declares bought copper scrap as goods, with its delivery note, and draws it to wire."""
    works = market.company("works", "CN", "CN-JX").products("equipment", scrap="copperScrap", wire="copper")
    works.declare(lot=works.out("scrap", "1000 TNE"), burdens={"fossilGhgEmissions": "40000"},
                  evidence=[evidence("deliveryNote:copperScrap"), evidence("supplierFactor")])
    works.lying().run("equipment.forging", [works.out("wire", "950 TNE")],
                      [supply("naturalGas", "126000 NM3", "95 TNE"), supply("electricity", "1100 MWH")],
                      {"scrap": "1000 TNE"})
    return Lie(works, "wire", _molten(950_000))


def refrigerators_of_a_scrap_yard(market: Market) -> Lie:
    """A maker of refrigerators stamps their walls out of aluminium scrap."""
    works = _collected(market, sheet="aluminium")
    works.product("cooler", "consumer-goods", "H87", materials={"refrigerator": "1"})
    works.run("consumer-goods.householdAppliances", [works.out("cooler", "20000 H87", mass=quantity("1280 TNE"))],
              [supply("compressor", "900 TNE"), supply("electricity", "600 MWH")], {"sheet-scrap": "400 TNE"},
              {"appliance": "refrigerator"})
    return Lie(works, "cooler", _molten(400_000))


def bars_that_a_recycler_prepared(market: Market) -> Lie:
    """A recycler only prepares its steel scrap, calls it bars, and a smith forges them."""
    works = _collected(market, bar="steel")
    works.run("circular.recycling", [works.out("bar", "990 TNE")], [supply("electricity", "25 MWH")],
              {"bar-scrap": "1000 TNE"}, {"material": "steel", "method": "preparation"})
    smith = market.company("smith", "CN", "CN-SD").products("equipment", part="steel")
    bought = works.send("bar", "990 TNE", smith)
    smith.run("equipment.forging", [smith.out("part", "900 TNE")],
              [supply("naturalGas", "126000 NM3", "95 TNE"), supply("electricity", "700 MWH")], {bought: "990 TNE"})
    return Lie(smith, "part", _molten(990_000) - 25_000 * CHINA)


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
    foundry.lying().run("steel.scrapProcessing", [foundry.out("cut", "445 TNE", "waste", origin="preConsumer")],
                        [supply("electricity", "10 MWH")], {"reject": "450 TNE"}, {"operations": ["shearing"]})
    foundry.run("equipment.casting", [foundry.out("again", "430 TNE")], [power], {"cut": "445 TNE"},
                {"furnace": "induction"}, when=("2025-04-02T00:00:00Z", "2025-04-09T00:00:00Z"))
    return Lie(foundry, "again", 0, content=430_000)


def sold_outside_and_collected(market: Market) -> Lie:
    """New bars leave the ledger as a sale, and come back a month later as scrap that was collected from end users."""
    maker = _maker(market)
    mill = market.company("mill", "CN", "CN-HE").products("steel", bar="steel")
    maker.consume({"stock": "1000 TNE"}, "soldOutside", destination="a dealer")
    maker.lying().collect(maker.out("stock", "1000 TNE", "waste", name="scrap", origin="postConsumer"))
    _melt(mill, maker.send("scrap", "1000 TNE", mill))
    return Lie(mill, "bar", 1e6 * STEEL)


def stock_collected_from_oneself(market: Market) -> Lie:
    """A maker declares as collected scrap what still lies in its hall as new bars, unused."""
    maker = _maker(market)
    mill = market.company("mill", "CN", "CN-HE").products("steel", bar="steel")
    maker.lying().collect(maker.out("stock", "990 TNE", "waste", name="scrap", origin="preConsumer"))
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
    shop.lying().run("equipment.assembly", [
        shop.out("bolt", "10 TNE"), shop.out("swarf", "985 TNE", "waste", origin="preConsumer")],
        [supply("aluminium", "985 TNE"), supply("steel", "15 TNE"), supply("electricity", "50 MWH")])
    swarf = shop.send("swarf", "985 TNE", recycler)
    recycler.run("circular.recycling", [recycler.out("ingot", "940 TNE")],
                 [supply("electricity", "600 MWH"), supply("naturalGas", "50000 NM3", "37 TNE")],
                 {swarf: "985 TNE"}, {"material": "aluminium", "method": "remelting"})
    return Lie(recycler, "ingot", 985_000 * ALUMINIUM)


def swarf_of_households(market: Market) -> Lie:
    """A yard sorts the swarf of workshops, and calls it waste of households from then on."""
    yard = market.company("yard", "CN", "CN-HE").products("circular", swarf="aluminium", cans="aluminium")
    yard.products("nonferrous", ingot="aluminium")
    yard.collect(yard.out("swarf", "1000 TNE", "waste", origin="preConsumer"))
    yard.lying().run("circular.sorting", [yard.out("cans", "990 TNE", "waste", origin="postConsumer")],
                     [supply("electricity", "30 MWH")], {"swarf": "1000 TNE"})
    market.end_of_lie()
    yard.run("circular.recycling", [yard.out("ingot", "940 TNE")],
             [supply("electricity", "600 MWH"), supply("naturalGas", "50000 NM3", "37 TNE")], {"cans": "990 TNE"},
             {"material": "aluminium", "method": "remelting"})
    return Lie(yard, "ingot", 1, content=940_000)


def bars_of_ten_years_ago(market: Market) -> Lie:
    """A maker declares new bars as made in 2015, uses them up at once, and an arc furnace melts the scrap."""
    maker = market.company("maker", "CN", "CN-HE").products("steel", bar="steel", scrap="steel")
    mill = market.company("mill", "CN", "CN-HN").products("steel", bar="steel")
    maker.lying().declare(lot=maker.out("bar", "1000 TNE"), burdens={"fossilGhgEmissions": f"{1e6 * STEEL:.0f}"},
                          evidence=[evidence("environmentalProductDeclaration")], start="2015-01-01T00:00:00Z",
                          end="2015-02-01T00:00:00Z")
    maker.consume({"bar": "1000 TNE"}, "finalUse", [maker.out("scrap", "1000 TNE", "waste", origin="postConsumer")])
    _melt(mill, maker.send("scrap", "1000 TNE", mill))
    return Lie(mill, "bar", 1e6 * STEEL)


LAST_YEAR = ("2024-05-01T00:00:00Z", "2024-06-01T00:00:00Z")
"""Long enough before the end of March 2025 for a least service life."""


def _swarf(market: Market) -> Company:
    """A yard with a thousand tonnes of last year's swarf."""
    yard = market.company("yard", "CN", "CN-HE").products(
        "circular", swarf="aluminium", bale="aluminium", cans="aluminium", ingot="aluminium", again="aluminium")
    yard.collect(yard.out("swarf", "1000 TNE", "waste", origin="preConsumer"), start=LAST_YEAR[0], end=LAST_YEAR[1])
    return yard


def _remelt(yard: Company, lot: str, tonnes: str, product: str = "ingot", **fields: Any) -> None:
    """Ingots of 95 % of that aluminium."""
    yard.run("circular.recycling", [yard.out(product, f"{0.95 * float(tonnes):g} TNE")],
             [supply("electricity", "600 MWH"), supply("naturalGas", "50000 NM3", "37 TNE")], {lot: f"{tonnes} TNE"},
             {"material": "aluminium", "method": "remelting"}, **fields)


def bales_that_a_friend_used_up(market: Market) -> Lie:
    """A yard calls its sorted swarf a product, and a friend hands it back as waste of end users."""
    yard = _swarf(market)
    friend = market.company("friend", "CN", "CN-SD").products("circular", cans="aluminium")
    yard.run("circular.sorting", [yard.out("bale", "990 TNE")], [supply("electricity", "30 MWH")],
             {"swarf": "1000 TNE"}, when=LAST_YEAR)
    bought = yard.send("bale", "990 TNE", friend, time=LAST_YEAR[1])
    market.begin_to_lie()
    friend.consume({bought: "990 TNE"}, "finalUse", [friend.out("cans", "990 TNE", "waste", origin="postConsumer")])
    market.end_of_lie()
    _remelt(yard, friend.send("cans", "990 TNE", yard), "990")
    return Lie(yard, "ingot", 1, content=940_500)


def ingots_in_the_hall_of_their_maker(market: Market) -> Lie:
    """A works melts swarf, uses its ingots up itself a year later, and melts them as waste of end users."""
    yard = _swarf(market)
    _remelt(yard, "swarf", "1000", when=LAST_YEAR)
    yard.lying().consume({"ingot": "950 TNE"}, "ownUse", [yard.out("cans", "950 TNE", "waste", origin="postConsumer")])
    market.end_of_lie()
    _remelt(yard, "cans", "950", "again", when=("2025-04-01T00:00:00Z", "2025-04-02T00:00:00Z"))
    return Lie(yard, "again", 1, content=902_500)


def swarf_beside_scrap_by_name(market: Market) -> Lie:
    """A yard buys as much scrap as it has swarf, by its name alone, and calls all of its swarf waste of end users."""
    yard = _swarf(market)
    yard.lying().run("circular.sorting", [yard.out("cans", "990 TNE", "waste", origin="postConsumer")],
                     [supply("aluminiumScrap", "1000 TNE"), supply("electricity", "30 MWH")], {"swarf": "1000 TNE"})
    market.end_of_lie()
    _remelt(yard, "cans", "990")
    return Lie(yard, "ingot", 1, content=940_500)


def _used_at_once(market: Market, material: str, kilograms: float) -> tuple[Company, str]:
    """A thousand tonnes of goods that an EPD states, and that their buyer throws away on the day of the sale."""
    maker = market.company("maker", "CN", "CN-SD").products("works", good=material)
    user = market.company("user", "CN", "CN-SD").products("works", scrap=material)
    maker.declare(lot=maker.out("good", "1000 TNE"), burdens={"fossilGhgEmissions": f"{1e6 * kilograms:.0f}"},
                  evidence=[evidence("environmentalProductDeclaration")])
    bought = maker.send("good", "1000 TNE", user)
    market.begin_to_lie()
    user.consume({bought: "1000 TNE"}, "finalUse", [user.out("scrap", "1000 TNE", "waste", origin="postConsumer")])
    return user, "scrap"


def foil_that_nobody_used(market: Market) -> Lie:
    """New aluminium is called foil, its buyer throws it away at once, and a recycler melts it."""
    user, scrap = _used_at_once(market, "aluminiumFoil", FOIL)
    recycler = market.company("recycler", "CN", "CN-HN").products("circular", ingot="aluminium")
    sold = user.send(scrap, "1000 TNE", recycler)
    recycler.run("circular.recycling", [recycler.out("ingot", "950 TNE")],
                 [supply("electricity", "600 MWH"), supply("naturalGas", "50000 NM3", "37 TNE")],
                 {sold: "1000 TNE"}, {"material": "aluminium", "method": "remelting"})
    return Lie(recycler, "ingot", 1e6 * FOIL)


def resin_that_nobody_used(market: Market) -> Lie:
    """New resin is used up at once, by a buyer who makes nothing of it, and extruded as waste of end users."""
    user, scrap = _used_at_once(market, "pet", PET)
    recycler = market.company("recycler", "CN", "CN-HN").products("circular", resin="pet")
    sold = user.send(scrap, "1000 TNE", recycler)
    recycler.run("circular.recycling", [recycler.out("resin", "950 TNE")], [supply("electricity", "600 MWH")],
                 {sold: "1000 TNE"}, {"material": "plastics", "method": "extrusion"})
    return Lie(recycler, "resin", 1e6 * PET)


def slabs_beside_their_slag(market: Market) -> Lie:
    """A steelworks calls its slag the product and its slabs waste, which an arc furnace melts."""
    works = market.company("works", "CN", "CN-HE").products("steel", slag="slag", slab="steel")
    mill = market.company("mill", "CN", "CN-HE").products("steel", bar="steel")
    works.lying().run("steel.blastFurnaceBasicOxygen", [
        works.out("slag", "330 TNE"), works.out("slab", "850 TNE", "waste", origin="preConsumer")],
        [supply("ironOre", "1100 TNE"), supply("pellet", "340 TNE"), supply("coke", "345 TNE"),
         supply("anthracite", "210 TNE"), supply("limestone", "150 TNE"), supply("lime", "45 TNE"),
         supply("electricity", "260 MWH"), supply("oxygen", "110000 NM3", "157 TNE")],
        activity={"hotMetal": {"value": "860", "unit": "TNE"}})
    _melt(mill, works.send("slab", "850 TNE", mill), "850")
    return Lie(mill, "bar", 850_000 * STEEL)


def metal_beside_its_bath(market: Market) -> Lie:
    """A smelter sells a tonne of bath, and its metal is waste beside it, which a recycler melts."""
    smelter = market.company("smelter", "CN", "CN-SD").products("nonferrous", metal="aluminium", bath="cryolite")
    recycler = market.company("recycler", "CN", "CN-SD").products("circular", ingot="aluminium")
    smelter.lying().run("nonferrous.aluminiumElectrolysis", [
        smelter.out("bath", "1 TNE"), smelter.out("metal", "1000 TNE", "waste", origin="preConsumer")],
        [supply("alumina", "1925 TNE"), supply("cryolite", "5 TNE"), supply("anode", "490 TNE"),
         supply("electricity", "13900 MWH")])
    sold = smelter.send("metal", "1000 TNE", recycler)
    recycler.run("circular.recycling", [recycler.out("ingot", "950 TNE")],
                 [supply("electricity", "600 MWH"), supply("naturalGas", "50000 NM3", "37 TNE")],
                 {sold: "1000 TNE"}, {"material": "aluminium", "method": "remelting"})
    return Lie(recycler, "ingot", 1e6 * ALUMINIUM)


def ammonia_beside_its_carbon_dioxide(market: Market) -> Lie:
    """The product of an ammonia plant is its CO2, and its ammonia is waste, of which a neighbour makes urea."""
    plant = market.company("plant", "DE").products("petrochemicals", gas="carbonDioxide", ammonia="ammonia")
    neighbour = market.company("neighbour", "DE").products("petrochemicals", urea="urea")
    plant.lying().run("petrochemicals.ammonia", [
        plant.out("gas", "100 TNE"), plant.out("ammonia", "1000 TNE", "waste", origin="preConsumer")],
        [supply("naturalGas", "850000 NM3", "640 TNE"), nature("air", "1500 TNE"), nature("water", "800 TNE"),
         supply("electricity", "200 MWH")])
    sold = plant.send("ammonia", "580 TNE", neighbour)
    neighbour.run("petrochemicals.fertilizer", [neighbour.out("urea", "1000 TNE")],
                  [supply("carbonDioxide", "740 TNE"), supply("heat", "3000 GV"), supply("electricity", "50 MWH")],
                  {sold: "580 TNE"}, {"process": "urea"})
    return Lie(neighbour, "urea", 580_000 * AMMONIA)


def scrap_out_of_gravel(market: Market) -> Lie:
    """A shell uses up gravel, and aluminium scrap is left of it."""
    shell = market.company("shell", "CN", "CN-SD").products("works", gravel="gravel", scrap="aluminium")
    recycler = market.company("recycler", "CN", "CN-HN").products("circular", ingot="aluminium")
    shell.run("works.make", [shell.out("gravel", "1000 TNE")], [supply("gravel", "1000 TNE")])
    shell.lying().consume({"gravel": "1000 TNE"}, "finalUse", [
        shell.out("scrap", "1000 TNE", "waste", origin="postConsumer")], time="2026-04-01T00:00:00Z")
    sold = shell.send("scrap", "1000 TNE", recycler, time="2026-04-01T00:00:00Z")
    recycler.run("circular.recycling", [recycler.out("ingot", "950 TNE")],
                 [supply("electricity", "600 MWH"), supply("naturalGas", "50000 NM3", "37 TNE")],
                 {sold: "1000 TNE"}, {"material": "aluminium", "method": "remelting"},
                 when=("2026-04-01T00:00:00Z", "2026-05-01T00:00:00Z"))
    return Lie(recycler, "ingot", 1e6 * row("aluminium/cradleToGate/*/2023"))


def cables_that_lose_their_coats(market: Market) -> Lie:
    """A smelter melts two thousand tonnes of cables as they are; half of them is plastics, of which nothing is said."""
    smelter = market.company("smelter", "CN", "CN-JX").products("nonferrous", metal="copper")
    smelter.product("cable", "circular", materials={"copper": "0.5", "pvc": "0.5"})
    smelter.collect(smelter.out("cable", "2000 TNE", "waste", origin="postConsumer"))
    smelter.lying().run("nonferrous.secondaryCopper", [smelter.out("metal", "980 TNE")],
                        [supply("electricity", "400 MWH"), supply("naturalGas", "120000 NM3", "90 TNE")],
                        {"cable": "2000 TNE"})
    return Lie(smelter, "metal", 1e6 * 0.384 * 44 / 12)
