"""Attempts of several companies: shells, groups, tolling, papers of friends."""

from acceptance.greenwashing.lie import Lie
from acceptance.greenwashing.mixing import ALUMINIUM, EPD, STEEL, stated
from acceptance.greenwashing.nonferrous import CHINA
from support.market import Market, document, evidence, row, supply


def toller_who_keeps_the_burden(market: Market) -> Lie:
    """A toll coater declares that its own coated sand, of 10 t, carries nine tenths of the burden of 100 t of steel."""
    owner = market.company("owner", "CN", "CN-HE").products("steel", bar="steel")
    stated(owner, "bar", 100, STEEL, EPD)
    toller = market.company("toller", "CN", "CN-HE").products("works", coated="steel", sand="sand")
    stated(toller, "sand", 10, 0.003, EPD, name="own")
    placed = owner.send("bar", "100 TNE", toller, purpose="custody")
    market.begin_to_lie()
    toller.run("works.make", [toller.out("coated", "100 TNE", owner=owner.id, share="0.1"),
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
    market.begin_to_lie()
    mill.run("steel.rolling", [mill.out("bar", "100 TNE", owner=owner.id)], inputs={placed: "103 TNE"},
             evidence=[evidence("contract:toll")])
    returned = mill.send("bar", "100 TNE", owner, purpose="return", name="bar-back")
    gas = row("naturalGas/combustion/CN/2015") + row("naturalGas/wellToTank/CN/2024")
    return Lie(owner, returned, 1e5 * (0.035 * gas + 0.1 * CHINA))


def dust_that_was_a_product(market: Market) -> Lie:
    """A third of the furnace's weight is a co-product by mass, and a week later the works landfills all of it."""
    works = market.company("works", "CN", "CN-JX").products("works", metal="copper", dust="copperSlag")
    market.begin_to_lie()
    works.run("works.make", [works.out("metal", "660 TNE"), works.out("dust", "340 TNE", "coProduct")],
              [supply("blisterCopper", "700 TNE"), supply("sand", "300 TNE")])
    works.consume({"dust": "340 TNE"}, "disposed")
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
