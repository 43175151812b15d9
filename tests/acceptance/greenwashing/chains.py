"""Attempts of several companies: shells, groups, tolling, papers of friends."""

from typing import Any

from acceptance.greenwashing.lie import Lie
from acceptance.greenwashing.mixing import ALUMINIUM, EPD, STEEL, stated
from acceptance.greenwashing.nonferrous import CHINA
from support.market import Company, Market, document, evidence, nature, row, supply


def back_under_another_name(market: Market) -> Lie:
    """Bars are sold outside, and a sister declares as many tonnes of like bars from abroad, with a fresh EPD."""
    maker = market.company("maker", "CN", "CN-HE").products("steel", bar="steel")
    sister = market.company("sister", "CN", "CN-HE", parent=maker).products("steel", bar="steel")
    stated(maker, "bar", 1000, STEEL, EPD)
    maker.consume({"bar": "1000 TNE"}, "soldOutside", destination="a dealer")
    market.begin_to_lie()
    stated(sister, "bar", 1000, 0.5, EPD)
    return Lie(sister, "bar", 1e6 * (STEEL - 0.5))


def toller_who_keeps_the_burden(market: Market) -> Lie:
    """A toll coater declares that its own coated sand, of 10 t, carries nine tenths of the burden of 100 t of steel."""
    owner = market.company("owner", "CN", "CN-HE").products("steel", bar="steel")
    stated(owner, "bar", 100, STEEL, EPD)
    toller = market.company("toller", "CN", "CN-HE").products("works", coated="steel", sand="sand")
    stated(toller, "sand", 10, 0.003, EPD, name="own")
    placed = owner.send("bar", "100 TNE", toller, purpose="custody")
    toller.lying().run("works.make", [toller.out("coated", "100 TNE", owner=owner.id, share="0.1"),
                                      toller.out("sand", "10 TNE", "coProduct", owner=toller.id, share="0.9")],
                       inputs={placed: "100 TNE", "own": "10 TNE"}, allocation="declared")
    returned = toller.send("coated", "100 TNE", owner, purpose="return", name="coated-back")
    return Lie(owner, returned, 0.9 * 1e5 * STEEL)


def power_of_an_owner_without_a_meter(market: Market) -> Lie:
    """A toll mill states no energy: its owner is said to provide it, but nobody on the ledger ever bought any."""
    owner = market.company("owner", "CN", "CN-HE").products("steel", billet="steel")
    stated(owner, "billet", 103, 0.6, EPD)
    mill = market.company("mill", "CN", "CN-HE").products("steel", bar="steel")
    placed = owner.send("billet", "103 TNE", mill, purpose="custody")
    mill.lying().run("steel.rolling", [mill.out("bar", "100 TNE", owner=owner.id)], inputs={placed: "103 TNE"},
                     evidence=[evidence("contract:toll")])
    returned = mill.send("bar", "100 TNE", owner, purpose="return", name="bar-back")
    gas = row("naturalGas/combustion/CN/2015") + row("naturalGas/wellToTank/CN/2024")
    return Lie(owner, returned, 1e5 * (0.035 * gas + 0.1 * CHINA))


def dust_that_was_a_product(market: Market) -> Lie:
    """A third of the furnace's weight is a co-product by mass, and a week later the works landfills all of it."""
    works = market.company("works", "CN", "CN-JX").products("works", metal="copper", dust="copperSlag")
    works.lying().run("works.make", [works.out("metal", "660 TNE"), works.out("dust", "340 TNE", "coProduct")],
                      [supply("blisterCopper", "700 TNE"), supply("sand", "300 TNE")])
    works.consume({"dust": "340 TNE"}, "disposed", evidence=[evidence("qualityReport")])
    whole = 7e5 * row("blisterCopper/cradleToGate/*/2008") + 3e5 * row("sand/cradleToGate/*/2022")
    return Lie(works, "metal", 0.34 * whole)


def paper_of_a_sister(market: Market) -> Lie:
    """A sister company, which the registrar entered as an auditor, attests a figure of a tenth."""
    maker = market.company("maker", "CN", "CN-SD").products("works", metal="aluminium")
    sister = market.company("sister", "CN", "CN-SD", parent=maker, roles=("auditor",))
    market.begin_to_lie()
    stated(maker, "metal", 100, 0.1 * ALUMINIUM)
    sister.attest("lot", maker.name("metal"))
    return Lie(maker, "metal", 0.9 * 1e5 * ALUMINIUM)


def one_certificate_for_two(market: Market) -> Lie:
    """Two daughters use one EPD, of a third maker's product, each for steel that it made itself."""
    parent = market.company("parent", "CN", "CN-HE")
    daughters = [market.company(name, "CN", "CN-HE", parent=parent).products("steel", bar="steel")
                 for name in ("first", "second")]
    market.begin_to_lie()
    for daughter in daughters:
        stated(daughter, "bar", 500, 0.35, evidence("environmentalProductDeclaration:" + document("foreign")[:8]))
    return Lie(daughters[1], "bar", 5e5 * (STEEL - 0.35))


def heat_of_waste_that_nobody_pays(market: Market) -> Lie:
    """An incinerator leaves all burden with a lot of service, hands that to a shell, and sells its heat as clean."""
    plant = market.company("plant", "CN", "CN-SH").products("circular", rubbish="mixedWaste")
    shell = market.company("shell", "CN", "CN-SH")
    plant.product("heat", "circular", "GV")
    plant.product("treatment", "circular", "HUR")
    plant.collect(plant.out("rubbish", "1000 TNE", "waste", origin="postConsumer"))
    plant.lying().run(
        "circular.incineration",
        [plant.out("heat", "5000 GV", "coProduct"), plant.out("treatment", "100 HUR")],
        [supply("electricity", "20 MWH")], {"rubbish": "1000 TNE"},
        {"composition": [{"kind": "food", "share": "0.4"}, {"kind": "paper", "share": "0.2"},
                         {"kind": "plastic", "share": "0.25"}, {"kind": "inert", "share": "0.15"}],
         "heatingValue": {"value": "9000", "unit": "GV"}},
    )
    shell.consume({plant.send("treatment", "100 HUR", shell): "100 HUR"}, "finalUse")
    return Lie(plant, "heat", market.footprint(plant.name("treatment"))["footprint"])


def ore_that_flew(market: Market) -> Lie:
    """Ore of a mine in China is ground in Germany, and nobody states how it came."""
    mine = market.company("mine", "CN", "CN-SD").products("works", ore="ironOre")
    mine.run("works.make", [mine.out("ore", "1000 TNE")], [nature("ironOre", "1000 TNE")])
    mill = market.company("mill", "DE").products("works", powder="ironOre")
    market.begin_to_lie()
    mill.run("works.make", [mill.out("powder", "1000 TNE")], inputs={mine.send("ore", "1000 TNE", mill): "1000 TNE"})
    return Lie(mill, "powder", 1e6 * row("truckFreight/cradleToGate/*/2025") + 18e6 * row(
        "seaContainer/cradleToGate/*/2020"))


def _burnt(market: Market, *, carbon: dict[str, str] | None = None, composition: str = "", **activity: Any) -> Lie:
    """A plant burns a thousand tonnes of plastics, and sells the heat: 0.75 kg of carbon per kg by its sector."""
    plant = market.company("plant", "CN", "CN-SD")
    plant.product("heat", "energy", "GV")
    plant.product("rubbish", "circular", materials={"polyethylene": "1"}, **(carbon or {}))
    plant.collect(plant.out("rubbish", "1000 TNE", "waste", origin="postConsumer"))
    market.begin_to_lie()
    if composition:
        activity["composition"] = [{"kind": composition, "share": "1"}]
    plant.run("circular.incineration", [plant.out("heat", "15000 GV")], [supply("electricity", "80 MWH")],
              {"rubbish": "1000 TNE"}, {"chargedTo": "energy", **activity})
    burnt = 1e6 * 0.75 * 44 / 12
    return Lie(plant, "heat", burnt * (1 - float(activity.get("oxidation", 0))))


def plastics_that_are_wood(market: Market) -> Lie:
    """The composition of the lot of plastics is wood."""
    return _burnt(market, composition="wood")


def plastics_that_hardly_burn(market: Market) -> Lie:
    """A twentieth of the carbon of plastics burns, and the furnace leaves no ash."""
    return _burnt(market, composition="plastic", oxidation="0.05")


def plastics_that_grew(market: Market) -> Lie:
    """The product of the plastics states biogenic carbon alone, and no laboratory says so."""
    return _burnt(market, carbon={"biogenic_carbon": "0.75", "fossil_carbon": "0"})


def _laid(market: Market, name: str, kind: str) -> Company:
    site = market.company(name, "CN", "CN-SD").products("circular", rubbish="food")
    site.product("treatment", "circular", "HUR")
    site.collect(site.out("rubbish", "500 TNE", "waste", origin="postConsumer"))
    site.run("circular.landfill", [site.out("treatment", "1000 HUR")], [supply("diesel", "1 TNE")],
             {"rubbish": "500 TNE"}, {"composition": [{"kind": kind, "share": "1"}]})
    return site


def food_that_is_plastic(market: Market) -> Lie:
    """A landfill says that the food which it buries is plastic, and forms no methane."""
    owed = market.footprint(_laid(market, "honest", "food").name("treatment"))["footprint"]
    market.begin_to_lie()
    site = _laid(market, "landfill", "plastic")
    return Lie(site, "treatment", owed - market.footprint(site.name("treatment"))["footprint"])
